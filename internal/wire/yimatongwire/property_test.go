package yimatongwire_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// others are the types of JSON, one value or two of each.
var others = []any{nil, true, float64(7), "x", "", []any{}, []any{"x"}, map[string]any{}, map[string]any{"a": "b"}}

// needed is what a reply says success by and the one value without which it is useless.
var needed = []string{"code", "response", "codeStatus", "qrcodeBase64", "accessToken"}

func TestAnotherTypeOfAnOptionalMemberIsNeverAnError(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for name, wire := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reply any
			require.NoError(t, json.Unmarshal([]byte(s.plain(t, name, string(s.Exchanges[wire]["accepted"].Reply))), &reply))
			if name == "DecodeQRCode" {
				// The sample has no tags; what may stand in them varies too.
				reply.(map[string]any)["response"].(map[string]any)["tags"] = []any{map[string]any{"no": 1.0, "text": "甲", "fontColor": 1.0, "backgroundColor": 1.0, "icon": "/i"}}
			}
			l := &line{}
			e, o, changes := s.engine(t, l), op(t, name), 0
			vary(reply, "", func(member string) {
				answer, err := json.Marshal(reply)
				require.NoError(t, err)
				if name == "DecodeQRCode" {
					var r map[string]json.RawMessage
					require.NoError(t, json.Unmarshal(answer, &r))
					r["response"], _ = json.Marshal(s.seal(t, string(r["response"])))
					answer, _ = json.Marshal(r)
				}
				l.answer = answer
				_, err = e.Call(t.Context(), name, newOf(o.In), newOf(o.Out))
				require.NoError(t, err, "%s in %s", member, answer)
				changes++
			})
			require.Greater(t, changes, len(others))
		})
	}
}

// vary gives every optional member each other type in turn and puts it back.
func vary(v any, path string, changed func(member string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, was := range v {
			at := strings.TrimPrefix(path+"."+name, ".")
			if !slices.Contains(needed, name) {
				for _, other := range others {
					v[name] = other
					changed(at)
				}
				v[name] = was
			}
			vary(was, at, changed)
		}
	case []any:
		for i, was := range v {
			for _, other := range others {
				v[i] = other
				changed(path + "[]")
			}
			v[i] = was
			vary(was, path+"[]", changed)
		}
	}
}
