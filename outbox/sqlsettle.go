package outbox

import (
	"context"
	"errors"
	"strconv"
)

func decimal(n int) string { return strconv.Itoa(n) }

// Settle ends a claim. Repeated, it changes nothing more.
func (e *sqlEngine) Settle(ctx context.Context, s Settlement) error {
	return e.do(ctx, func(w *sqlWork) error {
		return w.inFlow(s.Claim.Queue, func(f *flow) error { return w.settle(f, s) })
	})
}

func (w *sqlWork) settle(f *flow, s Settlement) error {
	m, err := w.message(f.queue, int64(s.Claim.Sequence))
	switch {
	case err != nil || m == nil || m.id != s.Claim.ID:
		return err // it was purged and forgotten meanwhile
	case m.epoch != int64(s.Claim.Epoch):
		return ErrClaimLost
	case m.owner == 0:
		return nil // this very claim was settled before, or purged
	case m.state != int64(StatePending): // purged meanwhile
		return w.release(f, m)
	}
	switch s.State {
	case StateDelivered:
		return w.end(f, m, int64(StateDelivered), Class{})
	case StateDead:
		w.events = append(w.events, Event{Kind: EventDead, Queue: f.queue, Sequence: s.Claim.Sequence, Class: s.Class})
		if err := w.end(f, m, int64(StateDead), s.Class); err != nil {
			return err
		}
		_, err := w.exec(`UPDATE zwfw_outbox_messages SET unsettled = ? WHERE queue = ? AND seq = ?`, bit(s.Unsettled), f.queue, m.seq)
		return err
	}
	return w.putBack(f, m, s)
}

// putBack makes a claimed message wait for its next attempt, and its lane with it.
func (w *sqlWork) putBack(f *flow, m *sqlMessage, s Settlement) error {
	turn, err := w.turnBack(f, m, s)
	if err != nil {
		return err
	}
	charged := m.charged + bit(s.Charge)
	n, err := w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ?, owner = 0, charged = ?, unsettled = ?, reason = ?, kind = ?, code = ?
		WHERE queue = ? AND seq = ? AND epoch = ?`,
		turn, charged, bit(s.Unsettled), word(s.Class.Reason), word(string(s.Class.Kind)), word(s.Class.Code), f.queue, m.seq, m.epoch)
	if err == nil && n != 1 {
		err = errors.New("outbox: a message changed while its queue was locked")
	}
	return err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// turnBack gives the turn of a message that waits for its next attempt.
func (w *sqlWork) turnBack(f *flow, m *sqlMessage, s Settlement) (int64, error) {
	if m.turn < turnNow {
		return m.turn, nil // the lease ran out and a replayed message took its place
	}
	turn := turnNow
	if s.After > 0 {
		turn = f.now + millis(s.After)
	}
	first, err := w.behind(f, m)
	if err == nil && first != 0 && first < m.seq { // replayed meanwhile
		return turnBehind, w.setTurn(f, turn, first)
	}
	return turn, err
}
