// Package codetext handles the text of a scanned code (码文) before anything
// is sent: it removes what scanners add, refuses what no hall code contains,
// and cuts a scanner's byte stream into codes.
//
//	text := codetext.Normalize(typed)
//	if err := codetext.Check(text, codetext.DefaultMax); err != nil {
//		return err // says what was expected, never what was scanned
//	}
//
// A code text is as good as the citizen's signature while it lives, so no
// error, and nothing else in this package, ever repeats it.
package codetext

import (
	"strings"
	"unicode"
)

// byteOrderMark is put before the text by programs that hand it on through a
// file or the clipboard.
const byteOrderMark = '\uFEFF'

// aimLength is the length of an AIM identifier such as "]Q1": flag, code
// character, modifier (ISO/IEC 15424).
const aimLength = 3

// Normalize (归一) removes what scanners and shells put around a code: byte
// order marks, NULs, white space, line ends and control characters at both
// ends, and one leading AIM identifier such as "]Q1". Inner characters, case
// and '=' stay as they are.
//
// The ends are trimmed, the identifier is dropped, the ends are trimmed again.
// Normalize is idempotent with one exception: of several identifiers in a row
// each call drops one, because only the first can come from the scanner.
func Normalize(s string) string {
	s = strings.TrimFunc(s, isEdge)
	if hasAIM(s) {
		s = strings.TrimFunc(s[aimLength:], isEdge)
	}
	return s
}

func isEdge(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == byteOrderMark
}

func hasAIM(s string) bool {
	return len(s) >= aimLength && s[0] == ']' && isLetter(s[1]) && (isLetter(s[2]) || isDigit(s[2]))
}

func isLetter(b byte) bool { return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' }

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
