package yimatongwire_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// variation is one way in which an answer may look, and what is made of it. Reply is
// JSON, or a text for what is no JSON; $SEALED in it stands for Opened when sealed.
type variation struct {
	Name, Quirk, Operation string
	ContentType, Charset   string
	SealedCharset          string
	Opened, Reply, Want    json.RawMessage
	Warnings               []string
	Kind                   zwfw.Kind
	Outcome, Code, Text    string
}

func textOf(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

func inGBK(t *testing.T, text string) string {
	t.Helper()
	gbk, err := simplifiedchinese.GB18030.NewEncoder().String(text)
	require.NoError(t, err)
	return gbk
}

func (v variation) answer(t *testing.T, s samples) []byte {
	t.Helper()
	reply := textOf(t, v.Reply)
	if v.Opened != nil {
		opened := string(v.Opened)
		if v.SealedCharset == "GBK" {
			opened = inGBK(t, opened)
		}
		reply = strings.Replace(reply, "$SEALED", s.seal(t, opened), 1)
	}
	if v.Charset == "GBK" {
		reply = inGBK(t, reply)
	}
	return []byte(reply)
}

func TestEveryVariationIsReadToTheSameTypedValue(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	files, err := filepath.Glob("testdata/tolerant/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.DisallowUnknownFields()
		var variations []variation
		require.NoError(t, decoder.Decode(&variations), file)
		for _, v := range variations {
			t.Run(v.Operation+" "+v.Name, func(t *testing.T) {
				t.Parallel()
				o := op(t, v.Operation)
				out := newOf(o.Out)
				meta, err := s.engine(t, &line{answer: v.answer(t, s), contentType: v.ContentType}).Call(t.Context(), v.Operation, newOf(o.In), out)
				if v.Kind != "" {
					var e *zwfw.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, v.Kind, e.Kind)
					require.Equal(t, v.Outcome, e.Outcome.String())
					if v.Code != "" {
						require.Equal(t, v.Code, e.Code)
					}
					if v.Text != "" {
						require.Equal(t, v.Text, e.Text.Reveal())
					}
					return
				}
				require.NoError(t, err)
				var quirks []string
				for _, w := range meta.Warnings {
					quirks = append(quirks, w.Field)
				}
				require.Equal(t, v.Warnings, quirks)
				require.NotEmpty(t, v.Want)
				require.JSONEq(t, string(v.Want), withNulls(t, v.Want, typed(t, out)))
			})
		}
	}
}

// withNulls writes the times that are wanted as null: a plan leaves them out.
func withNulls(t *testing.T, want json.RawMessage, got string) string {
	t.Helper()
	var w, g map[string]any
	require.NoError(t, json.Unmarshal(want, &w))
	require.NoError(t, json.Unmarshal([]byte(got), &g))
	for name, value := range w {
		if _, there := g[name]; value == nil && !there {
			g[name] = nil
		}
	}
	out, err := json.Marshal(g)
	require.NoError(t, err)
	return string(out)
}

func TestAllGivesTheTagsOfBothForms(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for reply, want := range map[string][]string{
		`{"code":"PY0000","response":[{"no":4,"text":"乙"},{"no":1,"text":"甲"}]}`: {"乙", "甲"},
		`{"code":"PY0000","no":1,"text":"甲"}`:                                    {"甲"},
		`{"code":"PY0000","response":[{}]}`:                                      nil,
		`{"code":"PY0000","response":{}}`:                                        nil,
	} {
		var out yimatongwire.UserTags
		_, err := s.engine(t, &line{answer: []byte(reply)}).Call(t.Context(), "UserTags", &yimatongwire.TagsOf{}, &out)
		require.NoError(t, err)
		var texts []string
		for _, tag := range out.All() {
			texts = append(texts, tag.Text.Reveal())
		}
		require.Equal(t, want, texts, reply)
	}
}
