package outbox

import (
	"context"
	"fmt"
)

// Receipt says where a message is.
type Receipt struct {
	Sequence  uint64 // its number within the queue
	Duplicate bool   // the queue had the Key already; nothing was stored
	State     State  // StatePending for a new message; for a duplicate, what became of the first
}

// Enqueue stores a message. When it returns without error the message is on the disk
// and will be delivered, or accounted for in Stats.
//
// Calling it again with the same Queue and Key changes nothing: do so whenever it is not
// clear whether a call succeeded. An error that is [ErrUncertain] says that the message
// may be stored, any other that it is not: [ErrFull], an ended ctx, a disk without room.
func (o *Outbox) Enqueue(ctx context.Context, m Message) (Receipt, error) {
	receipts, err := o.Apply(ctx, []Message{m}, nil)
	if err != nil {
		return Receipt{}, err
	}
	return receipts[0], nil
}

// Apply stores messages and marks in one transaction: all or nothing. A mark is a named
// value of the program, such as how far it has read a list whose entries became the
// messages; [Outbox.Mark] reads it. Names of marks are made as those of queues and stand
// readable in the store, values are sealed. Errors are those of Enqueue.
func (o *Outbox) Apply(ctx context.Context, messages []Message, marks map[string][]byte) ([]Receipt, error) {
	put := Put{MaxCount: o.config.MaxCount, MaxBytes: o.config.MaxBytes}
	for _, m := range messages {
		row, err := o.row(m)
		if err != nil {
			return nil, err
		}
		put.Rows = append(put.Rows, row)
	}
	for name, value := range marks {
		if !queueName.MatchString(name) {
			return nil, fmt.Errorf("outbox: mark: name of %d characters: 1 to 64 of a-z 0-9 . _ - are needed", len(name))
		}
		sealed, err := o.sealer.seal(markPlace(name), value)
		if err != nil {
			return nil, err
		}
		if put.Marks == nil {
			put.Marks = make(map[string][]byte)
		}
		put.Marks[name] = sealed
	}
	placed, err := o.engine.Put(ctx, put)
	if err != nil {
		return nil, err
	}
	receipts := make([]Receipt, len(placed))
	for i, p := range placed {
		receipts[i] = Receipt(p)
		if !p.Duplicate {
			o.wake(messages[i].Queue)
		}
	}
	return receipts, nil
}

// row makes of a message what an engine keeps.
func (o *Outbox) row(m Message) (Row, error) {
	q, ok := o.queues[m.Queue]
	if !ok {
		return Row{}, fmt.Errorf("outbox: Message.Queue: %s is not in Config.Queues", printable(m.Queue))
	}
	if err := m.check(o.config.MaxMessage); err != nil {
		return Row{}, err
	}
	text := m.encode(o.config.Clock.Now())
	row := Row{
		Queue: m.Queue, TTL: m.TTL, Size: o.sealer.size(len(text)), DropOldest: q.WhenFull == DropOldest,
		ID: o.namer.hash("id", m.Queue, m.Key), Lane: o.namer.optional("order", m.Queue, m.Order), Subject: o.subject(m.Subject),
	}
	if row.TTL == 0 {
		row.TTL = q.TTL
	}
	row.Seal = func(seq uint64) ([]byte, error) { return o.sealer.seal(place{m.Queue, row.ID, seq}, text) }
	return row, nil
}

func (o *Outbox) subject(name string) Hash { return o.namer.optional("subject", "", name) }

// printable keeps what is no name of a queue out of errors.
func printable(queue string) string {
	if queueName.MatchString(queue) {
		return queue
	}
	return fmt.Sprintf("a name of %d characters", len(queue))
}

// place of a mark: no queue has such a name.
func markPlace(name string) place { return place{queue: "\x00mark " + name} }

// Mark reads a mark; ok is false when it was never set.
func (o *Outbox) Mark(ctx context.Context, name string) (value []byte, ok bool, err error) {
	sealed, err := o.engine.Mark(ctx, name)
	if err != nil || len(sealed) == 0 {
		return nil, false, err
	}
	value, err = o.sealer.open(ctx, markPlace(name), sealed)
	return value, err == nil, err
}
