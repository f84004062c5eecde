package lutong_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// oneShotFaults are the ways in which one verification can go wrong, and what its
// caller must be told.
var oneShotFaults = []struct {
	fault   sandbox.Fault
	outcome zwfw.Outcome
	kind    zwfw.Kind
}{
	{sandbox.DropBefore(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.DropAfter(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HalfBody(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(502), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(200), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.HTML(504), zwfw.OutcomeUnknown, zwfw.Timeout},
	{sandbox.HTML(302), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.HTML(307), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Maintenance(), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, ""), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, "null"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, "{}"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"code":"0","msg":"成功"}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"Response":{"RequestId":"a","Error":null,"Data":{}}}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"Response":{"RequestId":"a","Error":null,"Data":{"msgToken":"0"}}}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(500, `{"Response":{"RequestId":"a","Error":null,"Data":{"userNameCyp":"","certNoCyp":""}}}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"Response":{"RequestId":"a","Error":{"Foo":1},"Data":null}}`), zwfw.OutcomeRefused, zwfw.Unclassified},
	{sandbox.Body(200, `{"Response":{"RequestId":"a","Error":"二维码已过期","Data":null}}`), zwfw.OutcomeRefused, zwfw.CodeExpired},
	{sandbox.Body(500, `{"Response":{"RequestId":"a","Error":{"Code":"INTERNAL","Message":"x"},"Data":null}}`), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.Body(302, `{"Response":{"RequestId":"a","Error":null,"Data":{"userNameCyp":"","certNoCyp":""}}}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"Response":{"RequestId":"a","Error":null,"error":{"Code":"CODE_USED"},"Data":null}}`), zwfw.OutcomeRefused, zwfw.Unclassified},
	{sandbox.Body(404, "404 page not found"), zwfw.OutcomeRefused, zwfw.ProtocolMismatch},
	{sandbox.Body(401, "no"), zwfw.OutcomeRefused, zwfw.PermissionDenied},
	{sandbox.Body(429, "slow down"), zwfw.OutcomeRefused, zwfw.RateLimited},
	{sandbox.EmptyAnswer(), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Undecryptable(), zwfw.OutcomeDone, zwfw.DecryptFailed},
	{sandbox.Refuse(zwfw.Upstream), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.Refuse(zwfw.RateLimited), zwfw.OutcomeRefused, zwfw.RateLimited},
	{sandbox.RefuseCode("E-77", "no table knows this"), zwfw.OutcomeRefused, zwfw.Unclassified},
	{sandbox.SkewClock(20 * time.Minute), zwfw.OutcomeRefused, zwfw.ClockSkew},
	{sandbox.Drip(1), zwfw.OutcomeUnknown, zwfw.Timeout},
	{sandbox.Delay(5 * time.Second), zwfw.OutcomeUnknown, zwfw.Timeout},
	{sandbox.Endless(), zwfw.OutcomeUnknown, zwfw.TooLarge},
	{sandbox.GzipBomb(1 << 30), zwfw.OutcomeUnknown, zwfw.TooLarge},
}

func TestVerifyCodeUnderEveryFaultHasAtMostOneEffectAndNoWrongSuccess(t *testing.T) {
	t.Parallel()
	for _, x := range oneShotFaults {
		t.Run(x.fault.String(), func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if x.kind == zwfw.Timeout && x.outcome == zwfw.OutcomeUnknown {
				timeout = 2 * time.Second // faults that outlast any caller
			}
			p, client := start(t, zwfw.WithTimeout(timeout), zwfw.WithAttemptTimeout(timeout), zwfw.WithMaxResponse(64<<10))
			p.Faults().Next("lutong.VerifyCode", x.fault)
			code := p.MintCode(p.Citizens()[0])
			began := time.Now()

			user, err := verify(t, client, code)

			require.Nil(t, user)
			require.ErrorIs(t, err, x.kind, "%v", err)
			require.Equal(t, x.outcome, zwfw.OutcomeOf(err), "%v", err)
			require.LessOrEqual(t, p.Effects("lutong.VerifyCode"), 1)
			require.Len(t, p.Requests(), 1, "one-shot: nothing is sent twice after it may have left")
			require.Empty(t, p.Faults().Pending())
			require.Less(t, time.Since(began), 5*time.Minute, "the deadline is kept: a drip of 1 B/s would take a quarter of an hour")
			require.NotContains(t, err.Error(), "\n")
			if x.outcome == zwfw.OutcomeUnknown {
				require.Equal(t, "请刷新鲁通码后重新扫码", zwfw.AdviceFor(err).Citizen.ZH)
				require.Contains(t, err.Error(), "no query settles it")
			}
		})
	}
}

func TestRefusalsBeforeAnyEffectAreHealedOnce(t *testing.T) {
	t.Parallel()
	for _, fault := range []sandbox.Fault{sandbox.Refuse(zwfw.Busy), sandbox.SkewClock(9 * time.Minute)} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			p, client := start(t)
			p.Faults().Next("lutong.VerifyCode", fault)
			if fault.String() != "refuse Busy" {
				p.Faults().Next("lutong.VerifyCode", fault) // the platform's clock stays off
			}

			_, err := verify(t, client, p.MintCode(p.Citizens()[0]))

			if fault.String() == "refuse Busy" {
				require.NoError(t, err)
				require.Equal(t, 1, p.Effects("lutong.VerifyCode"))
			} else {
				// Signed for the platform's clock; the code itself is minutes old by it.
				require.ErrorIs(t, err, zwfw.CodeExpired)
			}
			require.Len(t, p.Requests(), 2)
		})
	}
	t.Run("not twice", func(t *testing.T) {
		t.Parallel()
		p, client := start(t)
		p.Faults().Always("lutong.VerifyCode", sandbox.Refuse(zwfw.Busy))
		_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
		require.ErrorIs(t, err, zwfw.Busy)
		require.Len(t, p.Requests(), 2)
	})
}

func TestReportTicketIsRepeatedAfterALostAnswerAndCountsOnce(t *testing.T) {
	t.Parallel()
	for _, fault := range []sandbox.Fault{
		sandbox.DropBefore(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.HTML(502), sandbox.HTML(503), sandbox.Refuse(zwfw.Upstream), sandbox.Refuse(zwfw.RateLimited),
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			p, client := start(t)
			p.Faults().Next("lutong.ReportTicket", fault, fault)

			require.NoError(t, client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017")))

			tickets := p.LutongTickets()
			require.Len(t, tickets, 1)
			require.Equal(t, 1, tickets[0].Messages, "the citizen gets one message")
			require.Len(t, p.Requests(), 3)
		})
	}
	t.Run("and says so when it gives up", func(t *testing.T) {
		t.Parallel()
		p, client := start(t)
		p.Faults().Always("lutong.ReportTicket", sandbox.DropAfter())
		err := client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017"))
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
		require.Contains(t, err.Error(), "ReportTicket with the same number settles it")
		require.Equal(t, "号票有效，请留意叫号", zwfw.AdviceFor(err).Citizen.ZH)
		require.Len(t, p.Requests(), 3)
	})
	t.Run("but not when the answer is no", func(t *testing.T) {
		t.Parallel()
		p, client := start(t)
		p.Faults().Always("lutong.ReportTicket", sandbox.Refuse(zwfw.BadRequest))
		err := client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017"))
		require.ErrorIs(t, err, zwfw.BadRequest)
		require.Len(t, p.Requests(), 1)
	})
	t.Run("a refusal after a lost answer leaves it unknown", func(t *testing.T) {
		t.Parallel()
		p, client := start(t)
		p.Faults().Next("lutong.ReportTicket", sandbox.DropAfter(), sandbox.Refuse(zwfw.DuplicateTicket))
		err := client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017"))
		require.ErrorIs(t, err, zwfw.DuplicateTicket)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
		require.Len(t, p.LutongTickets(), 1)
	})
	t.Run("an answer without yes or no is no success", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			`{"Response":{"RequestId":"x"}}`, `{"Response":{"RequestId":"x","Code":"500","Message":"失败"}}`, `{"Response":{"RequestId":"x","Data":{"code":"500","success":false}}}`,
		} {
			p, client := start(t)
			p.Faults().Always("lutong.ReportTicket", sandbox.Body(200, body))
			err := client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017"))
			require.ErrorIs(t, err, zwfw.ProtocolMismatch, body)
			require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err), body)
		}
	})
	t.Run("an empty answer is no success", func(t *testing.T) {
		t.Parallel()
		p, client := start(t)
		p.Faults().Always("lutong.ReportTicket", sandbox.Body(200, "{}"))
		err := client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017"))
		require.ErrorIs(t, err, zwfw.ProtocolMismatch)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
	})
}

func TestUnreachablePlatformIsCertainlyRefusedAndNamesTheFallBack(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	p := sandbox.New()
	p.URL = "http://" + address
	client := newClient(t, p.LutongConfig())

	_, err = verify(t, client, p.MintCode(p.Citizens()[0]))

	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, zwfw.Upstream, e.Kind)
	require.False(t, e.Sent)
	require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
	require.Equal(t, 3, e.Attempts, "what never left may be tried again")
	require.Contains(t, e.Advice().Citizen.ZH, "身份证")
	_, err = client.Ready(t.Context())
	require.ErrorIs(t, err, zwfw.Upstream)
}

func TestMemoryStaysBoundedUnderAHostileAnswer(t *testing.T) {
	p, client := start(t, zwfw.WithMaxResponse(1<<20))
	p.Faults().Always("lutong.VerifyCode", sandbox.GzipBomb(1<<30))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, zwfw.TooLarge)
	require.Contains(t, err.Error(), "WithMaxResponse")
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20), "a gigabyte unpacked would show")
}

func TestCancellationReturnsPromptlyAndSaysWhatIsKnown(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()             // the caller gives up while the platform is at it
		<-r.Context().Done() // which ends only because the caller is gone
	}))
	defer server.Close()
	p := sandbox.New()
	p.URL = server.URL
	client := newClient(t, p.LutongConfig(), zwfw.WithTimeout(time.Minute), zwfw.WithAttemptTimeout(time.Minute), zwfw.WithConnectTimeout(time.Minute))

	_, err := client.VerifyCode(ctx, lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})

	require.ErrorIs(t, err, zwfw.Canceled)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))

	_, err = client.VerifyCode(ctx, lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])})
	require.ErrorIs(t, err, zwfw.Canceled)
	require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err), "a call begun with a dead context never leaves")
}

func TestThousandGoroutinesShareOneClient(t *testing.T) {
	t.Parallel()
	p, client := start(t, patient...)
	const callers = 1000
	codes := make([]zwfw.CodeText, callers)
	holders := make([]sandbox.Citizen, callers)
	for i := range codes {
		holders[i] = p.Citizens()[i%10]
		codes[i] = p.MintCode(holders[i])
	}
	p.Clock().Advance(-30 * time.Second) // the race detector is slow; the codes live longer so
	var wg sync.WaitGroup
	failures := make(chan error, callers)
	for i := range callers {
		wg.Go(func() {
			user, err := client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: codes[i]})
			if err == nil && !user.IDNumber.Equal(holders[i].IDNumber) {
				err = errors.New("another citizen's answer")
			}
			if err != nil {
				failures <- err
			}
		})
	}
	wg.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	require.Equal(t, callers, p.Effects("lutong.VerifyCode"))
}

func TestTwoClientsOfDifferentOrganisationsNeverMix(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	clients := []*lutong.Client{newClient(t, p.LutongConfigOf(0), patient...), newClient(t, p.LutongConfigOf(1), patient...)}
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			err := clients[i%2].ReportTicket(t.Context(), ticketFor(p.Citizens()[0], fmt.Sprintf("2024010200%04d", i)))
			if err != nil {
				t.Errorf("ticket %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	want := []string{p.LutongConfigOf(0).OrgID, p.LutongConfigOf(1).OrgID}
	tickets := p.LutongTickets()
	require.Len(t, tickets, 100)
	for _, ticket := range tickets {
		var n int
		_, err := fmt.Sscanf(strings.TrimPrefix(ticket.Number, "2024010200"), "%d", &n)
		require.NoError(t, err)
		require.Equal(t, want[n%2], ticket.OrgID, ticket.Number)
	}
}

func TestAGivenHTTPClientIsNotChangedAndRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	p.Faults().Always("lutong.VerifyCode", sandbox.HTML(http.StatusTemporaryRedirect))
	transport := &http.Transport{DisableKeepAlives: true}
	given := &http.Client{Transport: transport, Timeout: 3 * time.Second}
	client := newClient(t, p.LutongConfig(), zwfw.WithHTTPClient(given))

	_, err := verify(t, client, p.MintCode(p.Citizens()[0]))

	require.ErrorIs(t, err, zwfw.ProtocolMismatch)
	require.Len(t, p.Requests(), 1)
	require.Nil(t, given.CheckRedirect)
	require.Nil(t, given.Jar)
	require.Same(t, transport, given.Transport)
	require.Nil(t, transport.Proxy)
}

func TestCallsAfterCloseFailByName(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	require.NoError(t, client.Close())
	require.NoError(t, client.Close())
	_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
	require.ErrorIs(t, err, zwfw.Closed)
	require.ErrorIs(t, client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "1")), zwfw.Closed)
	_, err = client.Ready(t.Context())
	require.ErrorIs(t, err, zwfw.Closed)
	require.Empty(t, p.Requests())
}
