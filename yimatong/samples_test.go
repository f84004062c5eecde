package yimatong_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config struct {
		MerchantID string
		AESSecret  string `json:"aes_secret"`
		RSA        struct {
			Private string `json:"private_pkcs8_base64"`
		} `json:"rsa_merchant"`
	}
	Exchanges map[string]map[string]struct {
		Path      string
		Headers   map[string]string
		BodyBytes string `json:"body_bytes"`
		Code      string
		Reply     json.RawMessage
	}
}

// sampleTime is when the samples were made: 20261122040111 in Hangzhou.
var sampleTime = time.Date(2026, 11, 21, 20, 1, 11, 0, time.UTC)

func loadSamples(t *testing.T) (samples, yimatong.Config) {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Exchanges, 5)
	key, err := crypto.LoadPrivateKey([]byte(s.Config.RSA.Private))
	require.NoError(t, err)
	return s, yimatong.Config{MerchantID: s.Config.MerchantID, SigningKey: key, DataKey: zwfw.NewSecret(s.Config.AESSecret)}
}

// stopped is a clock that shows the time of the samples.
type stopped struct{ zwfw.Clock }

func (stopped) Now() time.Time { return sampleTime }

// callLike makes the call that a sample shows.
func callLike(t *testing.T, c *yimatong.Client, op, body string) (any, error) {
	t.Helper()
	var b map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &b))
	token, at := yimatong.NewChannelToken(b["accessToken"]), yimatong.Position{Latitude: b["latitude"], Longitude: b["longitude"]}
	switch op {
	case "yimatong.third.authorize":
		return c.Authorize(t.Context(), zwfw.NewSecret(b["code"]), b["appId"])
	case "yimatong.qrcode.create":
		return c.CreateQRCode(t.Context(), token, at)
	case "yimatong.channel.qrcode":
		return c.ChannelQRCode(t.Context(), token, at)
	case "yimatong.user.tags":
		return c.UserTags(t.Context(), token)
	}
	return c.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: zwfw.NewCodeText(b["qrcod"]), Device: b["macId"]})
}

func TestTheClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	s, config := loadSamples(t)
	kinds := map[string]zwfw.Kind{"PY3007": zwfw.CodeExpired, "PY3001": zwfw.TokenInvalid, "PY1001": zwfw.BadRequest, "PY2003": zwfw.CodeUsed}
	for op, exchanges := range s.Exchanges {
		for which, x := range exchanges {
			t.Run(op+" "+which, func(t *testing.T) {
				t.Parallel()
				var path, contentType string
				var body []byte
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					path, contentType = r.URL.Path, r.Header.Get("Content-Type")
					body, _ = io.ReadAll(r.Body)
					_, _ = w.Write(x.Reply)
				}))
				defer server.Close()
				c := config
				c.BaseURL = server.URL + "/hz"
				client := newClient(t, c, zwfw.WithClock(stopped{zwfw.SystemClock()}))
				got, err := callLike(t, client, op, x.BodyBytes)
				if path == "" { // the sample's caller sent what the client refuses to send
					require.Equal(t, zwfw.BadRequest, kinds[x.Code])
					require.ErrorIs(t, err, zwfw.BadRequest)
					return
				}
				require.Equal(t, x.Path, path)
				require.Equal(t, x.Headers["Content-Type"], contentType)
				require.JSONEq(t, x.BodyBytes, string(body), "the signature too, byte for byte")
				if which == "refused" {
					require.ErrorIs(t, err, kinds[x.Code])
					return
				}
				require.NoError(t, err)
				switch got := got.(type) {
				case *yimatong.Authorization:
					require.Equal(t, "ymt-37727f03941f8ca4114abb6a6e892225", got.Token.Reveal())
				case *yimatong.QRCode:
					require.Equal(t, "2026-11-21T20:01:11Z", got.ServerTime.UTC().Format(time.RFC3339))
					require.Equal(t, "*乙", got.ConcealedName.Reveal())
				case *yimatong.ChannelQRCode:
					require.Equal(t, "试乙", got.Name.Reveal())
					require.Equal(t, "999999198001010038", got.IDNumber.Reveal())
				case *yimatong.UserTags:
					require.Equal(t, "退役军人", got.Tags[0].Text.Reveal())
				case *yimatong.Person:
					require.Equal(t, "欧阳测𠮷", got.Name.Reveal())
					require.Equal(t, "99999919911111019X", got.IDNumber.Reveal())
				}
			})
		}
	}
}

func TestTheSandboxAnswersTheSamplesAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	s, config := loadSamples(t)
	x := s.Exchanges["yimatong.qrcode.decode"]["accepted"]
	p := sandbox.Start(t, sandbox.WithStart(sampleTime), sandbox.WithYimatong(sandbox.YimatongSetup{
		Merchants: []sandbox.YimatongMerchant{{ID: config.MerchantID, Key: config.SigningKey, DataKey: config.DataKey}},
	}))
	p.PutYimatongCode("https://ymt.example.invalid/q?d=87b191df+/ef4ac5fe==&s=ab c&t=3", p.Citizens()[3])
	for _, want := range []string{"PY0000", "PY2003"} { // the second time it is spent
		r, err := http.Post(p.URL+x.Path, "application/json", strings.NewReader(x.BodyBytes))
		require.NoError(t, err)
		var reply struct{ Code string }
		require.NoError(t, json.NewDecoder(r.Body).Decode(&reply))
		require.NoError(t, r.Body.Close())
		require.Equal(t, want, reply.Code)
	}
	p.PutAuthorization("AUTH-eb5cb230c38e41e8", p.Citizens()[0], "APP-01")
	for _, want := range []string{"PY0000", "PY3007"} {
		r, err := http.Post(p.URL+"/hz/ymt/third/authorize", "application/json", strings.NewReader(s.Exchanges["yimatong.third.authorize"]["accepted"].BodyBytes))
		require.NoError(t, err)
		var reply struct{ Code string }
		require.NoError(t, json.NewDecoder(r.Body).Decode(&reply))
		require.NoError(t, r.Body.Close())
		require.Equal(t, want, reply.Code)
	}
}
