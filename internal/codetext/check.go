package codetext

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// DefaultMax is the longest code text accepted, in bytes. A QR code holds at
// most 2,953 bytes of free text, and the codes of halls run from 18 to some
// hundred; more than 4,096 bytes is several scans glued together or an attack.
const DefaultMax = 4096

// The problems a code text can have. An [*Error] wraps exactly one of them.
var (
	ErrEmpty   = errors.New("codetext: no text")
	ErrTooLong = errors.New("codetext: text too long")
	ErrNotUTF8 = errors.New("codetext: text is not UTF-8")
	ErrControl = errors.New("codetext: control character in text")
)

// Error says why a code text was refused. It holds sizes and positions, never
// the text or a part of it that could be shown.
type Error struct {
	Problem error // ErrEmpty, ErrTooLong, ErrNotUTF8 or ErrControl
	Length  int   // bytes of the text; for ErrTooLong from a Splitter the bytes seen so far
	Limit   int   // the most bytes accepted
	Offset  int   // ErrNotUTF8, ErrControl: the byte where the problem stands, from 0
	Char    rune  // ErrControl: the control character, which tells a wrong scanner setting
}

// Error is one line: what was found, then what was expected.
func (e *Error) Error() string {
	switch e.Problem {
	case ErrEmpty:
		return fmt.Sprintf("code text is empty, expected 1 to %d bytes", e.Limit)
	case ErrTooLong:
		return fmt.Sprintf("code text has %d bytes or more, expected at most %d", e.Length, e.Limit)
	case ErrNotUTF8:
		return fmt.Sprintf("code text is not UTF-8 at byte %d, expected UTF-8 (check the scanner's character set)", e.Offset)
	case ErrControl:
		return fmt.Sprintf("code text has control character %U at byte %d, expected printable characters only (check the scanner's suffix)", e.Char, e.Offset)
	default:
		return "code text refused"
	}
}

// Unwrap returns the problem, so that errors.Is(err, ErrTooLong) works.
func (e *Error) Unwrap() error { return e.Problem }

// Check refuses a text that cannot be a code: an empty one, one of more than
// max bytes (max of 0 or less means [DefaultMax]), one that is not UTF-8, and
// one with a control character anywhere (C0, DEL, C1, and the line and
// paragraph separators U+2028 and U+2029). It does not normalise: a text
// that still ends with the scanner's line end is refused.
//
// The error is an [*Error].
func Check(s string, max int) error {
	if max <= 0 {
		max = DefaultMax
	}
	refuse := Error{Length: len(s), Limit: max}
	switch {
	case s == "":
		refuse.Problem = ErrEmpty
		return &refuse
	case len(s) > max:
		// Before the scan of the characters: a huge text costs nothing.
		refuse.Problem = ErrTooLong
		return &refuse
	}
	for i, r := range s {
		refuse.Offset = i
		if r == utf8.RuneError {
			// U+FFFD itself is a character; one byte of it is not.
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				refuse.Problem = ErrNotUTF8
				return &refuse
			}
		}
		if isControl(r) {
			refuse.Problem, refuse.Char = ErrControl, r
			return &refuse
		}
	}
	return nil
}

func isControl(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}
