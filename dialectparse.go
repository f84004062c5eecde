package zwfw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

// maxDialect bounds a document; the longest preset is a tenth of it.
const maxDialect = 256 << 10

// maxDialectDepth is four times the nesting of the longest preset.
const maxDialectDepth = 32

// ParseDialect reads and checks a dialect document. An error names the path of the
// bad member, what was expected and the nearest valid name. Operation and field
// names are checked when a client is built, because only the client knows them.
func ParseDialect(data []byte) (*Dialect, error) {
	if len(data) > maxDialect {
		return nil, fmt.Errorf("zwfw: dialect: %d bytes, at most %d", len(data), maxDialect)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if err := checkSyntax(data); err != nil {
		return nil, fmt.Errorf("zwfw: dialect: %w", err)
	}
	if err := checkMembers(data, reflect.TypeFor[Dialect](), ""); err != nil {
		return nil, fmt.Errorf("zwfw: dialect: %w", err)
	}
	var d Dialect
	if err := json.Unmarshal(data, &d); err != nil {
		var t *json.UnmarshalTypeError
		if errors.As(err, &t) {
			return nil, fmt.Errorf("zwfw: dialect: %s: expected %s, found %s", t.Field, plain(t.Type), t.Value)
		}
		return nil, fmt.Errorf("zwfw: dialect: %w", err)
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	return &d, nil
}

func checkSyntax(data []byte) error {
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		line := 1
		var s *json.SyntaxError
		if errors.As(err, &s) {
			line += bytes.Count(data[:min(int(s.Offset), len(data))], []byte("\n"))
		}
		return fmt.Errorf("line %d: not JSON: %w", line, err)
	}
	dec, depth := json.NewDecoder(bytes.NewReader(data)), 0
	for {
		token, err := dec.Token()
		if err != nil {
			return nil // the end: the syntax is known to be good
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			if depth++; depth > maxDialectDepth {
				return fmt.Errorf("nested too deeply")
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// checkMembers walks the document beside its Go type and refuses members that the
// type does not have, members that come twice and values of another type. Null is
// silence.
func checkMembers(data []byte, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[json.RawMessage]() {
		return nil
	}
	if u := reflect.New(t); u.Type().Implements(unmarshaler) {
		if err := u.Interface().(json.Unmarshaler).UnmarshalJSON(data); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	found := jsonType(data)
	if found == "null" && path != "" {
		return nil
	}
	if want := plain(t); found != want && (found != "a number" || t.Kind() != reflect.Int) {
		return fmt.Errorf("%sexpected %s, found %s", at(path), want, found)
	}
	switch t.Kind() {
	case reflect.Struct:
		fields := make(map[string]reflect.Type)
		collectFields(t, fields)
		return eachMember(data, path, func(m member, path string) error {
			ft, ok := fields[m.name]
			if !ok {
				return fmt.Errorf("%s: unknown member%s", path, nearest.Hint(m.name, slices.Sorted(maps.Keys(fields))))
			}
			return checkMembers(m.value, ft, path)
		})
	case reflect.Map:
		return eachMember(data, path, func(m member, path string) error {
			return checkMembers(m.value, t.Elem(), path)
		})
	case reflect.Slice:
		var elements []json.RawMessage
		_ = json.Unmarshal(data, &elements)
		for i, e := range elements {
			if err := checkMembers(e, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachMember calls do with every member of an object and its path.
func eachMember(data []byte, path string, do func(m member, path string) error) error {
	members, _ := objectOf(data)
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		at := join(path, m.name)
		if seen[m.name] {
			return fmt.Errorf("%s: appears twice", at)
		}
		seen[m.name] = true
		if err := do(m, at); err != nil {
			return err
		}
	}
	return nil
}

func at(path string) string {
	if path == "" {
		return ""
	}
	return path + ": "
}

type member struct {
	name  string
	value json.RawMessage
}

func objectOf(data []byte) ([]member, bool) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, false
	}
	var members []member
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return nil, false
		}
		m := member{name: tok.(string)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, false
		}
		members = append(members, m)
	}
	return members, true
}

func collectFields(t reflect.Type, into map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			collectFields(f.Type, into)
			continue
		}
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			into[name] = f.Type
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// jsonType names the type of a value in the words of plain.
func jsonType(data []byte) string {
	switch bytes.TrimLeft(data, " \t\r\n")[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

func plain(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}
