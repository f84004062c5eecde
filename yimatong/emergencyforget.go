package yimatong

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// serve notes how long past a code's end a verifier needs its use. Of several verifiers
// the one that needs it longest counts for all.
func (r *EmergencyRecord) serve(keep time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep = max(r.keep, keep)
}

// over counts what need not be held any more. It is asked with a time at which a code has
// just been found valid, and what it names is forgotten only together with writing that
// code down. A clock set back later is then behind the record; if it is not, by ClockSet or
// for a verifier with a wider allowance, gone tells what may have been used.
func (r *EmergencyRecord) over(now time.Time) (n int) {
	for _, e := range r.entries {
		if e.over(now, r.keep) {
			n++
		}
	}
	return n
}

func (e *ecEntry) over(now time.Time, keep time.Duration) bool {
	return e.uploaded && now.Sub(time.Unix(e.end, 0)) > keep
}

func (r *EmergencyRecord) forget(now time.Time) {
	r.entries = slices.DeleteFunc(r.entries, func(e *ecEntry) bool {
		if !e.over(now, r.keep) {
			return false
		}
		r.gone = max(r.gone, e.end)
		delete(r.byUse, e.used)
		delete(r.byID, e.id)
		return true
	})
}

// latest is the floor of the clock: the latest time of use, 0 when there is none.
func (r *EmergencyRecord) latest() (t time.Time) {
	for _, e := range r.entries {
		if e.counted.After(t) {
			t = e.counted
		}
	}
	return t
}

// ClockSet ends the ClockSkew that a code accepted with the clock ahead leaves behind: the
// clock was set right, and at is the time the platform told, by [Client.Now] after Ready,
// say. From then on the clock may be as low as at, less the allowance, and uses with later
// times count as of at in the hour's limit. All uses must be uploaded before; it is on the
// disk when the call returns. It frees no code: what was used stays used, and a code that
// ends no later than one that was forgotten is refused. When no use lies after at, nothing
// changes.
func (r *EmergencyRecord) ClockSet(at time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.clockSet(time.UnixMilli(at.UnixMilli())); err != nil {
		return fmt.Errorf("yimatong: emergency record: ClockSet: %w", err)
	}
	return nil
}

func (r *EmergencyRecord) clockSet(at time.Time) error {
	switch {
	case r.closed:
		return errors.New("the record is closed")
	case at.UnixMilli() <= 0:
		return errors.New("the time must lie after 1970")
	case !r.latest().After(at):
		return nil
	}
	pending := 0
	var frames []ecFrame
	var late []*ecEntry
	for _, e := range r.entries {
		if !e.uploaded {
			pending++
		}
		if e.counted.After(at) {
			set := *e
			set.counted = at
			late, frames = append(late, e), append(frames, set.uploadedFrame())
		}
	}
	if pending > 0 {
		return fmt.Errorf("%d uses are not uploaded: their times are needed until then", pending)
	}
	if err := r.store.append(frames...); err != nil {
		return err
	}
	for _, e := range late {
		e.counted = at
	}
	return nil
}
