package hotline

import (
	"container/list"
	"time"
)

// recent is how long an ended call is stored, so that what the city's system tells again
// after a restart finds it.
const recent = time.Minute

// callBook keeps the calls: live ones by their last event, and ended ones by their end.
type callBook struct {
	calls map[string]*callRecord
	live  []liveCalls // by area

	going *list.List // live
	fresh *list.List // ended within a recent time, stored
	stale *list.List // ended earlier

	// forgotten is the newest event of a call that is known no more; unsaved of one that is
	// known here and not stored.
	forgotten, unsaved time.Time

	dirty                                  []*callRecord // in detail mode
	refused, dropped, silent, dirtyDropped int           // since the last period
}

func newCallBook(areas int) callBook {
	return callBook{calls: make(map[string]*callRecord), live: make([]liveCalls, areas), going: list.New(), fresh: list.New(), stale: list.New()}
}

// end moves a live call among the ended ones.
func (a *Aggregator) end(r *callRecord) {
	a.going.Remove(r.place)
	r.place, r.touched, r.ended = a.fresh.PushBack(r), a.elapsed, true
}

// forgetOldest makes room by the call that ended longest ago, if any has.
func (a *Aggregator) forgetOldest() bool {
	first := a.stale.Front()
	if first == nil {
		first = a.fresh.Front()
	}
	if first == nil {
		return false
	}
	a.forget(first.Value.(*callRecord))
	a.dropped++
	return true
}

// forget removes an ended call.
func (a *Aggregator) forget(r *callRecord) {
	if r.old {
		a.stale.Remove(r.place)
	} else {
		a.fresh.Remove(r.place)
	}
	delete(a.calls, r.row.ID)
	if r.dirty { // more calls changed than the reports could carry
		r.dirty = false
		a.dirtyDropped++
	}
	a.forgotten = later(a.forgotten, r.seen)
}

// expire ends calls that went silent and forgets those that ended long ago.
func (a *Aggregator) expire() {
	for first := a.going.Front(); first != nil; first = a.going.Front() {
		r := first.Value.(*callRecord)
		if a.elapsed-r.touched < a.config.Silent {
			break
		}
		a.live[r.area][stage(r.row.State)]--
		r.over, r.row.State = true, CallEnded
		a.end(r)
		a.touch(r)
		a.silent++
	}
	for first := a.fresh.Front(); first != nil; first = a.fresh.Front() {
		r := first.Value.(*callRecord)
		if a.elapsed-r.touched < recent {
			break
		}
		a.fresh.Remove(first)
		r.place, r.old = a.stale.PushBack(r), true
		a.unsaved = later(a.unsaved, r.seen)
	}
	for first := a.stale.Front(); first != nil; first = a.stale.Front() {
		r := first.Value.(*callRecord)
		if a.elapsed-r.touched < a.config.KeepEnded {
			break
		}
		a.forget(r)
	}
}

// rectify takes back marks of a clock that was set wrong, which would refuse every new call
// until they are reached. A clock that was set back by less finds them as they are.
func (a *Aggregator) rectify() {
	now := a.client.Now()
	for _, mark := range []*time.Time{&a.forgotten, &a.unsaved} {
		if mark.Sub(now) > a.config.KeepEnded {
			*mark = now
		}
	}
}

// touch makes a call's row due.
func (a *Aggregator) touch(r *callRecord) {
	if a.config.Detail && !r.dirty {
		r.dirty = true
		a.dirty = append(a.dirty, r)
	}
}

// takeDirty gives the calls whose rows are due, oldest change first.
func (a *Aggregator) takeDirty() (due []*callRecord) {
	for len(a.dirty) > 0 && len(due) < maxBatches*maxRows {
		r := a.dirty[0]
		a.dirty = a.dirty[1:]
		if r.dirty { // else it was forgotten
			r.dirty = false
			due = append(due, r)
		}
	}
	if len(a.dirty) == 0 {
		a.dirty = nil
	}
	return due
}

// giveBack keeps the rows of live calls for the next report when theirs was lost. Those of
// ended calls go with it.
func (a *Aggregator) giveBack(due []*callRecord) {
	for _, r := range due {
		switch {
		case r.dirty:
		case r.over:
			a.dirtyDropped++
		default:
			a.touch(r)
		}
	}
}
