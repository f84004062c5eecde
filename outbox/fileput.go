package outbox

import (
	"context"
	"encoding/binary"
	"fmt"
)

// Put stores rows and marks.
func (f *file) Put(ctx context.Context, p Put) ([]Placed, error) {
	var placed []Placed // whoever commits writes it: not to be read after an error
	err := f.join(ctx, &change{
		apply:  func(w *write) (err error) { placed, err = w.place(p); return err },
		noRoom: func(w *write) error { return w.refusePut(p) },
	})
	if err != nil {
		return nil, err
	}
	return placed, nil
}

// place finds room for all rows that are new, then stores them.
func (w *write) place(p Put) ([]Placed, error) {
	placed, fresh, err := w.sift(p)
	if err != nil {
		return nil, err
	}
	var size, cost int64
	before := w.largest
	for _, i := range fresh {
		n := int64(p.Rows[i].Size)
		size, cost, w.largest = size+n, cost+rowCost(n), max(w.largest, n)
	}
	for _, sealed := range p.Marks {
		cost += rowCost(int64(len(sealed)))
	}
	if err := w.makeRoom(p, fresh, int64(len(fresh)), size, cost); err != nil {
		w.largest = before
		return nil, err
	}
	w.grown += cost
	for i, row := range p.Rows {
		if placed[i].Duplicate {
			continue
		}
		q, err := w.queue(row.Queue)
		if err != nil {
			return nil, err
		}
		if first := fresh[idInQueue{q, row.ID}]; first != i {
			placed[i] = placed[first]
			placed[i].Duplicate = true
			continue
		}
		if placed[i].Sequence, err = w.insert(q, row); err != nil {
			return nil, err
		}
	}
	for name, sealed := range p.Marks {
		if err := w.put(w.inner, indexKey('m', []byte(name)), append([]byte(nil), sealed...)); err != nil {
			return nil, err
		}
	}
	for id := range fresh {
		if err := w.indexSome(id.q); err != nil {
			return nil, err
		}
	}
	return placed, nil
}

// sift finds the rows that are new, those with the same key in one call once, and says
// what became of the others.
func (w *write) sift(p Put) (placed []Placed, fresh map[idInQueue]int, err error) {
	placed, fresh = make([]Placed, len(p.Rows)), make(map[idInQueue]int, 1)
	for i, row := range p.Rows {
		q, err := w.queue(row.Queue)
		if err != nil {
			return nil, nil, err
		}
		known, err := w.known(q, row.ID)
		if err != nil {
			return nil, nil, err
		}
		id := idInQueue{q, row.ID}
		if known != nil {
			placed[i] = *known
		} else if _, again := fresh[id]; !again {
			fresh[id] = i
		}
	}
	return placed, fresh, nil
}

// refusePut counts rows for which the file had no room although there seemed to be some.
func (w *write) refusePut(p Put) error {
	_, fresh, err := w.sift(p)
	if err != nil {
		return err
	}
	return w.refuse(fresh)
}

type idInQueue struct {
	q  queueNumber
	id Hash
}

// queue gives the number of a queue, a new one to a new name.
func (w *write) queue(name string) (queueNumber, error) {
	q, ok, err := w.find(name)
	if ok || err != nil {
		return q, err
	}
	q = 1
	if err := w.queues(func(_ string, other queueNumber, _ *counts) error { q = max(q, other+1); return nil }); err != nil {
		return 0, err
	}
	w.states[q] = &counts{next: 1}
	if err := w.flush(); err != nil { // so that queues finds it
		return 0, err
	}
	key := indexKey('n', []byte(name))
	if err := w.put(w.inner, key, binary.BigEndian.AppendUint16(nil, uint16(q))); err != nil {
		return 0, err
	}
	return q, w.settleBit(q, 0) // sequences begin with 1
}

// find gives the number of a queue that the file knows.
func (l *look) find(name string) (queueNumber, bool, error) {
	v, err := l.index(indexKey('n', []byte(name)))
	if err != nil || v == nil {
		return 0, false, err
	}
	if len(v) != 2 {
		return 0, false, damage("number of a queue", nil)
	}
	return queueNumber(binary.BigEndian.Uint16(v)), true, nil
}

// known says what became of an earlier message of the same key, nil when there was none.
func (w *write) known(q queueNumber, id Hash) (*Placed, error) {
	unindexed, err := w.recent(q)
	if err != nil {
		return nil, err
	}
	if seq, ok := unindexed.ids[id]; ok {
		return &Placed{Sequence: seq, Duplicate: true}, nil
	}
	v, err := w.index(idKey(q, id))
	if err != nil || v == nil {
		return nil, err
	}
	if len(v) != 9 {
		return nil, damage("entry of a key", nil)
	}
	p := &Placed{Sequence: binary.BigEndian.Uint64(v), Duplicate: true, State: State(v[8])}
	if !w.stands(q, id, p) {
		return nil, nil
	}
	return p, nil
}

// stands reports whether what a key leads to is still there. A record that was lost or
// damaged is never delivered: its message may be stored anew.
func (w *write) stands(q queueNumber, id Hash, p *Placed) bool {
	switch p.State {
	case StatePending:
		r, ok, err := w.row(q, p.Sequence)
		return ok && err == nil && r.id == id
	case StateDead: // once the letter is gone its key is remembered for a while
		key := seqKey(q, p.Sequence)
		v := w.dead.Get(key)
		if v == nil {
			return true
		}
		a, _, err := readLetter(key, v)
		return err == nil && a.class.Reason != reasonDamaged
	}
	return true
}

// rowFrom gives the first pending sequence from one on.
func (l *look) rowFrom(q queueNumber, from uint64) (seq uint64, ok bool, err error) {
	k, _ := l.rows.Cursor().Seek(seqKey(q, from))
	if len(k) != 10 { // behind the last row of a queue its counts stand
		return 0, false, damage("key of a row", nil)
	}
	found, seq := readSeqKey(k)
	return seq, found == q && seq != maxNumber, nil
}

// insert stores one row under the next sequence of its queue.
func (w *write) insert(q queueNumber, row Row) (uint64, error) {
	c, err := w.state(q)
	if err != nil {
		return 0, err
	}
	seq := c.next
	sealed, err := row.Seal(seq)
	if err != nil {
		return 0, fmt.Errorf("outbox: seal: %w", err)
	}
	c.next++
	r := storedRow{id: row.ID, lane: row.Lane, subject: row.Subject, born: w.now, sealed: sealed}
	if row.TTL > 0 {
		r.expires = w.now + millis(row.TTL)
	}
	w.add(c, Stats{Enqueued: 1, Pending: 1, Bytes: int64(len(sealed))})
	c.pendingBytes += int64(len(sealed))
	return seq, w.admit(q, seq, r)
}

// admit makes a row pending.
func (w *write) admit(q queueNumber, seq uint64, r storedRow) error {
	if err := w.put(w.rows, seqKey(q, seq), r.encode()); err != nil {
		return err
	}
	c, err := w.state(q)
	if err != nil {
		return err
	}
	if seq <= c.indexed {
		for _, key := range r.recent().pointers(q, seq) {
			if err := w.put(w.inner, key, nil); err != nil {
				return err
			}
		}
		return w.remember(q, r.id, seq, StatePending)
	}
	unindexed, err := w.recent(q)
	if err != nil {
		return err
	}
	unindexed.add(seq, r.recent())
	return nil
}

// remember notes what became of a key.
func (w *write) remember(q queueNumber, id Hash, seq uint64, s State) error {
	return w.put(w.inner, idKey(q, id), idValue(seq, s))
}

func idValue(seq uint64, s State) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 13), seq), byte(s))
}

// Mark gives a mark's sealed value.
func (f *file) Mark(ctx context.Context, name string) ([]byte, error) {
	return f.value(ctx, indexKey('m', []byte(name)))
}

// Header gives what SetHeader kept.
func (f *file) Header(ctx context.Context) ([]byte, error) { return f.value(ctx, []byte{'h'}) }

func (f *file) value(ctx context.Context, key []byte) ([]byte, error) {
	return ask(ctx, f, func(l *look) ([]byte, error) {
		v, err := l.index(key)
		return append([]byte(nil), v...), err
	})
}

// SetHeader replaces the header if it is still the old one.
func (f *file) SetHeader(ctx context.Context, old, header []byte) (bool, error) {
	done := false // whoever commits writes it: not to be read after an error
	err := f.do(ctx, false, func(w *write) error {
		v, err := w.index([]byte{'h'})
		if done = err == nil && string(v) == string(old); !done {
			return err
		}
		w.after = append(w.after, func() { w.f.header = header })
		return w.put(w.inner, []byte{'h'}, append([]byte(nil), header...))
	})
	if err != nil {
		return false, err
	}
	return done, nil
}
