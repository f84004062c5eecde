package jsonx

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
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
	start := len(dst)
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
		m := Member{Name: f.wire, path: f.dotted}
		var err error
		if m.Text, m.Bare, err = f.text(v); err == nil {
			m, err = m.Filtered(f.write)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		dst = append(dst, m)
		if f.also != "" {
			m.Name = f.also
			dst = append(dst, m)
		}
	}
	if len(p.paths) > 0 {
		dst = append(dst[:start], nest(dst[start:])...)
	}
	return dst, nil
}

// nest gathers members whose names are paths into objects, each where its first
// member stood.
func nest(members []Member) []Member {
	var out []Member
	place, inner := make(map[string]int), make(map[string][]Member)
	for _, m := range members {
		if !m.path {
			out = append(out, m)
			continue
		}
		head, rest, _ := strings.Cut(m.Name, ".")
		if _, seen := place[head]; !seen {
			place[head] = len(out)
			out = append(out, Member{Name: head, Bare: true})
		}
		m.Name, m.path = rest, strings.Contains(rest, ".")
		inner[head] = append(inner[head], m)
	}
	for head, i := range place {
		out[i].Text = string(AppendObject(nil, nest(inner[head])))
	}
	return out
}

// Filtered applies filters left to right. An empty value is never sealed.
func (m Member) Filtered(filters []Filter) (Member, error) {
	for _, filter := range filters {
		switch {
		case filter.Bare:
			m.Bare = m.Bare || isNumber(m.Text)
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

// isNumber tells what JSON may write without quotes.
func isNumber(text string) bool {
	_, ok := number(text)
	return ok && json.Valid([]byte(text))
}

// text gives a value as signatures see it, and whether JSON writes it bare.
func (f *field) text(v reflect.Value) (text string, bare bool, err error) {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() { // in a list
			return "null", true, nil
		}
		return f.text(v.Elem())
	case v.Kind() == reflect.Slice && v.Type() != rawType:
		b, err := f.appendList(nil, v)
		return string(b), true, err
	case f.class == asTime:
		at := *inPlace(v).(*time.Time)
		if at.IsZero() {
			return "", false, nil
		}
		format := f.format()
		return wiretime.Format(at, format, f.zone), format == "ms" || format == "s", nil
	case f.class == asRevealed:
		if day, ok := f.day(v); ok {
			return wiretime.Format(day, f.time, f.zone), f.time == "ms" || f.time == "s", nil
		}
		return inPlace(v).(Revealer).Reveal(), false, nil
	case v.Kind() == reflect.String:
		return v.String(), false, nil
	}
	b, err := f.append(nil, v)
	return string(b), true, err
}

// format is how the field's times are written.
func (f *field) format() string {
	if f.time == "" {
		return "yyyy-MM-dd HH:mm:ss"
	}
	return f.time
}
