package outbox_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

func platformDown() outbox.Outcome {
	return outbox.FromError(&zwfw.Error{Kind: zwfw.Upstream, Outcome: zwfw.OutcomeRefused, Sent: true})
}

func TestWhatMayHaveHadAnEffectIsNotForgotten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		outcomes []outbox.Outcome
		want     []bool // Unsettled of each attempt
	}{
		{"unknown, then refused", []outbox.Outcome{outbox.Unknown(), platformDown(), outbox.Retry(0), outbox.Done()}, []bool{false, true, true, true}},
		{"refused only", []outbox.Outcome{outbox.Retry(0), platformDown(), outbox.Done()}, []bool{false, false, false}},
		{"refused, dead, replayed", []outbox.Outcome{outbox.Retry(0), outbox.Dead("E1"), outbox.Done()}, []bool{false, false, false}},
		{"unknown, dead, replayed", []outbox.Outcome{outbox.Unknown(), outbox.Dead("E1"), outbox.Done()}, []bool{false, true, true}},
	} {
		bubble(t, c.name, func(t *testing.T) {
			o := open(t, place(t), config())
			enqueue(t, o, message("a", "x"))
			var seen []bool
			run(t, o, outbox.Handler{Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
				seen = append(seen, d.Unsettled)
				return c.outcomes[d.Attempt-1]
			}})
			time.Sleep(time.Hour)
			synctest.Wait()
			_, err := o.Replay(t.Context(), "q", 1)
			require.NoError(t, err)
			time.Sleep(time.Hour)
			synctest.Wait()
			require.Equal(t, c.want, seen)
			require.EqualValues(t, 1, sum(t, o).Delivered)
		})
	}
}

func TestAMessageThatTakesThePlatformDownHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	bubble(t, "poison", func(t *testing.T) {
		o := open(t, place(t), config())
		for _, key := range []string{"poison", "b", "c", "d"} {
			enqueue(t, o, message(key, key))
		}
		run(t, o, outbox.Handler{Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
			if d.Key == "poison" {
				return platformDown()
			}
			return outbox.Done()
		}})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		require.EqualValues(t, 3, sum(t, o).Delivered)
	})
}
