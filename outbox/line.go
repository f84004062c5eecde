package outbox

import (
	"errors"
	"math/rand/v2"
	"time"
)

// line is what a queue knows of the way to its platform. It rests while the way is
// down, tries with one message, and opens up by one more with every success, with small
// random pauses: thousands of kiosks get their line back in the same second.
type line struct {
	queue    Queue
	width    int // deliveries at the same time
	failures int // since the last success; above 0 the line is down
	pause    time.Duration
	age      int // of what is known: deliveries that began before the last failure tell nothing new
}

// drainGap is the longest pause before a delivery while a line opens up.
const drainGap = 200 * time.Millisecond

func newLine(q Queue) line { return line{queue: q, width: 1} }

// learn takes note of the outcome of a delivery that began at a given age, and gives the
// event to tell, if any, and the rest that begins with it.
func (l *line) learn(o Outcome, age int) (event EventKind, rest time.Duration) {
	if age != l.age && o.after == 0 {
		return "", 0
	}
	if !o.line {
		if o.verdict != done {
			return "", 0 // of one message, not of the line
		}
		resumed := l.failures > 0
		l.failures = 0
		if l.width < l.queue.Workers {
			l.width++
			l.pause = max(l.pause, rand.N(drainGap))
		}
		if resumed {
			return EventResumed, 0
		}
		return "", 0
	}
	l.width = 1
	l.age++
	l.failures++
	if rest = o.after; rest == 0 {
		rest = l.queue.Backoff.after(l.failures - 1)
	}
	l.pause = max(l.pause, rest)
	if l.failures == 1 {
		return EventPaused, rest
	}
	return "", rest
}

// takePause gives the pause that is due.
func (l *line) takePause() time.Duration {
	p := l.pause
	l.pause = 0
	return p
}

// isFinal reports an error of the store that no second try heals.
func isFinal(err error) bool { return errors.Is(err, ErrClosed) || errors.Is(err, ErrClaimLost) }
