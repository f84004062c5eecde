package hotline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// maxRows is how many calls or seats one report may hold (practice of vendors).
const maxRows = 1000

// Snapshot is what both reports begin with. All members are required.
type Snapshot struct {
	City   string    // administrative division, 6 or 12 digits
	At     time.Time // moment of measurement
	Seq    int64     // above zero, rises by city and kind of report; the key of a repetition
	Period time.Duration
}

// CallReport is a city's live calls, its counties' among them (clause 4.4.4).
type CallReport struct {
	Snapshot
	DayBegin time.Time // when the counters began; zero is not sent
	Total    CallCounters
	Counties []CountyCalls // their sum is Total where they are given
	Calls    []Call        // detail mode, at most 1000
}

// CallCounters are live values and, from Offered on, sums since the day began. The
// optional ones are nil when the city does not count them.
type CallCounters struct {
	Queueing, Ringing, Talking, IVR int

	Offered, Answered, Abandoned, Answered15s, Outbound, Callback int64

	WaitSeconds, LongestWait, TalkSeconds *int64
}

// CountyCalls is one county's share.
type CountyCalls struct {
	Area  string
	Total CallCounters
}

// Call is one call in detail mode.
type Call struct {
	ID           string
	Caller       zwfw.Phone // masked by the city
	Called       string
	Direction    Direction
	State        CallState
	Skill        string
	SeatNo       string
	Begin        time.Time
	Queued       time.Time
	Rang         time.Time
	Answered     time.Time
	Ended        time.Time
	EndReason    string
	SheetNo      SheetNo
	Satisfaction Satisfaction
}

// SeatReport is a city's seats. Without Full only those that changed stand in it.
type SeatReport struct {
	Snapshot
	Full  bool
	Total SeatCounters
	Seats []Seat // at most 1000
}

// SeatCounters: the six states add up to LoggedIn, which is at most Configured.
type SeatCounters struct{ Configured, LoggedIn, Idle, Busy, Ringing, Talking, AfterCall, Other int }

// Seat is one seat (坐席).
type Seat struct {
	No            string
	AgentNo       string
	AgentName     zwfw.PersonName // optional
	Area          string
	Skill         string
	State         SeatState
	Since         time.Time
	CallID        string
	TodayAnswered *int64
	TodayTalk     *int64 // seconds
}

// ReportResult is the answer to a report.
type ReportResult struct {
	Accepted bool
	LastSeq  int64
	// NextPeriod is how far apart the province wants the reports; zero when it does not
	// say.
	NextPeriod time.Duration
	Remarks    []string // of the province on the data's quality
	Repeated   bool
	Receipt
}

// ReportCalls reports live calls (实时话务汇聚). A repetition with the same sequence number
// counts once.
//
// Errors: Stale (the province has a later one: drop this), InvalidRows (sums that do not
// agree; see [RowErrors]), TooLarge, RateLimited, PermissionDenied (not a city), and
// those of every call.
//
// Source: DB36/T 1180 clauses 4.4.4 and 4.5.3; fields: practice of vendors and
// assumption.
func (c *Client) ReportCalls(ctx context.Context, r CallReport) (*ReportResult, error) {
	const op = "ReportCalls"
	k := c.check(op)
	k.snapshot(r.Snapshot, "Calls", len(r.Calls))
	for i, county := range r.Counties {
		k.area(fmt.Sprintf("Counties[%d].Area", i), county.Area)
	}
	if k.err != nil {
		return nil, k.err
	}
	in := &wire.CallReport{
		CityCode: r.City, StatTime: r.At, Seq: r.Seq, PeriodSec: int(r.Period / time.Second), DayBegin: r.DayBegin, Total: r.Total.wire(),
	}
	for _, county := range r.Counties {
		total := county.Total.wire()
		in.Counties = append(in.Counties, wire.County{AreaCode: county.Area, Total: &total})
	}
	for i := range r.Calls {
		in.Calls = append(in.Calls, r.Calls[i].wire())
	}
	return c.report(ctx, op, in)
}

// ReportSeats reports seats and their states (实时坐席汇聚).
//
// Errors and source are those of ReportCalls (clause 4.5.4).
func (c *Client) ReportSeats(ctx context.Context, r SeatReport) (*ReportResult, error) {
	const op = "ReportSeats"
	k := c.check(op)
	k.snapshot(r.Snapshot, "Seats", len(r.Seats))
	if k.err != nil {
		return nil, k.err
	}
	in := &wire.SeatReport{
		CityCode: r.City, StatTime: r.At, Seq: r.Seq, PeriodSec: int(r.Period / time.Second), Full: r.Full,
		Total: wire.SeatCounters{
			Configured: r.Total.Configured, LoggedIn: r.Total.LoggedIn, Idle: r.Total.Idle, Busy: r.Total.Busy, Ringing: r.Total.Ringing,
			Talking: r.Total.Talking, ACW: r.Total.AfterCall, Other: r.Total.Other,
		},
		Seats: make([]wire.Seat, len(r.Seats)),
	}
	for i := range r.Seats {
		s := &r.Seats[i]
		in.Seats[i] = wire.Seat{
			SeatNo: s.No, AgentNo: s.AgentNo, AgentName: s.AgentName, AreaCode: s.Area, Skill: s.Skill, State: string(s.State), StateSince: s.Since,
			CallID: s.CallID, TodayAnswered: s.TodayAnswered, TodayTalkSec: s.TodayTalk,
		}
	}
	return c.report(ctx, op, in)
}

func (k *check) snapshot(s Snapshot, rows string, n int) {
	k.area("City", s.City)
	k.moment("At", s.At)
	k.is(s.Seq > 0, "Seq", "must be above zero")
	k.is(s.Period >= time.Second && s.Period%time.Second == 0, "Period", "must be whole seconds, at least one")
	k.is(n <= maxRows, rows, fmt.Sprintf("at most %d, has %d", maxRows, n))
}

func (c *Client) report(ctx context.Context, op string, in any) (*ReportResult, error) {
	var out wire.ReportResult
	meta, repeated, err := c.act(ctx, op, in, &out)
	if err != nil {
		return nil, err
	}
	return &ReportResult{
		Accepted: out.Accepted || repeated, LastSeq: out.LastSeq, NextPeriod: time.Duration(out.NextPeriodSec) * time.Second,
		Remarks: out.Warnings, Repeated: repeated, Receipt: receipt(meta),
	}, nil
}

func (t CallCounters) wire() wire.CallCounters {
	return wire.CallCounters{
		Queueing: t.Queueing, Ringing: t.Ringing, Talking: t.Talking, IVR: t.IVR, Offered: t.Offered, Answered: t.Answered,
		Abandoned: t.Abandoned, Answered15s: t.Answered15s, Outbound: t.Outbound, Callback: t.Callback,
		WaitSecTotal: t.WaitSeconds, WaitSecMax: t.LongestWait, TalkSecTotal: t.TalkSeconds,
	}
}

func (c *Call) wire() wire.CallRow {
	return wire.CallRow{
		CallID: c.ID, CallerMasked: c.Caller, CalledNumber: c.Called, Direction: string(c.Direction), State: string(c.State), Skill: c.Skill,
		SeatNo: c.SeatNo, BeginTime: c.Begin, QueueTime: c.Queued, RingTime: c.Rang, AnswerTime: c.Answered, EndTime: c.Ended,
		EndReason: c.EndReason, SheetNo: string(c.SheetNo), Satisfaction: string(c.Satisfaction),
	}
}

// RowError is one finding of the province about data that it rejected.
type RowError struct {
	Field string `json:"field"`
	Rule  string `json:"rule"`
}

// RowErrors gives the findings of an InvalidRows error, nil when there are none.
func RowErrors(err error) []RowError {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return nil
	}
	var data struct{ Errors []RowError }
	if json.Unmarshal([]byte(e.Data.Reveal()), &data) != nil {
		return nil
	}
	return data.Errors
}
