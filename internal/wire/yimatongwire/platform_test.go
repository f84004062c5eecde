package yimatongwire_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
	wire "github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

type config struct {
	BaseURL    string `json:"base_url"`
	MerchantID string `json:"merchantId"`
	Merchant   struct {
		Private string `json:"private_pkcs8_base64"`
		Public  string `json:"public_spki_base64"`
	} `json:"rsa_merchant"`
	AESSecret string `json:"aes_secret"`
}

// calls gives the samples' names for ours.
var calls = map[string]string{
	"CreateQRCode": "yimatong.qrcode.create", "UserTags": "yimatong.user.tags", "ChannelQRCode": "yimatong.channel.qrcode",
	"DecodeQRCode": "yimatong.qrcode.decode", "Authorize": "yimatong.third.authorize",
}

var refusals = map[string]zwfw.Kind{"PY3007": zwfw.CodeExpired, "PY3001": zwfw.TokenInvalid, "PY1001": zwfw.BadRequest, "PY2003": zwfw.CodeUsed}

// sampleTime is when the signed samples were made: their body's time.
var sampleTime = time.Date(2026, 11, 22, 4, 1, 11, 0, time.FixedZone("+08:00", 8*60*60))

func proof(t *testing.T) wireproof.Platform {
	t.Helper()
	var c config
	return wireproof.Platform{
		Manifest: wire.Manifest(), Exchanges: wireproof.Load(t, &c), Calls: calls,
		Party: c.party, Time: func(*testing.T, wireproof.Sample) time.Time { return sampleTime },
		Input: input,
		Refused: func(x wireproof.Exchange) (zwfw.Kind, bool) {
			return refusals[x.Code], !x.Accepted
		},
		Received: func(t *testing.T, x wireproof.Exchange, q *dock.Received) {
			if x.Op.Name == "DecodeQRCode" {
				require.Equal(t, c.MerchantID, q.Claims["merchantId"])
				require.True(t, sampleTime.Equal(q.At))
			}
		},
		Plain: func(t *testing.T, x wireproof.Exchange, reply map[string]any) { c.unseal(t, x.Op.Name, reply) },
		Seal:  c.seal, Needed: needed,
		Fuller: c.fuller,
		Close: func(t *testing.T, op string, reply map[string]any) {
			if op == "DecodeQRCode" {
				opened, err := json.Marshal(reply["response"])
				require.NoError(t, err)
				reply["response"] = c.seal(t, string(opened))
			}
		},
	}
}

func (c config) party(t *testing.T, _ wireproof.Sample) dock.Party {
	t.Helper()
	private, err := crypto.LoadPrivateKey([]byte(c.Merchant.Private))
	require.NoError(t, err)
	public, err := crypto.LoadPublicKey([]byte(c.Merchant.Public))
	require.NoError(t, err)
	return dock.Party{
		Bases:   map[string]string{"": c.BaseURL},
		Creds:   map[string]zwfw.Secret{"merchantId": zwfw.NewSecret(c.MerchantID), "aesSecret": zwfw.NewSecret(c.AESSecret)},
		Private: map[string]*crypto.PrivateKey{"merchant": private},
		Public:  map[string]*crypto.PublicKey{"merchant": public},
	}
}

// input is the call that a sample shows.
func input(t *testing.T, op string, x wireproof.Sample) any {
	t.Helper()
	var b map[string]string
	require.NoError(t, json.Unmarshal([]byte(x.BodyBytes), &b))
	switch op {
	case "UserTags":
		return &wire.TagsOf{Token: zwfw.NewSecret(b["accessToken"])}
	case "DecodeQRCode":
		return &wire.Decode{Code: zwfw.NewCodeText(b["qrcod"]), Device: b["macId"]}
	case "Authorize":
		return &wire.Authorize{Code: zwfw.NewSecret(b["code"]), AppID: b["appId"]}
	}
	return &wire.Position{Token: zwfw.NewSecret(b["accessToken"]), Latitude: b["latitude"], Longitude: b["longitude"]}
}

// unseal opens a sealed response, whose members may stand in any order.
func (c config) unseal(t *testing.T, op string, reply map[string]any) {
	t.Helper()
	if sealed, ok := reply["response"].(string); ok && op == "DecodeQRCode" {
		reply["response"] = wireproof.PlainJSON(t, []byte(c.open(t, sealed)))
	}
}

// fuller adds the tags that the sample of DecodeQRCode lacks.
func (c config) fuller(t *testing.T, op string, reply map[string]any) {
	t.Helper()
	if op == "DecodeQRCode" {
		c.unseal(t, op, reply)
		reply["response"].(map[string]any)["tags"] = []any{map[string]any{"no": 1, "text": "甲", "fontColor": 1, "backgroundColor": 1, "icon": "/i"}}
	}
}

// needed is what a reply says success by and the one value without which it is useless.
func needed(_ dock.Op, path string) bool {
	name := path[strings.LastIndex(path, ".")+1:]
	return slices.Contains([]string{"code", "response", "codeStatus", "qrcodeBase64", "accessToken"}, name)
}

func (c config) cipher(t *testing.T) crypto.Cipher {
	t.Helper()
	cipher, err := crypto.NewCipher("aes-ecb-pkcs5", crypto.Material{Secret: []byte(c.AESSecret)}, crypto.CipherOptions{})
	require.NoError(t, err)
	return cipher
}

func (c config) seal(t *testing.T, text string) string {
	t.Helper()
	sealed, err := c.cipher(t).Seal([]byte(text))
	require.NoError(t, err)
	return crypto.Encoding("b64").Encode(sealed)
}

func (c config) open(t *testing.T, text string) string {
	t.Helper()
	sealed, err := crypto.Encoding("b64").Decode(text)
	require.NoError(t, err)
	opened, err := c.cipher(t).Open(sealed)
	require.NoError(t, err)
	return string(opened)
}
