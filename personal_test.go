package zwfw_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// protected is what every protected type can do.
type protected interface {
	fmt.Stringer
	fmt.Formatter
	fmt.GoStringer
	slog.LogValuer
	json.Marshaler
	Reveal() string
	IsZero() bool
	IsMasked() bool
}

var (
	_ protected = zwfw.Secret{}
	_ protected = zwfw.PersonName{}
	_ protected = zwfw.IDNumber{}
	_ protected = zwfw.Phone{}
	_ protected = zwfw.CodeText{}
	_ protected = zwfw.PlatformText{}
	_ protected = zwfw.Raw{}
)

// makers build every protected type.
var makers = map[string]func(string) protected{
	"Secret":       func(s string) protected { return zwfw.NewSecret(s) },
	"PersonName":   func(s string) protected { return zwfw.NewPersonName(s) },
	"IDNumber":     func(s string) protected { return zwfw.NewIDNumber(s) },
	"Phone":        func(s string) protected { return zwfw.NewPhone(s) },
	"CodeText":     func(s string) protected { return zwfw.NewCodeText(s) },
	"PlatformText": func(s string) protected { return zwfw.NewPlatformText(s) },
	"Raw":          func(s string) protected { return zwfw.NewRaw([]byte(s)) },
}

func TestMaskShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, value, mask string }{
		{"Secret", "s", "****"},
		{"Secret", "a long secret of many characters", "****"},
		{"PersonName", "张", "*"},
		{"PersonName", "张三", "*三"},
		{"PersonName", "欧阳修文", "*阳修文"},
		{"PersonName", "阿卜杜拉·买买提", "*******提"},
		{"PersonName", "JOHN WALKER", "**********R"},
		{"PersonName", "*三", "*三"},
		{"IDNumber", "999999190001010008", "9****************8"},
		{"IDNumber", "99999919000101000X", "9****************X"},
		{"IDNumber", "H12345678", "H*******8"},
		{"IDNumber", "123456", "1****6"},
		{"IDNumber", "12345", "*****"},
		{"IDNumber", "1", "*"},
		{"Phone", "10000000000", "100****0000"},
		{"Phone", "8610000000000", "861******0000"},
		{"Phone", "5551234567", "**********"},
		{"Phone", "12345", "*****"},
		{"PlatformText", "张三的码已失效", "[7 characters of platform text]"},
		{"Raw", `{"a":1}`, "[7 bytes]"},
	} {
		require.Equal(t, c.mask, makers[c.kind](c.value).String(), "%s %q", c.kind, c.value)
	}
	code := zwfw.NewCodeText("SAMPLE-CODE-TEXT").String()
	require.Regexp(t, `^code:[0-9a-f]{8}/16$`, code)
	require.Equal(t, code, zwfw.NewCodeText("SAMPLE-CODE-TEXT").String(), "two lines about one code match")
	require.NotEqual(t, code, zwfw.NewCodeText("SAMPLE-CODE-TEXU").String())
}

func TestInvalidUTF8IsMaskedWithoutPanic(t *testing.T) {
	t.Parallel()
	for name, make := range makers {
		for _, value := range []string{"\xff", "\xff\xfe\xfd\xfc\xfb\xfa", "张\xff三", "123456789\xff0"} {
			require.NotPanics(t, func() { _ = make(value).String() }, name)
			require.Equal(t, value, make(value).Reveal())
		}
	}
}

func TestEmptyValuesHoldNothing(t *testing.T) {
	t.Parallel()
	for name, make := range makers {
		v := make("")
		require.True(t, v.IsZero(), name)
		require.False(t, v.IsMasked())
		require.Empty(t, v.Reveal())
		require.Empty(t, v.String())
		require.Empty(t, fmt.Sprintf("%+v", v))
		require.False(t, make("x").IsZero(), name)
	}
}

func TestEqualComparesValues(t *testing.T) {
	t.Parallel()
	require.True(t, zwfw.NewSecret("a").Equal(zwfw.NewSecret("a")))
	require.False(t, zwfw.NewSecret("a").Equal(zwfw.NewSecret("b")))
	require.True(t, zwfw.Secret{}.Equal(zwfw.NewSecret("")))
	require.True(t, zwfw.NewPersonName("张三").Equal(zwfw.NewPersonName("张三")))
	require.False(t, zwfw.NewPersonName("张三").Equal(zwfw.NewPersonName("*三")))
	require.True(t, zwfw.NewIDNumber("99999919000101000x").Equal(zwfw.NewIDNumber("99999919000101000X")))
	require.False(t, zwfw.NewIDNumber("999999190001010008").Equal(zwfw.NewIDNumber("999999190001010016")))
	require.True(t, zwfw.NewPhone("10000000000").Equal(zwfw.NewPhone("10000000000")))
	require.False(t, zwfw.NewPhone("10000000000").Equal(zwfw.NewPhone("10000000001")))
	require.True(t, zwfw.NewCodeText("a").Equal(zwfw.NewCodeText("a")))
	require.False(t, zwfw.NewCodeText("a").Equal(zwfw.NewCodeText("A")))
}

func TestIsMaskedTellsArrivedMasks(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"*三", "张*", "138****0000", "0**************X", "张＊", "•三", "●三"} {
		require.True(t, zwfw.NewPersonName(value).IsMasked(), value)
	}
	for _, value := range []string{"", "张三", "999999190001010008", "阿卜杜拉·买买提"} {
		require.False(t, zwfw.NewPersonName(value).IsMasked(), value)
	}
}

func TestRawKeepsItsOwnCopy(t *testing.T) {
	t.Parallel()
	b := []byte("abc")
	raw := zwfw.NewRaw(b)
	b[0] = 'x'
	require.Equal(t, "abc", raw.Reveal())
}

func TestUnmarshalTextTakesAValueOver(t *testing.T) {
	t.Parallel()
	var config struct {
		Token zwfw.Secret
		Owner zwfw.PersonName
		Empty zwfw.Secret
	}
	require.NoError(t, json.Unmarshal([]byte(`{"Token":"abc","Owner":"张三","Empty":""}`), &config))
	require.Equal(t, "abc", config.Token.Reveal())
	require.Equal(t, "张三", config.Owner.Reveal())
	require.True(t, config.Empty.IsZero())
	require.NoError(t, config.Token.UnmarshalText(nil))
	require.True(t, config.Token.IsZero(), "an empty text leaves nothing of the old value")
	err := json.Unmarshal([]byte(`{"Token":123456789}`), &config)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "123456789")
}

// A planted value appears in no print, however deep it lies.
func TestPlantedValuesAppearInNoPrint(t *testing.T) {
	t.Parallel()
	const planted = "7PLANTED私密MARKER7"
	type inner struct{ Shown, hidden any }
	for name, make := range makers {
		v := make(planted)
		mask := v.String()
		require.NotContains(t, mask, "PLANTED")
		holders := map[string]any{
			"itself":     v,
			"pointer":    &v,
			"exported":   struct{ V protected }{v},
			"unexported": struct{ v protected }{v},
			"nested":     &inner{inner{v, v}, &inner{&v, []protected{v}}},
			"list":       []protected{v, v},
			"map":        map[string]protected{"key": v},
			"map key":    map[protected]int{v: 1},
			"array":      [2]any{v, &v},
			"error":      fmt.Errorf("could not serve %v, %s: %w", v, v, errors.New("cause")),
			"pointers":   []any{&struct{ p *protected }{&v}},
		}
		for where, holder := range holders {
			var out bytes.Buffer
			for _, verb := range []string{"v", "+v", "#v", "s", "q", "x", "X", "d", "t", "T", "p", "10s", "-40v", ".3s", "08d", "e", "U", "c"} {
				fmt.Fprintf(&out, "%"+verb+"\n", holder)
			}
			out.WriteString(fmt.Sprint(holder) + fmt.Sprintln(holder) + string(fmt.Append(nil, holder)))
			options := &slog.HandlerOptions{Level: slog.LevelDebug}
			for _, handler := range []slog.Handler{slog.NewTextHandler(&out, options), slog.NewJSONHandler(&out, options)} {
				l := slog.New(handler).With("with", holder).WithGroup("group")
				l.Debug("message", "value", holder, slog.Group("inner", slog.Any("value", holder)))
			}
			if text, err := json.Marshal(holder); err == nil {
				out.Write(text)
			} else {
				out.WriteString(err.Error())
			}
			if text, err := xml.Marshal(holder); err == nil {
				out.Write(text)
			} else {
				out.WriteString(err.Error())
			}
			printed := strings.ToLower(out.String())
			for _, trace := range []string{"planted", "私密", "marker", fmt.Sprintf("%x", "PLANTED"), fmt.Sprintf("%x", "私密"), `\u79c1`} {
				require.NotContains(t, printed, strings.ToLower(trace), "%s, %s", name, where)
			}
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%8.3s"} {
			require.Equal(t, mask, fmt.Sprintf(verb, v), "%s %s", name, verb)
		}
		require.Equal(t, mask, v.GoString())
		require.Equal(t, mask, v.LogValue().String())
		require.Equal(t, planted, v.Reveal())
		text, err := json.Marshal(map[string]protected{"v": v})
		require.NoError(t, err)
		var back map[string]string
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, mask, back["v"])
	}
}

// Typed fields, as structs of callers hold them: an interface would hide the type.
func TestTypedFieldsPrintMasks(t *testing.T) {
	t.Parallel()
	type record struct {
		Name  zwfw.PersonName
		ID    *zwfw.IDNumber
		token zwfw.Secret
		text  *zwfw.PlatformText
	}
	id, text := zwfw.NewIDNumber("999999190001010008"), zwfw.NewPlatformText("张三不存在")
	r := record{zwfw.NewPersonName("张三"), &id, zwfw.NewSecret("token-value"), &text}
	for _, v := range []any{r, &r, []record{r}, map[string]record{"r": r}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			printed := fmt.Sprintf(verb, v)
			for _, value := range []string{"张三", "token-value", "19000101", "不存在", fmt.Sprintf("%x", "token"), fmt.Sprintf("%x", "张三")} {
				require.NotContains(t, printed, value, verb)
			}
		}
	}
	require.Contains(t, fmt.Sprintf("%+v", r), "Name:*三")
	text2, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, `{"Name":"*三","ID":"9****************8"}`, string(text2))
	require.Equal(t, "token-value", r.token.Reveal())
	require.Equal(t, "张三不存在", r.text.Reveal())
}
