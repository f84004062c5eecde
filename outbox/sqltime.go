package outbox

import (
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// sqlTimes measures the own time of queues, and how long leases last. Own time stands in
// the queue's row together with the database's time then; every claim, settlement and
// sweep writes both. It goes on by what the database's clock has gone on since, but:
//
//   - A program that has looked at the queue before holds that against its own monotonic
//     clock. When the database's clock is ahead of that it was set, and does not count;
//     when it is behind, what the program measured counts. It remembers what it measured
//     from look to look, so that it does not matter which of them meets the set clock.
//   - A program that has not cannot measure: a step of more than Config.MaxOffline counts
//     as none, nor does one back.
//
// A message may live longer then, never shorter by more than noticed. A lease has to last
// by both, own time and the program's clock.
type sqlTimes struct {
	mu   sync.Mutex
	seen map[string]*sqlSeen
}

// sqlSeen is what a program remembers of its looks at a queue.
type sqlSeen struct {
	own    int64
	at     time.Time  // this program's
	epochs []sqlEpoch // ascending
}

// sqlEpoch: claims up to this one had been made at that time.
type sqlEpoch struct {
	epoch int64
	at    time.Time
}

// firstTime of a queue is above the special values of turn_ms.
const firstTime = 1000

// read gives the own time for what stands in the queue's row and what the database's
// clock says; jumped reports that the latter was set.
func (s *sqlTimes) read(queue string, clock, noted, wall int64, at time.Time, maxOffline time.Duration) (own int64, jumped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	step := wall - noted
	own = clock
	seen, ok := s.seen[queue]
	if ok {
		measured := max(millis(at.Sub(seen.at)), 0) // looks overtake each other
		if step > 0 && clock+step <= max(clock, seen.own)+measured+millis(noticed) {
			own += step
		}
		own = max(own, seen.own+measured)
	} else {
		if step > 0 && step <= millis(maxOffline) {
			own += step
		}
		seen = &sqlSeen{}
		if s.seen == nil {
			s.seen = make(map[string]*sqlSeen)
		}
		s.seen[queue] = seen
	}
	seen.own = own
	if at.After(seen.at) {
		seen.at = at
	}
	off := step - (own - clock)
	return own, max(off, -off) > millis(noticed)
}

// sqlEpochs is how many parts of a lease are told apart.
const sqlEpochs = 50

// saw notes that claims up to an epoch had been made at a time.
func (s *sqlTimes) saw(queue string, epoch int64, at time.Time, lease time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen[queue]
	if n := len(seen.epochs); n == 0 || epoch > seen.epochs[n-1].epoch && at.Sub(seen.epochs[n-1].at) >= lease/sqlEpochs {
		seen.epochs = append(seen.epochs, sqlEpoch{epoch, at})
	}
	for len(seen.epochs) > 1 && at.Sub(seen.epochs[1].at) >= lease {
		seen.epochs = seen.epochs[1:]
	}
}

// age gives how long ago at least a claim was made, as far as this program knows.
func (s *sqlTimes) age(queue string, epoch int64, at time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.seen[queue].epochs {
		if e.epoch >= epoch {
			return max(at.Sub(e.at), 0)
		}
	}
	return 0
}

// doubt is for leases that are over by the queue's time, but were not as long by the clock
// of this node: it started meanwhile, or did not look, and time may have been counted that
// a set clock made. They last as long as is missing, but that happens to a lease once, or
// nodes that never run for long would never end it.
func (w *sqlWork) doubt(f *flow) error {
	if w.times.age(f.queue, f.epoch, f.at) >= w.config.Lease {
		return nil // and so is every other
	}
	over, err := w.messages(`queue = ? AND turn_ms > ? AND turn_ms <= ? AND owner > 0`, f.queue, turnNow, f.now)
	if err != nil {
		return err
	}
	for _, m := range over {
		age := w.times.age(f.queue, m.epoch, f.at)
		if age >= w.config.Lease {
			continue
		}
		m.turn = f.now + millis(w.config.Lease+w.grace()-age)
		_, err := w.exec(`UPDATE zwfw_outbox_messages SET turn_ms = ?, owner = -owner WHERE queue = ? AND seq = ?`, m.turn, f.queue, m.seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// wallClock asks a database for the time now, not that of the transaction's beginning, in
// milliseconds of UTC.
func (e *sqlEngine) wallClock() string {
	if e.flavor == zwfw.MySQL {
		return `TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6)) DIV 1000`
	}
	return `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`
}
