package dock

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/jsonx"
)

type typeOf = reflect.Type

// shapeMember is one member of a body: a template, the request's fields, or an
// object of further members.
type shapeMember struct {
	name     string
	write    []jsonx.Filter // on the caller's side
	read     []jsonx.Filter // on the platform's side
	template crypto.Template
	in       bool // the value is the request's fields as an object
	splice   bool // the request's fields stand here, among the others
	object   []shapeMember
	signed   bool // the template holds {sign}
}

// defaultShape sends the request's fields and nothing else.
var defaultShape = json.RawMessage(`{"...":"$in"}`)

func (c *compiler) shape(raw json.RawMessage) ([]shapeMember, error) {
	if raw == nil {
		raw = defaultShape
	}
	return c.shapeMembers("body", raw, true)
}

func (c *compiler) shapeMembers(path string, raw json.RawMessage, top bool) ([]shapeMember, error) {
	doc, err := jsonx.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var members []shapeMember
	for key, value := range doc.Root().Members() {
		name, filters, _ := strings.Cut(key, "|")
		m := shapeMember{name: name}
		at := path + "." + name
		if c.side == caller {
			m.write, err = c.filters(filters, false, true)
		} else {
			m.read, err = c.filters(filters, false, false)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		switch text := value.Text(); {
		case value.Kind() == jsonx.Object:
			if m.object, err = c.shapeMembers(at, bytes.Clone(value.Raw()), false); err != nil {
				return nil, err
			}
		case text == "$in":
			m.splice, m.in = name == "...", name != "..."
		default:
			if m.template, err = c.template(at, text); err != nil {
				return nil, err
			}
			m.signed = names(m.template, "sign")
			if m.signed && !top {
				return nil, fmt.Errorf("%s: {sign} stands only at the top of a body", at)
			}
		}
		members = append(members, m)
	}
	return members, nil
}

// build writes a body's members. Members that hold {sign} are left for a second
// round: their texts stay empty and their places are returned. pairs gives the members
// that signing wants, by path.
func (o *operation) build(shape []shapeMember, in []jsonx.Member, v *vars, path string) (members []jsonx.Member, unsigned []int, err error) {
	for _, s := range shape {
		m := jsonx.Member{Name: s.name}
		switch {
		case s.splice:
			members = append(members, in...)
			continue
		case s.in:
			m.Text, m.Bare = string(jsonx.AppendObject(nil, in)), true
			v.keep(path+"."+s.name, in)
		case s.object != nil:
			inner, _, err := o.build(s.object, in, v, path+"."+s.name)
			if err != nil {
				return nil, nil, err
			}
			m.Text, m.Bare = string(jsonx.AppendObject(nil, inner)), true
			v.keep(path+"."+s.name, inner)
		case s.signed:
			unsigned = append(unsigned, len(members))
			members = append(members, m)
			continue
		default:
			if m.Text, err = v.expand(s.template); err != nil {
				return nil, nil, fmt.Errorf("%s.%s: %w", path, s.name, err)
			}
		}
		if m, err = m.Filtered(s.write); err != nil {
			return nil, nil, fmt.Errorf("%s.%s: %w", path, s.name, err)
		}
		members = append(members, m)
	}
	v.keep(path, without(members, unsigned))
	return members, unsigned, nil
}

// without leaves members out by place: a signature is never part of what it covers.
func without(members []jsonx.Member, places []int) []jsonx.Member {
	if len(places) == 0 {
		return members
	}
	kept := make([]jsonx.Member, 0, len(members))
	for i, m := range members {
		if !slices.Contains(places, i) {
			kept = append(kept, m)
		}
	}
	return kept
}
