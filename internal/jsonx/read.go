package jsonx

import (
	"encoding"
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

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
	r := reader{zone: wiretime.China}
	r.object(p, v, reflect.ValueOf(into).Elem())
	return r.problems
}

type reader struct {
	problems []Problem
	zone     *time.Location
}

func (r *reader) object(p *Plan, v Value, into reflect.Value) {
	v = v.Enter()
	if v.Kind() != Object {
		return
	}
	// The best-named member wins where name and alias both arrive and the better
	// one says something.
	var few [24]uint8
	ranks := few[:]
	if len(p.fields) > len(few) {
		ranks = make([]uint8, len(p.fields))
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
		if rank := &ranks[s.field.order]; *rank == 0 || int(*rank) > s.rank+1 && !value.Empty() {
			*rank = uint8(min(s.rank+1, 255))
			r.field(s.field, value, into.FieldByIndex(s.field.index))
		} else if into.FieldByIndex(s.field.index).IsZero() {
			r.field(s.field, value, into.FieldByIndex(s.field.index))
		}
	}
	for _, f := range p.paths {
		if value := v.Path(f.wire); value.Present() {
			r.field(f, value, into.FieldByIndex(f.index))
		}
	}
}

// find looks a member's name up: as it stands, then in lower case.
func (p *Plan) find(key Value) (slot, bool) {
	n := key.node()
	b := key.d.src[n.start:n.end]
	if n.escaped {
		b = []byte(key.Text())
	}
	var buf [64]byte
	lower := buf[:0]
	if len(b) > len(buf) {
		return slot{}, false
	}
	for _, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	s, ok := p.byName[string(lower)]
	return s, ok
}

func (r *reader) extra(f *field, name string, v Value, into reflect.Value) {
	m := into.FieldByIndex(f.index)
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
	if len(f.read) > 0 && !v.Empty() {
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
	src := append(append(append(make([]byte, 0, len(text)+2), '"'), text...), '"')
	return Value{&Doc{src: src, nodes: []node{{kind: String, start: 1, end: uint32(len(text) + 1), next: 1}}}, 0}
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
		if text, ok := r.text(f, v); ok {
			if err := into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
				r.complain(f, "not a valid value", false)
			}
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
		if text, ok := r.text(f, v); ok {
			into.SetString(text)
		}
	case reflect.Int, reflect.Int64, reflect.Int32:
		r.integer(f, v, into)
	case reflect.Float64:
		if n, err := strconv.ParseFloat(strings.TrimSpace(v.Text()), 64); err == nil && !math.IsInf(n, 0) && !math.IsNaN(n) {
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
		x, ferr := strconv.ParseFloat(text, 64)
		if ferr != nil || x != math.Trunc(x) || math.Abs(x) >= 1<<53 {
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
	if n, err := strconv.ParseFloat(text, 64); err == nil && strings.ContainsAny(text, ".eE") {
		text = strconv.FormatInt(int64(n), 10) // 1.704165845E12
	}
	t, err := wiretime.Parse(text, r.zone)
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
	n := 0
	for range v.Elements() {
		n++
	}
	into.Set(reflect.MakeSlice(into.Type(), n, n))
	i := 0
	for e := range v.Elements() {
		r.value(f, e, into.Index(i))
		i++
	}
}
