package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// outboxBody is of the size of a ticket's report; outboxSealed of what the outbox keeps of it.
const (
	outboxBody   = 300
	outboxSealed = outboxBody + 190
)

func openOutbox(b *testing.B) *outbox.Outbox {
	b.Helper()
	key := outbox.Key{ID: "k1", Secret: zwfw.NewSecret("0123456789abcdef0123456789abcdef")}
	o, err := outbox.Open(context.Background(), filepath.Join(b.TempDir(), "outbox.db"), outbox.Config{
		Queues: []outbox.Queue{{Name: "tickets", WhenFull: outbox.Refuse}},
		Keys:   outbox.KeyFunc(func(context.Context, string) (outbox.Key, error) { return key, nil }),
	})
	require.NoError(b, err)
	b.Cleanup(func() { _, _ = o.Close(context.Background()) })
	return o
}

func openBolt(b *testing.B) *bbolt.DB {
	b.Helper()
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "raw.db"), 0o600, nil)
	require.NoError(b, err)
	require.NoError(b, db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("b")); return err }))
	b.Cleanup(func() { _ = db.Close() })
	return db
}

// putRaw stores the same bytes under the next number.
func putRaw(tx *bbolt.Tx, value []byte) error {
	bucket := tx.Bucket([]byte("b"))
	n, err := bucket.NextSequence()
	if err != nil {
		return err
	}
	return bucket.Put(binary.BigEndian.AppendUint64(nil, n), value)
}

// BenchmarkOutboxOneWriter sets a sealed Enqueue beside a bare Update of bbolt; above 1
// the outbox is the faster.
func BenchmarkOutboxOneWriter(b *testing.B) {
	outboxRatio(b, 1, 300, func(db *bbolt.DB, value []byte) error {
		return db.Update(func(tx *bbolt.Tx) error { return putRaw(tx, value) })
	})
}

// BenchmarkOutbox64Writers sets it beside bbolt's own way to join writers.
func BenchmarkOutbox64Writers(b *testing.B) {
	outboxRatio(b, 64, 20, func(db *bbolt.DB, value []byte) error {
		return db.Batch(func(tx *bbolt.Tx) error { return putRaw(tx, value) })
	})
}

func outboxRatio(b *testing.B, writers, each int, raw func(*bbolt.DB, []byte) error) {
	o, db := openOutbox(b), openBolt(b)
	body, value := bytes.Repeat([]byte("b"), outboxBody), bytes.Repeat([]byte("v"), outboxSealed)
	n := 0
	for b.Loop() {
		var times [2][]int64
		for range 4 * rounds {
			n++
			times[0] = append(times[0], together(b, writers, func(w int) error {
				for i := range each {
					key := fmt.Sprintf("2024-%d-%d-%d", n, w, i)
					if _, err := o.Enqueue(context.Background(), outbox.Message{Queue: "tickets", Key: key, Order: key, Body: body}); err != nil {
						return err
					}
				}
				return nil
			}))
			times[1] = append(times[1], together(b, writers, func(int) error {
				for range each {
					if err := raw(db, value); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		b.ReportMetric(float64(median(times[1]))/float64(median(times[0])), "×speed")
		b.ReportMetric(float64(median(times[0]))/float64(writers*each), "outbox-ns/message")
	}
}

// together runs the writers and gives the time until the last is done.
func together(b *testing.B, writers int, write func(int) error) int64 {
	b.Helper()
	var all sync.WaitGroup
	failed := make(chan error, writers)
	began := time.Now()
	for w := range writers {
		all.Go(func() {
			if err := write(w); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	select {
	case err := <-failed:
		b.Fatal(err)
	default:
	}
	return int64(took)
}
