package outbox

import (
	"context"
	"crypto/rand"
)

// sqlSweepStep bounds the work of one transaction, and how long it holds others up.
const sqlSweepStep = 100

// Sweep settles what has expired and forgets the IDs of what was settled long ago, a
// queue after the other. The time it notes lets the queue's time go on.
func (e *sqlEngine) Sweep(ctx context.Context) error {
	all, err := e.Stats(ctx)
	if err != nil {
		return err
	}
	for queue := range all {
		for more := true; more; {
			err := e.do(ctx, func(w *sqlWork) error {
				return w.inTurns(queue, func(f *flow) error {
					expired, err := w.sweepExpired(f)
					if err != nil {
						return err
					}
					forgotten, err := w.sweepSettled(f)
					more = expired == sqlSweepStep || forgotten == sqlSweepStep
					return err
				})
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *sqlWork) sweepExpired(f *flow) (int, error) {
	found, err := w.sequences(`queue = ? AND state = ? AND ends_ms > 0 AND ends_ms <= ? AND (owner = 0 OR turn_ms <= ?)
		ORDER BY ends_ms LIMIT `+decimal(sqlSweepStep), f.queue, int64(StatePending), f.now, f.now)
	if err != nil {
		return 0, err
	}
	return len(found), w.visit(f, found, w.expire)
}

// visit reads each message anew: what is done to one may change the turn of another.
func (w *sqlWork) visit(f *flow, seqs []int64, do func(*flow, *sqlMessage) error) error {
	for _, seq := range seqs {
		m, err := w.message(f.queue, seq)
		if err == nil && m != nil {
			err = do(f, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *sqlWork) sweepSettled(f *flow) (int, error) {
	found, err := w.messages(`queue = ? AND state IN (?, ?, ?, ?) AND ends_ms <= ? LIMIT `+decimal(sqlSweepStep), f.queue,
		int64(StateDelivered), int64(StateExpired), int64(StateDropped), stateGone, f.now-millis(w.config.KeepKeys))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	for _, m := range found {
		if err := w.forget(f, m); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

func (w *sqlWork) forget(f *flow, m *sqlMessage) error {
	if m.turn > f.now {
		return w.forgetID(f, m)
	}
	if m.turn >= turnNow {
		if err := w.release(f, m); err != nil {
			return err
		}
	}
	_, err := w.exec(`DELETE FROM zwfw_outbox_messages WHERE queue = ? AND seq = ?`, f.queue, m.seq)
	return err
}

// forgetID is for a message which is gone but whose lease is longer than IDs are kept:
// its turn stays.
func (w *sqlWork) forgetID(f *flow, m *sqlMessage) error {
	var other Hash
	if _, err := rand.Read(other[:]); err != nil {
		return err
	}
	_, err := w.exec(`UPDATE zwfw_outbox_messages SET id = ?, ends_ms = ? WHERE queue = ? AND seq = ?`, other[:], f.now, f.queue, m.seq)
	return err
}
