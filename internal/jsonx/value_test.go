package jsonx_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

func TestZeroValueIsMissingAndHarmless(t *testing.T) {
	t.Parallel()
	var v jsonx.Value
	require.Equal(t, jsonx.Missing, v.Kind())
	require.False(t, v.Present())
	require.True(t, v.Empty())
	require.Empty(t, v.Text())
	require.Nil(t, v.Raw())
	require.Equal(t, v, v.Get("a"))
	require.Equal(t, v, v.Path("a.b"))
	require.Equal(t, v, v.Enter())
	for range v.Elements() {
		require.Fail(t, "an element of nothing")
	}
	for range v.Members() {
		require.Fail(t, "a member of nothing")
	}
}

func TestKindsTextsAndRaw(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		json string
		kind jsonx.Kind
		text string
	}{
		{`null`, jsonx.Null, ""},
		{`true`, jsonx.Bool, "true"},
		{`-1.50`, jsonx.Number, "-1.50"},
		{`"a\tb"`, jsonx.String, "a\tb"},
		{`[]`, jsonx.Array, ""},
		{`["a"]`, jsonx.Array, "a"},
		{`[1]`, jsonx.Array, "1"},
		{`[["a"]]`, jsonx.Array, ""},
		{`["a","b"]`, jsonx.Array, ""},
		{`{"a":1}`, jsonx.Object, ""},
	} {
		v := parse(t, " "+c.json+"\n")
		require.Equal(t, c.kind, v.Kind(), c.json)
		require.Equal(t, c.text, v.Text(), c.json)
		require.Equal(t, c.json, string(v.Raw()))
		require.True(t, v.Present())
	}
}

func TestGetPrefersTheExactName(t *testing.T) {
	t.Parallel()
	v := parse(t, `{"NAME":1,"name":2,"Name":3,"n\u0061me2":4}`)
	require.Equal(t, "2", v.Get("name").Text())
	require.Equal(t, "3", v.Get("Name").Text())
	require.Equal(t, "1", v.Get("nAME").Text())
	require.Equal(t, "4", v.Get("NAME2").Text())
	require.False(t, v.Get("nam").Present())
	require.False(t, parse(t, `["name"]`).Get("name").Present())
}

func TestPathEntersListsOfOneAndStrings(t *testing.T) {
	t.Parallel()
	v := parse(t, `{"a":[{"b":"{\"C\":{\"d\":7}}"}],"e":[1,2]}`)
	require.Equal(t, "7", v.Path("a.b.c.d").Text())
	require.Equal(t, v, v.Path(""))
	require.False(t, v.Path("a.x.c").Present())
	require.False(t, v.Path("e.b").Present())
	require.False(t, v.Path("a.b.c.d.e").Present())
}

func TestEnter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"a":1}`:                  `{"a":1}`,
		`[{"a":1}]`:                `{"a":1}`,
		`[{"a":1},{"b":2}]`:        `[{"a":1},{"b":2}]`,
		`[1]`:                      `[1]`,
		`"[1,2]"`:                  `[1,2]`,
		`" {\"a\":1}\n"`:           `{"a":1}`,
		`"[{\"a\":1}]"`:            `{"a":1}`,
		`"\"[1]\""`:                `[1]`,
		`"\"words\""`:              `"\"words\""`,
		`"{broken"`:                `"{broken"`,
		`"words"`:                  `"words"`,
		`""`:                       `""`,
		`17`:                       `17`,
		`null`:                     `null`,
		"\"{\\\"a\\\":1}\\u00a0\"": `{"a":1}`,
	} {
		require.Equal(t, want, string(parse(t, text).Enter().Raw()), text)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`null`, `""`, `" \n"`, `[]`, `[""]`, `[null]`, `[[{}]]`, `{}`, `{"a":null,"b":"","c":[],"d":{"e":""}}`} {
		require.True(t, parse(t, text).Empty(), text)
	}
	for _, text := range []string{`0`, `false`, `"0"`, `[0]`, `["",""]`, `[null,null]`, `{"a":{"b":0}}`, `{"a":"","b":"x"}`} {
		require.False(t, parse(t, text).Empty(), text)
	}
}

func TestIterationMayStopEarly(t *testing.T) {
	t.Parallel()
	v := parse(t, `{"a":[1,2,3],"b":{"c":1},"d":2}`)
	var names []string
	for name := range v.Members() {
		if names = append(names, name); name == "b" {
			break
		}
	}
	require.Equal(t, []string{"a", "b"}, names)
	n := 0
	for range v.Get("a").Elements() {
		if n++; n == 2 {
			break
		}
	}
	require.Equal(t, 2, n)
}

func TestTextValueHoldsAnyText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "张三", "a\"b", `a\b`, "a\nb\x00", " "} {
		v := jsonx.TextValue(text)
		require.Equal(t, jsonx.String, v.Kind())
		require.Equal(t, text, v.Text())
		require.Equal(t, text, parse(t, string(v.Raw())).Text())
	}
}
