package outbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
)

// Dead gives dead letters of a queue.
func (f *file) Dead(ctx context.Context, queue string, after uint64, n int) ([]DeadRow, error) {
	return ask(ctx, f, func(l *look) (rows []DeadRow, err error) {
		q, ok, err := l.find(queue)
		if err != nil || !ok {
			return nil, err
		}
		c := l.dead.Cursor()
		for k, v := c.Seek(seqKey(q, after+1)); len(k) == 10 && len(rows) < n; k, v = c.Next() {
			found, seq := readSeqKey(k)
			if found != q {
				break
			}
			row := DeadRow{Sequence: seq}
			if a, r, err := readLetter(k, v); err != nil {
				row.Damaged, row.Class = true, Class{Reason: reasonDamaged}
			} else {
				row.ID, row.Sealed, row.Attempts, row.Class = r.id, bytes.Clone(r.sealed), int(a.attempts), a.class
				row.Damaged = a.class.Reason == reasonDamaged
			}
			if row.Damaged {
				row.ID, row.Sealed = Hash{}, nil
			}
			rows = append(rows, row)
		}
		return rows, nil
	})
}

// readLetter opens an entry of the dead; an error means that it is damaged.
func readLetter(k, v []byte) (tries, storedRow, error) {
	v, err := unchecked(k, v)
	if err != nil {
		return tries{}, storedRow{}, err
	}
	a, rest, err := decodeTries(v)
	if err != nil {
		return a, storedRow{}, err
	}
	r, err := decodeRow(rest)
	if a.class.Reason == reasonDamaged {
		err = nil // what is kept of it need not be a row
	}
	return a, r, err
}

// Replay makes dead letters pending again. Damaged ones stay what they are.
func (f *file) Replay(ctx context.Context, queue string, sequences []uint64) (int, error) {
	return f.letters(ctx, queue, sequences, func(w *write, q queueNumber, seq uint64, v []byte) (bool, error) {
		key := seqKey(q, seq)
		a, r, err := readLetter(key, v)
		if err != nil || a.class.Reason == reasonDamaged {
			return false, nil
		}
		c, err := w.state(q)
		if err != nil {
			return false, err
		}
		r.sealed = bytes.Clone(r.sealed)
		if r.expires != 0 { // its life begins anew
			r.expires += w.now - r.born
		}
		r.born = w.now
		w.add(c, Stats{Dead: -1, Letters: -1, Pending: 1})
		c.pendingBytes += int64(len(r.sealed))
		a.charged, a.class = 0, Class{}
		if err := w.dead.Delete(key); err != nil {
			return false, err
		}
		if err := w.put(w.inner, attemptKey(q, seq), a.encode()); err != nil {
			return false, err
		}
		if err := w.clearBit(q, seq); err != nil {
			return false, err
		}
		w.after = append(w.after, func() { l := w.f.lineup(q); l.next = min(l.next, seq) })
		return true, w.admit(q, seq, r)
	})
}

// Discard removes dead letters.
func (f *file) Discard(ctx context.Context, queue string, sequences []uint64) (int, error) {
	return f.letters(ctx, queue, sequences, func(w *write, q queueNumber, seq uint64, v []byte) (bool, error) {
		return true, w.discard(q, seq, v)
	})
}

// letters changes those of the sequences that are dead letters, and counts them; in a file
// with a limit in steps.
func (f *file) letters(ctx context.Context, queue string, sequences []uint64, change func(w *write, q queueNumber, seq uint64, v []byte) (bool, error)) (int, error) {
	step := len(sequences)
	if f.options.limited() {
		step = f.options.step()
	}
	total := 0
	for part := range slices.Chunk(sequences, max(step, 1)) {
		n := 0 // whoever commits writes it: not to be read after an error
		err := f.do(ctx, true, func(w *write) error {
			n = 0
			q, ok, err := w.find(queue)
			if err != nil || !ok {
				return err
			}
			for _, seq := range part {
				v := w.dead.Get(seqKey(q, seq))
				if v == nil {
					continue
				}
				changed, err := change(w, q, seq, bytes.Clone(v))
				if err != nil {
					return err
				}
				if changed {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

func (w *write) discard(q queueNumber, seq uint64, v []byte) error {
	key := seqKey(q, seq)
	a, r, err := readLetter(key, v)
	c, stateErr := w.state(q)
	if stateErr != nil {
		return stateErr
	}
	w.add(c, Stats{Letters: -1, Discarded: 1, Bytes: -int64(len(r.sealed))})
	if err := w.dead.Delete(key); err != nil {
		return err
	}
	if err != nil || a.class.Reason == reasonDamaged {
		return w.release(q, seq, v)
	}
	return w.bury(q, seq, r)
}

// release lets the key of a damaged letter be used again, if the letter still tells it:
// nothing else is known that leads to it.
func (w *write) release(q queueNumber, seq uint64, v []byte) error {
	_, rest, err := decodeTries(v)
	if err != nil {
		return nil
	}
	r, err := decodeRow(rest)
	if err != nil {
		return nil
	}
	entry, err := w.index(idKey(q, r.id))
	if err != nil || len(entry) != 9 || binary.BigEndian.Uint64(entry) != seq {
		return err
	}
	return w.inner.Delete(idKey(q, r.id))
}

// Purge removes what is kept of a subject, in steps.
func (f *file) Purge(ctx context.Context, subject Hash) (int, error) {
	total := 0
	for {
		done := 0
		err := f.do(ctx, true, func(w *write) (err error) { done, err = w.purge(subject); return err })
		if err != nil {
			return total, err
		}
		if total += done; done < f.options.step() {
			return total, nil
		}
	}
}

func (w *write) purge(subject Hash) (int, error) {
	step := w.f.options.step()
	prefix := indexKey('s', subject[:])
	var keys [][]byte
	c := w.inner.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(k) == len(prefix)+10 && len(keys) < step; k, v = c.Next() {
		if _, err := unchecked(k, v); err != nil {
			return 0, damage("subject", nil)
		}
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		q, seq := readSeqKey(k[len(prefix):])
		if err := w.purgeOne(q, seq); err != nil {
			return 0, err
		}
		if err := w.inner.Delete(k); err != nil {
			return 0, err
		}
	}
	names, err := w.names()
	if err != nil {
		return 0, err
	}
	done := len(keys)
	for q := range names {
		seqs, err := w.recentSeqs(q, step-done, func(r recentRow) bool { return r.subject == subject })
		if err != nil {
			return 0, err
		}
		for _, seq := range seqs {
			if err := w.purgeOne(q, seq); err != nil {
				return 0, err
			}
		}
		done += len(seqs)
	}
	return done, nil
}

func (w *write) purgeOne(q queueNumber, seq uint64) error {
	r, ok, err := w.row(q, seq)
	if ok && err == nil {
		if err := w.letter(q, seq, r, Class{}, false); err != nil {
			return err
		}
	}
	if v := w.dead.Get(seqKey(q, seq)); v != nil {
		return w.discard(q, seq, bytes.Clone(v))
	}
	return nil
}

// Stats gives the counts by queue.
func (f *file) Stats(ctx context.Context) (map[string]Stats, error) {
	return ask(ctx, f, func(l *look) (map[string]Stats, error) {
		all := make(map[string]Stats)
		return all, l.queues(func(name string, _ queueNumber, c *counts) error { all[name] = c.Stats; return nil })
	})
}
