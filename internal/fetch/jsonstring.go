package fetch

import (
	"bufio"
	"bytes"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonString reads the characters of a JSON string up to its closing quote, however long
// it is.
type jsonString struct {
	in    *bufio.Reader
	rest  []byte // of an escape that did not fit
	ended bool
}

func (s *jsonString) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if len(s.rest) > 0 {
			n := copy(p, s.rest)
			s.rest = s.rest[n:]
			return n, nil
		}
		if s.ended {
			return 0, io.EOF
		}
		if _, err := s.in.Peek(1); err != nil {
			return 0, jsonEnd(err)
		}
		chunk, _ := s.in.Peek(min(s.in.Buffered(), len(p)))
		plain := bytes.IndexAny(chunk, `"\`)
		if plain < 0 {
			plain = len(chunk)
		}
		if plain > 0 {
			n := copy(p, chunk[:plain])
			_, _ = s.in.Discard(n)
			return n, nil
		}
		quote := chunk[0] == '"'
		_, _ = s.in.Discard(1)
		if quote {
			s.ended = true
		} else if err := s.escape(); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func (s *jsonString) escape() error {
	c, err := s.in.ReadByte()
	if err != nil {
		return jsonEnd(err)
	}
	switch c {
	case 'b', 'f', 'n', 'r', 't':
		s.rest = []byte{map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}[c]}
		return nil
	case '"', '\\', '/':
		s.rest = []byte{c}
		return nil
	case 'u':
	default:
		return errJSON
	}
	r, err := s.unit()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		next, _ := s.in.Peek(2)
		if string(next) != `\u` {
			r = utf8.RuneError
		} else {
			_, _ = s.in.Discard(2)
			low, err := s.unit()
			if err != nil {
				return err
			}
			r = utf16.DecodeRune(r, low)
		}
	}
	s.rest = utf8.AppendRune(nil, r)
	return nil
}

// unit reads the four digits of \u.
func (s *jsonString) unit() (rune, error) {
	digits, err := s.in.Peek(4)
	if err != nil {
		return 0, jsonEnd(err)
	}
	n, err := strconv.ParseUint(string(digits), 16, 16)
	if err != nil {
		return 0, errJSON
	}
	_, _ = s.in.Discard(4)
	return rune(n), nil
}
