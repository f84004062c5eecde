package outbox

import "fmt"

// lack is what new messages need beyond the room there is.
type lack struct{ count, bytes, file int64 }

func (l lack) met() bool { return l.count <= 0 && l.bytes <= 0 && l.file <= 0 }

// lacking compares with the limits; cost is what the file needs for the rows.
func (w *write) lacking(p Put, count, size, cost int64) (l lack) {
	if p.MaxCount > 0 {
		l.count = w.total.Pending + w.total.Letters + count - p.MaxCount
	}
	if p.MaxBytes > 0 {
		l.bytes = w.total.Bytes + size - p.MaxBytes
	}
	if o := w.f.options; o.limited() {
		later := settleRoom * (w.total.Pending + w.total.Letters + count)
		l.file = w.f.used(w.tx) + w.grown + cost + later - (o.maxFile - o.reserve(w.largest))
	}
	return l
}

// makeRoom drops what the rows' queues allow to drop, or refuses. It drops nothing when
// that would not be enough.
func (w *write) makeRoom(p Put, fresh map[idInQueue]int, count, size, cost int64) error {
	if count == 0 {
		return nil
	}
	need := w.lacking(p, count, size, cost)
	oldest, err := w.oldest(p, fresh, &need)
	if err != nil {
		return err
	}
	if need.met() {
		for _, v := range oldest {
			if err := w.drop(v); err != nil {
				return err
			}
		}
		return nil
	}
	if err := w.refuse(fresh); err != nil {
		return err
	}
	return refusal{fmt.Errorf("outbox: not stored: %d pending, %d dead letters, %d bytes: %w", w.total.Pending, w.total.Letters, w.total.Bytes, ErrFull)}
}

// refuse counts rows that found no room.
func (w *write) refuse(fresh map[idInQueue]int) error {
	for id := range fresh {
		c, err := w.state(id.q)
		if err != nil {
			return err
		}
		w.add(c, Stats{Enqueued: 1, Refused: 1})
	}
	return nil
}

// victim is a message that may be dropped.
type victim struct {
	name string
	q    queueNumber
	seq  uint64
}

// oldest finds the messages to drop until the need is met, or there are no more.
func (w *write) oldest(p Put, fresh map[idInQueue]int, need *lack) (all []victim, err error) {
	if need.count > w.total.Pending || need.bytes > w.total.Bytes || need.file > w.total.Bytes+w.total.Pending*rowGain(0) {
		return nil, nil // not all of them together
	}
	seen := make(map[queueNumber]bool)
	for id, i := range fresh {
		row := p.Rows[i]
		if !row.DropOldest || seen[id.q] {
			continue
		}
		seen[id.q] = true
		for from := uint64(0); !need.met(); {
			v, size, ok, err := w.oldestFrom(row.Queue, id.q, from)
			if err != nil {
				return nil, err
			}
			if !ok {
				break
			}
			all = append(all, v)
			need.count, need.bytes, need.file = need.count-1, need.bytes-size, need.file-rowGain(size)
			from = v.seq + 1
		}
	}
	return all, nil
}

// oldestFrom finds the oldest message of a queue from a sequence on that is not being delivered.
func (w *write) oldestFrom(name string, q queueNumber, from uint64) (v victim, size int64, ok bool, err error) {
	l := w.f.lineup(q)
	for {
		seq, ok, err := w.rowFrom(q, from)
		if !ok || err != nil {
			return victim{}, 0, false, err
		}
		r, _, err := w.row(q, seq)
		if err != nil {
			if err := w.spoil(name, q, seq, r); err != nil {
				return victim{}, 0, false, err
			}
		} else if !l.flies(r.lane, seq) {
			return victim{name, q, seq}, int64(len(r.sealed)), true, nil
		}
		from = seq + 1
	}
}

func (w *write) drop(v victim) error {
	r, _, err := w.row(v.q, v.seq)
	if err != nil {
		return err
	}
	w.grown += keyRoom - int64(len(r.sealed)) - rowRoom
	w.events = append(w.events, Event{Kind: EventDropped, Queue: v.name, Sequence: v.seq})
	return w.remove(v.q, v.seq, r, StateDropped)
}
