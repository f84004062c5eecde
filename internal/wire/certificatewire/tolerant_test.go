package certificatewire_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// variation is one way in which an answer may look, and what is made of it. Reply is
// JSON, or a text for what is no JSON. Day and OpenEnded are what the end of validity
// means.
type variation struct {
	Name, Quirk, Operation string
	Dialect                string // the default when silent
	ContentType, Charset   string
	Reply, Want            json.RawMessage
	Warnings               []string
	Day                    string
	OpenEnded              bool
	Kind                   zwfw.Kind
	Outcome, Code, Text    string
}

func (v variation) answer(t *testing.T) []byte {
	t.Helper()
	reply := string(v.Reply)
	var text string
	if json.Unmarshal(v.Reply, &text) == nil {
		reply = text
	}
	if v.Charset == "GBK" {
		var err error
		reply, err = simplifiedchinese.GB18030.NewEncoder().String(reply)
		require.NoError(t, err)
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
				l := &line{answer: v.answer(t), contentType: v.ContentType}
				meta, err := engineOf(t, l, s.party("t"), presetNamed(t, v.Dialect)).Call(t.Context(), v.Operation, newOf(o.In), out)
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
				require.JSONEq(t, string(v.Want), says(t, out))
				if infos, ok := out.(*certificatewire.Infos); ok && (v.Day != "" || v.OpenEnded) {
					until := infos.List[0].ValidUntil
					require.Equal(t, v.OpenEnded, until.IsOpenEnded())
					require.Equal(t, v.OpenEnded, until.Day().IsZero())
					if v.Day != "" {
						require.Equal(t, v.Day+"T00:00:00+08:00", until.Day().Format("2006-01-02T15:04:05-07:00"))
					}
				}
			})
		}
	}
}

// says is typed without list elements that say nothing, as a client gives them.
func says(t *testing.T, out any) string {
	t.Helper()
	switch o := out.(type) {
	case *certificatewire.Found:
		o.List = o.Records()
	case *certificatewire.Files:
		o.List = o.Addresses()
	case *certificatewire.Infos:
		o.List = o.Certificates()
	case *certificatewire.EncryptedIDs:
		o.List = o.Identifiers()
	}
	return typed(t, out)
}
