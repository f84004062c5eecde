package outbox_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// silent is a store whose line takes questions and brings no answers.
type silent struct {
	outbox.Engine
	on *atomic.Bool
}

func (s silent) Settle(ctx context.Context, c outbox.Settlement) error {
	if s.on.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return s.Engine.Settle(ctx, c)
}

func (s silent) Stats(ctx context.Context) (map[string]outbox.Stats, error) {
	if s.on.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Engine.Stats(ctx)
}

func openSilent(t *testing.T) (*outbox.Outbox, *atomic.Bool) {
	engine, err := outbox.OpenFile(filepath.Join(t.TempDir(), "outbox.db"), zwfw.SystemClock(), time.Hour, nil)
	require.NoError(t, err)
	on := new(atomic.Bool)
	o, err := outbox.OpenEngine(context.Background(), silent{engine, on}, config())
	require.NoError(t, err)
	return o, on
}

func TestAStoreThatNeverAnswersHoldsUpNeitherRunNorClose(t *testing.T) {
	t.Parallel()
	bubble(t, "stop", func(t *testing.T) {
		o, on := openSilent(t)
		enqueue(t, o, message("a", ""))
		ctx, stop := context.WithCancel(t.Context())
		err := o.Run(ctx, map[string]outbox.Handler{"q": {Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			on.Store(true)
			stop()
			return outbox.Done()
		}}})
		require.NoError(t, err)
		_, err = o.Close(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestASettlementWithoutAnswerIsTriedAgain(t *testing.T) {
	t.Parallel()
	bubble(t, "again", func(t *testing.T) {
		o, on := openSilent(t)
		enqueue(t, o, message("a", ""))
		run(t, o, outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			on.Store(true)
			return outbox.Done()
		}})
		time.Sleep(10 * time.Second)
		on.Store(false)
		time.Sleep(time.Minute)
		require.EqualValues(t, 1, closed(t, o).Delivered)
	})
}
