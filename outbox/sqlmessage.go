package outbox

import (
	"database/sql"

	"github.com/zwfw-go/zwfw"
)

// stateGone is that of a message which was discarded or purged. It is shown as dead.
const stateGone = int64(StateDropped) + 1

// Values of turn_ms.
const (
	turnNone   = int64(-2) // not pending
	turnBehind = int64(-1) // another message of the lane is first
	turnNew    = int64(0)  // Claim has to look
	turnNow    = int64(1)  // to be claimed; above: from that time on
)

// byTurn selects the messages of one turn, the oldest first. A plain equality and ORDER BY
// seq would mean the same, but tempts planners to read the queue from its beginning by
// the primary key until they find enough, which may be never.
const byTurn = `turn_ms >= ? AND turn_ms < ? ORDER BY turn_ms, seq`

func ofTurn(turn int64) []any { return []any{turn, turn + 1} }

func shownState(state int64) State {
	if state == stateGone {
		return StateDead
	}
	return State(state)
}

// sqlMessage is a row of messages, without its body.
type sqlMessage struct {
	seq               int64
	id, lane          Hash
	state             int64
	turn, epoch       int64
	owner             int64
	born, ttl, ends   int64
	attempts, charged int
	unsettled         int
	class             Class
	size, checksum    int64
}

const messageColumns = `seq, id, lane, state, turn_ms, epoch, owner, born_ms, ttl_ms, ends_ms, attempts, charged, unsettled,
	reason, kind, code, size, checksum`

// scan reads messageColumns and what was selected behind them.
func (m *sqlMessage) scan(scan func(...any) error, more ...any) error {
	var id, lane []byte
	var reason, kind, code sql.NullString
	err := scan(append([]any{&m.seq, &id, &lane, &m.state, &m.turn, &m.epoch, &m.owner, &m.born, &m.ttl, &m.ends, &m.attempts,
		&m.charged, &m.unsettled, &reason, &kind, &code, &m.size, &m.checksum}, more...)...)
	m.id, m.lane = hashOf(id), hashOf(lane)
	m.class = Class{Reason: reason.String, Kind: zwfw.Kind(kind.String), Code: code.String}
	return err
}

// current ends a read on which a change depends. MySQL reads an old state of a table in a
// caller's transaction, unless it locks what it reads; PostgreSQL refuses to change a row
// that has changed since.
func (w *sqlWork) current() string {
	if w.callers && w.flavor == zwfw.MySQL {
		return " FOR UPDATE"
	}
	return ""
}

// message gives nil when there is none.
func (w *sqlWork) message(queue string, seq int64) (*sqlMessage, error) {
	found, err := w.messages(`queue = ? AND seq = ?`, queue, seq)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

func (w *sqlWork) messages(where string, args ...any) (found []*sqlMessage, err error) {
	err = w.each(`SELECT `+messageColumns+` FROM zwfw_outbox_messages WHERE `+where+w.current(), args, func(rows *sql.Rows) error {
		m := &sqlMessage{}
		found = append(found, m)
		return m.scan(rows.Scan)
	})
	return found, err
}

func (w *sqlWork) sequences(where string, args ...any) (found []int64, err error) {
	err = w.each(`SELECT seq FROM zwfw_outbox_messages WHERE `+where+w.current(), args, func(rows *sql.Rows) error {
		var seq int64
		err := rows.Scan(&seq)
		found = append(found, seq)
		return err
	})
	return found, err
}

// sealed gives the body; ok is false when it is not as it was written.
func (w *sqlWork) sealed(queue string, m *sqlMessage) (body []byte, ok bool, err error) {
	_, err = w.one(`SELECT sealed FROM zwfw_outbox_messages WHERE queue = ? AND seq = ?`, []any{queue, m.seq}, &body)
	return body, checksum(body) == m.checksum, err
}

// held reports whether a worker has the message at this time.
func (m *sqlMessage) held(f *flow) bool { return m.owner != 0 && m.turn > f.now }

// end takes a pending message out of what is pending, counts it, and lets its lane go on.
func (w *sqlWork) end(f *flow, m *sqlMessage, state int64, class Class) error {
	f.count(state, m.size)
	if err := w.bury(f, m, state, class); err != nil {
		return err
	}
	if m.turn < turnNow {
		return nil // it was not the first
	}
	return w.nextOfLane(f, m, turnNow)
}

// remove is end for a message that may be the first of a lane which rests or is busy. All
// of it but its turn is gone then, and Claim or Settle let the lane go on.
func (w *sqlWork) remove(f *flow, m *sqlMessage, state int64) error {
	if state != stateGone {
		if err := w.disown(f, m); err != nil {
			return err
		}
	}
	if m.lane == (Hash{}) || m.turn <= f.now {
		return w.end(f, m, state, Class{})
	}
	f.count(state, m.size)
	var none Hash
	_, err := w.exec(`UPDATE zwfw_outbox_messages SET state = ?, ends_ms = ?, subject = ?, sealed = NULL, size = 0 WHERE queue = ? AND seq = ?`,
		state, f.now, none[:], f.queue, m.seq)
	return err
}

// disown makes a worker whose lease has run out learn, should it settle, that it lost a
// message which ends now without having been taken over.
func (w *sqlWork) disown(f *flow, m *sqlMessage) error {
	if m.owner == 0 {
		return nil
	}
	f.epoch++
	_, err := w.exec(`UPDATE zwfw_outbox_messages SET epoch = ? WHERE queue = ? AND seq = ?`, f.epoch, f.queue, m.seq)
	return err
}

// release lets the lane of a message go on of which only its turn was left.
func (w *sqlWork) release(f *flow, m *sqlMessage) error {
	var none Hash
	_, err := w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ?, owner = 0, lane = ? WHERE queue = ? AND seq = ?`, turnNone, none[:], f.queue, m.seq)
	if err != nil {
		return err
	}
	return w.nextOfLane(f, m, turnNow)
}

func (f *flow) count(state, size int64) {
	f.Bytes -= size
	switch state {
	case int64(StateDelivered):
		f.Delivered++
	case int64(StateExpired):
		f.Expired++
	case int64(StateDropped):
		f.Dropped++
	case int64(StateDead):
		f.Dead, f.Letters, f.Bytes = f.Dead+1, f.Letters+1, f.Bytes+size
	default: // purged
		f.Dead, f.Discarded = f.Dead+1, f.Discarded+1
	}
}

// bury writes what is kept of a message that is not pending. Of all but a dead letter
// that is the ID.
func (w *sqlWork) bury(f *flow, m *sqlMessage, state int64, class Class) error {
	if state == int64(StateDead) {
		_, err := w.exec(`UPDATE zwfw_outbox_messages SET state = ?, turn_ms = ?, owner = 0, ends_ms = 0, reason = ?, kind = ?, code = ?
			WHERE queue = ? AND seq = ?`, state, turnNone, word(class.Reason), word(string(class.Kind)), word(class.Code), f.queue, m.seq)
		return err
	}
	var none Hash
	_, err := w.exec(`UPDATE zwfw_outbox_messages SET state = ?, turn_ms = ?, owner = 0, ends_ms = ?, lane = ?, subject = ?, sealed = NULL, size = 0
		WHERE queue = ? AND seq = ?`, state, turnNone, f.now, none[:], none[:], f.queue, m.seq)
	return err
}

// word keeps what an engine is given within its column.
func word(s string) any {
	if s == "" {
		return nil
	}
	return s[:min(len(s), 64)]
}

// nextOfLane makes the next message the first of a lane, to be claimed at a time.
func (w *sqlWork) nextOfLane(f *flow, m *sqlMessage, turn int64) error {
	next, err := w.behind(f, m)
	if err != nil || next == 0 {
		return err // new ones are looked at by Claim
	}
	return w.setTurn(f, turn, next)
}

// behind gives the first message of a lane that waits behind another; 0 for none.
func (w *sqlWork) behind(f *flow, m *sqlMessage) (seq int64, err error) {
	if m.lane == (Hash{}) {
		return 0, nil
	}
	// The sum keeps planners from the index of turns, which knows no lanes.
	_, err = w.one(`SELECT seq FROM zwfw_outbox_messages WHERE queue = ? AND lane = ? AND turn_ms + 0 = ? ORDER BY turn_ms, seq LIMIT 1`+w.current(),
		[]any{f.queue, m.lane[:], turnBehind}, &seq)
	return seq, err
}

func (w *sqlWork) setTurn(f *flow, turn, seq int64) error {
	_, err := w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ? WHERE queue = ? AND seq = ?`, turn, f.queue, seq)
	return err
}
