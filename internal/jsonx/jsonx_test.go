package jsonx_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// everything has a field of every type that a plan knows. Its JSON form is what
// testdata/read.txt compares with.
type everything struct {
	Text        string            `zw:"text,alias=txt|words" json:"text,omitzero"`
	Count       int               `zw:"count,alias=num" json:"count,omitzero"`
	Small       int32             `zw:"small" json:"small,omitzero"`
	Big         int64             `zw:"big" json:"big,omitzero"`
	Amount      float64           `zw:"amount" json:"amount,omitzero"`
	Yes         bool              `zw:"yes" json:"yes,omitzero"`
	At          time.Time         `zw:"at" json:"at,omitzero"`
	Raw         json.RawMessage   `zw:"raw" json:"raw,omitzero"`
	Holder      guarded           `zw:"holder,key,alias=holderName" json:"holder,omitzero"`
	Grade       grade             `zw:"grade" json:"grade,omitzero"`
	Person      person            `zw:"person,alias=user" json:"person,omitzero"`
	People      []person          `zw:"people,alias=persons" json:"people,omitzero"`
	Tags        []string          `zw:"tags" json:"tags,omitzero"`
	Numbers     []int             `zw:"numbers" json:"numbers,omitzero"`
	Raws        []json.RawMessage `zw:"raws" json:"raws,omitzero"`
	MaybeText   *string           `zw:"maybeText" json:"maybeText,omitzero"`
	MaybeCount  *int              `zw:"maybeCount" json:"maybeCount,omitzero"`
	MaybeYes    *bool             `zw:"maybeYes" json:"maybeYes,omitzero"`
	MaybeAt     *time.Time        `zw:"maybeAt" json:"maybeAt,omitzero"`
	MaybePerson *person           `zw:"maybePerson" json:"maybePerson,omitzero"`
	MaybeHolder *guarded          `zw:"maybeHolder" json:"maybeHolder,omitzero"`
	Deep        string            `zw:"deep,alias=flat" json:"deep,omitzero"` // Head.Inner.Deep on the wire
	Sealed      string            `zw:"sealed,key" json:"sealed,omitzero"`    // opened by cutting "sealed:"
	SealedPart  person            `zw:"sealedPart" json:"sealedPart,omitzero"`
	SealedRaw   json.RawMessage   `zw:"sealedRaw" json:"sealedRaw,omitzero"`
	More        map[string]string `zw:"..." json:"more,omitzero"`
	Unread      string            `json:"-"`
}

type person struct {
	Name string `zw:"name,alias=userName" json:"name,omitzero"`
	Age  int    `zw:"age" json:"age,omitzero"`
}

// guarded is built like the protected types of package zwfw: the value behind a
// pointer, a mask in every print.
type guarded struct{ p *string }

func newGuarded(s string) guarded { return guarded{&s} }

func (g guarded) Reveal() string {
	if g.p == nil {
		return ""
	}
	return *g.p
}
func (g guarded) IsZero() bool                 { return g.p == nil }
func (g guarded) MarshalText() ([]byte, error) { return []byte("mask of " + g.Reveal()), nil }
func (g *guarded) UnmarshalText(text []byte) error {
	if *g = (guarded{}); len(text) > 0 {
		*g = newGuarded(string(text))
	}
	return nil
}

// grade takes A to C and refuses everything else.
type grade string

func (g *grade) UnmarshalText(text []byte) error {
	switch string(text) {
	case "A", "B", "C":
		*g = grade(text)
		return nil
	}
	return errors.New("no grade")
}

var errSealed = errors.New("cannot be opened")

func open(text string) (string, error) {
	plain, ok := strings.CutPrefix(text, "sealed:")
	if !ok {
		return "", errSealed
	}
	return plain, nil
}

func seal(text string) (string, error) { return "sealed:" + text, nil }

func rules(path string) jsonx.Rule {
	switch path {
	case "deep":
		return jsonx.Rule{Name: "Head.Inner.Deep"}
	case "sealed", "sealedPart", "sealedRaw":
		return jsonx.Rule{
			Read:  []jsonx.Filter{{Quote: true}, {Apply: open, Seal: true}},
			Write: []jsonx.Filter{{Apply: seal, Seal: true}},
		}
	}
	return jsonx.Rule{}
}

func noRules(string) jsonx.Rule { return jsonx.Rule{} }

var everythingPlan = jsonx.Compile(reflect.TypeFor[everything](), rules)

func parse(t testing.TB, text string) jsonx.Value {
	t.Helper()
	doc, err := jsonx.Parse([]byte(text))
	require.NoError(t, err, text)
	return doc.Root()
}

// block is one case of a file in testdata: lines that begin with "--" name a case,
// and the first character of the others says what they are.
type block struct {
	name  string
	lines map[byte][]string
}

func (b block) text(mark byte) string { return strings.Join(b.lines[mark], "\n") }

func blocks(t *testing.T, file string) []block {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var all []block
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		name, isName := strings.CutPrefix(line, "-- ")
		switch {
		case isName:
			all = append(all, block{name: name, lines: make(map[byte][]string)})
		case line == "" || line[0] == '#':
		default:
			require.NotEmpty(t, all, "%s: a line before the first name", file)
			require.True(t, len(line) > 2 && line[1] == ' ', "%s: %s: %q", file, all[len(all)-1].name, line)
			last := all[len(all)-1]
			last.lines[line[0]] = append(last.lines[line[0]], line[2:])
		}
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, all)
	return all
}
