package dock

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Fetch logs the calling unit in and gives its token and how long it lives, 0 when the
// platform does not say.
type Fetch func(ctx context.Context) (token zwfw.Secret, life time.Duration, err error)

// Tokens is the token of one calling unit: fetched by one caller while the others wait,
// renewed ahead of its end, thrown away only by who was refused with that very token,
// and shared between processes through a store. It starts no goroutine.
type Tokens struct {
	key   string
	fetch Fetch
	clock zwfw.Clock
	store zwfw.TokenStore // nil for this process alone

	mu      sync.Mutex
	current zwfw.StoredToken
	renewAt time.Time
	flight  *flight
	denied  *zwfw.Error // a wrong secret, until deniedTo
	until   time.Time
	fetches []time.Time // of the last minute
}

// flight is one fetch under way. err is valid once done is closed.
type flight struct {
	done chan struct{}
	err  error
}

const (
	renewShare = 0.9 // of its life a token is used; the rest is for renewing in peace
	// maxFetches bounds logins a minute, whatever happens: platforms lock accounts, and
	// where the last login wins two processes without a store would take turns.
	maxFetches = 6
	// unsaidLife is for platforms that do not say how long a token lives: short of every
	// lifetime seen, and a refusal renews it anyway.
	unsaidLife = 10 * time.Minute
	// denyFor keeps a wrong secret from being tried again at once.
	denyFor = time.Minute
	// leaseFor is how long a process may take to fetch before another one does.
	leaseFor = 10 * time.Second
	// pollEvery is how often a process looks for the other one's token.
	pollEvery = 200 * time.Millisecond
)

// NewTokens makes the token of one unit. key tells units apart in the store.
func NewTokens(key string, fetch Fetch, s *zwfw.Settings) *Tokens {
	return &Tokens{key: key, fetch: fetch, clock: s.Clock, store: s.TokenStore}
}

// Token gives a token that is not the one refused.
func (t *Tokens) Token(ctx context.Context, refused zwfw.Secret) (zwfw.Secret, error) {
	for {
		t.mu.Lock()
		now := t.clock.Now()
		usable := !t.current.Token.IsZero() && now.Before(t.current.Expires) && (refused.IsZero() || !t.current.Token.Equal(refused))
		switch {
		case usable && (now.Before(t.renewAt) || t.flight != nil):
			defer t.mu.Unlock()
			return t.current.Token, nil
		case t.denied != nil && now.Before(t.until):
			defer t.mu.Unlock()
			return zwfw.Secret{}, t.denied
		}
		f := t.flight
		if f == nil {
			f = &flight{done: make(chan struct{})}
			t.flight = f
			t.mu.Unlock()
			t.renew(context.WithoutCancel(ctx), f, refused)
			if usable && f.err != nil {
				return t.held(), nil // renewing ahead failed; the old one still lives
			}
		} else {
			t.mu.Unlock()
			select {
			case <-f.done:
			case <-ctx.Done():
				return zwfw.Secret{}, ctx.Err()
			}
		}
		if f.err != nil {
			return zwfw.Secret{}, f.err
		}
		refused = zwfw.Secret{} // what stands now was fetched after the refusal
	}
}

func (t *Tokens) held() zwfw.Secret {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.current.Token
}

// renew is run by one caller at a time.
func (t *Tokens) renew(ctx context.Context, f *flight, refused zwfw.Secret) {
	f.err = errors.New("the fetch ended in a panic")
	defer func() {
		t.mu.Lock()
		t.flight = nil
		t.mu.Unlock()
		close(f.done)
	}()
	f.err = t.obtain(ctx, refused)
}

func (t *Tokens) obtain(ctx context.Context, refused zwfw.Secret) error {
	if t.store == nil {
		token, err := t.login(ctx)
		if err == nil {
			t.adopt(token)
		}
		return err
	}
	for {
		kept, err := t.store.Load(ctx, t.key)
		if err != nil {
			return err
		}
		now := t.clock.Now()
		switch {
		case !kept.Token.IsZero() && now.Before(renewalOf(kept)) && !kept.Token.Equal(refused):
			t.adopt(kept)
			return nil
		case now.Before(kept.Renewing): // another process is at it
			if err := t.clock.Sleep(ctx, pollEvery); err != nil {
				return err
			}
			continue
		}
		lease := kept
		lease.Renewing = now.Add(leaseFor)
		ours, err := t.store.Swap(ctx, t.key, kept.Version, lease)
		if err != nil {
			return err
		}
		if !ours {
			continue
		}
		token, err := t.login(ctx)
		if err != nil {
			kept.Renewing = time.Time{}
			_, _ = t.store.Swap(ctx, t.key, lease.Version+1, kept)
			return err
		}
		t.adopt(token)
		// A store that fails now costs a login later, not this call.
		_, _ = t.store.Swap(ctx, t.key, lease.Version+1, token)
		return nil
	}
}

// login fetches, within the quota, and remembers a wrong secret.
func (t *Tokens) login(ctx context.Context) (zwfw.StoredToken, error) {
	t.mu.Lock()
	now := t.clock.Now()
	for len(t.fetches) > 0 && now.Sub(t.fetches[0]) >= time.Minute {
		t.fetches = t.fetches[1:]
	}
	if len(t.fetches) >= maxFetches {
		wait := time.Minute - now.Sub(t.fetches[0])
		t.mu.Unlock()
		return zwfw.StoredToken{}, &zwfw.Error{Kind: zwfw.TokenInvalid, Outcome: zwfw.OutcomeRefused, RetryAfter: wait,
			Expected: "the platform keeps refusing new tokens; does another process log in with the same account? share a store with zwfw.WithTokenStore"}
	}
	t.fetches = append(t.fetches, now)
	t.mu.Unlock()
	token, life, err := t.fetch(ctx)
	var e *zwfw.Error
	if errors.As(err, &e) {
		switch e.Kind {
		case zwfw.CallerDenied, zwfw.Signature, zwfw.PermissionDenied, zwfw.TokenInvalid, zwfw.BadRequest:
			t.mu.Lock()
			t.denied, t.until = e, t.clock.Now().Add(denyFor)
			t.mu.Unlock()
		}
	}
	if err == nil && token.IsZero() {
		err = &zwfw.Error{Kind: zwfw.ProtocolMismatch, Expected: "the platform gave no token"}
	}
	if life <= 0 {
		life = unsaidLife
	}
	return zwfw.StoredToken{Token: token, Expires: t.clock.Now().Add(life), Life: life}, err
}

func (t *Tokens) adopt(token zwfw.StoredToken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Jitter keeps many processes with tokens of one age from renewing together.
	t.current, t.denied = token, nil
	t.renewAt = renewalOf(token).Add(-time.Duration(rand.Float64() * 0.05 * float64(token.Life)))
}

func renewalOf(token zwfw.StoredToken) time.Time {
	return token.Expires.Add(-time.Duration((1 - renewShare) * float64(token.Life)))
}
