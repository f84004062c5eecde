package hotline

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/zwfw-go/zwfw"
)

// nameOf names a notice, by its content where the centre gives it no number.
func nameOf(n Notice) string {
	if n.ID != "" {
		return short(n.ID)
	}
	return short(string(n.Type) + "\x00" + string(n.DispatchID) + "\x00" + n.ApplyID + "\x00" + n.Time.String())
}

// fetchNotices reads all notices. Those of a dispatch that is not known yet are held until
// the list was read, and once until the next poll: a sheet comes before what happened to it.
func (u *workUnit) fetchNotices(ctx context.Context) (early, held []Notice, err error) {
	if !u.tells() {
		return nil, nil, nil
	}
	listed := make(map[string]bool)
	for n, failed := range u.client.Notices(ctx) {
		if failed != nil {
			if !errors.Is(failed, zwfw.NotSupported) {
				err = failed
			}
			break
		}
		if len(n.DispatchID) > maxID || len(n.ID) > maxID {
			u.w.tell(WorkEvent{Kind: WorkUnusable, Unit: u.name, Op: "Notices"})
			continue
		}
		name := nameOf(n)
		listed[name] = true
		u.mu.Lock()
		loading := u.load(ctx)
		wait := loading == nil && u.known(n.DispatchID) == nil && u.held[name] == 0 && !u.noticed[name]
		u.mu.Unlock()
		if loading != nil {
			return nil, nil, loading
		}
		if wait {
			held = append(held, n)
		} else {
			early = append(early, n)
		}
	}
	if err == nil {
		u.prune(listed)
	}
	return early, held, err
}

// prune forgets notices that the centre lists no more: they are acknowledged.
func (u *workUnit) prune(listed map[string]bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for name := range u.noticed {
		if !listed[name] {
			delete(u.noticed, name)
			u.unread = true
		}
	}
	for name := range u.held {
		if !listed[name] {
			delete(u.held, name)
		}
	}
}

// takeNotices stores what notices tell and then acknowledges them. Those that cannot be
// acknowledged come again, and hold up none.
func (u *workUnit) takeNotices(ctx context.Context, list []Notice, sum *WorkEvent) error {
	var failed error
	for chunk := range slices.Chunk(list, rowsAtOnce) {
		_, e, err := u.change(ctx, func(e *edit) error {
			for _, n := range chunk {
				if name := nameOf(n); !u.noticed[name] && !slices.Contains(e.noticed, name) {
					e.noticed = append(e.noticed, name)
					e.hear(n, name)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		sum.Changed += e.changed
		if failed == nil || ofTheSheet(failed) { // not of the line
			failed = cmp.Or(u.acknowledge(ctx, chunk), failed)
		}
	}
	return failed
}

func (u *workUnit) acknowledge(ctx context.Context, list []Notice) error {
	var ids []string
	for _, n := range list {
		if delete(u.held, nameOf(n)); n.ID != "" {
			ids = append(ids, n.ID)
		}
	}
	if len(ids) == 0 || !u.has("AckNotices") {
		return nil
	}
	return u.client.AckNotices(ctx, ids...)
}

// takeHeld takes the notices whose dispatch the list has shown since; the others wait for
// one more poll, or until the list can be read.
func (u *workUnit) takeHeld(ctx context.Context, held []Notice, listed bool, sum *WorkEvent) error {
	var now []Notice
	u.mu.Lock()
	for _, n := range held {
		if u.known(n.DispatchID) != nil {
			now = append(now, n)
		} else if listed {
			u.held[nameOf(n)]++
		}
	}
	u.mu.Unlock()
	return u.takeNotices(ctx, now, sum)
}

// hear makes of a notice a change for the Desk, and applies it to what is known.
func (e *edit) hear(n Notice, name string) {
	c := SheetChange{Kind: kindOf(n.Type), Opinion: n.Opinion, ApplyID: n.ApplyID, NoticeID: n.ID, Notice: n.Type, At: n.Time}
	if c.At.IsZero() {
		c.At = e.now
	}
	m := e.look(n.DispatchID)
	var was memo
	switch {
	case m == nil:
		m = &memo{ID: n.DispatchID} // not of this worker's sheets: told, and not remembered
	case m.Turn > 1 && n.before(m.Dispatched):
		c.Turn = m.Turn - 1
	default:
		m = e.open(n.DispatchID)
		delete(e.u.unsaid, n.DispatchID)
		was = *m
		e.apply(m, n)
	}
	e.sayAs("n/"+e.u.name+"/"+name, m, c)
	e.signAgain(&was, m)
}

// before reports that a notice is of the round that ended with a dispatch. Within one
// second only a word about a sheet at hand is of the new one: the centre ends a round and
// dispatches the next in one step.
func (n Notice) before(dispatched int64) bool {
	at := unixOf(n.Time)
	return at != 0 && (at < dispatched || at == dispatched && n.Type != Urge && n.Type != Supervise)
}

// apply changes what is known as a notice says.
func (e *edit) apply(m *memo, n Notice) {
	mine := n.ApplyID == "" || m.Apply == "" || n.ApplyID == m.Apply // not an earlier application's
	switch n.Type {
	case FinishAgreed, FinishRefused, RejectAgreed, RejectRefused:
		if mine {
			m.Decided, m.Apply = cmp.Or(n.ApplyID, m.Apply), ""
		}
	case DelayAgreed, DelayRefused:
		m.DelayDecided = n.ApplyID
	}
	switch {
	case n.Type == FinishAgreed && mine:
		m.become(Finished, e.now)
	case n.Type == FinishRefused && mine:
		m.become(Processing, e.now)
	case n.Type == RejectAgreed && mine:
		m.become(Returned, e.now)
	case n.Type == RejectRefused && mine:
		back := Signed
		if m.Before != "" {
			back = m.Before
		}
		m.become(back, e.now)
	case n.Type == DelayAgreed:
		if m.Delay = DelayApproved; !n.NewDeadline.IsZero() {
			m.Deadline = unixOf(n.NewDeadline)
		}
	case n.Type == DelayRefused:
		m.Delay = DelayDenied
	case n.Type == Urge:
		m.Urges++
	case n.Type == Supervise:
		m.Supervised = true
	case n.Type == RecalledNote, n.Type == Redispatched:
		m.become(Recalled, e.now)
	}
}

// sayUnsaid tells what the former poll saw in the list and no notice has told since.
func (u *workUnit) sayUnsaid(ctx context.Context, sum *WorkEvent) error {
	rows := make([]row, 0, len(u.unsaid))
	for _, r := range u.unsaid {
		rows = append(rows, r)
	}
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		_, e, err := u.change(ctx, func(e *edit) error {
			for _, r := range chunk {
				if m := e.look(r.DispatchID); m != nil && m.tick <= r.tick && m.differs(r.Sheet) {
					e.compare(r.Sheet)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		sum.Changed += e.changed
		for _, r := range chunk {
			delete(u.unsaid, r.DispatchID)
		}
	}
	return nil
}
