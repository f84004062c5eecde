package zwfw

import (
	"fmt"
	"time"
)

// Limit bounds what one client sends. Zero members do not limit.
type Limit struct {
	PerSecond  float64 // attempts a second
	Burst      int     // attempts at once before PerSecond counts; default 1
	Concurrent int     // attempts under way
}

// WithLimit keeps a client below its platform's rate limit. A call that would have to
// wait beyond its deadline is refused as RateLimited, not sent.
func WithLimit(l Limit) Option {
	return func(s *Settings) error {
		switch {
		case l.PerSecond < 0 || l.Burst < 0 || l.Concurrent < 0:
			return fmt.Errorf("zwfw: WithLimit: members must not be negative")
		case l.PerSecond == 0 && l.Concurrent == 0:
			return fmt.Errorf("zwfw: WithLimit: PerSecond or Concurrent is required")
		}
		l.Burst = max(l.Burst, 1)
		s.Limit = l
		return nil
	}
}

// Breaker stops sending to a platform that does not answer, so that a queue of people
// is sent to the fall-back at once instead of waiting for each time-out.
type Breaker struct {
	Failures int           // attempts without an answer that open it; default 5
	Within   time.Duration // counted within this time; default 30 s
	Pause    time.Duration // how long it stays open before one attempt is let through; default 5 s
}

// WithBreaker adds a circuit breaker. While it is open, calls are refused as Upstream,
// not sent. Only failures of the line and of the platform itself count, never a
// platform's no.
func WithBreaker(b Breaker) Option {
	return func(s *Settings) error {
		if b.Failures < 0 || b.Within < 0 || b.Pause < 0 {
			return fmt.Errorf("zwfw: WithBreaker: members must not be negative")
		}
		if b.Failures == 0 {
			b.Failures = 5
		}
		if b.Within == 0 {
			b.Within = 30 * time.Second
		}
		if b.Pause == 0 {
			b.Pause = 5 * time.Second
		}
		s.Breaker = b
		return nil
	}
}
