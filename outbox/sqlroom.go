package outbox

import (
	"errors"
	"fmt"
	"slices"

	"github.com/zwfw-go/zwfw"
)

// makeRoom drops what the rows' queues allow to drop, or refuses.
func (p *sqlPut) makeRoom(w *sqlWork, fresh []int) error {
	if len(fresh) == 0 || p.MaxCount == 0 && p.MaxBytes == 0 {
		return nil
	}
	count, size, err := p.taken(w, "")
	if err != nil {
		return err
	}
	var more, moreBytes int64
	droppers := make(map[string]bool)
	for _, i := range fresh {
		more, moreBytes = more+1, moreBytes+int64(p.Rows[i].Size)
		if p.Rows[i].DropOldest {
			droppers[p.Rows[i].Queue] = true
		}
	}
	full := func() bool {
		return p.MaxCount > 0 && count+more > p.MaxCount || p.MaxBytes > 0 && size+moreBytes > p.MaxBytes
	}
	if full() && w.callers {
		lock, err := w.currentCounts()
		if err != nil {
			return err
		}
		if count, size, err = p.taken(w, lock); err != nil {
			return err
		}
	}
	kept, bytes := count, size
	// What is to be stored has to fit on its own, whatever is dropped.
	enough := (p.MaxCount == 0 || more <= p.MaxCount) && (p.MaxBytes == 0 || moreBytes <= p.MaxBytes)
	told := len(w.events)
	if len(droppers) > 0 && full() {
		if _, err := w.exec(`SAVEPOINT zwfw_room`); err != nil {
			return err
		}
	}
	for _, queue := range p.queues() {
		if !enough || !droppers[queue] || !full() {
			continue
		}
		err := w.inTurns(queue, func(f *flow) error {
			for full() {
				freed, dropped, err := w.dropOldest(f)
				if err != nil || !dropped {
					return err
				}
				count, size = count-1, size-freed
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if full() {
		if len(droppers) > 0 { // dropped in vain
			if _, err := w.exec(`ROLLBACK TO SAVEPOINT zwfw_room`); err != nil {
				return err
			}
			w.events = w.events[:told]
		}
		p.refuse(fresh, fmt.Errorf("outbox: not stored: %d pending and dead letters, %d bytes: %w", kept, bytes, ErrFull))
	}
	return nil
}

// currentCounts ends a read of all counts in a caller's transaction, whose view may be an
// old one: too full, if messages were delivered since. MySQL reads the present where it
// locks; PostgreSQL refuses to lock what has changed since, and the caller repeats.
func (w *sqlWork) currentCounts() (lock string, err error) {
	isolation := ""
	if w.flavor == zwfw.PostgreSQL { // MySQL does not tell that of this transaction
		_, err = w.one(`SELECT current_setting('transaction_isolation')`, nil, &isolation)
	}
	if err != nil || isolation == "read committed" || isolation == "read uncommitted" {
		return "", err
	}
	return ` ORDER BY i.queue FOR UPDATE`, nil
}

// taken counts what is pending and dead, and its bytes.
func (p *sqlPut) taken(w *sqlWork, lock string) (count, size int64, err error) {
	all, err := w.stats(lock, p.intakes)
	for _, s := range all {
		count, size = count+s.Pending+s.Letters, size+s.Bytes
	}
	return count, size, err
}

func (p *sqlPut) refuse(fresh []int, err error) {
	p.refused = err
	for _, i := range fresh {
		in := p.intakes[p.Rows[i].Queue]
		in.Enqueued++
		in.Refused++
	}
}

// dropOldest drops the oldest pending message that nobody has claimed. Each question is
// answered by one entry of an index, but the last, for which there are few: those that rest.
func (w *sqlWork) dropOldest(f *flow) (freed int64, dropped bool, err error) {
	var oldest []int64
	ask := func(where string, args ...any) {
		var found []int64
		if err == nil {
			found, err = w.sequences(`queue = ? AND `+where+` LIMIT 1`, append([]any{f.queue}, args...)...)
		}
		oldest = append(oldest, found...)
	}
	ask(byTurn, ofTurn(turnBehind)...)
	ask(byTurn, ofTurn(turnNew)...)
	ask(`state + 0 = 0 AND `+byTurn, ofTurn(turnNow)...)
	ask(`turn_ms > ? AND (owner = 0 OR turn_ms <= ?) AND state + 0 = 0 ORDER BY seq + 0`, turnNow, f.now)
	if err != nil {
		return 0, false, err
	}
	if len(oldest) == 0 {
		return 0, false, nil
	}
	m, err := w.message(f.queue, slices.Min(oldest))
	if err == nil && m == nil {
		err = errors.New("outbox: a message vanished while its queue was locked")
	}
	if err != nil {
		return 0, false, err
	}
	w.events = append(w.events, Event{Kind: EventDropped, Queue: f.queue, Sequence: uint64(m.seq)})
	return m.size, true, w.remove(f, m, int64(StateDropped))
}
