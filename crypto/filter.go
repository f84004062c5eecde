package crypto

import (
	"net/url"
	"regexp"
	"strings"
)

func filters() []string {
	return []string{"lower", "upper", "hex", "HEX", "b64", "b64url", "sha256", "sha1", "md5", "sm3", "url"}
}

func filtered(v string, names []string) string {
	for _, name := range names {
		switch name {
		case "lower":
			v = strings.ToLower(v)
		case "upper":
			v = strings.ToUpper(v)
		case "hex", "HEX", "b64", "b64url":
			v = Encoding(name).Encode([]byte(v))
		case "sha256", "sha1", "md5", "sm3":
			v = digestText(name, v)
		case "url":
			v = url.QueryEscape(v)
		}
	}
	return v
}

// Match reads s as text written by this template and returns the values, under
// the name, or name|format for ts and nonce. It reports false when s does not
// fit, when a name that occurs twice has two values, and always for templates
// that cannot be read back: those with filters, those where two holes of open
// length touch, and the empty one. A value that holds the literal after it is
// cut at the first occurrence.
func (t Template) Match(s string) (map[string]string, bool) {
	if t.inverse == nil {
		return nil, false
	}
	found := t.inverse.FindStringSubmatch(s)
	if found == nil {
		return nil, false
	}
	values, next := map[string]string{}, 1
	for _, p := range t.parts {
		if p.Name == "" {
			continue
		}
		key := p.Name
		if p.Format != "" {
			key += "|" + p.Format
		}
		if old, seen := values[key]; seen && old != found[next] {
			return nil, false
		}
		values[key] = found[next]
		next++
	}
	return values, true
}

// shapeOfFormat is what a formatted value looks like. Fixed lengths let holes
// touch; milliseconds keep 13 digits until the year 2286.
func shapeOfFormat(format string) (pattern string, fixed bool) {
	switch format {
	case "ms":
		return `[0-9]{13}`, true
	case "s":
		return `[0-9]{10}`, true
	case "yyyyMMddHHmmss":
		return `[0-9]{14}`, true
	case "yyyy-MM-dd HH:mm:ss":
		return `[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}`, true
	case "rfc1123":
		return `[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} [A-Z]{3}`, true
	case "uuid":
		return `[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}`, true
	case "hex":
		return `[0-9A-Fa-f]+?`, false
	case "digits":
		return `[0-9]+?`, false
	}
	return `.*?`, false
}

// inverseOf builds the pattern of Match. RE2 runs in linear time, so a header
// from a stranger costs no more than its length.
func inverseOf(parts []Part) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	open := false
	for _, p := range parts {
		if p.Name == "" {
			b.WriteString(regexp.QuoteMeta(p.Literal))
			open = false
			continue
		}
		pattern, fixed := shapeOfFormat(p.Format)
		if len(p.Filters) > 0 || open && !fixed {
			return nil
		}
		// A fixed hole does not separate two open ones: either could own its digits.
		open = open || !fixed
		b.WriteString("(" + pattern + ")")
	}
	if len(parts) == 0 {
		return nil
	}
	inverse, err := regexp.Compile(b.String() + `\z`)
	if err != nil {
		return nil // too long for a pattern: still fine for writing
	}
	return inverse
}
