package zwfw

import (
	"crypto/subtle"
	"fmt"
	"hash/maphash"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Secret is a key, token or password. It prints as "****". Methods: Reveal,
// IsZero, IsMasked, Equal, and printing methods that mask.
type Secret struct{ guarded[secretMask] }

// NewSecret protects a secret.
func NewSecret(value string) Secret { return Secret{guard[secretMask](value)} }

// Equal compares in constant time.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

type secretMask struct{}

func (secretMask) mask(string) string      { return "****" }
func (secretMask) isMask(text string) bool { return text == "****" }

// PersonName is a citizen's name (姓名). It prints with the first character
// hidden, the rule of Zhejiang's public helper library (public practice): *三.
type PersonName struct{ guarded[nameMask] }

// NewPersonName protects a name.
func NewPersonName(value string) PersonName { return PersonName{guard[nameMask](value)} }

// IsMasked reports whether the name arrived masked. A dot between two parts is not a
// mask: 买买提•艾力.
func (n PersonName) IsMasked() bool {
	name := n.Reveal()
	return strings.ContainsAny(name, "*＊●") || strings.HasPrefix(name, "•") || strings.HasSuffix(name, "•") || strings.Contains(name, "••")
}

// Equal compares two names.
func (n PersonName) Equal(o PersonName) bool { return n.Reveal() == o.Reveal() }

type nameMask struct{}

func (nameMask) isMask(text string) bool { return strings.Contains(text, "*") }

func (nameMask) mask(value string) string {
	_, size := utf8.DecodeRuneInString(value)
	rest := value[size:]
	// Longer names (a passport holder's) would show too much by one star alone.
	if n := utf8.RuneCountInString(rest); n > 3 {
		_, last := utf8.DecodeLastRuneInString(rest)
		return strings.Repeat("*", n) + rest[len(rest)-last:]
	}
	return "*" + rest
}

// IDNumber is the number of an identity document (证件号码), not only of the
// 18-digit card. It prints with the first and last character: 9****************8.
type IDNumber struct{ guarded[idMask] }

// NewIDNumber protects a document number.
func NewIDNumber(value string) IDNumber { return IDNumber{guard[idMask](value)} }

// Equal compares two numbers; the check letter x equals X.
func (n IDNumber) Equal(o IDNumber) bool { return strings.EqualFold(n.Reveal(), o.Reveal()) }

type idMask struct{}

func (idMask) isMask(text string) bool { return strings.Contains(text, "*") }

func (idMask) mask(value string) string {
	r := []rune(value)
	if len(r) < 6 { // two shown characters of five would be too many
		return strings.Repeat("*", len(r))
	}
	return string(r[0]) + strings.Repeat("*", len(r)-2) + string(r[len(r)-1])
}

// Phone is a telephone number. It prints as 100****0000.
type Phone struct{ guarded[phoneMask] }

// NewPhone protects a telephone number.
func NewPhone(value string) Phone { return Phone{guard[phoneMask](value)} }

// Equal compares two numbers.
func (p Phone) Equal(o Phone) bool { return p.Reveal() == o.Reveal() }

type phoneMask struct{}

func (phoneMask) isMask(text string) bool { return strings.Contains(text, "*") }

func (phoneMask) mask(value string) string {
	r := []rune(value)
	if len(r) < 11 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:3]) + strings.Repeat("*", len(r)-7) + string(r[len(r)-4:])
}

// CodeText is the text of a scanned code: a credential for as long as it lives.
// It prints as eight hex digits of a hash keyed for this process, and its length,
// so that two log lines about one code can be matched and nothing more.
type CodeText struct{ guarded[codeMask] }

// NewCodeText protects a scanned text.
func NewCodeText(value string) CodeText { return CodeText{guard[codeMask](value)} }

// Equal compares two texts in constant time.
func (c CodeText) Equal(o CodeText) bool {
	return subtle.ConstantTimeCompare([]byte(c.Reveal()), []byte(o.Reveal())) == 1
}

type codeMask struct{}

func (codeMask) isMask(text string) bool { return maskedCode.MatchString(text) }

var maskedCode = regexp.MustCompile(`^code:[0-9a-f]{8}/[0-9]+$`)

var codeSeed = maphash.MakeSeed()

func (codeMask) mask(value string) string {
	return fmt.Sprintf("code:%08x/%d", uint32(maphash.String(codeSeed, value)), len(value))
}

// PlatformText is a message that the platform wrote. It may name a citizen, so it
// prints its length only; Reveal gives it to a support screen.
type PlatformText struct{ guarded[textMask] }

// NewPlatformText protects a message.
func NewPlatformText(value string) PlatformText { return PlatformText{guard[textMask](value)} }

type textMask struct{}

func (textMask) isMask(text string) bool {
	return strings.HasSuffix(text, " characters of platform text]")
}

func (textMask) mask(value string) string {
	return fmt.Sprintf("[%d characters of platform text]", utf8.RuneCountInString(value))
}

// Raw is a part of an answer as it arrived, JSON in most cases. It prints its size
// only.
type Raw struct{ guarded[rawMask] }

// NewRaw protects bytes of an answer; it keeps its own copy.
func NewRaw(value []byte) Raw { return NewRawText(string(value)) }

// NewRawText protects a text of an answer without copying it.
func NewRawText(value string) Raw { return Raw{guard[rawMask](value)} }

type rawMask struct{}

func (rawMask) isMask(text string) bool { return strings.HasSuffix(text, " bytes]") }

func (rawMask) mask(value string) string { return fmt.Sprintf("[%d bytes]", len(value)) }
