package main

import (
	"sync"
	"time"
)

// guesses counts wrong check codes of a case: four digits of a telephone are guessed soon.
type guesses struct {
	now func() time.Time

	mu    sync.Mutex
	since time.Time
	count map[string]int
}

const (
	mostGuesses  = 5
	guessesRest  = 15 * time.Minute
	mostGuessers = 10_000 // cases with a wrong code at once; a flood of numbers begins anew
)

func newGuesses(now func() time.Time) *guesses {
	return &guesses{now: now, count: make(map[string]int)}
}

// begin counts an attempt and reports whether it may be made. It counts before the answer,
// so that many at once are not more.
func (g *guesses) begin(number string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := g.now(); now.Sub(g.since) > guessesRest || len(g.count) >= mostGuessers {
		g.since = now
		clear(g.count)
	}
	if g.count[number] >= mostGuesses {
		return false
	}
	g.count[number]++
	return true
}

// well takes back an attempt that was no wrong guess.
func (g *guesses) well(number string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.count[number]--; g.count[number] <= 0 {
		delete(g.count, number)
	}
}
