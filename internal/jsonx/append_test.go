package jsonx_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/jsonx"
)

type leaf struct {
	Name  zwfw.PersonName `zw:"name,omitempty"`
	Text  string          `zw:"te\"xt"`
	At    time.Time       `zw:"at"`
	Ms    time.Time       `zw:"ms,time=ms"`
	N     int64           `zw:"n"`
	F     float64         `zw:"f"`
	Yes   *bool           `zw:"yes"`
	Raw   json.RawMessage `zw:"raw"`
	Words []string        `zw:"words,omitempty"`
	Times []time.Time     `zw:"times,omitempty"`
}

type tree struct {
	ID    string            `zw:"id"`
	One   leaf              `zw:"one"`
	Maybe *leaf             `zw:"maybe"`
	Many  []leaf            `zw:"many"`
	Refs  []*leaf           `zw:"refs"`
	Names []zwfw.PersonName `zw:"names"`
}

// What is written in one go equals what is written by way of members, byte for byte.
func TestBothWaysOfWritingGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	yes, at := true, time.Date(2026, 11, 22, 4, 1, 12, 0, time.FixedZone("", 8*60*60))
	full := leaf{
		Name: zwfw.NewPersonName("测试甲"), Text: "a\"b\n😀", At: at, Ms: at, N: -3, F: 0.25, Yes: &yes, Raw: json.RawMessage(`{"a": [1]}`),
		Words: []string{"x", ""}, Times: []time.Time{at, {}},
	}
	none := func(string) jsonx.Rule { return jsonx.Rule{} }
	for name, rules := range map[string]jsonx.Rules{
		"straight":    none,
		"second name": func(path string) jsonx.Rule { return map[string]jsonx.Rule{"many.n": {Also: "number"}}[path] },
		"path": func(path string) jsonx.Rule {
			return map[string]jsonx.Rule{"one.n": {Name: "deep.n"}, "id": {Name: "head.id"}}[path]
		},
		"filter": func(path string) jsonx.Rule {
			return map[string]jsonx.Rule{"one.f": {Write: []jsonx.Filter{{Quote: true}}}}[path]
		},
		"time": func(path string) jsonx.Rule {
			return map[string]jsonx.Rule{"many.at": {Time: "yyyyMMddHHmmss"}, "one.ms": {Time: "s"}}[path]
		},
	} {
		plan := jsonx.Compile(reflect.TypeFor[tree](), rules)
		for _, v := range []tree{
			{}, {ID: "1", One: full, Maybe: &full, Many: []leaf{full, {}, full}, Refs: []*leaf{&full, nil}, Names: []zwfw.PersonName{zwfw.NewPersonName("乙")}},
		} {
			members, err := plan.Members(nil, &v)
			require.NoError(t, err)
			got, err := plan.Append([]byte("x"), &v)
			require.NoError(t, err)
			require.Equal(t, "x"+string(jsonx.AppendObject(nil, members)), string(got), name)
			require.True(t, json.Valid(got[1:]), name)
			byValue, err := plan.Append(nil, v)
			require.NoError(t, err)
			require.Equal(t, string(got[1:]), string(byValue), name)
		}
	}
}

func TestWhatJSONCannotHoldIsNamed(t *testing.T) {
	t.Parallel()
	plan := jsonx.Compile(reflect.TypeFor[tree](), func(string) jsonx.Rule { return jsonx.Rule{} })
	for want, v := range map[string]tree{
		"many: many.f: not a finite number": {Many: []leaf{{F: math.NaN()}}},
		"one: one.raw: not JSON":            {One: leaf{Raw: json.RawMessage(`{`)}},
	} {
		_, err := plan.Append(nil, &v)
		require.EqualError(t, err, want)
	}
}
