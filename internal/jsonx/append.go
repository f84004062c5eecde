package jsonx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// Objects inside objects are written straight to their bytes: a report of a thousand rows
// has ten thousand values, and a text for each of them costs more than all the rest.
// Where a field changes on its way (filters, second names, paths) its object goes the
// long way through Members.

// class is how values of a type are written.
type class uint8

const (
	byKind class = iota
	asTime
	asRaw
	asRevealed
)

func classOf(t reflect.Type) class {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t != rawType {
		t = t.Elem()
	}
	switch {
	case t == timeType:
		return asTime
	case t == rawType:
		return asRaw
	case t.Implements(revealer):
		return asRevealed
	}
	return byKind
}

// straight reports whether a plan's objects can be written without Members.
func (p *Plan) straight() bool {
	return p.extras == nil && len(p.paths) == 0 &&
		!slices.ContainsFunc(p.fields, func(f *field) bool { return len(f.write) > 0 || f.also != "" })
}

// Append writes a struct of the plan's type behind dst, as AppendObject writes its
// members.
func (p *Plan) Append(dst []byte, from any) ([]byte, error) {
	return p.appendObject(dst, reflect.Indirect(reflect.ValueOf(from)))
}

// appendObject writes a struct of the plan's type.
func (p *Plan) appendObject(dst []byte, from reflect.Value) ([]byte, error) {
	if !p.direct {
		members, err := p.members(nil, from)
		return AppendObject(dst, members), err
	}
	dst = append(dst, '{')
	first := true
	for _, f := range p.fields {
		v := from.Field(f.index)
		if v.Kind() == reflect.Pointer && v.IsNil() || f.omitEmpty && v.IsZero() {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, f.quoted...)
		var err error
		if dst, err = f.append(dst, v); err != nil {
			return dst, fmt.Errorf("%s: %w", f.path, err)
		}
	}
	return append(dst, '}'), nil
}

// append writes a value of the field's type, or an element of one, as JSON.
func (f *field) append(dst []byte, v reflect.Value) ([]byte, error) {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() { // in a list
			return append(dst, "null"...), nil
		}
		return f.append(dst, v.Elem())
	case v.Kind() == reflect.Slice && v.Type() != rawType:
		return f.appendList(dst, v)
	}
	switch f.class {
	case asTime:
		return f.appendTime(dst, *inPlace(v).(*time.Time)), nil
	case asRaw:
		switch {
		case v.Len() == 0:
			return append(dst, "null"...), nil
		case !json.Valid(v.Bytes()):
			return dst, errors.New("not JSON")
		}
		return append(dst, v.Bytes()...), nil
	case asRevealed:
		if day, ok := f.day(v); ok {
			return f.appendTime(dst, day), nil
		}
		return AppendString(dst, inPlace(v).(Revealer).Reveal()), nil
	}
	switch v.Kind() {
	case reflect.String:
		return AppendString(dst, v.String()), nil
	case reflect.Int, reflect.Int64, reflect.Int32:
		return strconv.AppendInt(dst, v.Int(), 10), nil
	case reflect.Float64:
		if math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0) {
			return dst, errors.New("not a finite number")
		}
		return strconv.AppendFloat(dst, v.Float(), 'f', -1, 64), nil
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool()), nil
	}
	return f.sub.appendObject(dst, v)
}

func (f *field) appendList(dst []byte, v reflect.Value) ([]byte, error) {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		start := len(dst)
		var err error
		if dst, err = f.append(dst, v.Index(i)); err != nil {
			return dst, err
		}
		if row := len(dst) - start; i == 0 { // rows are much alike
			dst = slices.Grow(dst, (row+row/16+2)*v.Len())
		}
	}
	return append(dst, ']'), nil
}

func (f *field) appendTime(dst []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(dst, `""`...)
	}
	format := f.format()
	if format == "ms" || format == "s" {
		return wiretime.Append(dst, at, format, f.zone)
	}
	return append(wiretime.Append(append(dst, '"'), at, format, f.zone), '"')
}

// day is the day of a dated value whose field has a time format.
func (f *field) day(v reflect.Value) (time.Time, bool) {
	if f.time == "" {
		return time.Time{}, false
	}
	d, ok := inPlace(v).(dated)
	if !ok || d.Day().IsZero() {
		return time.Time{}, false
	}
	return d.Day(), true
}

// inPlace gives a pointer to a value, to its own place where it has one: boxing each of
// ten thousand values would cost an allocation each.
func inPlace(v reflect.Value) any {
	if v.CanAddr() {
		return v.Addr().Interface()
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface()
}
