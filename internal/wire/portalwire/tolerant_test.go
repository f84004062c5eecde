package portalwire_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// variation is one way in which a platform answers, and what is read from it.
type variation struct {
	Name        string          // what it is, with the number of the contract's quirk
	Operation   string          // as in the manifest
	Dialect     json.RawMessage // of a city; the preset when silent
	ContentType string          // application/json when silent
	Status      int             // 200 when silent
	GBK         bool            // the bytes are GBK
	Reply       string
	Want        map[string]any // Go path: value
	Warnings    []string       // fields
	Kind        zwfw.Kind      // "" for success
	Outcome     string
	RetryAfter  string
}

func TestVariationsAreReadToTheSameValues(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/tolerant/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	s := loadSamples(t)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		var v variation
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.DisallowUnknownFields()
		require.NoError(t, d.Decode(&v), file)
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			v.check(t, s)
		})
	}
}

func (v variation) check(t *testing.T, s samples) {
	reply := []byte(v.Reply)
	if v.GBK {
		var err error
		reply, err = simplifiedchinese.GBK.NewEncoder().Bytes(reply)
		require.NoError(t, err)
	}
	if v.ContentType == "" {
		v.ContentType = "application/json"
	}
	if v.Status == 0 {
		v.Status = http.StatusOK
	}
	var options []zwfw.Option
	if v.Dialect != nil {
		d, err := zwfw.ParseDialect(v.Dialect)
		require.NoError(t, err)
		options = append(options, zwfw.WithDialect(d))
	}
	server := answer(t, v.ContentType, v.Status, reply)
	op := opNamed(t, v.Operation)
	out := newOut(op)

	meta, err := newEngine(t, s.party(t, s.any(), server.URL), options...).Call(t.Context(), op.Name, reflect.New(op.In).Interface(), out)

	if v.Kind != "" {
		require.Equal(t, v.Kind, zwfw.KindOf(err), "%v", err)
		require.Equal(t, v.Outcome, zwfw.OutcomeOf(err).String())
		if v.RetryAfter != "" {
			want, err2 := time.ParseDuration(v.RetryAfter)
			require.NoError(t, err2)
			var e *zwfw.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, want, e.RetryAfter)
		}
		return
	}
	require.NoError(t, err)
	var fields []string
	for _, w := range meta.Warnings {
		fields = append(fields, w.Field)
	}
	require.Equal(t, v.Warnings, fields)
	require.NotEmpty(t, v.Want)
	requireValues(t, v.Want, out)
}

// instead answers every request with what it holds at the moment, without a line.
type instead struct{ reply []byte }

func (i *instead) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(i.reply)),
	}, nil
}

// eachMember visits every member of a document, at any depth: the first row stands
// for a list.
func eachMember(v any, path string, visit func(path string, value any, put func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			value := v[name]
			at := strings.TrimPrefix(path+"."+name, ".")
			visit(at, value, func(other any) { v[name] = other })
			eachMember(value, at, visit)
		}
	case []any:
		if len(v) > 0 {
			eachMember(v[0], path+"[]", visit)
		}
	}
}

// firstRows cuts every list to its first row.
func firstRows(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			v[name] = firstRows(value)
		}
	case []any:
		if len(v) > 0 {
			return []any{firstRows(v[0])}
		}
	}
	return v
}

// required tells what an answer of the operation cannot do without: the code and, where
// data is needed, the data and the fields marked as keys.
func required(op dock.Op, path string) bool {
	if path == "code" {
		return true
	}
	if !op.NeedsData {
		return false
	}
	if path == "data" {
		return true
	}
	for i := range op.Out.NumField() {
		name, options, _ := strings.Cut(op.Out.Field(i).Tag.Get("zw"), ",")
		if path == "data."+name && slices.Contains(strings.Split(options, ","), "key") {
			return true
		}
	}
	return false
}
