package sandbox

import (
	"context"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Clock is the sandbox's own time. It runs; Set and Advance move it.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
}

// Now is the time on the platforms.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Round(0).Add(c.offset)
}

// Sleep waits in real time. With it the clock is a zwfw.Clock, for clients that follow
// the platforms' time.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	return zwfw.SystemClock().Sleep(ctx, d)
}

// Set moves the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset = t.Round(0).Sub(time.Now().Round(0))
}

// Advance moves the clock by d, back when d is negative.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}
