package zwfw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

// maxDialect bounds a document; the longest preset is a tenth of it.
const maxDialect = 256 << 10

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
	dec := json.NewDecoder(bytes.NewReader(data))
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		var s *json.SyntaxError
		if errors.As(err, &s) {
			line := 1 + bytes.Count(data[:min(int(s.Offset), len(data))], []byte("\n"))
			return fmt.Errorf("line %d: not JSON: %w", line, err)
		}
		return fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return fmt.Errorf("more than one JSON value")
	}
	if len(raw) == 0 || raw[0] != '{' {
		return fmt.Errorf("expected an object")
	}
	return nil
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// checkMembers walks the document beside its Go type and refuses members the type
// does not have.
func checkMembers(data []byte, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[json.RawMessage]() || reflect.PointerTo(t).Implements(unmarshaler) {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		members, ok := objectOf(data)
		if !ok {
			return nil // the wrong type is reported by the decoder, with its own words
		}
		fields := make(map[string]reflect.Type)
		collectFields(t, fields)
		for _, m := range members {
			ft, ok := fields[m.name]
			if !ok {
				names := make([]string, 0, len(fields))
				for n := range fields {
					names = append(names, n)
				}
				slices.Sort(names)
				return fmt.Errorf("%s: unknown member%s", join(path, m.name), nearest.Hint(m.name, names))
			}
			if err := checkMembers(m.value, ft, join(path, m.name)); err != nil {
				return err
			}
		}
	case reflect.Map:
		members, _ := objectOf(data)
		for _, m := range members {
			if err := checkMembers(m.value, t.Elem(), join(path, m.name)); err != nil {
				return err
			}
		}
	}
	return nil
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
