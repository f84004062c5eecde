package outbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"iter"
)

// sweepStep bounds the work of one transaction; in a file with a limit it is less.
const sweepStep = 500

func seqOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// Sweep settles what has expired, forgets old keys, notes the time, and gives room back
// when most of the file is free.
func (f *file) Sweep(ctx context.Context) error {
	for more := true; more; {
		err := f.do(ctx, true, func(w *write) error {
			expired, err := w.sweepExpired()
			if err != nil {
				return err
			}
			forgotten, err := w.sweepKeys()
			if err != nil {
				return err
			}
			more = expired == f.options.step() || forgotten == f.options.step()
			return w.noteTime()
		})
		if err != nil {
			return err
		}
	}
	return f.compactIdle(ctx)
}

// before gives entries of a kind whose time is not after a given one.
func (l *look) before(kind byte, at int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		c := l.inner.Cursor()
		for k, v := c.Seek([]byte{kind}); len(k) == 19 && k[0] == kind; k, v = c.Next() {
			if int64(binary.BigEndian.Uint64(k[1:])) > at {
				return
			}
			var err error
			if _, err = unchecked(k, v); err != nil {
				err = damage("entry of a time", nil)
			}
			if !yield(bytes.Clone(k), err) {
				return
			}
		}
	}
}

// sweepExpired settles messages whose life has ended, at most a step of them.
func (w *write) sweepExpired() (int, error) {
	step := w.f.options.step()
	expired, err := w.expiredKeys(step)
	if err != nil {
		return 0, err
	}
	names, err := w.names()
	if err != nil {
		return 0, err
	}
	for _, k := range expired {
		q, seq := readSeqKey(k[9:])
		r, ok, err := w.row(q, seq)
		if ok && err == nil {
			err = w.expire(names[q], q, seq, r) // which deletes the entry
		} else if err != nil {
			err = w.spoil(names[q], q, seq, r)
		}
		if err == nil {
			err = w.inner.Delete(k)
		}
		if err != nil {
			return 0, err
		}
	}
	done := len(expired)
	for q, name := range names {
		seqs, err := w.recentSeqs(q, step-done, func(r recentRow) bool { return r.expires != 0 && r.expires <= w.now })
		if err != nil {
			return 0, err
		}
		for _, seq := range seqs {
			r, ok, err := w.row(q, seq)
			if err != nil {
				err = w.spoil(name, q, seq, r)
			} else if ok && !w.f.lineup(q).flies(r.lane, seq) {
				err = w.expire(name, q, seq, r)
			} else {
				continue
			}
			if err != nil {
				return 0, err
			}
			done++
		}
	}
	return done, nil
}

// expiredKeys gives entries of messages whose life has ended and that are not being delivered.
func (w *write) expiredKeys(n int) (keys [][]byte, err error) {
	for k, err := range w.before('e', w.now) {
		if err != nil {
			return nil, err
		}
		q, seq := readSeqKey(k[9:])
		if r, ok, err := w.row(q, seq); ok && err == nil && w.f.lineup(q).flies(r.lane, seq) {
			continue
		}
		if keys = append(keys, k); len(keys) == n {
			break
		}
	}
	return keys, nil
}

func (l *look) names() (map[queueNumber]string, error) {
	names := make(map[queueNumber]string)
	return names, l.queues(func(name string, q queueNumber, _ *counts) error { names[q] = name; return nil })
}

// sweepKeys forgets keys of messages that were settled long ago.
func (w *write) sweepKeys() (int, error) {
	var keys [][]byte
	for k, err := range w.before('t', w.now-millis(w.f.options.keepKeys)) {
		if err != nil {
			return 0, err
		}
		if keys = append(keys, k); len(keys) == w.f.options.step() {
			break
		}
	}
	for _, k := range keys {
		q, seq := readSeqKey(k[9:])
		v, err := w.index(k)
		if err != nil || len(v) != 16 {
			return 0, damage("entry of a time", err)
		}
		id := Hash(v)
		known, err := w.known(q, id)
		if err != nil {
			return 0, err
		}
		if known != nil && known.Sequence == seq && known.State != StatePending {
			if err := w.inner.Delete(idKey(q, id)); err != nil {
				return 0, err
			}
		}
		if err := w.inner.Delete(k); err != nil {
			return 0, err
		}
	}
	return len(keys), nil
}

// noteTime keeps the file's clock, so that a long idle time counts after a restart.
func (w *write) noteTime() error {
	return w.queues(func(_ string, q queueNumber, _ *counts) error {
		_, err := w.state(q)
		return err
	})
}

const (
	compactFrom  = 4 << 20  // smaller files are left alone
	compactLimit = 16 << 20 // the most that is copied while callers wait
)

// compactIdle rewrites a file of which little is in use.
func (f *file) compactIdle(ctx context.Context) error {
	type extent struct{ size, used int64 }
	e, err := ask(ctx, f, func(l *look) (extent, error) { return extent{l.tx.Size(), f.used(l.tx)}, nil })
	if err != nil || e.size < compactFrom || e.used > e.size/4 || e.used > compactLimit {
		return err
	}
	return f.Compact(ctx)
}

// Compact rewrites the file without its free pages. Callers that store wait meanwhile.
func (f *file) Compact(ctx context.Context) error {
	_, err := leaving(ctx, func() (none struct{}, err error) {
		select {
		case f.turn <- struct{}{}:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		defer f.release(func() {})
		if err := f.ready(); err != nil {
			return none, err
		}
		return none, f.rewrite()
	})
	return err
}
