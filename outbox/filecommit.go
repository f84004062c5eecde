package outbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"

	"go.etcd.io/bbolt"
)

// change is one caller's part of a transaction.
type change struct {
	// apply makes the change. An error that keep matches refuses this change alone, and
	// what apply did before stays; any other abandons the whole transaction. It may run
	// more than once.
	apply func(*write) error
	// vital changes free room or are needed to deliver: they may use the margin.
	vital bool

	err  error
	done chan struct{}
	lead chan struct{} // its caller is to commit for all
}

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
	added  int64 // bytes of new messages, less those of dropped ones
	events []Event
	after  []func() // run when the transaction is durable
}

// do makes a change durable together with those of other callers. One of the callers
// commits for all that wait: no timer, no goroutine, and with a single caller no hand-over.
func (f *file) do(ctx context.Context, vital bool, apply func(*write) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("outbox: not stored: %w", err)
	}
	c := &change{apply: apply, vital: vital, done: make(chan struct{}), lead: make(chan struct{}, 1)}
	f.queued.Lock()
	f.waiting = append(f.waiting, c)
	leads := !f.led
	f.led = true
	f.queued.Unlock()
	if leads {
		c.lead <- struct{}{}
	}
	select {
	case <-c.done:
		return c.err
	case <-c.lead:
		f.commitWaiting()
		return c.err
	case <-ctx.Done():
		return f.abandon(ctx, c)
	}
}

// abandon takes a change back, unless a commit has begun with it.
func (f *file) abandon(ctx context.Context, c *change) error {
	f.queued.Lock()
	i := slices.Index(f.waiting, c)
	if i >= 0 {
		f.waiting = slices.Delete(f.waiting, i, i+1)
	}
	f.queued.Unlock()
	select {
	case <-c.lead:
		f.commitWaiting() // for the others
	default:
	}
	if i < 0 {
		return fmt.Errorf("%w: %w", ErrUncertain, ctx.Err())
	}
	return fmt.Errorf("outbox: not stored: %w", ctx.Err())
}

// commitWaiting commits all that wait, and lets the first of those that came meanwhile
// commit for the rest.
func (f *file) commitWaiting() {
	batch := f.gather()
	if len(batch) > 0 {
		f.turn <- struct{}{}
		f.commit(batch)
		f.release(func() {
			for _, c := range batch {
				close(c.done)
			}
			f.handOver()
		})
		return
	}
	f.handOver()
}

// gather takes all that wait. Callers whose last change is just done may have another
// one: they get the processor as long as that brings more.
func (f *file) gather() []*change {
	f.queued.Lock()
	for seen := -1; len(f.waiting) > seen; {
		seen = len(f.waiting)
		f.queued.Unlock()
		runtime.Gosched()
		f.queued.Lock()
	}
	batch := f.waiting
	f.waiting = nil
	f.queued.Unlock()
	return batch
}

func (f *file) handOver() {
	f.queued.Lock()
	defer f.queued.Unlock()
	if f.led = len(f.waiting) > 0; f.led {
		f.waiting[0].lead <- struct{}{}
	}
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
	for _, c := range batch {
		c.err = notStored(err)
		if c.vital && len(batch) > 1 {
			c.err = nil
			f.commit([]*change{c})
		}
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
	if err != nil && applied && !errors.Is(err, errDamage) {
		err = f.settle(id, err)
	}
	if err != nil {
		f.rest()
		return err
	}
	f.total, f.changed = w.total, true
	for _, done := range w.after {
		done()
	}
	f.tell(w.events...)
	return nil
}

// rest forgets what was claimed in a transaction that failed.
func (f *file) rest() {
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
	closed, open := f.closed, f.db != nil
	f.mu.RUnlock()
	switch {
	case closed:
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
	w := &write{look: *l, f: f, states: make(map[queueNumber]*counts), total: f.total}
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
