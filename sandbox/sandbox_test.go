package sandbox_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T, c lutong.Config, options ...zwfw.Option) *lutong.Client {
	t.Helper()
	cl, err := lutong.New(c, options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = cl.Close() })
	return cl
}

func TestTheSameSeedGivesTheSameWorld(t *testing.T) {
	t.Parallel()
	one, two, other := sandbox.New(), sandbox.New(), sandbox.New(sandbox.WithSeed(2))
	for i, c := range one.Citizens() {
		require.Equal(t, c.IDNumber.Reveal(), two.Citizens()[i].IDNumber.Reveal())
	}
	require.True(t, one.MintCode(one.Citizens()[0]).Equal(two.MintCode(two.Citizens()[0])))
	require.NotEqual(t, one.Citizens()[0].IDNumber.Reveal(), other.Citizens()[0].IDNumber.Reveal())
}

func TestCitizensAreSyntheticAndTheirNumbersValid(t *testing.T) {
	t.Parallel()
	for _, c := range sandbox.New(sandbox.WithCitizens(200)).Citizens() {
		number := c.IDNumber.Reveal()
		require.Regexp(t, `^999999(19|20)\d{2}(0[1-9]|1[0-2])([0-2]\d)\d{3}[\dX]$`, number, "region 999999 is nobody's")
		sum := 0
		for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2, 1} {
			d := 10
			if number[i] != 'X' {
				d = int(number[i] - '0')
			}
			sum += d * w
		}
		require.Equal(t, 1, sum%11, "check digit of GB 11643")
		require.Regexp(t, `^1000000\d{4}$`, c.Phone.Reveal())
		require.True(t, strings.HasPrefix(c.Name.Reveal(), "测试"))
	}
}

func TestItListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "platform.example:80"} {
		_, err := sandbox.New().Listen(address)
		require.Error(t, err, address)
	}
	p := sandbox.Start(t)
	resp, err := http.Get(p.URL + "/")
	require.NoError(t, err)
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Contains(t, string(page), "no real platform")
	http.DefaultClient.CloseIdleConnections()
}

func TestAWrongTokenIsExplainedInTheLog(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := p.LutongConfig()
	c.AccessToken = p.LutongConfigOf(1).AccessToken
	_, err := client(t, c).VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})
	require.ErrorIs(t, err, zwfw.Signature)
	entry := p.Requests()[0]
	require.Equal(t, "SIGNATURE", entry.Answer)
	require.Contains(t, entry.Explanation, "the key of another caller was used")
	require.Contains(t, entry.Explanation, "‹token›")
	require.NotContains(t, entry.Explanation, "sandbox-token")
	require.False(t, entry.Effect)
}

func TestGatewayChecksStandInOrder(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	good := p.LutongConfig()
	stranger, foreign := good, good
	stranger.AccessID = "PIN-X"
	foreign.OrgID = p.LutongConfigOf(1).OrgID
	for name, x := range map[string]struct {
		config lutong.Config
		kind   zwfw.Kind
	}{"unknown access id": {stranger, zwfw.CallerDenied}, "another's organisation": {foreign, zwfw.CallerDenied}} {
		_, err := client(t, x.config).VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})
		require.ErrorIs(t, err, x.kind, name)
	}
	blocked := sandbox.Start(t, sandbox.WithLutong(sandbox.LutongSetup{Organisations: []sandbox.LutongOrganisation{
		{AccessID: "PIN-Z", AccessToken: zwfw.NewSecret("TESTING KEY 0001"), OrgID: "999999000000009", Blocked: true},
	}}))
	_, err := client(t, blocked.LutongConfig()).VerifyCode(t.Context(), lutong.VerifyRequest{Code: blocked.MintCode(blocked.Citizens()[0])})
	require.ErrorIs(t, err, zwfw.CallerDenied)
}

func TestAReplayedRequestIsRefused(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	var head http.Header
	var body []byte
	spy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head = r.Header.Clone()
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer spy.Close()
	c := p.LutongConfig()
	c.BaseURL = strings.Replace(c.BaseURL, p.URL, spy.URL, 1)
	_, err := client(t, c).VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0]), Scene: lutong.SceneHandle})
	require.Error(t, err)
	for _, want := range []string{"OK", "REPLAY"} {
		r, err := http.NewRequest(http.MethodPost, p.LutongConfig().BaseURL+"/idcodeCore/api/gateway/decode", bytes.NewReader(body))
		require.NoError(t, err)
		r.Header = head
		r.Close = true
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		log := p.Requests()
		require.Equal(t, want, log[len(log)-1].Answer)
	}
}

func TestTheLogHoldsNoValue(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	p := sandbox.Start(t, sandbox.WithLogger(slog.New(slog.NewJSONHandler(&lines, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	citizen := p.Citizens()[0]
	code := p.MintCode(citizen)
	cl := client(t, p.WithIdentity(p.LutongConfig()), zwfw.WithWeakCrypto("test"))
	_, err := cl.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code})
	require.NoError(t, err)
	require.NoError(t, cl.ReportTicket(t.Context(), lutong.Ticket{
		Number: "20240102000017", Holder: citizen.IDNumber, HolderName: citizen.Name, Hall: "h", Unit: "u", Item: "i", Area: "a",
		Windows: []string{"1"}, QueueNo: "A1", QueueTime: time.Now(),
	}))
	ticket := p.MintIdentityTicket(citizen, false)
	_, err = cl.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: ticket})
	require.NoError(t, err)
	for _, r := range p.Requests() {
		lines.WriteString(r.Curl("http://sandbox") + r.Body + r.Explanation)
	}
	for _, secret := range []string{code.Reveal(), citizen.IDNumber.Reveal(), citizen.Name.Reveal(), citizen.Phone.Reveal(), ticket.Reveal(), p.LutongConfig().AccessToken.Reveal()} {
		require.NotContains(t, lines.String(), secret)
	}
	require.Contains(t, lines.String(), `"codeContent":"‹`)
	require.Contains(t, lines.String(), "lutong.VerifyCode")
}

func TestScriptsRunInOrderThenTheStandingFaultThenNone(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	cl := client(t, p.LutongConfig())
	p.Faults().Next("lutong.VerifyCode", sandbox.Pass(), sandbox.Refuse(zwfw.DeviceDenied))
	p.Faults().Always("*", sandbox.Refuse(zwfw.SceneDenied))
	require.Len(t, p.Faults().Pending(), 2)
	for _, want := range []zwfw.Kind{"", zwfw.DeviceDenied, zwfw.SceneDenied, zwfw.SceneDenied} {
		_, err := cl.VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})
		require.Equal(t, want, zwfw.KindOf(err))
	}
	p.Faults().Clear()
	_, err := cl.VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})
	require.NoError(t, err)
	require.Equal(t, 2, p.Effects("lutong.VerifyCode"))
}

func TestTicketsFollowTheirNumber(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	cl := client(t, p.LutongConfig())
	user, err := cl.VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})
	require.NoError(t, err)
	ticket := lutong.Ticket{
		Number: "20240102000017", Holder: user.IDNumber, HolderName: user.Name, Hall: "h", Unit: "u", Item: "i", Area: "a",
		Windows: []string{"1"}, QueueNo: "A1", QueueTime: time.Now(), MessageToken: user.MessageToken,
	}
	for _, status := range []lutong.TicketStatus{lutong.TicketWaiting, lutong.TicketWaiting, lutong.TicketServing, lutong.TicketDone} {
		ticket.Status = &status
		require.NoError(t, cl.ReportTicket(t.Context(), ticket))
	}
	held := p.LutongTickets()
	require.Len(t, held, 1)
	require.Equal(t, []lutong.TicketStatus{lutong.TicketWaiting, lutong.TicketServing, lutong.TicketDone}, held[0].Statuses)
	require.Equal(t, 4, held[0].Reports)
	require.Equal(t, 1, held[0].Messages)

	p.Clock().Advance(3 * time.Hour)
	ticket.Number = "20240102000018"
	healed := client(t, p.LutongConfig(), zwfw.WithClock(platformClock{p}))
	require.ErrorIs(t, healed.ReportTicket(t.Context(), ticket), zwfw.TokenInvalid, "a message token lives 7200 s")
}

// platformClock lets a client follow the sandbox's clock.
type platformClock struct{ p *sandbox.Platform }

func (c platformClock) Now() time.Time { return c.p.Clock().Now() }
func (c platformClock) Sleep(ctx context.Context, d time.Duration) error {
	return zwfw.SystemClock().Sleep(ctx, d)
}

func TestScriptsForUnknownOperationsPanicWithTheNearestName(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	for _, op := range []string{"VerifyCode", "lutong.verifyCode", "lutong.VerfyCode"} {
		require.PanicsWithValue(t, `sandbox: no operation "`+op+`"; did you mean lutong.VerifyCode?`, func() { p.Faults().Next(op, sandbox.Pass()) })
		require.Panics(t, func() { p.Faults().Always(op, sandbox.Pass()) })
	}
}

func TestAWrongNameOnTheWireIsNotForgiven(t *testing.T) {
	t.Parallel()
	for _, wire := range []string{"codecontent", "CODECONTENT", "code"} {
		d, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"lutong","name":"x@1","extends":"sd-sop@1","ops":{"VerifyCode":{"in":{"code":"` + wire + `"}}}}`))
		require.NoError(t, err)
		p := sandbox.Start(t)
		_, err = client(t, p.LutongConfig(), zwfw.WithDialect(d)).VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})
		require.ErrorIs(t, err, zwfw.BadRequest, wire)
	}
}

func TestACitysOwnCodesAreAnswered(t *testing.T) {
	t.Parallel()
	d, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"lutong","name":"x@1","extends":"sd-sop@1","kinds":{"ZZ-9":"CodeUsed","CODE_EXPIRED":""}}`))
	require.NoError(t, err)
	p := sandbox.Start(t, sandbox.WithLutong(sandbox.LutongSetup{Dialect: d}))
	cl := client(t, p.LutongConfig(), zwfw.WithDialect(d))
	code := p.MintCode(p.Citizens()[0])
	_, err = cl.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code})
	require.NoError(t, err)
	_, err = cl.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code})
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "ZZ-9", e.Code)
	require.Equal(t, zwfw.CodeUsed, e.Kind)
	p.Faults().Next("lutong.VerifyCode", sandbox.RefuseCode("CODE_EXPIRED", ""))
	_, err = cl.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code})
	require.ErrorIs(t, err, zwfw.Unclassified, "the city dropped this code")
}

func TestExplanationsHoldNoValueEither(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := p.WithIdentity(p.LutongConfig())
	wrong, err := crypto.GenerateKey(crypto.KeyRSA, nil)
	require.NoError(t, err)
	c.Identity.SigningKey = wrong
	ticket := p.MintIdentityTicket(p.Citizens()[0], false)
	_, err = client(t, c, zwfw.WithWeakCrypto("test")).UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: ticket})
	require.Error(t, err)
	log := p.Requests()
	require.Contains(t, log[0].Explanation, "rsa-md5")
	require.Contains(t, log[0].Explanation, "biz_content=")
	require.NotContains(t, log[0].Explanation, ticket.Reveal())
}

func TestAThinRequestIsExplained(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	r, err := http.NewRequest(http.MethodPost, p.LutongConfig().BaseURL+"/idcodeCore/api/gateway/decode", strings.NewReader(`{"acceptOrgId":"x"}`))
	require.NoError(t, err)
	r.Close = true
	r.Header.Set("x-sop-pinId", "PIN-A")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	resp.Body.Close()
	require.Contains(t, p.Requests()[0].Explanation, "is missing")
}

func TestSetUpMistakesPanicAtOnce(t *testing.T) {
	t.Parallel()
	d, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"other","name":"x@1","reply":{"code":["c"],"ok":["0"]},"ops":{"A":{"path":"/a"}}}`))
	require.NoError(t, err)
	require.Panics(t, func() { sandbox.New(sandbox.WithLutong(sandbox.LutongSetup{Dialect: d})) })
}
