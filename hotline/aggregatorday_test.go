package hotline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// at moves the clock to a time of a day of November 2026 in the city and gives it.
func (d *cityDesk) at(day, hour, minute, second int) time.Time {
	t := time.Date(2026, 11, day, hour, minute, second, 0, cityMorning.Location())
	d.clock.Set(t)
	return t
}

// now does a period's work at once and gives the day and sums that the province shows.
func (d *cityDesk) shown() string {
	d.Helper()
	d.events = nil
	require.NoError(d, d.Step(d.Context()))
	for _, e := range d.events {
		require.Contains(d, []hotline.AggregateEventKind{hotline.AggregateAccepted, hotline.AggregateDay}, e.Kind, e.Err)
	}
	w := d.wall().Calls
	return fmt.Sprintf("%s q%d t%d off%d ans%d ab%d", w.DayBegin.In(cityMorning.Location()).Format("02 15:04"), w.Total.Queueing, w.Total.Talking,
		w.Total.Offered, w.Total.Answered, w.Total.Abandoned)
}

func TestCountersBeginAnewAtMidnightAndACallCountsForTheDayItWasOfferedIn(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.at(23, 23, 59, 30)
	d.happens(countyA, "a queue", "b queue", "c queue", "c talk")
	require.Equal(t, "23 00:00 q2 t1 off3 ans1 ab0", d.shown())
	d.at(24, 0, 0, 5)
	d.happens(countyA, "a talk", "d queue")
	require.Equal(t, "24 00:00 q2 t2 off1 ans0 ab0", d.shown(), "live calls go on; an answer counts where the call was offered")
	require.True(t, hasEvent(d.events, hotline.AggregateDay))
	d.happens(countyA, "b gone", "d talk", "c end", "a end")
	require.Equal(t, "24 00:00 q0 t1 off1 ans1 ab0", d.shown())

	late := time.Date(2026, 11, 23, 23, 59, 59, 0, cityMorning.Location())
	require.NoError(t, d.Call(hotline.CallEvent{ID: "e", State: hotline.CallAbandoned, At: late}))
	require.Equal(t, "24 00:00 q0 t1 off1 ans1 ab0", d.shown(), "a late event of yesterday")
}

func TestAClockThatJumpsOverMidnightFindsEachDaysOwnCounters(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.at(23, 23, 59, 50)
	d.happens("", "a queue", "b gone")
	require.Equal(t, "23 00:00 q1 t0 off2 ans0 ab1", d.shown())
	d.at(24, 0, 0, 10)
	d.happens("", "c gone", "d gone", "e gone")
	require.Equal(t, "24 00:00 q1 t0 off3 ans0 ab3", d.shown())
	d.at(23, 23, 59, 55) // set back
	require.Equal(t, "23 00:00 q1 t0 off2 ans0 ab1", d.shown(), "no second reset")
	d.at(24, 0, 0, 0)
	require.Equal(t, "24 00:00 q1 t0 off3 ans0 ab3", d.shown(), "and none when midnight comes again")
	d.at(30, 12, 0, 0) // set wrong by days
	require.Equal(t, "30 00:00 q1 t0 off0 ans0 ab0", d.shown())
	d.at(24, 0, 0, 20)
	d.happens("", "f gone")
	require.Equal(t, "24 00:00 q1 t0 off4 ans0 ab4", d.shown(), "nothing is lost")
}

func TestAnotherDayIsToldAlsoAfterARestartAndALookAtTheCounters(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.at(23, 23, 59, 50)
	d.happens("", "a gone")
	d.shown()
	d.restart()
	d.at(24, 0, 0, 10)
	require.Zero(t, d.Counters().Total.Offered)
	require.Equal(t, "24 00:00 q0 t0 off0 ans0 ab0", d.shown())
	require.True(t, hasEvent(d.events, hotline.AggregateDay))
}

// The call centre's clock goes before ours at midnight.
func TestAnEventOfTomorrowCountsTomorrow(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.at(23, 23, 59, 58)
	require.NoError(t, d.Call(hotline.CallEvent{ID: "a", State: hotline.CallQueueing, At: d.clock.Now().Add(5 * time.Second)}))
	require.Equal(t, "23 00:00 q1 t0 off0 ans0 ab0", d.shown())
	d.at(24, 0, 0, 8)
	require.Equal(t, "24 00:00 q1 t0 off1 ans0 ab0", d.shown())
}

func TestACitysDayIsThatOfItsZone(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Zone = time.FixedZone("", 6*60*60) })
	d.at(24, 1, 0, 0)
	d.happens("", "a gone")
	require.Equal(t, "23 02:00 q0 t0 off1 ans0 ab1", d.shown(), "23:00 of the day before in the city")
	d.at(24, 2, 0, 0)
	require.Equal(t, "24 02:00 q0 t0 off0 ans0 ab0", d.shown())
}

// A clock that jumps ages no call.
func TestAJumpOfTheClockForgetsNoCall(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.happens("", "a queue", "b gone")
	d.shown()
	d.clock.Advance(5 * time.Hour)
	d.shown()
	require.Equal(t, 1, d.Counters().Total.Queueing)
	d.happens("", "b gone")
	require.Equal(t, int64(1), d.Counters().Total.Abandoned, "b is still known")
}

func TestACallWithoutAnEventForHoursIsTakenToHaveEnded(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Period, c.Silent, c.Detail = slowly, 30*time.Minute, true })
	d.happens("", "a talk")
	for range 6 {
		require.Empty(t, d.told())
	}
	require.Equal(t, 1, d.Counters().Total.Talking)
	require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateCallsSilent}, d.told())
	require.Equal(t, "ivr0 q0 r0 t0 | off1 ans1 ab0 15s1 out0 cb0 wait0/0 talk0", brief(d.Counters().Total))
	require.Equal(t, hotline.CallEnded, d.wall().CallRows[0].State)
	d.happens("", "a talk", "a end")
	require.Equal(t, int64(1), d.Counters().Total.Answered, "it was no new call")
	require.Zero(t, d.Counters().Total.Talking)
}

func TestEventsOfForgottenCallsAreRefusedNotCountedAgain(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Period = slowly })
	at := d.clock.Now()
	gone := hotline.CallEvent{ID: "a", State: hotline.CallAbandoned, At: at}
	require.NoError(t, d.Call(gone))
	for range 6 {
		require.Empty(t, d.told())
		require.NoError(t, d.Call(gone))
	}
	require.Empty(t, d.told())
	require.ErrorIs(t, d.Call(gone), zwfw.Stale)
	require.ErrorIs(t, d.Call(hotline.CallEvent{ID: "late", State: hotline.CallAbandoned, At: at.Add(-time.Second)}), zwfw.Stale)
	require.NoError(t, d.Call(hotline.CallEvent{ID: "b", State: hotline.CallAbandoned, At: at.Add(time.Second)}))
	require.Equal(t, int64(2), d.Counters().Total.Abandoned)
	events := d.step()
	require.Equal(t, hotline.AggregateEvent{Kind: hotline.AggregateCallsRefused, Count: 2}, events[0])
}

// The machine starts with a clock that is eight hours ahead.
func TestAClockThatWasWrongForHoursRefusesNoCallForLong(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.at(23, 17, 0, 0)
	d.happens("", "a gone")
	for range 10 { // "a" is no longer stored
		require.Empty(t, d.told())
	}
	d.restart()
	d.at(23, 9, 0, 0)
	require.ErrorIs(t, d.Call(hotline.CallEvent{ID: "b", State: hotline.CallQueueing, At: d.clock.Now()}), zwfw.Stale)
	require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateCallsRefused}, d.told())
	d.clock.Advance(time.Second)
	d.happens("", "c queue")
	require.Empty(t, d.told())
	d.restart()
	d.clock.Advance(time.Second)
	d.happens("", "d queue")
	require.Equal(t, 2, d.Counters().Total.Queueing)
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.MaxCalls, c.MaxSeats = 1000, 2 })
	for i := range 1000 {
		d.happens("", fmt.Sprintf("c%d queue", i))
	}
	fresh := hotline.CallEvent{ID: "x", State: hotline.CallQueueing, At: d.clock.Now()}
	require.ErrorIs(t, d.Call(fresh), zwfw.LimitReached)
	d.happens("", "c5 gone", "c6 gone")
	require.NoError(t, d.Call(fresh), "c5, which ended first, made room")
	require.NoError(t, d.Call(hotline.CallEvent{ID: "c6", State: hotline.CallAbandoned, At: fresh.At}))
	require.Equal(t, int64(2), d.Counters().Total.Abandoned)
	require.Equal(t, 999, d.Counters().Total.Queueing)

	d.seat("", "1", hotline.SeatIdle)
	d.seat("", "2", hotline.SeatIdle)
	require.ErrorIs(t, d.Seat(hotline.Seat{No: "3", State: hotline.SeatIdle, Since: fresh.At}), zwfw.LimitReached)
	d.RemoveSeat("", "1")
	d.seat("", "3", hotline.SeatIdle)
	require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateCallsRefused, hotline.AggregateCallsDropped}, d.told())
}
