package dock

import (
	"context"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// budget bounds the retries of one client: while a platform is down they must not
// multiply the load on it. A retry costs as much as five answered calls give back.
type budget struct {
	mu   sync.Mutex
	left int
}

const (
	retryCost  = 5
	budgetFull = 50 * retryCost // retries that a healthy client may make in a row
)

func newBudget() *budget { return &budget{left: budgetFull} }

func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < retryCost {
		return false
	}
	b.left -= retryCost
	return true
}

func (b *budget) refund() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(budgetFull, b.left+1)
}

// limiter lets attempts through at a rate and a number at once.
type limiter struct {
	clock zwfw.Clock
	limit zwfw.Limit
	slots chan struct{}

	mu   sync.Mutex
	next time.Time // when the next attempt may leave, one burst ahead
}

func newLimiter(l zwfw.Limit, c zwfw.Clock) *limiter {
	m := &limiter{clock: c, limit: l}
	if l.Concurrent > 0 {
		m.slots = make(chan struct{}, l.Concurrent)
	}
	return m
}

// enter waits for a place; leave gives it back. A wait that outlasts the context is not
// begun.
func (m *limiter) enter(ctx context.Context) (leave func(), err *zwfw.Error) {
	refused := func(why string) *zwfw.Error {
		return &zwfw.Error{Kind: zwfw.RateLimited, Outcome: zwfw.OutcomeRefused, Expected: why}
	}
	leave = func() {}
	if m.slots != nil {
		select {
		case m.slots <- struct{}{}:
			leave = func() { <-m.slots }
		case <-ctx.Done():
			return leave, refused("no place among the concurrent calls of WithLimit within the call's time")
		}
	}
	if m.limit.PerSecond > 0 {
		wait := m.reserve()
		if deadline, ok := ctx.Deadline(); ok && wait > 0 && wait >= time.Until(deadline) || m.clock.Sleep(ctx, wait) != nil {
			leave()
			return func() {}, refused("the rate of WithLimit leaves no place within the call's time")
		}
	}
	return leave, nil
}

// reserve takes the next place and gives the time until it comes.
func (m *limiter) reserve() time.Duration {
	step := time.Duration(float64(time.Second) / m.limit.PerSecond)
	now := m.clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if earliest := now.Add(-step * time.Duration(m.limit.Burst-1)); m.next.Before(earliest) {
		m.next = earliest
	}
	wait := m.next.Sub(now)
	m.next = m.next.Add(step)
	return max(wait, 0)
}

// breaker counts attempts without an answer.
type breaker struct {
	clock  zwfw.Clock
	policy zwfw.Breaker

	mu       sync.Mutex
	failures []time.Time
	until    time.Time // open until then; zero while closed
}

// allow reports whether an attempt may leave. After each pause one may, and its outcome
// decides.
func (b *breaker) allow() bool {
	if b.policy.Failures == 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.until.IsZero() {
		return true
	}
	now := b.clock.Now()
	if now.Before(b.until) {
		return false
	}
	b.until = now.Add(b.policy.Pause)
	return true
}

// report takes an attempt's outcome. neither says that it tells nothing of the line, as
// a cancelled call.
func (b *breaker) report(answered, neither bool) {
	if b.policy.Failures == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	switch {
	case neither:
	case answered:
		b.failures, b.until = b.failures[:0], time.Time{}
	default:
		recent := b.failures[:0]
		for _, at := range b.failures {
			if now.Sub(at) < b.policy.Within {
				recent = append(recent, at)
			}
		}
		if b.failures = append(recent, now); len(b.failures) >= b.policy.Failures || !b.until.IsZero() {
			b.failures, b.until = b.failures[:0], now.Add(b.policy.Pause)
		}
	}
}

// unanswered tells an attempt that got no answer from the platform itself.
func unanswered(err *zwfw.Error) bool {
	return err != nil && (err.Kind == zwfw.Upstream || err.Kind == zwfw.Timeout)
}
