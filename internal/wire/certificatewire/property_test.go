package certificatewire_test

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
var needed = map[string][]string{
	"FileAddressByHolder": {"data", "data.dataList"}, "FileAddressByID": {"data", "data.dataList"}, "FileAddressByEncryptedID": {"data", "data.dataList"},
	"QRCode": {"data", "data.qrCode"}, "VerifyFields": {"data", "data.result"}, "VerifyFile": {"data", "data.result"},
}

func TestAnotherTypeOfAnOptionalMemberIsNeverAnError(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for name, wire := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reply any
			require.NoError(t, json.Unmarshal(s.Exchanges[wire]["accepted"].Reply, &reply))
			l := &line{}
			e, o, changes := engineOf(t, l, s.party("t"), nil), op(t, name), 0
			vary(reply, "", append(needed[name], "head", "head.status"), func(member string) {
				answer, err := json.Marshal(reply)
				require.NoError(t, err)
				l.answer = answer
				out := newOf(o.Out)
				_, err = e.Call(t.Context(), name, newOf(o.In), out)
				require.NoError(t, err, "%s in %s", member, answer)
				_ = says(t, out)
				changes++
			})
			require.Greater(t, changes, len(others))
		})
	}
}

// vary gives every optional member each other type in turn and puts it back.
func vary(v any, path string, needed []string, changed func(member string)) {
	switch v := v.(type) {
	case map[string]any:
		for name, was := range v {
			at := strings.TrimPrefix(path+"."+name, ".")
			if !slices.Contains(needed, at) {
				for _, other := range others {
					v[name] = other
					changed(at)
				}
				v[name] = was
			}
			vary(was, at, needed, changed)
		}
	case []any:
		for i, was := range v {
			for _, other := range others {
				v[i] = other
				changed(path + "[]")
			}
			v[i] = was
			vary(was, path+"[]", needed, changed)
		}
	}
}
