package outbox_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/zwfw-go/zwfw/outbox"
)

// used is a file with a past: 40 of 100 messages are delivered, 10 are dead letters.
type used struct {
	file    []byte
	inUse   int // bytes up to the last page with anything on it
	pending map[string]bool
}

func makeUsed(t *testing.T) used {
	t.Helper()
	path := place(t)
	o := open(t, path, config())
	for i, key := range numbered(100) {
		m := message(key, fmt.Sprint(i%7))
		m.Subject = fmt.Sprint(i % 3)
		if i%4 == 0 {
			m.TTL = 24 * time.Hour
		}
		enqueue(t, o, m)
	}
	u := used{pending: make(map[string]bool)}
	var mu sync.Mutex
	n := 0
	half := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- o.Run(ctx, map[string]outbox.Handler{"q": {Deliver: func(ctx context.Context, d outbox.Delivery) outbox.Outcome {
			mu.Lock()
			n++
			mine := n
			mu.Unlock()
			switch {
			case mine == 50:
				close(half)
			case mine > 50:
				<-ctx.Done()
				return outbox.FromError(ctx.Err())
			case mine%5 == 0:
				return outbox.Dead("E1")
			}
			return outbox.Done()
		}}})
	}()
	<-half
	cancel()
	require.NoError(t, <-ended)
	require.EqualValues(t, 50, closed(t, o).Pending)
	var err error
	u.file, err = os.ReadFile(path)
	require.NoError(t, err)
	u.inUse = len(bytes.TrimRight(u.file, "\x00"))
	o = open(t, path, config())
	for _, d := range drain(t, o, 50) {
		u.pending[d.Key] = true
	}
	return u
}

// afterwards opens a damaged file, delivers what is in it and says what became of it.
func (u used) afterwards(t *testing.T, file []byte) (w *watch, delivered int, s outbox.Stats) {
	t.Helper()
	path := place(t)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	w = &watch{}
	c := config()
	c.OnEvent = w.see
	began := time.Now()
	o, err := outbox.Open(context.Background(), path, c)
	took := time.Since(began)
	require.NoError(t, err)
	for range 3 { // something else may have held the machine up
		if took < openWithin {
			break
		}
		took = timeOpening(t, file)
	}
	require.Less(t, took, openWithin, "opening a damaged file")
	seen := make(map[string]bool)
	var mu sync.Mutex
	run := make(chan error, 1)
	go func() {
		run <- o.Run(context.Background(), map[string]outbox.Handler{"q": {Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
			mu.Lock()
			defer mu.Unlock()
			if !u.pending[d.Key] || seen[d.Key] || string(d.Body) != "body of "+d.Key {
				t.Errorf("wrongly delivered: %s", d.Key)
			}
			seen[d.Key] = true
			return outbox.Done()
		}}})
	}()
	require.Eventually(t, func() bool {
		_, all, err := o.Stats(context.Background())
		return err == nil && all.Pending == 0
	}, time.Minute, time.Millisecond)
	enqueue(t, o, message("after", "")) // the machine goes on
	require.Eventually(t, func() bool { mu.Lock(); defer mu.Unlock(); return seen["after"] }, time.Minute, time.Millisecond)
	s = closed(t, o)
	require.NoError(t, <-run)
	if files := w.all(outbox.EventQuarantined); len(files) > 0 {
		kept, err := os.ReadFile(files[0].Path)
		require.NoError(t, err)
		require.Error(t, files[0].Err)
		require.True(t, bytes.Equal(kept, file), "what was set aside is the file as it was")
	}
	return w, len(seen), s
}

// openWithin is the longest that opening a damaged file of this size may take.
const openWithin = time.Second * slowness

func timeOpening(t *testing.T, file []byte) time.Duration {
	t.Helper()
	path := place(t)
	require.NoError(t, os.WriteFile(path, file, 0o600))
	began := time.Now()
	o, err := outbox.Open(context.Background(), path, config())
	took := time.Since(began)
	require.NoError(t, err)
	_, err = o.Close(context.Background())
	require.NoError(t, err)
	return took
}

func TestDamagedFilesAreFoundOut(t *testing.T) {
	t.Parallel()
	u := makeUsed(t)
	u.pending["after"] = true
	const each = 100
	quarantined := 0
	var mu sync.Mutex
	t.Run("all", func(t *testing.T) {
		for _, kind := range []struct {
			name string
			hurt func(r *rand.Rand, file []byte) []byte
		}{
			{"truncated", func(r *rand.Rand, file []byte) []byte { return file[:r.IntN(u.inUse)] }},
			{"page of zeros", func(r *rand.Rand, file []byte) []byte {
				page := r.IntN(u.inUse / 4096)
				clear(file[page*4096 : (page+1)*4096])
				return file
			}},
			{"flipped byte", func(r *rand.Rand, file []byte) []byte {
				file[r.IntN(u.inUse)] ^= byte(1 + r.IntN(255))
				return file
			}},
		} {
			for i := range each {
				t.Run(fmt.Sprintf("%s %d", kind.name, i), func(t *testing.T) {
					t.Parallel()
					w, delivered, s := u.afterwards(t, kind.hurt(rand.New(rand.NewPCG(7, uint64(i))), bytes.Clone(u.file)))
					if len(w.all(outbox.EventQuarantined)) > 0 {
						mu.Lock()
						quarantined++
						mu.Unlock()
						return
					}
					require.EqualValues(t, 51, int64(delivered)+s.Damaged+s.Missing, "every message is accounted for")
				})
			}
		}
	})
	require.Greater(t, quarantined, each, "the damage is real")
}

func TestAFlippedByteInARecordIsAlwaysDetected(t *testing.T) {
	t.Parallel()
	u := makeUsed(t)
	u.pending["after"] = true
	path := filepath.Join(t.TempDir(), "read.db")
	require.NoError(t, os.WriteFile(path, u.file, 0o600))
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	var records [][]byte
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("rows")).ForEach(func(_, v []byte) error { records = append(records, bytes.Clone(v)); return nil })
	}))
	require.NoError(t, db.Close())
	require.Len(t, records, 51, "50 rows and the counts")
	for i, record := range records {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			file := bytes.Clone(u.file)
			offset := rand.IntN(len(record))
			hits := 0
			for at := 0; ; hits++ {
				n := bytes.Index(file[at:], record)
				if n < 0 {
					break
				}
				file[at+n+offset] ^= byte(1 + rand.IntN(255))
				at += n + len(record)
			}
			require.Positive(t, hits)
			w, _, _ := u.afterwards(t, file)
			require.NotEmpty(t, append(w.all(outbox.EventDamaged), w.all(outbox.EventQuarantined)...), "byte %d of %d", offset, len(record))
		})
	}
}
