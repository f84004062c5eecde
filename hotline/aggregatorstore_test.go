package hotline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// restart ends the process without a last storing and begins another.
func (d *cityDesk) restart() {
	d.Helper()
	d.shut()
	d.open()
}

func TestARestartGoesOnFromTheLastPeriodAndAnythingMayBeToldAgain(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Detail = true })
	at := d.clock.Now().Truncate(time.Second)
	var all []hotline.CallEvent
	tell := func(id string, state hotline.CallState, seconds int) {
		e := hotline.CallEvent{ID: id, Area: countyA, State: state, At: at.Add(time.Duration(seconds) * time.Second), Caller: zwfw.NewPhone("100****0000"), Skill: "综合", Callback: true}
		all = append(all, e)
		require.NoError(t, d.Call(e))
	}
	tell("a", hotline.CallQueueing, 0)
	tell("a", hotline.CallTalking, 5)
	tell("a", hotline.CallHeld, 7)
	tell("b", hotline.CallQueueing, 3)
	tell("c", hotline.CallAbandoned, 4)
	require.Empty(t, d.told())
	tell("a", hotline.CallEnded, 20) // after the last period: lost
	tell("d", hotline.CallAbandoned, 21)
	d.restart()
	require.Equal(t, "ivr0 q1 r0 t1 | off3 ans1 ab1 15s1 out0 cb0 wait5/5 talk0", brief(d.Counters().Total))
	for range 3 {
		for _, e := range all {
			require.NoError(t, d.Call(e))
		}
		require.Equal(t, "ivr0 q1 r0 t0 | off4 ans1 ab2 15s1 out0 cb0 wait5/5 talk15", brief(d.Counters().Total))
		require.Empty(t, d.told())
	}
	require.Equal(t, "100****0000 综合", d.wall().CallRows[1].Caller.Reveal()+" "+d.wall().CallRows[1].Skill)
	require.Empty(t, d.platform.Hotline().Gaps(cityApp, "calls"))
	require.Equal(t, int64(4), d.wall().CallSeq)

	// Long after its end a call is not stored; its events are known as old.
	for range 7 {
		require.Empty(t, d.told())
	}
	d.happens("", "e ivr")
	require.Empty(t, d.told())
	d.restart()
	for _, e := range all {
		if err := d.Call(e); err != nil {
			require.ErrorIs(t, err, zwfw.Stale)
		}
	}
	require.Equal(t, "ivr1 q1 r0 t0 | off4 ans1 ab2 15s1 out0 cb0 wait5/5 talk15", brief(d.Counters().Total))
}

func TestAnOrderlyEndStoresWhatCameSinceTheLastPeriod(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Aggregator.Run(ctx) }()
	require.Eventually(t, func() bool { return d.wall().CallSeq > 0 }, 20*time.Second, time.Millisecond)
	d.happens("", "a queue")
	stop()
	require.NoError(t, <-ended)
	d.restart()
	require.Equal(t, 1, d.Counters().Total.Queueing)
}

func TestAnAreaThatIsNoLongerListedGoesToTheCity(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.happens(countyA, "a gone", "b queue")
	d.happens(countyB, "c gone")
	require.Empty(t, d.told())
	d.config.Counties = []string{countyB}
	d.restart()
	require.Empty(t, d.told(), "the day's total did not fall")
	w := d.wall().Calls
	require.Equal(t, []int64{2, 1}, []int64{w.Counties[0].Total.Offered, w.Counties[1].Total.Offered})
	require.Equal(t, 1, w.Counties[0].Total.Queueing)
}

func TestTwoCitiesOnOneOutboxHaveCountersOfTheirOwn(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.happens("", "a queue")
	require.Empty(t, d.told())
	other, err := hotline.NewAggregator(d.client, d.box, hotline.AggregatorConfig{City: "999998"})
	require.NoError(t, err)
	require.Zero(t, other.Counters().Total.Queueing)
}

func TestWhatIsNotAsItWasStoredIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	for text, says := range map[string]string{
		"nonsense": "is not as it was stored", `{"v":2}`: "another version of this module stored it (2, not 1)",
		`{"v":1,"areas":["999999000000"],"calls":[{"id":"a","a":7,"st":"1"}]}`: "is not as it was stored",
	} {
		_, err := d.box.Apply(t.Context(), nil, map[string][]byte{"hotline.aggregate." + cityArea: []byte(text)})
		require.NoError(t, err)
		_, err = hotline.NewAggregator(d.client, d.box, d.config)
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, cityArea)
	}
}

func TestAWrongAggregatorConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	for _, x := range []struct {
		change func(*hotline.AggregatorConfig)
		says   string
	}{
		{func(c *hotline.AggregatorConfig) { c.City = "" }, "AggregatorConfig.City: expected 6 or 12 digits"},
		{func(c *hotline.AggregatorConfig) { c.City = "99999x" }, "AggregatorConfig.City: "},
		{func(c *hotline.AggregatorConfig) { c.Counties = []string{countyA, "x"} }, "AggregatorConfig.Counties[1]: expected"},
		{func(c *hotline.AggregatorConfig) { c.Counties = []string{countyA, countyA} }, "Counties[1]: 999999000101 is there already"},
		{func(c *hotline.AggregatorConfig) { c.Counties = []string{cityArea} }, "Counties[0]: 999999000000 is there already"},
		{func(c *hotline.AggregatorConfig) { c.Period = 2 * time.Second }, "Period: from 3s to 5m0s, is 2s"},
		{func(c *hotline.AggregatorConfig) { c.Period = 10 * time.Minute }, "Period: from 3s to 5m0s"},
		{func(c *hotline.AggregatorConfig) { c.Period = 3500 * time.Millisecond }, "Period: must be whole seconds"},
		{func(c *hotline.AggregatorConfig) { c.FullEvery = -1 }, "FullEvery: from"},
		{func(c *hotline.AggregatorConfig) { c.KeepEnded = time.Second }, "KeepEnded: from"},
		{func(c *hotline.AggregatorConfig) { c.Silent = time.Second }, "Silent: from"},
		{func(c *hotline.AggregatorConfig) { c.MaxCalls = 5 }, "MaxCalls: from 1000"},
		{func(c *hotline.AggregatorConfig) { c.MaxSeats = 5001 }, "MaxSeats: from 1 to 5000, is 5001"},
	} {
		c := hotline.AggregatorConfig{City: cityArea}
		x.change(&c)
		_, err := hotline.NewAggregator(d.client, d.box, c)
		require.ErrorContains(t, err, x.says)
	}
	_, err := hotline.NewAggregator(nil, d.box, d.config)
	require.ErrorContains(t, err, "client is nil")
	_, err = hotline.NewAggregator(d.client, nil, d.config)
	require.ErrorContains(t, err, "outbox is nil")
	small, err := hotline.Dialect(hotline.DialectJiangxi)
	require.NoError(t, err)
	delete(small.Ops, "ReportSeats")
	_, err = hotline.NewAggregator(newClient(t, d.platform.HotlineConfigOf(1), zwfw.WithDialect(small)), d.box, d.config)
	require.ErrorContains(t, err, "has no ReportSeats")
}

// What people's names and numbers are stands in no event, no log and not in the file.
func TestNoPersonalDatumLeavesTheAggregatorButInReports(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) {
		c.Detail, c.Logger = true, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	person := d.platform.Citizens()[0]
	name, number := person.Name.Reveal(), person.Phone.Reveal()
	masked := number[:3] + "****" + number[7:]
	event := hotline.CallEvent{ID: "call-" + number, State: hotline.CallQueueing, At: d.clock.Now(), Caller: zwfw.NewPhone(masked)}
	require.NoError(t, d.Call(event))
	require.NoError(t, d.Seat(hotline.Seat{No: "1", AgentName: person.Name, State: hotline.SeatIdle, Since: event.At}))
	event.Caller = person.Phone
	refused := d.Call(event)
	require.Error(t, refused)
	all := fmt.Sprintf("%v %+v %#v", refused, errors.Unwrap(refused), refused)
	for _, answer := range []string{"", `{"code":"42201","message":"` + name + number + `","data":{"errors":[{"field":"` + number + `","rule":"` + name + `"}]}}`, `{"code":"50000","message":"` + name + `"}`} {
		d.line.answer = answer
		for _, e := range d.step() {
			all += fmt.Sprintf("%v %+v %#v\n", e, e, e)
		}
	}
	all += log.String()
	file, err := os.ReadFile(d.file)
	require.NoError(t, err)
	require.Greater(t, len(all), 500)
	all += string(file)
	for _, value := range []string{name, number, masked} {
		require.NotContains(t, all, value)
	}
	d.line.answer = ""
	d.restart()
	require.NoError(t, d.Call(hotline.CallEvent{ID: event.ID, State: hotline.CallTalking, At: event.At}))
	require.Empty(t, d.told())
	require.Equal(t, masked, d.wall().CallRows[0].Caller.Reveal(), "it was stored sealed and goes on")
}
