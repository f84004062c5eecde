package sandbox

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// series is what a city aggregates of one kind.
type series struct {
	seq   int64
	body  string
	calls *wire.CallReport // the last one, for counters that may not fall
	gaps  []int64          // sequence numbers that never came, the first mostGaps
	late  []*wire.SeatReport

	// What the wall shows.
	came      time.Time
	shown     *wire.CallReport
	rows      map[string]wire.CallRow
	seats     map[wallSeat]wire.Seat
	seatAt    time.Time
	seatTotal wire.SeatCounters
}

const (
	mostRows = 1000    // the largest detail of one report
	mostGaps = 100_000 // a city may number by the time of day
)

// accept checks place and sequence of a report and keeps it.
func (h *hotlineSide) accept(x *exchange, d *hotlineDesk, kind, city string, seq int64, rows int, at time.Time, periodSec int, findings []finding) (*series, *wire.ReportResult, *no) {
	if at.IsZero() {
		return nil, nil, lacks("statTime")
	}
	switch {
	case city == "":
		return nil, nil, lacks("cityCode")
	case len(city) < 4 || len(city) > 12 || city[:4] != d.unit.Code[:4]:
		return nil, nil, illegal("cityCode")
	case seq <= 0:
		return nil, nil, illegal("seq")
	case periodSec <= 0:
		return nil, nil, illegal("periodSec")
	case rows > mostRows:
		return nil, nil, &no{kind: zwfw.TooLarge}
	}
	key, body := d.id+" "+kind, fingerprint(x)
	s := h.series[key]
	if s == nil {
		s = &series{}
		h.series[key] = s
	}
	out := &wire.ReportResult{Accepted: true, LastSeq: s.seq, NextPeriodSec: periodSec, Warnings: []string{}}
	if h.setup.Period > 0 {
		out.NextPeriodSec = int(h.setup.Period / time.Second)
	}
	switch {
	case seq == s.seq && body == s.body:
		return nil, out, nil // counted already
	case seq <= s.seq:
		return nil, nil, &no{kind: zwfw.Stale, detail: detailOf(map[string]any{"lastSeq": s.seq})}
	}
	if refusal := rejected(findings); refusal != nil {
		return nil, nil, refusal
	}
	for missed := s.seq + 1; s.seq > 0 && missed < seq && len(s.gaps) < mostGaps; missed++ {
		s.gaps = append(s.gaps, missed)
	}
	if x.now.Sub(at) > 3*time.Duration(periodSec)*time.Second {
		out.Warnings = append(out.Warnings, "statTime is older than 3 periods: stored, not shown")
	}
	s.seq, s.body, out.LastSeq = seq, body, seq
	x.entry.Effect = true
	return s, out, nil
}

// reportCalls is H12.
func (h *hotlineSide) reportCalls(x *exchange, d *hotlineDesk, in *wire.CallReport) (any, *no) {
	findings := quality("total", in.Total)
	var sum wire.CallCounters
	for i, county := range in.Counties {
		if county.Total == nil {
			county.Total = flatCounters(county.Flat)
		}
		findings = append(findings, quality(fmt.Sprintf("counties[%d]", i), *county.Total)...)
		add(&sum, *county.Total)
	}
	if total := in.Total; len(in.Counties) > 0 {
		total.WaitSecTotal, total.WaitSecMax, total.TalkSecTotal = nil, nil, nil
		if sum != total {
			findings = append(findings, finding{"counties", "sum of counties = total"})
		}
	}
	if s := h.series[d.id+" calls"]; s != nil && s.calls != nil {
		findings = append(findings, fallen(s.calls, in)...)
	}
	s, out, refusal := h.accept(x, d, "calls", in.CityCode, in.Seq, len(in.Calls), in.StatTime, in.PeriodSec, findings)
	if s != nil {
		s.showCalls(in, x.now, len(out.Warnings) == 0)
	}
	return orRefusal(out, refusal)
}

// reportSeats is H13.
func (h *hotlineSide) reportSeats(x *exchange, d *hotlineDesk, in *wire.SeatReport) (any, *no) {
	var findings []finding
	t := in.Total
	if t.Idle+t.Busy+t.Ringing+t.Talking+t.ACW+t.Other != t.LoggedIn {
		findings = append(findings, finding{"total.loggedIn", "sum of states = loggedIn"})
	}
	if t.LoggedIn > t.Configured {
		findings = append(findings, finding{"total.configured", "loggedIn <= configured"})
	}
	for i, seat := range in.Seats {
		if !h.known("seatState", seat.State) {
			findings = append(findings, finding{fmt.Sprintf("seats[%d].state", i), "code in table"})
		}
	}
	s, out, refusal := h.accept(x, d, "seats", in.CityCode, in.Seq, len(in.Seats), in.StatTime, in.PeriodSec, findings)
	if s != nil {
		s.showSeats(in, len(out.Warnings) == 0)
	}
	return orRefusal(out, refusal)
}

func orRefusal(out *wire.ReportResult, refusal *no) (any, *no) {
	if refusal != nil {
		return nil, refusal
	}
	return out, nil
}

// quality checks what holds for every counter object.
func quality(where string, c wire.CallCounters) []finding {
	var findings []finding
	if c.Offered < c.Answered+c.Abandoned {
		findings = append(findings, finding{where + ".offered", "offered >= answered + abandoned"})
	}
	if c.Answered < c.Answered15s {
		findings = append(findings, finding{where + ".answered", "answered >= answered15s"})
	}
	for _, live := range []int{c.Queueing, c.Ringing, c.Talking, c.IVR} {
		if live < 0 {
			return append(findings, finding{where, "live values >= 0"})
		}
	}
	return findings
}

func add(sum *wire.CallCounters, c wire.CallCounters) {
	sum.Queueing, sum.Ringing, sum.Talking, sum.IVR = sum.Queueing+c.Queueing, sum.Ringing+c.Ringing, sum.Talking+c.Talking, sum.IVR+c.IVR
	sum.Offered, sum.Answered, sum.Abandoned = sum.Offered+c.Offered, sum.Answered+c.Answered, sum.Abandoned+c.Abandoned
	sum.Answered15s, sum.Outbound, sum.Callback = sum.Answered15s+c.Answered15s, sum.Outbound+c.Outbound, sum.Callback+c.Callback
}

// fallen finds daily counters that fell within a day of the city.
func fallen(was, is *wire.CallReport) []finding {
	day := func(r *wire.CallReport) string {
		at := r.StatTime
		if !r.DayBegin.IsZero() {
			at = r.DayBegin
		}
		return at.In(chinaTime).Format(time.DateOnly)
	}
	if day(was) != day(is) || is.Seq <= was.Seq {
		return nil
	}
	var findings []finding
	for _, c := range []struct {
		name     string
		was, now int64
	}{
		{"offered", was.Total.Offered, is.Total.Offered}, {"answered", was.Total.Answered, is.Total.Answered},
		{"abandoned", was.Total.Abandoned, is.Total.Abandoned}, {"outbound", was.Total.Outbound, is.Total.Outbound},
	} {
		if c.now < c.was {
			findings = append(findings, finding{"total." + c.name, "never falls within a day"})
		}
	}
	return findings
}

// flatCounters reads counters that stand beside the area code.
func flatCounters(flat map[string]string) *wire.CallCounters {
	numbers := make(map[string]int64, len(flat))
	for name, text := range flat {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			numbers[name] = n
		}
	}
	c := new(wire.CallCounters)
	text, _ := json.Marshal(numbers)
	_ = json.Unmarshal(text, c) // the names differ from the fields' by case alone
	c.WaitSecTotal, c.WaitSecMax, c.TalkSecTotal = nil, nil, nil
	return c
}
