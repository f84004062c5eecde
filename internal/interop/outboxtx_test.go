package interop_test

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/outbox"
)

func message(key string) outbox.Message {
	return outbox.Message{Queue: "work", Key: key, Order: "lane", Body: []byte("body of " + key)}
}

func begin(t *testing.T, pool *sql.DB, options *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := pool.BeginTx(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

func TestAMessageSharesTheFateOfTheCallersTransaction(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool, o := d.Open(t), openSQL(t, d, nodeConfig(1))
		change(t, pool, "CREATE TABLE tickets (id INT)")
		store := func(key string) *sql.Tx {
			tx := begin(t, pool, nil)
			_, err := tx.Exec("INSERT INTO tickets VALUES (1)")
			require.NoError(t, err)
			receipt, err := o.EnqueueTx(t.Context(), tx, message(key))
			require.NoError(t, err)
			require.Equal(t, outbox.Receipt{Sequence: 1}, receipt)
			return tx
		}
		require.NoError(t, store("lost").Rollback())
		audit(t, pool, o)
		_, s, err := o.Stats(t.Context())
		require.NoError(t, err)
		require.Zero(t, s)
		require.NoError(t, store("kept").Commit())
		audit(t, pool, o)

		tx := begin(t, pool, nil)
		receipt, err := o.EnqueueTx(t.Context(), tx, message("kept"))
		require.NoError(t, err)
		require.Equal(t, outbox.Receipt{Sequence: 1, Duplicate: true}, receipt)
		receipt, err = o.EnqueueTx(t.Context(), tx, message("second"))
		require.NoError(t, err)
		require.Equal(t, outbox.Receipt{Sequence: 2}, receipt)
		require.NoError(t, tx.Commit())

		var keys []string
		deliver(t, o, 2, func(d outbox.Delivery) { keys = append(keys, d.Key+": "+string(d.Body)) })
		require.Equal(t, []string{"kept: body of kept", "second: body of second"}, keys)
		audit(t, pool, o)
	})
}

// deliver runs the outbox until so many messages were delivered.
func deliver(t *testing.T, o *outbox.Outbox, n int, see func(outbox.Delivery)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := o.Run(ctx, map[string]outbox.Handler{"work": {Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
		see(d)
		if n--; n == 0 {
			cancel()
		}
		return outbox.Done()
	}}})
	require.NoError(t, err)
}

func TestAnOpenTransactionHoldsUpStoringButNotDelivering(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool, o := d.Open(t), openSQL(t, d, nodeConfig(1))
		_, err := o.Enqueue(t.Context(), message("first"))
		require.NoError(t, err)
		tx := begin(t, pool, nil)
		_, err = o.EnqueueTx(t.Context(), tx, message("held"))
		require.NoError(t, err)
		deliver(t, o, 1, func(d outbox.Delivery) { require.Equal(t, "first", d.Key) })

		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err = o.Enqueue(ctx, message("third"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, outbox.ErrUncertain)
		require.NoError(t, tx.Commit())
		receipt, err := o.Enqueue(t.Context(), message("third"))
		require.NoError(t, err)
		require.Equal(t, outbox.Receipt{Sequence: 3}, receipt)
		audit(t, pool, o)
	})
}

// A transaction that took its view of the tables before others changed them sees the
// present all the same (MySQL), or is told that it has to be repeated (PostgreSQL).
func TestACallersOldViewDoesNoHarm(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool, o := d.Open(t), openSQL(t, d, nodeConfig(1))
		tx := begin(t, pool, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		var n int
		require.NoError(t, tx.QueryRow("SELECT COUNT(*) FROM zwfw_outbox_messages").Scan(&n))
		_, err := o.Enqueue(t.Context(), message("same"))
		require.NoError(t, err)
		receipt, err := o.EnqueueTx(t.Context(), tx, message("same"))
		if d.Flavor == zwfw.PostgreSQL {
			require.ErrorContains(t, err, "could not serialize")
			require.NoError(t, tx.Rollback())
		} else {
			require.NoError(t, err)
			require.Equal(t, outbox.Receipt{Sequence: 1, Duplicate: true}, receipt)
			receipt, err = o.EnqueueTx(t.Context(), tx, message("other"))
			require.NoError(t, err)
			require.Equal(t, outbox.Receipt{Sequence: 2}, receipt)
			require.NoError(t, tx.Commit())
		}
		audit(t, pool, o)
	})
}

func TestAFullStoreIsCountedWithTheCallersCommit(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		config := nodeConfig(1)
		config.MaxCount = 1
		pool, o := d.Open(t), openSQL(t, d, config)
		_, err := o.Enqueue(t.Context(), message("first"))
		require.NoError(t, err)
		for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
			tx := begin(t, pool, nil)
			_, err = o.EnqueueTx(t.Context(), tx, message("second"))
			require.ErrorIs(t, err, outbox.ErrFull)
			require.NoError(t, end(tx))
		}
		_, s, err := o.Stats(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, s.Refused)
		audit(t, pool, o)
	})
}

// What a full store holds is judged by the present (MySQL), or the caller is told to repeat
// (PostgreSQL): never by the view that its transaction took before others changed it.
func TestAFullStoreIsJudgedByThePresent(t *testing.T) {
	type policy = outbox.Policy
	done := func() outbox.Outcome { return outbox.Done() }
	for name, c := range map[string]struct {
		full    policy
		outcome func() outbox.Outcome // of the two messages that fill the store, after the view was taken
		refused bool
		want    outbox.Stats // without Bytes
	}{
		"delivered, refuse": {outbox.Refuse, done, false, outbox.Stats{Enqueued: 3, Delivered: 2, Pending: 1}},
		"delivered, drop":   {outbox.DropOldest, done, false, outbox.Stats{Enqueued: 3, Delivered: 2, Pending: 1}},
		"dead, drop": {outbox.DropOldest, func() outbox.Outcome { return outbox.Dead("E1") }, true,
			outbox.Stats{Enqueued: 3, Dead: 2, Letters: 2, Refused: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			eachFlavor(t, func(t *testing.T, d dbserver.Database) {
				for _, level := range []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead} {
					config := nodeConfig(1)
					config.MaxCount, config.Queues[0].WhenFull = 2, c.full
					d := dbserver.Start(t, d.Flavor, dbserver.Fast).Fresh(t)
					pool, o := d.Open(t), openSQL(t, d, config)
					for _, key := range []string{"a", "b"} {
						_, err := o.Enqueue(t.Context(), message(key))
						require.NoError(t, err)
					}
					tx := view(t, pool, level)
					settle(t, o, 2, c.outcome)
					_, err := o.EnqueueTx(t.Context(), tx, message("new"))
					if d.Flavor == zwfw.PostgreSQL && level == sql.LevelRepeatableRead {
						require.ErrorContains(t, err, "could not serialize")
						require.NoError(t, tx.Rollback())
						tx = view(t, pool, level)
						_, err = o.EnqueueTx(t.Context(), tx, message("new"))
					}
					if c.refused {
						require.ErrorIs(t, err, outbox.ErrFull)
					} else {
						require.NoError(t, err)
					}
					require.NoError(t, tx.Commit())
					audit(t, pool, o)
					_, s, err := o.Stats(t.Context())
					require.NoError(t, err)
					s.Bytes = 0
					require.Equal(t, c.want, s)
				}
			})
		})
	}
}

// view begins a transaction that has taken its view of the tables.
func view(t *testing.T, pool *sql.DB, level sql.IsolationLevel) *sql.Tx {
	t.Helper()
	tx := begin(t, pool, &sql.TxOptions{Isolation: level})
	var n int
	require.NoError(t, tx.QueryRow("SELECT COUNT(*) FROM zwfw_outbox_values").Scan(&n))
	return tx
}

// settle runs the outbox until so many deliveries ended so.
func settle(t *testing.T, o *outbox.Outbox, n int, outcome func() outbox.Outcome) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, o.Run(ctx, map[string]outbox.Handler{"work": {Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
		if n--; n == 0 {
			cancel()
		}
		return outcome()
	}}}))
}

func TestAMessageClaimedBehindACallersViewIsNotDropped(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		config := nodeConfig(1)
		config.MaxCount, config.Queues[0].WhenFull, config.Lease = 3, outbox.DropOldest, time.Hour
		pool, o := d.Open(t), openSQL(t, d, config)
		for _, key := range []string{"a", "b", "c"} {
			_, err := o.Enqueue(t.Context(), message(key))
			require.NoError(t, err)
		}
		engine, err := outbox.NewSQLEngine(t.Context(), pool, d.Flavor, config)
		require.NoError(t, err)
		tx := view(t, pool, sql.LevelRepeatableRead)
		batch, err := engine.Claim(t.Context(), "work", 1)
		require.NoError(t, err)
		require.Len(t, batch.Claims, 1)
		_, err = o.EnqueueTx(t.Context(), tx, message("new"))
		if d.Flavor == zwfw.PostgreSQL {
			require.ErrorContains(t, err, "could not serialize")
			require.NoError(t, tx.Rollback())
		} else {
			require.NoError(t, err)
			require.NoError(t, tx.Commit())
		}
		require.NoError(t, engine.Settle(t.Context(), outbox.Settlement{Claim: batch.Claims[0], State: outbox.StateDelivered}))
		audit(t, pool, o)
		_, s, err := o.Stats(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, 1, s.Delivered)
		var keys []string
		deliver(t, o, int(s.Pending), func(d outbox.Delivery) { keys = append(keys, d.Key) })
		if d.Flavor == zwfw.PostgreSQL {
			require.Equal(t, []string{"b", "c"}, keys)
		} else {
			require.Equal(t, []string{"c", "new"}, keys)
		}
	})
}

func TestWhatOthersStoredBehindACallersViewTakesRoom(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		config := nodeConfig(1)
		config.MaxMessage, config.MaxBytes = 100, 200 // two messages
		pool, o := d.Open(t), openSQL(t, d, config)
		tx := view(t, pool, sql.LevelRepeatableRead)
		for _, key := range []string{"a", "b"} {
			_, err := o.Enqueue(t.Context(), message(key))
			require.NoError(t, err)
		}
		_, err := o.EnqueueTx(t.Context(), tx, message("new"))
		if d.Flavor == zwfw.PostgreSQL {
			require.ErrorContains(t, err, "could not serialize")
			require.NoError(t, tx.Rollback())
		} else {
			require.ErrorIs(t, err, outbox.ErrFull)
			require.NoError(t, tx.Commit())
		}
		audit(t, pool, o)
	})
}

// Callers with views of any age store into two queues of a full store while messages are
// delivered, some of them in vain; what they repeat is stored once, and the counts stay
// those of the rows.
func TestCallersOfAFullStoreKeepTheCountsRight(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		const callers, each = 4, 15
		config := nodeConfig(2)
		config.MaxCount = 5
		config.Queues[0].WhenFull = outbox.DropOldest
		config.Queues = append(config.Queues, config.Queues[0])
		config.Queues[1].Name = "more"
		pool, o := d.Open(t), openSQL(t, d, config)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		running, deliveries := make(chan error, 1), atomic.Int64{}
		handler := outbox.Handler{Deliver: func(context.Context, outbox.Delivery) outbox.Outcome {
			if deliveries.Add(1)%3 == 0 {
				return outbox.Retry(20 * time.Millisecond)
			}
			return outbox.Done()
		}}
		runCtx, stop := context.WithCancel(ctx)
		go func() { running <- o.Run(runCtx, map[string]outbox.Handler{"work": handler, "more": handler}) }()
		var wg sync.WaitGroup
		for caller := range callers {
			wg.Go(func() {
				for i := range each {
					m := message(fmt.Sprint(caller, "-", i))
					m.Queue = config.Queues[(caller+i)%2].Name
					level := []sql.IsolationLevel{sql.LevelReadCommitted, sql.LevelRepeatableRead, sql.LevelSerializable}[i%3]
					for stored := false; !stored && ctx.Err() == nil; {
						stored = storeTx(ctx, pool, o, level, m)
					}
				}
			})
		}
		wg.Wait()
		stop()
		require.NoError(t, <-running)
		require.NoError(t, ctx.Err())
		audit(t, pool, o)
		_, s, err := o.Stats(t.Context())
		require.NoError(t, err)
		require.EqualValues(t, callers*each, s.Enqueued-(s.Refused-s.Dropped))
		require.LessOrEqual(t, s.Pending, int64(5+callers)) // queues may pass the limit by what they store at once
	})
}

// storeTx reports whether the message is in; otherwise the caller repeats.
func storeTx(ctx context.Context, pool *sql.DB, o *outbox.Outbox, level sql.IsolationLevel, m outbox.Message) bool {
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return false
	}
	defer func() { _ = tx.Rollback() }()
	var n int
	if tx.QueryRow("SELECT COUNT(*) FROM zwfw_outbox_values").Scan(&n) != nil {
		return false
	}
	if _, err := o.EnqueueTx(ctx, tx, m); err != nil {
		return false
	}
	return tx.Commit() == nil
}
