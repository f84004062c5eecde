package outbox

import (
	"time"
)

// ownTime is the file's clock. It counts, in milliseconds, how long the store has been
// in use; lives, ages and delays are measured by it and never by the machine's clock.
//
//   - While the store is open it follows the monotonic clock, so that setting the
//     machine's clock moves nothing. With a clock that has no monotonic reading, such
//     as a simulated one, a step back or of more than maxStep counts as nothing.
//   - The time between two openings is counted by the machine's clock if that went
//     forward by at most maxOffline; otherwise the clock was set, or a battery is flat,
//     and nothing is counted. A message may live longer then, never shorter.
type ownTime struct {
	now  int64
	last time.Time
}

const (
	// maxStep is far above the minute that lies between two sweeps.
	maxStep = time.Hour
	// noticed is the difference between two clocks worth an event; below it a clock is
	// being slewed.
	noticed = 30 * time.Second
)

// resume continues from what the file says; jumped reports that the time since then
// was not counted.
func resumeTime(now time.Time, clock, wall int64, maxOffline time.Duration) (o ownTime, jumped bool) {
	o = ownTime{now: clock, last: now}
	if wall == 0 {
		return o, false
	}
	off := now.UnixMilli() - wall
	if off < 0 || off > millis(maxOffline) {
		return o, off < -millis(noticed) || maxOffline > 0 && off > 0
	}
	o.now += off
	return o, false
}

// read moves the clock on; jumped reports that the machine's clock was set meanwhile.
func (o *ownTime) read(now time.Time) (jumped bool) {
	step := now.Sub(o.last)
	wall := now.Round(0).Sub(o.last.Round(0))
	monotonic := now != now.Round(0) && o.last != o.last.Round(0)
	o.last = now
	switch {
	case monotonic:
		jumped = (wall - step).Abs() > noticed
	case step < 0 || step > maxStep:
		return step.Abs() > noticed
	}
	if step > 0 {
		o.now += int64(step / time.Millisecond)
		o.last = now.Add(-(step % time.Millisecond)) // what is left counts next time
	}
	return jumped
}
