package hotline

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
)

// seatBook keeps the newest state of every seat.
type seatBook struct {
	seats   map[seatKey]*seatRecord
	changed []*seatRecord
	told    bool          // some seat was ever told
	full    bool          // the next report lists all
	fullAt  time.Duration // elapsed at the last report that did
}

type seatKey struct{ area, no string }

type seatRecord struct {
	Seat
	seen    time.Time // Since, no later than it came
	changed bool
	gone    bool
}

func newSeatBook() seatBook { return seatBook{seats: make(map[seatKey]*seatRecord), full: true} }

// lateSeat is how much older than the known state one may be and still be a late message;
// one that is older comes from a clock that was set back.
const lateSeat = time.Minute

// Seat takes the newest state of a seat. No, State and Since are required; Area is the
// city's own when empty.
//
// A seat is its No within its Area: one person on two skills is one seat, in the state that
// began last. A state that no table knows counts and is reported as SeatOther, because the
// province would refuse the whole report for it. All seats that were told and not removed
// are Configured.
//
// Errors: BadRequest (the field is named), LimitReached (MaxSeats).
func (a *Aggregator) Seat(s Seat) error {
	if err := a.checkSeat(&s); err != nil {
		return err
	}
	now := a.client.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := s.Since
	if now.Before(seen) {
		seen = now
	}
	key := seatKey{s.Area, s.No}
	r := a.seats[key]
	switch {
	case r == nil && len(a.seats) >= a.config.MaxSeats:
		return a.refuse("Seat", zwfw.LimitReached, "", fmt.Sprintf("%d seats are kept", a.config.MaxSeats))
	case r == nil:
		r = new(seatRecord)
		a.seats[key], a.told = r, true
	case seen.Before(r.seen) && r.seen.Sub(seen) <= lateSeat:
		return nil
	case sameSeat(r.Seat, s):
		return nil
	}
	r.Seat, r.seen = s, seen
	if !r.changed {
		r.changed = true
		a.changed = append(a.changed, r)
	}
	return nil
}

// RemoveSeat forgets a seat that is no longer there; area is the city's own when empty. The
// next report lists all seats, since the wire has no other way to say it.
func (a *Aggregator) RemoveSeat(area, no string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := seatKey{cmp.Or(area, a.config.City), no}
	if r := a.seats[key]; r != nil {
		delete(a.seats, key)
		r.gone, a.full = true, true
	}
}

func (a *Aggregator) checkSeat(s *Seat) error {
	refuse := func(field, expected string) error { return a.refuse("Seat", zwfw.BadRequest, field, expected) }
	_, listed := a.index[s.Area]
	switch {
	case s.No == "" || !isLine(s.No, maxNumber):
		return refuse("No", fmt.Sprintf("1 to %d characters, no control character", maxNumber))
	case !listed:
		return refuse("Area", notListed(s.Area))
	case s.State == "":
		return refuse("State", "is required")
	case s.Since.IsZero():
		return refuse("Since", "is required")
	}
	for _, f := range []struct{ name, text string }{
		{"AgentNo", s.AgentNo}, {"AgentName", s.AgentName.Reveal()}, {"Skill", s.Skill}, {"CallID", s.CallID},
	} {
		if !isLine(f.text, maxName) {
			return refuse(f.name, fmt.Sprintf("at most %d characters, no control character", maxName))
		}
	}
	s.Area = cmp.Or(s.Area, a.config.City)
	switch s.State {
	case SeatLoggedOut, SeatIdle, SeatBusy, SeatRinging, SeatTalking, SeatAfterCall:
	default:
		s.State = SeatOther
	}
	// The caller may go on using the numbers behind these.
	s.TodayAnswered, s.TodayTalk = copied(s.TodayAnswered), copied(s.TodayTalk)
	return nil
}

func copied(n *int64) *int64 {
	if n == nil {
		return nil
	}
	own := *n
	return &own
}

func sameSeat(s, o Seat) bool {
	same := func(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }
	return s.No == o.No && s.AgentNo == o.AgentNo && s.AgentName.Equal(o.AgentName) && s.Area == o.Area && s.Skill == o.Skill && s.State == o.State &&
		s.Since.Equal(o.Since) && s.CallID == o.CallID && same(s.TodayAnswered, o.TodayAnswered) && same(s.TodayTalk, o.TodayTalk)
}

func (a *Aggregator) seatCounters() (c SeatCounters) {
	for _, r := range a.seats {
		c.Configured++
		switch r.State {
		case SeatLoggedOut:
			continue
		case SeatIdle:
			c.Idle++
		case SeatBusy:
			c.Busy++
		case SeatRinging:
			c.Ringing++
		case SeatTalking:
			c.Talking++
		case SeatAfterCall:
			c.AfterCall++
		default:
			c.Other++
		}
		c.LoggedIn++
	}
	return c
}

// takeSeats gives the seats that are due, and whether they are all.
func (a *Aggregator) takeSeats() (due []Seat, full bool) {
	full = a.full || a.elapsed-a.fullAt >= a.config.FullEvery
	for _, r := range a.changed {
		r.changed = false
		if !full && !r.gone {
			due = append(due, r.Seat)
		}
	}
	a.changed = a.changed[:0]
	if !full {
		return due, false
	}
	a.full, a.fullAt = false, a.elapsed
	due = make([]Seat, 0, len(a.seats))
	for _, r := range a.seats {
		due = append(due, r.Seat)
	}
	slices.SortFunc(due, func(s, o Seat) int { return cmp.Or(cmp.Compare(s.Area, o.Area), cmp.Compare(s.No, o.No)) })
	return due, true
}
