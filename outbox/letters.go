package outbox

import (
	"context"
	"fmt"
	"iter"
)

// Reasons of dead letters, in Class.Reason.
const (
	reasonHandler  = "handler"  // the handler gave it up
	reasonAttempts = "attempts" // Queue.MaxAttempts
	reasonAge      = "age"      // Queue.MaxAge
	reasonDamaged  = "damaged"  // the record was not as it had been written
)

// DeadLetter is a message that was given up.
type DeadLetter struct {
	Sequence uint64
	Attempts int
	Class    Class // why
	// Message is empty when the record is damaged or its key is not at hand.
	Message Message
}

// DeadLetters lists the dead letters of a queue, oldest first. The list may be changed
// while it is read.
func (o *Outbox) DeadLetters(ctx context.Context, queue string) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		const page = 100
		after := uint64(0)
		for {
			rows, err := o.engine.Dead(ctx, queue, after, page)
			if err != nil {
				yield(DeadLetter{}, err)
				return
			}
			for _, r := range rows {
				after = r.Sequence
				if !yield(o.letter(ctx, queue, r), nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
		}
	}
}

func (o *Outbox) letter(ctx context.Context, queue string, r DeadRow) DeadLetter {
	l := DeadLetter{Sequence: r.Sequence, Attempts: r.Attempts, Class: r.Class, Message: Message{Queue: queue}}
	if r.Damaged {
		return l
	}
	if text, err := o.sealer.open(ctx, place{queue, r.ID, r.Sequence}, r.Sealed); err == nil {
		if m, _, err := decodeMessage(queue, text); err == nil {
			l.Message = m
		}
	}
	return l
}

// Replay makes dead letters pending again and says how many it found. They take their
// old place in the order, their age begins anew, and the numbers of their attempts go on. Damaged
// ones cannot be replayed.
func (o *Outbox) Replay(ctx context.Context, queue string, sequences ...uint64) (int, error) {
	if _, ok := o.queues[queue]; !ok {
		return 0, fmt.Errorf("outbox: replay: queue %s is not in Config.Queues", printable(queue))
	}
	n, err := o.engine.Replay(ctx, queue, sequences)
	o.wake(queue)
	return n, err
}

// Discard removes dead letters for good and says how many it found.
func (o *Outbox) Discard(ctx context.Context, queue string, sequences ...uint64) (int, error) {
	return o.engine.Discard(ctx, queue, sequences)
}

// Purge removes all pending messages and dead letters of a subject, in every queue, and
// says how many. A delivery under way is not stopped; the message is gone when it fails.
// What was removed stays sealed in free parts of the store until they are used again.
func (o *Outbox) Purge(ctx context.Context, subject string) (int, error) {
	if subject == "" {
		return 0, fmt.Errorf("outbox: purge: the subject is empty")
	}
	return o.engine.Purge(ctx, o.subject(subject))
}
