package outbox_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/outbox/outboxtest"
)

// simulated is a clock that a test moves; it waits for nobody.
type simulated struct {
	mu  sync.Mutex
	now time.Time
}

func newSimulated() *simulated { return &simulated{now: time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)} }

func (s *simulated) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *simulated) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func (s *simulated) clock() zwfw.Clock { return zwfw.ClockFunc(s.Now) }

// fileStore is the engine of one file in a directory of its own.
func fileStore(dir string) outboxtest.Store {
	clock := newSimulated()
	const keep = 3 * time.Hour
	return outboxtest.Store{
		Open: func() (outbox.Engine, error) {
			return outbox.OpenFile(filepath.Join(dir, "outbox.db"), clock.clock(), keep, nil)
		},
		Advance: clock.advance, KeepKeys: keep,
	}
}

func TestFileKeepsWhatAnEnginePromises(t *testing.T) {
	t.Parallel()
	for _, c := range outboxtest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			c.Check(t, fileStore(t.TempDir()))
		})
	}
}
