package bench

import (
	"bytes"
	"context"
	stdcrypto "crypto"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// cannedDecode is DecodeQRCode's answer, sealed to the sandbox's first merchant.
func cannedDecode() []byte {
	secret := []byte(sandbox.New().YimatongConfig().DataKey.Reveal())
	c, err := crypto.NewCipher("aes-ecb-pkcs5", crypto.Material{Secret: secret}, crypto.CipherOptions{})
	if err != nil {
		panic(err)
	}
	sealed, err := c.Seal([]byte(`{"decodeId":"d-1","codeStatus":"VALID","userId":"u-1","userName":"测试甲","idType":"1","idCard":"999999190001010015","mobile":"10000000001",` +
		`"concealName":"*试甲","concealCard":"9****************5","qrcodeType":"gj","tags":[],"serverTime":"2024-01-02 03:04:05","emergency":false}`))
	if err != nil {
		panic(err)
	}
	return fmt.Appendf(nil, `{"code":"PY0000","msg":"成功","response":%q}`, base64.StdEncoding.EncodeToString(sealed))
}

// decodeByHand is DecodeQRCode as an integrator would write it for one city.
type decodeByHand struct {
	client *http.Client
	config yimatong.Config
	key    *rsa.PrivateKey
}

func (h *decodeByHand) decode(ctx context.Context, code, device string) (person, error) {
	stamp := time.Now().Format("20060102150405")
	text := "macId=" + device + "&merchantId=" + h.config.MerchantID + "&qrcod=" + code + "&time=" + stamp
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, h.key, stdcrypto.SHA256, digest[:])
	if err != nil {
		return person{}, err
	}
	body, err := json.Marshal(map[string]string{
		"merchantId": h.config.MerchantID, "time": stamp, "qrcod": code, "macId": device, "sign": base64.StdEncoding.EncodeToString(signature),
	})
	if err != nil {
		return person{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.config.BaseURL+"/ymt/qrcode/decode", bytes.NewReader(body))
	if err != nil {
		return person{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := h.client.Do(r)
	if err != nil {
		return person{}, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return person{}, err
	}
	var reply struct{ Code, Msg, Response string }
	if err := json.Unmarshal(answer, &reply); err != nil {
		return person{}, err
	}
	if reply.Code != "PY0000" {
		return person{}, errors.New(reply.Msg)
	}
	sealed, err := base64.StdEncoding.DecodeString(reply.Response)
	if err != nil {
		return person{}, err
	}
	block, err := aes.NewCipher([]byte(h.config.DataKey.Reveal()))
	if err != nil {
		return person{}, err
	}
	for i := 0; i+16 <= len(sealed); i += 16 {
		block.Decrypt(sealed[i:i+16], sealed[i:i+16])
	}
	plain := sealed[:len(sealed)-int(sealed[len(sealed)-1])]
	var opened struct{ UserName, IDCard, IDType, Mobile, CodeStatus string }
	if err := json.Unmarshal(plain, &opened); err != nil {
		return person{}, err
	}
	if opened.CodeStatus != "VALID" {
		return person{}, errors.New(opened.CodeStatus)
	}
	return person{opened.UserName, opened.Mobile, opened.IDCard, opened.IDType}, nil
}

func decodePair(tb testing.TB, base string) pair {
	tb.Helper()
	p := sandbox.New()
	p.URL = base
	config := p.YimatongConfig()
	client, err := yimatong.New(config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	der, err := config.SigningKey.MarshalPKCS8()
	require.NoError(tb, err)
	key, err := x509.ParsePKCS8PrivateKey(der)
	require.NoError(tb, err)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 256, 256
	hand := &decodeByHand{client: &http.Client{Transport: transport}, config: config, key: key.(*rsa.PrivateKey)}
	tb.Cleanup(transport.CloseIdleConnections)
	const code, device = "https://ymt.example.invalid/q?d=00112233+/44556677==&s=ab c&t=3", "DEV-01"
	same := func(number string, err error) error {
		if err == nil && number != "999999190001010015" {
			err = fmt.Errorf("another citizen")
		}
		return err
	}
	return pair{
		typed: func(ctx context.Context) error {
			got, err := client.DecodeQRCode(ctx, yimatong.DecodeRequest{Code: zwfw.NewCodeText(code), Device: device})
			if err != nil {
				return err
			}
			return same(got.IDNumber.Reveal(), nil)
		},
		byHand: func(ctx context.Context) error {
			got, err := hand.decode(ctx, code, device)
			return same(got.Number, err)
		},
	}
}

func TestBothSidesDecodeTheSameCitizen(t *testing.T) {
	t.Parallel()
	p := decodePair(t, start(t))
	require.NoError(t, p.typed(t.Context()))
	require.NoError(t, p.byHand(t.Context()))
}

func BenchmarkDecodeQRCode(b *testing.B) { compare(b, decodePair) }
