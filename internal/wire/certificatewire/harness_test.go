package certificatewire_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config struct {
		BaseURL     string `json:"base_url"`
		AccountID   string `json:"accountId"`
		AccessToken string `json:"accessToken"`
	}
	Exchanges map[string]map[string]sample
}

type sample struct {
	Method, Path string
	BodyBytes    string `json:"body_bytes"`
	Code         string
	Reply        json.RawMessage
}

// operations gives the samples' names for ours. certificate.download is none: it is the
// GET of an address and answers with a file.
var operations = map[string]string{
	"Search":                   "certificate.Retrieval",
	"FileAddressByHolder":      "certificate.GetCertificateFileByHolder",
	"FileAddressByID":          "certificate.GetCertificateFileByCertificateID",
	"FileAddressByEncryptedID": "certificate.GetCertificateFileByEncryptedID",
	"InfoByHolder":             "certificate.GetCertificateDataByHolder",
	"InfoByID":                 "certificate.GetCertificateDataByCertificateID",
	"EncryptedIDs":             "certificate.GetEncryptedIDByHolder",
	"QRCode":                   "certificate.GetQRCodeByEncryptedID",
	"VerifyFields":             "certificate.VerifyCertificateData",
	"VerifyFile":               "certificate.VerifyCertificateFile",
}

func loadSamples(t *testing.T) samples {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Exchanges, len(operations)+1)
	return s
}

// party is the samples' caller, with the token that a sample shows.
func (s samples) party(token string) dock.Party {
	return dock.Party{
		Bases: map[string]string{"": s.Config.BaseURL},
		Creds: map[string]zwfw.Secret{"accountId": zwfw.NewSecret(s.Config.AccountID)},
		Token: dock.StaticToken{Secret: zwfw.NewSecret(token)},
	}
}

// line stands in for the network: it keeps the last request and answers it.
type line struct {
	request     *http.Request
	body        []byte
	contentType string
	answer      []byte
	respond     func(r *http.Request, body []byte) []byte // in place of answer
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	// As a server has it: the sender keeps the letter case of a dialect's header names.
	r = r.Clone(r.Context())
	for name, values := range maps.Clone(r.Header) {
		delete(r.Header, name)
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	l.request = r
	l.body, _ = io.ReadAll(r.Body)
	w := httptest.NewRecorder()
	if l.contentType == "" {
		l.contentType = "application/json"
	}
	w.Header().Set("Content-Type", l.contentType)
	answer := l.answer
	if l.respond != nil {
		answer = l.respond(r, l.body)
	}
	_, _ = w.Write(answer)
	return w.Result(), nil
}

func engineOf(t *testing.T, l *line, p dock.Party, d *zwfw.Dialect) *dock.Engine {
	t.Helper()
	options := []zwfw.Option{zwfw.WithHTTPClient(&http.Client{Transport: l}), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1})}
	if d != nil {
		options = append(options, zwfw.WithDialect(d))
	}
	settings, err := zwfw.NewSettings(options...)
	require.NoError(t, err)
	e, err := dock.New(certificatewire.Manifest(), p, settings)
	require.NoError(t, err)
	return e
}

// presetNamed gives a preset, nil for the default.
func presetNamed(t *testing.T, name string) *zwfw.Dialect {
	t.Helper()
	if name == "" {
		return nil
	}
	for _, d := range certificatewire.Manifest().Presets {
		if d.Name == name {
			return d
		}
	}
	require.Fail(t, "no preset "+name)
	return nil
}

func op(t *testing.T, name string) dock.Op {
	t.Helper()
	for _, op := range certificatewire.Manifest().Ops {
		if op.Name == name {
			return op
		}
	}
	require.Fail(t, "no operation "+name)
	return dock.Op{}
}

func newOf(t reflect.Type) any { return reflect.New(t).Interface() }

// typed writes a value with all its secrets under the SDK's own names, so that a file
// can say what was read.
func typed(t *testing.T, value any) string {
	t.Helper()
	plan := jsonx.Compile(reflect.TypeOf(value).Elem(), func(string) jsonx.Rule { return jsonx.Rule{} })
	members, err := plan.Members(nil, value)
	require.NoError(t, err)
	return string(jsonx.AppendObject(nil, members))
}
