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

// leased gives the claims of an engine a lease.
type leased struct{ outbox.Engine }

func (l leased) Claim(ctx context.Context, queue string, n int) (outbox.Batch, error) {
	b, err := l.Engine.Claim(ctx, queue, n)
	for i := range b.Claims {
		b.Claims[i].Lease = time.Minute
	}
	return b, err
}

func TestTheContextOfAHandlerEndsWithTheLease(t *testing.T) {
	t.Parallel()
	bubble(t, "lease", func(t *testing.T) {
		engine, err := outbox.OpenFile(filepath.Join(t.TempDir(), "outbox.db"), zwfw.SystemClock(), time.Hour, nil)
		require.NoError(t, err)
		o, err := outbox.OpenEngine(context.Background(), leased{engine}, config())
		require.NoError(t, err)
		t.Cleanup(func() { _, _ = o.Close(canceled()) })
		enqueue(t, o, message("a", ""))
		held := make(chan time.Duration, 1)
		run(t, o, outbox.Handler{Deliver: func(ctx context.Context, _ outbox.Delivery) outbox.Outcome {
			began := time.Now()
			<-ctx.Done()
			held <- time.Since(began)
			return outbox.Retry(time.Hour)
		}})
		require.Equal(t, time.Minute, <-held)
	})
}

func TestEnqueueTxNeedsADatabase(t *testing.T) {
	t.Parallel()
	o := open(t, place(t), config())
	_, err := o.EnqueueTx(t.Context(), &sql.Tx{}, message("a", ""))
	require.EqualError(t, err, "outbox: EnqueueTx: a transaction and an outbox of OpenSQL are needed")
}
