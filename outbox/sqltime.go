package outbox

import (
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// sqlTimes measures the own time of queues. It stands in the queue's row together with
// the database's time then, and goes on by what the database's clock has gone on since.
// Every claim, settlement and sweep writes both.
//
//   - A clock that went back counts as one that stood still: own time never goes back.
//   - When the clock went forward by more than this program's monotonic clock since it
//     last looked, it was set, and what the program measured itself counts.
//   - A program that has just started cannot measure: a step of more than
//     Config.MaxOffline counts as none.
//
// A message may live longer then, never shorter.
type sqlTimes struct {
	mu   sync.Mutex
	seen map[string]sqlSeen
}

// sqlSeen is what a program remembers of its last look at a queue's time.
type sqlSeen struct {
	own  int64
	wall int64     // the database's
	at   time.Time // this program's
}

// firstTime of a queue is above the special values of turn_ms.
const firstTime = 1000

// read gives the own time for what stands in the queue's row and what the database's
// clock says; jumped reports that the latter was set.
func (s *sqlTimes) read(queue string, clock, noted, wall int64, at time.Time, maxOffline time.Duration) (own int64, jumped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen, ok := s.seen[queue]
	elapsed := millis(at.Sub(seen.at))
	limit := elapsed + millis(noticed)
	step := wall - noted
	own = clock
	switch {
	case step <= 0:
		jumped = step < -millis(noticed)
	case !ok && step > max(millis(maxOffline), 0):
		jumped = step > millis(noticed)
	case ok && step > limit && wall-seen.wall > limit:
		jumped = true
		own = max(own, seen.own+elapsed)
	default:
		own += step
	}
	own = max(own, seen.own)
	if s.seen == nil {
		s.seen = make(map[string]sqlSeen)
	}
	s.seen[queue] = sqlSeen{own: own, wall: wall, at: at}
	return own, jumped
}

// wallClock asks a database for the time now, not that of the transaction's beginning, in
// milliseconds of UTC.
func (e *sqlEngine) wallClock() string {
	if e.flavor == zwfw.MySQL {
		return `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000`
	}
	return `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`
}
