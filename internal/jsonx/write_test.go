package jsonx_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

func TestAppendStringWritesWhatEncodingJSONReads(t *testing.T) {
	t.Parallel()
	texts := []string{"", "a", "张三", "𠀀", `<a href="x">&`, `back\slash`, "\u2028\u2029", "a\xffb", "\xff", "\xe5\xbc", "\uFFFD", "\x7f"}
	for c := range rune(0x20) {
		texts = append(texts, "a"+string(c)+"b")
	}
	for _, text := range texts {
		written := jsonx.AppendString([]byte("before"), text)
		require.True(t, bytes.HasPrefix(written, []byte("before")))
		written = written[len("before"):]
		var got string
		require.NoError(t, json.Unmarshal(written, &got), "%q", written)
		require.Equal(t, string([]rune(text)), got)
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		require.NoError(t, encoder.Encode(text))
		// Written as encoding/json does, but for the separators that it escapes for
		// JavaScript's sake and its short forms of two controls.
		same := strings.NewReplacer(`\u2028`, "\u2028", `\u2029`, "\u2029", `\b`, `\u0008`, `\f`, `\u000c`, `\\`, `\\`, `\ufffd`, "\uFFFD").Replace(strings.TrimSuffix(want.String(), "\n"))
		require.Equal(t, same, string(written))
	}
}

func TestAppendObjectKeepsOrderAndBareness(t *testing.T) {
	t.Parallel()
	require.Equal(t, `{}`, string(jsonx.AppendObject(nil, nil)))
	got := jsonx.AppendObject([]byte("x"), []jsonx.Member{{Name: "b", Text: "1"}, {Name: `a"`, Text: "1", Bare: true}, {Name: "b", Text: "<&>"}})
	require.Equal(t, `x{"b":"1","a\"":1,"b":"<&>"}`, string(got))
}

type row struct {
	Text    string            `zw:"text"`
	Silent  string            `zw:"silent,omitempty"`
	Count   int               `zw:"count"`
	Small   int32             `zw:"small,omitempty"`
	Big     int64             `zw:"big,omitempty"`
	Amount  float64           `zw:"amount,omitempty"`
	Yes     bool              `zw:"yes,omitempty"`
	At      time.Time         `zw:"at,omitempty"`
	Millis  time.Time         `zw:"millis,omitempty,time=ms"`
	Seconds time.Time         `zw:"seconds,omitempty,time=s"`
	Day     time.Time         `zw:"day,omitempty,time=yyyyMMdd"`
	Raw     json.RawMessage   `zw:"raw,omitempty"`
	Holder  guarded           `zw:"holder,omitempty"`
	Person  person            `zw:"person,omitempty"`
	People  []person          `zw:"people,omitempty"`
	Tags    []string          `zw:"tags,omitempty"`
	Times   []time.Time       `zw:"times,omitempty,time=ms"`
	Maybe   *int              `zw:"maybe"`
	MaybeP  *person           `zw:"maybeP"`
	MaybeH  *guarded          `zw:"maybeH"`
	Several []*person         `zw:"several,omitempty"`
	More    map[string]string `zw:"..."`
}

func TestMembersWritesWhatTheTagsSay(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 1, 19, 4, 5, 678e6, time.UTC)
	seven, holder := 7, newGuarded("李四")
	plan := jsonx.Compile(reflect.TypeFor[row](), noRules)
	for _, c := range []struct {
		name string
		row  row
		want string
	}{
		{"zero values without omitempty are sent, nil pointers are not", row{}, `{"text":"","count":0}`},
		{"numbers and booleans are bare", row{Text: "7", Count: -7, Small: 8, Big: math.MaxInt64, Amount: 1e21, Yes: true}, `{"text":"7","count":-7,"small":8,"big":9223372036854775807,"amount":1000000000000000000000,"yes":true}`},
		{"times are local, milliseconds and seconds bare", row{At: at, Millis: at, Seconds: at, Day: at}, `{"text":"","count":0,"at":"2024-01-02 03:04:05","millis":1704135845678,"seconds":1704135845,"day":"20240102"}`},
		{"raw is sent as it is", row{Raw: json.RawMessage(`{"a": [1]}`)}, `{"text":"","count":0,"raw":{"a": [1]}}`},
		{"protected values are sent themselves", row{Holder: newGuarded("张三"), MaybeH: &holder}, `{"text":"","count":0,"holder":"张三","maybeH":"李四"}`},
		{"structs and lists", row{Person: person{"a", 1}, People: []person{{Name: "b"}, {Age: 2}}, Tags: []string{"<c>", ""}}, `{"text":"","count":0,"person":{"name":"a","age":1},"people":[{"name":"b","age":0},{"name":"","age":2}],"tags":["<c>",""]}`},
		{"an empty list is sent, a nil one left out", row{People: []person{}, Tags: nil}, `{"text":"","count":0,"people":[]}`},
		{"lists of times", row{Times: []time.Time{at}}, `{"text":"","count":0,"times":[1704135845678]}`},
		{"a nil pointer in a list is null", row{Several: []*person{{Name: "a"}, nil}}, `{"text":"","count":0,"several":[{"name":"a","age":0},null]}`},
		{"pointers to zero are sent", row{Maybe: new(int), MaybeP: &person{}}, `{"text":"","count":0,"maybe":0,"maybeP":{"name":"","age":0}}`},
		{"pointers", row{Maybe: &seven, MaybeP: &person{Name: "a"}}, `{"text":"","count":0,"maybe":7,"maybeP":{"name":"a","age":0}}`},
		{"further members come sorted", row{More: map[string]string{"z": "1", "a.b": "2"}}, `{"text":"","count":0,"a.b":"2","z":"1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, from := range []any{c.row, &c.row} {
				members, err := plan.Members([]jsonx.Member{}, from)
				require.NoError(t, err)
				require.Equal(t, c.want, string(jsonx.AppendObject(nil, members)))
			}
		})
	}
}

func TestZeroTimeWithoutOmitemptyIsEmptyText(t *testing.T) {
	t.Parallel()
	type when struct {
		At time.Time       `zw:"at,time=ms"`
		R  json.RawMessage `zw:"r"`
	}
	members, err := jsonx.Compile(reflect.TypeFor[when](), noRules).Members(nil, when{})
	require.NoError(t, err)
	require.Equal(t, `{"at":"","r":null}`, string(jsonx.AppendObject(nil, members)))
}

func TestWhatJSONCannotHoldIsAnError(t *testing.T) {
	t.Parallel()
	plan := jsonx.Compile(reflect.TypeFor[everything](), noRules)
	for want, bad := range map[string]everything{
		"amount: not a finite number": {Amount: math.Inf(-1)},
		"raw: not JSON":               {Raw: json.RawMessage(`{"a":`)},
		"raws: not JSON":              {Raws: []json.RawMessage{[]byte("1"), []byte("x")}},
	} {
		_, err := plan.Members(nil, bad)
		require.EqualError(t, err, want)
	}
	_, err := plan.Members(nil, everything{Amount: math.NaN()})
	require.EqualError(t, err, "amount: not a finite number")
}

func TestWriteFilters(t *testing.T) {
	t.Parallel()
	type source struct {
		Level  string `zw:"level"`
		Count  int    `zw:"count"`
		Person person `zw:"person"`
		Code   string `zw:"code"`
	}
	upper := jsonx.Filter{Apply: func(s string) (string, error) { return strings.ToUpper(s), nil }}
	written := func(t *testing.T, s source, rules map[string][]jsonx.Filter) string {
		t.Helper()
		plan := jsonx.Compile(reflect.TypeFor[source](), func(path string) jsonx.Rule { return jsonx.Rule{Write: rules[path]} })
		members, err := plan.Members(nil, s)
		require.NoError(t, err)
		text := jsonx.AppendObject(nil, members)
		require.True(t, json.Valid(text), "%s", text)
		return string(text)
	}
	num, quoted := jsonx.Filter{Bare: true}, jsonx.Filter{Quote: true}
	full := source{Level: "17", Count: 3, Person: person{"a", 1}, Code: "x"}
	for _, c := range []struct {
		name  string
		from  source
		rules map[string][]jsonx.Filter
		want  string
	}{
		{"num takes the quotes off a number", full, map[string][]jsonx.Filter{"level": {num}}, `{"level":17,"count":3,"person":{"name":"a","age":1},"code":"x"}`},
		{"num leaves what is no number in quotes", source{Level: "", Code: "01"}, map[string][]jsonx.Filter{"level": {num}, "code": {num}}, `{"level":"","count":0,"person":{"name":"","age":0},"code":"01"}`},
		{"text puts a number in quotes", full, map[string][]jsonx.Filter{"count": {quoted}}, `{"level":"17","count":"3","person":{"name":"a","age":1},"code":"x"}`},
		{"json puts an object into a string", full, map[string][]jsonx.Filter{"person": {quoted}}, `{"level":"17","count":3,"person":"{\"name\":\"a\",\"age\":1}","code":"x"}`},
		{"a cipher takes the object's text", full, map[string][]jsonx.Filter{"person": {quoted, upper}}, `{"level":"17","count":3,"person":"{\"NAME\":\"A\",\"AGE\":1}","code":"x"}`},
		{"a cipher's text is quoted", full, map[string][]jsonx.Filter{"count": {upper}}, `{"level":"17","count":"3","person":{"name":"a","age":1},"code":"x"}`},
		{"filters go left to right", full, map[string][]jsonx.Filter{"code": {upper, {Apply: seal, Seal: true}}}, `{"level":"17","count":3,"person":{"name":"a","age":1},"code":"sealed:X"}`},
		{"an empty value is never sealed", source{}, map[string][]jsonx.Filter{"code": {{Apply: seal, Seal: true}}}, `{"level":"","count":0,"person":{"name":"","age":0},"code":""}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, written(t, c.from, c.rules))
		})
	}
	failing := jsonx.Compile(reflect.TypeFor[source](), func(path string) jsonx.Rule {
		if path == "count" {
			return jsonx.Rule{}
		}
		return jsonx.Rule{Write: []jsonx.Filter{{Apply: func(string) (string, error) { return "", errSealed }}}}
	})
	_, err := failing.Members(nil, full)
	require.ErrorIs(t, err, errSealed)
	require.ErrorContains(t, err, "level: ")
	_, err = failing.Members(nil, &source{Person: person{Name: "a"}})
	require.ErrorContains(t, err, "person.name: ")
}

func TestPathsAreWrittenAsObjectsWhereTheFirstStood(t *testing.T) {
	t.Parallel()
	type source struct {
		A, B, C, D string
		E          string            `zw:"e"`
		F          string            `zw:"f"`
		G          string            `zw:"g"`
		H          string            `zw:"h"`
		More       map[string]string `zw:"..."`
	}
	names := map[string]string{"f": "head.name", "g": "head.inner.deep", "h": "tail"}
	plan := jsonx.Compile(reflect.TypeFor[source](), func(path string) jsonx.Rule { return jsonx.Rule{Name: names[path]} })
	from := source{E: "1", F: "2", G: "3", H: "4", More: map[string]string{"x.y": "5"}}
	members, err := plan.Members([]jsonx.Member{{Name: "was.here", Text: "0"}}, from)
	require.NoError(t, err)
	text := string(jsonx.AppendObject(nil, members))
	require.Equal(t, `{"was.here":"0","e":"1","head":{"name":"2","inner":{"deep":"3"}},"tail":"4","x.y":"5"}`, text)
	var back source
	require.Empty(t, plan.Read(parse(t, text), &back))
	back.More = from.More
	require.Equal(t, from, back)
}

// What is written is read back as an equal value, whatever it holds.
func TestWriteThenReadGivesTheValue(t *testing.T) {
	t.Parallel()
	plan := jsonx.Compile(reflect.TypeFor[row](), noRules)
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		want := randomRow(r)
		members, err := plan.Members(nil, &want)
		require.NoError(t, err)
		text := jsonx.AppendObject(nil, members)
		require.True(t, json.Valid(text), "%s", text)
		var got row
		require.Empty(t, plan.Read(parse(t, string(text)), &got), "%s", text)
		require.Equal(t, want, got, "seed %d: %s", seed, text)
		// And so it is from inside a list of one and a string.
		wrapped := jsonx.AppendString(nil, "["+string(text)+"]")
		got = row{}
		require.Empty(t, plan.Read(parse(t, string(wrapped)), &got))
		require.Equal(t, want, got)
	}
}

func randomRow(r *rand.Rand) row {
	text := func() string {
		runes := []rune("ab \"\\\n\t<&>{}[]:,0张三𠀀\u2028")
		var b strings.Builder
		for range r.IntN(6) {
			b.WriteRune(runes[r.IntN(len(runes))])
		}
		return b.String()
	}
	some := func() bool { return r.IntN(2) == 0 }
	at := func(unit time.Duration) time.Time {
		return time.Unix(1e9+r.Int64N(3e9), r.Int64N(1e9)).Truncate(unit).In(time.FixedZone("+08:00", 8*60*60))
	}
	one := func() person { return person{"p" + text(), r.IntN(100) - 50} }
	v := row{Text: text(), Count: r.Int() - r.Int()}
	if some() {
		v.Silent, v.Small, v.Big, v.Amount, v.Yes = text(), int32(r.Uint32()), int64(r.Uint64()), math.Ldexp(r.NormFloat64(), r.IntN(600)-300), some()
	}
	if some() {
		v.At, v.Millis, v.Seconds = at(time.Second), at(time.Millisecond), at(time.Second)
		y, m, d := at(time.Second).Date()
		v.Day = time.Date(y, m, d, 0, 0, 0, 0, v.At.Location())
		v.Times = []time.Time{at(time.Millisecond), at(time.Millisecond)}
	}
	if some() {
		v.Raw = jsonx.AppendString(nil, text())
		v.Holder, v.Person = newGuarded("x"+text()), one()
		n, p, h := r.IntN(3), one(), newGuarded("y"+text())
		v.Maybe, v.MaybeP, v.MaybeH = &n, &p, &h
	}
	if some() {
		v.People, v.Tags = []person{}, []string{}
		for range r.IntN(3) + 1 {
			v.People = append(v.People, one())
			v.Tags = append(v.Tags, "t"+text())
			p := one()
			v.Several = append(v.Several, &p)
		}
		v.More = map[string]string{"more" + text(): "m" + text()}
	}
	return v
}

func TestCompileRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	type deep struct {
		Inner []deep `zw:"inner"`
	}
	for name, bad := range map[string]any{
		"no struct": 17,
		"recursive": deep{},
		"extras of another type": struct {
			A map[string]int `zw:"..."`
		}{},
		"unsigned": struct {
			A uint `zw:"a"`
		}{},
		"map": struct {
			A map[string]string `zw:"a"`
		}{},
		"interface": struct {
			A any `zw:"a"`
		}{},
		"bytes": struct {
			A []byte `zw:"a"`
		}{},
		"pointer to unsigned": struct {
			A *uint8 `zw:"a"`
		}{},
		"a text type without Reveal": struct {
			A unrevealed `zw:"a"`
		}{},
	} {
		require.Panics(t, func() { jsonx.Compile(reflect.TypeOf(bad), noRules) }, name)
	}
}

type unrevealed struct{ s string }

func (u *unrevealed) UnmarshalText(b []byte) error { u.s = string(b); return nil }

func TestFieldsListsPathsInDialectNames(t *testing.T) {
	t.Parallel()
	plan := jsonx.Compile(reflect.TypeFor[struct {
		A    string            `zw:"a"`
		P    person            `zw:"p"`
		L    []*person         `zw:"l"`
		More map[string]string `zw:"..."`
		None string
	}](), func(path string) jsonx.Rule { return jsonx.Rule{Name: "wire-" + path} })
	require.Equal(t, []string{"a", "p", "p.name", "p.age", "l", "l.name", "l.age"}, plan.Fields())
}

func TestKeysEmpty(t *testing.T) {
	t.Parallel()
	require.True(t, everythingPlan.KeysEmpty(&everything{Text: "a"}))
	require.False(t, everythingPlan.KeysEmpty(&everything{Sealed: "a"}))
	require.False(t, everythingPlan.KeysEmpty(&everything{Holder: newGuarded("a")}))
	require.False(t, jsonx.Compile(reflect.TypeFor[person](), noRules).KeysEmpty(&person{}), "a plan without keys")
}

func TestRuleReplacesTimeFormat(t *testing.T) {
	t.Parallel()
	plan := jsonx.Compile(reflect.TypeFor[row](), func(path string) jsonx.Rule {
		return jsonx.Rule{Time: map[string]string{"millis": "yyyyMMddHHmmssSSS", "at": "s"}[path]}
	})
	at := time.UnixMilli(1704135845678)
	members, err := plan.Members(nil, row{At: at, Millis: at})
	require.NoError(t, err)
	require.Equal(t, `{"text":"","count":0,"at":1704135845,"millis":"20240102030405678"}`, string(jsonx.AppendObject(nil, members)))
}

func TestErrorsWrapTheFilters(t *testing.T) {
	t.Parallel()
	m, err := jsonx.Member{Text: "a", Bare: true}.Filtered([]jsonx.Filter{{}, {Quote: true}})
	require.NoError(t, err)
	require.Equal(t, jsonx.Member{Text: "a"}, m)
	cause := errors.New("no key")
	_, err = jsonx.Member{Text: "a"}.Filtered([]jsonx.Filter{{Apply: func(string) (string, error) { return "", fmt.Errorf("seal: %w", cause) }}})
	require.ErrorIs(t, err, cause)
}

// dayOrWord is a day, or a word in place of one.
type dayOrWord struct{ word string }

func (d dayOrWord) Reveal() string { return d.word }

func (d dayOrWord) Day() time.Time {
	day, _ := time.Parse(time.DateOnly, d.word)
	return day
}

func (d *dayOrWord) UnmarshalText(text []byte) error {
	d.word = string(text)
	return nil
}

func TestADayIsWrittenInTheFieldsFormatAndAWordAsItIs(t *testing.T) {
	t.Parallel()
	type until struct {
		Day dayOrWord `zw:"day,omitempty,time=yyyyMMdd"`
	}
	plan := jsonx.Compile(reflect.TypeFor[until](), noRules)
	for word, want := range map[string]string{"2024-02-29": `{"day":"20240229"}`, "长期": `{"day":"长期"}`, "": `{}`} {
		members, err := plan.Members(nil, &until{dayOrWord{word}})
		require.NoError(t, err)
		require.Equal(t, want, string(jsonx.AppendObject(nil, members)))
	}
}
