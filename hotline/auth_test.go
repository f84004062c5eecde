package hotline_test

import (
	"context"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

func logins(p *sandbox.Platform) int {
	n := 0
	for _, r := range p.Requests() {
		if r.Op == "hotline.Authenticate" {
			n++
		}
	}
	return n
}

func TestAThousandColdCallersAuthenticateOnce(t *testing.T) {
	t.Parallel()
	p, client := start(t, patient...)
	p.Hotline().Dispatch(sandbox.HotlineSheet{ID: "D1"})
	p.Faults().Next("hotline.Authenticate", sandbox.Delay(300*time.Millisecond)) // all of them are waiting by then
	var group sync.WaitGroup
	for range 1000 {
		group.Go(func() {
			_, err := client.SignForStatus(t.Context(), "D1")
			assert.NoError(t, err)
		})
	}
	group.Wait()
	require.Equal(t, 1, logins(p))
}

func TestALimitOnConcurrentCallsLetsTheAuthenticationThrough(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithLimit(zwfw.Limit{Concurrent: 1}))
	p.Hotline().Dispatch(sandbox.HotlineSheet{ID: "D1"})
	_, err := client.SignForStatus(t.Context(), "D1")
	require.NoError(t, err)
}

func TestAWrongKeyIsTriedOnceAMinute(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(unhurried))
	c := p.HotlineConfig()
	c.AppKey = zwfw.NewSecret("wrong")
	client := newClient(t, c, zwfw.WithClock(p.Clock()))
	for minute := range 3 {
		for range 20 {
			_, err := client.Flow(t.Context(), "D1")
			requireCode(t, err, "40104", zwfw.Signature)
		}
		require.Equal(t, minute+1, logins(p))
		p.Clock().Advance(61 * time.Second)
	}
	require.Contains(t, p.Requests()[0].Explanation, "sign")
}

func TestTheTokenIsRenewedAheadOfItsEndAndAfterARefusal(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	ask := func() { t.Helper(); _, err := client.SignForStatus(t.Context(), id); require.NoError(t, err) }
	ask()
	ask()
	require.Equal(t, 1, logins(p))
	p.Clock().Advance(119 * time.Minute) // of 120
	ask()
	require.Equal(t, 2, logins(p), "ahead of its end")
	p.Clock().Advance(3 * time.Hour)
	ask()
	require.Equal(t, 3, logins(p))
	p.Hotline().EndTokens()
	ask()
	require.Equal(t, 4, logins(p), "40102: renewed once and repeated")
	unit, ok := client.Unit()
	require.True(t, ok)
	require.Equal(t, hotline.Department, unit.Type)
	require.Equal(t, []string{"report", "dispatch"}, unit.Scopes)
}

// The machine's clock stands still: the time stamp is healed first, then the token that
// the platform calls expired (40103).
func TestAClockThatStandsStillCostsNoMoreThanARenewal(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{TokenLife: 6 * time.Minute, Rate: -1}))
	stopped := p.Clock().Now()
	client := newClient(t, p.HotlineConfig(), zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return stopped })))
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	var answers []string
	for range 2 {
		_, err := client.SignForStatus(t.Context(), id)
		require.NoError(t, err)
		p.Clock().Advance(7 * time.Minute)
	}
	for _, r := range p.Requests() {
		answers = append(answers, r.Answer)
	}
	require.Contains(t, answers, "40105")
	require.Contains(t, answers, "40103")
	require.Equal(t, 2, p.Effects("hotline.Authenticate"))
}

func TestManyUnitsInOneProcessKeepTheirCredentialsApart(t *testing.T) {
	t.Parallel()
	setup := sandbox.HotlineSetup{Rate: -1}
	for _, no := range []string{"01", "02", "03", "04", "05"} {
		setup.Units = append(setup.Units, sandbox.HotlineUnit{AppID: "JX-STREET-" + no, Code: "9999990001" + no, Name: "测试街道" + no, Type: hotline.Department})
	}
	p := sandbox.Start(t, sandbox.WithHotline(setup))
	store, err := zwfw.NewFileTokenStore(filepath.Join(t.TempDir(), "tokens"), make([]byte, 32))
	require.NoError(t, err)
	shared := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(shared.CloseIdleConnections)
	var group sync.WaitGroup
	for i, u := range setup.Units {
		id := p.Hotline().Dispatch(sandbox.HotlineSheet{Unit: u.AppID})
		client := newClient(t, p.HotlineConfigOf(i), append(patient, zwfw.WithTokenStore(store), zwfw.WithHTTPClient(shared), zwfw.WithClock(p.Clock()))...)
		group.Go(func() {
			for range 10 {
				var ids []hotline.DispatchID
				for s, err := range client.PendingSheets(t.Context(), hotline.PendingQuery{}) {
					if !assert.NoError(t, err) {
						return
					}
					ids = append(ids, s.DispatchID)
				}
				assert.Equal(t, []hotline.DispatchID{id}, ids)
			}
		})
	}
	group.Wait()
	require.Equal(t, len(setup.Units), logins(p), "one for each credential")
}

// takeTurns lets two clients of one unit call in turns, and gives the last errors.
func takeTurns(t *testing.T, p *sandbox.Platform, times int, options ...zwfw.Option) (errs []error) {
	t.Helper()
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	a := newClient(t, p.HotlineConfig(), append(options, zwfw.WithClock(p.Clock()))...)
	b := newClient(t, p.HotlineConfig(), append(options, zwfw.WithClock(p.Clock()))...)
	for range times {
		for _, c := range []*hotline.Client{a, b} {
			if _, err := c.SignForStatus(t.Context(), id); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

var lastLoginWins = sandbox.HotlineSetup{SingleToken: true, Rate: -1}

func TestTwoProcessesWithASharedStoreDoNotTakeTheTokenFromEachOther(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(lastLoginWins))
	store, err := zwfw.NewFileTokenStore(filepath.Join(t.TempDir(), "tokens"), make([]byte, 32))
	require.NoError(t, err)
	require.Empty(t, takeTurns(t, p, 50, zwfw.WithTokenStore(store)))
	require.Equal(t, 1, logins(p))
}

func TestTwoProcessesWithoutAStoreAreDampedAndToldWhy(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(lastLoginWins))
	errs := takeTurns(t, p, 50)
	require.LessOrEqual(t, logins(p), 12, "six a minute and process")
	require.NotEmpty(t, errs)
	for _, err := range errs {
		require.ErrorIs(t, err, zwfw.TokenInvalid)
		require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
		require.ErrorContains(t, err, "zwfw.WithTokenStore")
	}
	// Where all tokens live on, two processes do no harm to each other.
	p = sandbox.Start(t, sandbox.WithHotline(unhurried))
	require.Empty(t, takeTurns(t, p, 50))
	require.Equal(t, 2, logins(p))
}

func TestReadyChecksLineTimeAndCredential(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	_, err := client.Ready(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, logins(p))
	for change, kind := range map[string]zwfw.Kind{"JX-NOBODY": zwfw.CallerDenied} {
		c := p.HotlineConfig()
		c.AppID = change
		_, err := newClient(t, c, zwfw.WithClock(p.Clock())).Ready(t.Context())
		requireCode(t, err, "40107", kind)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newClient(t, p.HotlineConfig()).Ready(ctx)
	require.ErrorIs(t, err, zwfw.Canceled)
	require.NoError(t, client.Close())
	_, err = client.Flow(t.Context(), "D1")
	require.ErrorIs(t, err, zwfw.Closed)
}
