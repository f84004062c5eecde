package dock

import (
	"net/http"
	"sync"
	"time"
)

const (
	// maxHeal is the largest clock error that is corrected. Beyond it somebody has
	// to look at the machine: its tickets and logs would carry the wrong day.
	maxHeal = 15 * time.Minute
	// closeEnough is below what any platform's window notices, and above the error of
	// a Date header, which counts whole seconds.
	closeEnough = 2 * time.Second
)

// clock gives the platform's time. It keeps a pair of moments, one by each clock, so
// that a local clock set right later does no harm: where readings carry a monotonic
// part, differences use it.
type clock struct {
	now func() time.Time

	mu      sync.RWMutex
	learned bool
	local   time.Time
	remote  time.Time
}

// Now is the platform's time as far as it is known, else the local one.
func (c *clock) Now() time.Time {
	local := c.now()
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.learned {
		return local
	}
	return c.remote.Add(local.Sub(c.local))
}

// Offset is platform time minus local time.
func (c *clock) Offset() time.Duration {
	local := c.now()
	c.mu.RLock()
	defer c.mu.RUnlock()
	if !c.learned {
		return 0
	}
	return c.remote.Add(local.Sub(c.local)).Round(0).Sub(local.Round(0))
}

// measured is the clock error that one answer shows.
type measured struct {
	known  bool
	local  time.Time // midpoint of the exchange, local clock
	remote time.Time
}

func (m measured) offset() time.Duration { return m.remote.Round(0).Sub(m.local.Round(0)) }

// measure reads the platform's own time, else the Date header, and sets it against
// the midpoint of the exchange.
func measure(a arrival, own time.Time) measured {
	local := a.began.Add(a.end.Sub(a.began) / 2)
	if !own.IsZero() {
		return measured{true, local, own}
	}
	date, err := http.ParseTime(a.head.Get("Date"))
	if err != nil {
		return measured{}
	}
	return measured{true, local, date.Add(500 * time.Millisecond)} // Date is cut to seconds
}

// learn takes a measurement over. It reports whether that changes anything, and
// refuses what is too large to correct.
func (c *clock) learn(m measured) (changed, tooLarge bool) {
	if !m.known {
		return false, false
	}
	if m.offset().Abs() > maxHeal {
		return false, true
	}
	before := c.Offset()
	if (m.offset() - before).Abs() < closeEnough {
		return false, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learned, c.local, c.remote = true, m.local, m.remote
	return true, false
}
