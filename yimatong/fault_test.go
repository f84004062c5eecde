package yimatong_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// decodeFaults are the ways in which one decoding can go wrong, and what its caller must
// be told.
var decodeFaults = []struct {
	fault   sandbox.Fault
	outcome zwfw.Outcome
	kind    zwfw.Kind
}{
	{sandbox.DropBefore(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.DropAfter(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HalfBody(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(502), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(200), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Maintenance(), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, "{}"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"code":"PY0000","msg":"成功"}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"code":"PY0000","msg":"成功","response":""}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"code":"PY0000","msg":"成功","response":"bm90IHNlYWxlZA=="}`), zwfw.OutcomeDone, zwfw.DecryptFailed},
	{sandbox.Body(500, `{"code":"PY0000","msg":"成功","response":"bm90IHNlYWxlZA=="}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"code":"PY7777","msg":"成功","response":null}`), zwfw.OutcomeRefused, zwfw.Unclassified},
	{sandbox.Body(200, `{"code":"0","msg":"成功","response":null}`), zwfw.OutcomeRefused, zwfw.Unclassified},
	{sandbox.EmptyAnswer(), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Undecryptable(), zwfw.OutcomeDone, zwfw.DecryptFailed},
	{sandbox.ExpiredInside(), zwfw.OutcomeRefused, zwfw.CodeExpired},
	{sandbox.StatusInside("USED"), zwfw.OutcomeRefused, zwfw.CodeUsed},
	{sandbox.StatusInside("FROZEN"), zwfw.OutcomeUnknown, zwfw.Unclassified},
	{sandbox.Refuse(zwfw.Upstream), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.Refuse(zwfw.RateLimited), zwfw.OutcomeRefused, zwfw.RateLimited},
	{sandbox.Refuse(zwfw.EmergencyAllowed), zwfw.OutcomeRefused, zwfw.EmergencyAllowed},
	{sandbox.SkewClock(20 * time.Minute), zwfw.OutcomeRefused, zwfw.ClockSkew},
	{sandbox.SkewClock(8 * time.Hour), zwfw.OutcomeRefused, zwfw.ClockSkew},
	{sandbox.Delay(5 * time.Second), zwfw.OutcomeUnknown, zwfw.Timeout},
	{sandbox.Endless(), zwfw.OutcomeUnknown, zwfw.TooLarge},
}

func TestDecodingUnderEveryFaultHasAtMostOneEffectAndNoWrongSuccess(t *testing.T) {
	t.Parallel()
	for _, x := range decodeFaults {
		t.Run(x.fault.String(), func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if x.kind == zwfw.Timeout {
				timeout = time.Second // a fault that outlasts the caller
			}
			p, client := start(t, zwfw.WithTimeout(timeout), zwfw.WithAttemptTimeout(timeout), zwfw.WithMaxResponse(64<<10))
			p.Faults().Next("yimatong.DecodeQRCode", x.fault)
			person, err := decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
			require.Nil(t, person)
			var e *zwfw.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, x.kind, e.Kind)
			require.Equal(t, x.outcome, e.Outcome)
			require.LessOrEqual(t, p.Effects("yimatong.DecodeQRCode"), 1)
			require.Len(t, p.Requests(), 1, "sent once")
			advice := zwfw.AdviceFor(err)
			require.LessOrEqual(t, len([]rune(advice.Citizen.ZH)), 20)
			require.NotEmpty(t, advice.Staff.EN)
		})
	}
}

// pyCodes is the whole list of the contract.
var pyCodes = map[string]zwfw.Kind{
	"PY1001": zwfw.BadRequest, "PY1002": zwfw.BadRequest, "PY1003": zwfw.ClockSkew, "PY1004": zwfw.Signature, "PY1005": zwfw.CallerDenied,
	"PY1006": zwfw.PermissionDenied, "PY1007": zwfw.DeviceDenied, "PY1008": zwfw.DeviceDenied, "PY1009": zwfw.Replay, "PY1010": zwfw.RateLimited,
	"PY2001": zwfw.CodeMalformed, "PY2002": zwfw.CodeExpired, "PY2003": zwfw.CodeUsed, "PY2004": zwfw.CodeNotFound, "PY2005": zwfw.CodeTypeUnsupported,
	"PY2006": zwfw.SceneDenied, "PY2007": zwfw.CodeNotYetValid, "PY2008": zwfw.CodeExpired, "PY2009": zwfw.EmergencyInvalid, "PY2010": zwfw.EmergencyInvalid,
	"PY2011": zwfw.Busy, "PY3001": zwfw.TokenInvalid, "PY3002": zwfw.TokenInvalid, "PY3003": zwfw.ConsentRequired, "PY3004": zwfw.NotRealName,
	"PY3005": zwfw.UserNotFound, "PY3006": zwfw.CodeNotFound, "PY3007": zwfw.CodeExpired, "PY3008": zwfw.CodeNotFound, "PY9001": zwfw.Upstream,
	"PY9002": zwfw.Upstream, "PY9003": zwfw.EmergencyAllowed,
	// Unknown ones: by their class, and never success.
	"PY1999": zwfw.BadRequest, "PY2999": zwfw.CodeNotFound, "PY3999": zwfw.TokenInvalid, "PY9999": zwfw.Upstream, "PY0001": zwfw.Unclassified,
	"PY": zwfw.Unclassified, "PY00000": zwfw.Unclassified, "py2002": zwfw.CodeExpired, " PY2002 ": zwfw.CodeExpired,
}

func TestEveryCodeHasItsKindAndAnUnknownOneIsNeverSuccess(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	for code, kind := range pyCodes {
		p.Faults().Always("yimatong.DecodeQRCode", sandbox.Body(200, fmt.Sprintf(`{"code":%q,"msg":"成功","response":null}`, code)))
		_, err := decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
		require.ErrorIs(t, err, kind, code)
	}
}

func TestALostCodeIsMadeAgain(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 2, BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}))
	token := tokenOf(t, p, client, p.Citizens()[0])
	p.Faults().Next("yimatong.CreateQRCode", sandbox.DropAfter())
	_, err := client.CreateQRCode(t.Context(), token, here)
	require.NoError(t, err)
	require.Equal(t, 2, p.Effects("yimatong.CreateQRCode"))
}

func TestAnAuthorisationIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("yimatong.Authorize", sandbox.DropAfter())
	_, err := client.Authorize(t.Context(), p.MintAuthorization(p.Citizens()[0], "APP-01"), "APP-01")
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, zwfw.OutcomeUnknown, e.Outcome)
	require.Equal(t, 1, p.Effects("yimatong.Authorize"))
	require.Len(t, p.Requests(), 1)
}

func TestAnAuthorisationOfAnotherApplicationOrAnOldOneIsRefused(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	code := p.MintAuthorization(p.Citizens()[0], "APP-02")
	for _, x := range []struct {
		app, want string
		kind      zwfw.Kind
	}{{"APP-01", "PY3008", zwfw.CodeNotFound}, {"APP-99", "PY1005", zwfw.CallerDenied}, {"APP-02", "", ""}, {"APP-02", "PY3007", zwfw.CodeExpired}} {
		_, err := client.Authorize(t.Context(), code, x.app)
		if x.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, x.kind)
		var e *zwfw.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, x.want, e.Code)
	}
}

func TestTheSandboxRefusesAsThePlatformDoes(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithYimatong(sandbox.YimatongSetup{Merchants: []sandbox.YimatongMerchant{
		{ID: "M0001", Devices: []string{"DEV-01"}, Disabled: []string{"DEV-02"}, Scenes: []string{"park"}}, {ID: "M0002", Blocked: true}, {ID: "M0003", NoDecode: true},
	}}))
	citizens := p.Citizens()
	ask := func(merchant int, code zwfw.CodeText, device, scene string) error {
		_, err := newClient(t, p.YimatongConfigOf(merchant)).DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: code, Device: device, Scene: scene})
		return err
	}
	fresh := func(i int) zwfw.CodeText { return p.MintYimatongCode(citizens[i]) }
	require.NoError(t, ask(0, fresh(0), "DEV-01", "park"))
	require.ErrorIs(t, ask(0, fresh(0), "DEV-02", ""), zwfw.DeviceDenied)
	require.ErrorIs(t, ask(0, fresh(0), "DEV-99", ""), zwfw.DeviceDenied)
	require.ErrorIs(t, ask(0, fresh(0), "DEV-01", "school"), zwfw.SceneDenied)
	require.ErrorIs(t, ask(1, fresh(0), "DEV-01", ""), zwfw.CallerDenied)
	require.ErrorIs(t, ask(2, fresh(0), "DEV-01", ""), zwfw.PermissionDenied)
	require.ErrorIs(t, ask(0, p.MintCode(citizens[0]), "DEV-01", ""), zwfw.CodeTypeUnsupported, "a code of the other platform")
	require.ErrorIs(t, ask(0, zwfw.NewCodeText("https://ymt.example.invalid/q?d=1"), "DEV-01", ""), zwfw.CodeMalformed)
	require.ErrorIs(t, ask(0, zwfw.NewCodeText("https://ymt.example.invalid/q?d=00000000+/00000000==&s=ab c&t=3"), "DEV-01", ""), zwfw.CodeNotFound)
	require.ErrorIs(t, ask(0, fresh(len(citizens)-2), "DEV-01", ""), zwfw.ConsentRequired)
	require.ErrorIs(t, ask(0, fresh(len(citizens)-1), "DEV-01", ""), zwfw.NotRealName)
	revoked := fresh(0)
	p.RevokeYimatongCode(revoked)
	require.ErrorIs(t, ask(0, revoked, "DEV-01", ""), zwfw.CodeNotFound)
	old := fresh(0)
	p.Clock().Advance(61 * time.Second)
	require.ErrorIs(t, ask(0, old, "DEV-01", ""), zwfw.CodeExpired)
	young := fresh(0)
	p.Clock().Advance(-2 * time.Minute)
	require.ErrorIs(t, ask(0, young, "DEV-01", ""), zwfw.CodeNotYetValid)
}

// A city may send masked values only: the code is spent, and what came is handed out.
func TestAnAnswerWithoutNameAndNumberIsOfUse(t *testing.T) {
	t.Parallel()
	config := sandbox.Start(t).YimatongConfig()
	cipher, err := crypto.NewCipher("aes-ecb-pkcs5", crypto.Material{Secret: []byte(config.DataKey.Reveal())}, crypto.CipherOptions{})
	require.NoError(t, err)
	for plain, of := range map[string]bool{`{"concealName":"*三"}`: true, `{"mobile":"10000000001"}`: true, `{"decodeId":"d-1"}`: false} {
		sealed, err := cipher.Seal([]byte(plain))
		require.NoError(t, err)
		p, client := start(t)
		p.Faults().Next("yimatong.DecodeQRCode", sandbox.Body(200, `{"code":"PY0000","response":"`+crypto.Encoding("b64").Encode(sealed)+`"}`))
		person, err := decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
		if of {
			require.NoError(t, err)
			require.NotEmpty(t, person.Warnings, "what is missing is named")
			continue
		}
		require.ErrorIs(t, err, zwfw.ProtocolMismatch)
		require.ErrorContains(t, err, "[PY0000]")
	}
}
