package hotline

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
)

const (
	// overlap goes back before the last change read: a row may be committed late, with an
	// older time.
	overlap = 5 * time.Minute
	// fullEvery is how often the list is read from its beginning and open sheets that are
	// not in it are looked up: practice runs such a job for pairs that disagree.
	fullEvery = 6 * time.Hour
	// rowsAtOnce go into one transaction.
	rowsAtOnce = 100
	// backlog is how many messages for the Desk may wait before the list is not read on: the
	// sheets are safe at the centre, and the outbox keeps room for answers.
	backlog = 10_000
)

// errBacklog ends the reading of a list.
var errBacklog = errors.New("the Desk is far behind")

// poll reads notices and list once.
func (u *workUnit) poll(ctx context.Context) error {
	select {
	case u.turn <- struct{}{}:
		defer func() { <-u.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	sum := WorkEvent{Kind: WorkPolled, Unit: u.name}
	err := u.round(ctx, &sum)
	switch {
	case err == nil:
		u.refusals.taken(messageID{})
	case errors.Is(err, errBacklog):
		sum.Kind, err = WorkBacklog, nil
	case ctx.Err() != nil:
		return err
	default:
		sum.Kind, sum.Error, sum.Code = WorkPollFailed, zwfw.KindOf(err), codeOf(err)
	}
	u.w.tell(sum)
	return err
}

func (u *workUnit) round(ctx context.Context, sum *WorkEvent) error {
	early, held, err := u.fetchNotices(ctx)
	errs := []error{err, u.takeNotices(ctx, early, sum)}
	if errors.Join(errs...) == nil {
		errs = append(errs, u.sayUnsaid(ctx, sum))
	}
	listed := u.readList(ctx, sum)
	errs = append(errs, listed)
	if len(held) > 0 {
		errs = append(errs, u.takeHeld(ctx, held, listed == nil, sum))
	}
	errs = append(errs, u.dueSoon(ctx, sum), u.flush(ctx))
	return errors.Join(errs...)
}

// readList reads the list from where the last reading ended, or from its beginning.
func (u *workUnit) readList(ctx context.Context, sum *WorkEvent) error {
	now := u.client.Now()
	full := u.full.IsZero() || now.Sub(u.full) >= fullEvery || now.Before(u.full)
	var after time.Time
	var seen map[DispatchID]bool
	u.mu.Lock()
	err := u.load(ctx)
	tick := u.tick
	if full {
		seen = make(map[DispatchID]bool)
	} else if u.read != 0 {
		after = time.Unix(u.read, 0).Add(-overlap)
	}
	u.mu.Unlock()
	if err != nil {
		return err
	}
	rows := make([]row, 0, rowsAtOnce)
	for s, err := range u.client.PendingSheets(ctx, PendingQuery{UpdatedAfter: after}) {
		if err != nil {
			return errors.Join(err, u.takeRows(ctx, rows, sum))
		}
		if s.DispatchID == "" || len(s.DispatchID) > maxID {
			u.w.tell(WorkEvent{Kind: WorkUnusable, Unit: u.name, Op: "PendingSheets"})
			continue
		}
		if seen != nil {
			seen[s.DispatchID] = true
		}
		if rows = append(rows, row{s, tick}); len(rows) == rowsAtOnce {
			if err := u.takeRows(ctx, rows, sum); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	if err := u.takeRows(ctx, rows, sum); err != nil {
		return err
	}
	u.mu.Lock()
	u.listed = now
	u.mu.Unlock()
	if full {
		u.full = now
		return u.lookUp(ctx, seen, tick, sum)
	}
	if !u.tells() {
		return u.lookUpWaiting(ctx, tick, sum)
	}
	return nil
}

// takeRows makes rows known, with their hand-outs and changes and the place in the list, in
// one transaction.
func (u *workUnit) takeRows(ctx context.Context, rows []row, sum *WorkEvent) error {
	if len(rows) == 0 {
		return nil
	}
	queues, _, err := u.w.box.Stats(ctx)
	if err != nil {
		return err
	}
	if queues[u.w.config.HandoutQueue].Pending > backlog {
		return errBacklog
	}
	sure := make([]row, 0, len(rows))
	for _, r := range rows {
		switch err := u.confirm(ctx, &r); {
		case err == nil:
			sure = append(sure, r)
		case !ofTheSheet(err):
			return err
		}
	}
	_, e, err := u.change(ctx, func(e *edit) error {
		for _, r := range sure {
			e.observe(r)
			// A time to come would hide all rows until then.
			if at := unixOf(r.Updated); at > e.read && !r.Updated.After(e.now) {
				e.read = at
			}
		}
		return nil
	})
	if err == nil {
		sum.New, sum.Changed = sum.New+e.found, sum.Changed+e.changed
	}
	return err
}

// confirm asks for the detail of a sheet that seems to be unsigned again, in the same round
// and dispatch: a new round, or a list that lags behind. One that the centre does not show
// is left as it is known: it must not hold up the list, which is read whole again later.
func (u *workUnit) confirm(ctx context.Context, r *row) error {
	u.mu.Lock()
	m := u.known(r.DispatchID)
	ask := m != nil && !m.newer(r.Sheet) && m.unsigned(r.Sheet) && m.tick <= r.tick
	u.mu.Unlock()
	if !ask {
		return nil
	}
	d, err := u.client.SheetDetail(ctx, r.DispatchID)
	if err != nil {
		return err
	}
	r.Sheet = d.Sheet
	r.DispatchID = m.ID
	return nil
}

// lookUp reads the sheets that are open here and not in the list.
func (u *workUnit) lookUp(ctx context.Context, seen map[DispatchID]bool, tick uint64, sum *WorkEvent) error {
	var missing, old []DispatchID
	u.mu.Lock()
	now := u.client.Now()
	for _, shard := range u.sheets {
		for id, m := range shard {
			switch {
			case m.forgettable(now):
				old = append(old, id)
			case m.Turn > 0 && m.Ended == 0 && !seen[id] && m.tick <= tick:
				missing = append(missing, id)
			}
		}
	}
	u.mu.Unlock()
	if len(old) > 0 {
		if _, _, err := u.change(ctx, func(e *edit) error { e.forget(old); return nil }); err != nil {
			return err
		}
	}
	return u.look(ctx, missing, tick, sum)
}

// waitingAtOnce bounds what a poll looks up where no notice tells of the centre's answers.
const waitingAtOnce = 20

// lookUpWaiting reads some of the sheets on which the centre has to decide: they are in no
// list of open ones.
func (u *workUnit) lookUpWaiting(ctx context.Context, tick uint64, sum *WorkEvent) error {
	var waiting []DispatchID
	u.mu.Lock()
	for _, shard := range u.sheets {
		for id, m := range shard {
			if m.Turn > 0 && m.Ended == 0 && m.State.Waiting() && m.tick <= tick && len(waiting) < waitingAtOnce {
				waiting = append(waiting, id) // which ones come first is left to chance, that is: to the map
			}
		}
	}
	u.mu.Unlock()
	return u.look(ctx, waiting, tick, sum)
}

// look reads sheets one by one and takes them as rows. One that the centre refuses to show
// has gone.
func (u *workUnit) look(ctx context.Context, ids []DispatchID, tick uint64, sum *WorkEvent) error {
	var failed error
	for _, id := range ids {
		d, err := u.client.SheetDetail(ctx, id)
		_, e, failedToStore := u.change(ctx, func(e *edit) error {
			switch m := e.look(id); {
			case m == nil || m.tick > tick:
			case err == nil:
				d.DispatchID = id
				e.observe(row{d.Sheet, tick})
			case hidden(err):
				gone := e.open(id)
				gone.Ended = e.now.Unix()
				e.say(gone, SheetChange{Kind: Gone, At: e.now})
			}
			return nil
		})
		if failedToStore != nil {
			return failedToStore
		}
		sum.New, sum.Changed = sum.New+e.found, sum.Changed+e.changed
		if err != nil && !hidden(err) {
			if failed = err; !ofTheSheet(err) {
				u.full = time.Time{} // the rest with the next poll
				return err
			}
		}
	}
	return failed
}

// hidden reports that the centre knows no such sheet of this unit.
func hidden(err error) bool {
	return errors.Is(err, zwfw.NotFound) || errors.Is(err, zwfw.PermissionDenied)
}

// ofTheSheet reports an error of one sheet, not of the line.
func ofTheSheet(err error) bool {
	var e *zwfw.Error
	return errors.As(err, &e) && e.Sent && e.Kind != zwfw.Upstream && e.Kind != zwfw.Timeout && e.Kind != zwfw.Busy && e.Kind != zwfw.RateLimited
}

func codeOf(err error) string {
	var e *zwfw.Error
	if errors.As(err, &e) {
		return zwfw.PrintableCode(e.Code)
	}
	return ""
}
