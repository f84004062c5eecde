package wireproof

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// Value says in a file what was read, with all secrets revealed: as a whole, under the
// SDK's own names (null for absent), or in single fields.
type Value struct {
	Want   json.RawMessage
	Fields map[string]any // by a path of Go field names, indexes and methods, as in "List.0.IssueDate.Day()"
}

func (v Value) empty() bool { return v.Want == nil && len(v.Fields) == 0 }

func (v Value) check(t *testing.T, p Platform, out any) {
	t.Helper()
	if p.Tidy != nil {
		p.Tidy(out)
	}
	if v.Want != nil {
		require.Equal(t, PlainJSON(t, v.Want), PlainJSON(t, []byte(Typed(t, out))))
	}
	RequireFields(t, v.Fields, out)
}

// RequireFields compares fields by their paths.
func RequireFields(t *testing.T, want map[string]any, got any) {
	t.Helper()
	for path, value := range want {
		require.Equal(t, value, look(t, got, path), path)
	}
}

// Typed writes a value with all its secrets under the SDK's own names.
func Typed(t *testing.T, value any) string {
	t.Helper()
	plan := jsonx.Compile(reflect.TypeOf(value).Elem(), func(string) jsonx.Rule { return jsonx.Rule{} })
	members, err := plan.Members(nil, value)
	require.NoError(t, err)
	return string(jsonx.AppendObject(nil, members))
}

// PlainJSON reads JSON with numbers as written. A null says what an absent member says
// (the contracts: "nulls dropped"), so it is dropped.
func PlainJSON(t *testing.T, data []byte) any {
	t.Helper()
	return withoutNulls(anyJSON(t, data))
}

func anyJSON(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), "%s", data)
	return v
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if value == nil {
				delete(v, name)
				continue
			}
			v[name] = withoutNulls(value)
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

// look gives what stands at a path, nil behind a nil pointer, "len" of a list.
func look(t *testing.T, v any, path string) any {
	t.Helper()
	at := reflect.ValueOf(v)
	for step := range strings.SplitSeq(path, ".") {
		if at = behind(at); at.Kind() == reflect.Pointer {
			return nil
		}
		method, called := strings.CutSuffix(step, "()")
		switch n, err := strconv.Atoi(step); {
		case called:
			f := at.MethodByName(method)
			require.True(t, f.IsValid(), "%T has no %s", v, path)
			at = f.Call(nil)[0]
		case step == "len":
			return float64(at.Len())
		case err == nil && at.Kind() == reflect.Slice:
			require.Less(t, n, at.Len(), path)
			at = at.Index(n)
		default:
			at = at.FieldByName(step)
			require.True(t, at.IsValid(), "%T has no %s", v, path)
		}
	}
	if at = behind(at); at.Kind() == reflect.Pointer {
		return nil
	}
	return shown(t, at, path)
}

// behind follows pointers as far as they point.
func behind(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	return v
}

// shown gives a value as a file writes it: protected values revealed, times in +08:00.
func shown(t *testing.T, at reflect.Value, path string) any {
	t.Helper()
	switch x := at.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.In(china).Format(time.DateTime)
	case json.RawMessage:
		var b bytes.Buffer
		require.NoError(t, json.Compact(&b, x))
		return b.String()
	case interface{ Reveal() string }:
		return x.Reveal()
	}
	switch at.Kind() {
	case reflect.String:
		return at.String()
	case reflect.Int, reflect.Int64:
		return float64(at.Int())
	case reflect.Float64:
		return at.Float()
	case reflect.Bool:
		return at.Bool()
	}
	require.Fail(t, "no value", path)
	return nil
}
