package hotline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// dueSoon tells once of each deadline that is near, for sheets that wait for the unit.
func (u *workUnit) dueSoon(ctx context.Context, sum *WorkEvent) error {
	now := u.client.Now()
	near := func(m *memo) bool {
		return m.Turn > 0 && m.State.Open() && m.Ended == 0 && m.Deadline != 0 && m.Soon != m.Deadline &&
			u.w.config.Schedule.LightAt(now, timeOf(m.Deadline)) != Green
	}
	var ids []DispatchID
	u.mu.Lock()
	for _, shard := range u.sheets {
		for id, m := range shard {
			if near(m) {
				ids = append(ids, id)
			}
		}
	}
	u.mu.Unlock()
	for chunk := range slices.Chunk(ids, rowsAtOnce) {
		var events []WorkEvent
		_, e, err := u.change(ctx, func(e *edit) error {
			for _, id := range chunk {
				if m := e.look(id); m == nil || !near(m) {
					continue
				}
				m := e.open(id)
				m.Soon = m.Deadline
				e.sayAs(fmt.Sprintf("soon/%s/%d", u.turnKey(m), m.Deadline), m, SheetChange{
					Kind: DueSoon, At: now, Light: u.w.config.Schedule.LightAt(now, timeOf(m.Deadline)),
				})
				events = append(events, WorkEvent{Kind: WorkDueSoon, Unit: u.name, DispatchID: id, Deadline: timeOf(m.Deadline)})
			}
			return nil
		})
		if err != nil {
			return err
		}
		sum.Changed += e.changed
		for _, event := range events {
			u.w.tell(event)
		}
	}
	return nil
}

// OpenSheet is a sheet that has not ended, as the worker knows it.
type OpenSheet struct {
	DispatchID DispatchID
	SheetNo    SheetNo
	Round      int
	Turn       int // of HandedSheet
	State      State
	Delay      DelayState
	Dispatched time.Time
	Deadline   time.Time // the centre's; zero when it gave none
	Light      Light
	Urges      int
	Supervised bool
	Answers    int // of the unit's people that the centre does not have yet, failed ones included
}

// Sheets lists a unit's sheets that have not ended, the nearest deadline first, those
// without one last. It asks nobody: it is what the last poll and the answers since have left.
func (w *Worker) Sheets(ctx context.Context, unit string) ([]OpenSheet, error) {
	u, err := w.unit("PendingSheets", unit)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.load(ctx); err != nil {
		return nil, err
	}
	now := u.client.Now()
	var list []OpenSheet
	for _, shard := range u.sheets {
		for _, m := range shard {
			if m.Turn == 0 || m.Ended != 0 {
				continue
			}
			s := OpenSheet{
				DispatchID: m.ID, SheetNo: m.No, Round: m.Round, Turn: m.Turn, State: m.State, Delay: m.Delay, Dispatched: timeOf(m.Dispatched),
				Deadline: timeOf(m.Deadline), Light: w.config.Schedule.LightAt(now, timeOf(m.Deadline)), Urges: m.Urges, Supervised: m.Supervised,
			}
			for _, a := range m.Answers {
				if !a.Done {
					s.Answers++
				}
			}
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b OpenSheet) int {
		last := func(s OpenSheet) int64 {
			if s.Deadline.IsZero() {
				return 1 << 62
			}
			return s.Deadline.Unix()
		}
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.DispatchID, b.DispatchID))
	})
	return list, nil
}
