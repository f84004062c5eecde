package hotline

import (
	"fmt"
	"strconv"

	"github.com/zwfw-go/zwfw/outbox"
)

// tells reports whether the centre says what it does by notices.
func (u *workUnit) tells() bool { return u.has("Notices") }

// newer reports that a sheet was dispatched anew.
func (m *memo) newer(s Sheet) bool {
	return s.Round > m.Round || s.State == Pending && m.Dispatched != 0 && unixOf(s.Dispatched) > m.Dispatched
}

// unsigned reports a sheet that is back although nothing but a new dispatch under the old
// number brings it back (public practice).
func (m *memo) unsigned(s Sheet) bool {
	if m.Ended != 0 && !m.State.Over() && s.State.Open() {
		return true // it had gone
	}
	return s.State == Pending && (m.State == Signed || m.State == Processing || m.State == FinishApplied || m.State.Over())
}

// differs reports that the list shows what the Desk was not told.
func (m *memo) differs(s Sheet) bool {
	return s.State != "" && s.State != m.State || s.DelayState != m.Delay || unixOf(s.Deadline) != m.Deadline || s.Urges > m.Urges || s.Supervised && !m.Supervised
}

// observe takes a row of the list. What a notice may tell as well waits for it until the
// next poll.
func (e *edit) observe(r row) {
	m := e.look(r.DispatchID)
	switch {
	case m == nil, m.Turn == 0, m.newer(r.Sheet), m.unsigned(r.Sheet) && m.tick <= r.tick:
		delete(e.u.unsaid, r.DispatchID)
		e.handOut(r.Sheet)
	case m.tick > r.tick || r.Version > 0 && r.Version < m.Version: // an answer has changed it since the list was asked for, or the list lags behind
	case !m.differs(r.Sheet):
		delete(e.u.unsaid, r.DispatchID)
	case e.u.tells():
		e.u.unsaid[r.DispatchID] = r
	default:
		e.compare(r.Sheet)
	}
}

// handOut makes a sheet, or a new round of one, known and queues it for the Desk.
func (e *edit) handOut(s Sheet) {
	m := e.open(s.DispatchID)
	m.Turn++
	m.No, m.Round, m.Version, m.Delay, m.Before, m.Apply = s.SheetNo, s.Round, s.Version, s.DelayState, "", ""
	m.Dispatched, m.Deadline, m.Soon = unixOf(s.Dispatched), unixOf(s.Deadline), 0
	m.Urges, m.Supervised, m.Ended = s.Urges, s.Supervised, 0
	m.become(s.State, e.now)
	e.found++
	e.queue("s/"+e.turnOf(m), handout{Unit: e.u.name, ID: m.ID, Turn: m.Turn})
}

// turnOf names a turn of a dispatch; what is forgotten after a month begins with 1 again,
// at another time.
func (e *edit) turnOf(m *memo) string { return e.u.turnKey(m) }

func (u *workUnit) turnKey(m *memo) string {
	return fmt.Sprintf("%s/%d/%d", u.lane(m.ID), m.Turn, m.Dispatched)
}

// compare tells the Desk what a row shows and nothing else has told.
func (e *edit) compare(s Sheet) {
	m := e.open(s.DispatchID)
	was := *m
	if s.State == "" { // the list says nothing of it
		s.State = m.State
	}
	m.Version, m.Urges, m.Delay, m.Deadline = s.Version, max(s.Urges, m.Urges), s.DelayState, unixOf(s.Deadline)
	m.Supervised = m.Supervised || s.Supervised
	if s.State == RejectApplied && was.State.Open() {
		m.Before = was.State
	}
	m.become(s.State, e.now)
	say := func(k ChangeKind) { e.say(m, SheetChange{Kind: k, At: e.now}) }
	switch {
	case s.DelayState == DelayApproved && was.Delay != DelayApproved:
		say(DelayGranted)
	case s.DelayState == DelayDenied && was.Delay != DelayDenied:
		say(DelayNotGiven)
	case m.Deadline != was.Deadline:
		say(DeadlineMoved)
	}
	if m.Urges > was.Urges {
		say(Urged)
	}
	if m.Supervised && !was.Supervised {
		say(Supervised)
	}
	if k := changeOf(was.State, s.State); k != "" {
		say(k)
	}
	e.signAgain(&was, m)
}

// signAgain signs for a sheet that stays although it was to be given back unsigned.
func (e *edit) signAgain(was, is *memo) {
	if was.State == RejectApplied && is.State == Pending && is.Turn > 0 && e.u.w.config.Sign == SignOnStored {
		e.sign(is)
	}
}

// changeOf says what a change of state means to the unit; "" for what the unit did itself.
func changeOf(was, is State) ChangeKind {
	switch {
	case was == is:
		return ""
	case is == Finished, is == Archived:
		if was == Finished {
			return ""
		}
		return FinishAccepted
	case is == Returned:
		return GivenBack
	case is == Recalled:
		return TakenBack
	case is.Open() && (was == RejectApplied || was == Returned):
		return StaysHere
	case is.Open() && (was == FinishApplied || was.Over()):
		return Reopened
	}
	return ""
}

// say queues a change that the list shows, or time brings, for the Desk.
func (e *edit) say(m *memo, c SheetChange) {
	m.Changes++
	e.sayAs("d/"+e.turnOf(m)+"/"+strconv.FormatInt(m.Changes, 10)+"/"+string(c.Kind), m, c)
}

func (e *edit) sayAs(key string, m *memo, c SheetChange) {
	c.Unit, c.DispatchID, c.SheetNo, c.State, c.Deadline = e.u.name, m.ID, m.No, m.State, timeOf(m.Deadline)
	if c.Turn == 0 {
		c.Turn = m.Turn
	}
	e.changed++
	e.queue(key, handout{Unit: c.Unit, ID: c.DispatchID, Turn: c.Turn, Change: storable(c)})
}

func (e *edit) queue(key string, h handout) {
	e.messages = append(e.messages, outbox.Message{Queue: e.u.w.config.HandoutQueue, Key: key, Order: e.u.lane(h.ID), Body: encodeMemo(h)})
}

// forget drops what ended long ago.
func (e *edit) forget(ids []DispatchID) {
	for _, id := range ids {
		if m := e.look(id); m != nil && m.forgettable(e.now) {
			e.sheets[id] = nil
		}
	}
}

// handout is what waits for the Desk, as it stands sealed in the outbox.
type handout struct {
	Unit   string        `json:"unit"`
	ID     DispatchID    `json:"id"`
	Turn   int           `json:"turn"`
	Change *storedChange `json:"change,omitempty"` // nil for the sheet itself
}

// storedChange is a SheetChange. Its text is clear: the outbox seals it, and protected
// types would write their masks.
type storedChange struct {
	No       SheetNo    `json:"no,omitempty"`
	Kind     ChangeKind `json:"kind"`
	State    State      `json:"state,omitempty"`
	Deadline int64      `json:"deadline,omitempty"`
	Light    Light      `json:"light,omitempty"`
	Opinion  string     `json:"opinion,omitempty"`
	ApplyID  string     `json:"applyId,omitempty"`
	NoticeID string     `json:"noticeId,omitempty"`
	Notice   NoticeType `json:"notice,omitempty"`
	At       int64      `json:"at,omitempty"`
}

func storable(c SheetChange) *storedChange {
	return &storedChange{
		No: c.SheetNo, Kind: c.Kind, State: c.State, Deadline: unixOf(c.Deadline), Light: c.Light, Opinion: c.Opinion.Reveal(),
		ApplyID: c.ApplyID, NoticeID: c.NoticeID, Notice: c.Notice, At: unixOf(c.At),
	}
}
