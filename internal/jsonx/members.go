package jsonx

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// Members appends what a struct of the plan's type says to dst, in the order of its
// fields. Nil pointers, and zero values of fields marked omitempty, are left out.
func (p *Plan) Members(dst []Member, from any) ([]Member, error) {
	return p.members(dst, reflect.Indirect(reflect.ValueOf(from)))
}

func (p *Plan) members(dst []Member, from reflect.Value) ([]Member, error) {
	for _, f := range p.fields {
		v := from.Field(f.index)
		if f == p.extras {
			extras := v.Interface().(map[string]string)
			for _, name := range slices.Sorted(maps.Keys(extras)) {
				dst = append(dst, Member{Name: name, Text: extras[name]})
			}
			continue
		}
		if v.Kind() == reflect.Pointer && v.IsNil() || f.omitEmpty && v.IsZero() {
			continue
		}
		m := Member{Name: f.wire}
		var err error
		if m.Text, m.Bare, err = f.text(v); err != nil {
			return nil, err
		}
		if m, err = m.Filtered(f.write); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		dst = append(dst, m)
	}
	if len(p.paths) > 0 {
		dst = nest(dst)
	}
	return dst, nil
}

// nest gathers members whose names are paths into objects, each where its first
// member stood.
func nest(members []Member) []Member {
	var out []Member
	inner := make(map[string][]Member)
	for _, m := range members {
		head, rest, dotted := strings.Cut(m.Name, ".")
		if !dotted {
			out = append(out, m)
			continue
		}
		if _, seen := inner[head]; !seen {
			out = append(out, Member{Name: head, Bare: true})
		}
		m.Name = rest
		inner[head] = append(inner[head], m)
	}
	for i, m := range out {
		if below, ok := inner[m.Name]; ok {
			out[i].Text = string(AppendObject(nil, nest(below)))
		}
	}
	return out
}

// Filtered applies filters left to right. An empty value is never sealed.
func (m Member) Filtered(filters []Filter) (Member, error) {
	for _, filter := range filters {
		switch {
		case filter.Bare:
			m.Bare = true
		case filter.Quote:
			m.Bare = false
		case filter.Apply != nil && m.Text != "":
			text, err := filter.Apply(m.Text)
			if err != nil {
				return m, err
			}
			m.Text, m.Bare = text, false
		}
	}
	return m, nil
}

// text gives a value as signatures see it, and whether JSON writes it bare.
func (f *field) text(v reflect.Value) (text string, bare bool, err error) {
	t := v.Type()
	switch {
	case t == timeType:
		at := v.Interface().(time.Time)
		if at.IsZero() {
			return "", false, nil
		}
		format := f.time
		if format == "" {
			format = "yyyy-MM-dd HH:mm:ss"
		}
		return wiretime.Format(at, format, f.zone), format == "ms" || format == "s", nil
	case t == rawType:
		if v.Len() == 0 {
			return "null", true, nil
		}
		return string(v.Bytes()), true, nil
	case t.Implements(revealer):
		return v.Interface().(Revealer).Reveal(), false, nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return f.text(v.Elem())
	case reflect.String:
		return v.String(), false, nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		return strconv.FormatInt(v.Int(), 10), true, nil
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64), true, nil
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true, nil
	case reflect.Struct:
		members, err := f.sub.members(nil, v)
		return string(AppendObject(nil, members)), true, err
	case reflect.Slice:
		b := []byte{'['}
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			var m Member
			if m.Text, m.Bare, err = f.text(v.Index(i)); err != nil {
				return "", false, err
			}
			b = m.appendValue(b)
		}
		return string(append(b, ']')), true, nil
	}
	panic("jsonx: no way to write " + t.String())
}
