package hotline

import "time"

// Term is an amount of time to finish a sheet in.
type Term struct {
	Value int
	Unit  DelayUnit
}

// ClockRules are the switches in which centres differ. The zero value is the default: the
// clock starts with the dispatch, the day of the start does not count, days end at 18:00,
// and waiting for the centre does not stop the clock. All are assumptions.
type ClockRules struct {
	StartAtSigning     bool          // invites late signing
	CountStartDay      bool          // a working day on which the clock starts is the first
	SameTime           bool          // days end at the clock time of the start, not with the office
	OfficeEnd          time.Duration // since midnight; 18 hours when zero
	ApprovalStopsClock bool
	MidnightIsDayEnd   bool // a deadline at 00:00:00 stands for its day's end: some centres send dates
}

// Schedule computes deadlines and lights as a centre would. It is for showing and
// warning: the deadline that the centre sends is the one that counts.
type Schedule struct {
	Calendar   *Calendar // required
	Rules      ClockRules
	Sign       time.Duration // to sign for a sheet
	SignUrgent time.Duration
	Terms      map[SheetType]Term // to finish one; types that are not listed have that of Help
	Urgent     Term               // to finish an urgent one, whatever its type
	DueSoon    int                // working days left at which a light turns yellow
}

// NewSchedule gives the proposed terms (assumption, between those of several cities):
// sign within 24 hours, urgent ones within 30 minutes; finish within 3 working days
// (consult), 5 (help, complaint, praise) or 10 (violation, suggestion), urgent ones within
// 24 hours; due soon with 2 working days left.
func NewSchedule(c *Calendar) Schedule {
	days := func(n int) Term { return Term{n, WorkingDays} }
	return Schedule{
		Calendar: c, Sign: 24 * time.Hour, SignUrgent: 30 * time.Minute, Urgent: Term{24, Hours}, DueSoon: 2,
		Terms: map[SheetType]Term{
			Consult: days(3), Help: days(5), Complaint: days(5), Violation: days(10), Suggestion: days(10), Praise: days(5),
		},
	}
}

func urgent(u Urgency) bool { return u == UrgentMost || u == Urgent }

// SignBy is when a sheet has to be signed for. Hours run by the wall clock.
func (s Schedule) SignBy(u Urgency, dispatched time.Time) time.Time {
	if urgent(u) {
		return dispatched.Add(s.SignUrgent)
	}
	return dispatched.Add(s.Sign)
}

// FinishBy is when a sheet has to be finished. signed is zero while it is not; with
// StartAtSigning there is no deadline then, and the zero time is given.
func (s Schedule) FinishBy(t SheetType, u Urgency, dispatched, signed time.Time) time.Time {
	start := dispatched
	if s.Rules.StartAtSigning {
		if start = signed; start.IsZero() {
			return time.Time{}
		}
	}
	term, listed := s.Terms[t]
	if !listed {
		term = s.Terms[Help]
	}
	if urgent(u) {
		term = s.Urgent
	}
	return s.after(start, term)
}

// Extend moves a deadline by what was granted: the clock time stays.
func (s Schedule) Extend(deadline time.Time, by Term) time.Time {
	switch by.Unit {
	case Hours:
		return deadline.Add(time.Duration(by.Value) * time.Hour)
	case Days:
		return deadline.In(china).AddDate(0, 0, by.Value)
	}
	return s.Calendar.AddWorkdays(deadline, by.Value)
}

// Resume is the deadline after the centre sent a finish or a rejection back: later by the
// time that it took, where waiting stops the clock.
func (s Schedule) Resume(deadline, applied, answered time.Time) time.Time {
	if !s.Rules.ApprovalStopsClock || !answered.After(applied) {
		return deadline
	}
	return deadline.Add(answered.Sub(applied))
}

// after adds a term to a start.
func (s Schedule) after(start time.Time, term Term) time.Time {
	if term.Unit == Hours {
		return start.Add(time.Duration(term.Value) * time.Hour)
	}
	n := term.Value
	if s.Rules.CountStartDay && (term.Unit == Days || s.Calendar.IsWorkday(start)) {
		n--
	}
	end := start.In(china).AddDate(0, 0, n)
	if term.Unit != Days {
		end = s.Calendar.AddWorkdays(start, n)
	}
	if s.Rules.SameTime {
		return end
	}
	return dayOf(end).Add(s.office())
}

func (s Schedule) office() time.Duration {
	if s.Rules.OfficeEnd == 0 {
		return 18 * time.Hour
	}
	return s.Rules.OfficeEnd
}

// Due is the moment that a centre's deadline stands for.
func (s Schedule) Due(deadline time.Time) time.Time {
	if s.Rules.MidnightIsDayEnd && !deadline.IsZero() && deadline.Equal(dayOf(deadline)) {
		return deadline.Add(s.office())
	}
	return deadline
}

// Light is the mark of a sheet's urgency (亮灯).
type Light string

// Lights.
const (
	Green  Light = "green"
	Yellow Light = "yellow" // due soon
	Red    Light = "red"    // overdue
)

// LightAt gives the light of a deadline at a moment. Overdue is judged by when the centre
// received the result, not by the time written in it. A sheet without a deadline is
// green.
func (s Schedule) LightAt(now, deadline time.Time) Light {
	switch deadline = s.Due(deadline); {
	case deadline.IsZero():
		return Green
	case now.After(deadline):
		return Red
	case s.Calendar.workdays(now, deadline, s.DueSoon+1) <= s.DueSoon:
		return Yellow
	}
	return Green
}
