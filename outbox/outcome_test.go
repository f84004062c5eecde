package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// bubble runs a test in simulated time: every pause is exact and takes no time.
func bubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

func TestOutcomesOfHandlers(t *testing.T) {
	t.Parallel()
	refused := func(k zwfw.Kind, sent bool, after time.Duration) error {
		return fmt.Errorf("wrapped: %w", &zwfw.Error{Kind: k, Outcome: zwfw.OutcomeRefused, Sent: sent, RetryAfter: after, Code: "C7"})
	}
	lost := &zwfw.Error{Kind: zwfw.Timeout, Outcome: zwfw.OutcomeUnknown, Sent: true}
	for _, c := range []struct {
		name  string
		first outbox.Outcome
		limit int // MaxAttempts
		want  outbox.Stats
		class outbox.Class
		waits time.Duration // at least, until the second attempt
		at    int           // attempts in all
	}{
		{name: "done", first: outbox.Done(), want: outbox.Stats{Delivered: 1}, at: 1},
		{name: "no error", first: outbox.FromError(nil), want: outbox.Stats{Delivered: 1}, at: 1},
		{name: "done with a quirk", first: outbox.FromError(&zwfw.Error{Outcome: zwfw.OutcomeDone, Kind: zwfw.DecryptFailed}), want: outbox.Stats{Delivered: 1}, at: 1},
		{name: "retry", first: outbox.Retry(time.Minute), want: outbox.Stats{Delivered: 1}, waits: time.Minute, at: 2},
		{name: "retry at the limit", first: outbox.Retry(0), limit: 1, want: outbox.Stats{Dead: 1, Letters: 1}, class: outbox.Class{Reason: "attempts"}, at: 1},
		{name: "dead", first: outbox.Dead("E-9"), want: outbox.Stats{Dead: 1, Letters: 1}, class: outbox.Class{Reason: "handler", Code: "E-9"}, at: 1},
		{name: "dead with a text", first: outbox.Dead("张三 is not known"), want: outbox.Stats{Dead: 1, Letters: 1}, class: outbox.Class{Reason: "handler"}, at: 1},
		{name: "refused for good", first: outbox.FromError(refused(zwfw.Conflict, true, 0)), want: outbox.Stats{Dead: 1, Letters: 1}, class: outbox.Class{Reason: "handler", Kind: zwfw.Conflict, Code: "C7"}, at: 1},
		{name: "line down, not sent, is not counted", first: outbox.FromError(refused(zwfw.Upstream, false, 0)), limit: 1, want: outbox.Stats{Delivered: 1}, waits: time.Second / 2, at: 2},
		{name: "rate limited is not counted", first: outbox.FromError(refused(zwfw.RateLimited, true, 90*time.Second)), limit: 1, want: outbox.Stats{Delivered: 1}, waits: 90 * time.Second, at: 2},
		{name: "platform down, sent, is counted", first: outbox.FromError(refused(zwfw.Upstream, true, 0)), limit: 1, want: outbox.Stats{Dead: 1, Letters: 1}, class: outbox.Class{Reason: "attempts", Kind: zwfw.Upstream, Code: "C7"}, at: 1},
		{name: "unknown", first: outbox.FromError(lost), want: outbox.Stats{Delivered: 1}, at: 2},
		{name: "an error of another package", first: outbox.FromError(errors.New("what")), want: outbox.Stats{Delivered: 1}, at: 2},
		{name: "cancelled", first: outbox.FromError(context.Canceled), limit: 1, want: outbox.Stats{Delivered: 1}, at: 2},
		{name: "the zero outcome", limit: 1, want: outbox.Stats{Dead: 1, Letters: 1}, class: outbox.Class{Reason: "attempts"}, at: 1},
	} {
		bubble(t, c.name, func(t *testing.T) {
			cfg := config()
			cfg.Queues[0].MaxAttempts = c.limit
			o := open(t, place(t), cfg)
			enqueue(t, o, message("a", "x"))
			var attempts atomic.Int32
			var times []time.Time
			run(t, o, outbox.Handler{Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
				times = append(times, time.Now())
				if attempts.Add(1); int(attempts.Load()) != d.Attempt {
					t.Errorf("attempt %d bears the number %d", attempts.Load(), d.Attempt)
				}
				if d.Attempt > 1 {
					return outbox.Done()
				}
				return c.first
			}})
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			s := sum(t, o)
			c.want.Enqueued, c.want.Bytes = 1, s.Bytes
			require.Equal(t, c.want, s)
			require.EqualValues(t, c.at, attempts.Load())
			if c.at == 2 {
				require.GreaterOrEqual(t, times[1].Sub(times[0]), c.waits)
			}
			for l, err := range o.DeadLetters(t.Context(), "q") {
				require.NoError(t, err)
				require.Equal(t, c.class, l.Class)
				require.Equal(t, "a", l.Message.Key)
			}
		})
	}
}

func TestAnUnknownOutcomeIsReconciled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		reconciled []outbox.Outcome
		delivers   int
	}{
		{"the platform has it", []outbox.Outcome{outbox.Done()}, 1},
		{"the platform does not have it", []outbox.Outcome{outbox.NotDone()}, 2},
		{"the query fails first", []outbox.Outcome{outbox.Unknown(), outbox.Retry(time.Second), outbox.Done()}, 1},
	} {
		bubble(t, c.name, func(t *testing.T) {
			o := open(t, place(t), config())
			enqueue(t, o, message("a", ""))
			delivers, reconciles := 0, 0
			run(t, o, outbox.Handler{
				Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
					if delivers++; delivers == 1 {
						return outbox.Unknown()
					}
					require.False(t, d.Unsettled)
					return outbox.Done()
				},
				Reconcile: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
					require.True(t, d.Unsettled)
					reconciles++
					return c.reconciled[reconciles-1]
				},
			})
			time.Sleep(time.Hour)
			synctest.Wait()
			require.Equal(t, c.delivers, delivers)
			require.Equal(t, len(c.reconciled), reconciles)
			require.EqualValues(t, 1, sum(t, o).Delivered)
		})
	}
}

func TestAHandlerThatPanicsLosesNothing(t *testing.T) {
	t.Parallel()
	bubble(t, "panic", func(t *testing.T) {
		o := open(t, place(t), config())
		enqueue(t, o, message("a", ""))
		run(t, o, outbox.Handler{Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
			if d.Attempt == 1 {
				panic("the handler's own fault")
			}
			return outbox.Done()
		}})
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 1, sum(t, o).Delivered)
	})
}
