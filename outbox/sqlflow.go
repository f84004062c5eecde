package outbox

import (
	"database/sql"
	"time"
)

// flow is the row of a queue that claiming and settling lock: its time, its epoch, and
// the counts of all that happens after a message was stored.
type flow struct {
	queue string
	now   int64
	wall  int64
	at    time.Time // before the database was asked for the time
	epoch int64
	Stats // of it Delivered, Dead, Expired, Dropped, Letters, Discarded, Damaged; Bytes are below zero
}

const flowCounts = `delivered, dead, expired, dropped, letters, discarded, damaged, bytes`

func (s *Stats) flowFields() []any {
	return []any{&s.Delivered, &s.Dead, &s.Expired, &s.Dropped, &s.Letters, &s.Discarded, &s.Damaged, &s.Bytes}
}

// lockFlow waits for a queue's flow; nil when there is no such queue.
func (w *sqlWork) lockFlow(queue string) (*flow, error) {
	f := &flow{queue: queue}
	var clock, noted int64
	found, err := w.one(`SELECT clock_ms, wall_ms, epoch, `+flowCounts+` FROM zwfw_outbox_flow WHERE queue = ? FOR UPDATE`,
		[]any{queue}, append([]any{&clock, &noted, &f.epoch}, f.flowFields()...)...)
	if err != nil || !found {
		return nil, err
	}
	f.at = time.Now() // after the lock: that may have taken long
	if _, err := w.one(`SELECT `+w.wallClock(), nil, &f.wall); err != nil {
		return nil, err
	}
	var jumped bool
	if f.now, jumped = w.times.read(queue, clock, noted, f.wall, f.at, w.config.MaxOffline); jumped {
		w.events = append(w.events, Event{Kind: EventClock, Queue: queue})
	}
	w.times.saw(queue, f.epoch, f.at, w.config.Lease)
	return f, nil
}

// look gives a queue's time without waiting for anybody.
func (w *sqlWork) look(queue string) (int64, error) {
	var clock, noted, wall, epoch int64
	at := time.Now()
	found, err := w.one(`SELECT clock_ms, wall_ms, `+w.wallClock()+`, epoch FROM zwfw_outbox_flow WHERE queue = ?`, []any{queue}, &clock, &noted, &wall, &epoch)
	if err != nil || !found {
		return 0, err
	}
	now, _ := w.times.read(queue, clock, noted, wall, at, w.config.MaxOffline)
	w.times.saw(queue, epoch, time.Now(), w.config.Lease)
	return now, nil
}

func (w *sqlWork) saveFlow(f *flow) error {
	_, err := w.exec(`UPDATE zwfw_outbox_flow SET clock_ms = ?, wall_ms = ?, epoch = ?, delivered = ?, dead = ?, expired = ?,
		dropped = ?, letters = ?, discarded = ?, damaged = ?, bytes = ? WHERE queue = ?`,
		f.now, f.wall, f.epoch, f.Delivered, f.Dead, f.Expired, f.Dropped, f.Letters, f.Discarded, f.Damaged, f.Bytes, f.queue)
	return err
}

// inFlow locks a queue, does something and saves the counts. It does nothing in a queue
// that is not there.
func (w *sqlWork) inFlow(queue string, fn func(*flow) error) error {
	f, err := w.lockFlow(queue)
	if f == nil || err != nil {
		return err
	}
	if err := fn(f); err != nil {
		return err
	}
	return w.saveFlow(f)
}

// inTurns is inFlow for what is decided by who has a message.
func (w *sqlWork) inTurns(queue string, fn func(*flow) error) error {
	return w.inFlow(queue, func(f *flow) error {
		if err := w.doubt(f); err != nil {
			return err
		}
		return fn(f)
	})
}

// makeQueue makes the rows of a queue that has none.
func (w *sqlWork) makeQueue(queue string) error {
	var there int
	if found, err := w.one(`SELECT 1 FROM zwfw_outbox_intake WHERE queue = ?`, []any{queue}, &there); found || err != nil {
		return err
	}
	var wall int64
	if _, err := w.one(`SELECT `+w.wallClock(), nil, &wall); err != nil {
		return err
	}
	_, err := w.exec(`INSERT INTO zwfw_outbox_intake (queue, next_seq, enqueued, refused, bytes) VALUES (?, 1, 0, 0, 0)`, queue)
	if err != nil {
		return err
	}
	_, err = w.exec(`INSERT INTO zwfw_outbox_flow (queue, clock_ms, wall_ms, epoch, `+flowCounts+`)
		VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0, 0)`, queue, firstTime, wall)
	return err
}

// stats reads the counts of all queues in one statement, of which lock is the end. What
// is at hand of locked intakes is certainly the latest.
func (w *sqlWork) stats(lock string, locked map[string]*intake) (map[string]Stats, error) {
	all := make(map[string]Stats)
	err := w.each(`SELECT i.queue, i.enqueued, i.refused, i.bytes, f.delivered, f.dead, f.expired, f.dropped,
		f.letters, f.discarded, f.damaged, f.bytes FROM zwfw_outbox_intake i JOIN zwfw_outbox_flow f ON f.queue = i.queue`+lock, nil,
		func(rows *sql.Rows) error {
			var queue string
			var in, s Stats
			err := rows.Scan(append([]any{&queue, &in.Enqueued, &in.Refused, &in.Bytes}, s.flowFields()...)...)
			if l := locked[queue]; l != nil {
				in = l.Stats
			}
			all[queue] = in.plus(s).complete()
			return err
		})
	return all, err
}

// complete works out what follows from the counts that are kept.
func (s Stats) complete() Stats {
	s.Refused += s.Dropped
	s.Pending = s.Enqueued - s.Delivered - s.Dead - s.Expired - s.Refused
	return s
}
