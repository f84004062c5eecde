package lutong

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// ScanEntryConfig says what a [ScanEntry] shows.
type ScanEntryConfig struct {
	// Serve shows the page of a citizen who is known. Required. It is called for every
	// visit of the session, a refresh included.
	Serve func(http.ResponseWriter, *http.Request, *User)

	// Fail shows what went wrong. Optional: the default is a plain page with the advice
	// for citizens in Chinese and English.
	Fail func(http.ResponseWriter, *http.Request, error)

	// Parameter is the query parameter in which the platform hands the one-time code
	// over. Default "authCode" (assumption).
	Parameter string

	// SessionLife is how long the page knows the citizen. Default 10 min, at most 12 h.
	SessionLife time.Duration

	// PlainHTTP leaves Secure off the cookie, for a hall's own network without TLS.
	PlainHTTP bool
}

// ScanEntry (扫码办事) is the page behind the hall's own code on the wall: the citizen
// scans it with the app, the platform opens the page with a one-time code, and the
// page learns who it is. Mount it as an http.Handler under a path of its own.
//
// The code is moved out of the address at once, and the platform is asked exactly once
// for each code, so a refresh, the back button and a link opened twice do no harm. The
// cookie holds a random number and no personal datum; who it belongs to is kept in the
// memory of this process, so that many nodes need sticky sessions. Another browser
// that opens the same address gets nothing. When the platform cannot be reached at all,
// nothing is spent and a refresh asks again.
//
// Source: SZSD 0056.1—2024 5.3.2 by its title; the flow is an assumption.
type ScanEntry struct {
	client *Client
	config ScanEntryConfig

	mu       sync.Mutex
	sessions map[string]*scanSession // by cookie
	codes    map[string]*scanSession // by hash of the one-time code
	purged   time.Time
}

// scanSession is one citizen's visit.
type scanSession struct {
	id      string
	hash    string
	code    zwfw.Secret
	expires time.Time
	ask     *scanAsk // nil until the platform is asked
}

// scanAsk is the one question to the platform. user and err are valid once done is
// closed.
type scanAsk struct {
	done chan struct{}
	user *User
	err  error
}

const (
	scanCookie = "zwfw_scan"
	// maxSessions bounds memory; a province's busiest hall has a tenth of it in 10 min.
	maxSessions = 50000
	// purgeEvery keeps the walk over all sessions rare.
	purgeEvery = time.Minute
)

// NewScanEntry makes the page's handler.
func NewScanEntry(c *Client, config ScanEntryConfig) (*ScanEntry, error) {
	switch {
	case c == nil:
		return nil, fmt.Errorf("lutong: NewScanEntry: the client is nil")
	case config.Serve == nil:
		return nil, fmt.Errorf("lutong: ScanEntryConfig.Serve is required")
	case config.SessionLife < 0 || config.SessionLife > 12*time.Hour:
		return nil, fmt.Errorf("lutong: ScanEntryConfig.SessionLife must be above zero and at most 12 h, is %v", config.SessionLife)
	}
	if config.Parameter == "" {
		config.Parameter = "authCode"
	}
	if config.SessionLife == 0 {
		config.SessionLife = 10 * time.Minute
	}
	if config.Fail == nil {
		config.Fail = failPage
	}
	return &ScanEntry{client: c, config: config, sessions: make(map[string]*scanSession), codes: make(map[string]*scanSession)}, nil
}

// ServeHTTP takes a one-time code over, or shows the page of the session.
func (e *ScanEntry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the first address held the code
	if r.Method == http.MethodHead {
		return // a link preview spends no code
	}
	query := r.URL.Query()
	if code := query.Get(e.config.Parameter); code != "" {
		e.accept(w, r, query, code)
		return
	}
	s := e.session(r)
	if s == nil {
		e.config.Fail(w, r, e.refusal(zwfw.TokenInvalid, "no session: scan the code again, with cookies allowed"))
		return
	}
	user, err := e.resolve(r.Context(), s)
	if err != nil {
		e.config.Fail(w, r, err)
		return
	}
	e.config.Serve(w, r, user)
}

// accept binds a code to a session and sends the browser to the same page without it.
func (e *ScanEntry) accept(w http.ResponseWriter, r *http.Request, query url.Values, code string) {
	query.Del(e.config.Parameter)
	clean := url.URL{Path: r.URL.Path, RawQuery: query.Encode()}
	sum := sha256.Sum256([]byte(code))
	own := e.session(r)
	id, err := e.bind(own, hex.EncodeToString(sum[:]), code)
	if err != nil {
		e.config.Fail(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: scanCookie, Value: id, Path: r.URL.Path, HttpOnly: true, Secure: !e.config.PlainHTTP,
		SameSite: http.SameSiteLaxMode, MaxAge: int(e.config.SessionLife / time.Second),
	})
	w.Header().Set("Location", clean.RequestURI())
	w.WriteHeader(http.StatusSeeOther)
}

// bind gives the session of a code. A code not yet asked about follows the latest
// visitor, whose first answer may have been lost; one asked about stays with its own.
func (e *ScanEntry) bind(own *scanSession, hash, code string) (string, error) {
	now := e.client.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.codes[hash]; s != nil && now.Before(s.expires) {
		if s == own {
			return s.id, nil
		}
		if s.ask != nil {
			return "", e.refusal(zwfw.CodeUsed, "this code was opened before, in another browser")
		}
		delete(e.sessions, s.id)
	}
	e.purge(now)
	if len(e.codes) >= maxSessions {
		return "", e.refusal(zwfw.Busy, "too many sessions")
	}
	s := &scanSession{id: rand.Text(), hash: hash, code: zwfw.NewSecret(code), expires: now.Add(e.config.SessionLife)}
	e.sessions[s.id], e.codes[hash] = s, s
	return s.id, nil
}

// purge drops what has expired. Called with the lock held.
func (e *ScanEntry) purge(now time.Time) {
	if now.Before(e.purged.Add(purgeEvery)) && len(e.codes) < maxSessions {
		return
	}
	e.purged = now
	for hash, s := range e.codes {
		if !now.Before(s.expires) {
			delete(e.codes, hash)
			delete(e.sessions, s.id)
		}
	}
}

func (e *ScanEntry) session(r *http.Request) *scanSession {
	cookie, err := r.Cookie(scanCookie)
	if err != nil {
		return nil
	}
	now := e.client.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessions[cookie.Value]
	if s == nil || !now.Before(s.expires) {
		return nil
	}
	return s
}

// resolve asks the platform once; everybody else waits for that answer. The call
// outlives the visit that began it: a refresh in the middle must not lose the answer to
// a code that is spent. A call that never left has spent nothing, so the next visit
// asks again.
func (e *ScanEntry) resolve(ctx context.Context, s *scanSession) (*User, error) {
	e.mu.Lock()
	ask := s.ask
	first := ask == nil
	if first {
		ask = &scanAsk{done: make(chan struct{})}
		s.ask = ask
	}
	e.mu.Unlock()
	if first {
		ask.user, ask.err = e.client.UserInfo(context.WithoutCancel(ctx), UserInfoRequest{AuthCode: s.code})
		var failed *zwfw.Error
		if errors.As(ask.err, &failed) && !failed.Sent {
			e.mu.Lock()
			s.ask = nil
			e.mu.Unlock()
		}
		close(ask.done)
	}
	select {
	case <-ask.done:
		return ask.user, ask.err
	case <-ctx.Done():
		return nil, e.refusal(zwfw.Canceled, "the visitor left")
	}
}

// Forget ends the visitor's session, for a page on a machine that many use. The page
// then asks for a new scan.
func (e *ScanEntry) Forget(w http.ResponseWriter, r *http.Request) {
	if s := e.session(r); s != nil {
		e.mu.Lock()
		delete(e.sessions, s.id) // the code stays known as used
		e.mu.Unlock()
	}
	http.SetCookie(w, &http.Cookie{Name: scanCookie, Path: r.URL.Path, HttpOnly: true, Secure: !e.config.PlainHTTP, SameSite: http.SameSiteLaxMode, MaxAge: -1})
}

func (e *ScanEntry) refusal(kind zwfw.Kind, why string) error {
	err := e.client.engine.Refuse("UserInfo", "", why)
	err.Kind = kind
	return err
}

// failPage is plain on purpose: halls bring their own.
func failPage(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusBadRequest
	switch zwfw.KindOf(err) {
	case zwfw.CodeUsed, zwfw.CodeExpired:
		status = http.StatusGone
	case zwfw.Upstream, zwfw.Timeout, zwfw.Busy:
		status = http.StatusBadGateway
	}
	advice := zwfw.AdviceFor(err).Citizen
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>鲁通码</title><h1>%s</h1><p lang=en>%s</p>\n",
		html.EscapeString(advice.ZH), html.EscapeString(advice.EN))
}
