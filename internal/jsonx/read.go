package jsonx

import (
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// Problem is a member that could not be read. The field keeps its zero value.
type Problem struct {
	Field    string // path in dialect names
	Expected string
	Sealed   bool // it could not be opened
	Key      bool // the value is useless without it
}

// Read fills *into, a pointer to the plan's struct, from an object, a one-element
// list of an object, or a string that holds either. What cannot be read is reported
// and left zero; nothing makes Read fail as a whole.
func (p *Plan) Read(v Value, into any) []Problem {
	var r reader
	if inner := v.Enter(); inner.Kind() == Object {
		r.object(p, inner, reflect.ValueOf(into).Elem())
	} else if !v.Empty() {
		r.problems = []Problem{{Expected: "expected an object"}}
	}
	return r.problems
}

type reader struct {
	problems []Problem
	last     map[*field]string // within a long list: what the row before said
}

// copied gives a text of its own, or that of the row before when it says the same, as
// most columns of a long list do.
func (r *reader) copied(f *field, b []byte) string {
	if r.last == nil {
		return string(b)
	}
	if last, ok := r.last[f]; ok && last == string(b) {
		return last
	}
	text := string(b)
	r.last[f] = text
	return text
}

// choice is the member that a field is read from.
type choice struct {
	value uint32 // index of its node; 0, the root, is never a member's value
	rank  int
}

func (r *reader) object(p *Plan, v Value, into reflect.Value) {
	// The best-named member wins where several arrive and the better one says
	// something; of equal names the first does.
	var few [24]choice
	chosen := few[:]
	if len(p.fields) > len(few) {
		chosen = make([]choice, len(p.fields))
	}
	for i, end := v.i+1, v.node().next; i < end; i = v.d.nodes[i+1].next {
		key, value := Value{v.d, i}, Value{v.d, i + 1}
		s, ok := p.find(key)
		if !ok {
			if p.extras != nil {
				r.extra(p.extras, key.Text(), value, into)
			}
			continue
		}
		c := &chosen[s.field.order]
		if c.value == 0 || !value.Empty() && (s.rank < c.rank || Value{v.d, c.value}.Empty()) {
			*c = choice{i + 1, s.rank}
		}
	}
	for _, f := range p.fields {
		var value Value
		if c := chosen[f.order]; c.value != 0 {
			value = Value{v.d, c.value}
		}
		if f.dotted {
			if deep := v.Path(f.wire); !deep.Empty() || !value.Present() {
				value = deep
			}
		}
		if value.Present() {
			r.field(f, value, into.Field(f.index))
		}
	}
}

// find looks a member's name up in lower case.
func (p *Plan) find(key Value) (slot, bool) {
	n := key.node()
	b := key.d.src[n.start:n.end]
	if n.escaped {
		b = []byte(key.Text())
	}
	if len(b) > p.longest {
		return slot{}, false
	}
	if p.exact {
		s, ok := p.byName[string(b)]
		return s, ok
	}
	var buf [64]byte
	s, ok := p.byName[string(appendLower(buf[:0], b))]
	return s, ok
}

// appendLower lowers ASCII letters only: it keeps lengths and needs no tables.
func appendLower(dst, name []byte) []byte {
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func (r *reader) extra(f *field, name string, v Value, into reflect.Value) {
	m := into.Field(f.index)
	if m.IsNil() {
		m.Set(reflect.MakeMap(extrasType))
	}
	text := v.Text()
	if text == "" && !v.Empty() {
		text = string(v.Raw())
	}
	m.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(text))
}

func (r *reader) complain(f *field, expected string, sealed bool) {
	r.problems = append(r.problems, Problem{Field: f.path, Expected: expected, Sealed: sealed, Key: f.key})
}

func (r *reader) field(f *field, v Value, into reflect.Value) {
	if f.opens && !v.Empty() {
		text := v.Text()
		for _, filter := range f.read {
			if filter.Apply == nil {
				continue
			}
			opened, err := filter.Apply(text)
			if err != nil {
				r.complain(f, "cannot be opened", filter.Seal)
				return
			}
			text = opened
		}
		v = TextValue(text)
		if f.typ == rawType {
			v = v.Enter()
		}
	}
	r.value(f, v, into)
}

// TextValue makes a string value of a text that was not scanned, such as an opened
// one.
func TextValue(text string) Value {
	src := AppendString(make([]byte, 0, len(text)+2), text)
	escaped := len(src) != len(text)+2
	return Value{&Doc{src: src, nodes: []node{{kind: String, escaped: escaped, start: 1, end: uint32(len(src) - 1), next: 1}}}, 0}
}

func (r *reader) value(f *field, v Value, into reflect.Value) {
	t := into.Type()
	switch {
	case v.Kind() == Missing || v.Kind() == Null:
		return
	case t == rawType:
		into.SetBytes(append(json.RawMessage(nil), v.Raw()...))
		return
	case t == timeType:
		r.time(f, v, into)
		return
	case into.CanAddr() && reflect.PointerTo(t).Implements(textUnmarshaler):
		text, ok := v.plain() // an unmarshaler makes its own copy
		if !ok {
			var copied string
			if copied, ok = r.text(f, v); !ok {
				return
			}
			text = []byte(copied)
		}
		if err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(text); err != nil {
			r.complain(f, "not a valid value", false)
		}
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		if v.Empty() && t.Elem().Kind() != reflect.String {
			return
		}
		target := reflect.New(t.Elem())
		before := len(r.problems)
		r.value(f, v, target.Elem())
		if len(r.problems) == before || !target.Elem().IsZero() {
			into.Set(target)
		}
	case reflect.String:
		if b, ok := v.plain(); ok {
			into.SetString(r.copied(f, b))
		} else if text, ok := r.text(f, v); ok {
			into.SetString(text)
		}
	case reflect.Int, reflect.Int64, reflect.Int32:
		r.integer(f, v, into)
	case reflect.Float64:
		if n, ok := number(v.Text()); ok {
			into.SetFloat(n)
		} else if !v.Empty() {
			r.complain(f, "expected a number", false)
		}
	case reflect.Bool:
		r.boolean(f, v, into)
	case reflect.Struct:
		r.structure(f, v, into)
	case reflect.Slice:
		r.slice(f, v, into)
	default:
		panic("jsonx: no way to read " + t.String())
	}
}

// text takes a string, number, boolean or a list of one of them; an object becomes
// its JSON, which loses nothing.
func (r *reader) text(f *field, v Value) (string, bool) {
	text := v.Text()
	if text == "" && !v.Empty() {
		r.complain(f, "expected text, found a list or an object", false)
		return string(v.Raw()), true
	}
	return text, true
}

func (r *reader) integer(f *field, v Value, into reflect.Value) {
	text := strings.TrimSpace(v.Text())
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		// 7200.0 and 1.7E12 are whole numbers too.
		x, ok := number(text)
		if !ok || x != math.Trunc(x) || math.Abs(x) >= 1<<53 {
			if !v.Empty() {
				r.complain(f, "expected a whole number", false)
			}
			return
		}
		n = int64(x)
	}
	if into.OverflowInt(n) {
		r.complain(f, "number out of range", false)
		return
	}
	into.SetInt(n)
}

// number reads a decimal number; infinity and Go's hexadecimal forms are none.
func number(text string) (float64, bool) {
	text = strings.TrimSpace(text)
	if strings.Trim(text, "+-.0123456789eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

func (r *reader) boolean(f *field, v Value, into reflect.Value) {
	switch strings.ToLower(strings.TrimSpace(v.Text())) {
	case "true", "1", "y", "yes", "是":
		into.SetBool(true)
	case "false", "0", "n", "no", "否", "":
		into.SetBool(false)
		if v.Text() == "" && !v.Empty() {
			r.complain(f, "expected true or false", false)
		}
	default:
		r.complain(f, "expected true or false", false)
	}
}

func (r *reader) time(f *field, v Value, into reflect.Value) {
	if v.Empty() {
		return
	}
	text := v.Text()
	if n, ok := number(text); ok && strings.ContainsAny(text, ".eE") && n < 1<<53 {
		text = strconv.FormatInt(int64(n), 10) // 1.704165845E12
	}
	t, err := wiretime.Parse(text, f.zone)
	if err != nil {
		r.complain(f, "expected a time", false)
		return
	}
	into.Set(reflect.ValueOf(t))
}

func (r *reader) structure(f *field, v Value, into reflect.Value) {
	if inner := v.Enter(); inner.Kind() == Object {
		r.object(f.sub, inner, into)
	} else if !v.Empty() {
		r.complain(f, "expected an object", false)
	}
}

// slice takes a list, or one element in place of it.
func (r *reader) slice(f *field, v Value, into reflect.Value) {
	if v.Kind() == String {
		if inner := v.Enter(); inner.Kind() != String {
			v = inner
		}
	}
	if v.Kind() != Array {
		if v.Empty() {
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), 1, 1))
		r.value(f, v, into.Index(0))
		return
	}
	n := v.Len()
	if n > maxUnfolded && r.last == nil {
		r.last = make(map[*field]string)
	}
	into.Set(reflect.MakeSlice(into.Type(), n, n))
	i := 0
	for e := range v.Elements() {
		r.value(f, e, into.Index(i))
		i++
	}
}
