package fetch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// envelope reads the JSON that some platforms answer in place of the file:
// {"contentType":"base64","content":"…"}, alone or inside head and data, data as an object,
// an array or a text. The content is handed on while it is read; nothing else is kept but
// what a refusal says. Names are compared without case.
type envelope struct {
	in   *bufio.Reader
	file func(content io.Reader) error

	files int // contents handed on
	code  string
	text  string
}

var (
	errJSON      = errors.New("the answer is not complete JSON")
	errManyFiles = errors.New("the answer holds several files or pages, one was expected")
)

const (
	maxDepth  = 32
	maxScalar = 4 << 10
)

// read goes through the whole document.
func (e *envelope) read() error {
	e.skipMark()
	if err := e.value("", 0); err != nil {
		return err
	}
	switch _, err := e.next(); {
	case err == nil:
		return errJSON // there is more
	case err == errJSON:
		return nil
	default:
		return err
	}
}

func (e *envelope) skipMark() {
	if mark, _ := e.in.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = e.in.Discard(3)
	}
}

// next gives the next character that is no space, without taking it.
func (e *envelope) next() (byte, error) {
	for {
		b, err := e.in.Peek(1)
		if err != nil {
			return 0, jsonEnd(err)
		}
		switch b[0] {
		case ' ', '\t', '\r', '\n':
			_, _ = e.in.Discard(1)
		default:
			return b[0], nil
		}
	}
}

// jsonEnd makes the end of the body an error of the document.
func jsonEnd(err error) error {
	if err == io.EOF {
		return errJSON
	}
	return err
}

// take takes the next character, which must be want.
func (e *envelope) take(want byte) error {
	if c, err := e.next(); err != nil {
		return err
	} else if c != want {
		return errJSON
	}
	_, _ = e.in.Discard(1)
	return nil
}

// value reads what stands under a name.
func (e *envelope) value(name string, depth int) error {
	c, err := e.next()
	switch {
	case err != nil:
		return err
	case depth > maxDepth:
		return errJSON
	case c == '{':
		return e.list('}', func() error {
			key, err := e.scalar()
			if err == nil {
				err = e.take(':')
			}
			if err != nil {
				return err
			}
			return e.value(strings.ToLower(key), depth+1)
		})
	case c == '[':
		return e.list(']', func() error { return e.value(name, depth+1) })
	case c == '"' && name == "content":
		return e.content()
	case c == '"' && name == "data":
		return e.nested(depth)
	}
	text, err := e.scalar()
	if err == nil {
		e.note(name, text)
	}
	return err
}

// list reads the members of an object or an array.
func (e *envelope) list(end byte, member func() error) error {
	_, _ = e.in.Discard(1)
	if c, err := e.next(); err != nil {
		return err
	} else if c == end {
		return e.take(end)
	}
	for {
		if err := member(); err != nil {
			return err
		}
		if c, err := e.next(); err != nil {
			return err
		} else if c != ',' {
			return e.take(end)
		}
		_, _ = e.in.Discard(1)
	}
}

// note keeps what a refusal may need; the first that says something counts.
func (e *envelope) note(name, text string) {
	var into *string
	switch name {
	case "status", "code":
		into = &e.code
	case "message", "msg":
		into = &e.text
	}
	if into != nil && *into == "" && text != "null" {
		*into = text
	}
}

// scalar reads a string, of which it keeps the beginning, or a literal.
func (e *envelope) scalar() (string, error) {
	c, err := e.next()
	if err != nil {
		return "", err
	}
	if c != '"' {
		return e.literal()
	}
	_, _ = e.in.Discard(1)
	chars := &jsonString{in: e.in}
	text, err := io.ReadAll(io.LimitReader(chars, maxScalar))
	if err == nil {
		_, err = io.Copy(io.Discard, chars)
	}
	return string(text), err
}

func (e *envelope) literal() (string, error) {
	var text []byte
	for {
		b, err := e.in.Peek(1)
		if err != nil && err != io.EOF {
			return "", err
		}
		if err == io.EOF || !isLiteral(b[0]) {
			break
		}
		text = append(text, b[0])
		_, _ = e.in.Discard(1)
		if len(text) > 64 {
			return "", errJSON
		}
	}
	if len(text) == 0 {
		return "", errJSON
	}
	return string(text), nil
}

func isLiteral(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == 'E' || c == '+' || c == '-' || c == '.'
}

// content hands a file on. An empty one is none.
func (e *envelope) content() error {
	_, _ = e.in.Discard(1)
	chars := &jsonString{in: e.in}
	first := bufio.NewReader(chars)
	if _, err := first.Peek(1); err == io.EOF {
		return nil
	}
	if e.files++; e.files > 1 {
		return errManyFiles
	}
	if err := e.file(first); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, first)
	return err
}

// nested reads JSON that stands in a text.
func (e *envelope) nested(depth int) error {
	_, _ = e.in.Discard(1)
	outer, chars := e.in, &jsonString{in: e.in}
	e.in = bufio.NewReader(chars)
	defer func() { e.in = outer }()
	if c, err := e.next(); err == nil && (c == '{' || c == '[') {
		if err := e.value("", depth+1); err != nil {
			return err
		}
	}
	_, err := io.Copy(io.Discard, e.in)
	return err
}
