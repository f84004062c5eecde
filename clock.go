package zwfw

import (
	"context"
	"time"
)

// Clock tells the time and waits. Tests and simulators pass their own with
// [WithClock].
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until the context ends, and then returns its error.
	Sleep(ctx context.Context, d time.Duration) error
}

// ClockFunc makes a Clock of a function that tells the time. It waits in real time.
type ClockFunc func() time.Time

// Now calls the function.
func (f ClockFunc) Now() time.Time { return f() }

// Sleep waits as the machine's clock does.
func (ClockFunc) Sleep(ctx context.Context, d time.Duration) error {
	return systemClock{}.Sleep(ctx, d)
}

// SystemClock is the machine's clock.
func SystemClock() Clock { return systemClock{} }

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
