package jsonx_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// Every case of testdata/read.txt: "<" is what arrives, ">" what the struct then
// holds, "!" each problem as field: expected, with (sealed) and (key).
func TestReadTakesWhatPlatformsSend(t *testing.T) {
	t.Parallel()
	for _, c := range blocks(t, "testdata/read.txt") {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got everything
			problems := everythingPlan.Read(parse(t, c.text('<')), &got)
			printed, err := json.Marshal(got)
			require.NoError(t, err)
			// Protected values print masked; the mask of the test type shows what is held.
			require.JSONEq(t, c.text('>'), string(printed))
			var said []string
			for _, p := range problems {
				said = append(said, describe(p))
			}
			require.Equal(t, c.lines['!'], said)
		})
	}
}

func describe(p jsonx.Problem) string {
	text := p.Field + ": " + p.Expected
	if p.Sealed {
		text += " (sealed)"
	}
	if p.Key {
		text += " (key)"
	}
	return text
}

func TestReadKeepsZoneOfTimesWithoutOne(t *testing.T) {
	t.Parallel()
	var got everything
	require.Empty(t, everythingPlan.Read(parse(t, `{"at":"2024-01-02 03:04:05"}`), &got))
	require.Equal(t, time.Date(2024, 1, 1, 19, 4, 5, 0, time.UTC), got.At.UTC())
}

func TestRawMessageIsACopy(t *testing.T) {
	t.Parallel()
	body := []byte(`{"raw":{"a":1}}`)
	doc, err := jsonx.Parse(body)
	require.NoError(t, err)
	var got everything
	require.Empty(t, everythingPlan.Read(doc.Root(), &got))
	copy(body, strings.Repeat("x", len(body)))
	require.Equal(t, `{"a":1}`, string(got.Raw))
}

func TestBetterNameWinsInEitherOrder(t *testing.T) {
	t.Parallel()
	type row struct {
		Text   string          `zw:"text,alias=txt|words"`
		Count  int             `zw:"count,alias=num"`
		Yes    bool            `zw:"yes,alias=flag"`
		Tags   []string        `zw:"tags,alias=labels"`
		Person person          `zw:"person,alias=user"`
		Raw    json.RawMessage `zw:"raw,alias=ext"`
		Maybe  *int            `zw:"maybe,alias=perhaps"`
		Deep   string          `zw:"deep,alias=flat"`
	}
	plan := jsonx.Compile(reflect.TypeFor[row](), rules)
	three := 3
	for _, c := range []struct {
		name          string
		better, worse string
		want          row
	}{
		{"name before alias", `"text":"a"`, `"txt":"b"`, row{Text: "a"}},
		{"first alias before the second", `"txt":"a"`, `"words":"b"`, row{Text: "a"}},
		{"an empty text says nothing", `"text":""`, `"txt":"b"`, row{Text: "b"}},
		{"null says nothing", `"text":null`, `"txt":"b"`, row{Text: "b"}},
		{"nought says something", `"count":0`, `"num":5`, row{}},
		{"false says something", `"yes":false`, `"flag":true`, row{}},
		{"an empty number says nothing", `"count":""`, `"num":5`, row{Count: 5}},
		{"an empty list says nothing", `"tags":[]`, `"labels":["b"]`, row{Tags: []string{"b"}}},
		{"a list of nothing says nothing", `"tags":[""]`, `"labels":["b"]`, row{Tags: []string{"b"}}},
		{"an object is not mixed with its alias", `"person":{"name":"a"}`, `"user":{"name":"b","age":7}`, row{Person: person{Name: "a"}}},
		{"an empty object says nothing", `"person":{"name":""}`, `"user":{"name":"b","age":7}`, row{Person: person{Name: "b", Age: 7}}},
		{"raw", `"raw":{"a":1}`, `"ext":{"b":2}`, row{Raw: json.RawMessage(`{"a":1}`)}},
		{"raw null says nothing", `"raw":null`, `"ext":{"b":2}`, row{Raw: json.RawMessage(`{"b":2}`)}},
		{"pointer", `"maybe":3`, `"perhaps":4`, row{Maybe: &three}},
		{"a path is the best name", `"Head":{"Inner":{"Deep":"a"}}`, `"flat":"b"`, row{Deep: "a"}},
		{"an empty path says nothing", `"Head":{"Inner":{"Deep":""}}`, `"flat":"b"`, row{Deep: "b"}},
		{"the own name stands behind a path", `"Head":{"Inner":{"Deep":"a"}}`, `"deep":"b"`, row{Deep: "a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, text := range []string{"{" + c.better + "," + c.worse + "}", "{" + c.worse + "," + c.better + "}"} {
				var got row
				assert.Empty(t, plan.Read(parse(t, text), &got), text)
				assert.Equal(t, c.want, got, text)
			}
		})
	}
}

func TestAReadableNameLeavesNoProblemOfItsAlias(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"count":5,"num":"five"}`, `{"num":"five","count":5}`} {
		var got everything
		require.Empty(t, everythingPlan.Read(parse(t, text), &got), text)
		require.Equal(t, 5, got.Count, text)
	}
}

func TestTopLevelThatIsNoObjectIsReported(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]jsonx.Problem{
		`[{"count":1},{"count":2}]`: {{Expected: "expected an object"}},
		`"some words"`:              {{Expected: "expected an object"}},
		`17`:                        {{Expected: "expected an object"}},
		`null`:                      nil,
		`""`:                        nil,
		`[]`:                        nil,
		`{}`:                        nil,
	} {
		var got everything
		require.Equal(t, want, everythingPlan.Read(parse(t, text), &got), text)
		require.Zero(t, got, text)
	}
	var got everything
	require.Nil(t, everythingPlan.Read(jsonx.Value{}, &got))
}

// The zone of a rule is the dialect's: a time without one is local to it.
func TestZoneOfARule(t *testing.T) {
	t.Parallel()
	type row struct {
		At time.Time `zw:"at"`
	}
	plan := jsonx.Compile(reflect.TypeFor[row](), func(string) jsonx.Rule {
		return jsonx.Rule{Zone: time.FixedZone("", 7*60*60)}
	})
	var got row
	require.Empty(t, plan.Read(parse(t, `{"at":"2024-01-02 03:04:05"}`), &got))
	require.Equal(t, time.Date(2024, 1, 1, 20, 4, 5, 0, time.UTC), got.At.UTC())
	members, err := plan.Members(nil, got)
	require.NoError(t, err)
	require.Equal(t, []jsonx.Member{{Name: "at", Text: "2024-01-02 03:04:05"}}, members)
}

func TestFilterFailureLeavesZeroAndIsTold(t *testing.T) {
	t.Parallel()
	var got everything
	problems := everythingPlan.Read(parse(t, `{"sealed":"open text","sealedPart":"x","count":1}`), &got)
	require.Equal(t, []jsonx.Problem{
		{Field: "sealed", Expected: "cannot be opened", Sealed: true, Key: true},
		{Field: "sealedPart", Expected: "cannot be opened", Sealed: true},
	}, problems)
	require.Equal(t, everything{Count: 1}, got)
}

func TestFilterWithoutACipherIsNotCalledSealed(t *testing.T) {
	t.Parallel()
	type row struct {
		Text string `zw:"text"`
	}
	plan := jsonx.Compile(reflect.TypeFor[row](), func(string) jsonx.Rule {
		return jsonx.Rule{Read: []jsonx.Filter{{Apply: open}, {Bare: true}, {Apply: func(s string) (string, error) { return s + "!", nil }}}}
	})
	var got row
	require.Equal(t, []jsonx.Problem{{Field: "text", Expected: "cannot be opened"}}, plan.Read(parse(t, `{"text":"a"}`), &got))
	require.Empty(t, plan.Read(parse(t, `{"text":"sealed:a"}`), &got))
	require.Equal(t, "a!", got.Text)
}

func TestFiltersThatOnlyConcernWritingLeaveObjectsAlone(t *testing.T) {
	t.Parallel()
	type row struct {
		Person person   `zw:"person"`
		Tags   []string `zw:"tags"`
	}
	plan := jsonx.Compile(reflect.TypeFor[row](), func(path string) jsonx.Rule {
		if path == "person" || path == "tags" {
			return jsonx.Rule{Read: []jsonx.Filter{{Quote: true}}}
		}
		return jsonx.Rule{}
	})
	var got row
	require.Empty(t, plan.Read(parse(t, `{"person":{"name":"a"},"tags":["b","c"]}`), &got))
	require.Equal(t, row{Person: person{Name: "a"}, Tags: []string{"b", "c"}}, got)
}

func TestOpenedRawIsJSONWhateverWasInside(t *testing.T) {
	t.Parallel()
	for _, inside := range []string{`{"a":1}`, `[1,2]`, `plain`, "a \"quoted\"\nline", `back\slash`, "\x00", "张三", "\xff"} {
		sealed, err := json.Marshal(map[string]string{"sealedRaw": "sealed:" + inside})
		require.NoError(t, err)
		var got everything
		require.Empty(t, everythingPlan.Read(parse(t, string(sealed)), &got))
		require.True(t, json.Valid(got.SealedRaw), "%q gave %q", inside, got.SealedRaw)
	}
}

func TestLongNamesAreFoundAndIgnored(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("veryLongName", 10)
	type row struct {
		Text string            `zw:"text"`
		More map[string]string `zw:"..."`
	}
	plan := jsonx.Compile(reflect.TypeFor[row](), func(string) jsonx.Rule { return jsonx.Rule{Name: long} })
	var got row
	other := strings.Repeat("x", 5000)
	require.Empty(t, plan.Read(parse(t, fmt.Sprintf(`{%q:"a",%q:"b"}`, strings.ToUpper(long), other)), &got))
	require.Equal(t, row{Text: "a", More: map[string]string{other: "b"}}, got)
}

func TestNamesBeyondASCIIAreFound(t *testing.T) {
	t.Parallel()
	type row struct {
		A string `zw:"姓名"`
		B string `zw:"Ärzte"`
	}
	plan := jsonx.Compile(reflect.TypeFor[row](), noRules)
	var got row
	require.Empty(t, plan.Read(parse(t, `{"姓名":"a","Ärzte":"b"}`), &got))
	require.Equal(t, row{"a", "b"}, got)
}

// Replacing one member of a good reply by every other JSON type harms no other field.
func TestOneBadMemberHarmsNoOtherField(t *testing.T) {
	t.Parallel()
	members := []struct{ field, name, value string }{
		{"text", "text", `"words"`}, {"count", "count", `7`}, {"small", "small", `8`}, {"big", "big", `9007199254740993`},
		{"amount", "amount", `1.5`}, {"yes", "yes", `true`}, {"at", "at", `"2024-01-02 03:04:05"`}, {"raw", "raw", `{"x":[1]}`},
		{"holder", "holder", `"张三"`}, {"grade", "grade", `"A"`}, {"person", "person", `{"name":"a","age":1}`},
		{"people", "people", `[{"name":"b"},{"name":"c","age":2}]`}, {"tags", "tags", `["d","e"]`}, {"numbers", "numbers", `[1,2]`},
		{"raws", "raws", `[1,"2"]`}, {"maybeText", "maybeText", `""`}, {"maybeCount", "maybeCount", `0`}, {"maybeYes", "maybeYes", `false`},
		{"maybeAt", "maybeAt", `1704135845000`}, {"maybePerson", "maybePerson", `{"name":"f"}`}, {"maybeHolder", "maybeHolder", `"g"`},
		{"deep", "Head", `{"Inner":{"Deep":"h"}}`}, {"sealed", "sealed", `"sealed:i"`},
		{"sealedPart", "sealedPart", `"sealed:{\"name\":\"j\"}"`}, {"sealedRaw", "sealedRaw", `"sealed:[1]"`},
	}
	others := []string{
		`null`, `true`, `false`, `0`, `-1`, `1.5`, `1e400`, `99999999999999999999`, `""`, `" "`, `"x"`, `"{"`, `"[1,2]"`, `"{\"a\":1}"`,
		`[]`, `[null]`, `[[]]`, `[[[1]]]`, `[1,2]`, `["x"]`, `[{}]`, `[{"name":{}}]`, `{}`, `{"name":[]}`, `{"Inner":1}`, `{"Inner":{"Deep":{"x":1}}}`,
	}
	document := func(at int, value string) string {
		parts := make([]string, len(members))
		for i, m := range members {
			if parts[i] = fmt.Sprintf("%q:%s", m.name, m.value); i == at {
				parts[i] = fmt.Sprintf("%q:%s", m.name, value)
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	var whole everything
	require.Empty(t, everythingPlan.Read(parse(t, document(-1, "")), &whole))
	whole.More = nil
	for i, m := range members {
		field := fieldOf(t, m.field)
		require.False(t, reflect.ValueOf(whole).FieldByIndex(field.Index).IsZero(), "%s is not filled by the good reply", m.field)
		for _, other := range others {
			var got everything
			problems := everythingPlan.Read(parse(t, document(i, other)), &got)
			for _, p := range problems {
				require.True(t, p.Field == m.field || strings.HasPrefix(p.Field, m.field+"."), "%s = %s: problem of %s", m.name, other, p.Field)
				require.NotEmpty(t, p.Expected)
			}
			got.More = nil
			want := whole
			reflect.ValueOf(&want).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(got).FieldByIndex(field.Index))
			require.Equal(t, want, got, "%s = %s", m.name, other)
		}
	}
}

func fieldOf(t *testing.T, name string) reflect.StructField {
	t.Helper()
	for f := range reflect.TypeFor[everything]().NumField() {
		sf := reflect.TypeFor[everything]().Field(f)
		if tag, _, _ := strings.Cut(sf.Tag.Get("zw"), ","); tag == name {
			return sf
		}
	}
	require.Fail(t, "no field "+name)
	return reflect.StructField{}
}

func TestOnePlanServesManyGoroutines(t *testing.T) {
	t.Parallel()
	doc, err := jsonx.Parse([]byte(`{"text":"a","PEOPLE":[{"name":"b","age":"3"}],"sealed":"sealed:c","other":"d"}`))
	require.NoError(t, err)
	want := everything{Text: "a", People: []person{{"b", 3}}, Sealed: "c", More: map[string]string{"other": "d"}}
	var group sync.WaitGroup
	results := make([]everything, 200)
	sizes := make([]int, len(results))
	for i := range results {
		group.Go(func() {
			for range 20 {
				results[i] = everything{}
				everythingPlan.Read(doc.Root(), &results[i])
				members, _ := everythingPlan.Members(nil, &results[i])
				sizes[i] = len(members)
			}
		})
	}
	group.Wait()
	for i := range results {
		require.Equal(t, want, results[i])
		require.Equal(t, sizes[0], sizes[i])
	}
}
