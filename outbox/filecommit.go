package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// refusal is an error of apply that leaves the transaction whole.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// write is a transaction that changes the file.
type write struct {
	look
	f      *file
	now    int64
	states map[queueNumber]*counts // changed or about to be
	total  Stats
	// Of a file with a limit: the bytes by which it grows at most, and those of pages that
	// the index writes anew.
	grown, rewritten int64
	largest          int64 // bytes of the largest message
	events           []Event
	after            []func() // run when the transaction is durable
	undo             []func() // run, the last first, when it failed
}

// commit makes the changes durable and leaves each one's error in it. When there is no
// room, changes that are vital go on without the others, and at last one by one.
func (f *file) commit(batch []*change) {
	err := f.try(batch)
	if errors.Is(err, errDamage) {
		if f.damaged(err) {
			err = f.try(batch) // in a fresh file
		}
	}
	switch {
	case err == nil:
		return
	case errors.Is(err, ErrUncertain), errors.Is(err, ErrClosed):
		fail(batch, err)
		return
	}
	full := errors.Is(err, errFileFull)
	for _, c := range batch {
		c.err = notStored(err)
		if (c.vital || full) && len(batch) > 1 {
			c.err = nil
			f.commit([]*change{c})
		}
	}
	if full && len(batch) == 1 {
		f.commitFull(batch)
	}
}

// commitFull makes one change that found no room in the file.
func (f *file) commitFull(one []*change) {
	if f.squeeze(one[0].vital) {
		one[0].err = nil
		f.commit(one)
	} else if noRoom := one[0].noRoom; noRoom != nil {
		f.commit([]*change{{apply: noRoom, vital: true}})
	}
}

// try runs one transaction, without what is not vital when there is no room.
func (f *file) try(batch []*change) error {
	if err := f.ready(); err != nil {
		return err
	}
	full := f.stretch()
	if full == nil {
		return f.attempt(batch)
	}
	if errors.Is(full, errDamage) {
		return full
	}
	var vital []*change
	for _, c := range batch {
		if c.vital {
			vital = append(vital, c)
		} else {
			c.err = notStored(full)
		}
	}
	return f.attempt(vital)
}

func notStored(err error) error { return fmt.Errorf("outbox: not stored: %w", err) }

// fail gives every change the error; nil leaves their own.
func fail(batch []*change, err error) {
	if err == nil {
		return
	}
	for _, c := range batch {
		c.err = err
	}
}

// attempt runs one transaction. Errors other than ErrUncertain mean that nothing of it is stored.
func (f *file) attempt(batch []*change) error {
	if len(batch) == 0 {
		return nil
	}
	var w *write
	var id int
	applied := false
	err := guard(func() error {
		return f.db.Update(func(tx *bbolt.Tx) (err error) {
			id = tx.ID()
			if w, err = f.begin(tx); err != nil {
				return err
			}
			for _, c := range batch {
				c.err = c.apply(w)
				if r := (refusal{}); errors.As(c.err, &r) {
					c.err = r.error
				} else if c.err != nil {
					return c.err
				}
			}
			if err := w.flush(); err != nil {
				return err
			}
			applied = true
			return nil
		})
	})
	if errors.Is(err, bolterrors.ErrMaxSizeReached) {
		err = errFileFull // bbolt has written nothing
	} else if err != nil && applied && !errors.Is(err, errDamage) {
		err = f.settle(id, err)
	}
	if err != nil {
		f.rest(w)
		return err
	}
	f.total, f.changed = w.total, true
	f.commits++
	f.largest = w.largest
	for _, done := range w.after {
		done()
	}
	f.tell(w.events...)
	return nil
}

// rest takes back what a transaction that failed changed in memory.
func (f *file) rest(w *write) {
	if w != nil {
		for _, undo := range slices.Backward(w.undo) {
			undo()
		}
	}
	for _, l := range f.lineups {
		l.reset()
	}
}

// settle finds out whether a transaction whose commit failed is in the file. If it is,
// a write or a sync failed behind it, and the system may have dropped pages it could not
// write; a copy made and synced anew makes it certain.
func (f *file) settle(id int, cause error) error {
	f.disconnect()
	if err := f.connect(); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrUncertain, cause, err)
	}
	in := false
	if err := f.view(func(t *look) error { in = t.tx.ID() >= id; return nil }); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrUncertain, cause, err)
	}
	if !in {
		return cause
	}
	if err := f.rewrite(); err != nil {
		f.disconnect() // not trusted until it could be written anew
		return fmt.Errorf("%w: %w: %w", ErrUncertain, cause, err)
	}
	return nil
}

// ready opens the file again after a failure left it closed.
func (f *file) ready() error {
	f.mu.RLock()
	open := f.db != nil
	f.mu.RUnlock()
	switch {
	case f.closed.Load():
		return ErrClosed
	case open && f.hurt.Load():
		return errHurt
	case open:
		return nil
	}
	err := f.connect()
	if errors.Is(err, fs.ErrNotExist) { // a damaged one was set aside, and there was no room for this one
		if err = f.create(); err == nil {
			err = f.connect()
		}
	}
	if err != nil {
		return err
	}
	if err := f.rewrite(); err != nil {
		f.disconnect()
		return err
	}
	return nil
}

func (f *file) begin(tx *bbolt.Tx) (*write, error) {
	l, err := newLook(tx)
	if err != nil {
		return nil, err
	}
	w := &write{look: *l, f: f, states: make(map[queueNumber]*counts), total: f.total, largest: f.largest}
	if f.time.read(f.clock.Now()) {
		w.events = append(w.events, Event{Kind: EventClock})
	}
	w.now = f.time.now
	w.rows.FillPercent = fillAppended
	return w, nil
}

// fillAppended: rows are added at the end.
const fillAppended = 0.9

// flush writes the counts that changed.
func (w *write) flush() error {
	for q, c := range w.states {
		c.clock, c.wall = w.now, w.f.time.last.UnixMilli()
		key := seqKey(q, maxNumber)
		if err := w.rows.Put(key, checked(key, c.encode())); err != nil {
			return err
		}
	}
	return nil
}

// state gives the counts of a queue to change.
func (w *write) state(q queueNumber) (*counts, error) {
	if c := w.states[q]; c != nil {
		return c, nil
	}
	c, err := w.counts(q)
	if err == nil {
		w.states[q] = c
	}
	return c, err
}

// add changes counts of a queue and of the whole.
func (w *write) add(c *counts, s Stats) {
	c.Stats = c.Stats.plus(s)
	w.total = w.total.plus(s)
}

func (w *write) put(b *bbolt.Bucket, key, value []byte) error { return b.Put(key, checked(key, value)) }
