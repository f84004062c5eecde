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

// learn takes a measurement over. It refuses what is too large to correct.
func (c *clock) learn(m measured) (ok bool) {
	if !m.known || m.offset().Abs() > maxHeal {
		return false
	}
	if (m.offset() - c.Offset()).Abs() < closeEnough {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learned, c.local, c.remote = true, m.local, m.remote
	return true
}

// correct answers a refusal of the time stamp: it reports whether the time is now
// another than the one the attempt was signed with, so that trying again makes sense.
// Where the platform refuses the very time that its Date header shows, the header is
// somebody else's (a relay's), and the machine's own clock gets its chance.
func (c *clock) correct(m measured, used time.Duration) bool {
	if !c.learn(m) {
		return false
	}
	if (c.Offset()-used).Abs() < closeEnough && used.Abs() >= closeEnough {
		c.mu.Lock()
		c.learned = false
		c.mu.Unlock()
	}
	return (c.Offset() - used).Abs() >= closeEnough
}
