// Package jsonx reads the JSON that platforms really send: one scan into an index,
// no maps, and a plan that fills a struct whatever mixture of numbers and strings,
// letter case, one-element lists and JSON inside strings arrives.
//
//	doc, err := jsonx.Parse(body)
//	text := doc.Root().Path("Response.Error.Message").Text()
//	problems := plan.Read(doc.Root().Path("Response.Data"), &out)
package jsonx

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// maxDepth is three times the deepest nesting of any contract, and keeps the
// recursive scan far from the end of a small stack.
const maxDepth = 64

// maxUnfolded is how many elements of a list are indexed with all they hold. Of further
// ones only the place is kept: they are scanned once more when they are read, one at a
// time, so that the index of a long list is small beside its text.
const maxUnfolded = 512

// usualNodes is the index that is made ready at once; it grows when it has to.
const usualNodes = 24 << 10

// Kind is the JSON type of a value; Missing is the zero Value's.
type Kind uint8

const (
	Missing Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// node is one value of the index. A member is its name's node followed by its
// value's.
type node struct {
	kind    Kind
	escaped bool   // a string that holds escapes
	folded  bool   // what is inside is not in the index, see maxUnfolded
	start   uint32 // first byte, quotes of strings left out
	end     uint32
	next    uint32 // index of the node behind this value
}

// Doc is a scanned text. It keeps the bytes; they must not change.
type Doc struct {
	src   []byte
	nodes []node
}

// SyntaxError says where a text stopped being JSON. It holds nothing of the text.
type SyntaxError struct {
	Offset  int
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: %s", e.Offset, e.Problem)
}

// Parse scans one JSON value. A byte order mark and white space around are
// accepted; anything else behind the value is not.
func Parse(src []byte) (*Doc, error) {
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	if uint64(len(src)) > 1<<31 {
		return nil, &SyntaxError{0, "too long"}
	}
	d := &Doc{src: src, nodes: make([]node, 0, 16+min(len(src)/16, usualNodes))}
	s := scanner{d: d}
	s.space()
	if err := s.value(0); err != nil {
		return nil, err
	}
	s.space()
	if s.pos != len(src) {
		return nil, s.fail("something behind the value")
	}
	return d, nil
}

// Root is the whole value.
func (d *Doc) Root() Value { return Value{d, 0} }

type scanner struct {
	d   *Doc
	pos int
}

func (s *scanner) fail(problem string) error { return &SyntaxError{s.pos, problem} }

func (s *scanner) space() {
	for s.pos < len(s.d.src) {
		switch s.d.src[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

func (s *scanner) value(depth int) error {
	if s.pos >= len(s.d.src) {
		return s.fail("ends too early")
	}
	switch c := s.d.src[s.pos]; {
	case c == '{':
		return s.container(Object, '}', depth)
	case c == '[':
		return s.container(Array, ']', depth)
	case c == '"':
		return s.str()
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true", Bool)
	case c == 'f':
		return s.literal("false", Bool)
	case c == 'n':
		return s.literal("null", Null)
	}
	return s.fail("expected a value")
}

func (s *scanner) container(kind Kind, closing byte, depth int) error {
	if depth == maxDepth {
		return s.fail("nested too deeply")
	}
	at := len(s.d.nodes)
	s.d.nodes = append(s.d.nodes, node{kind: kind, start: uint32(s.pos)})
	s.pos++
	s.space()
	count := 0
	for more := false; ; {
		if s.pos >= len(s.d.src) {
			return s.fail("ends too early")
		}
		if s.d.src[s.pos] == closing && !more {
			s.pos++
			break
		}
		if kind == Object {
			if s.d.src[s.pos] != '"' {
				return s.fail("expected a member name")
			}
			if err := s.str(); err != nil {
				return err
			}
			s.space()
			if s.pos >= len(s.d.src) || s.d.src[s.pos] != ':' {
				return s.fail("expected a colon")
			}
			s.pos++
			s.space()
		}
		value := len(s.d.nodes)
		if err := s.value(depth + 1); err != nil {
			return err
		}
		if count++; kind == Array && count > maxUnfolded {
			s.d.fold(value)
		}
		s.space()
		if more = s.pos < len(s.d.src) && s.d.src[s.pos] == ','; more {
			s.pos++
			s.space()
		} else if s.pos >= len(s.d.src) || s.d.src[s.pos] != closing {
			return s.fail("expected a comma or the end")
		}
	}
	n := &s.d.nodes[at]
	n.end, n.next = uint32(s.pos), uint32(len(s.d.nodes))
	return nil
}

// fold forgets what is inside the last value.
func (d *Doc) fold(i int) {
	if n := &d.nodes[i]; n.kind == Object || n.kind == Array {
		n.folded, n.next = true, uint32(i+1)
		d.nodes = d.nodes[:i+1]
	}
}

// unfold scans a folded value anew, in the place of the one before.
func (d *Doc) unfold(n *node, into *Doc) Value {
	into.src, into.nodes = d.src[n.start:n.end], into.nodes[:0]
	s := scanner{d: into}
	_ = s.value(0) // was scanned without an error
	return into.Root()
}

func (s *scanner) str() error {
	src, start := s.d.src, s.pos+1
	escaped := false
	for i := start; i < len(src); i++ {
		switch c := src[i]; {
		case c == '"':
			s.add(node{kind: String, escaped: escaped, start: uint32(start), end: uint32(i)})
			s.pos = i + 1
			return nil
		case c == '\\':
			escaped = true
			n := escapeLength(src[i:])
			if n == 0 {
				s.pos = i
				return s.fail("bad escape")
			}
			i += n - 1
		case c < 0x20 && c != '\t' && c != '\r' && c != '\n':
			// Line ends inside strings are wrong and seen: old encoders wrap Base64.
			s.pos = i
			return s.fail("control character in a string")
		}
	}
	s.pos = len(src)
	return s.fail("string without an end")
}

func (s *scanner) number() error {
	src, start := s.d.src, s.pos
	i := start
	if src[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(src) && src[i] >= '0' && src[i] <= '9' {
			i++
		}
		return i > from
	}
	first := i
	ok := digits() && (src[first] != '0' || i == first+1)
	if ok && i < len(src) && src[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(src) && (src[i] == 'e' || src[i] == 'E') {
		i++
		if i < len(src) && (src[i] == '+' || src[i] == '-') {
			i++
		}
		ok = digits()
	}
	if !ok {
		s.pos = i
		return s.fail("bad number")
	}
	s.pos = i
	s.add(node{kind: Number, start: uint32(start), end: uint32(i)})
	return nil
}

func (s *scanner) literal(word string, kind Kind) error {
	if !bytes.HasPrefix(s.d.src[s.pos:], []byte(word)) {
		return s.fail("expected a value")
	}
	s.add(node{kind: kind, start: uint32(s.pos), end: uint32(s.pos + len(word))})
	s.pos += len(word)
	return nil
}

func (s *scanner) add(n node) {
	n.next = uint32(len(s.d.nodes) + 1)
	s.d.nodes = append(s.d.nodes, n)
}

// escapeLength gives the length of the escape at the start of b, 0 when it is none.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if !isHex(c) {
				return 0
			}
		}
		return 6
	}
	return 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// validText makes a Go string of bytes that may not be UTF-8.
func validText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}
