package jsonx

import "unicode/utf8"

// Member is a name and a value on its way out. Text is what a signature over names
// and values sees; JSON writes it in quotes or, when Bare, as it is.
type Member struct {
	Name string
	Text string
	Bare bool

	path bool // Name is a path that nest has yet to unfold
}

// AppendObject writes members as an object, in their order.
func AppendObject(dst []byte, members []Member) []byte {
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, m.Name)
		dst = append(dst, ':')
		dst = m.appendValue(dst)
	}
	return append(dst, '}')
}

func (m Member) appendValue(dst []byte) []byte {
	if m.Bare {
		return append(dst, m.Text...)
	}
	return AppendString(dst, m.Text)
}

const hexDigits = "0123456789abcdef"

// AppendString writes a JSON string. Only what JSON demands is escaped: < > & stay,
// because the platforms' own encoders leave them and signatures cover the bytes.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}
