package certificate

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
)

// IdentifierRoot is what every identifier begins with (电子证照根标识, GB/T 36904).
const IdentifierRoot = "1.2.156.3005.2"

// Identifier is a 电子证照标识 (GB/T 36904): the root, then type code, issuer code,
// serial, version and check character, between dots:
//
//	1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.202400000001.001.4
//
// [ParseIdentifier] and [NewIdentifier] make one. The serial may be the number on a
// citizen's certificate, so an Identifier prints with its serial hidden, in JSON and
// slog too; Reveal gives the text to send.
type Identifier struct {
	text   zwfw.PlatformText // as it was received
	legacy bool
}

// IdentifierRules says how much is asked of an identifier. The zero value is for what a
// platform sends: the shape must be right, a wrong check character is reported by
// [Identifier.Check] and is no error.
type IdentifierRules struct {
	// Strict asks, besides the shape, for a type code that is a valid
	// 统一社会信用代码 and three digits, for an issuer code that is a valid
	// 统一社会信用代码, and for a check character that is not wrong. A serial for
	// which none can be computed is accepted: Chinese certificate numbers occur.
	Strict bool

	// AllowLegacyCheckDigit takes a check character for valid that an old, faulty
	// utility in public use computes (letters valued one too high). One published
	// sample needs it. Such a character is never generated.
	AllowLegacyCheckDigit bool
}

// ParseIdentifier reads an identifier under the zero [IdentifierRules]. Blanks around it
// are dropped, small letters are kept. The error is a [*NumberError]: PartShape when
// this is no identifier at all, PartRoot when it hangs under another root, otherwise the
// part that cannot be right.
func ParseIdentifier(text string) (Identifier, error) { return IdentifierRules{}.Parse(text) }

// Parse reads an identifier under these rules. Errors as [ParseIdentifier].
func (r IdentifierRules) Parse(text string) (Identifier, error) {
	text = strings.TrimSpace(text)
	p, err := identSplit(text)
	if err != nil {
		return Identifier{}, err
	}
	id := Identifier{text: zwfw.NewPlatformText(text), legacy: r.AllowLegacyCheckDigit}
	if r.Strict {
		if err := p.strict(); err != nil {
			return Identifier{}, err
		}
		if id.Check() == CheckWrong {
			return Identifier{}, identError(PartCheck, "the one that ISO 7064 MOD 37,36 gives")
		}
	}
	return id, nil
}

// NewIdentifier makes an identifier with its check character. The type code must be a
// valid 统一社会信用代码 and three digits, the issuer code a valid 统一社会信用代码,
// the serial digits and capital letters, the version 0 to 999. The error is a
// [*NumberError].
func NewIdentifier(typeCode, issuerCode, serial string, version int) (Identifier, error) {
	switch {
	case version < 0 || version > 999:
		return Identifier{}, identError(PartVersion, "0 to 999")
	case serial == "" || !identAlphanumeric(serial):
		return Identifier{}, identError(PartSerial, "digits and capital letters")
	}
	p := identParts{typeCode: typeCode, issuer: issuerCode, serial: serial, version: fmt.Sprintf("%03d", version)}
	if err := p.strict(); err != nil {
		return Identifier{}, err
	}
	check := string(identMod37(p.body()))
	return ParseIdentifier(strings.Join([]string{IdentifierRoot, p.typeCode, p.issuer, p.serial, p.version, check}, "."))
}

// TypeCode is the 证照类型代码: the 统一社会信用代码 of the authority that defines the
// type, and three digits. Letters are capitals, as from all of these methods.
func (id Identifier) TypeCode() string { return id.parts().typeCode }

// IssuerCode is the 证照颁发机构代码, a 统一社会信用代码; some issuers write the six
// digits of their region.
func (id Identifier) IssuerCode() string { return id.parts().issuer }

// Serial is the 流水号 that the issuer chose, often the number on the certificate
// (证照编号): personal data. It may hold dots and Chinese characters.
func (id Identifier) Serial() string { return id.parts().serial }

// Version is the 版本号, 0 to 999; it grows with every change of the certificate.
func (id Identifier) Version() int {
	n, _ := strconv.Atoi(id.parts().version)
	return n
}

// CheckCharacter is the 校验码 as the identifier has it, right or wrong; 0 when id is
// zero.
func (id Identifier) CheckCharacter() byte {
	if c := id.parts().checkCharacter; c != "" {
		return c[0]
	}
	return 0
}

// Reveal gives the identifier as it was received, the text to send to a platform.
func (id Identifier) Reveal() string { return id.text.Reveal() }

// IsZero reports whether id holds no identifier.
func (id Identifier) IsZero() bool { return id.text.IsZero() }

// Equal compares two identifiers; small letters equal capitals.
func (id Identifier) Equal(o Identifier) bool {
	return identUpper(id.Reveal()) == identUpper(o.Reveal())
}

// String gives root, type code and issuer code; what follows is hidden.
func (id Identifier) String() string {
	if id.IsZero() {
		return ""
	}
	p := id.parts()
	if !identTypeShape.MatchString(p.typeCode) || !identAlphanumeric(p.issuer) {
		return IdentifierRoot + ".****"
	}
	return IdentifierRoot + "." + p.typeCode + "." + p.issuer + ".****"
}

// Format prints String whatever the verb.
func (id Identifier) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, id.String()) }

// LogValue gives slog String.
func (id Identifier) LogValue() slog.Value { return slog.StringValue(id.String()) }

// MarshalText writes String, so that JSON holds no serial either; store Reveal in a
// sealed place instead.
func (id Identifier) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

func (id Identifier) parts() identParts {
	p, _ := identSplit(id.Reveal()) // was split before
	return p
}

// identParts are the parts behind the root, letters in capitals.
type identParts struct{ typeCode, issuer, serial, version, checkCharacter string }

const (
	identFormat         = IdentifierRoot + ".type.issuer.serial.version.check"
	identTypeExpected   = "a valid 统一社会信用代码 and three digits"
	identIssuerExpected = "a valid 统一社会信用代码"

	// Published serials have 7 to 32 characters; a field of a platform is no longer
	// than this in any source.
	identMostBytes = 256
)

var (
	identVersion   = regexp.MustCompile(`^[0-9]{3}$`)
	identCheck     = regexp.MustCompile(`^[0-9A-Z]$`)
	identTypeShape = regexp.MustCompile(`^[0-9A-Z]{18}[0-9]{3}$`)
)

func identSplit(text string) (identParts, error) {
	if len(text) > identMostBytes {
		return identParts{}, identError(PartShape, fmt.Sprintf("at most %d bytes", identMostBytes))
	}
	words := strings.Split(identUpper(text), ".")
	last := len(words) - 1
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, identUnprintable):
		return identParts{}, identError(PartShape, "printable UTF-8 text without blanks inside")
	case strings.ContainsAny(text, "*＊"):
		return identParts{}, identError(PartShape, "the identifier itself, not a masked one")
	case len(words) < 10: // five of the root, five or more behind it
		return identParts{}, identError(PartShape, identFormat)
	case strings.Join(words[:5], ".") != IdentifierRoot:
		return identParts{}, identError(PartRoot, IdentifierRoot)
	}
	p := identParts{
		typeCode: words[5], issuer: words[6], serial: strings.Join(words[7:last-1], "."),
		version: words[last-1], checkCharacter: words[last],
	}
	issuer := utf8.RuneCountInString(p.issuer)
	switch {
	case p.typeCode == "":
		return identParts{}, identError(PartType, "21 characters")
	case issuer < 6 || issuer > 18:
		return identParts{}, identError(PartIssuer, "6 to 18 characters")
	case p.serial == "":
		return identParts{}, identError(PartSerial, "at least one character")
	case !identVersion.MatchString(p.version):
		return identParts{}, identError(PartVersion, "three digits")
	case !identCheck.MatchString(p.checkCharacter):
		return identParts{}, identError(PartCheck, "one digit or letter")
	}
	return p, nil
}

// strict is what Strict asks of the codes.
func (p identParts) strict() error {
	if !identTypeShape.MatchString(p.typeCode) || creditCheck(p.typeCode[:creditLength]) != nil {
		return identError(PartType, identTypeExpected)
	}
	if creditCheck(p.issuer) != nil {
		return identError(PartIssuer, identIssuerExpected)
	}
	return nil
}

func identUnprintable(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

// identUpper leaves everything but a to z alone: other letters change their length.
func identUpper(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, text)
}

func identError(part Part, expected string) error {
	return &NumberError{What: "identifier", Part: part, Expected: expected}
}
