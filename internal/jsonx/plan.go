package jsonx

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// Filter changes a value on its way: sealing, opening, or how JSON writes it.
type Filter struct {
	Apply func(text string) (string, error) // nil leaves the text
	Bare  bool                              // write without quotes
	Quote bool                              // write in quotes
	Seal  bool                              // Apply is a cipher: its failure is told apart
}

// Rule says how one field looks on the wire.
type Rule struct {
	Name  string   // wire name; dots make a path when reading; "" keeps the field's own
	Also  string   // a second name that the value is written under too, for a platform that is unsure of its own
	Write []Filter // applied left to right when writing
	Read  []Filter // applied left to right when reading
	Time  string   // format of a time as written; "" keeps the field's own

	Zone  *time.Location // of times without one; nil is +08:00
	Exact bool           // read the wire name alone, in its own letter case: the platform's side is strict
}

// Rules gives the rule of a field by its path, such as "ticket.queueTime".
type Rules func(path string) Rule

// Plan reads and writes values of one struct type. It is compiled once and safe for
// concurrent use.
//
// Fields carry tags of the form
//
//	zw:"name,alias=a|b,omitempty,time=ms,key"
//
// name is the field's own name in dialects and, when a rule is silent, on the wire.
// Aliases are read, never written. omitempty leaves zero values out. time is the
// format when written. key marks a field without which the value is useless: that it
// cannot be opened is an error, not a quirk. useful marks one that makes the value worth
// having although all keys are absent. The name "..." takes a map of further members in
// and out.
type Plan struct {
	typ     reflect.Type
	fields  []*field
	byName  map[string]slot // wire name in lower case
	longest int             // length of the longest of them
	paths   []*field        // fields whose wire name is a path
	extras  *field
	exact   bool // names are read as they are written, without aliases
	direct  bool // objects are written straight to their bytes
}

// slot is a field and how good a match its name is: 0 the name, 1… an alias.
type slot struct {
	field *field
	rank  int
}

type field struct {
	index     int
	order     int
	typ       reflect.Type
	path      string // in dialect names
	wire      string
	also      string // second wire name, "" for none
	write     []Filter
	read      []Filter
	opens     bool // a read filter changes the text
	time      string
	zone      *time.Location
	dotted    bool // the wire name is a path
	omitEmpty bool
	key       bool
	useful    bool
	sub       *Plan // of a struct, or of the elements of a slice of structs
	class     class
	quoted    string // the wire name as JSON, with its colon
}

// Revealer is a protected value.
type Revealer interface{ Reveal() string }

// dated is a Revealer that may be a day and may be a text, such as 长期. With a time
// format a day is written in that format.
type dated interface{ Day() time.Time }

var (
	timeType        = reflect.TypeFor[time.Time]()
	rawType         = reflect.TypeFor[json.RawMessage]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	revealer        = reflect.TypeFor[Revealer]()
	extrasType      = reflect.TypeFor[map[string]string]()
)

// Compile makes the plan of a struct type. It panics on a type it cannot handle: the
// types are ours, and the first test of a client meets the panic.
func Compile(t reflect.Type, rules Rules) *Plan {
	return compile(t, rules, "", 0)
}

func compile(t reflect.Type, rules Rules, prefix string, depth int) *Plan {
	if t.Kind() != reflect.Struct || depth > 8 {
		panic(fmt.Sprintf("jsonx: %v is no struct, or nested too deeply", t))
	}
	p := &Plan{typ: t, byName: make(map[string]slot)}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, ok := sf.Tag.Lookup("zw")
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		f := &field{index: i, order: len(p.fields), typ: sf.Type, path: prefix + name, wire: name}
		if name == "..." {
			if sf.Type != extrasType {
				panic(fmt.Sprintf("jsonx: %v.%s must be a map of strings", t, sf.Name))
			}
			p.extras = f
			p.fields = append(p.fields, f)
			continue
		}
		var aliases []string
		for option := range strings.SplitSeq(options, ",") {
			switch key, value, _ := strings.Cut(option, "="); key {
			case "alias":
				aliases = strings.Split(value, "|")
			case "omitempty":
				f.omitEmpty = true
			case "time":
				f.time = value
			case "key":
				f.key = true
			case "useful":
				f.useful = true
			}
		}
		r := rules(f.path)
		if r.Name != "" {
			f.wire = r.Name
			aliases = append(aliases, name)
		}
		if f.also = r.Also; f.also != "" {
			aliases = append(aliases, f.also)
		}
		if r.Exact {
			aliases, p.exact = nil, true
		}
		if r.Time != "" {
			f.time = r.Time
		}
		f.zone = wiretime.China
		if r.Zone != nil {
			f.zone = r.Zone
		}
		f.write, f.read = r.Write, r.Read
		f.opens = slices.ContainsFunc(f.read, func(filter Filter) bool { return filter.Apply != nil })
		if !supported(f.typ) {
			panic(fmt.Sprintf("jsonx: %v.%s: no way to read and write %v", t, sf.Name, sf.Type))
		}
		if st, ok := structOf(f.typ); ok {
			f.sub = compile(st, rules, f.path+".", depth+1)
		}
		f.class, f.quoted = classOf(f.typ), string(AppendString(nil, f.wire))+":"
		p.add(f, aliases)
	}
	p.direct = p.straight()
	return p
}

func (p *Plan) add(f *field, aliases []string) {
	p.fields = append(p.fields, f)
	names := append([]string{f.wire}, aliases...)
	if f.dotted = strings.Contains(f.wire, "."); f.dotted {
		p.paths = append(p.paths, f)
		names = aliases
	}
	for rank, name := range names {
		key := name
		if !p.exact {
			key = string(appendLower(nil, []byte(name)))
		}
		if old, taken := p.byName[key]; taken && old.rank <= rank {
			continue
		}
		p.byName[key] = slot{f, rank}
		p.longest = max(p.longest, len(key))
	}
}

// structOf gives the struct behind a struct, a pointer to one or a slice of them.
func structOf(t reflect.Type) (reflect.Type, bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t != rawType {
		t = t.Elem()
	}
	ok := t.Kind() == reflect.Struct && t != timeType && !reflect.PointerTo(t).Implements(textUnmarshaler)
	return t, ok
}

// supported tells the types that can be read and written.
func supported(t reflect.Type) bool {
	if t == timeType || t == rawType {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return supported(t.Elem())
	case reflect.Struct:
		return t.Implements(revealer) || !reflect.PointerTo(t).Implements(textUnmarshaler)
	case reflect.String, reflect.Int, reflect.Int64, reflect.Int32, reflect.Float64, reflect.Bool:
		return true
	}
	return false
}

// Fields lists the paths of the plan's fields in dialect names.
func (p *Plan) Fields() []string {
	var names []string
	for _, f := range p.fields {
		if f == p.extras {
			continue
		}
		names = append(names, f.path)
		if f.sub != nil {
			names = append(names, f.sub.Fields()...)
		}
	}
	return names
}

// Names lists the members that the plan writes at its own level.
func (p *Plan) Names() []string {
	var names []string
	for _, f := range p.fields {
		if f == p.extras {
			continue
		}
		head, _, _ := strings.Cut(f.wire, ".")
		if !slices.Contains(names, head) { // paths share their beginning
			names = append(names, head)
		}
		if f.also != "" {
			names = append(names, f.also)
		}
	}
	return names
}

// MissingKeys lists the key fields that value, a pointer to the plan's struct, lacks.
func (p *Plan) MissingKeys(value any) []string {
	v := reflect.ValueOf(value).Elem()
	var missing []string
	for _, f := range p.fields {
		if f.key && v.Field(f.index).IsZero() {
			missing = append(missing, f.path)
		}
	}
	return missing
}

// KeysEmpty reports whether the plan has key fields and value holds none of them, nor a
// useful one.
func (p *Plan) KeysEmpty(value any) bool {
	v := reflect.ValueOf(value).Elem()
	keys := false
	for _, f := range p.fields {
		if (f.key || f.useful) && !v.Field(f.index).IsZero() {
			return false
		}
		keys = keys || f.key
	}
	return keys
}
