package yimatong_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// answering is a platform that always says the same.
type answering struct{ body string }

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// FuzzDecodeReply answers a decoding with anything, once as it is and once sealed with the
// right key. No answer panics; a success names somebody and stands under PY0000; what is no
// success is an error of ours that prints nothing of the answer.
func FuzzDecodeReply(f *testing.F) {
	for _, seed := range []string{
		`{"code":"PY0000","response":"x"}`, `{"userName":"测试甲","idCard":"999999190001010015","codeStatus":"VALID"}`, `{"codeStatus":"EXPIRED"}`,
		`{"userId":"u-1","tags":[{"no":"1"}],"serverTime":"2024-01-0203:04:05"}`, `[]`, `"text"`, `{"code":"PY2002","msg":"二维码已过期"}`, `{"Code":"py0000","response":{}}`,
	} {
		f.Add(seed)
	}
	p := sandbox.New()
	p.URL = "http://platform.example"
	config := p.YimatongConfig()
	cipher, err := crypto.NewCipher("aes-ecb-pkcs5", crypto.Material{Secret: []byte(config.DataKey.Reveal())}, crypto.CipherOptions{})
	require.NoError(f, err)
	platform := new(answering)
	client, err := yimatong.New(config, zwfw.WithHTTPClient(&http.Client{Transport: platform}), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		sealed, err := cipher.Seal([]byte(text))
		require.NoError(t, err)
		for _, body := range []string{text, `{"code":"PY0000","response":"` + crypto.Encoding("b64").Encode(sealed) + `"}`} {
			platform.body = body
			person, err := client.DecodeQRCode(context.Background(), yimatong.DecodeRequest{Code: zwfw.NewCodeText("code"), Device: "DEV-01"})
			if err == nil {
				require.Contains(t, strings.ToUpper(body), "PY0000")
				some := !person.UserID.IsZero() || !person.Name.IsZero() || !person.IDNumber.IsZero() || !person.Phone.IsZero() || !person.ConcealedName.IsZero() || !person.ConcealedCard.IsZero()
				require.True(t, some, "nobody is no success")
				continue
			}
			var e *zwfw.Error
			require.ErrorAs(t, err, &e)
			require.NotEmpty(t, e.Kind)
			require.NotContains(t, err.Error(), "999999190001010015")
		}
	})
}
