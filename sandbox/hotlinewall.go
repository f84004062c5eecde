package sandbox

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw/hotline"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// HotlineWall is what the province shows of a city's live calls and seats (大屏). What was
// older than three of its periods when it came is stored and not shown: counters stay as
// they were, and changed seats wait for the next report (assumption).
type HotlineWall struct {
	Calls     hotline.CallReport // the newest one, without its rows
	CallSeq   int64              // the last accepted; 0 before the first
	CallRows  []hotline.Call     // the newest row of each call, by ID
	SeatSeq   int64
	SeatAt    time.Time
	SeatTotal hotline.SeatCounters
	Seats     []hotline.Seat // full lists and changes together, by area and number

	// Stale: no report of calls for three of its periods; Offline: for twelve
	// (assumption).
	Stale, Offline bool
}

// wallSeat names a seat.
type wallSeat struct{ area, no string }

// showCalls takes an accepted report of calls over.
func (s *series) showCalls(in *wire.CallReport, now time.Time, fresh bool) {
	s.calls, s.came = in, now
	if fresh {
		s.shown = in
	}
	if s.rows == nil {
		s.rows = make(map[string]wire.CallRow)
	}
	for _, row := range in.Calls {
		s.rows[row.CallID] = row
	}
}

// showSeats takes an accepted report of seats over: a full one replaces, another adds.
func (s *series) showSeats(in *wire.SeatReport, fresh bool) {
	if in.Full {
		s.late = nil
	}
	s.late = append(s.late, in)
	if !fresh {
		return
	}
	for _, in := range s.late {
		if in.Full || s.seats == nil {
			s.seats = make(map[wallSeat]wire.Seat)
		}
		for _, seat := range in.Seats {
			s.seats[wallSeat{seat.AreaCode, seat.SeatNo}] = seat
		}
	}
	s.late, s.seatAt, s.seatTotal = nil, in.StatTime, in.Total
}

// Wall shows what a city aggregates.
func (c *HotlineCentre) Wall(app string) (w HotlineWall) {
	now := c.h.p.clock.Now()
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	if s := c.h.series[app+" calls"]; s != nil && s.calls != nil {
		w.CallSeq = s.seq
		if s.shown != nil {
			w.Calls = shownCalls(s.shown)
		}
		for _, id := range slices.Sorted(maps.Keys(s.rows)) {
			w.CallRows = append(w.CallRows, shownCall(s.rows[id]))
		}
		silent, period := now.Sub(s.came), time.Duration(s.calls.PeriodSec)*time.Second
		w.Stale, w.Offline = silent > 3*period, silent > 12*period
	}
	if s := c.h.series[app+" seats"]; s != nil && s.seats != nil {
		t := s.seatTotal
		w.SeatSeq, w.SeatAt = s.seq, s.seatAt
		w.SeatTotal = hotline.SeatCounters{
			Configured: t.Configured, LoggedIn: t.LoggedIn, Idle: t.Idle, Busy: t.Busy, Ringing: t.Ringing, Talking: t.Talking, AfterCall: t.ACW, Other: t.Other,
		}
		for _, seat := range s.seats {
			w.Seats = append(w.Seats, hotline.Seat{
				No: seat.SeatNo, AgentNo: seat.AgentNo, AgentName: seat.AgentName, Area: seat.AreaCode, Skill: seat.Skill, State: hotline.SeatState(seat.State),
				Since: seat.StateSince, CallID: seat.CallID, TodayAnswered: seat.TodayAnswered, TodayTalk: seat.TodayTalkSec,
			})
		}
		slices.SortFunc(w.Seats, func(s, o hotline.Seat) int { return cmp.Or(cmp.Compare(s.Area, o.Area), cmp.Compare(s.No, o.No)) })
	}
	return w
}

// SetPeriod asks cities for another period from their next report on; 0 for their own.
func (c *HotlineCentre) SetPeriod(d time.Duration) {
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.setup.Period = d
}

func shownCalls(in *wire.CallReport) hotline.CallReport {
	r := hotline.CallReport{
		Snapshot: hotline.Snapshot{City: in.CityCode, At: in.StatTime, Seq: in.Seq, Period: time.Duration(in.PeriodSec) * time.Second},
		DayBegin: in.DayBegin, Total: shownCounters(in.Total),
	}
	for _, county := range in.Counties {
		r.Counties = append(r.Counties, hotline.CountyCalls{Area: county.AreaCode, Total: shownCounters(*county.Total)})
	}
	return r
}

func shownCounters(c wire.CallCounters) hotline.CallCounters {
	return hotline.CallCounters{
		Queueing: c.Queueing, Ringing: c.Ringing, Talking: c.Talking, IVR: c.IVR, Offered: c.Offered, Answered: c.Answered, Abandoned: c.Abandoned,
		Answered15s: c.Answered15s, Outbound: c.Outbound, Callback: c.Callback,
		WaitSeconds: c.WaitSecTotal, LongestWait: c.WaitSecMax, TalkSeconds: c.TalkSecTotal,
	}
}

func shownCall(r wire.CallRow) hotline.Call {
	return hotline.Call{
		ID: r.CallID, Caller: r.CallerMasked, Called: r.CalledNumber, Direction: hotline.Direction(r.Direction), State: hotline.CallState(r.State),
		Skill: r.Skill, SeatNo: r.SeatNo, Begin: r.BeginTime, Queued: r.QueueTime, Rang: r.RingTime, Answered: r.AnswerTime, Ended: r.EndTime,
		EndReason: r.EndReason, SheetNo: hotline.SheetNo(r.SheetNo), Satisfaction: hotline.Satisfaction(r.Satisfaction),
	}
}
