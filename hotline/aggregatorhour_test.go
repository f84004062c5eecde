package hotline_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// recount counts events anew, call by call, from nothing but the rules in the comment of
// Aggregator.Call.
type recount struct {
	calls map[string][]hotline.CallEvent // in the order in which they came
	ids   []string
}

func newRecount() *recount { return &recount{calls: make(map[string][]hotline.CallEvent)} }

func (r *recount) add(e hotline.CallEvent) {
	if r.calls[e.ID] == nil {
		r.ids = append(r.ids, e.ID)
	}
	r.calls[e.ID] = append(r.calls[e.ID], e)
}

func (r *recount) total(day string) (c hotline.CallCounters) {
	var wait, longest, talk int64
	for _, id := range r.ids {
		events := r.calls[id]
		known := func(states ...hotline.CallState) (at time.Time, ok bool) {
			for _, e := range events {
				for _, s := range states {
					if e.State == s && (!ok || e.At.Before(at)) {
						at, ok = e.At, true
					}
				}
			}
			return at, ok
		}
		countedOn := func() string {
			for _, e := range events {
				if e.State != hotline.CallIVR && e.State != hotline.CallEnded || e.Direction == hotline.Outbound {
					return e.At.In(cityMorning.Location()).Format(time.DateOnly)
				}
			}
			return ""
		}
		ended, over := known(hotline.CallEnded, hotline.CallAbandoned)
		if !over {
			newest := events[0]
			for _, e := range events {
				if e.At.After(newest.At) || e.At.Equal(newest.At) && e.State > newest.State {
					newest = e
				}
			}
			switch newest.State {
			case hotline.CallIVR:
				c.IVR++
			case hotline.CallQueueing:
				c.Queueing++
			case hotline.CallRinging:
				c.Ringing++
			default:
				c.Talking++
			}
		}
		if countedOn() != day {
			continue
		}
		if events[0].Direction == hotline.Outbound {
			c.Outbound++
			for _, e := range events {
				if e.Callback {
					c.Callback++
					break
				}
			}
			continue
		}
		c.Offered++
		if _, gone := known(hotline.CallAbandoned); gone {
			c.Abandoned++ // streams of this test do not contradict themselves
			continue
		}
		answered, ok := known(hotline.CallTalking, hotline.CallHeld)
		if !ok {
			continue
		}
		c.Answered++
		waited := time.Duration(0)
		if asked, ok := known(hotline.CallQueueing, hotline.CallRinging); ok && asked.Before(answered) {
			waited = answered.Sub(asked)
		}
		if waited <= 15*time.Second {
			c.Answered15s++
		}
		wait += int64(waited / time.Second)
		longest = max(longest, int64(waited/time.Second))
		if over {
			talk += int64(max(ended.Sub(answered), 0) / time.Second)
		}
	}
	c.WaitSeconds, c.LongestWait, c.TalkSeconds = &wait, &longest, &talk
	return c
}

// equal compares with the counters of an aggregator. The longest wait is the longest that
// was ever seen, also of a call whose earlier answer was told later.
func (r *recount) equal(t require.TestingT, now time.Time, got hotline.CallCounters) {
	want := r.total(now.In(cityMorning.Location()).Format(time.DateOnly))
	require.GreaterOrEqual(t, *got.LongestWait, *want.LongestWait)
	want.LongestWait = got.LongestWait
	require.Equal(t, brief(want), brief(got), "at %v", now)
}

// cityCentre plays a call centre: what happens second by second, and when it is told.
type cityCentre struct {
	random *rand.Rand
	areas  []string
	next   int
	due    map[int][]hotline.CallEvent // by the second in which they are told
}

// begin lets a call begin at a second; its events are told when they happen, some twice,
// some up to twenty seconds late.
func (c *cityCentre) begin(second int, from time.Time) {
	c.next++
	e := hotline.CallEvent{ID: fmt.Sprintf("call-%07d", c.next), Area: c.areas[c.random.IntN(len(c.areas))]}
	at := second
	happens := func(state hotline.CallState, after int) {
		at += after
		e.State, e.At = state, from.Add(time.Duration(at)*time.Second+time.Duration(c.random.IntN(1000))*time.Millisecond)
		told := at
		if c.random.IntN(50) == 0 {
			told += c.random.IntN(20)
		}
		c.due[told] = append(c.due[told], e)
		if c.random.IntN(33) == 0 {
			again := told + c.random.IntN(20)
			c.due[again] = append(c.due[again], e)
		}
	}
	short := func(n int) int { return 1 + c.random.IntN(n) }
	switch kind := c.random.IntN(20); {
	case kind < 2:
		e.Direction, e.Callback = hotline.Outbound, kind == 0
		happens(hotline.CallRinging, 0)
		happens(hotline.CallTalking, short(10))
		happens(hotline.CallEnded, short(30))
	case kind < 5:
		happens(hotline.CallIVR, 0)
		happens(hotline.CallQueueing, short(10))
		happens(hotline.CallAbandoned, short(60))
	default:
		happens(hotline.CallQueueing, 0)
		happens(hotline.CallRinging, short(25))
		happens(hotline.CallTalking, short(5))
		if kind < 8 {
			happens(hotline.CallHeld, short(10))
			happens(hotline.CallTalking, short(10))
		}
		happens(hotline.CallEnded, short(25))
	}
}

// An hour of a large city across midnight, with half an hour without a line, clocks that
// jump, and a province that asks for another period. 200 events a second and 1,000 seats;
// a tenth of both in the short form.
func TestAnHourOfALargeCityAcrossMidnight(t *testing.T) {
	t.Parallel()
	begins, seats := 50, 1000
	if testing.Short() {
		begins, seats = 5, 100
	}
	d := newCityDesk(t)
	from := time.Date(2026, 11, 23, 23, 30, 0, 0, cityMorning.Location())
	centre := &cityCentre{random: rand.New(rand.NewPCG(7, 11)), areas: []string{cityArea, countyA, countyB}, due: make(map[int][]hotline.CallEvent)}
	model := newRecount()
	states := make([]hotline.SeatState, seats)
	setSeat := func(i int, s hotline.SeatState, at time.Time) {
		states[i] = s
		require.NoError(t, d.Seat(hotline.Seat{No: fmt.Sprint(i), AgentNo: fmt.Sprint("a", i), Area: centre.areas[i%3], Skill: "综合", State: s, Since: at}))
	}
	for i := range seats {
		setSeat(i, hotline.SeatIdle, from)
	}
	const minute = 60
	outage := func(s int) bool { return s >= 15*minute && s < 45*minute }
	skew := func(s int) time.Duration { // of the platform's clock to the call centre's
		switch {
		case s >= 5*minute && s < 6*minute:
			return 7 * time.Minute
		case s >= 46*minute && s < 47*minute: // back over midnight, while there is a line
			return -20 * time.Minute
		}
		return 0
	}
	all := []hotline.SeatState{hotline.SeatLoggedOut, hotline.SeatIdle, hotline.SeatBusy, hotline.SeatRinging, hotline.SeatTalking, hotline.SeatAfterCall, hotline.SeatOther}
	var told, refused int
	var missed []int64
	var periods []time.Duration
	due := 0
	for s := range 60 * minute {
		now := from.Add(time.Duration(s) * time.Second)
		d.clock.Set(now.Add(skew(s)))
		for range begins {
			centre.begin(s, from)
		}
		for _, e := range centre.due[s] {
			if d.Call(e) != nil {
				refused++
			}
			model.add(e)
			told++
		}
		delete(centre.due, s)
		for range seats / 50 {
			setSeat(centre.random.IntN(seats), all[centre.random.IntN(len(all))], now)
		}
		switch s {
		case 15 * minute:
			d.platform.Faults().Always("*", sandbox.DropBefore())
		case 45 * minute:
			d.platform.Faults().Clear()
		case 50 * minute:
			d.platform.Hotline().SetPeriod(30 * time.Second)
		}
		if s < due {
			continue
		}
		periods = append(periods, d.Period())
		d.events = nil
		require.NoError(t, d.Step(t.Context()))
		due = s + int(d.Period()/time.Second)
		for _, e := range d.events {
			switch e.Kind {
			case hotline.AggregateAccepted:
				require.False(t, outage(s))
				require.Zero(t, e.Count, "the province has no remark")
			case hotline.AggregateDay, hotline.AggregatePeriod:
			case hotline.AggregateLost:
				require.True(t, outage(s), e.Err)
				if e.Report == "calls" {
					missed = append(missed, e.Seq)
				}
			default:
				require.Fail(t, "unexpected", "%v", e)
			}
		}
		if s%(5*minute) != 0 && !(s > 46*minute && s < 46*minute+20) {
			continue
		}
		truth := d.Counters()
		model.equal(t, now.Add(skew(s)), truth.Total)
		counted := hotline.SeatCounters{Configured: seats}
		for _, state := range states {
			into := map[hotline.SeatState]*int{
				hotline.SeatIdle: &counted.Idle, hotline.SeatBusy: &counted.Busy, hotline.SeatRinging: &counted.Ringing, hotline.SeatTalking: &counted.Talking,
				hotline.SeatAfterCall: &counted.AfterCall, hotline.SeatOther: &counted.Other,
			}[state]
			if into != nil {
				*into++
				counted.LoggedIn++
			}
		}
		require.Equal(t, counted, truth.Seats)
		if w := d.wall(); !outage(s) {
			require.Equal(t, counted, w.SeatTotal)
			require.Len(t, w.Seats, seats)
			for _, seat := range w.Seats {
				var i int
				_, err := fmt.Sscan(seat.No, &i)
				require.NoError(t, err)
				require.Equal(t, states[i], seat.State)
			}
			require.Equal(t, []int64{truth.Total.Offered, truth.Total.Answered, truth.Total.Abandoned, truth.Total.Outbound, truth.Total.Callback},
				[]int64{w.Calls.Total.Offered, w.Calls.Total.Answered, w.Calls.Total.Abandoned, w.Calls.Total.Outbound, w.Calls.Total.Callback})
		}
	}
	require.Zero(t, refused)
	require.Greater(t, told, 3600*begins*4*9/10)
	require.Len(t, missed, 30*minute/10)
	require.Equal(t, missed, d.platform.Hotline().Gaps(cityApp, "calls"))
	require.Equal(t, missed, d.platform.Hotline().Gaps(cityApp, "seats"))
	require.Equal(t, 30*time.Second, periods[len(periods)-1])
	require.Len(t, periods, 50*6+1+19, "every ten seconds until 00:20:00, then every thirty")
}
