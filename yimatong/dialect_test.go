package yimatong_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// Each file is a city that differs in what the standard leaves open. Client and
// platform are the same programs as for Hangzhou.
func TestACityIsServedByADialectFileAlone(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/dialects/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			document, err := os.ReadFile(file)
			require.NoError(t, err)
			dialect, err := zwfw.ParseDialect(document)
			require.NoError(t, err)
			p := sandbox.Start(t, sandbox.WithYimatong(sandbox.YimatongSetup{Dialect: dialect}))
			client := newClient(t, p.YimatongConfig(), zwfw.WithDialect(dialect))
			citizen := p.Citizens()[0]

			person, err := client.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: p.MintYimatongCode(citizen), Device: "闸机 1"})
			require.NoError(t, err)
			require.Equal(t, citizen.Name.Reveal(), person.Name.Reveal())
			require.Empty(t, person.Warnings)
			token := tokenOf(t, p, client, citizen)
			code, err := client.ChannelQRCode(t.Context(), token, here)
			require.NoError(t, err)
			require.Equal(t, citizen.Name.Reveal(), code.Name.Reveal())
			tags, err := client.UserTags(t.Context(), token)
			require.NoError(t, err)
			require.Equal(t, "退役军人", tags.Tags[0].Text.Reveal())

			// A client that does not know the city gets nowhere.
			_, err = decode(t, newClient(t, p.YimatongConfig()), p.MintYimatongCode(citizen))
			require.Error(t, err)
		})
	}
}

// These names are valid UTF-8 of other letters when their GBK is not taken for what the
// dialect says it is.
func TestSealedGBKIsReadAsGBK(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("testdata/dialects/switched.json")
	require.NoError(t, err)
	dialect, err := zwfw.ParseDialect(document)
	require.NoError(t, err)
	config := sandbox.Start(t).YimatongConfig()
	cipher, err := crypto.NewCipher("aes-cbc-pkcs5", crypto.Material{Secret: []byte(config.DataKey.Reveal())}, crypto.CipherOptions{IV: "key"})
	require.NoError(t, err)
	for _, name := range []string{"郑伟", "谢英", "薛志伟", "张三", "欧阳测𠮷"} {
		plain, err := simplifiedchinese.GB18030.NewEncoder().String(`{"userName":"` + name + `","codeStatus":"VALID"}`)
		require.NoError(t, err)
		sealed, err := cipher.Seal([]byte(plain))
		require.NoError(t, err)
		p := sandbox.Start(t, sandbox.WithYimatong(sandbox.YimatongSetup{Dialect: dialect}))
		p.Faults().Next("yimatong.DecodeQRCode", sandbox.Body(200, `{"code":"PY0000","response":"`+crypto.Encoding("b64").Encode(sealed)+`"}`))
		person, err := decode(t, newClient(t, p.YimatongConfig(), zwfw.WithDialect(dialect)), p.MintYimatongCode(p.Citizens()[0]))
		require.NoError(t, err)
		require.Equal(t, name, person.Name.Reveal())
	}
}

// hostile holds what breaks careless encoders.
const hostile = "https://ymt.example.invalid/q?d=0011aabb+/ccdd2233==&s=ab c&t=3"

func TestACodeWithPlusSlashEqualsAndSpaceArrivesAsItIs(t *testing.T) {
	t.Parallel()
	form, err := os.ReadFile("testdata/dialects/form.json")
	require.NoError(t, err)
	for name, document := range map[string]string{"JSON": `{"schema":1,"platform":"yimatong","name":"plain@1","extends":"hz-ymt@1","ops":{}}`, "form": string(form)} {
		dialect, err := zwfw.ParseDialect([]byte(document))
		require.NoError(t, err)
		p := sandbox.Start(t, sandbox.WithYimatong(sandbox.YimatongSetup{Dialect: dialect}))
		p.PutYimatongCode(hostile, p.Citizens()[0])
		_, err = decode(t, newClient(t, p.YimatongConfig(), zwfw.WithDialect(dialect)), zwfw.NewCodeText(hostile))
		require.NoError(t, err, name)
	}
}

func TestACodeMayBeSentAndSignedUnderBothNames(t *testing.T) {
	t.Parallel()
	const document = `{"schema":1,"platform":"yimatong","name":"both@1","extends":"hz-ymt@1","ops":{"DecodeQRCode":{"in":{"code":"qrcod+qrcode"}}}}`
	dialect, err := zwfw.ParseDialect([]byte(document))
	require.NoError(t, err)
	p := sandbox.Start(t, sandbox.WithYimatong(sandbox.YimatongSetup{Dialect: dialect}))
	var body string
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		body = string(data)
		r.Body = io.NopCloser(strings.NewReader(body))
		p.ServeHTTP(w, r)
	}))
	defer relay.Close()
	c := p.YimatongConfig()
	c.BaseURL = relay.URL + "/hz"
	code := p.MintYimatongCode(p.Citizens()[0])
	_, err = decode(t, newClient(t, c, zwfw.WithDialect(dialect)), code)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(body, strings.ReplaceAll(code.Reveal(), "&", `\u0026`))+strings.Count(body, code.Reveal()))
	require.Contains(t, body, `"qrcod":`)
	require.Contains(t, body, `"qrcode":`)
}
