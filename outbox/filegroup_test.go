package outbox

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

func newFile(t *testing.T, o fileOptions) *file {
	t.Helper()
	return fileAt(t, filepath.Join(t.TempDir(), "outbox.db"), o)
}

func fileAt(t *testing.T, path string, o fileOptions) *file {
	t.Helper()
	o.maxOffline, o.keepKeys = time.Hour, time.Hour
	f, err := openFile(context.Background(), path, zwfw.SystemClock(), func(Event) {}, o)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// plainRow has an order of its own if lane is 0.
func plainRow(id, lane byte) Row {
	r := Row{Queue: "q", ID: Hash{1, id}, Size: 1, Seal: func(uint64) ([]byte, error) { return []byte{id}, nil }}
	if lane != 0 {
		r.Lane = Hash{lane}
	}
	return r
}

func (f *file) store(t *testing.T, rows ...Row) {
	t.Helper()
	_, err := f.Put(t.Context(), Put{Rows: rows})
	require.NoError(t, err)
}

func (f *file) claims(t *testing.T, n int) []Claim {
	t.Helper()
	b, err := f.Claim(t.Context(), "q", n)
	require.NoError(t, err)
	return b.Claims
}

func (f *file) counted(t *testing.T) Stats {
	t.Helper()
	all, err := f.Stats(t.Context())
	require.NoError(t, err)
	return all["q"]
}

// hang makes commits hang, with one caller in the first of them, until release is called.
func (f *file) hang(t *testing.T) (release func()) {
	t.Helper()
	f.turn <- struct{}{}
	go func() { _ = f.do(context.Background(), true, func(*write) error { return nil }) }()
	f.awaitWaiting(t, 0)
	return func() { <-f.turn }
}

// awaitWaiting returns when so many callers wait behind the commit that hangs.
func (f *file) awaitWaiting(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		f.queued.Lock()
		defer f.queued.Unlock()
		return f.led && len(f.waiting) == n
	}, 10*time.Second, 100*time.Microsecond)
}

func TestWhatIsClaimedIsNotDroppedInTheSameCommit(t *testing.T) {
	t.Parallel()
	f := newFile(t, fileOptions{})
	beat := func(id byte) Put {
		r := plainRow(id, 0)
		r.DropOldest = true
		return Put{Rows: []Row{r}, MaxCount: 1}
	}
	_, err := f.Put(t.Context(), beat(1))
	require.NoError(t, err)
	release := f.hang(t)
	var batch Batch
	claimed, put := make(chan error, 1), make(chan error, 1)
	go func() {
		var err error
		batch, err = f.Claim(t.Context(), "q", 1)
		claimed <- err
	}()
	f.awaitWaiting(t, 1)
	go func() { _, err := f.Put(t.Context(), beat(2)); put <- err }()
	f.awaitWaiting(t, 2)
	release()
	require.NoError(t, <-claimed)
	require.ErrorIs(t, <-put, ErrFull)
	require.Len(t, batch.Claims, 1)
	require.NoError(t, f.Settle(t.Context(), Settlement{Claim: batch.Claims[0], State: StateDelivered}))
	s := f.counted(t)
	require.Equal(t, [3]int64{1, 0, 1}, [3]int64{s.Delivered, s.Dropped, s.Refused})
}

func TestAClaimOfATransactionThatFailsIsTakenBack(t *testing.T) {
	t.Parallel()
	f := newFile(t, fileOptions{})
	f.store(t, plainRow(1, 1))
	release := f.hang(t)
	claimed, failed := make(chan int, 1), make(chan error, 1)
	go func() {
		b, _ := f.Claim(context.Background(), "q", 1)
		claimed <- len(b.Claims)
	}()
	f.awaitWaiting(t, 1)
	go func() {
		failed <- f.do(context.Background(), false, func(*write) error { return context.Canceled })
	}()
	f.awaitWaiting(t, 2)
	release()
	require.ErrorIs(t, <-failed, context.Canceled)
	require.Equal(t, 1, <-claimed, "the claim went on alone")
	require.Empty(t, f.claims(t, 1))
}

func TestCallersWhoseContextEndsLeaveACommitThatHangs(t *testing.T) {
	t.Parallel()
	f := newFile(t, fileOptions{})
	f.store(t, plainRow(1, 1), plainRow(2, 2), plainRow(3, 3), plainRow(4, 4))
	claims := f.claims(t, 2)
	for _, c := range claims {
		require.NoError(t, f.Settle(t.Context(), Settlement{Claim: c, State: StateDead}))
	}
	calls := map[string]func(context.Context) error{
		"put":    func(ctx context.Context) error { _, err := f.Put(ctx, Put{Rows: []Row{plainRow(9, 9)}}); return err },
		"claim":  func(ctx context.Context) error { _, err := f.Claim(ctx, "q", 9); return err },
		"settle": func(ctx context.Context) error { return f.Settle(ctx, Settlement{Claim: claims[0]}) },
		"replay": func(ctx context.Context) error { _, err := f.Replay(ctx, "q", []uint64{1}); return err },
		"header": func(ctx context.Context) error { _, err := f.SetHeader(ctx, nil, []byte("h")); return err },
		"purge":  func(ctx context.Context) error { _, err := f.Purge(ctx, Hash{7}); return err },
		"sweep":  f.Sweep, "compact": f.Compact,
	}
	for name, call := range calls {
		f.turn <- struct{}{}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded, name)
		cancel()
		<-f.turn
		release := f.hang(t) // the call waits behind another
		ctx, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
		require.ErrorIs(t, call(ctx), context.DeadlineExceeded, name)
		cancel()
		release()
	}
	require.NoError(t, f.Sweep(t.Context()), "and then it goes on")
}

func TestClaimsThatNobodyHeardOfComeBack(t *testing.T) {
	t.Parallel()
	f := newFile(t, fileOptions{})
	f.store(t, plainRow(1, 1), plainRow(2, 0))
	f.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := f.Claim(ctx, "q", 9); ended <- err }()
	f.awaitWaiting(t, 0) // it leads
	cancel()
	require.ErrorIs(t, <-ended, ErrUncertain)
	<-f.turn
	claims := f.claims(t, 9)
	for len(claims) < 2 { // once while the lost claim is committed
		claims = append(claims, f.claims(t, 9)...)
	}
	require.Equal(t, [2]int{2, 2}, [2]int{claims[0].Attempt, claims[1].Attempt})
	require.Empty(t, f.claims(t, 9))
}

func TestLettersChangedAfterTheirCallerLeftAreNoRace(t *testing.T) {
	t.Parallel()
	f := newFile(t, fileOptions{})
	var rows []Row
	for i := range byte(200) {
		rows = append(rows, plainRow(i, 0))
	}
	f.store(t, rows...)
	var dead []uint64
	for _, c := range f.claims(t, 200) {
		require.NoError(t, f.Settle(t.Context(), Settlement{Claim: c, State: StateDead}))
		dead = append(dead, c.Sequence)
	}
	for _, change := range []func(context.Context, string, []uint64) (int, error){f.Replay, f.Discard} {
		release := f.hang(t)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { _, err := change(ctx, "q", dead[:100]); ended <- err }()
		f.awaitWaiting(t, 1)
		release()
		cancel()
		<-ended // either way
	}
}

// refusing is a store that takes no settlement while it is told so.
type refusing struct {
	*file
	on atomic.Bool
}

func (r *refusing) Settle(ctx context.Context, s Settlement) error {
	if r.on.Load() {
		return fmt.Errorf("outbox: not stored: told so")
	}
	return r.file.Settle(ctx, s)
}

func testConfig() Config {
	key := Key{ID: "k1", Secret: zwfw.NewSecret("0123456789abcdef0123456789abcdef")}
	return Config{
		Queues: []Queue{{Name: "q", WhenFull: Refuse}},
		Keys:   KeyFunc(func(context.Context, string) (Key, error) { return key, nil }),
	}
}

func TestWhatCouldNotBeSettledComesBackInTheNextRun(t *testing.T) {
	t.Parallel()
	engine := &refusing{file: newFile(t, fileOptions{})}
	o, err := OpenEngine(t.Context(), engine, testConfig())
	require.NoError(t, err)
	_, err = o.Enqueue(t.Context(), Message{Queue: "q", Key: "a", Order: "a"})
	require.NoError(t, err)
	for attempt := 1; attempt <= 2; attempt++ {
		engine.on.Store(attempt == 1)
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, o.Run(ctx, map[string]Handler{"q": {Deliver: func(_ context.Context, d Delivery) Outcome {
			cancel()
			require.Equal(t, attempt, d.Attempt)
			return Done()
		}}}))
	}
	left, err := o.Close(t.Context())
	require.NoError(t, err)
	require.Zero(t, left.Pending)
}

func TestRunsThatEndUnderLoadLeaveNoLaneStuck(t *testing.T) {
	t.Parallel()
	o, err := Open(t.Context(), filepath.Join(t.TempDir(), "outbox.db"), testConfig())
	require.NoError(t, err)
	const lanes = 4
	stop, writing := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range lanes {
		writers.Go(func() {
			for i := 0; stop.Err() == nil; i++ {
				_, _ = o.Enqueue(context.Background(), Message{Queue: "q", Key: fmt.Sprint(w, "-", i), Order: fmt.Sprint(w)})
			}
		})
	}
	handlers := map[string]Handler{"q": {Deliver: func(context.Context, Delivery) Outcome { return Done() }}}
	runs := 40
	if testing.Short() {
		runs = 10
	}
	for i := range runs {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5+i%7)*time.Millisecond)
		require.NoError(t, o.Run(ctx, handlers))
		cancel()
	}
	writing()
	writers.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx, handlers) }()
	require.Eventually(t, func() bool {
		_, s, err := o.Stats(t.Context())
		return err == nil && s.Pending == 0
	}, time.Minute, 10*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	left, err := o.Close(t.Context())
	require.NoError(t, err)
	require.Equal(t, left.Enqueued, left.Delivered)
}

func TestCloseWaitsFiveSecondsForAStoreThatHangs(t *testing.T) {
	t.Parallel()
	f := newFile(t, fileOptions{})
	o, err := OpenEngine(t.Context(), f, testConfig())
	require.NoError(t, err)
	f.turn <- struct{}{}
	began := time.Now()
	_, err = o.Close(t.Context())
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(began), lastWait+2*time.Second)
	_, err = o.Enqueue(t.Context(), Message{Queue: "q", Key: "a"})
	require.ErrorIs(t, err, ErrClosed)
	<-f.turn
	require.Eventually(t, func() bool {
		f.mu.RLock()
		defer f.mu.RUnlock()
		return f.db == nil
	}, 10*time.Second, time.Millisecond, "it is closed when it answers")
}
