package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// pair is the same work done by the typed call and by hand.
type pair struct{ typed, byHand func(context.Context) error }

func verifyPair(tb testing.TB, base string) pair {
	tb.Helper()
	p := sandbox.New()
	p.URL = base
	config := p.LutongConfig()
	client, err := lutong.New(config)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	hand, err := newByHand(config)
	require.NoError(tb, err)
	tb.Cleanup(hand.client.CloseIdleConnections)
	code := p.MintCode(p.Citizens()[0])
	text := code.Reveal()
	return pair{
		typed: func(ctx context.Context) error {
			user, err := client.VerifyCode(ctx, lutong.VerifyRequest{Code: code})
			if err == nil && user.IDNumber.Reveal() != "999999190001010015" {
				err = fmt.Errorf("another citizen")
			}
			return err
		},
		byHand: func(ctx context.Context) error {
			p, err := hand.verify(ctx, text)
			if err == nil && p.Number != "999999190001010015" {
				err = fmt.Errorf("another citizen")
			}
			return err
		},
	}
}

// Both sides of the comparison do the same work.
func TestBothSidesReadTheSameCitizen(t *testing.T) {
	t.Parallel()
	p := verifyPair(t, start(t))
	require.NoError(t, p.typed(t.Context()))
	require.NoError(t, p.byHand(t.Context()))
}

const rounds = 7

// spent is what one round cost.
type spent struct {
	perCall time.Duration
	allocs  float64
}

// round makes calls from so many callers at once.
func round(b *testing.B, call func(context.Context) error, callers, calls int) spent {
	b.Helper()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	var left atomic.Int64
	left.Store(int64(calls))
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(context.Background()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	return spent{took / time.Duration(calls), float64(after.Mallocs-before.Mallocs) / float64(calls)}
}

func median[T int64 | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

func BenchmarkVerifyCode(b *testing.B) { compare(b, verifyPair) }

// compare measures both sides of a pair in turns, with one caller and with many.
func compare(b *testing.B, make func(testing.TB, string) pair) {
	for _, callers := range []int{1, 128} {
		b.Run(fmt.Sprintf("%d callers", callers), func(b *testing.B) {
			base := start(b)
			p := make(b, base)
			calls := 1000
			for _, warm := range []func(context.Context) error{p.typed, p.byHand} {
				round(b, warm, callers, calls)
			}
			opened := connections(b, base)
			for b.Loop() {
				var times [2][]int64
				var allocs [2][]float64
				for turn := range rounds {
					for i := range 2 {
						side := (i + turn) % 2 // neither is always first
						call := []func(context.Context) error{p.typed, p.byHand}[side]
						s := round(b, call, callers, calls)
						times[side] = append(times[side], int64(s.perCall))
						allocs[side] = append(allocs[side], s.allocs)
					}
				}
				b.ReportMetric(float64(median(times[0]))/float64(median(times[1])), "×time")
				b.ReportMetric(median(allocs[0])/median(allocs[1]), "×allocs")
				b.ReportMetric(float64(median(times[0]))/1000, "µs/call")
				b.ReportMetric(float64(connections(b, base)-opened)/float64(2*rounds*calls), "conns/call")
			}
		})
	}
}

func connections(b *testing.B, base string) int {
	b.Helper()
	resp, err := http.Get(base + "/connections")
	require.NoError(b, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(b, err)
	return n
}
