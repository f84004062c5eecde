package outbox

import (
	"context"
	"fmt"
	"runtime"
	"slices"
)

// change is one caller's part of a transaction.
type change struct {
	// apply makes the change. An error that keep matches refuses this change alone, and
	// what apply did before stays; any other abandons the whole transaction. It may run
	// more than once.
	apply func(*write) error
	// vital changes free room or are needed to deliver: they may use the margin.
	vital bool
	// noRoom, if there is one, is made instead of a change for which the file has no room.
	noRoom func(*write) error
	// unheard, if there is one, runs in the turn of the commit when its caller has left:
	// nobody learns what it gave.
	unheard func()

	err  error
	done chan struct{}
	lead chan struct{} // its caller is to commit for all

	// Of the lock queued: the commit has ended, or its caller did not wait for the end.
	ended, left bool
}

// do makes a change durable together with those of other callers. One of the callers
// commits for all that wait: no timer, and with a single caller no hand-over.
func (f *file) do(ctx context.Context, vital bool, apply func(*write) error) error {
	return f.join(ctx, &change{apply: apply, vital: vital})
}

func (f *file) join(ctx context.Context, c *change) error {
	if err := ctx.Err(); err != nil {
		return notStored(err)
	}
	if f.closed.Load() {
		return ErrClosed
	}
	c.done, c.lead = make(chan struct{}), make(chan struct{}, 1)
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
	case <-ctx.Done():
		return f.abandon(ctx, c)
	}
	if ctx.Done() == nil {
		f.commitWaiting()
		return c.err
	}
	ended := make(chan struct{}) // the events are told, too
	go func() { f.commitWaiting(); close(ended) }()
	select {
	case <-ended:
		return c.err
	case <-ctx.Done(): // a disk that hangs does not hold up a caller
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
	c.left = true
	ended := c.ended
	f.queued.Unlock()
	select {
	case <-c.lead:
		go f.commitWaiting() // for the others
	default:
	}
	switch {
	case i >= 0:
		return notStored(ctx.Err())
	case ended:
		<-c.done // at once
		return c.err
	}
	return fmt.Errorf("%w: %w", ErrUncertain, ctx.Err())
}

// commitWaiting commits all that wait, and lets the first of those that came meanwhile
// commit for the rest.
func (f *file) commitWaiting() {
	batch := f.gather()
	if len(batch) > 0 {
		f.turn <- struct{}{}
		f.commit(batch)
		f.end(batch)
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

// end notes that a commit has ended and takes back what its callers will not hear of.
func (f *file) end(batch []*change) {
	var unheard []func()
	f.queued.Lock()
	for _, c := range batch {
		if c.ended = true; c.left && c.err == nil && c.unheard != nil {
			unheard = append(unheard, c.unheard)
		}
	}
	f.queued.Unlock()
	for _, takeBack := range unheard {
		takeBack()
	}
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
