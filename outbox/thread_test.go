package outbox_test

import (
	"context"
	"runtime"

	"github.com/zwfw-go/zwfw/outbox"
)

// oneThread calls an engine on one thread of the system, one call at a time: strace counts
// the calls of each thread, and so it counts them all.
type oneThread struct {
	outbox.Engine
	work chan func()
}

// openOnOneThread opens the engine on that thread too.
func openOnOneThread(open func() (outbox.Engine, error)) (outbox.Engine, error) {
	e := &oneThread{work: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for do := range e.work {
			do()
		}
	}()
	var err error
	e.run(func() { e.Engine, err = open() })
	return e, err
}

func (e *oneThread) run(do func()) {
	done := make(chan struct{})
	e.work <- func() { do(); close(done) }
	<-done
}

// Contexts that may end would hand the commit to another goroutine.
func (e *oneThread) SetHeader(ctx context.Context, old, header []byte) (done bool, err error) {
	e.run(func() { done, err = e.Engine.SetHeader(context.WithoutCancel(ctx), old, header) })
	return done, err
}

func (e *oneThread) Put(ctx context.Context, p outbox.Put) (placed []outbox.Placed, err error) {
	e.run(func() { placed, err = e.Engine.Put(context.WithoutCancel(ctx), p) })
	return placed, err
}

func (e *oneThread) Claim(ctx context.Context, queue string, n int) (b outbox.Batch, err error) {
	e.run(func() { b, err = e.Engine.Claim(context.WithoutCancel(ctx), queue, n) })
	return b, err
}

func (e *oneThread) Settle(ctx context.Context, s outbox.Settlement) (err error) {
	e.run(func() { err = e.Engine.Settle(context.WithoutCancel(ctx), s) })
	return err
}

func (e *oneThread) Sweep(ctx context.Context) (err error) {
	e.run(func() { err = e.Engine.Sweep(context.WithoutCancel(ctx)) })
	return err
}
