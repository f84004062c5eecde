package outbox

import (
	"bytes"
	"context"
)

const (
	bitsPerChunk = 1024
	bitsSize     = bitsPerChunk / 8
)

// bits gives the settled bits of a chunk; all reports that every one is set.
func (l *look) bits(q queueNumber, chunk uint64) (bits []byte, all bool, err error) {
	v, err := l.index(bitsKey(q, chunk))
	switch {
	case err != nil:
		return nil, false, err
	case v == nil:
		return make([]byte, bitsSize), false, nil
	case len(v) == 0: // a full chunk takes no room
		return bytes.Repeat([]byte{0xFF}, bitsSize), true, nil
	case len(v) != bitsSize:
		return nil, false, damage("settled bits", nil)
	}
	return bytes.Clone(v), false, nil
}

// settleBit notes that a sequence is no longer pending, clearBit that it is again.
func (w *write) settleBit(q queueNumber, seq uint64) error { return w.changeBit(q, seq, true) }
func (w *write) clearBit(q queueNumber, seq uint64) error  { return w.changeBit(q, seq, false) }

func (w *write) changeBit(q queueNumber, seq uint64, settled bool) error {
	chunk, i := seq/bitsPerChunk, seq%bitsPerChunk
	bits, _, err := w.bits(q, chunk)
	if err != nil {
		return err
	}
	if settled {
		bits[i/8] |= 1 << (i % 8)
	} else {
		bits[i/8] &^= 1 << (i % 8)
	}
	if bytes.Count(bits, []byte{0xFF}) == bitsSize {
		bits = nil
	}
	return w.put(w.inner, bitsKey(q, chunk), bits)
}

// remove takes a message out of what is pending.
func (w *write) remove(q queueNumber, seq uint64, r storedRow, s State) error {
	c, err := w.state(q)
	if err != nil {
		return err
	}
	change := Stats{Pending: -1, Bytes: -int64(len(r.sealed))}
	switch s {
	case StateDelivered:
		change.Delivered = 1
	case StateExpired:
		change.Expired = 1
	case StateDropped:
		change.Refused, change.Dropped = 1, 1
	case StateDead:
		change.Dead, change.Letters, change.Bytes = 1, 1, 0
	}
	w.add(c, change)
	w.lighten(c, int64(len(r.sealed)))
	if err := w.forgetPending(q, seq, r); err != nil {
		return err
	}
	if s != StateDead {
		if err := w.bury(q, seq, r); err != nil {
			return err
		}
	}
	return w.remember(q, r.id, seq, s)
}

// lighten takes the bytes of a message that is no longer pending off.
func (w *write) lighten(c *counts, size int64) {
	if c.pendingBytes -= size; c.Pending == 0 && c.pendingBytes != 0 {
		// The size of sequences that were lost is not known until nothing else is pending.
		w.add(c, Stats{Bytes: -c.pendingBytes})
		c.pendingBytes = 0
	}
}

// forgetPending deletes a row and what leads to it as pending.
func (w *write) forgetPending(q queueNumber, seq uint64, r storedRow) error {
	if err := w.rows.Delete(seqKey(q, seq)); err != nil {
		return err
	}
	c, err := w.state(q)
	if err != nil {
		return err
	}
	if seq > c.indexed {
		unindexed, err := w.recent(q)
		if err != nil {
			return err
		}
		unindexed.remove(seq)
	} else {
		r.subject = Hash{} // stays while there is a dead letter
		for _, key := range r.recent().pointers(q, seq) {
			if err := w.inner.Delete(key); err != nil {
				return err
			}
		}
	}
	if err := w.inner.Delete(attemptKey(q, seq)); err != nil {
		return err
	}
	return w.settleBit(q, seq)
}

// bury deletes what leads to a message that is not kept, and lets its key be forgotten in time.
func (w *write) bury(q queueNumber, seq uint64, r storedRow) error {
	if r.subject != (Hash{}) {
		if err := w.inner.Delete(subjectKey(r.subject, q, seq)); err != nil {
			return err
		}
	}
	return w.put(w.inner, timeKey('t', w.now, q, seq), append(make([]byte, 0, 20), r.id[:]...))
}

// attempts gives what is known of a message's attempts.
func (l *look) attempts(q queueNumber, seq uint64) (tries, error) {
	v, err := l.index(attemptKey(q, seq))
	if err != nil || v == nil {
		return tries{}, err
	}
	a, _, err := decodeTries(v)
	return a, err
}

// letter makes a pending message a dead letter.
func (w *write) letter(q queueNumber, seq uint64, r storedRow, class Class, unsettled bool) error {
	a, err := w.attempts(q, seq)
	if err != nil {
		return err
	}
	a.open, a.class, a.unsettled = false, class, unsettled
	if err := w.remove(q, seq, r, StateDead); err != nil {
		return err
	}
	if r.subject != (Hash{}) {
		if err := w.put(w.inner, subjectKey(r.subject, q, seq), nil); err != nil {
			return err
		}
	}
	return w.put(w.dead, seqKey(q, seq), append(a.encode(), r.encode()...))
}

// spoil sets a record aside that is not as it was written. What leads to it may be as
// wrong as the rest; entries that lead nowhere are cleared when they are met.
func (w *write) spoil(name string, q queueNumber, seq uint64, r storedRow) error {
	c, err := w.state(q)
	if err != nil {
		return err
	}
	raw := bytes.Clone(w.rows.Get(seqKey(q, seq)))
	raw = raw[:max(len(raw)-4, 0)] // the check sum is not part of it
	class := Class{Reason: reasonDamaged}
	w.add(c, Stats{Pending: -1, Dead: 1, Letters: 1, Damaged: 1})
	w.lighten(c, int64(max(len(raw)-rowHead, 0)))
	if err := w.forgetPending(q, seq, storedRow{lane: r.lane}); err != nil {
		return err
	}
	w.events = append(w.events, Event{Kind: EventDamaged, Queue: name, Sequence: seq, Class: class})
	return w.put(w.dead, seqKey(q, seq), append(tries{class: class}.encode(), raw...))
}

// Settle ends a claim. Repeated, it changes nothing more.
func (f *file) Settle(ctx context.Context, s Settlement) error {
	return f.do(ctx, true, func(w *write) error {
		if s.Claim.Epoch != f.generation {
			return nil // in a file that was set aside
		}
		q, ok, err := w.find(s.Claim.Queue)
		if err != nil || !ok {
			return err
		}
		return w.settle(q, s)
	})
}

func (w *write) settle(q queueNumber, s Settlement) error {
	seq, lane := s.Claim.Sequence, laneOf(s.Claim.Lane, s.Claim.Sequence)
	land := func(at int64, again bool) {
		w.after = append(w.after, func() { w.f.lineup(q).land(lane, flight{seq, s.Claim.Attempt}, at, again) })
	}
	r, ok, err := w.row(q, seq)
	switch {
	case err != nil:
		land(w.now, ordered(lane))
		return w.spoil(s.Claim.Queue, q, seq, r)
	case !ok || r.id != s.Claim.ID: // settled before, or purged meanwhile
		land(w.now, ordered(lane))
		return nil
	}
	a, err := w.attempts(q, seq)
	if err != nil {
		return err
	}
	if int(a.attempts) != s.Claim.Attempt {
		return refusal{ErrClaimLost} // a later attempt has begun
	}
	switch s.State {
	case StateDelivered, StateDead:
		land(w.now, ordered(lane))
	default:
		land(w.now+millis(s.After), true)
	}
	switch {
	case !a.open:
		return nil // settled before
	case s.State == StateDelivered:
		return w.remove(q, seq, r, StateDelivered)
	case s.State == StateDead:
		w.events = append(w.events, Event{Kind: EventDead, Queue: s.Claim.Queue, Sequence: seq, Class: s.Class})
		return w.letter(q, seq, r, s.Class, s.Unsettled)
	}
	if a.open, a.unsettled, a.class = false, s.Unsettled, s.Class; s.Charge {
		a.charged++
	}
	return w.put(w.inner, attemptKey(q, seq), a.encode())
}

// lineup gives what is in memory of a queue.
func (f *file) lineup(q queueNumber) *lineup {
	l := f.lineups[q]
	if l == nil {
		l = newLineup()
		f.lineups[q] = l
	}
	return l
}
