package wireproof

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
)

// Variation is one way in which a platform answers, and what is made of it. A file has
// one of them or a list.
type Variation struct {
	Name, Quirk string          // what it is, and where the contract has it
	Operation   string          // as in the manifest
	Dialect     json.RawMessage // the name of a preset, or a document; the default when silent
	ContentType string          // application/json when silent
	Status      int             // 200 when silent
	Charset     string          // of the reply's bytes: GBK, or UTF-8 when silent

	// Reply is JSON, or a text for what is none. $SEALED in it stands for Opened when
	// sealed, $SEALED(text) for the text when sealed.
	Reply         json.RawMessage
	Opened        json.RawMessage
	SealedCharset string

	Value
	Warnings            []string  // fields
	Kind                zwfw.Kind // "" for success
	Outcome, Code, Text string
	RetryAfter          string
}

// Variations reads every variation to what its file says.
func (p Platform) Variations(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("testdata/tolerant/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		variations, many := readVariations(t, file)
		for _, v := range variations {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			if many {
				name = v.Operation + " " + v.Name
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p.requireVariation(t, v)
			})
		}
	}
}

func readVariations(t *testing.T, file string) (list []Variation, many bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	if many = bytes.HasPrefix(data, []byte("[")); !many {
		data = append(append([]byte("["), data...), ']')
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(&list), file)
	return list, many
}

func (p Platform) requireVariation(t *testing.T, v Variation) {
	t.Helper()
	line := &Line{Reply: v.bytes(t, p), ContentType: v.ContentType, Status: v.Status}
	options := []zwfw.Option{line.Option()}
	if v.Dialect != nil {
		options = append(options, zwfw.WithDialect(v.dialect(t, p)))
	}
	ask := p.Ask
	if ask == nil {
		ask = p.ask
	}

	out, warnings, err := ask(t, v.Operation, options...)

	if v.Kind != "" {
		v.requireError(t, err)
		return
	}
	require.NoError(t, err)
	var fields []string
	for _, w := range warnings {
		fields = append(fields, w.Field)
	}
	require.Equal(t, v.Warnings, fields)
	require.False(t, v.empty(), "nothing is wanted")
	v.check(t, p, out)
}

func (p Platform) ask(t *testing.T, name string, options ...zwfw.Option) (any, []zwfw.Warning, error) {
	t.Helper()
	op := p.Op(t, name)
	out := New(op.Out)
	meta, err := p.Engine(t, p.Party(t, p.Common), options...).Call(t.Context(), name, New(op.In), out)
	return out, meta.Warnings, err
}

func (v Variation) requireError(t *testing.T, err error) {
	t.Helper()
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, v.Kind, e.Kind, "%v", err)
	require.Equal(t, v.Outcome, e.Outcome.String())
	if v.Code != "" {
		require.Equal(t, v.Code, e.Code)
	}
	if v.Text != "" {
		require.Equal(t, v.Text, e.Text.Reveal())
	}
	if v.RetryAfter != "" {
		want, err := time.ParseDuration(v.RetryAfter)
		require.NoError(t, err)
		require.Equal(t, want, e.RetryAfter)
	}
}

func (v Variation) dialect(t *testing.T, p Platform) *zwfw.Dialect {
	t.Helper()
	var preset string
	if json.Unmarshal(v.Dialect, &preset) == nil {
		return p.Preset(t, preset)
	}
	d, err := zwfw.ParseDialect(v.Dialect)
	require.NoError(t, err)
	return d
}

var sealed = regexp.MustCompile(`\$SEALED(?:\((.*?)\))?`)

// bytes gives the reply as it comes over the line.
func (v Variation) bytes(t *testing.T, p Platform) []byte {
	t.Helper()
	reply := sealed.ReplaceAllStringFunc(textOf(v.Reply), func(mark string) string {
		text := sealed.FindStringSubmatch(mark)[1]
		if mark == "$SEALED" {
			text = string(v.Opened)
		}
		return p.Seal(t, inCharset(t, v.SealedCharset, text))
	})
	return []byte(inCharset(t, v.Charset, reply))
}

func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func inCharset(t *testing.T, charset, text string) string {
	t.Helper()
	if charset == "" {
		return text
	}
	require.Equal(t, "GBK", charset)
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	require.NoError(t, err)
	return gbk
}
