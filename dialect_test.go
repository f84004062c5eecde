package zwfw_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// documents are the presets and those of testdata.
func documents(t testing.TB) []string {
	t.Helper()
	presets, err := filepath.Glob("internal/wire/*/dialects/*.json")
	require.NoError(t, err)
	own, err := filepath.Glob("testdata/dialects/*.json")
	require.NoError(t, err)
	return append(presets, own...)
}

// preset reads one of the documents by its name.
func preset(t testing.TB, name string) *zwfw.Dialect {
	t.Helper()
	files := documents(t)
	at := slices.IndexFunc(files, func(f string) bool { return filepath.Base(f) == name+".json" })
	require.GreaterOrEqual(t, at, 0, name)
	data, err := os.ReadFile(files[at])
	require.NoError(t, err)
	d, err := zwfw.ParseDialect(data)
	require.NoError(t, err)
	return d
}

// full is a document in which every member says something; its test makes sure.
func full(t testing.TB) *zwfw.Dialect {
	t.Helper()
	return preset(t, "full@1")
}

func TestParseDialectAcceptsThePresetsAndTheDocumentsOfTestdata(t *testing.T) {
	t.Parallel()
	files := documents(t)
	require.GreaterOrEqual(t, len(files), 3)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		d, err := zwfw.ParseDialect(data)
		require.NoError(t, err, file)
		require.Equal(t, filepath.Base(file), d.Name+".json")
		require.NotEmpty(t, d.Ops)
		_, err = zwfw.ParseDialect(append([]byte("\xef\xbb\xbf"), data...))
		require.NoError(t, err, "a byte order mark, as Windows editors write it")
	}
}

func TestMarshalledDialectIsReadBackEqual(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sd-sop@1", "sd-envelope@1", "full@1"} {
		d := preset(t, name)
		requireRoundTrip(t, d)
	}
}

func requireRoundTrip(t *testing.T, d *zwfw.Dialect) {
	t.Helper()
	first, err := json.Marshal(d)
	require.NoError(t, err)
	back, err := zwfw.ParseDialect(first)
	require.NoError(t, err)
	second, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(first), string(second))
	// Shapes are kept as bytes, which Marshal compacts: everything else is equal.
	require.Equal(t, compacted(t, d), compacted(t, back))
}

func compacted(t *testing.T, d *zwfw.Dialect) *zwfw.Dialect {
	t.Helper()
	d = d.Clone()
	compact := func(p *zwfw.Protocol) {
		if p.Body != nil {
			text, err := json.Marshal(p.Body)
			require.NoError(t, err)
			p.Body = text
		}
	}
	compact(&d.Protocol)
	for name, base := range d.Bases {
		compact(&base)
		d.Bases[name] = base
	}
	for name, op := range d.Ops {
		compact(&op.Protocol)
		d.Ops[name] = op
	}
	return d
}

func TestTextsThatRemoveSurviveTheRoundTrip(t *testing.T) {
	t.Parallel()
	d, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"p","name":"a@1","extends":"b@1","texts":[]}`))
	require.NoError(t, err)
	requireRoundTrip(t, d)
	base := &zwfw.Dialect{Protocol: zwfw.Protocol{Texts: []zwfw.TextRule{{Match: "a", Kind: zwfw.Busy}}}}
	require.Empty(t, d.Extend(base).Texts)
}

// Every case of testdata/dialect-errors.json alters one member of the good document
// there and names what the error says.
func TestParseDialectNamesTheBadMember(t *testing.T) {
	t.Parallel()
	var file struct {
		Good  json.RawMessage
		Cases []struct {
			Name string
			Set  map[string]json.RawMessage // path: value; null removes
			Text *string                    // or the whole document
			Want []string
		}
	}
	data, err := os.ReadFile("testdata/dialect-errors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &file))
	_, err = zwfw.ParseDialect(file.Good)
	require.NoError(t, err)
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			var document []byte
			if c.Text != nil {
				document = []byte(*c.Text)
			} else {
				var tree any
				require.NoError(t, json.Unmarshal(file.Good, &tree))
				for path, value := range c.Set {
					tree = altered(t, tree, strings.Split(path, "/"), value)
				}
				var err error
				document, err = json.Marshal(tree)
				require.NoError(t, err)
			}
			require.NotEmpty(t, c.Want)
			for range 3 { // the same error each time
				d, err := zwfw.ParseDialect(document)
				require.Error(t, err, "%s", document)
				require.Nil(t, d)
				for _, want := range append(c.Want, "zwfw: dialect") {
					require.ErrorContains(t, err, want)
				}
				require.NotContains(t, err.Error(), "\n")
				require.Less(t, len(err.Error()), 1500)
			}
		})
	}
}

func altered(t *testing.T, tree any, path []string, value json.RawMessage) any {
	t.Helper()
	if len(path) == 0 {
		var v any
		require.NoError(t, json.Unmarshal(value, &v))
		return v
	}
	object, ok := tree.(map[string]any)
	if !ok {
		object = make(map[string]any)
	}
	if len(path) == 1 && string(value) == `"REMOVE"` {
		delete(object, path[0])
	} else {
		object[path[0]] = altered(t, object[path[0]], path[1:], value)
	}
	return object
}

func TestParseDialectRefusesHugeAndDeepDocuments(t *testing.T) {
	t.Parallel()
	_, err := zwfw.ParseDialect(bytes.Repeat([]byte(" "), 256<<10+1))
	require.ErrorContains(t, err, "at most 262144")
	for _, unit := range []string{`{"then":`, `{"body":{"a":`, `[`} {
		_, err = zwfw.ParseDialect([]byte(`{"schema":1,"reply":` + strings.Repeat(unit, 5000) + "1" + strings.Repeat("}", 5000)))
		require.ErrorContains(t, err, "zwfw: dialect: ")
	}
	deep := strings.Repeat(`{"a":`, 40) + `"x"` + strings.Repeat("}", 40)
	_, err = zwfw.ParseDialect([]byte(`{"schema":1,"platform":"p","name":"a@1","extends":"b@1","body":` + deep + `}`))
	require.ErrorContains(t, err, "nested too deeply")
}

func TestValidateChecksDocumentsBuiltInGo(t *testing.T) {
	t.Parallel()
	d := preset(t, "sd-sop@1")
	require.NoError(t, d.Validate())
	op := d.Ops["VerifyCode"]
	op.Times = map[string]string{"at": "unix"}
	d.Ops["VerifyCode"] = op
	require.ErrorContains(t, d.Validate(), "sd-sop@1: ops.VerifyCode.times.at: unknown time format")
	d = preset(t, "sd-sop@1")
	d.Body = json.RawMessage(`[]`)
	require.ErrorContains(t, d.Validate(), "body: expected an object")
}

func TestFullDocumentLeavesNoMemberOut(t *testing.T) {
	t.Parallel()
	requireFilled(t, "dialect", reflect.ValueOf(*full(t)))
}

// requireFilled makes sure that no field of v is zero, at any depth, in at least one
// element of each map and list.
func requireFilled(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		require.False(t, v.IsNil(), path)
		if v.Type().Elem().Kind() == reflect.Struct {
			requireFilled(t, path, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if name == "Then" && strings.HasSuffix(path, "Then") || name == "Bases" && v.Field(i).Len() == 0 {
				continue
			}
			if strings.Contains(path, "Bases") || strings.Contains(path, "Ops") && name != "Protocol" && v.Field(i).IsZero() {
				continue // what these may say again is the same type
			}
			requireFilled(t, path+"."+name, v.Field(i))
		}
	case reflect.Map:
		require.NotZero(t, v.Len(), path)
		if _, plain := v.Interface().(map[string]zwfw.Operation); plain {
			return
		}
		for _, key := range v.MapKeys() {
			if v.MapIndex(key).Kind() == reflect.Struct && v.Type().Elem() != reflect.TypeFor[zwfw.Protocol]() {
				requireFilled(t, path+"."+key.String(), v.MapIndex(key))
			}
		}
	default:
		require.False(t, v.IsZero(), path)
	}
}

// mutate alters everything that can be reached from v through maps, lists and
// pointers.
func mutate(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			mutate(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			mutate(v.Field(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			inner := reflect.New(v.Type().Elem()).Elem()
			inner.Set(v.MapIndex(key))
			mutate(inner)
			v.SetMapIndex(key, inner)
		}
		if !v.IsNil() {
			v.SetMapIndex(reflect.ValueOf("added").Convert(v.Type().Key()), reflect.Zero(v.Type().Elem()))
		}
	case reflect.Slice:
		for i := range v.Len() {
			mutate(v.Index(i))
		}
	case reflect.String:
		v.SetString(v.String() + "!")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int:
		v.SetInt(v.Int() + 1)
	case reflect.Uint8:
		v.SetUint(v.Uint() ^ 1)
	default:
		panic("mutate: " + v.Type().String())
	}
}

func marshalled(t *testing.T, d *zwfw.Dialect) string {
	t.Helper()
	// Printed, not marshalled: altered shapes are no JSON.
	return fmt.Sprintf("%s %v", printable(reflect.ValueOf(*d)), len(d.Ops))
}

func printable(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "nil"
		}
		return "&" + printable(v.Elem())
	case reflect.Struct:
		var b strings.Builder
		for i := range v.NumField() {
			b.WriteString(v.Type().Field(i).Name + ":" + printable(v.Field(i)) + " ")
		}
		return "{" + b.String() + "}"
	case reflect.Map:
		lines := make(map[string]string)
		for _, key := range v.MapKeys() {
			lines[key.String()] = printable(v.MapIndex(key))
		}
		return fmt.Sprint(lines) // sorted by key
	}
	return fmt.Sprintf("%q", fmt.Sprint(v.Interface()))
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	d := full(t)
	before := marshalled(t, d)
	c := d.Clone()
	require.Equal(t, d, c)
	mutate(reflect.ValueOf(c).Elem())
	require.Equal(t, before, marshalled(t, d))
	require.NotEqual(t, before, marshalled(t, c))
	// And the other way round.
	c = d.Clone()
	mutate(reflect.ValueOf(d).Elem())
	require.Equal(t, before, marshalled(t, c))
}

func TestCloneOfAnEmptyDocumentTakesOperations(t *testing.T) {
	t.Parallel()
	c := (&zwfw.Dialect{}).Clone()
	c.Ops["A"] = zwfw.Operation{Path: "/a"}
	require.Len(t, c.Ops, 1)
}

func TestWithSharesNothing(t *testing.T) {
	t.Parallel()
	a, b := full(t), full(t)
	before, beforeB := marshalled(t, a), marshalled(t, b)
	for _, p := range []zwfw.Protocol{a.With(b.Protocol), a.With(zwfw.Protocol{}), zwfw.Protocol{}.With(a.Protocol)} {
		mutate(reflect.ValueOf(&p).Elem())
	}
	require.Equal(t, before, marshalled(t, a))
	require.Equal(t, beforeB, marshalled(t, b))
}

func TestExtendSharesNothing(t *testing.T) {
	t.Parallel()
	base, d := preset(t, "sd-sop@1"), full(t)
	beforeBase, before := marshalled(t, base), marshalled(t, d)
	r := d.Extend(base)
	mutate(reflect.ValueOf(r).Elem())
	require.Equal(t, beforeBase, marshalled(t, base))
	require.Equal(t, before, marshalled(t, d))
}

func TestSilentDocumentExtendsToItsBase(t *testing.T) {
	t.Parallel()
	base := full(t)
	r := (&zwfw.Dialect{Schema: 1, Platform: base.Platform, Name: "city@1", Extends: base.Name}).Extend(base)
	want := base.Clone()
	want.Name, want.Extends = "city@1", ""
	require.Equal(t, want, r)
}

func TestExtendingABaseWithoutOperations(t *testing.T) {
	t.Parallel()
	d := full(t)
	r := d.Extend(&zwfw.Dialect{})
	want := d.Clone()
	want.Extends = ""
	require.Equal(t, want, r)
}

func TestExtendPrecedence(t *testing.T) {
	t.Parallel()
	join := "+"
	base := &zwfw.Dialect{
		Schema: 1, Platform: "p", Name: "base@1", Extends: "older@1",
		Protocol: zwfw.Protocol{
			Note: "base", Method: "GET", Type: "form", ContentType: "a/b", Charset: "GBK", Zone: "+07:00", Retry: "never",
			Headers: map[string]string{"A": "1", "B": "1"}, Query: map[string]string{"a": "1", "b": "1"},
			Sign: &zwfw.Sign{Suite: "sha1", Text: "{kv}", Pairs: &zwfw.Pairs{Join: &join}}, Body: json.RawMessage(`{"a":"$in"}`),
			Reply: &zwfw.Reply{Code: []string{"code"}, OK: []string{"0"}}, Kinds: map[string]zwfw.Kind{"1": zwfw.Busy, "2": zwfw.Busy},
			Texts: []zwfw.TextRule{{Match: "a", Kind: zwfw.Busy}},
		},
		Bases:  map[string]zwfw.Protocol{"x": {Method: "GET", Type: "form"}, "y": {Type: "query"}},
		Seals:  map[string]zwfw.Seal{"s": {Suite: "one", Key: "k"}, "t": {Suite: "two"}},
		Tables: map[string]map[string]string{"m": {"1": "one", "2": "two"}, "n": {"3": "three"}},
		Ops: map[string]zwfw.Operation{
			"A": {Path: "/a", Base: "x", Call: "call", In: map[string]string{"i": "1", "j": "1"}, Out: map[string]string{"o": "1"}, Times: map[string]string{"t": "ms"}, Protocol: zwfw.Protocol{Method: "PUT", Kinds: map[string]zwfw.Kind{"3": zwfw.Busy}}},
			"B": {Path: "/b"},
		},
	}
	extend := func(d zwfw.Dialect) *zwfw.Dialect { return d.Extend(base) }
	r := extend(zwfw.Dialect{
		Schema: 1, Platform: "p", Name: "city@2", Extends: "base@1",
		Protocol: zwfw.Protocol{
			Note: "city", Method: "POST", Type: "json", ContentType: "c/d", Charset: "UTF-8", Zone: "+08:00",
			Headers: map[string]string{"B": "", "C": "2"}, Query: map[string]string{"b": "2"},
			Sign: &zwfw.Sign{Suite: "none"}, Body: json.RawMessage(`{"...":"$in"}`), Reply: &zwfw.Reply{Error: []string{"error"}},
			Kinds: map[string]zwfw.Kind{"2": zwfw.Timeout}, Texts: []zwfw.TextRule{{Match: "b", Kind: zwfw.Timeout}},
		},
		Bases:  map[string]zwfw.Protocol{"x": {Method: "PUT"}, "z": {Type: "json"}},
		Seals:  map[string]zwfw.Seal{"s": {Suite: "three"}},
		Tables: map[string]map[string]string{"m": {"1": "uno"}},
		Ops: map[string]zwfw.Operation{
			"A": {Path: "/c", In: map[string]string{"i": "2"}, Out: map[string]string{"p": "2"}, Times: map[string]string{"t": "s"}, Protocol: zwfw.Protocol{Type: "query", Kinds: map[string]zwfw.Kind{"4": zwfw.Timeout}}},
			"C": {Path: "/new"},
		},
	})
	assert.Equal(t, "city@2", r.Name)
	assert.Empty(t, r.Extends, "the preset is resolved")
	assert.Equal(t, zwfw.Protocol{
		Note: "city", Method: "POST", Type: "json", ContentType: "c/d", Charset: "UTF-8", Zone: "+08:00", Retry: "never",
		Headers: map[string]string{"A": "1", "B": "", "C": "2"}, Query: map[string]string{"a": "1", "b": "2"},
		Sign: &zwfw.Sign{Suite: "none"}, Body: json.RawMessage(`{"...":"$in"}`), Reply: &zwfw.Reply{Error: []string{"error"}},
		Kinds: map[string]zwfw.Kind{"1": zwfw.Busy, "2": zwfw.Timeout}, Texts: []zwfw.TextRule{{Match: "b", Kind: zwfw.Timeout}},
	}, r.Protocol)
	assert.Equal(t, map[string]zwfw.Protocol{"x": {Method: "PUT", Type: "form"}, "y": {Type: "query"}, "z": {Type: "json"}}, r.Bases)
	assert.Equal(t, map[string]zwfw.Seal{"s": {Suite: "three"}, "t": {Suite: "two"}}, r.Seals, "a seal is replaced whole")
	assert.Equal(t, map[string]map[string]string{"m": {"1": "uno"}, "n": {"3": "three"}}, r.Tables, "a table is replaced whole")
	assert.Equal(t, map[string]zwfw.Operation{
		"A": {Path: "/c", Base: "x", Call: "call", In: map[string]string{"i": "2", "j": "1"}, Out: map[string]string{"o": "1", "p": "2"}, Times: map[string]string{"t": "s"}, Protocol: zwfw.Protocol{Method: "PUT", Type: "query", Kinds: map[string]zwfw.Kind{"3": zwfw.Busy, "4": zwfw.Timeout}}},
		"B": {Path: "/b"},
		"C": {Path: "/new"},
	}, r.Ops)
	assert.Equal(t, zwfw.Protocol{Sign: base.Sign, Reply: base.Reply, Body: base.Body, Texts: base.Texts}.With(zwfw.Protocol{}), zwfw.Protocol{}.With(zwfw.Protocol{Sign: base.Sign, Reply: base.Reply, Body: base.Body, Texts: base.Texts}))
}

func FuzzParseDialect(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := zwfw.ParseDialect(data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "zwfw: dialect") {
				t.Fatalf("an error in other words: %v", err)
			}
			return
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		back, err := zwfw.ParseDialect(text)
		if err != nil && len(text) <= 256<<10 {
			t.Fatalf("%s\n%v", text, err)
		}
		if err == nil {
			again, err := json.Marshal(back)
			if err != nil || !bytes.Equal(text, again) {
				t.Fatalf("%v\n%s\n%s", err, text, again)
			}
		}
		d.Clone()
		d.Extend(d)
	})
}
