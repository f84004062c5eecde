package jsonx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// The deepest nesting that is read; deeper is refused whatever it holds.
const deepest = 64

// strict turns the documented leniencies into JSON: a byte order mark is dropped,
// raw line ends and tabs in strings become spaces. depth is the deepest nesting.
func strict(src []byte) (text []byte, depth int) {
	text = bytes.Clone(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")))
	level, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString && (c == '\t' || c == '\r' || c == '\n'):
			text[i] = ' '
		case !inString && (c == '{' || c == '['):
			level++
			depth = max(depth, level)
		case !inString && (c == '}' || c == ']'):
			level--
		}
	}
	return text, depth
}

// checkAgainstEncodingJSON holds Parse against json.Valid.
func checkAgainstEncodingJSON(t *testing.T, src []byte) {
	t.Helper()
	text, depth := strict(src)
	doc, err := jsonx.Parse(src)
	if depth > deepest {
		require.Error(t, err, "nesting %d", depth)
		return
	}
	if !json.Valid(text) {
		require.Error(t, err, "%q", src)
		var syntax *jsonx.SyntaxError
		require.ErrorAs(t, err, &syntax)
		require.LessOrEqual(t, syntax.Offset, len(src))
		return
	}
	require.NoError(t, err, "%q", src)
	checkValue(t, doc.Root(), 0)
	var row everything
	everythingPlan.Read(doc.Root(), &row)
	_, err = everythingPlan.Members(nil, &row)
	if err != nil {
		require.Contains(t, err.Error(), "raw") // raw line ends inside are read, never sent
	}
}

// checkValue walks a value and compares what every accessor says of it.
func checkValue(t *testing.T, v jsonx.Value, depth int) {
	t.Helper()
	require.True(t, v.Present())
	raw, _ := strict(v.Raw())
	require.True(t, json.Valid(raw), "%q", v.Raw())
	v.Enter()
	switch v.Kind() {
	case jsonx.String:
		var want string
		require.NoError(t, json.Unmarshal(raw, &want))
		if utf8.Valid(v.Raw()) && bytes.Equal(raw, v.Raw()) {
			require.Equal(t, want, v.Text())
		}
		require.True(t, utf8.ValidString(v.Text()))
	case jsonx.Number, jsonx.Bool:
		require.Equal(t, string(raw), v.Text())
	case jsonx.Array:
		var want []json.RawMessage
		require.NoError(t, json.Unmarshal(raw, &want))
		n := 0
		for e := range v.Elements() {
			checkValue(t, e, depth+1)
			n++
		}
		require.Len(t, want, n)
	case jsonx.Object:
		for name, m := range v.Members() {
			if !strings.ContainsRune(name, utf8.RuneError) {
				require.True(t, v.Get(name).Present(), "%q", name)
			}
			checkValue(t, m, depth+1)
		}
	}
}

var corpus = []string{
	``, ` `, `null`, `true`, `false`, `nul`, `nulll`, `True`, `0`, `-0`, `01`, `-01`, `00`, `-`, `+1`, `.5`, `1.`, `1.0`, `1e`, `1e+`, `1E-07`, `0e1`, `1.5e300`, `1_000`, `0x10`, `NaN`, `Infinity`, `-Infinity`,
	`""`, `"`, `"a`, `a"`, `'a'`, `"\"`, `"\\"`, `"\/"`, `"\x41"`, `"\u12"`, `"\u12g4"`, `"\u0041"`, `"\ud840\udc00"`, `"\udc00"`, `"\ud840x"`, `"\ud840\u0041"`, "\"\x00\"", "\"\x1f\"", "\"\x7f\"", "\"\xff\"",
	"\"a\nb\"", "\"a\r\n\tb\"", "\"\\\n\"", "\"\b\"",
	`[]`, `[`, `]`, `[,]`, `[1,]`, `[,1]`, `[1 2]`, `[1]]`, `[[1]`, `[1}`, ` [ 1 , 2 ] `, "[\v1]", "[\u00a01]",
	`{}`, `{`, `}`, `{,}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a" : 1 , "b":2}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1]`, `{1:2}`, `{"a":1,"a":2}`, `{"":0}`,
	`{} {}`, `{}x`, `1 2`, `"a" "b"`, `// c`, `/* c */ 1`, "\xef\xbb\xbf{}", "\xef\xbb\xbf\xef\xbb\xbf{}", "{}\xef\xbb\xbf", "{}\x00",
	`{"Response":{"RequestId":"00112233445566aa","Error":null,"Data":{"userNameCyp":"04","tokenExpireTime":"7200","genExtinfo":null}}}`,
}

func TestParseAcceptsWhatEncodingJSONAccepts(t *testing.T) {
	t.Parallel()
	for _, text := range corpus {
		checkAgainstEncodingJSON(t, []byte(text))
	}
}

// Every beginning of a good document, and every one with a byte of it replaced.
func TestParseOfDamagedDocuments(t *testing.T) {
	t.Parallel()
	whole := "\xef\xbb\xbf" + ` {"a":[1,-2.5e3,{"b":"\u5f20\n"}],"c":{"d":null,"e":true},"f":" "} `
	for i := range whole {
		checkAgainstEncodingJSON(t, []byte(whole[:i]))
		for _, c := range []byte("\x00\n\"\\{}[],:0-.etn \xff") {
			checkAgainstEncodingJSON(t, []byte(whole[:i]+string([]byte{c})+whole[i+1:]))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range corpus {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, src []byte) { checkAgainstEncodingJSON(t, src) })
}

func TestRawLineEndsInStringsAreKept(t *testing.T) {
	t.Parallel()
	v := parse(t, "\xef\xbb\xbf{\"picture\":\"aGVs\r\n\tbG8=\"}")
	require.Equal(t, "aGVs\r\n\tbG8=", v.Get("picture").Text())
}

func TestInvalidUTF8BecomesReplacementCharacters(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a\uFFFDb", parse(t, "\"a\xffb\"").Text())
	require.Equal(t, "\n\uFFFD", parse(t, "\"\\n\xc5\"").Text())
}

func TestNestingIsBounded(t *testing.T) {
	t.Parallel()
	for _, inside := range []string{"", "1", `"a"`} {
		_, err := jsonx.Parse([]byte(strings.Repeat("[", deepest) + inside + strings.Repeat("]", deepest)))
		require.NoError(t, err)
		_, err = jsonx.Parse([]byte(strings.Repeat("[", deepest+1) + inside + strings.Repeat("]", deepest+1)))
		require.ErrorContains(t, err, "nested too deeply")
	}
	_, err := jsonx.Parse([]byte(strings.Repeat(`{"a":`, deepest+1) + "1" + strings.Repeat("}", deepest+1)))
	require.ErrorContains(t, err, "nested too deeply")
}

func TestSyntaxErrorNamesThePlaceAndNothingElse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]jsonx.SyntaxError{
		``:                      {0, "ends too early"},
		`[1`:                    {2, "expected a comma or the end"},
		`{"a":1`:                {6, "expected a comma or the end"},
		`{"a"`:                  {4, "expected a colon"},
		`{`:                     {1, "ends too early"},
		`{"a":`:                 {5, "ends too early"},
		`{11010119900101123X:1`: {1, "expected a member name"},
		`{"a":tru}`:             {5, "expected a value"},
		`{"张三":"\q"}`:           {11, "bad escape"},
		"\"\x01\"":              {1, "control character in a string"},
		`"张三`:                   {7, "string without an end"},
		`01`:                    {2, "bad number"},
		`1.x`:                   {2, "bad number"},
		`{} 张三`:                 {3, "something behind the value"},
	} {
		_, err := jsonx.Parse([]byte(text))
		var syntax *jsonx.SyntaxError
		require.True(t, errors.As(err, &syntax), text)
		assert.Equal(t, want, *syntax, text)
		assert.NotContains(t, err.Error(), "张三")
	}
}

// Not parallel: it reads the allocation counter.
func TestHostileTextsFailWithoutMuchMemory(t *testing.T) {
	const size = 10 << 20
	for name, unit := range map[string]string{
		"lists": "[", "objects": `{"a":`, "a string": "a", "escapes": `\`, "digits": "9", "escaped pairs": `\u`,
	} {
		src := []byte(strings.Repeat(unit, size/len(unit)))
		switch name {
		case "a string", "escapes", "escaped pairs":
			src[0] = '"'
		case "digits":
			src = append(src, '.')
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		doc, err := jsonx.Parse(src)
		runtime.ReadMemStats(&after)
		require.Error(t, err, name)
		require.Nil(t, doc, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(2*size), name)
	}
}

// A short text of JSON in strings in strings in strings is not opened for ever.
func TestStringsInStringsAreOpenedFourTimes(t *testing.T) {
	t.Parallel()
	text := `{"text":"a"}`
	for level := range 8 {
		inner := parse(t, text).Enter()
		require.Equal(t, level <= 4, inner.Kind() == jsonx.Object, "level %d", level)
		if level > 4 {
			require.Equal(t, jsonx.String, inner.Kind())
			require.Equal(t, text, string(inner.Raw()), "given back as it is")
		}
		text = string(jsonx.AppendString(nil, text))
	}
}

// A list is read alike whether its elements are indexed or scanned anew.
func TestLongListsAreReadAsShortOnes(t *testing.T) {
	t.Parallel()
	type row struct {
		Name  string   `zw:"name"`
		Parts []string `zw:"parts"`
		Inner []struct {
			Word string `zw:"word"`
		} `zw:"inner"`
	}
	type list struct {
		Rows []row `zw:"rows"`
	}
	plan := jsonx.Compile(reflect.TypeFor[list](), noRules)
	for _, n := range []int{1, 511, 512, 513, 1200} {
		var b strings.Builder
		var want list
		for i := range n {
			name := fmt.Sprint("行", i/3) // most rows say what the one before said
			fmt.Fprintf(&b, `,{"name":%q,"parts":["a","%d"],"inner":[`, name, i)
			r := row{Name: name, Parts: []string{"a", fmt.Sprint(i)}}
			inner := i % 7
			if i == 600 {
				inner = 700 // a long list within one
			}
			for j := range inner {
				if j > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `{"word":"w\n%d"}`, j)
				r.Inner = append(r.Inner, struct {
					Word string `zw:"word"`
				}{fmt.Sprint("w\n", j)})
			}
			b.WriteString(`]}`)
			want.Rows = append(want.Rows, r)
		}
		doc := parse(t, `{"rows":[`+b.String()[1:]+`]}`)
		require.Equal(t, n, doc.Get("rows").Len())
		var got list
		require.Empty(t, plan.Read(doc, &got))
		for i := range got.Rows {
			if len(got.Rows[i].Inner) == 0 {
				got.Rows[i].Inner = nil
			}
		}
		require.Equal(t, want, got)
	}
}

func TestAMistakeFarDownALongListIsFound(t *testing.T) {
	t.Parallel()
	_, err := jsonx.Parse([]byte(`[` + strings.Repeat(`{"a":[1,2]},`, 2000) + `{"a":[1,]}]`))
	require.Error(t, err)
}
