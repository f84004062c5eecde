package dock_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

func TestTheLimitSpacesAttemptsAndRefusesWhatWouldBeTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{answers: []string{done}}
		e := engine(t, l, plainDialect, zwfw.WithLimit(zwfw.Limit{PerSecond: 2, Burst: 2}), zwfw.WithTimeout(2*time.Second))
		began := time.Now()
		var refused atomic.Int64
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if _, err := e.Call(t.Context(), "Spend", &echoIn{}, &echoOut{}); err != nil {
					if zwfw.KindOf(err) != zwfw.RateLimited || zwfw.OutcomeOf(err) != zwfw.OutcomeRefused {
						t.Error(err)
					}
					refused.Add(1)
				}
			})
		}
		wg.Wait()
		require.Len(t, l.times, 5, "two at once, then one each half second below two seconds")
		require.EqualValues(t, 5, refused.Load())
		for i, at := range l.times {
			require.GreaterOrEqual(t, at.Sub(began), time.Duration(max(0, i-1))*500*time.Millisecond)
		}
	})
}

func TestTheLimitBoundsConcurrentAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		sending := roundTripper(func(r *http.Request) (*http.Response, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			return (&line{answers: []string{done}}).RoundTrip(r)
		})
		s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: sending}), zwfw.WithLimit(zwfw.Limit{Concurrent: 3}))
		require.NoError(t, err)
		e, err := dock.New(manifest(t, plainDialect), party(), s)
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				if _, err := e.Call(t.Context(), "Spend", &echoIn{}, &echoOut{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 3, most.Load())
	})
}

func TestTheBreakerOpensAfterSilenceProbesAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{answers: []string{`{"code":"down"}`}}
		e := engine(t, l, plainDialect, zwfw.WithBreaker(zwfw.Breaker{Failures: 3, Within: 30 * time.Second, Pause: 5 * time.Second}))
		spend := func() error {
			_, _, err := look(t, e, "Spend")
			return err
		}
		for range 3 {
			require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(spend()))
		}
		for range 5 { // open: nothing is sent, the fall-back is named at once
			err := spend()
			require.ErrorIs(t, err, zwfw.Upstream)
			require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
			require.Contains(t, zwfw.AdviceFor(err).Citizen.ZH, "身份证")
		}
		require.Len(t, l.times, 3)
		time.Sleep(5 * time.Second)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(spend()), "one attempt is let through")
		require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(spend()), "it failed: open again")
		l.answers = []string{done}
		time.Sleep(5 * time.Second)
		require.NoError(t, spend())
		require.NoError(t, spend())
		require.Len(t, l.times, 6)
	})
}

func TestARefusalByThePlatformDoesNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	l := &line{answers: []string{`{"code":"nope"}`}}
	e := engine(t, l, plainDialect, zwfw.WithBreaker(zwfw.Breaker{Failures: 2}))
	for range 10 {
		_, _, err := look(t, e, "Spend")
		require.ErrorIs(t, err, zwfw.Conflict)
	}
	require.Len(t, l.times, 10)
}

func TestRetriesOfAClientAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{answers: []string{`{"code":"down"}`}}
		e := engine(t, l, plainDialect)
		for range 200 {
			_, _, _ = look(t, e, "Look")
		}
		require.Equal(t, 200+50, len(l.times), "one attempt a call, and fifty retries in all")
		l.answers = []string{done}
		for range 50 {
			_, _, err := look(t, e, "Look")
			require.NoError(t, err)
		}
		before := len(l.times)
		l.answers = []string{`{"code":"down"}`}
		for range 20 {
			_, _, _ = look(t, e, "Look")
		}
		require.Equal(t, before+20+10, len(l.times), "fifty answers gave ten retries back")
	})
}

// memoryStore is a token store in memory, as two processes would share one.
type memoryStore struct {
	mu   sync.Mutex
	kept map[string]zwfw.StoredToken
}

func (m *memoryStore) Load(_ context.Context, key string) (zwfw.StoredToken, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[key], nil
}

func (m *memoryStore) Swap(_ context.Context, key string, old int64, token zwfw.StoredToken) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[key].Version != old {
		return false, nil
	}
	token.Version = old + 1
	m.kept[key] = token
	return true, nil
}

// lastLoginWins is a platform on which a new login ends the token before.
type lastLoginWins struct {
	mu     sync.Mutex
	valid  string
	logins int
	err    error
}

func (p *lastLoginWins) login(context.Context) (zwfw.Secret, time.Duration, error) {
	time.Sleep(300 * time.Millisecond)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.logins++
	p.valid = "token-" + strconv.Itoa(p.logins)
	return zwfw.NewSecret(p.valid), 2 * time.Hour, p.err
}

func (p *lastLoginWins) accepts(token zwfw.Secret) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return token.Reveal() == p.valid
}

func settings(t *testing.T, options ...zwfw.Option) *zwfw.Settings {
	t.Helper()
	s, err := zwfw.NewSettings(options...)
	require.NoError(t, err)
	return s
}

func TestAThousandColdCallersCauseOneLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(lastLoginWins)
		tokens := dock.NewTokens("unit", p.login, settings(t))
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				token, err := tokens.Token(t.Context(), zwfw.Secret{})
				if err != nil || !p.accepts(token) {
					t.Error(token.Reveal(), err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, p.logins)
	})
}

func TestOnlyTheRefusedTokenIsThrownAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(lastLoginWins)
		tokens := dock.NewTokens("unit", p.login, settings(t))
		first, err := tokens.Token(t.Context(), zwfw.Secret{})
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 50 { // fifty calls were refused with the same token
			wg.Go(func() {
				token, err := tokens.Token(t.Context(), first)
				if err != nil || token.Equal(first) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 2, p.logins)
		second, err := tokens.Token(t.Context(), first)
		require.NoError(t, err)
		require.True(t, p.accepts(second))
		require.Equal(t, 2, p.logins)
	})
}

func TestATokenIsRenewedAheadOfItsEndWhileOthersUseTheOldOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(lastLoginWins)
		tokens := dock.NewTokens("unit", p.login, settings(t))
		for range 24 * 6 { // a day, a call each ten minutes
			token, err := tokens.Token(t.Context(), zwfw.Secret{})
			require.NoError(t, err)
			require.True(t, p.accepts(token))
			time.Sleep(10 * time.Minute)
		}
		require.InDelta(t, 13.5, p.logins, 1.5, "a life of two hours, used to nine tenths or a little less")
	})
}

func TestRenewingAheadThatFailsDoesNoHarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(lastLoginWins)
		tokens := dock.NewTokens("unit", p.login, settings(t))
		_, err := tokens.Token(t.Context(), zwfw.Secret{})
		require.NoError(t, err)
		time.Sleep(115 * time.Minute)
		p.err = &zwfw.Error{Kind: zwfw.Upstream}
		token, err := tokens.Token(t.Context(), zwfw.Secret{})
		require.NoError(t, err)
		require.Equal(t, "token-1", token.Reveal())
	})
}

func TestAWrongSecretIsTriedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &lastLoginWins{err: &zwfw.Error{Kind: zwfw.CallerDenied, Outcome: zwfw.OutcomeRefused}}
		tokens := dock.NewTokens("unit", p.login, settings(t))
		for range 600 { // ten minutes, a call a second
			_, err := tokens.Token(t.Context(), zwfw.Secret{})
			require.ErrorIs(t, err, zwfw.CallerDenied)
			time.Sleep(time.Second)
		}
		require.InDelta(t, 10, p.logins, 1)
	})
}

func TestAPlatformThatRefusesEveryTokenIsNotStormed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(lastLoginWins)
		tokens := dock.NewTokens("unit", p.login, settings(t))
		var last zwfw.Secret
		var damped int
		for range 300 { // five minutes
			token, err := tokens.Token(t.Context(), last)
			if err != nil {
				require.ErrorIs(t, err, zwfw.TokenInvalid)
				require.ErrorContains(t, err, "WithTokenStore")
				damped++
			} else {
				last = token
			}
			time.Sleep(700 * time.Millisecond)
		}
		require.LessOrEqual(t, p.logins, 36)
		require.Positive(t, damped)
	})
}

func TestTwoProcessesWithAStoreDoNotLogInAgainstEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(lastLoginWins)
		store := &memoryStore{kept: make(map[string]zwfw.StoredToken)}
		processes := []*dock.Tokens{
			dock.NewTokens("unit", p.login, settings(t, zwfw.WithTokenStore(store))),
			dock.NewTokens("unit", p.login, settings(t, zwfw.WithTokenStore(store))),
		}
		var refusals atomic.Int64
		var wg sync.WaitGroup
		for _, tokens := range processes {
			wg.Go(func() {
				var refused zwfw.Secret
				for range 4 * 60 * 6 { // four hours, a call each ten seconds
					token, err := tokens.Token(t.Context(), refused)
					if err != nil {
						t.Error(err)
						return
					}
					refused = zwfw.Secret{}
					if !p.accepts(token) {
						refused = token
						refusals.Add(1)
					}
					time.Sleep(10 * time.Second)
				}
			})
		}
		wg.Wait()
		require.LessOrEqual(t, p.logins, 4)
		require.LessOrEqual(t, refusals.Load(), int64(4))
	})
}

func TestACallerWhoLeavesDoesNotSpoilTheLoginForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := new(lastLoginWins)
		tokens := dock.NewTokens("unit", p.login, settings(t))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = tokens.Token(ctx, zwfw.Secret{}) })
		synctest.Wait()
		wg.Go(func() {
			if _, err := tokens.Token(t.Context(), zwfw.Secret{}); err != nil {
				t.Error(err)
			}
		})
		cancel()
		wg.Wait()
		require.Equal(t, 1, p.logins)
	})
}

func TestATokenWithoutALifetimeIsKeptForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins := 0
		tokens := dock.NewTokens("unit", func(context.Context) (zwfw.Secret, time.Duration, error) {
			logins++
			return zwfw.NewSecret("token-" + strconv.Itoa(logins)), 0, nil // the platform does not say
		}, settings(t))
		for range 60 { // a minute, a call a second
			token, err := tokens.Token(t.Context(), zwfw.Secret{})
			require.NoError(t, err)
			require.Equal(t, "token-1", token.Reveal())
			time.Sleep(time.Second)
		}
		require.Equal(t, 1, logins)
	})
}

func TestACallerWhoLeavesWhileWaitingForATokenHasCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := party()
		p.Token = dock.NewTokens("unit", new(lastLoginWins).login, settings(t))
		document := strings.Replace(plainDialect, `"X-Time"`, `"X-Token": "{token}", "X-Time"`, 1)
		e, err := dock.New(manifest(t, document), p, settings(t, zwfw.WithHTTPClient(&http.Client{Transport: &line{answers: []string{done}}})))
		require.NoError(t, err)
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() { _, _ = e.Call(t.Context(), "Look", &echoIn{}, &echoOut{}) })
		synctest.Wait() // the first caller logs in
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		_, err = e.Call(ctx, "Look", &echoIn{}, &echoOut{})
		require.ErrorIs(t, err, zwfw.Canceled)
		require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
	})
}

func TestASealWithAnUnknownSlotNamesTheSlot(t *testing.T) {
	t.Parallel()
	p := party()
	p.Settings = map[string]string{"key": "Config.Key", "client": "Config.PrivateKey"}
	for _, slot := range []string{`"own":"clint"`, `"peer":"clint"`} {
		document := strings.Replace(plainDialect, `"path": "/look"`, `"path": "/look", "in": {"word": "w|s"}, "out": {"word": "w|s"}`, 1)
		document = strings.Replace(document, `"headers"`, `"seals": {"s": {"suite": "sm2-c1c3c2", `+slot+`}}, "headers"`, 1)
		_, err := dock.New(manifest(t, document), p, settings(t))
		require.ErrorContains(t, err, "unknown slot")
		require.NotContains(t, err.Error(), ": (SM2")
	}
}
