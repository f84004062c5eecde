package qr

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"
)

// DefaultRepeatWindow is how long a code counts as the same scan after it was
// last seen: a phone stays in view for seconds.
const DefaultRepeatWindow = 5 * time.Second

// maxRepeats bounds what is remembered; the oldest goes first.
const maxRepeats = 256

// Repeats suppresses duplicate scans (重复扫码抑制): scanners and cameras report
// a code again and again while the phone stays in view. It remembers keyed
// hashes, never a text. It is safe for concurrent use.
//
// After a scan the call that it starts has a result, which says what is right
// next: after success nothing, after a final error [Repeats.Suppress] for a
// moment, after an error that may be retried [Repeats.Forget].
type Repeats struct {
	window time.Duration
	now    func() time.Time
	key    [sha256.Size]byte

	mu   sync.Mutex
	seen map[[sha256.Size]byte]repeat
}

type repeat struct {
	until  time.Time
	window time.Duration
}

// NewRepeats takes the window in which a code counts as seen, above 0, and what
// tells the time; nil is the machine's clock.
func NewRepeats(window time.Duration, now func() time.Time) (*Repeats, error) {
	if window <= 0 {
		return nil, fmt.Errorf("qr: repeats: window is %v, expected more than 0", window)
	}
	if now == nil {
		now = time.Now
	}
	r := &Repeats{window: window, now: now, seen: map[[sha256.Size]byte]repeat{}}
	if _, err := rand.Read(r.key[:]); err != nil {
		return nil, errors.New("qr: repeats: no random numbers")
	}
	return r, nil
}

// Seen tells whether the text was seen within its window, and counts as seeing
// it. Texts are compared as [Normalize] leaves them.
func (r *Repeats) Seen(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, now := r.id(text), r.now()
	if r.renew(id, now) {
		return true
	}
	r.put(id, repeat{now.Add(r.window), r.window}, now)
	return false
}

// again is Seen for a text that is not to be remembered if it is new.
func (r *Repeats) again(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renew(r.id(text), r.now())
}

func (r *Repeats) renew(id [sha256.Size]byte, now time.Time) bool {
	old, known := r.seen[id]
	if !known || !now.Before(old.until) {
		return false
	}
	r.seen[id] = repeat{now.Add(old.window), old.window}
	return true
}

// Suppress makes the text count as seen for d from now on and after each
// further sight.
func (r *Repeats) Suppress(text string, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.put(r.id(text), repeat{now.Add(d), d}, now)
}

// Forget lets the text pass at once.
func (r *Repeats) Forget(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.seen, r.id(text))
}

func (r *Repeats) put(id [sha256.Size]byte, entry repeat, now time.Time) {
	if _, known := r.seen[id]; !known && len(r.seen) >= maxRepeats {
		r.makeRoom(now)
	}
	r.seen[id] = entry
}

func (r *Repeats) makeRoom(now time.Time) {
	var first [sha256.Size]byte
	var ends time.Time
	for id, entry := range r.seen {
		if !now.Before(entry.until) {
			delete(r.seen, id)
		} else if ends.IsZero() || entry.until.Before(ends) {
			first, ends = id, entry.until
		}
	}
	if len(r.seen) >= maxRepeats {
		delete(r.seen, first)
	}
}

func (r *Repeats) id(text string) (id [sha256.Size]byte) {
	mac := hmac.New(sha256.New, r.key[:])
	mac.Write([]byte(Normalize(text)))
	mac.Sum(id[:0])
	return id
}
