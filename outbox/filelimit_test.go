package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// shape is a kind of messages that fill a file.
type shape struct {
	name        string
	queues      int
	from, to    int // bytes of a body
	many        int // messages in one call
	dropsOldest bool
}

// filler fills a file with messages whose keys, orders and subjects are all over the index.
type filler struct {
	*file
	shape
	t     *testing.T
	limit int64
	r     *rand.Rand
	n     int
}

func (f *filler) name(i int) string { return fmt.Sprint("q", i) }

func (f *filler) put() error {
	var p Put
	for range f.many {
		f.n++
		var id Hash
		for i := range id {
			id[i] = byte(f.r.Uint32())
		}
		size := f.from + f.r.IntN(f.to-f.from+1)
		p.Rows = append(p.Rows, Row{
			Queue: f.name(f.n % f.queues), ID: id, Lane: id, Subject: Hash{9, id[0]}, TTL: time.Hour, Size: size, DropOldest: f.dropsOldest,
			Seal: func(uint64) ([]byte, error) { return make([]byte, size), nil },
		})
	}
	_, err := f.Put(context.Background(), p)
	f.within()
	return err
}

func (f *filler) fill() {
	var err error
	for err == nil {
		err = f.put()
	}
	require.ErrorIs(f.t, err, ErrFull)
}

func (f *filler) within() {
	f.t.Helper()
	info, err := os.Stat(f.path)
	require.NoError(f.t, err)
	require.LessOrEqual(f.t, info.Size(), f.limit)
}

// settle claims and settles, many at once, and gives how many it settled.
func (f *filler) settle(queue string, n int) int {
	b, err := f.Claim(context.Background(), queue, n)
	require.NoError(f.t, err)
	var all sync.WaitGroup
	failed := make(chan error, len(b.Claims))
	for _, c := range b.Claims {
		s := Settlement{Claim: c, Class: Class{Reason: "handler", Kind: "Conflict", Code: "E12345"}}
		switch f.r.IntN(4) {
		case 0:
			s.State = StateDead
		case 1:
			s.After, s.Charge = time.Hour, true
		default:
			s.State = StateDelivered
		}
		all.Go(func() { failed <- f.Settle(context.Background(), s) })
	}
	all.Wait()
	for range b.Claims {
		require.NoError(f.t, <-failed, "what is stored can be settled")
	}
	f.within()
	return len(b.Claims)
}

func (f *filler) sum() (all Stats) {
	stats, err := f.Stats(context.Background())
	require.NoError(f.t, err)
	for _, s := range stats {
		all = all.plus(s)
	}
	return all
}

func TestAFileStaysWithinItsLimitAndCanAlwaysBeSettled(t *testing.T) {
	t.Parallel()
	rounds := 6
	if os.Getenv("ZWFW_LONG") == "1" {
		rounds = 1 << 20
	}
	for _, s := range []shape{
		{"tiny, six queues", 6, 30, 60, 50, false},
		{"tiny, many in a call", 1, 30, 60, 3000, false},
		{"tickets", 1, 300, 500, 40, false},
		{"half pages", 2, 1500, 2500, 20, false},
		{"all sizes", 3, 30, 40_000, 10, false},
		{"large and small", 2, 500, 1 << 19, 3, false},
		{"large", 1, 500_000, 1 << 20, 1, false},
		{"tickets that make room", 2, 300, 500, 40, true},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %x", seed)
			f := &filler{
				file: newFile(t, fileOptions{maxFile: minFile, maxMessage: 1 << 20}), shape: s,
				t: t, limit: minFile, r: rand.New(rand.NewPCG(seed, 1)),
			}
			if s.dropsOldest {
				for f.sum().Dropped < 1000 {
					require.NoError(t, f.put())
				}
			} else {
				f.fill()
			}
			full := f.sum()
			require.Greater(t, full.Bytes+full.Pending*(rowRoom+settleRoom), int64(minFile/3), "%+v", full)
			require.Equal(t, full.Enqueued, full.Pending+full.Refused)
			t.Logf("%d messages, %d bytes", full.Pending, full.Bytes)
			for i := 0; i < rounds; i++ {
				ended := 0
				for q := range s.queues {
					ended += f.settle(f.name(q), 64)
				}
				require.NoError(t, f.Sweep(t.Context()))
				f.within()
				if err := f.put(); err != nil {
					require.ErrorIs(t, err, ErrFull)
				}
				if ended == 0 || f.sum().Letters > full.Pending/8 {
					break
				}
			}
			f.letterTurns()
			n, err := f.Purge(t.Context(), Hash{9, 7})
			require.NoError(t, err)
			t.Logf("purged %d", n)
			f.within()
		})
	}
}

// letterTurns replays half of the dead letters and discards the others.
func (f *filler) letterTurns() {
	for q := range f.queues {
		dead, err := f.Dead(context.Background(), f.name(q), 0, 1<<20)
		require.NoError(f.t, err)
		var half [2][]uint64
		for i, d := range dead {
			half[i%2] = append(half[i%2], d.Sequence)
		}
		n, err := f.Replay(context.Background(), f.name(q), half[0])
		require.NoError(f.t, err)
		require.Len(f.t, half[0], n)
		f.within()
		n, err = f.Discard(context.Background(), f.name(q), half[1])
		require.NoError(f.t, err)
		require.Len(f.t, half[1], n)
		f.within()
	}
}

func TestAFileOfLimitedSizeThatIsFullCanExpireAsAWhole(t *testing.T) {
	t.Parallel()
	clock := time.Now()
	f := &filler{
		file: newFile(t, fileOptions{maxFile: minFile}), shape: shape{queues: 2, from: 200, to: 600, many: 200},
		t: t, limit: minFile, r: rand.New(rand.NewPCG(1, 2)),
	}
	f.clock = zwfw.ClockFunc(func() time.Time { return clock })
	f.fill()
	full := f.sum()
	clock = clock.Add(2 * time.Hour)
	b, err := f.Claim(t.Context(), "q0", 9)
	require.NoError(t, err)
	require.Empty(t, b.Claims)
	require.Positive(t, b.Next, "there is more to end")
	require.NoError(t, f.Sweep(t.Context()))
	f.within()
	require.Equal(t, [2]int64{0, full.Pending}, [2]int64{f.sum().Pending, f.sum().Expired})
	require.False(t, errors.Is(f.put(), ErrFull))
}
