package crypto

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

// Template is a small text with holes, such as "Bearer {token}" or
// "{ts|ms}{cred.token}{nonce|uuid}{ts|ms}". A hole is a name, for ts and nonce a
// format, then filters applied from left to right. {{ and }} stand for braces.
// There are no conditions, loops or sums, so a template cannot do anything but
// put values side by side.
//
// Formats of ts: ms, s, yyyyMMddHHmmss, yyyy-MM-dd HH:mm:ss, rfc1123. Formats of
// nonce: uuid, hex, digits. Filters: lower, upper, hex, HEX, b64, b64url (text of
// the bytes), sha256, sha1, md5, sm3 (raw digests, so usually followed by an
// encoding), url (query escaping). The zero Template writes nothing.
type Template struct {
	parts   []Part
	inverse *regexp.Regexp // nil where the template cannot be read back
}

// Part is either literal text, or a hole with its name, format and filters.
type Part struct {
	Literal string
	Name    string
	Format  string
	Filters []string
}

func formatsOf(name string) []string {
	switch name {
	case "ts":
		return []string{"ms", "s", "yyyyMMddHHmmss", "yyyy-MM-dd HH:mm:ss", "rfc1123"}
	case "nonce":
		return []string{"uuid", "hex", "digits"}
	}
	return nil
}

// ParseTemplate reads a template. Errors name the piece at fault and, for a
// format or filter, the nearest that exists.
func ParseTemplate(text string) (Template, error) {
	if !utf8.ValidString(text) {
		return Template{}, errors.New("crypto: the template is not UTF-8 text")
	}
	var t Template
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.parts = append(t.parts, Part{Literal: literal.String()})
			literal.Reset()
		}
	}
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
			literal.WriteByte(rest[0])
			rest = rest[2:]
		case rest[0] == '}':
			return Template{}, fmt.Errorf("crypto: template %q: a } closes nothing; write }} for the character", text)
		case rest[0] == '{':
			end := strings.IndexAny(rest[1:], "{}")
			if end < 0 || rest[1+end] == '{' {
				return Template{}, fmt.Errorf("crypto: template %q: the brace at %q is not closed; write {{ for the character", text, head(rest))
			}
			part, err := parsePart(rest[1 : 1+end])
			if err != nil {
				return Template{}, fmt.Errorf("crypto: template %q: %w", text, err)
			}
			flush()
			t.parts = append(t.parts, part)
			rest = rest[end+2:]
		default:
			n := strings.IndexAny(rest, "{}")
			if n < 0 {
				n = len(rest)
			}
			literal.WriteString(rest[:n])
			rest = rest[n:]
		}
	}
	flush()
	t.inverse = inverseOf(t.parts)
	return t, nil
}

func head(s string) string {
	const shown = 20
	if r := []rune(s); len(r) > shown {
		return string(r[:shown]) + "…"
	}
	return s
}

func parsePart(hole string) (Part, error) {
	pieces := strings.Split(hole, "|")
	p := Part{Name: pieces[0], Filters: pieces[1:]}
	if p.Name == "" {
		return Part{}, fmt.Errorf("{%s} has no name", hole)
	}
	if i := strings.IndexFunc(p.Name, func(r rune) bool { return !nameLetter(r) }); i >= 0 {
		return Part{}, fmt.Errorf("the name in {%s} may hold letters, digits, dot, underscore and hyphen only", hole)
	}
	if formats := formatsOf(p.Name); formats != nil {
		if len(p.Filters) == 0 {
			return Part{}, fmt.Errorf("{%s} needs a format: one of %s", hole, strings.Join(formats, ", "))
		}
		p.Format, p.Filters = p.Filters[0], p.Filters[1:]
		if !slices.Contains(formats, p.Format) {
			return Part{}, fmt.Errorf("{%s}: unknown format %q of %s%s", hole, p.Format, p.Name, nearest.Hint(p.Format, formats))
		}
	}
	for _, f := range p.Filters {
		if !slices.Contains(filters(), f) {
			return Part{}, fmt.Errorf("{%s}: unknown filter %q%s", hole, f, nearest.Hint(f, filters()))
		}
	}
	if len(p.Filters) == 0 {
		p.Filters = nil
	}
	return p, nil
}

func nameLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
}

// Parts returns the parts in order; the slice is the caller's own.
func (t Template) Parts() []Part {
	parts := slices.Clone(t.parts)
	for i := range parts {
		parts[i].Filters = slices.Clone(parts[i].Filters)
	}
	return parts
}

// IsZero reports whether the template is empty.
func (t Template) IsZero() bool { return len(t.parts) == 0 }

// String returns the text the template was parsed from.
func (t Template) String() string {
	var b strings.Builder
	for _, p := range t.parts {
		if p.Name == "" {
			b.WriteString(strings.NewReplacer("{", "{{", "}", "}}").Replace(p.Literal))
			continue
		}
		b.WriteString("{" + p.Name)
		if p.Format != "" {
			b.WriteString("|" + p.Format)
		}
		for _, f := range p.Filters {
			b.WriteString("|" + f)
		}
		b.WriteString("}")
	}
	return b.String()
}

// Append adds the text with every hole filled to dst. value gets a hole's name
// and, for ts and nonce, its format; false makes an error that names the hole
// and leaves dst as it was. A value must not change between two holes of the
// same name: the caller fixes time and nonce once per message.
func (t Template) Append(dst []byte, value func(name, format string) (string, bool)) ([]byte, error) {
	start := len(dst)
	for _, p := range t.parts {
		if p.Name == "" {
			dst = append(dst, p.Literal...)
			continue
		}
		v, ok := value(p.Name, p.Format)
		if !ok {
			return dst[:start], fmt.Errorf("crypto: template needs %q, which has no value here", p.Name)
		}
		dst = append(dst, filtered(v, p.Filters)...)
	}
	return dst, nil
}
