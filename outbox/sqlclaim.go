package outbox

import (
	"context"
	"errors"
	"time"
)

// sqlClaim is one call of Claim, which may take several tries.
type sqlClaim struct {
	queue string
	n     int
	batch Batch
}

// Claim takes messages for delivery and makes the numbers of their attempts durable.
func (e *sqlEngine) Claim(ctx context.Context, queue string, n int) (Batch, error) {
	c := &sqlClaim{queue: queue, n: n}
	due := false
	err := e.do(ctx, func(w *sqlWork) (err error) { due, err = c.peek(w); return err })
	if err == nil && due {
		err = e.do(ctx, c.run)
	}
	if err != nil {
		return Batch{}, err
	}
	return c.batch, nil
}

// peek looks whether there may be something to claim, and locks nothing: it is what nodes
// without work do all the time.
func (c *sqlClaim) peek(w *sqlWork) (due bool, err error) {
	now, err := w.look(c.queue)
	if err != nil {
		return false, err
	}
	turn, err := c.nextTurn(w)
	c.batch.Next = c.wait(w, turn, now)
	return turn != nil && *turn <= now, err
}

// nextTurn gives the least turn of all that may be claimed sooner or later.
func (c *sqlClaim) nextTurn(w *sqlWork) (turn *int64, err error) {
	_, err = w.one(`SELECT MIN(turn_ms) FROM zwfw_outbox_messages WHERE queue = ? AND turn_ms >= ?`, []any{c.queue, turnNew}, &turn)
	return turn, err
}

// wait says when to ask again. Others may store at any time.
func (c *sqlClaim) wait(w *sqlWork, turn *int64, now int64) time.Duration {
	if turn == nil {
		return w.config.Poll
	}
	return min(max(time.Duration(*turn-now)*time.Millisecond, 1), w.config.Poll)
}

func (c *sqlClaim) run(w *sqlWork) error {
	if held, err := c.heldAlready(w); held || err != nil {
		return err
	}
	c.batch = Batch{}
	return w.inTurns(c.queue, func(f *flow) error {
		if err := c.wake(w, f); err != nil {
			return err
		}
		for len(c.batch.Claims) < c.n {
			more, err := c.take(w, f)
			if err == nil && !more { // what is new is younger than all that has its place
				more, err = w.lineUp(f)
			}
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
		turn, err := c.nextTurn(w)
		c.batch.Next = c.wait(w, turn, f.now)
		return err
	})
}

// heldAlready reports that an earlier try, whose commit got no answer, was committed.
func (c *sqlClaim) heldAlready(w *sqlWork) (bool, error) {
	if !w.again || len(c.batch.Claims) == 0 {
		return false, nil
	}
	if _, err := w.lockFlow(c.queue); err != nil { // waits until the lost transaction has ended
		return false, err
	}
	first := c.batch.Claims[0]
	m, err := w.message(c.queue, int64(first.Sequence))
	return m != nil && m.owner == w.owner && m.epoch == int64(first.Epoch), err
}

// wake makes what has rested, or whose lease has run out, due.
func (c *sqlClaim) wake(w *sqlWork, f *flow) error {
	_, err := w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ? WHERE queue = ? AND turn_ms > ? AND turn_ms <= ?`,
		turnNow, f.queue, turnNow, f.now)
	return err
}

// take claims from the messages whose turn it is, oldest first, and settles those that
// cannot be delivered. It reports whether there may be more.
func (c *sqlClaim) take(w *sqlWork, f *flow) (more bool, err error) {
	limit := min(c.n-len(c.batch.Claims), sqlChunk)
	due, err := w.messages(`queue = ? AND `+byTurn+` LIMIT `+decimal(limit), append([]any{f.queue}, ofTurn(turnNow)...)...)
	if err != nil {
		return false, err
	}
	for _, m := range due {
		switch {
		case m.state != int64(StatePending):
			err = w.release(f, m)
		case m.ends != 0 && m.ends <= f.now:
			err = w.expire(f, m)
		default:
			err = c.takeOne(w, f, m)
		}
		if err != nil {
			return false, err
		}
	}
	return len(due) > 0, nil
}

// takeOne claims a message whose turn it is. When its last delivery never ended, an older one
// of its lane may have been replayed meanwhile, and goes before it.
func (c *sqlClaim) takeOne(w *sqlWork, f *flow, m *sqlMessage) error {
	if m.owner != 0 {
		older, err := w.behind(f, m)
		if err != nil {
			return err
		}
		if older != 0 && older < m.seq {
			if err := w.setTurn(f, turnBehind, m.seq); err != nil {
				return err
			}
			return w.setTurn(f, turnNow, older)
		}
	}
	return c.claim(w, f, m)
}

func (c *sqlClaim) claim(w *sqlWork, f *flow, m *sqlMessage) error {
	sealed, ok, err := w.sealed(f.queue, m)
	if err != nil {
		return err
	}
	if !ok {
		return w.spoil(f, m)
	}
	f.epoch++
	n, err := w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ?, owner = ?, epoch = ?, attempts = ?, unsettled = 1
		WHERE queue = ? AND seq = ? AND epoch = ? AND turn_ms = ?`,
		f.now+millis(w.config.Lease+w.grace()), w.owner, f.epoch, m.attempts+1, f.queue, m.seq, m.epoch, turnNow)
	if err == nil && n != 1 {
		err = errors.New("outbox: a message changed while its queue was locked")
	}
	if err != nil {
		return err
	}
	c.batch.Claims = append(c.batch.Claims, Claim{
		Queue: f.queue, Sequence: uint64(m.seq), ID: m.id, Lane: m.lane, Sealed: sealed,
		Attempt: m.attempts + 1, Charged: m.charged, Unsettled: m.unsettled != 0, Class: m.class,
		Age: time.Duration(max(f.now-m.born, 0)) * time.Millisecond, Epoch: uint64(f.epoch), Until: f.at.Add(w.config.Lease),
	})
	return nil
}

// expire settles a message whose time to live has run out.
func (w *sqlWork) expire(f *flow, m *sqlMessage) error {
	w.events = append(w.events, Event{Kind: EventExpired, Queue: f.queue, Sequence: uint64(m.seq)})
	return w.remove(f, m, int64(StateExpired))
}

// spoil sets a record aside that is not as it was written.
func (w *sqlWork) spoil(f *flow, m *sqlMessage) error {
	class := Class{Reason: reasonDamaged}
	if err := w.disown(f, m); err != nil {
		return err
	}
	f.Damaged++
	w.events = append(w.events, Event{Kind: EventDamaged, Queue: f.queue, Sequence: uint64(m.seq), Class: class})
	return w.end(f, m, int64(StateDead), class)
}
