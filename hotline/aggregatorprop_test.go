package hotline_test

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// inTheProcess carries requests to a sandbox, or breaks.
type inTheProcess struct {
	platform *sandbox.Platform
	broken   atomic.Bool
}

func (l *inTheProcess) RoundTrip(q *http.Request) (*http.Response, error) {
	if l.broken.Load() {
		return nil, fmt.Errorf("the line broke")
	}
	return sandboxAnswer(l.platform, q)
}

// Random streams with doubled, late and swapped events around midnight, kills, lost lines
// and a clock that is set: the counters equal a recount, their relations hold at any time,
// and the province finds no fault.
func TestRandomStreamsEqualARecount(t *testing.T) {
	t.Parallel()
	dir, runs := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		zone := cityMorning.Location()
		midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, zone)
		p := sandbox.New(sandbox.WithHotline(unhurried), sandbox.WithStart(midnight.Add(-time.Minute)))
		p.URL = "http://sandbox.test"
		line := &inTheProcess{platform: p}
		client, err := hotline.New(p.HotlineConfigOf(1), once, zwfw.WithClock(p.Clock()), zwfw.WithHTTPClient(&http.Client{Transport: line}))
		require.NoError(t, err)
		box := cityTestBox(t, filepath.Join(dir, strconv.Itoa(runs)))
		defer func() { _, _ = box.Close(context.Background()) }()
		var events []hotline.AggregateEvent
		config := hotline.AggregatorConfig{
			City: cityArea, Counties: []string{countyA, countyB}, Detail: rapid.Bool().Draw(t, "detail"),
			OnEvent: func(e hotline.AggregateEvent) { events = append(events, e) },
		}
		open := func() *hotline.Aggregator {
			a, err := hotline.NewAggregator(client, box, config)
			require.NoError(t, err)
			return a
		}
		a := open()
		pool := drawCalls(t, midnight)
		model := newRecount()
		var told []hotline.CallEvent
		steps, lastSeq := 0, int64(0)
		check := func() {
			c := a.Counters()
			model.equal(t, c.DayBegin, c.Total)
			requireRelations(t, c.Total, c.Counties)
		}
		t.Repeat(map[string]func(*rapid.T){
			"event": func(t *rapid.T) {
				call := rapid.SampledFrom(pool).Draw(t, "call")
				e := rapid.SampledFrom(call).Draw(t, "event")
				require.NoError(t, a.Call(e))
				model.add(e)
				told = append(told, e)
			},
			"step": func(t *rapid.T) {
				if steps == 3 { // a minute later calls are no longer stored
					t.Skip()
				}
				steps++
				p.Clock().Set(midnight.Add(time.Duration(rapid.SampledFrom([]int{-40, -1, 0, 1, 40, 24*60*60 - 1}).Draw(t, "clock")) * time.Second))
				line.broken.Store(rapid.IntRange(0, 3).Draw(t, "line") == 0)
				events = nil
				require.NoError(t, a.Step(context.Background()))
				for _, e := range events {
					require.NotContains(t, []hotline.AggregateEventKind{hotline.AggregateRefused, hotline.AggregateOvertaken, hotline.AggregateStore}, e.Kind, "%v", e.Err)
					if e.Report != "" && e.Seq != 0 {
						require.Greater(t, e.Seq, lastSeq)
						lastSeq = e.Seq
					}
					if e.Kind == hotline.AggregateAccepted && e.Report == "calls" {
						w := p.Hotline().Wall(cityApp).Calls
						requireRelations(t, w.Total, w.Counties)
						require.Equal(t, a.Counters().Total.Offered, w.Total.Offered)
					}
				}
			},
			"killed": func(t *rapid.T) {
				a, steps = open(), 0
				for _, e := range told { // the city's system tells all again
					require.NoError(t, a.Call(e))
				}
			},
			"": func(*rapid.T) { check() },
		})
		require.NoError(t, client.Close())
	})
}

// drawCalls gives scripts of calls, each without a contradiction in itself.
func drawCalls(t *rapid.T, around time.Time) (calls [][]hotline.CallEvent) {
	in := [][]hotline.CallState{
		{hotline.CallIVR, hotline.CallEnded},
		{hotline.CallIVR, hotline.CallQueueing, hotline.CallRinging, hotline.CallTalking, hotline.CallEnded},
		{hotline.CallQueueing, hotline.CallRinging, hotline.CallTalking, hotline.CallHeld, hotline.CallTalking, hotline.CallEnded},
		{hotline.CallIVR, hotline.CallQueueing, hotline.CallAbandoned, hotline.CallEnded},
		{hotline.CallRinging, hotline.CallEnded},
	}
	for i := range rapid.IntRange(1, 8).Draw(t, "calls") {
		e := hotline.CallEvent{ID: fmt.Sprint("c", i), Area: rapid.SampledFrom([]string{"", countyA, countyB}).Draw(t, "area")}
		if rapid.IntRange(0, 4).Draw(t, "direction") == 0 {
			e.Direction, e.Callback = hotline.Outbound, rapid.Bool().Draw(t, "callback")
		}
		at := around.Add(time.Duration(rapid.IntRange(-60, 30).Draw(t, "from")) * time.Second)
		var script []hotline.CallEvent
		for _, state := range rapid.SampledFrom(in).Draw(t, "script") {
			e.State, e.At = state, at
			script = append(script, e)
			at = at.Add(time.Duration(rapid.IntRange(0, 25_000).Draw(t, "after")) * time.Millisecond)
		}
		calls = append(calls, script)
	}
	return calls
}

// requireRelations checks what the contract says of counters (chapter 5.5).
func requireRelations(t require.TestingT, total hotline.CallCounters, counties []hotline.CountyCalls) {
	var sum hotline.CallCounters
	var wait, talk, longest int64
	for _, c := range append(counties, hotline.CountyCalls{Total: total}) {
		require.GreaterOrEqual(t, c.Total.Offered, c.Total.Answered+c.Total.Abandoned)
		require.GreaterOrEqual(t, c.Total.Answered, c.Total.Answered15s)
		require.GreaterOrEqual(t, min(c.Total.Queueing, c.Total.Ringing, c.Total.Talking, c.Total.IVR), 0)
	}
	for _, c := range counties {
		sum.Queueing, sum.Ringing, sum.Talking, sum.IVR = sum.Queueing+c.Total.Queueing, sum.Ringing+c.Total.Ringing, sum.Talking+c.Total.Talking, sum.IVR+c.Total.IVR
		sum.Offered, sum.Answered, sum.Abandoned = sum.Offered+c.Total.Offered, sum.Answered+c.Total.Answered, sum.Abandoned+c.Total.Abandoned
		sum.Answered15s, sum.Outbound, sum.Callback = sum.Answered15s+c.Total.Answered15s, sum.Outbound+c.Total.Outbound, sum.Callback+c.Total.Callback
		wait, talk, longest = wait+*c.Total.WaitSeconds, talk+*c.Total.TalkSeconds, max(longest, *c.Total.LongestWait)
	}
	sum.WaitSeconds, sum.TalkSeconds, sum.LongestWait = &wait, &talk, &longest
	require.Equal(t, sum, total)
}
