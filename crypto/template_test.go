package crypto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func parse(t testing.TB, text string) crypto.Template {
	t.Helper()
	template, err := crypto.ParseTemplate(text)
	require.NoError(t, err)
	return template
}

func from(values map[string]string) func(name, format string) (string, bool) {
	return func(name, format string) (string, bool) {
		if format != "" {
			name += "|" + format
		}
		v, ok := values[name]
		return v, ok
	}
}

func TestTemplatesFillTheirHoles(t *testing.T) {
	t.Parallel()
	values := from(map[string]string{
		"token": "abc", "method": "POST", "path": "/a b", "body": "abc", "empty": "", "cred.key_id-1": "K", "Mixed": "aB1",
		"ts|ms": "1700000000000", "ts|s": "1700000000", "ts|yyyy-MM-dd HH:mm:ss": "2024-01-02 03:04:05", "nonce|hex": "00ff", "nonce|uuid": "11111111-2222-3333-4444-555555555555",
	})
	for text, want := range map[string]string{
		"":                                     "",
		"Bearer {token}":                       "Bearer abc",
		"{ts|ms}{token}{nonce|uuid}{ts|ms}":    "1700000000000abc11111111-2222-3333-4444-5555555555551700000000000",
		"{method}\n{path}\n{body|sha256|hex}":  "POST\n/a b\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"{body|sha1|HEX}":                      "A9993E364706816ABA3E25717850C26C9CD0D89D",
		"{body|md5|hex|upper}":                 "900150983CD24FB0D6963F7D28E17F72",
		"{body|sm3|b64}":                       crypto.Encoding("b64").Encode(unhex(t, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")),
		"{body|b64}{body|b64url}{body|hex}":    "YWJjYWJj616263",
		"{path|url}":                           "%2Fa+b",
		"{Mixed|lower}{Mixed|upper}":           "ab1AB1",
		"{{literal}}{token}":                   "{literal}abc",
		"{{{token}}}":                          "{abc}",
		"{ts|yyyy-MM-dd HH:mm:ss}.{nonce|hex}": "2024-01-02 03:04:05.00ff",
		"{ts|ms|md5|hex}":                      sign(t, "md5", "", "1700000000000"),
		"[{empty}]{cred.key_id-1}网关接入token{token}": "[]K网关接入tokenabc",
	} {
		template := parse(t, text)
		require.Equal(t, text, template.String())
		require.Equal(t, text == "", template.IsZero())
		got, err := template.Append([]byte(">"), values)
		require.NoError(t, err, text)
		require.Equal(t, ">"+want, string(got), text)
	}
}

func TestTemplateNamesTheValueThatIsMissing(t *testing.T) {
	t.Parallel()
	dst, err := parse(t, "{token}{cred.secret}").Append([]byte("kept"), from(map[string]string{"token": "abc"}))
	require.EqualError(t, err, `crypto: template needs "cred.secret", which has no value here`)
	require.Equal(t, "kept", string(dst))
}

func TestTemplateErrorsNameThePieceAndTheNearest(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{body|sha-256}":      `{body|sha-256}: unknown filter "sha-256"; did you mean sha256?`,
		"{body|base64}":       `did you mean b64?`,
		"{body|sha256|hexx}":  `unknown filter "hexx"; did you mean hex?`,
		"{body|}":             `unknown filter ""`,
		"{}":                  `{} has no name`,
		"a{|hex}":             `{|hex} has no name`,
		"{token":              `the brace at "{token" is not closed`,
		"x {a {b}":            `the brace at "{a {b}" is not closed`,
		"token}":              `a } closes nothing`,
		"{ts}":                `{ts} needs a format: one of ms, s, yyyyMMddHHmmss`,
		"{nonce}":             `{nonce} needs a format: one of uuid, hex, digits`,
		"{ts|milli}":          `unknown format "milli" of ts`,
		"{ts|yyyymmddhhmmss}": `did you mean yyyyMMddHHmmss?`,
		"{nonce|UUID}":        `did you mean uuid?`,
		"{ token }":           `letters, digits, dot, underscore and hyphen only`,
		"{姓名}":                `letters, digits, dot`,
		"\xff":                `not UTF-8`,
	} {
		template, err := crypto.ParseTemplate(text)
		require.ErrorContains(t, err, want)
		require.True(t, template.IsZero())
	}
}

func TestPartsAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	template := parse(t, "A{{{ts|ms|md5|hex}{token}")
	want := []crypto.Part{
		{Literal: "A{"},
		{Name: "ts", Format: "ms", Filters: []string{"md5", "hex"}},
		{Name: "token"},
	}
	parts := template.Parts()
	require.Equal(t, want, parts)
	parts[1].Filters[0], parts[0].Literal = "sha1", "B"
	require.Equal(t, want, template.Parts())
}

func TestMatchReadsBackWhatAppendWrote(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"token": "a.b/c=", "id": "K 1", "ts|ms": "1700000000000", "ts|s": "1700000000", "ts|yyyyMMddHHmmss": "20240102030405",
		"ts|yyyy-MM-dd HH:mm:ss": "2024-01-02 03:04:05", "ts|rfc1123": "Tue, 02 Jan 2024 03:04:05 GMT",
		"nonce|uuid": "11111111-2222-3333-4444-55555555aBcD", "nonce|hex": "00ffAA", "nonce|digits": "123456",
	}
	for _, text := range []string{
		"Bearer {token}", "{token}", "fixed", "{ts|ms}{token}{nonce|uuid}{ts|ms}", "{ts|s}{ts|yyyyMMddHHmmss}{nonce|hex}",
		"{ts|rfc1123};{ts|yyyy-MM-dd HH:mm:ss};{nonce|digits}", "id={id}, t={ts|ms}, n={nonce|digits}, {{{token}}}", "{id}\n{token}\n{id}", "({token})?.*[{id}]",
	} {
		template := parse(t, text)
		written, err := template.Append(nil, from(values))
		require.NoError(t, err)
		read, ok := template.Match(string(written))
		require.True(t, ok, text)
		for _, p := range template.Parts() {
			if p.Name == "" {
				continue
			}
			key := p.Name
			if p.Format != "" {
				key += "|" + p.Format
			}
			require.Equal(t, values[key], read[key], text)
		}
		again, err := template.Append(nil, from(read))
		require.NoError(t, err)
		require.Equal(t, string(written), string(again))
	}
}

func TestMatchRefusesWhatTheTemplateDidNotWrite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ template, text string }{
		{"Bearer {token}", "bearer abc"},
		{"Bearer {token}", "Basic abc"},
		{"{ts|ms}", "170000000000"},
		{"{ts|ms}", "1700000000000 "},
		{"{ts|ms}\n", "1700000000000"},
		{"{nonce|uuid}", "11111111-2222-3333-4444-55555555555g"},
		{"{nonce|digits}", ""},
		{"{ts|ms},{ts|ms}", "1700000000000,1700000000001"},
		{"{a};{a}", "x;y"},
		{"{token|lower}", "abc"}, // filters cannot be undone
		{"{a}{b}", "ab"},         // where one ends nobody can tell
		{"{a}{ts|ms}{b}", "x1700000000000y"},
		{"", ""},
	} {
		values, ok := parse(t, c.template).Match(c.text)
		require.False(t, ok, "%q %q", c.template, c.text)
		require.Nil(t, values)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"{ts|ms}{cred.token}{nonce|uuid}{ts|ms}", "Bearer {token}", "{method}\n{path}\n{body|sha256|hex}", "{{x}}", "{", "}", "{ts}", "{a|url|md5|HEX}"} {
		f.Add(text, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		template, err := crypto.ParseTemplate(text)
		if err != nil {
			require.True(t, template.IsZero())
			return
		}
		require.Equal(t, text, template.String(), "parse, then print, gives the same bytes")
		written, err := template.Append(nil, func(string, string) (string, bool) { return value, true })
		require.NoError(t, err)
		// Whatever is read back must write the same text again.
		for _, s := range []string{string(written), value} {
			if read, ok := template.Match(s); ok {
				again, err := template.Append(nil, from(read))
				require.NoError(t, err)
				require.Equal(t, s, string(again))
			}
		}
	})
}
