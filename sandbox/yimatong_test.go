package sandbox_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

func yimatongClient(t *testing.T, p *sandbox.Platform, options ...zwfw.Option) *yimatong.Client {
	t.Helper()
	c, err := yimatong.New(p.YimatongConfig(), options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestANonceIsGoodForOneDecoding(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := yimatongClient(t, p)
	ask := func(nonce string) error {
		_, err := c.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: p.MintYimatongCode(p.Citizens()[0]), Device: "DEV-01", Nonce: nonce})
		return err
	}
	require.NoError(t, ask("n-1"))
	err := ask("n-1")
	require.ErrorIs(t, err, zwfw.Replay)
	require.ErrorContains(t, err, "PY1009")
	require.Equal(t, 1, p.Effects("yimatong.DecodeQRCode"))
	require.NoError(t, ask("n-2"))
	require.NoError(t, ask(""))
	require.NoError(t, ask(""), "without a nonce nothing is compared")
	p.Clock().Advance(11 * time.Minute)
	c = yimatongClient(t, p, zwfw.WithClock(p.Clock()))
	require.NoError(t, ask("n-1"), "twice the window later it is forgotten")
}

// Every interface says "message" where the platform follows its tables.
func TestACorrectedPlatformSaysMessageEverywhere(t *testing.T) {
	t.Parallel()
	for _, setup := range []sandbox.YimatongSetup{{}, {Flat: true}, {Corrected: true}, {Flat: true, Corrected: true}} {
		p := sandbox.Start(t, sandbox.WithYimatong(setup))
		c, citizen := yimatongClient(t, p), p.Citizens()[0]
		var bodies []string
		p.Faults().Always("*", sandbox.Mangle("look", func(body []byte) []byte { bodies = append(bodies, string(body)); return body }))
		grant, err := c.Authorize(t.Context(), p.MintAuthorization(citizen, "APP-01"), "APP-01")
		require.NoError(t, err)
		here := yimatong.Position{Latitude: "30.25", Longitude: "120.16"}
		_, err = c.CreateQRCode(t.Context(), grant.Token, here)
		require.NoError(t, err)
		_, err = c.ChannelQRCode(t.Context(), grant.Token, here)
		require.NoError(t, err)
		_, err = c.UserTags(t.Context(), grant.Token)
		require.NoError(t, err)
		code := p.MintYimatongCode(citizen)
		for _, want := range []zwfw.Kind{"", zwfw.CodeUsed} {
			_, err = c.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: code, Device: "DEV-01"})
			require.Equal(t, want, zwfw.KindOf(err))
		}
		require.Len(t, bodies, 6)
		for i, body := range bodies {
			var answer map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(body), &answer))
			right, wrong := "msg", "message"
			if setup.Corrected {
				right, wrong = wrong, right
			}
			require.Contains(t, answer, right, "answer %d of %+v", i, setup)
			require.NotContains(t, answer, wrong, "answer %d of %+v", i, setup)
		}
	}
}

// signedDecoding posts what a merchant of the sandbox signs, with a time of the test's own.
func signedDecoding(t *testing.T, p *sandbox.Platform, at string) sandbox.Request {
	t.Helper()
	c, code := p.YimatongConfig(), p.MintYimatongCode(p.Citizens()[0]).Reveal()
	signer, err := crypto.NewSigner("rsa-sha256", crypto.Material{Private: c.SigningKey})
	require.NoError(t, err)
	text := "macId=DEV-01&merchantId=" + c.MerchantID + "&qrcod=" + code
	if at != "" {
		text += "&time=" + at
	}
	signature, err := signer.Sign(t.Context(), []byte(text))
	require.NoError(t, err)
	body, err := json.Marshal(map[string]string{
		"merchantId": c.MerchantID, "time": at, "qrcod": code, "macId": "DEV-01", "sign": base64.StdEncoding.EncodeToString(signature),
	})
	require.NoError(t, err)
	r, err := http.NewRequest(http.MethodPost, c.BaseURL+"/ymt/qrcode/decode", bytes.NewReader(body))
	require.NoError(t, err)
	r.Close = true
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	log := p.Requests()
	return log[len(log)-1]
}

// The standard prints yyyyMMssHHmmss. A platform that was built to the letter finds the
// seconds where everybody else writes the day.
func TestALiteralPlatformReadsTheSecondsInPlaceOfTheDay(t *testing.T) {
	t.Parallel()
	literal := sandbox.Start(t, sandbox.WithYimatong(sandbox.YimatongSetup{LiteralTime: true}))
	usual := sandbox.Start(t)
	china := time.FixedZone("", 8*60*60)
	noon := time.Date(2024, 1, 17, 12, 4, 45, 0, china)
	for at, x := range map[string]struct {
		platform       *sandbox.Platform
		now            time.Time
		answer, reason string
	}{
		"20240145120445": {literal, noon, "OK", ""},
		"20240150235950": {literal, time.Date(2024, 2, 1, 0, 0, 10, 0, china), "OK", ""}, // the day before, of another month
		"20240210000010": {literal, time.Date(2024, 1, 31, 23, 59, 50, 0, china), "OK", ""},
		"20240117120417": {literal, noon, "OK", ""}, // the second is the day by chance
		"20240117120445": {literal, noon, "PY1003", "positions 7 and 8 of time are not its seconds: this platform reads yyyyMMssHHmmss"},
		"20240145121445": {literal, noon, "PY1003", ""},
		"20240245120445": {literal, noon, "PY1003", ""},
		"2024014512044":  {literal, noon, "PY1001", ""},
		"20240145990045": {literal, noon, "PY1003", ""},
		"":               {literal, noon, "PY1001", ""},
		"20240117120446": {usual, noon, "OK", ""},
		"20240146120446": {usual, noon, "PY1001", "time: is no time in the format yyyyMMddHHmmss"},
	} {
		x.platform.Clock().Set(x.now)
		entry := signedDecoding(t, x.platform, at)
		require.Equal(t, x.answer, entry.Answer, at)
		require.Equal(t, x.reason, entry.Explanation, at)
	}
}

// clockAt stands still.
type clockAt struct {
	zwfw.Clock
	now time.Time
}

func (c clockAt) Now() time.Time { return c.now }

// Against such a platform a client fails with its clock right, and says so.
func TestALiteralPlatformRefusesTheCorrectedForm(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 1, 17, 3, 4, 45, 0, time.UTC)
	p := sandbox.Start(t, sandbox.WithStart(now), sandbox.WithYimatong(sandbox.YimatongSetup{LiteralTime: true}))
	c := yimatongClient(t, p, zwfw.WithClock(clockAt{zwfw.SystemClock(), now}))
	_, err := c.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: p.MintYimatongCode(p.Citizens()[0]), Device: "DEV-01"})
	require.ErrorIs(t, err, zwfw.ClockSkew)
	require.Zero(t, p.Effects("yimatong.DecodeQRCode"))
}

func TestLiteralTimeNeedsATimeToRead(t *testing.T) {
	t.Parallel()
	d, err := yimatong.Dialect(yimatong.DialectHangzhou)
	require.NoError(t, err)
	d.Name = "ms@1"
	op := d.Ops["DecodeQRCode"]
	op.Body = json.RawMessage(`{"merchantId": "{cred.merchantId}", "time": "{ts|ms}", "...": "$in", "sign": "{sign}"}`)
	d.Ops["DecodeQRCode"] = op
	require.PanicsWithValue(t, "sandbox: YimatongSetup.LiteralTime: DecodeQRCode has no member {ts|yyyyMMddHHmmss} in its JSON body", func() {
		sandbox.New(sandbox.WithYimatong(sandbox.YimatongSetup{Dialect: d, LiteralTime: true}))
	})
}

func TestAnEmergencyCodeIsDecodedOnLineInItsTime(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := yimatongClient(t, p, zwfw.WithClock(p.Clock()))
	code := p.MintEmergencyCode(p.Citizens()[0], yimatong.EmergencyPark, time.Hour)
	ask := func() error {
		_, err := c.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: code, Device: "DEV-01"})
		return err
	}
	p.Clock().Advance(-time.Minute)
	err := ask()
	require.ErrorIs(t, err, zwfw.CodeNotYetValid)
	require.ErrorContains(t, err, "PY2007")
	p.Clock().Advance(2 * time.Hour)
	require.ErrorIs(t, ask(), zwfw.CodeExpired)
	p.Clock().Advance(-90 * time.Minute)
	require.NoError(t, ask())
	p.Clock().Advance(-30 * time.Minute)
	require.ErrorIs(t, ask(), zwfw.CodeUsed, "used before anything else")
}
