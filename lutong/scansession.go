package lutong

import (
	"container/list"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
)

// scanHash is the one-time code's.
type scanHash [sha256.Size]byte

// scanSession is one citizen's visit.
type scanSession struct {
	id      string
	former  string // the session that comes back when this one's code is refused
	hash    scanHash
	code    zwfw.Secret // zero once the platform has judged it
	expires time.Time
	queue   *list.List // nil while the platform is asked: nothing drops it then
	place   *list.Element
	ask     *scanAsk // nil while the platform has judged nothing and is not asked
}

// scanAsk is the one question to the platform. The rest is valid once done is closed.
type scanAsk struct {
	done   chan struct{}
	user   *User
	err    error
	former string // the cookie to give back, "" for none
}

// scanState is a session's queue.
type scanState int

const (
	scanUnasked scanState = iota // the visitor has not followed the redirect
	scanUnspent                  // asked without effect: may be asked again
	scanJudged                   // answered, or unknown for good
)

// bind gives the session of a code. A code not yet judged follows the latest visitor,
// whose first answer may have been lost; any other stays with its own.
func (e *ScanEntry) bind(r *http.Request, code string) (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	own, hash := e.own(r), scanHash(sha256.Sum256([]byte(code)))
	if s := e.codes[hash]; s != nil {
		if s == own {
			return s.id, nil
		}
		if s.ask != nil {
			return "", e.refusal(zwfw.CodeUsed, "this code was opened before, in another browser")
		}
		e.drop(s)
	}
	if len(e.codes) >= maxSessions && !e.evict() {
		return "", e.refusal(zwfw.Busy, "too many sessions")
	}
	// The clone lets go of the rest of the address, which may be long.
	s := &scanSession{id: rand.Text(), hash: hash, code: zwfw.NewSecret(strings.Clone(code))}
	if own != nil {
		s.former = own.former
		if own.ask != nil && own.ask.err == nil {
			s.former = own.id
		}
	}
	e.sessions[s.id], e.codes[hash] = s, s
	e.put(s, scanUnasked, min(unaskedLife, e.config.SessionLife))
	return s.id, nil
}

// own gives the visitor's session, nil when there is none. Called with the lock held.
func (e *ScanEntry) own(r *http.Request) *scanSession {
	e.purge()
	cookie, err := r.Cookie(scanCookie)
	if err != nil {
		return nil
	}
	return e.sessions[cookie.Value]
}

// put starts a session's life in a state. All lives of a state are equal, so that its
// queue is in the order of expiry. Called with the lock held, like the next three.
//
// The clock is the machine's, which runs evenly: the client's jumps when it is healed.
func (e *ScanEntry) put(s *scanSession, state scanState, life time.Duration) {
	s.expires = time.Now().Add(life)
	s.queue = &e.queues[state]
	s.place = s.queue.PushBack(s)
}

// purge drops what has expired.
func (e *ScanEntry) purge() {
	now := time.Now()
	for i := range e.queues {
		for first := e.queues[i].Front(); first != nil && !now.Before(first.Value.(*scanSession).expires); first = e.queues[i].Front() {
			e.drop(first.Value.(*scanSession))
		}
	}
}

// evict makes room for one session.
func (e *ScanEntry) evict() bool {
	for _, state := range []scanState{scanUnasked, scanUnspent} {
		if first := e.queues[state].Front(); first != nil {
			e.drop(first.Value.(*scanSession))
			return true
		}
	}
	return false
}

// drop forgets session and code. Not for one the platform is being asked about.
func (e *ScanEntry) drop(s *scanSession) {
	s.queue.Remove(s.place)
	delete(e.sessions, s.id)
	delete(e.codes, s.hash)
}

// join gives the visitor's session and its question; the first to come asks it.
func (e *ScanEntry) join(r *http.Request) (s *scanSession, ask *scanAsk, first bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s = e.own(r)
	switch {
	case s == nil:
		return nil, nil, false
	case s.ask == nil:
		s.ask, first = &scanAsk{done: make(chan struct{})}, true
		s.queue.Remove(s.place)
		s.queue, s.place = nil, nil
	}
	return s, s.ask, first
}

// resolve asks the platform once; everybody else waits for that answer. The call
// outlives the visit that began it: a refresh in the middle must not lose the answer to
// a code that is spent.
func (e *ScanEntry) resolve(ctx context.Context, s *scanSession, ask *scanAsk) {
	panicked := e.refusal(zwfw.Upstream, "the call ended in a panic")
	panicked.Outcome = zwfw.OutcomeUnknown
	var user *User
	var err error = panicked
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.settle(s, ask, user, err)
	}()
	user, err = e.client.UserInfo(ctx, UserInfoRequest{AuthCode: s.code})
}

// settle keeps the answer, if there is one, and lets the waiting go on. Called with
// the lock held.
func (e *ScanEntry) settle(s *scanSession, ask *scanAsk, user *User, err error) {
	defer close(ask.done)
	ask.user, ask.err = user, err
	if unspent(err) && s.ask == ask {
		s.ask = nil
		e.put(s, scanUnspent, e.config.SessionLife)
		return
	}
	s.code = zwfw.Secret{}
	e.put(s, scanJudged, e.config.SessionLife)
	e.purge()
	switch former := e.sessions[s.former]; {
	case former == nil:
	case err == nil:
		e.end(former)
	default:
		ask.former = former.id
	}
}

// unspent tells the refusals that precede any effect: the code is as good as before, and
// a citizen who authorises on the phone now only refreshes the page.
func unspent(err error) bool {
	var e *zwfw.Error
	if !errors.As(err, &e) || e.Outcome != zwfw.OutcomeRefused {
		return false
	}
	switch e.Kind {
	case zwfw.Busy, zwfw.RateLimited, zwfw.ClockSkew, zwfw.ConsentRequired, zwfw.NotRealName:
		return true
	}
	return !e.Sent
}

// end takes the citizen out of memory. A code that was asked about stays known as used.
// Called with the lock held.
func (e *ScanEntry) end(s *scanSession) {
	if s.ask == nil {
		e.drop(s)
		return
	}
	delete(e.sessions, s.id)
	s.ask = &scanAsk{}
}
