package crypto_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestCanonicalStringsOfTheHangzhouContract(t *testing.T) {
	t.Parallel()
	pairs := []crypto.Pair{{"merchantId", "M0001"}, {"time", "20240102030405"}, {"qrcod", "ABC+/=123"}, {"macId", "DEV-01"}}
	for want, c := range map[string]crypto.Canonicalizer{
		"macId=DEV-01&merchantId=M0001&qrcod=ABC+/=123&time=20240102030405": {Sort: true},
		"DEV-01M0001ABC+/=12320240102030405":                                {Sort: true, ValuesOnly: true},
		"M000120240102030405ABC+/=123DEV-01":                                {ValuesOnly: true, Order: []string{"merchantId", "time", "qrcod", "macId"}},
	} {
		require.Equal(t, want, string(c.Append(nil, pairs)))
	}
}

func TestCanonicalizerRules(t *testing.T) {
	t.Parallel()
	newline, none := "\n", ""
	pairs := []crypto.Pair{{"b", "2"}, {"a", "1"}, {"B", "3"}, {"sign", "x"}, {"空", "值"}, {"e", ""}, {"w", " \t\u3000"}, {"a", "0"}}
	for name, c := range map[string]struct {
		canonicalizer crypto.Canonicalizer
		want          string
	}{
		"zero value keeps order and empties":       {crypto.Canonicalizer{}, "b=2&a=1&B=3&sign=x&空=值&e=&w= \t\u3000&a=0"},
		"sort is by bytes and stable":              {crypto.Canonicalizer{Sort: true}, "B=3&a=1&a=0&b=2&e=&sign=x&w= \t\u3000&空=值"},
		"skip empty skips white space too":         {crypto.Canonicalizer{Sort: true, SkipEmpty: true}, "B=3&a=1&a=0&b=2&sign=x&空=值"},
		"dropped names are left out":               {crypto.Canonicalizer{SkipEmpty: true, Drop: []string{"sign", "a"}}, "b=2&B=3&空=值"},
		"order takes these names and nothing else": {crypto.Canonicalizer{Sort: true, Order: []string{"sign", "nil", "a"}}, "sign=x&a=1&a=0"},
		"drop counts within an order":              {crypto.Canonicalizer{Order: []string{"sign", "b"}, Drop: []string{"sign"}}, "b=2"},
		"separator of choice":                      {crypto.Canonicalizer{Order: []string{"a", "b"}, ValuesOnly: true, Separator: &newline}, "1\n0\n2"},
		"empty separator is a choice too":          {crypto.Canonicalizer{Order: []string{"b", "B"}, Separator: &none}, "b=2B=3"},
		"assign of choice":                         {crypto.Canonicalizer{Order: []string{"b", "空"}, Assign: &none}, "b2&空值"},
		"assign is not written without names":      {crypto.Canonicalizer{Order: []string{"b", "B"}, ValuesOnly: true, Assign: &newline}, "23"},
		"nothing left is empty text":               {crypto.Canonicalizer{Order: []string{"nil"}}, ""},
	} {
		kept := slices.Clone(pairs)
		require.Equal(t, c.want, string(c.canonicalizer.Append(nil, pairs)), name)
		require.Equal(t, kept, pairs, "the caller's fields stay as they were")
	}
	require.Equal(t, "before&a=1", string(crypto.Canonicalizer{}.Append([]byte("before&"), []crypto.Pair{{"a", "1"}})))
	require.Empty(t, crypto.Canonicalizer{Sort: true}.Append(nil, nil))
}

func TestTemplatesOfTheDocumentationSurroundTheFields(t *testing.T) {
	t.Parallel()
	pairs := []crypto.Pair{{"b", "2"}, {"a", `{"x":1}`}}
	values := map[string]string{
		"kv": string(crypto.Canonicalizer{Sort: true}.Append(nil, pairs)), "cred.secret": "S",
		"method": "POST", "path": "/a", "ts|s": "1700000000", "body": "abc",
	}
	for text, want := range map[string]string{
		"{kv}&key={cred.secret}":             `a={"x":1}&b=2&key=S`,
		"{kv}{cred.secret}":                  `a={"x":1}&b=2S`,
		"{cred.secret}{kv}{cred.secret}":     `Sa={"x":1}&b=2S`,
		"{method}\n{path}\n{ts|s}\n{body}\n": "POST\n/a\n1700000000\nabc\n",
		"{body}":                             "abc",
		"{body|sha256|hex}":                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	} {
		got, err := parse(t, text).Append(nil, from(values))
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}
