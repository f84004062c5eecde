package outbox_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

const secret = "0123456789abcdef0123456789abcdef"

// keys has one key.
func keys(id, secret string) outbox.KeyProvider {
	return outbox.KeyFunc(func(_ context.Context, asked string) (outbox.Key, error) {
		if asked != "" && asked != id {
			return outbox.Key{}, outbox.ErrNoKey
		}
		return outbox.Key{ID: id, Secret: zwfw.NewSecret(secret)}, nil
	})
}

// watch keeps the events of an outbox.
type watch struct {
	mu     sync.Mutex
	events []outbox.Event
}

func (w *watch) see(e outbox.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *watch) all(kind outbox.EventKind) (found []outbox.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// config has one queue, q, that refuses when full.
func config() outbox.Config {
	return outbox.Config{Queues: []outbox.Queue{{Name: "q", WhenFull: outbox.Refuse}}, Keys: keys("k1", secret)}
}

func place(t testing.TB) string { return filepath.Join(t.TempDir(), "outbox.db") }

func open(t testing.TB, path string, c outbox.Config) *outbox.Outbox {
	t.Helper()
	o, err := outbox.Open(context.Background(), path, c)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = o.Close(canceled()) })
	return o
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func enqueue(t testing.TB, o *outbox.Outbox, m outbox.Message) outbox.Receipt {
	t.Helper()
	r, err := o.Enqueue(context.Background(), m)
	require.NoError(t, err)
	return r
}

func message(key, order string) outbox.Message {
	return outbox.Message{Queue: "q", Key: key, Order: order, Body: []byte("body of " + key)}
}

// closed closes and gives what is left, after checking that the counts add up.
func closed(t testing.TB, o *outbox.Outbox) outbox.Stats {
	t.Helper()
	left, err := o.Close(context.Background())
	require.NoError(t, err)
	adds(t, left)
	return left
}

func adds(t testing.TB, s outbox.Stats) {
	t.Helper()
	require.Equal(t, s.Enqueued, s.Delivered+s.Dead+s.Expired+s.Refused+s.Pending, "%+v", s)
}

func sum(t testing.TB, o *outbox.Outbox) outbox.Stats {
	t.Helper()
	_, all, err := o.Stats(context.Background())
	require.NoError(t, err)
	adds(t, all)
	return all
}

// run starts Run and ends it with the test.
func run(t testing.TB, o *outbox.Outbox, h outbox.Handler) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx, map[string]outbox.Handler{"q": h}) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
}

// drain delivers everything and gives what the handler saw.
func drain(t testing.TB, o *outbox.Outbox, n int) (all []outbox.Delivery) {
	t.Helper()
	seen := make(chan outbox.Delivery, n+100)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- o.Run(ctx, map[string]outbox.Handler{"q": {Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
			seen <- d
			return outbox.Done()
		}}})
	}()
	for range n {
		all = append(all, <-seen)
	}
	cancel()
	require.NoError(t, <-ended)
	require.Empty(t, seen, "more deliveries than expected")
	return all
}

func numbered(n int) (keys []string) {
	for i := range n {
		keys = append(keys, fmt.Sprintf("k%03d", i))
	}
	return keys
}
