package hotline_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// brief writes the counters of a city: live ones, then sums.
func brief(c hotline.CallCounters) string {
	return fmt.Sprintf("ivr%d q%d r%d t%d | off%d ans%d ab%d 15s%d out%d cb%d wait%d/%d talk%d", c.IVR, c.Queueing, c.Ringing, c.Talking,
		c.Offered, c.Answered, c.Abandoned, c.Answered15s, c.Outbound, c.Callback, *c.WaitSeconds, *c.LongestWait, *c.TalkSeconds)
}

func TestCallsAreCountedByWhatTheyBecame(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name   string
		events []string
		want   string
	}{
		{"nothing", nil, "ivr0 q0 r0 t0 | off0 ans0 ab0 15s0 out0 cb0 wait0/0 talk0"},
		{"in the IVR only", []string{"c ivr"}, "ivr1 q0 r0 t0 | off0 ans0 ab0 15s0 out0 cb0 wait0/0 talk0"},
		{"ended in the IVR", []string{"c ivr", "c end"}, "ivr0 q0 r0 t0 | off0 ans0 ab0 15s0 out0 cb0 wait0/0 talk0"},
		{"waiting", []string{"c ivr", "c queue"}, "ivr0 q1 r0 t0 | off1 ans0 ab0 15s0 out0 cb0 wait0/0 talk0"},
		{"ringing", []string{"c queue", "c ring"}, "ivr0 q0 r1 t0 | off1 ans0 ab0 15s0 out0 cb0 wait0/0 talk0"},
		{"answered", []string{"c queue", "c ring", "c talk"}, "ivr0 q0 r0 t1 | off1 ans1 ab0 15s1 out0 cb0 wait2/2 talk0"},
		{"on hold", []string{"c queue", "c talk", "c hold"}, "ivr0 q0 r0 t1 | off1 ans1 ab0 15s1 out0 cb0 wait1/1 talk0"},
		{"ended", []string{"c queue", "c talk", "c hold", "c talk", "c end"}, "ivr0 q0 r0 t0 | off1 ans1 ab0 15s1 out0 cb0 wait1/1 talk3"},
		{"abandoned", []string{"c queue", "c gone"}, "ivr0 q0 r0 t0 | off1 ans0 ab1 15s0 out0 cb0 wait0/0 talk0"},
		{"abandoned and ended", []string{"c queue", "c gone", "c end"}, "ivr0 q0 r0 t0 | off1 ans0 ab1 15s0 out0 cb0 wait0/0 talk0"},
		{"abandoned, nothing else known", []string{"c gone"}, "ivr0 q0 r0 t0 | off1 ans0 ab1 15s0 out0 cb0 wait0/0 talk0"},
		{"ended without an answer", []string{"c queue", "c end"}, "ivr0 q0 r0 t0 | off1 ans0 ab0 15s0 out0 cb0 wait0/0 talk0"},
		{"said to be abandoned after an answer", []string{"c talk", "c gone"}, "ivr0 q0 r0 t0 | off1 ans1 ab0 15s1 out0 cb0 wait0/0 talk1"},
		{"said to be answered after it was abandoned", []string{"c gone", "c talk"}, "ivr0 q0 r0 t0 | off1 ans0 ab1 15s0 out0 cb0 wait0/0 talk0"},
		{"twice", []string{"c queue", "c queue", "c talk", "c talk"}, "ivr0 q0 r0 t1 | off1 ans1 ab0 15s1 out0 cb0 wait2/2 talk0"},
		{"outbound", []string{"c>ring", "c>talk"}, "ivr0 q0 r0 t1 | off0 ans0 ab0 15s0 out1 cb0 wait0/0 talk0"},
		{"two calls", []string{"c queue", "d queue", "d talk", "c talk"}, "ivr0 q0 r0 t2 | off2 ans2 ab0 15s2 out0 cb0 wait4/3 talk0"},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			d := newCityDesk(t)
			d.happens(countyA, x.events...)
			require.Equal(t, x.want, brief(d.Counters().Total))
			require.Empty(t, d.told())
			require.Equal(t, x.want, brief(d.wall().Calls.Total), "the province shows the same")
		})
	}
}

func TestAWaitOfMoreThanFifteenSecondsIsNoQuickAnswer(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	at := d.clock.Now()
	for i, wait := range []time.Duration{15 * time.Second, 15*time.Second + time.Millisecond} {
		id := strconv.Itoa(i)
		require.NoError(t, d.Call(hotline.CallEvent{ID: id, State: hotline.CallQueueing, At: at}))
		require.NoError(t, d.Call(hotline.CallEvent{ID: id, State: hotline.CallTalking, At: at.Add(wait)}))
	}
	require.NoError(t, d.Call(hotline.CallEvent{ID: "o", State: hotline.CallTalking, At: at, Direction: hotline.Outbound, Callback: true}))
	require.Equal(t, "ivr0 q0 r0 t3 | off2 ans2 ab0 15s1 out1 cb1 wait30/15 talk0", brief(d.Counters().Total))
}

// A late event shows that a wait was longer than counted: the province must not see a
// daily counter fall.
func TestReportedSumsNeverFallWithinTheirDay(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	at := d.clock.Now()
	require.NoError(t, d.Call(hotline.CallEvent{ID: "c", State: hotline.CallTalking, At: at}))
	require.Empty(t, d.told())
	require.Equal(t, int64(1), d.wall().Calls.Total.Answered15s)
	require.NoError(t, d.Call(hotline.CallEvent{ID: "c", State: hotline.CallQueueing, At: at.Add(-time.Minute)}))
	require.Equal(t, int64(0), d.Counters().Total.Answered15s)
	require.Empty(t, d.told())
	require.Equal(t, "ivr0 q0 r0 t1 | off1 ans1 ab0 15s1 out0 cb0 wait60/60 talk0", brief(d.wall().Calls.Total))
}

func TestCountiesAddUpToTheCity(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	d.happens(countyA, "a queue", "b queue", "b talk")
	d.happens(countyB, "c gone")
	d.happens("", "d ivr")
	d.happens(countyB, "a talk") // its first event decides
	require.Empty(t, d.told())
	w := d.wall().Calls
	var areas []string
	for _, c := range w.Counties {
		areas = append(areas, c.Area+" "+brief(c.Total))
	}
	require.Equal(t, []string{
		cityArea + " ivr1 q0 r0 t0 | off0 ans0 ab0 15s0 out0 cb0 wait0/0 talk0",
		countyA + " ivr0 q0 r0 t2 | off2 ans2 ab0 15s2 out0 cb0 wait1/1 talk0",
		countyB + " ivr0 q0 r0 t0 | off1 ans0 ab1 15s0 out0 cb0 wait0/0 talk0",
	}, areas)
	require.Equal(t, "ivr1 q0 r0 t2 | off3 ans2 ab1 15s2 out0 cb0 wait1/1 talk0", brief(w.Total))
}

func TestAnEventThatCannotBeCountedIsRefusedAndNamed(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	good := hotline.CallEvent{ID: "c", State: hotline.CallIVR, At: d.clock.Now()}
	for _, x := range []struct {
		change func(*hotline.CallEvent)
		says   string
	}{
		{func(e *hotline.CallEvent) { e.ID = "" }, "ID: 1 to 64 characters"},
		{func(e *hotline.CallEvent) { e.ID = "a\nb" }, "ID: 1 to 64 characters"},
		{func(e *hotline.CallEvent) { e.Area = "999999000109" }, "Area: 999999000109 is neither"},
		{func(e *hotline.CallEvent) { e.Area = "x" }, "Area: is no area"},
		{func(e *hotline.CallEvent) { e.State = "8" }, "State: is no state"},
		{func(e *hotline.CallEvent) { e.State = "" }, "State: is no state"},
		{func(e *hotline.CallEvent) { e.At = time.Time{} }, "At: is required"},
		{func(e *hotline.CallEvent) { e.At = time.Date(1, 1, 1, 0, 0, 0, 0, cityMorning.Location()) }, "At: must be of the years 1970 to 2199"},
		{func(e *hotline.CallEvent) { e.At = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }, "At: must be of the years"},
		{func(e *hotline.CallEvent) { e.Direction, e.Called = hotline.Outbound, "10000000000" }, "Called: must be masked"},
		{func(e *hotline.CallEvent) { e.Direction = "3" }, "Direction: must be"},
		{func(e *hotline.CallEvent) { e.Caller = zwfw.NewPhone("10000000000") }, "Caller: must be masked"},
		{func(e *hotline.CallEvent) { e.Skill = "\x00" }, "Skill: at most"},
	} {
		e := good
		x.change(&e)
		err := d.Call(e)
		require.ErrorIs(t, err, zwfw.BadRequest, x.says)
		require.ErrorContains(t, err, x.says)
		require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
	}
	require.NoError(t, d.Call(good))
	for _, x := range []struct {
		seat hotline.Seat
		says string
	}{
		{hotline.Seat{State: hotline.SeatIdle, Since: good.At}, "No: 1 to 50"},
		{hotline.Seat{No: "1", Since: good.At}, "State: is required"},
		{hotline.Seat{No: "1", State: hotline.SeatIdle}, "Since: is required"},
		{hotline.Seat{No: "1", State: hotline.SeatIdle, Since: good.At, Area: "999999000109"}, "Area: 999999000109 is neither"},
		{hotline.Seat{No: "1", State: hotline.SeatIdle, Since: good.At, CallID: "\n"}, "CallID: at most"},
	} {
		err := d.Seat(x.seat)
		require.ErrorIs(t, err, zwfw.BadRequest)
		require.ErrorContains(t, err, x.says)
	}
}

// Who is called in an outbound call is a citizen; in an inbound one it is the hotline.
func TestACitizensNumberIsRefusedInClearWhicheverWayTheCallGoes(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Detail = true })
	event := hotline.CallEvent{ID: "in", State: hotline.CallTalking, At: d.clock.Now(), Called: "99912345000"}
	require.NoError(t, d.Call(event))
	event.ID, event.Direction, event.Called = "out", hotline.Outbound, "100****0000"
	require.NoError(t, d.Call(event))
	event.Direction, event.Called, event.State = "", "10000000000", hotline.CallEnded // its direction is known
	err := d.Call(event)
	require.ErrorIs(t, err, zwfw.BadRequest)
	require.NotContains(t, err.Error(), event.Called)
	require.Equal(t, 2, d.Counters().Total.Talking, "a refused event changes nothing")
	require.Empty(t, d.told())
	require.Equal(t, []string{"99912345000", "100****0000"}, []string{d.wall().CallRows[0].Called, d.wall().CallRows[1].Called})
}

func TestSeatsAreReportedInFullAndThenAsTheyChange(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Period, c.FullEvery = slowly, time.Hour })
	require.Empty(t, d.told())
	require.Empty(t, d.taken("seat"), "a city that has told of no seat reports none")
	for i := range 4 {
		d.seat(countyA, strconv.Itoa(i), hotline.SeatIdle)
	}
	// The province's list is the city's after every period.
	next := func(full bool, rows int) {
		t.Helper()
		require.Empty(t, d.told())
		reports := d.taken("seat")
		require.Len(t, reports, 1)
		require.Equal(t, full, reports[0].Full)
		require.Len(t, reports[0].Seats, rows)
		require.Equal(t, d.Counters().Seats, d.wall().SeatTotal)
		require.Len(t, d.wall().Seats, d.Counters().Seats.Configured)
	}
	next(true, 4)
	next(false, 0)
	d.seat(countyA, "1", hotline.SeatTalking)
	d.seat(countyB, "1", hotline.SeatLoggedOut) // another seat
	next(false, 2)
	require.Equal(t, hotline.SeatCounters{Configured: 5, LoggedIn: 4, Idle: 3, Talking: 1}, d.wall().SeatTotal)
	d.RemoveSeat(countyA, "2")
	d.RemoveSeat(countyA, "none")
	next(true, 4)
	d.platform.Faults().Next("hotline.ReportSeats", sandbox.DropBefore())
	d.seat(countyA, "3", hotline.SeatBusy)
	require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateLost}, d.told())
	require.Len(t, d.taken("seat"), 1)
	next(true, 4)
	d.platform.Faults().Next("hotline.ReportSeats", sandbox.DropAfter())
	require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateLost}, d.told())
	d.taken("seat")
	next(true, 4)
	for range 11 {
		next(false, 0)
	}
	next(true, 4) // an hour later
}

func TestASeatIsWhatItsNewestStateSays(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t)
	at := d.clock.Now()
	in := func(skill string, state hotline.SeatState, since time.Time) {
		t.Helper()
		require.NoError(t, d.Seat(hotline.Seat{No: "7", AgentNo: "a7", Skill: skill, State: state, Since: since}))
	}
	in("综合", hotline.SeatTalking, at)
	in("回访", hotline.SeatIdle, at.Add(-time.Second))
	require.Equal(t, hotline.SeatCounters{Configured: 1, LoggedIn: 1, Talking: 1}, d.Counters().Seats, "one person on two skills is one; the late state changes nothing")
	in("综合", "07", at.Add(time.Second))
	require.Equal(t, hotline.SeatCounters{Configured: 1, LoggedIn: 1, Other: 1}, d.Counters().Seats, "another vendor's code")
	require.Empty(t, d.told())
	require.Equal(t, hotline.SeatOther, d.wall().Seats[0].State)
	in("综合", hotline.SeatIdle, at.Add(-time.Hour))
	require.Equal(t, hotline.SeatCounters{Configured: 1, LoggedIn: 1, Idle: 1}, d.Counters().Seats, "the switch's clock was set back")
}

func TestMoreThanAThousandRowsAreSeveralReports(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Detail, c.Period = true, slowly })
	for i := range 1500 {
		d.seat("", strconv.Itoa(i), hotline.SeatIdle)
		d.happens("", fmt.Sprintf("c%d queue", i))
	}
	require.Empty(t, d.told())
	calls, seats := d.taken("call"), d.taken("seat")
	require.Len(t, calls, 2)
	require.Len(t, calls[0].Calls, 1000)
	require.Len(t, calls[1].Calls, 500)
	require.Equal(t, []int64{1, 2}, []int64{calls[0].Seq, calls[1].Seq})
	require.Len(t, seats, 2)
	require.True(t, seats[0].Full)
	require.False(t, seats[1].Full, "a second full list would replace the first")
	w := d.wall()
	require.Len(t, w.Seats, 1500)
	require.Len(t, w.CallRows, 1500)
	require.Equal(t, 1500, w.SeatTotal.Idle)

	for i := range maxRowsOfAPeriod + 1 {
		d.happens("", fmt.Sprintf("d%d talk", i))
	}
	require.Empty(t, d.told())
	require.Len(t, d.taken("call"), 5)
	require.Len(t, d.wall().CallRows, 1500+maxRowsOfAPeriod)
	require.Empty(t, d.told())
	require.Len(t, d.wall().CallRows, 1500+maxRowsOfAPeriod+1, "the rest follows")
}

const maxRowsOfAPeriod = 5000

func TestDetailIsOfCallsThatChanged(t *testing.T) {
	t.Parallel()
	d := newCityDesk(t, func(c *hotline.AggregatorConfig) { c.Detail = true })
	rows := func() (ids []string) {
		t.Helper()
		for _, r := range d.taken("call") {
			for _, c := range r.Calls {
				ids = append(ids, c.CallID)
			}
		}
		return ids
	}
	at := d.clock.Now().Truncate(time.Second)
	require.NoError(t, d.Call(hotline.CallEvent{ID: "a", State: hotline.CallQueueing, At: at, Caller: zwfw.NewPhone("100****0000"), Skill: "综合"}))
	d.happens("", "b queue")
	require.Empty(t, d.told())
	require.Equal(t, []string{"a", "b"}, rows())
	require.NoError(t, d.Call(hotline.CallEvent{ID: "a", State: hotline.CallTalking, At: at.Add(3 * time.Second), SeatNo: "7"}))
	require.Empty(t, d.told())
	require.Equal(t, []string{"a"}, rows())
	row := d.wall().CallRows[0]
	require.Equal(t, "100****0000", row.Caller.Reveal())
	require.Equal(t, "综合 7 4", fmt.Sprintf("%s %s %s", row.Skill, row.SeatNo, row.State))
	require.True(t, row.Queued.Equal(at) && row.Answered.Equal(at.Add(3*time.Second)) && row.Ended.IsZero())

	told := hotline.CallEvent{ID: "a", State: hotline.CallTalking, At: at.Add(3 * time.Second), SeatNo: "7", Caller: zwfw.NewPhone("100****0000")}
	require.NoError(t, d.Call(told))
	require.Empty(t, d.told())
	require.Empty(t, rows(), "what is told again changes no row")

	// In an outage live calls keep what is to be told of them; what ended is dropped.
	d.platform.Faults().Next("hotline.ReportCalls", sandbox.DropBefore())
	d.happens("", "a end", "b talk")
	require.Equal(t, []hotline.AggregateEventKind{hotline.AggregateLost, hotline.AggregateRowsDropped}, d.told())
	rows()
	require.Empty(t, d.told())
	require.Equal(t, []string{"b"}, rows())
}
