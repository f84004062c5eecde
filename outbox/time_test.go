package outbox_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// jumping is the machine's clock with a hand on it: times keep their monotonic reading
// unless it is set, as on a real machine.
type jumping struct{ by time.Duration }

func (j *jumping) clock() zwfw.Clock {
	return zwfw.ClockFunc(func() time.Time { return time.Now().Add(j.by) })
}

func TestALifeEndsWithAnEvent(t *testing.T) {
	t.Parallel()
	bubble(t, "ttl", func(t *testing.T) {
		w := &watch{}
		c := config()
		c.OnEvent = w.see
		c.Queues[0].TTL = time.Hour
		o := open(t, place(t), c)
		enqueue(t, o, message("queue's", "x"))
		short := message("own", "x")
		short.TTL = 10 * time.Minute
		enqueue(t, o, short)
		run(t, o, outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome { return outbox.Retry(20 * time.Minute) }})
		time.Sleep(12 * time.Minute)
		synctest.Wait()
		require.EqualValues(t, 1, sum(t, o).Expired)
		require.EqualValues(t, 2, w.all(outbox.EventExpired)[0].Sequence)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 2, sum(t, o).Expired)
		require.Len(t, w.all(outbox.EventExpired), 2)
	})
}

func TestOldMessagesBecomeDeadLettersWithTheirLastError(t *testing.T) {
	t.Parallel()
	bubble(t, "age", func(t *testing.T) {
		w := &watch{}
		c := config()
		c.OnEvent = w.see
		c.Queues[0].MaxAge = time.Hour
		o := open(t, place(t), c)
		enqueue(t, o, message("a", ""))
		run(t, o, outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			return outbox.FromError(&zwfw.Error{Kind: zwfw.Upstream, Outcome: zwfw.OutcomeRefused, Code: "502"})
		}})
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		s := sum(t, o)
		require.EqualValues(t, 1, s.Dead)
		class := outbox.Class{Reason: "age", Kind: zwfw.Upstream, Code: "502"}
		for l, err := range o.DeadLetters(t.Context(), "q") {
			require.NoError(t, err)
			require.Equal(t, class, l.Class)
		}
		require.Equal(t, class, w.all(outbox.EventDead)[0].Class)
		n, err := o.Replay(t.Context(), "q", 1)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.EqualValues(t, 1, sum(t, o).Pending, "its age begins anew")
	})
}

func TestSettingTheClockExpiresNothing(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	for _, by := range []time.Duration{2 * time.Hour, 30 * 24 * time.Hour, 50 * year, -2 * time.Hour, -50 * year} {
		bubble(t, fmt.Sprint("open, ", by), func(t *testing.T) {
			w := &watch{}
			hand := &jumping{}
			simulated := zwfw.ClockFunc(func() time.Time { return time.Now().Round(0).Add(hand.by) })
			if by.Abs() > 2*time.Hour { // without a monotonic reading, small steps are time that passes
				clockWith(t, simulated, hand, by, w)
			}
		})
		bubble(t, fmt.Sprint("closed, ", by), func(t *testing.T) {
			if by > 0 && by < 72*time.Hour {
				return // may be a night without power
			}
			w := &watch{}
			hand := &jumping{}
			path := place(t)
			c := config()
			c.Clock, c.OnEvent = hand.clock(), w.see
			c.Queues[0].TTL = time.Hour
			o := open(t, path, c)
			for _, key := range numbered(20) {
				enqueue(t, o, message(key, ""))
			}
			closed(t, o)
			hand.by = by
			o = open(t, path, c)
			require.NotEmpty(t, w.all(outbox.EventClock))
			require.Len(t, drain(t, o, 20), 20)
			closed(t, o)
		})
	}
}

// clockWith sets the clock while messages wait.
func clockWith(t *testing.T, clock zwfw.Clock, hand *jumping, by time.Duration, w *watch) {
	t.Helper()
	c := config()
	c.Clock, c.OnEvent = clock, w.see
	c.Queues[0].TTL = time.Hour
	o := open(t, place(t), c)
	for _, key := range numbered(20) {
		enqueue(t, o, message(key, ""))
	}
	hand.by = by
	require.Len(t, drain(t, o, 20), 20)
	require.NotEmpty(t, w.all(outbox.EventClock))
	closed(t, o)
}

func TestANightWithoutPowerCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		offline, limit time.Duration
		expired        int64
	}{
		{14 * time.Hour, 0, 1},
		{14 * time.Hour, 10 * time.Hour, 0},
		{14 * time.Hour, -1, 0},
		{48 * time.Hour, 0, 0},
		{80 * time.Hour, 0, 0},
		{80 * time.Hour, 100 * time.Hour, 1},
	} {
		bubble(t, fmt.Sprint(c.offline, " of ", c.limit), func(t *testing.T) {
			path := place(t)
			cfg := config()
			cfg.MaxOffline = c.limit
			cfg.Queues[0].TTL = 12 * time.Hour
			o := open(t, path, cfg)
			enqueue(t, o, message("a", ""))
			closed(t, o)
			time.Sleep(c.offline)
			o = open(t, path, cfg)
			run(t, o, outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome { return outbox.Done() }})
			time.Sleep(time.Minute)
			synctest.Wait()
			s := sum(t, o)
			require.Equal(t, [2]int64{c.expired, 1 - c.expired}, [2]int64{s.Expired, s.Delivered})
		})
	}
}

func TestAQueueRestsWhileItsLineIsDownAndOpensUpSlowly(t *testing.T) {
	t.Parallel()
	bubble(t, "outage", func(t *testing.T) {
		w := &watch{}
		c := config()
		c.OnEvent = w.see
		c.Queues[0].Workers = 8
		c.Queues[0].MaxAttempts = 3
		o := open(t, place(t), c)
		for _, key := range numbered(100) {
			enqueue(t, o, message(key, ""))
		}
		back := time.Now().Add(30 * time.Minute)
		tries, flying, most := 0, 0, 0
		var first, last time.Time
		lock := make(chan struct{}, 1)
		run(t, o, outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			lock <- struct{}{}
			defer func() { <-lock }()
			if time.Now().Before(back) {
				tries++
				return outbox.FromError(&zwfw.Error{Kind: zwfw.Upstream, Outcome: zwfw.OutcomeRefused})
			}
			if first.IsZero() {
				first = time.Now()
			}
			flying++
			most = max(most, flying)
			<-lock
			time.Sleep(50 * time.Millisecond)
			lock <- struct{}{}
			last = time.Now()
			flying--
			return outbox.Done()
		}})
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 100, sum(t, o).Delivered, "an outage uses up no attempts")
		require.Less(t, tries, 30, "one message tries at growing intervals")
		require.Greater(t, first, time.Time{})
		require.Less(t, first.Sub(back), 6*time.Minute)
		require.LessOrEqual(t, most, 8)
		require.Greater(t, most, 2)
		require.Greater(t, last.Sub(first), 100*50*time.Millisecond/8, "it opens up step by step")
		require.Len(t, w.all(outbox.EventPaused), 1)
		require.Len(t, w.all(outbox.EventResumed), 1)
	})
}

func TestRetryAfterRestsTheWholeQueue(t *testing.T) {
	t.Parallel()
	bubble(t, "rate limit", func(t *testing.T) {
		o := open(t, place(t), config())
		for _, key := range numbered(10) {
			enqueue(t, o, message(key, ""))
		}
		var times []time.Time
		lock := make(chan struct{}, 1)
		run(t, o, outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			lock <- struct{}{}
			defer func() { <-lock }()
			times = append(times, time.Now())
			if len(times) == 1 {
				return outbox.FromError(&zwfw.Error{Kind: zwfw.RateLimited, Outcome: zwfw.OutcomeRefused, Sent: true, RetryAfter: 7 * time.Minute})
			}
			return outbox.Done()
		}})
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Len(t, times, 11)
		require.GreaterOrEqual(t, times[1].Sub(times[0]), 7*time.Minute)
	})
}

func TestCloseLetsHandlersFinishAndSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	bubble(t, "finish", func(t *testing.T) {
		o := open(t, place(t), config())
		for _, key := range numbered(5) {
			enqueue(t, o, message(key, "x"))
		}
		began := make(chan struct{}, 9)
		run(t, o, outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			began <- struct{}{}
			time.Sleep(time.Second)
			return outbox.Done()
		}})
		<-began
		left := closed(t, o)
		require.EqualValues(t, 1, left.Delivered)
		require.EqualValues(t, 4, left.Pending)
	})
	bubble(t, "no time", func(t *testing.T) {
		o := open(t, place(t), config())
		enqueue(t, o, message("a", "x"))
		began := make(chan struct{}, 9)
		run(t, o, outbox.Handler{Deliver: func(ctx context.Context, _ outbox.Delivery) outbox.Outcome {
			began <- struct{}{}
			<-ctx.Done()
			return outbox.FromError(ctx.Err())
		}})
		<-began
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		left, err := o.Close(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 1, left.Pending)
	})
}
