package outbox_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// The engine of databases is tested against real servers in internal/interop.

// leased gives the claims of an engine a lease, of which the answer takes a part.
type leased struct {
	outbox.Engine
	answer func(claims int) time.Duration
}

func (l leased) Claim(ctx context.Context, queue string, n int) (outbox.Batch, error) {
	b, err := l.Engine.Claim(ctx, queue, n)
	for i := range b.Claims {
		b.Claims[i].Until = time.Now().Add(time.Minute)
	}
	time.Sleep(l.answer(len(b.Claims)))
	return b, err
}

func TestTheContextOfAHandlerEndsWithTheLease(t *testing.T) {
	t.Parallel()
	bubble(t, "lease", func(t *testing.T) {
		engine, err := outbox.OpenFile(filepath.Join(t.TempDir(), "outbox.db"), zwfw.SystemClock(), time.Hour, nil)
		require.NoError(t, err)
		answers := 0 // the first is too late
		o, err := outbox.OpenEngine(context.Background(), leased{engine, func(claims int) time.Duration {
			if claims == 0 || answers == 2 {
				return 0
			}
			answers++
			return []time.Duration{2 * time.Minute, 10 * time.Second}[answers-1]
		}}, config())
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = o.Close(canceled()) })
		enqueue(t, o, message("a", ""))
		held := make(chan time.Duration, 1)
		run(t, o, outbox.Handler{Deliver: func(ctx context.Context, d outbox.Delivery) outbox.Outcome {
			require.Equal(t, 2, d.Attempt)
			require.False(t, d.Unsettled)
			began := time.Now()
			<-ctx.Done()
			held <- time.Since(began)
			return outbox.Retry(time.Hour)
		}})
		require.Equal(t, 50*time.Second, <-held)
	})
}

func TestEnqueueTxNeedsADatabase(t *testing.T) {
	t.Parallel()
	o := open(t, place(t), config())
	_, err := o.EnqueueTx(t.Context(), &sql.Tx{}, message("a", ""))
	require.EqualError(t, err, "outbox: EnqueueTx: a transaction and an outbox of OpenSQL are needed")
}
