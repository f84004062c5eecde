package lutong_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// envelope gives a sandbox and a client that speak sd-envelope@1.
func envelope(t *testing.T) (*sandbox.Platform, *lutong.Client) {
	t.Helper()
	d, err := lutong.Dialect(lutong.DialectEnvelope)
	require.NoError(t, err)
	p := sandbox.Start(t, sandbox.WithLutong(sandbox.LutongSetup{Dialect: d}))
	return p, newClient(t, p.LutongConfig(), zwfw.WithDialect(d))
}

func TestTheEnvelopeDialectServesAllThreeCalls(t *testing.T) {
	t.Parallel()
	p, client := envelope(t)
	citizen := p.Citizens()[0]
	user, err := client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(citizen), Scene: lutong.SceneTakeNumber, Device: "KIOSK-01"})
	require.NoError(t, err)
	require.True(t, user.IDNumber.Equal(citizen.IDNumber))
	require.True(t, user.Phone.Equal(citizen.Phone))

	require.NoError(t, client.ReportTicket(t.Context(), ticketFor(citizen, "20240102000017")))
	tickets := p.LutongTickets()
	require.Len(t, tickets, 1)
	require.True(t, tickets[0].Holder.Equal(citizen.IDNumber))
	require.True(t, tickets[0].QueueTime.Equal(time.UnixMilli(1704165845000)))

	user, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: p.MintAuthCode(citizen)})
	require.NoError(t, err)
	require.True(t, user.Name.Equal(citizen.Name))
}

func TestTheEnvelopeDialectTellsRefusalsByTextAlone(t *testing.T) {
	t.Parallel()
	p, client := envelope(t)
	code := p.MintCode(p.Citizens()[0])
	_, err := verify(t, client, code)
	require.NoError(t, err)
	_, err = verify(t, client, code)
	require.ErrorIs(t, err, zwfw.CodeUsed)
	p.Clock().Advance(20 * time.Minute)
	fresh := p.MintCode(p.Citizens()[0])
	_, err = verify(t, client, fresh)
	require.ErrorIs(t, err, zwfw.ClockSkew, "20 minutes are not healed")

	p.Faults().Next("lutong.VerifyCode", sandbox.Body(200, `{"msg":"success"}`))
	_, err = verify(t, client, fresh)
	require.ErrorIs(t, err, zwfw.ProtocolMismatch, "success without a person is none")
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
}

// The dialect that the documentation explains member by member.
func TestTheDocumentedCityWorksOnBothSides(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../docs/examples/invented-city@1.json")
	require.NoError(t, err)
	d, err := zwfw.ParseDialect(document)
	require.NoError(t, err)
	p := sandbox.Start(t, sandbox.WithLutong(sandbox.LutongSetup{Dialect: d}))
	client := newClient(t, p.LutongConfig(), zwfw.WithDialect(d))
	citizen := p.Citizens()[0]
	code := p.MintCode(citizen)
	user, err := verify(t, client, code)
	require.NoError(t, err)
	require.True(t, user.IDNumber.Equal(citizen.IDNumber))
	require.Empty(t, user.Warnings)
	_, err = verify(t, client, code)
	require.ErrorIs(t, err, zwfw.CodeUsed)
	require.NoError(t, client.ReportTicket(t.Context(), ticketFor(citizen, "20240102000017")))
	_, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: p.MintAuthCode(citizen)})
	require.NoError(t, err)
}

func TestTheIdentityVariantServesPersonsAndCorporations(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client := newClient(t, p.WithIdentity(p.LutongConfig()), zwfw.WithWeakCrypto("the province's identity service knows only MD5withRSA"))
	person, agent := p.Citizens()[0], p.Citizens()[1]

	user, err := client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: p.MintIdentityTicket(person, false)})
	require.NoError(t, err)
	require.True(t, user.IDNumber.Equal(person.IDNumber))
	require.True(t, user.Phone.Equal(person.Phone))
	require.Equal(t, "3", user.AuthLevel)
	require.Nil(t, user.Corporation)

	user, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: p.MintIdentityTicket(agent, true), Legal: true})
	require.NoError(t, err)
	require.Equal(t, agent.Company, user.Corporation.Name)
	require.Equal(t, agent.CreditCode, user.Corporation.CreditCode)
	require.True(t, user.IDNumber.Equal(agent.IDNumber), "the user is the agent")

	ticket := p.MintIdentityTicket(person, false)
	_, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: ticket})
	require.NoError(t, err)
	_, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: ticket})
	require.ErrorIs(t, err, zwfw.CodeUsed)
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "UserInfo", e.Op)
	require.Equal(t, "请重新扫描大厅二维码", e.Advice().Citizen.ZH)
}

func TestTheIdentityTicketIsSpentOnceAndItsTokenMayBeAskedAgain(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client := newClient(t, p.WithIdentity(p.LutongConfig()), zwfw.WithWeakCrypto("test"))
	p.Faults().Next("lutong.IdentityPerson", sandbox.DropAfter())
	_, err := client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: p.MintIdentityTicket(p.Citizens()[0], false)})
	require.NoError(t, err)

	p.Faults().Next("lutong.IdentityTicket", sandbox.DropAfter())
	before := len(p.Requests())
	_, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: p.MintIdentityTicket(p.Citizens()[0], false)})
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
	require.Len(t, p.Requests(), before+1)
}

func TestARefusalAfterTheTicketIsSpentIsNotClaimedToBeWithoutEffect(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client := newClient(t, p.WithIdentity(p.LutongConfig()), zwfw.WithWeakCrypto("test"))
	p.Faults().Next("lutong.IdentityPerson", sandbox.RefuseCode("E1", "no"))
	_, err := client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: p.MintIdentityTicket(p.Citizens()[0], false)})
	require.ErrorIs(t, err, zwfw.Unclassified)
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
}

func TestTheIdentityVariantHasOneDeadlineOverBothCalls(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client := newClient(t, p.WithIdentity(p.LutongConfig()), zwfw.WithWeakCrypto("test"), zwfw.WithTimeout(time.Second))
	p.Faults().Next("lutong.IdentityTicket", sandbox.Delay(700*time.Millisecond))
	p.Faults().Next("lutong.IdentityPerson", sandbox.Delay(700*time.Millisecond))
	_, err := client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: p.MintIdentityTicket(p.Citizens()[0], false)})
	require.ErrorIs(t, err, zwfw.Timeout)
}

func TestNothingOfTheGatewayGoesToTheIdentityService(t *testing.T) {
	t.Parallel()
	var head http.Header
	spy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { head = r.Header }))
	defer spy.Close()
	d, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"lutong","name":"x@1","extends":"sd-sop@1","headers":{"x-sop-pinId":"","X-City-App":"{cred.pinId}","X-City-Token":"{cred.token}"}}`))
	require.NoError(t, err)
	p := sandbox.New()
	p.URL = spy.URL
	full := p.WithIdentity(p.LutongConfig())
	client := newClient(t, full, zwfw.WithDialect(d), zwfw.WithWeakCrypto("test"))
	_, _ = client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: zwfw.NewSecret("ST-1")})
	require.NotEmpty(t, head)
	for name := range head {
		require.NotContains(t, name, "X-")
	}
}

func TestTheCryptoReportNamesEverySuiteAndNoKey(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	p.URL = "http://127.0.0.1:1"
	config := p.WithIdentity(p.LutongConfig())
	report := newClient(t, config, zwfw.WithWeakCrypto("the province's identity service knows only MD5withRSA")).CryptoReport()
	require.Equal(t, crypto.Weak, report.Worst())
	table := report.String()
	for _, suite := range []string{"hmac-sm3", "sm2-c1c3c2", "rsa-md5", "rsa-pkcs1"} {
		require.Contains(t, table, suite)
	}
	require.NotContains(t, table, config.AccessToken.Reveal())
	require.Equal(t, crypto.Modern, newClient(t, p.LutongConfig()).CryptoReport().Worst())
}

func TestUserInfoByAuthCodeIsOneTime(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	code := p.MintAuthCode(p.Citizens()[2])
	user, err := client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: code})
	require.NoError(t, err)
	require.True(t, user.IDNumber.Equal(p.Citizens()[2].IDNumber))
	_, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: code})
	require.ErrorIs(t, err, zwfw.CodeUsed)
	late := p.MintAuthCode(p.Citizens()[2])
	p.Clock().Advance(4*time.Minute + 30*time.Second)
	_, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: late})
	require.NoError(t, err)
	late = p.MintAuthCode(p.Citizens()[2])
	p.Clock().Advance(5*time.Minute + time.Second)
	_, err = client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: late})
	require.ErrorIs(t, err, zwfw.CodeExpired)
}

func TestACityOfItsOwnNeedsADocumentAndNoCode(t *testing.T) {
	t.Parallel()
	d, err := zwfw.ParseDialect([]byte(`{
	  "schema": 1, "platform": "lutong", "name": "invented-city@1", "extends": "sd-sop@1",
	  "headers": {"x-sop-pinId": "", "x-sop-timestamp": "", "x-sop-nonce": "", "x-sop-signature": "",
	    "X-City-App": "{cred.pinId}", "X-City-Time": "{ts|yyyyMMddHHmmss}", "X-City-Sign": "HS {sign}"},
	  "sign": {"suite": "hmac-sha256", "key": "token", "text": "{method}\n{path}\n{ts|yyyyMMddHHmmss}\n{body|sha256|hex}", "out": "b64"},
	  "seals": {"cyp": {"suite": "sm2-c1c2c3", "own": "client", "peer": "platform", "out": "b64"}},
	  "reply": {"code": ["result"], "ok": ["0000"], "text": ["reason"], "data": ["person|cyp|json"]},
	  "kinds": {"E1": "CodeExpired", "E2*": "CodeUsed"},
	  "ops": {"VerifyCode": {"path": "/v9/check", "in": {"code": "q|cyp"}, "out": {"name": "xm", "idNumber": "zjhm", "idType": "zjlx", "phone": "sjh"}}}
	}`))
	require.NoError(t, err)
	p := sandbox.Start(t, sandbox.WithLutong(sandbox.LutongSetup{Dialect: d}))
	client := newClient(t, p.LutongConfig(), zwfw.WithDialect(d))
	citizen := p.Citizens()[0]
	code := p.MintCode(citizen)
	user, err := verify(t, client, code)
	require.NoError(t, err)
	require.True(t, user.IDNumber.Equal(citizen.IDNumber))
	p.Faults().Next("lutong.VerifyCode", sandbox.RefuseCode("E2077", ""), sandbox.RefuseCode("e1", ""), sandbox.Refuse(zwfw.CodeExpired))
	for _, kind := range []zwfw.Kind{zwfw.CodeUsed, zwfw.CodeExpired, zwfw.CodeExpired} {
		_, err = verify(t, client, code)
		require.ErrorIs(t, err, kind)
	}
	require.Equal(t, "/sd/seg001/v9/check", p.Requests()[0].Path)
}
