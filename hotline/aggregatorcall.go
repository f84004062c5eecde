package hotline

import (
	"container/list"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
)

// CallEvent is something that happened to a call in the city's call centre (话务事件). ID,
// State and At are required; the rest goes into the detail of a report, and what an event
// leaves empty stays as earlier ones said.
type CallEvent struct {
	ID    string    // unique for as long as AggregatorConfig.KeepEnded after the call's end, at most 64 characters
	Area  string    // the city's own when empty
	State CallState // what the call is from At on
	At    time.Time // by the call centre's clock

	Direction Direction // Inbound when empty
	Callback  bool      // an outbound call back to a citizen (回访)
	Skill     string
	SeatNo    string

	Caller       zwfw.Phone // masked by the city: a number of seven characters or more in clear is refused
	Called       string     // of an outbound call the citizen's number: refused in clear, as Caller is
	EndReason    string
	SheetNo      SheetNo
	Satisfaction Satisfaction
}

// callRecord is what is known of a call.
type callRecord struct {
	row      Call // its times are the earliest that events gave
	area     int
	callback bool
	newest   time.Time // of row.State
	seen     time.Time // newest event, no later than it came
	fate     fate
	over     bool
	ended    bool // over, and no longer among the live ones

	counted bool // has a day
	day     int
	share   tally // what it has added to its day

	place   *list.Element // in one of callBook's lists
	touched time.Duration // elapsed at the last event, or when it ended
	old     bool          // ended too long ago to be stored
	dirty   bool          // its row is to be reported
}

// fate is whether a person was reached. The first event that tells stands.
type fate uint8

const (
	undecided fate = iota
	answered
	abandoned
)

// Call takes an event of a call. It is cheap and waits for nothing but other events.
//
// How calls are counted (assumption where the standard is silent):
//
//   - The first event of an ID decides area, direction and day; another area later changes
//     nothing. Events of one ID may come twice and in any order.
//   - An inbound call is offered when it first waits for, rings at or reaches a person, or
//     gives up; one that ends in the IVR is not. It counts for the day of that event, by At;
//     so do its answer and its end, even after midnight, when that day is no longer reported.
//   - It is answered by the first CallTalking or CallHeld, or abandoned by CallAbandoned,
//     whichever comes first; a call that only ends is neither. So offered is never below
//     answered and abandoned together.
//   - Its wait goes from the earliest queueing or ringing to the answer; answered within 15 s
//     is a wait of at most that. Wait and talk are of answered inbound calls, in whole
//     seconds; the talk counts at the end.
//   - An outbound call counts as Outbound at its first event and, when one says so, as
//     Callback.
//   - Live are all calls that have not ended, inbound and outbound, in the state of the event
//     with the latest At; held ones talk.
//   - An event of an unknown call that is no later than the last of a call already forgotten
//     is refused as Stale: it may have been counted. What a clock that was wrong by more than
//     KeepEnded left of this ends with the next accepted report.
//
// Errors: BadRequest (the field is named), Stale, LimitReached (MaxCalls live calls).
func (a *Aggregator) Call(e CallEvent) error {
	area, err := a.checkCall(e)
	if err != nil {
		return err
	}
	now := a.client.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.calls[e.ID]
	if (e.Direction == Outbound || r != nil && r.row.Direction == Outbound) && inClear(zwfw.NewPhone(e.Called)) {
		return a.refuse("Call", zwfw.BadRequest, "Called", "must be masked in an outbound call")
	}
	if r == nil {
		if !e.At.After(a.forgotten) {
			a.refused++
			return a.refuse("Call", zwfw.Stale, "At", "is of a time from which calls are forgotten already")
		}
		if len(a.calls) >= a.config.MaxCalls && !a.forgetOldest() {
			a.refused++
			return a.refuse("Call", zwfw.LimitReached, "", fmt.Sprintf("%d calls are live", len(a.calls)))
		}
		r = &callRecord{area: area, row: Call{ID: e.ID, Direction: e.Direction}}
		if r.row.Direction == "" {
			r.row.Direction = Inbound
		}
		a.calls[e.ID] = r
		r.place = a.going.PushBack(r)
	} else if !r.over {
		a.live[r.area][stage(r.row.State)]--
	}
	was := r.row
	r.learn(e)
	if e.At.Before(now) {
		now = e.At
	}
	r.seen = later(r.seen, now)
	a.settle(r)
	a.count(r, e.At)
	if r.row != was {
		a.touch(r)
	}
	return nil
}

// settle puts a call among the live or the ended ones.
func (a *Aggregator) settle(r *callRecord) {
	switch {
	case !r.over:
		a.live[r.area][stage(r.row.State)]++
		a.going.MoveToBack(r.place)
		r.touched = a.elapsed
	case !r.ended:
		a.end(r)
	case r.old:
		a.unsaved = later(a.unsaved, r.seen)
	}
}

// count adds to the day's sums what the call has become, once.
func (a *Aggregator) count(r *callRecord, at time.Time) {
	share := r.tally()
	if share == r.share {
		return
	}
	first := !r.counted
	if first {
		r.counted, r.day = true, a.dayOf(at)
	}
	if day := a.day(r.day, first); day != nil { // else it is long over
		day.areas[r.area].is.plus(r.share, -1)
		day.areas[r.area].is.plus(share, 1)
	}
	r.share = share
}

// learn takes over what an event says.
func (r *callRecord) learn(e CallEvent) {
	row := &r.row
	newer := r.newest.IsZero() || e.At.After(r.newest) || e.At.Equal(r.newest) && e.State > row.State
	row.Begin = earlier(row.Begin, e.At)
	r.callback = r.callback || e.Callback
	switch e.State {
	case CallQueueing:
		row.Queued = earlier(row.Queued, e.At)
	case CallRinging:
		row.Rang = earlier(row.Rang, e.At)
	case CallTalking, CallHeld:
		if r.fate != abandoned {
			r.fate, row.Answered = answered, earlier(row.Answered, e.At)
		}
	case CallAbandoned:
		if r.fate == undecided {
			r.fate = abandoned
		}
		fallthrough
	case CallEnded:
		r.over, row.Ended = true, earlier(row.Ended, e.At)
	}
	switch {
	case r.over && r.fate == abandoned:
		row.State = CallAbandoned
	case r.over:
		row.State = CallEnded
	case newer:
		row.State = e.State
	}
	for _, f := range []struct {
		into *string
		says string
	}{
		{&row.Skill, e.Skill}, {&row.SeatNo, e.SeatNo}, {&row.Called, e.Called}, {&row.EndReason, e.EndReason},
		{(*string)(&row.SheetNo), string(e.SheetNo)}, {(*string)(&row.Satisfaction), string(e.Satisfaction)},
	} {
		if f.says != "" && (newer || *f.into == "") {
			*f.into = f.says
		}
	}
	if !e.Caller.IsZero() && (newer || row.Caller.IsZero()) && !e.Caller.Equal(row.Caller) {
		row.Caller = e.Caller
	}
	if newer {
		r.newest = e.At
	}
}

// quickly is the wait that GB/T 33358 asks for.
const quickly = 15 * time.Second

// tally is what a call adds to its day.
func (r *callRecord) tally() (t tally) {
	row := &r.row
	if row.Direction == Outbound {
		t.Outbound = 1
		if r.callback {
			t.Callback = 1
		}
		return t
	}
	if row.Queued.IsZero() && row.Rang.IsZero() && r.fate == undecided {
		return t
	}
	t.Offered = 1
	switch r.fate {
	case abandoned:
		t.Abandoned = 1
	case answered:
		t.Answered = 1
		var wait time.Duration
		if asked := earlier(row.Queued, row.Rang); !asked.IsZero() {
			wait = max(row.Answered.Sub(asked), 0)
		}
		if wait <= quickly {
			t.Quick = 1
		}
		t.Wait = int64(wait / time.Second)
		t.Longest = t.Wait
		if !row.Ended.IsZero() {
			t.Talk = int64(max(row.Ended.Sub(row.Answered), 0) / time.Second)
		}
	}
	return t
}

// stage is a state's place among the live ones, 0 for one that is none of the contract's.
func stage(s CallState) int {
	if len(s) == 1 && s >= CallIVR && s <= CallAbandoned {
		return int(s[0] - '0')
	}
	return 0
}

// liveCalls counts calls by stage.
type liveCalls [8]int

func (l *liveCalls) plus(o liveCalls) {
	for i := range l {
		l[i] += o[i]
	}
}

func (l *liveCalls) in(s CallState) int { return l[stage(s)] }

// earlier gives the earlier of two times; zero is none.
func earlier(t, o time.Time) time.Time {
	if t.IsZero() || !o.IsZero() && o.Before(t) {
		return o
	}
	return t
}

func later(t, o time.Time) time.Time {
	if o.After(t) {
		return o
	}
	return t
}

func (a *Aggregator) checkCall(e CallEvent) (area int, err error) {
	refuse := func(field, expected string) (int, error) {
		return 0, a.refuse("Call", zwfw.BadRequest, field, expected)
	}
	area, listed := a.index[e.Area]
	switch {
	case e.ID == "" || !isLine(e.ID, maxCallID):
		return refuse("ID", fmt.Sprintf("1 to %d characters, no control character", maxCallID))
	case !listed:
		return refuse("Area", notListed(e.Area))
	case stage(e.State) == 0:
		return refuse("State", "is no state of a call")
	case e.At.IsZero():
		return refuse("At", "is required")
	case e.At.Year() < firstYear || e.At.Year() > lastYear:
		return refuse("At", fmt.Sprintf("must be of the years %d to %d", firstYear, lastYear))
	case e.Direction != "" && e.Direction != Inbound && e.Direction != Outbound:
		return refuse("Direction", "must be Inbound, Outbound or empty")
	case inClear(e.Caller):
		return refuse("Caller", "must be masked")
	}
	for _, f := range []struct{ name, text string }{
		{"Skill", e.Skill}, {"SeatNo", e.SeatNo}, {"Caller", e.Caller.Reveal()}, {"Called", e.Called}, {"EndReason", e.EndReason},
		{"SheetNo", string(e.SheetNo)}, {"Satisfaction", string(e.Satisfaction)},
	} {
		if !isLine(f.text, maxName) {
			return refuse(f.name, fmt.Sprintf("at most %d characters, no control character", maxName))
		}
	}
	return area, nil
}

const (
	maxCallID   = 64
	wholeNumber = 7 // characters of a citizen's number; service numbers and extensions are shorter

	// Other years are a switch's placeholders; the store counts nanoseconds in 64 bits.
	firstYear, lastYear = 1970, 2199
)

func inClear(p zwfw.Phone) bool { return len(p.Reveal()) >= wholeNumber && !p.IsMasked() }

// isLine takes valid text of at most so many characters without control characters.
func isLine(text string, most int) bool {
	if len(text) > most && utf8.RuneCountInString(text) > most || !utf8.ValidString(text) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func isArea(code string) bool {
	return (len(code) == 6 || len(code) == 12) && strings.Trim(code, "0123456789") == ""
}

// notListed names an area, if it is one.
func notListed(area string) string {
	if !isArea(area) {
		return "is no area of 6 or 12 digits"
	}
	return area + " is neither AggregatorConfig.City nor one of Counties"
}

func (a *Aggregator) refuse(op string, kind zwfw.Kind, field, expected string) error {
	e := a.client.engine.Refuse(op, field, expected)
	e.Kind = kind
	return e
}
