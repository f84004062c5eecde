package jsonx

import (
	"bytes"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Value is one value of a Doc. The zero Value is Missing, and every method works on
// it.
type Value struct {
	d *Doc
	i uint32
}

func (v Value) node() *node { return &v.d.nodes[v.i] }

// Kind tells the JSON type.
func (v Value) Kind() Kind {
	if v.d == nil {
		return Missing
	}
	return v.node().kind
}

// Present reports whether there is a value, null included.
func (v Value) Present() bool { return v.d != nil }

// Raw gives the bytes of the value as they arrived, nil when missing.
func (v Value) Raw() []byte {
	if v.d == nil {
		return nil
	}
	n := v.node()
	if n.kind == String {
		return v.d.src[n.start-1 : n.end+1]
	}
	return v.d.src[n.start:n.end]
}

// Text gives a string's text, a number's or a boolean's literal, and "" for null,
// lists and objects. A one-element list gives the text of its element.
func (v Value) Text() string {
	switch v.Kind() {
	case String:
		n := v.node()
		if b := v.d.src[n.start:n.end]; n.escaped {
			return unescape(b)
		} else {
			return validText(b)
		}
	case Number, Bool:
		return string(v.Raw())
	case Array:
		if only, ok := v.only(); ok && only.Kind() != Array {
			return only.Text()
		}
	}
	return ""
}

// plain gives the bytes of a string that stand in the document as they are meant.
func (v Value) plain() ([]byte, bool) {
	if v.Kind() != String {
		return nil, false
	}
	n := v.node()
	b := v.d.src[n.start:n.end]
	return b, !n.escaped && utf8.Valid(b)
}

// only gives the element of a one-element list.
func (v Value) only() (Value, bool) {
	if v.Kind() != Array || v.i+1 == v.node().next {
		return Value{}, false
	}
	first := Value{v.d, v.i + 1}
	return first, first.node().next == v.node().next
}

// Elements yields the elements of a list. One of a long list is good until the next.
func (v Value) Elements() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if v.Kind() != Array {
			return
		}
		var scratch Doc
		for i, end := v.i+1, v.node().next; i < end; i = v.d.nodes[i].next {
			e := Value{v.d, i}
			if n := e.node(); n.folded {
				e = v.d.unfold(n, &scratch)
			}
			if !yield(e) {
				return
			}
		}
	}
}

// Len is the number of a list's elements.
func (v Value) Len() (n int) {
	if v.Kind() != Array {
		return 0
	}
	for i, end := v.i+1, v.node().next; i < end; i = v.d.nodes[i].next {
		n++
	}
	return n
}

// Members yields names and values of an object in the order of the text.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.Kind() != Object {
			return
		}
		for i, end := v.i+1, v.node().next; i < end; i = v.d.nodes[i+1].next {
			if !yield(Value{v.d, i}.Text(), Value{v.d, i + 1}) {
				return
			}
		}
	}
}

// Get gives the member of an object: the one of exactly this name, else the first
// that differs in letter case only.
func (v Value) Get(name string) Value {
	if v.Kind() != Object {
		return Value{}
	}
	var found Value
	for i, end := v.i+1, v.node().next; i < end; i = v.d.nodes[i+1].next {
		key := Value{v.d, i}
		b := v.d.src[key.node().start:key.node().end]
		if key.node().escaped {
			b = []byte(key.Text())
		}
		if string(b) == name {
			return Value{v.d, i + 1}
		}
		if found.d == nil && len(b) == len(name) && bytes.EqualFold(b, []byte(name)) {
			found = Value{v.d, i + 1}
		}
	}
	return found
}

// Path follows names joined by dots; "" is the value itself. Objects in one-element
// lists and JSON inside strings are entered.
func (v Value) Path(path string) Value {
	for path != "" && v.d != nil {
		name, rest, _ := strings.Cut(path, ".")
		v, path = v.Enter().Get(name), rest
	}
	return v
}

// maxUnwrap bounds JSON inside strings inside strings; three levels are seen.
const maxUnwrap = 4

// Enter gives the object or list that a value holds: itself, the object in a
// one-element list, or the JSON inside a string, which may itself be such a string.
// Anything else is given back as it is.
func (v Value) Enter() Value {
	inner := v
	for range maxUnwrap + 1 {
		switch inner.Kind() {
		case String:
			text := strings.TrimSpace(inner.Text())
			if text == "" || strings.IndexByte(`{["`, text[0]) < 0 {
				return v
			}
			d, err := Parse([]byte(text))
			if err != nil {
				return v
			}
			inner = d.Root()
		case Array:
			if only, ok := inner.only(); ok && only.Kind() == Object {
				return only
			}
			return inner
		default:
			return inner
		}
	}
	return v
}

// Empty reports whether nothing is said: missing, null, "", an empty list, a list of
// one that is empty, or an object of which every member is empty.
func (v Value) Empty() bool {
	switch v.Kind() {
	case Missing, Null:
		return true
	case String:
		return strings.TrimSpace(v.Text()) == ""
	case Array:
		if only, ok := v.only(); ok {
			return only.Empty()
		}
		return v.i+1 == v.node().next
	case Object:
		for i, end := v.i+1, v.node().next; i < end; i = v.d.nodes[i+1].next {
			if !(Value{v.d, i + 1}).Empty() {
				return false
			}
		}
		return true
	}
	return false
}

func unescape(b []byte) string {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			out = append(out, b[i])
			i++
			continue
		}
		switch b[i+1] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, size := codePoint(b[i:])
			out = utf8.AppendRune(out, r)
			i += size
			continue
		default:
			out = append(out, b[i+1])
		}
		i += 2
	}
	return validText(out)
}

// codePoint reads \uXXXX, two of them when they are a surrogate pair.
func codePoint(b []byte) (rune, int) {
	unit := func(b []byte) rune {
		n, _ := strconv.ParseUint(string(b[2:6]), 16, 32)
		return rune(n)
	}
	r := unit(b)
	if utf16.IsSurrogate(r) {
		if len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if pair := utf16.DecodeRune(r, unit(b[6:])); pair != utf8.RuneError {
				return pair, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}
