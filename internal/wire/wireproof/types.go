package wireproof

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/dock"
)

// others are the types of JSON, one value or more of each.
var others = []any{
	"x", "", json.Number("7"), json.Number("-1.5"), true, nil,
	[]any{}, []any{"x"}, []any{json.Number("1"), json.Number("2")}, map[string]any{}, map[string]any{"x": "y"},
}

// TypesNeverFail gives every optional member of an accepted reply, at any depth, each
// other type: done never becomes a failure.
func (p Platform) TypesNeverFail(t *testing.T, x Exchange) {
	t.Helper()
	needed := p.Needed
	if needed == nil {
		needed = Needed
	}
	var line Line
	engine := p.engineLike(t, x.Sample, &line)
	document := twoRows(anyJSON(t, x.Reply)).(map[string]any)
	if p.Fuller != nil {
		p.Fuller(t, x.Op.Name, document)
	}
	changed := 0
	eachMember(document, "", func(path string, value any, put func(any)) {
		if needed(x.Op, path) {
			return
		}
		for _, other := range others {
			put(other)
			line.Reply = p.closed(t, x.Op.Name, document)
			out := New(x.Op.Out)
			_, err := engine.Call(t.Context(), x.Op.Name, New(x.Op.In), out)
			require.NoError(t, err, "%s became %v", path, other)
			if p.Tidy != nil {
				p.Tidy(out)
			}
			changed++
		}
		put(value)
	})
	require.Greater(t, changed, len(others))
}

// closed writes a document, sealed where the platform seals.
func (p Platform) closed(t *testing.T, op string, document map[string]any) []byte {
	t.Helper()
	reply, err := json.Marshal(document)
	require.NoError(t, err)
	if p.Close == nil {
		return reply
	}
	sealed := anyJSON(t, reply).(map[string]any)
	p.Close(t, op, sealed)
	reply, err = json.Marshal(sealed)
	require.NoError(t, err)
	return reply
}

// eachMember visits every member of objects and lists.
func eachMember(v any, path string, visit func(path string, value any, put func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			at := strings.TrimPrefix(path+"."+name, ".")
			visit(at, value, func(other any) { v[name] = other })
			eachMember(value, at, visit)
		}
	case []any:
		for i, value := range v {
			visit(path+"[]", value, func(other any) { v[i] = other })
			eachMember(value, path+"[]", visit)
		}
	}
}

// twoRows cuts every list to two rows: the others say nothing new.
func twoRows(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = twoRows(value)
		}
	case []any:
		v = v[:min(2, len(v))]
		for i := range v {
			v[i] = twoRows(v[i])
		}
		return v
	}
	return v
}

// Needed tells what a reply of {code, data} cannot do without: the code and, where data
// is needed, the data and the fields marked as keys.
func Needed(op dock.Op, path string) bool {
	if path == "code" {
		return true
	}
	if !op.NeedsData {
		return false
	}
	if path == "data" {
		return true
	}
	for i := range op.Out.NumField() {
		name, options, _ := strings.Cut(op.Out.Field(i).Tag.Get("zw"), ",")
		if path == "data."+name && slices.Contains(strings.Split(options, ","), "key") {
			return true
		}
	}
	return false
}
