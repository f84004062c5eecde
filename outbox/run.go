package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Handler delivers the messages of one queue.
type Handler struct {
	// Deliver sends a message. It is called by up to Queue.Workers goroutines at once,
	// never for two messages of one Order. Its context ends when Run's does, and with
	// OpenSQL Config.Lease after the claim: then another node may deliver the message.
	Deliver func(ctx context.Context, d Delivery) Outcome
	// Reconcile, if there is one, is called instead when an earlier attempt may have
	// had an effect: it said Unknown, or the process ended before it returned. It asks
	// the platform and says Done, NotDone, or when it cannot tell Unknown or Retry.
	Reconcile func(ctx context.Context, d Delivery) Outcome
}

// Delivery is a message to deliver.
type Delivery struct {
	Message
	Sequence  uint64
	Attempt   int           // 1 for the first; never the same number twice
	Unsettled bool          // an earlier attempt may have had an effect
	Enqueued  time.Time     // by the machine's clock then; the order never depends on it
	Age       time.Duration // as the store counts it, see Config.MaxOffline
}

// Run delivers until ctx ends or Close is called, and returns when all handlers have
// returned. Queues without a handler wait. The error tells of wrong handlers, of a
// second Run, or that the outbox is closed; troubles of single messages are outcomes,
// and troubles of the store events.
func (o *Outbox) Run(ctx context.Context, handlers map[string]Handler) error {
	for name, h := range handlers {
		if _, ok := o.queues[name]; !ok {
			return fmt.Errorf("outbox: run: queue %s is not in Config.Queues", printable(name))
		}
		if h.Deliver == nil {
			return fmt.Errorf("outbox: run: the handler of %s has no Deliver", name)
		}
	}
	stop, finish, err := o.begin(ctx)
	if err != nil {
		return err
	}
	defer finish()
	var all sync.WaitGroup
	for name, h := range handlers {
		r := newRunner(o, o.queues[name], h, stop.handlers)
		all.Go(func() { r.run(stop.claims) })
	}
	all.Go(func() { o.sweep(stop.claims) })
	all.Wait()
	return nil
}

// stops are the two ends of Run: no more claims, and no more waiting for handlers.
type stops struct{ claims, handlers context.Context }

func (o *Outbox) begin(ctx context.Context) (stops, func(), error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return stops{}, nil, fmt.Errorf("outbox: run: %w", ErrClosed)
	}
	if o.running != nil {
		return stops{}, nil, errors.New("outbox: run: Run is running")
	}
	handlers, abort := context.WithCancel(ctx)
	claims, last := context.WithCancel(handlers)
	ended := make(chan struct{})
	o.running, o.abort = ended, abort
	release := context.AfterFunc(o.closing, last)
	return stops{claims: claims, handlers: handlers}, func() {
		release()
		abort()
		o.mu.Lock()
		o.running = nil
		o.mu.Unlock()
		close(ended)
	}, nil
}

// wake tells Run that a queue has something new.
func (o *Outbox) wake(queue string) {
	select {
	case o.wakers[queue] <- struct{}{}:
	default:
	}
}

// sweepEvery is how exact the life of messages is that nobody is waiting to deliver.
const sweepEvery = time.Minute

func (o *Outbox) sweep(ctx context.Context) {
	for {
		if err := o.engine.Sweep(ctx); err != nil && ctx.Err() == nil {
			o.emit(Event{Kind: EventStore, Err: err})
		}
		if o.config.Clock.Sleep(ctx, sweepEvery) != nil {
			return
		}
	}
}
