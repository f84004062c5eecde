package outbox

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// runner delivers one queue: run claims, and each claim has a goroutine until it is
// settled.
type runner struct {
	*Outbox
	queue    Queue
	handler  Handler
	handlers context.Context
	landed   chan struct{} // a delivery was settled

	mu     sync.Mutex
	flying int
	line   line
}

func newRunner(o *Outbox, q Queue, h Handler, handlers context.Context) *runner {
	return &runner{Outbox: o, queue: q, handler: h, handlers: handlers, landed: make(chan struct{}, 1), line: newLine(q)}
}

// storeRest is the pause after the store refused a claim or a settlement.
const storeRest = time.Second

func (r *runner) run(ctx context.Context) {
	var flights sync.WaitGroup
	defer flights.Wait()
	for ctx.Err() == nil {
		free, pause := r.room()
		if pause > 0 {
			if r.config.Clock.Sleep(ctx, pause) != nil {
				return
			}
			continue
		}
		next := time.Duration(0)
		if free > 0 {
			batch, err := r.engine.Claim(ctx, r.queue.Name, free)
			if err != nil {
				if ctx.Err() == nil {
					r.emit(Event{Kind: EventStore, Queue: r.queue.Name, Err: err})
				}
				batch.Next = storeRest
			}
			next = batch.Next
			age := r.count(len(batch.Claims))
			for _, c := range batch.Claims {
				flights.Go(func() { r.fly(c, age) })
			}
			if len(batch.Claims) == free {
				next = 0 // no worker is free for what is due
			}
		}
		r.wait(ctx, next)
	}
}

// room says how many deliveries may begin, or how long to rest first.
func (r *runner) room() (free int, pause time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if pause = r.line.takePause(); pause > 0 {
		return 0, pause
	}
	return max(r.line.width-r.flying, 0), 0
}

// count changes the number of deliveries under way and gives the age of the line.
func (r *runner) count(n int) (age int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flying += n
	return r.line.age
}

// wait returns when something was enqueued or settled, or after d if it is not 0.
func (r *runner) wait(ctx context.Context, d time.Duration) {
	var due chan struct{}
	if d > 0 {
		due = make(chan struct{})
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			_ = r.config.Clock.Sleep(ctx, d)
			close(due)
		}()
	}
	select {
	case <-ctx.Done():
	case <-r.wakers[r.queue.Name]:
	case <-r.landed:
	case <-due:
	}
}

// fly delivers one claim and settles it.
func (r *runner) fly(c Claim, age int) {
	s := r.deliver(c, age)
	s.Claim = c
	r.settle(s)
	r.count(-1)
	select {
	case r.landed <- struct{}{}:
	default:
	}
}

// settle insists. A delivery that is not noted is made again: by the next Run, after the
// next start, or when its lease has run out.
func (r *runner) settle(s Settlement) {
	for {
		err := r.trySettle(s)
		if err == nil {
			return
		}
		r.emit(Event{Kind: EventStore, Queue: s.Claim.Queue, Sequence: s.Claim.Sequence, Err: err})
		if isFinal(err) {
			return
		}
		if r.closing.Err() != nil || r.config.Clock.Sleep(r.handlers, storeRest) != nil {
			if e, ok := r.engine.(interface{ GiveUp(...Claim) }); ok {
				e.GiveUp(s.Claim)
			}
			return
		}
	}
}

// trySettle settles although the handlers were told to stop, but waits for no answer for ever.
func (r *runner) trySettle(s Settlement) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.handlers))
	defer cancel()
	ended := context.AfterFunc(r.handlers, func() { time.AfterFunc(lastWait, cancel) })
	defer ended()
	late := time.AfterFunc(settleWait, cancel)
	defer late.Stop()
	return r.engine.Settle(ctx, s)
}

// settleWait is the longest wait for one answer to a settlement; then it is tried again.
const settleWait = 30 * time.Second

// deliver opens a claim, calls the handler and judges what it says.
func (r *runner) deliver(c Claim, age int) Settlement {
	if r.queue.MaxAge > 0 && c.Age > r.queue.MaxAge {
		c.Class.Reason = reasonAge
		return Settlement{State: StateDead, Class: c.Class, Unsettled: c.Unsettled}
	}
	text, err := r.sealer.open(r.handlers, place{c.Queue, c.ID, c.Sequence}, c.Sealed)
	if err != nil {
		r.emit(Event{Kind: EventKey, Queue: c.Queue, Sequence: c.Sequence, Err: err})
		return Settlement{State: StatePending, After: keyRest, Unsettled: c.Unsettled, Class: c.Class}
	}
	m, at, err := decodeMessage(c.Queue, text)
	if err != nil {
		return Settlement{State: StateDead, Class: Class{Reason: reasonDamaged}}
	}
	ctx := r.handlers
	if !c.Until.IsZero() { // afterwards another worker may have it
		var end func()
		ctx, end = context.WithDeadline(ctx, c.Until)
		defer end()
		if time.Until(c.Until) <= 0 { // the store or the key took too long: no attempt was made
			return Settlement{State: StatePending, Unsettled: c.Unsettled, Class: c.Class}
		}
	}
	d := Delivery{Message: m, Sequence: c.Sequence, Attempt: c.Attempt, Unsettled: c.Unsettled, Enqueued: at, Age: c.Age}
	if c.Unsettled && r.handler.Reconcile != nil {
		if o := call(ctx, r.handler.Reconcile, d); o.verdict != notDone {
			return r.judge(c, o, age, true)
		}
		d.Unsettled = false
	}
	return r.judge(c, call(ctx, r.handler.Deliver, d), age, false)
}

// keyRest is the pause of a message whose key is not at hand.
const keyRest = time.Minute

// call runs a handler; one that panics has an unknown outcome.
func call(ctx context.Context, handle func(context.Context, Delivery) Outcome, d Delivery) (o Outcome) {
	defer func() {
		if recover() != nil {
			o = Outcome{class: Class{Reason: reasonHandler, Code: "panic"}}
		}
	}()
	return handle(ctx, d)
}

// judge turns an outcome into a settlement and into what the line learns from it.
func (r *runner) judge(c Claim, o Outcome, age int, reconciled bool) Settlement {
	rest := r.learn(o, age)
	// What an earlier attempt may have done, a certain refusal of this one does not undo.
	unsettled := reconciled || o.verdict == unknown || c.Unsettled && r.handler.Reconcile == nil
	switch o.verdict {
	case done:
		return Settlement{State: StateDelivered}
	case dead:
		return Settlement{State: StateDead, Class: o.class, Unsettled: unsettled}
	}
	charge := !o.free && r.handlers.Err() == nil
	if o.class.Reason == "" {
		o.class.Reason = reasonHandler
	}
	if charge && r.queue.MaxAttempts > 0 && c.Charged+1 >= r.queue.MaxAttempts {
		o.class.Reason = reasonAttempts
		return Settlement{State: StateDead, Class: o.class, Unsettled: unsettled}
	}
	after := max(o.after, rest)
	if after == 0 || o.line { // longer than the queue rests: another lane tries the line next
		after += r.queue.Backoff.after(c.Charged)
	}
	return Settlement{State: StatePending, After: after, Charge: charge, Unsettled: unsettled, Class: o.class}
}

// learn tells the line how a delivery went, and gives how long the queue rests for it.
func (r *runner) learn(o Outcome, age int) time.Duration {
	r.mu.Lock()
	event, rest := r.line.learn(o, age)
	r.mu.Unlock()
	if event != "" {
		r.emit(Event{Kind: event, Queue: r.queue.Name, Class: o.class})
	}
	return rest
}

// after gives the pause after the n-th failure, counted from 0.
func (b Backoff) after(n int) time.Duration {
	d := b.Base
	for ; n > 0 && d < b.Max; n-- {
		d *= 2
	}
	d = min(d, b.Max)
	return d/2 + rand.N(d/2+1)
}
