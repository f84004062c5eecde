package main

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

// hallClock is the clock of one machine: the platform's time, so that the play can
// move the whole hall on, and the machine's own error.
type hallClock struct {
	platform *sandbox.Clock
	ahead    time.Duration
}

func (c hallClock) Now() time.Time { return c.platform.Now().Add(c.ahead) }

// Sleep waits in real time: only the pauses between two attempts come here.
func (c hallClock) Sleep(ctx context.Context, d time.Duration) error {
	return zwfw.SystemClock().Sleep(ctx, d)
}

// seconds gives a duration in whole seconds, for printing.
func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }
