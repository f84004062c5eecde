package dock

import "strings"

// doubleQuotes rewrites JSON with single quotes, as scripts print it, to JSON. What is
// right already comes out as it went in; what is neither is left for the JSON reader
// to refuse.
func doubleQuotes(text string) string {
	if !strings.Contains(text, "'") {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	var quote byte // the quote that opened the string at hand, 0 outside
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote == 0:
			if c == '"' || c == '\'' {
				quote = c
				c = '"'
			}
			b.WriteByte(c)
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] != '\'' { // JSON knows no \'
				b.WriteByte('\\')
			}
			b.WriteByte(text[i])
		case c == quote:
			quote = 0
			b.WriteByte('"')
		case c == '"':
			b.WriteString(`\"`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// digitsOnly lets a number pass and nothing else: some platforms hide the code that
// matters among texts.
func digitsOnly(text string) string {
	text = strings.TrimSpace(text)
	if strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}
