package yimatongwire_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config struct {
		BaseURL    string `json:"base_url"`
		MerchantID string `json:"merchantId"`
		Merchant   struct {
			Private string `json:"private_pkcs8_base64"`
			Public  string `json:"public_spki_base64"`
		} `json:"rsa_merchant"`
		AESSecret string `json:"aes_secret"`
	}
	Exchanges map[string]map[string]sample
}

type sample struct {
	Method, Path string
	Headers      map[string]string
	BodyBytes    string `json:"body_bytes"`
	Code         string
	Reply        json.RawMessage
}

// operations gives the samples' names for ours.
var operations = map[string]string{
	"CreateQRCode": "yimatong.qrcode.create", "UserTags": "yimatong.user.tags", "ChannelQRCode": "yimatong.channel.qrcode",
	"DecodeQRCode": "yimatong.qrcode.decode", "Authorize": "yimatong.third.authorize",
}

// sampleTime is when the signed samples were made: their body's time.
var sampleTime = time.Date(2026, 11, 22, 4, 1, 11, 0, time.FixedZone("+08:00", 8*60*60))

func loadSamples(t *testing.T) samples {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Exchanges, len(operations))
	return s
}

func (s samples) party(t *testing.T) dock.Party {
	t.Helper()
	private, err := crypto.LoadPrivateKey([]byte(s.Config.Merchant.Private))
	require.NoError(t, err)
	public, err := crypto.LoadPublicKey([]byte(s.Config.Merchant.Public))
	require.NoError(t, err)
	return dock.Party{
		Bases:   map[string]string{"": s.Config.BaseURL},
		Creds:   map[string]zwfw.Secret{"merchantId": zwfw.NewSecret(s.Config.MerchantID), "aesSecret": zwfw.NewSecret(s.Config.AESSecret)},
		Private: map[string]*crypto.PrivateKey{"merchant": private},
		Public:  map[string]*crypto.PublicKey{"merchant": public},
	}
}

// line stands in for the network: it keeps the last request and answers it.
type line struct {
	request     *http.Request
	body        []byte
	contentType string
	answer      []byte
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.request = r
	l.body, _ = io.ReadAll(r.Body)
	w := httptest.NewRecorder()
	if l.contentType == "" {
		l.contentType = "application/json"
	}
	w.Header().Set("Content-Type", l.contentType)
	_, _ = w.Write(l.answer)
	return w.Result(), nil
}

func (s samples) engine(t *testing.T, l *line) *dock.Engine {
	t.Helper()
	settings, err := zwfw.NewSettings(
		zwfw.WithHTTPClient(&http.Client{Transport: l}),
		zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return sampleTime })),
		zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}),
	)
	require.NoError(t, err)
	e, err := dock.New(yimatongwire.Manifest(), s.party(t), settings)
	require.NoError(t, err)
	return e
}

func (s samples) cipher(t *testing.T) crypto.Cipher {
	t.Helper()
	c, err := crypto.NewCipher("aes-ecb-pkcs5", crypto.Material{Secret: []byte(s.Config.AESSecret)}, crypto.CipherOptions{})
	require.NoError(t, err)
	return c
}

func (s samples) seal(t *testing.T, text string) string {
	t.Helper()
	sealed, err := s.cipher(t).Seal([]byte(text))
	require.NoError(t, err)
	return crypto.Encoding("b64").Encode(sealed)
}

func (s samples) open(t *testing.T, text string) string {
	t.Helper()
	sealed, err := crypto.Encoding("b64").Decode(text)
	require.NoError(t, err)
	opened, err := s.cipher(t).Open(sealed)
	require.NoError(t, err)
	return string(opened)
}

func op(t *testing.T, name string) dock.Op {
	t.Helper()
	for _, op := range yimatongwire.Manifest().Ops {
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
