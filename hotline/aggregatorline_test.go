package hotline_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestReportsOfAnOutageAreDroppedAndTheProvinceSeesTheGap(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.seat("", "1", hotline.SeatIdle)
	require.Empty(t, d.told())
	d.platform.Faults().Always("*", sandbox.DropBefore())
	var lost []int64
	for i := range 5 {
		d.happens("", fmt.Sprintf("c%d queue", i))
		for _, e := range d.step() {
			require.Equal(t, hotline.AggregateLost, e.Kind)
			require.Error(t, e.Err)
			if e.Report == "calls" {
				lost = append(lost, e.Seq)
			}
		}
	}
	require.Equal(t, []int64{2, 3, 4, 5, 6}, lost)
	d.platform.Faults().Clear()
	d.taken("seat")
	d.taken("call")
	require.Empty(t, d.told())
	require.Len(t, d.taken("call"), 1, "no queue of old snapshots")
	require.True(t, d.taken("seat")[0].Full)
	require.Equal(t, int64(7), d.wall().CallSeq)
	require.Equal(t, 5, d.wall().Calls.Total.Queueing)
	require.Equal(t, lost, d.platform.Hotline().Gaps(cityApp, "calls"))
	require.Equal(t, lost, d.platform.Hotline().Gaps(cityApp, "seats"))
}

func TestAReportWithoutAnAnswerIsRepeatedByTheClientUnderItsNumber(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.client = city(t, d.platform, zwfw.WithHTTPClient(&http.Client{Transport: &d.line})) // one that retries
	d.shut()
	d.open()
	d.platform.Faults().Next("hotline.ReportCalls", sandbox.DropAfter())
	require.Empty(t, d.told())
	reports := d.taken("call")
	require.Len(t, reports, 2)
	require.Equal(t, reports[0], reports[1])
	require.Equal(t, 1, d.platform.Effects("hotline.ReportCalls"))
	require.Empty(t, d.told())
	require.Empty(t, d.platform.Hotline().Gaps(cityApp, "calls"))
}

func TestALaterNumberAtTheProvinceIsTakenOver(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	_, err := d.client.ReportCalls(t.Context(), hotline.CallReport{Snapshot: hotline.Snapshot{City: cityArea, At: d.clock.Now(), Seq: 50, Period: 10 * time.Second}})
	require.NoError(t, err)
	events := d.step()
	require.Equal(t, hotline.AggregateOvertaken, events[1].Kind)
	require.Equal(t, []int64{1, 50}, []int64{events[1].Seq, events[1].Last})
	require.Empty(t, d.told())
	require.Equal(t, int64(51), d.wall().CallSeq)
	d.shut()
	d.open()
	require.Empty(t, d.told())
	require.Equal(t, int64(52), d.wall().CallSeq, "also after a restart")
	require.Empty(t, d.platform.Hotline().Gaps(cityApp, "calls"))

	for _, nonsense := range []string{`{}`, `{"lastSeq":9223372036854775807}`, `{"lastSeq":"x"}`, `{"lastSeq":-5}`, `7`} {
		d.line.answer = `{"code":"40907","message":"x","data":` + nonsense + `}`
		require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateRefused}, d.told(), nonsense)
	}
	d.line.answer = ""
	require.Empty(t, d.told())
	require.Equal(t, int64(58), d.wall().CallSeq)
}

func TestAProvinceThatAsksToWaitIsLeftAloneForSoLong(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{"too many": "42901", "maintenance": "50301"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Period = slowly })
			require.Empty(t, d.told())
			d.taken("call")
			d.line.answer = `{"code":"` + code + `","message":"x","data":{"retryAfterMs":750000}}`
			require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateRefused}, d.told())
			d.line.answer = ""
			require.NotEmpty(t, d.taken("call"))
			for range 2 {
				require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateSkipped}, d.told())
			}
			require.Empty(t, d.taken("call"))
			require.Empty(t, d.told())
			require.Equal(t, []int64{2, 3, 4}, d.platform.Hotline().Gaps(cityApp, "calls"), "the province knows what it did not get")
		})
	}
}

func TestAProvinceThatFindsFaultWithTheSumsSaysWhere(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.line.answer = `{"code":"42201","message":"x","data":{"errors":[{"field":"total.offered","rule":"r"}]}}`
	events := d.step()
	require.Equal(t, hotline.AggregateRefused, events[1].Kind)
	require.Equal(t, []hotline.RowError{{Field: "total.offered", Rule: "r"}}, hotline.RowErrors(events[1].Err))
	d.line.answer = `{"code":"0","message":"ok","data":{"accepted":false,"lastSeq":0}}`
	require.NotEmpty(t, d.told(), "accepted is false")
	d.line.answer = `{"code":"0","message":"ok","data":{"accepted":true,"lastSeq":1,"warnings":["a","b"]}}`
	events = d.step()
	require.Equal(t, hotline.AggregateAccepted, events[0].Kind)
	require.Equal(t, 2, events[0].Count)
}

func TestThePeriodIsTheProvincesWithinBounds(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.seat("", "1", hotline.SeatIdle)
	for _, x := range []struct{ asked, want time.Duration }{
		{0, 10 * time.Second}, {30 * time.Second, 30 * time.Second}, {time.Second, 3 * time.Second}, {time.Hour, 5 * time.Minute}, {7 * time.Second, 7 * time.Second},
	} {
		d.platform.Hotline().SetPeriod(x.asked)
		was := d.Period()
		events := d.step()
		require.Equal(t, x.want, d.Period())
		if was != x.want {
			require.Equal(t, hotline.AggregateEvent{Kind: hotline.AggregatePeriod, Period: x.want}, events[len(events)-1])
		}
		require.Empty(t, d.told())
		reports := d.taken("call")
		require.Equal(t, int(x.want/time.Second), reports[len(reports)-1].PeriodSec, "reports say their period")
	}
}

// cityPace is the province in a bubble: it notes when reports come.
type cityPace struct {
	*sandbox.Platform
	mu   sync.Mutex
	came []time.Duration
	from time.Time
}

func (p *cityPace) RoundTrip(q *http.Request) (*http.Response, error) {
	if filepath.Base(q.URL.Path) == "call" {
		p.mu.Lock()
		p.came = append(p.came, time.Since(p.from))
		p.mu.Unlock()
	}
	return sandboxAnswer(p.Platform, q)
}

func TestRunKeepsItsPaceWhateverTheClockSaysAndObeysAnotherPeriod(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "outbox")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(cityMorning))
		p := &cityPace{Platform: sandbox.New(sandbox.WithHotline(unhurried)), from: time.Now()}
		p.URL = "http://sandbox.test"
		var jump time.Duration
		var mu sync.Mutex
		machine := zwfw.ClockFunc(func() time.Time {
			mu.Lock()
			defer mu.Unlock()
			return time.Now().Round(0).Add(jump)
		})
		client, err := hotline.New(p.HotlineConfigOf(1), once, zwfw.WithClock(machine), zwfw.WithHTTPClient(&http.Client{Transport: p}))
		require.NoError(t, err)
		box := cityBox(t, file)
		a, err := hotline.NewAggregator(client, box, hotline.AggregatorConfig{City: cityArea})
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()

		time.Sleep(25 * time.Second) // 0 10 20
		mu.Lock()
		jump = 10 * time.Minute
		mu.Unlock()
		time.Sleep(20 * time.Second) // 30 40
		mu.Lock()
		jump = -10 * time.Minute
		mu.Unlock()
		time.Sleep(20 * time.Second) // 50 60
		p.Hotline().SetPeriod(30 * time.Second)
		time.Sleep(90 * time.Second) // 70 100 130
		p.Hotline().SetPeriod(3 * time.Second)
		time.Sleep(10 * time.Second) // 160 163
		stop()
		require.NoError(t, <-ended)
		var want []time.Duration
		for _, s := range []time.Duration{0, 10, 20, 30, 40, 50, 60, 70, 100, 130, 160, 163} {
			want = append(want, s*time.Second)
		}
		// A clock that is off costs one repetition: the client learns the platform's time.
		var came []time.Duration
		for _, at := range p.came {
			if len(came) == 0 || came[len(came)-1] != at {
				came = append(came, at)
			}
		}
		require.Equal(t, want, came)
		_, err = box.Close(context.Background())
		require.NoError(t, err)
		require.ErrorIs(t, a.Run(t.Context()), outbox.ErrClosed)
		require.NoError(t, client.Close())
	})
}

// Call and Seat wait for no line and no disk.
func TestEventsAreTakenWhileAReportHangs(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Period = 3 * time.Second })
	_, err := d.client.ReportSeats(t.Context(), hotline.SeatReport{Snapshot: hotline.Snapshot{City: cityArea, At: d.clock.Now(), Seq: 1, Period: 3 * time.Second}})
	require.NoError(t, err, "the client has authenticated, however slow the machine")
	d.platform.Faults().Always("hotline.ReportCalls", sandbox.Delay(time.Minute))
	ended := make(chan error, 1)
	go func() { ended <- d.Step(d.Context()) }()
	require.Eventually(t, func() bool { return len(d.taken("call")) > 0 }, 20*time.Second, time.Millisecond)
	for i := range 1000 {
		d.happens("", strconv.Itoa(i)+" queue")
		d.seat("", strconv.Itoa(i), hotline.SeatIdle)
	}
	select {
	case err := <-ended:
		require.Fail(t, "the report did not hang", "%v", err)
	default:
	}
	require.NoError(t, <-ended)
	require.Equal(t, hotline.AggregateLost, d.events[1].Kind, "a period is the most that a report may take")
}

func TestNothingIsSentThatTheOutboxDidNotTake(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Detail = true })
	d.seat("", "1", hotline.SeatIdle)
	d.happens("", "a queue")
	require.Empty(t, d.told())
	d.shut()
	d.taken("call")
	d.taken("seat")
	err := d.Step(t.Context())
	require.ErrorIs(t, err, outbox.ErrClosed)
	require.Empty(t, d.taken("call"))
	require.Empty(t, d.taken("seat"))
	require.True(t, hasEvent(d.events, hotline.AggregateStore))
	require.True(t, hasEvent(d.events, hotline.AggregateSkipped))
	d.box = cityBox(t, d.file)
}

func hasEvent(events []hotline.AggregateEvent, kind hotline.AggregateEventKind) bool {
	for _, e := range events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

func TestStepEndsWithItsContextAndItsClient(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, d.Step(ctx), context.Canceled)
	require.NoError(t, d.client.Close())
	require.ErrorIs(t, d.Step(t.Context()), zwfw.Closed)
	err := d.Aggregator.Run(t.Context())
	require.True(t, errors.Is(err, zwfw.Closed), err)
}
