package outbox

import (
	"context"
)

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
				return w.inFlow(queue, func(f *flow) error {
					expired, err := w.sweepExpired(f)
					if err != nil {
						return err
					}
					forgotten, err := w.sweepSettled(f)
					more = expired == sweepStep || forgotten == sweepStep
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
	found, err := w.messages(`queue = ? AND state = ? AND ends_ms > 0 AND ends_ms <= ? AND (owner = 0 OR turn_ms <= ?)
		ORDER BY ends_ms LIMIT `+decimal(sweepStep), f.queue, int64(StatePending), f.now, f.now)
	for _, m := range found {
		if err := w.expire(f, m); err != nil {
			return 0, err
		}
	}
	return len(found), err
}

func (w *sqlWork) sweepSettled(f *flow) (int, error) {
	found, err := w.messages(`queue = ? AND state IN (?, ?, ?, ?) AND ends_ms <= ? LIMIT `+decimal(sweepStep), f.queue,
		int64(StateDelivered), int64(StateExpired), int64(StateDropped), stateGone, f.now-millis(w.config.KeepKeys))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	args := []any{f.queue}
	for _, m := range found {
		args = append(args, m.seq)
	}
	_, err = w.exec(`DELETE FROM zwfw_outbox_messages WHERE queue = ? AND seq IN (`+places(len(found))+`)`, args...)
	return len(found), err
}
