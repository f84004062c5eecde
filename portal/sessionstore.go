package portal

import (
	"container/list"
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// SessionRecord is one thing that a [SignOn] remembers: a session, a login that has not
// come back yet, a name of a session. Name is a hash and tells nothing; Data may hold a
// session's token and personal data.
type SessionRecord struct {
	Name    string // 66 letters and digits at most
	Data    []byte
	Expires time.Time

	// Passing marks what may give way when room is short.
	Passing bool
	// Renewal marks a record that only takes the place of one that is still there: a
	// session that has just been ended does not come back.
	Renewal bool
}

// SessionStore keeps records. Its methods are called by many goroutines at once. A record
// is gone once it has expired.
type SessionStore interface {
	// Put keeps a record in place of one of the same name. A renewal without one is
	// dropped, in one step with looking for it.
	Put(ctx context.Context, r SessionRecord) error
	// Get gives the record of a name; ok is false when there is none.
	Get(ctx context.Context, name string) (r SessionRecord, ok bool, err error)
	// Remove forgets a record. Of several callers at once, one is told that it was there.
	Remove(ctx context.Context, name string) (was bool, err error)
}

// MemorySessions keeps records in this process: they end with it, and many nodes need
// sticky sessions.
type MemorySessions struct {
	most int
	now  func() time.Time

	mu      sync.Mutex
	records map[string]*list.Element // of *memoryRecord
	queues  [2]list.List             // lasting and passing, the one that was put last at the back

	// byCookie finds a session without hashing, once its browser has come back: a hash is
	// most of what a request would cost. It goes where the record goes, and adds nothing to
	// what can be read here: the records hold the platform's tokens.
	byCookie map[string]*memoryRecord
}

// memoryRecord is a record, which never changes, and the cookie that led to it, "" before
// one did.
type memoryRecord struct {
	heldRecord
	cookie string
}

// NewMemorySessions keeps at most so many records; 0 is 400,000, a hundred thousand
// sessions with their names and logins. When they are that many, the oldest login that has
// not come back gives way; when there is none, Put fails.
func NewMemorySessions(most int) *MemorySessions {
	const usual = 400_000
	if most <= 0 {
		most = usual
	}
	return &MemorySessions{most: most, now: time.Now, records: make(map[string]*list.Element), byCookie: make(map[string]*memoryRecord)}
}

func queueOf(passing bool) int {
	if passing {
		return 1
	}
	return 0
}

// Put keeps a record.
func (m *MemorySessions) Put(_ context.Context, r SessionRecord) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.purge(); r.Renewal && m.records[r.Name] == nil {
		return nil
	}
	m.drop(r.Name)
	if len(m.records) >= m.most {
		first := m.queues[queueOf(true)].Front()
		if first == nil {
			return errors.New("portal: memory sessions: no room for another record")
		}
		m.drop(first.Value.(*memoryRecord).Name)
	}
	m.records[r.Name] = m.queues[queueOf(r.Passing)].PushBack(&memoryRecord{heldRecord: heldRecord{SessionRecord: r}})
	return nil
}

// Get gives a record.
func (m *MemorySessions) Get(_ context.Context, name string) (SessionRecord, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.records[name]; e != nil {
		if r := e.Value.(*memoryRecord); m.now().Before(r.Expires) {
			return r.SessionRecord, true, nil
		}
		m.drop(name)
	}
	return SessionRecord{}, false, nil
}

// Remove forgets a record.
func (m *MemorySessions) Remove(_ context.Context, name string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.records[name]
	if e == nil {
		return false, nil
	}
	was := m.now().Before(e.Value.(*memoryRecord).Expires)
	m.drop(name)
	return was, nil
}

// drop forgets a record. Called with the lock held, like purge.
func (m *MemorySessions) drop(name string) {
	if e := m.records[name]; e != nil {
		r := e.Value.(*memoryRecord)
		m.queues[queueOf(r.Passing)].Remove(e)
		delete(m.records, name)
		delete(m.byCookie, r.cookie)
	}
}

// session gives the session that a cookie led to before, to be read only, and the time it
// was looked up; nil when there is none.
func (m *MemorySessions) session(cookie string) (*heldRecord, time.Time) {
	now := m.now()
	m.mu.Lock()
	r := m.byCookie[cookie]
	m.mu.Unlock()
	if r == nil || !now.Before(r.Expires) {
		return nil, now
	}
	return &r.heldRecord, now
}

// remember notes which cookie leads to a record that is there.
func (m *MemorySessions) remember(cookie, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.records[name]; e != nil {
		r := e.Value.(*memoryRecord)
		r.cookie = strings.Clone(cookie) // a cookie is part of a request's header
		m.byCookie[r.cookie] = r
	}
}

// purge drops what has expired at the front of the queues, where it gathers.
func (m *MemorySessions) purge() {
	now := m.now()
	for i := range m.queues {
		for first := m.queues[i].Front(); first != nil && !now.Before(first.Value.(*memoryRecord).Expires); first = m.queues[i].Front() {
			m.drop(first.Value.(*memoryRecord).Name)
		}
	}
}
