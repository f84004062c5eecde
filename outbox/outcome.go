package outbox

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Outcome is what a handler says of a delivery: Done, Retry, Unknown, Dead, or what
// FromError makes of an error. The zero Outcome is Unknown, so that a forgotten one
// never claims anything.
type Outcome struct {
	verdict verdict
	after   time.Duration
	class   Class
	line    bool // the platform or the line is down, or asked to wait: the queue rests
	free    bool // the attempt does not count against MaxAttempts
}

type verdict uint8

const (
	unknown verdict = iota
	done
	retry
	dead
	notDone
)

// Done: delivered.
func Done() Outcome { return Outcome{verdict: done} }

// Retry: certainly not delivered; try again after the given time, 0 for the queue's
// back-off. Later messages of the same Order wait behind it.
func Retry(after time.Duration) Outcome { return Outcome{verdict: retry, after: max(after, 0)} }

// Unknown: the platform may have it. The next step is Handler.Reconcile, and without
// one another delivery with the next attempt number.
func Unknown() Outcome { return Outcome{} }

// NotDone is for Reconcile: the platform certainly does not have it. It is delivered at once.
func NotDone() Outcome { return Outcome{verdict: notDone} }

// Dead: no attempt will ever succeed. The message becomes a dead letter. The code is
// kept with it if it is safe to print (see [zwfw.PrintableCode]); a text is not kept.
func Dead(code string) Outcome {
	return Outcome{verdict: dead, class: Class{Reason: reasonHandler, Code: zwfw.PrintableCode(code)}}
}

// FromError makes an outcome of what a client's call returned:
//
//   - nil, or an error whose own outcome is done: Done.
//   - An unknown outcome, and any error of another package: Unknown.
//   - Refused because line or platform is down (Upstream, Timeout), overloaded (Busy, RateLimited), or
//     because of what time heals (ClockSkew, TokenInvalid): Retry, with the RetryAfter
//     of the error. For the first four the whole queue rests.
//   - Cancelled, or the client was closed: Retry.
//   - Any other refusal: Dead.
//
// An attempt that was not sent does not count against MaxAttempts, nor does one that
// the platform asked to repeat.
func FromError(err error) Outcome {
	if err == nil {
		return Done()
	}
	var e *zwfw.Error
	if !errors.As(err, &e) {
		if errors.Is(err, context.Canceled) {
			return Outcome{free: true}
		}
		return Outcome{}
	}
	o := Outcome{class: Class{Reason: reasonHandler, Kind: e.Kind, Code: zwfw.PrintableCode(e.Code)}, after: max(e.RetryAfter, 0)}
	o.line = down(e.Kind) || e.RetryAfter > 0
	o.free = !e.Sent || e.Kind == zwfw.RateLimited || e.Kind == zwfw.Busy || e.RetryAfter > 0
	switch {
	case e.Outcome == zwfw.OutcomeDone:
		return Done()
	case e.Outcome == zwfw.OutcomeUnknown:
		o.verdict = unknown
	case down(e.Kind), e.Kind == zwfw.ClockSkew, e.Kind == zwfw.TokenInvalid, e.Kind == zwfw.Canceled, e.Kind == zwfw.Closed:
		o.verdict = retry
	default:
		return Outcome{verdict: dead, class: o.class}
	}
	return o
}

func down(k zwfw.Kind) bool {
	return k == zwfw.Upstream || k == zwfw.Timeout || k == zwfw.RateLimited || k == zwfw.Busy
}
