// Package outboxtest holds what every engine of package outbox has to pass. It uses no
// type of a test library, so that any may call it:
//
//	for _, c := range outboxtest.Cases() {
//		t.Run(c.Name, func(t *testing.T) { c.Check(t, fresh()) })
//	}
//	rapid.Check(t, func(t *rapid.T) {
//		outboxtest.Walk(t, fresh(), func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "choice") }, 60)
//	})
package outboxtest

import (
	"time"

	"github.com/zwfw-go/zwfw/outbox"
)

// T is what a check needs of a test; *testing.T is one, and so is *rapid.T.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Store is an engine under test with a store of its own, empty at first.
type Store struct {
	// Open opens the store, again and again: the checks close what they opened.
	Open func() (outbox.Engine, error)
	// Advance moves the engine's own time, by at most an hour.
	Advance func(time.Duration)
	// KeepKeys is how long the engine remembers the IDs of settled messages; a few hours.
	KeepKeys time.Duration
}

// Case is one promise of an engine.
type Case struct {
	Name  string
	Check func(T, Store)
}

// Run checks every case, each with a store of its own.
func Run(t T, fresh func() Store) {
	t.Helper()
	for _, c := range Cases() {
		c.Check(named{t, c.Name}, fresh())
	}
}

type named struct {
	T
	name string
}

func (n named) Fatalf(format string, args ...any) {
	n.Helper()
	n.T.Fatalf(n.name+": "+format, args...)
}
