package lutong

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// ScanEntryConfig says what a [ScanEntry] shows.
type ScanEntryConfig struct {
	// Serve shows the page of a citizen who is known. Required. It is called for every
	// visit of the session, a refresh included, each time with a User of its own.
	Serve func(http.ResponseWriter, *http.Request, *User)

	// Fail shows what went wrong. Optional: the default is a plain page with the advice
	// for citizens in Chinese and English.
	Fail func(http.ResponseWriter, *http.Request, error)

	// Parameter is the query parameter in which the platform hands the one-time code
	// over. Default "authCode" (assumption). A + in it is a plus, not a space, because
	// platforms put Base64 into addresses unescaped; %2B and %20 mean what they always do.
	Parameter string

	// CookiePath is where the browser shows the session's cookie: the page's path as the
	// browser sees it, or one above. Default "/". Two entries on one host need different
	// paths, else a scan at one ends the session at the other. It begins with "/" and
	// holds printable ASCII without space and semicolon; a Chinese path is given
	// percent-encoded.
	CookiePath string

	// SessionLife is how long the page knows the citizen, counted from the platform's
	// answer. Default 10 min, at most 12 h.
	SessionLife time.Duration

	// PlainHTTP leaves Secure off the cookie, for a hall's own network without TLS.
	PlainHTTP bool
}

// ScanEntry (扫码办事) is the page behind the hall's own code on the wall: the citizen
// scans it with the app, the platform opens the page with a one-time code, and the
// page learns who it is. Mount it as an http.Handler under a path of its own;
// http.StripPrefix and proxies that rewrite the path do no harm.
//
// The code is moved out of the address at once, and the platform is asked exactly once
// for each code, so a refresh, the back button and a link opened twice do no harm. The
// cookie holds a random number and no personal datum; who it belongs to is kept in the
// memory of this process, so that many nodes need sticky sessions. Another browser
// that opens the same address gets nothing. After a refusal that spends nothing (no
// connection, Busy, RateLimited, ClockSkew) a refresh asks again; every other refusal
// and every unknown outcome stands until the next scan.
//
// A code that the platform accepts changes the citizen in a browser that has a session,
// and nobody can tell a new scan from a link that somebody else sent: Serve must show
// whom it serves, and ask before it acts. A code that the platform does not accept
// changes nothing: the refusal is shown, and the next visit has the former session again.
//
// Memory is bounded: a code that is not text of 1 to 1,024 characters is refused with
// CodeMalformed, a code whose visitor does not follow the redirect within a minute is
// dropped, and when 50,000 codes are held the oldest one the platform has not judged
// gives way. Busy is refused only when all 50,000 are judged and alive.
//
// Source: SZSD 0056.1—2024 5.3.2 by its title; the flow is an assumption.
type ScanEntry struct {
	client *Client
	config ScanEntryConfig

	mu       sync.Mutex
	sessions map[string]*scanSession // by cookie
	codes    map[scanHash]*scanSession
	queues   [3]list.List // of *scanSession by scanState, each in the order of expiry
}

const (
	scanCookie = "zwfw_scan"
	// maxSessions bounds memory; a province's busiest hall has a tenth of it in 10 min.
	maxSessions = 50000
	// unaskedLife is ample for a redirect on a poor line, and little for a flood.
	unaskedLife = time.Minute
)

// NewScanEntry makes the page's handler.
func NewScanEntry(c *Client, config ScanEntryConfig) (*ScanEntry, error) {
	if config.Parameter == "" {
		config.Parameter = "authCode"
	}
	if config.CookiePath == "" {
		config.CookiePath = "/"
	}
	if config.SessionLife == 0 {
		config.SessionLife = 10 * time.Minute
	}
	if config.Fail == nil {
		config.Fail = failPage
	}
	switch {
	case c == nil:
		return nil, fmt.Errorf("lutong: NewScanEntry: the client is nil")
	case config.Serve == nil:
		return nil, fmt.Errorf("lutong: ScanEntryConfig.Serve is required")
	case config.SessionLife < 0 || config.SessionLife > 12*time.Hour:
		return nil, fmt.Errorf("lutong: ScanEntryConfig.SessionLife must be above zero and at most 12 h, is %v", config.SessionLife)
	case config.CookiePath[0] != '/' || strings.ContainsFunc(config.CookiePath, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == ';' }):
		return nil, fmt.Errorf("lutong: ScanEntryConfig.CookiePath must begin with / and hold printable ASCII without space and semicolon, is %q", config.CookiePath)
	}
	return &ScanEntry{client: c, config: config, sessions: make(map[string]*scanSession), codes: make(map[scanHash]*scanSession)}, nil
}

// ServeHTTP takes a one-time code over, or shows the page of the session.
func (e *ScanEntry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the first address held the code
	if r.Method == http.MethodHead {
		return // a link preview spends no code
	}
	code, err := e.code(r)
	switch {
	case err != nil:
		e.config.Fail(w, r, err)
	case code != "":
		e.accept(w, r, code)
	default:
		e.show(w, r)
	}
}

// code reads the parameter from the address as it arrived: url.Values would make a
// space of a plus. "" means that there is none.
func (e *ScanEntry) code(r *http.Request) (string, error) {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || name != e.config.Parameter || value == "" {
			continue
		}
		code, err := url.PathUnescape(value)
		if err != nil {
			return "", e.refusal(zwfw.CodeMalformed, "the code's percent-encoding is broken")
		}
		err = e.client.engine.CheckSecret("UserInfo", "AuthCode", zwfw.NewSecret(code), maxCredential)
		var refused *zwfw.Error
		if errors.As(err, &refused) {
			refused.Kind = zwfw.CodeMalformed
		}
		return code, err
	}
	return "", nil
}

// accept binds a code to a session and sends the browser to the same page without it.
func (e *ScanEntry) accept(w http.ResponseWriter, r *http.Request, code string) {
	id, err := e.bind(r, code)
	if err != nil {
		e.config.Fail(w, r, err)
		return
	}
	e.setCookie(w, id, int(e.config.SessionLife/time.Second))
	query := r.URL.Query()
	query.Del(e.config.Parameter)
	// Only the browser knows its path, and a bare query, even an empty one, keeps it.
	w.Header().Set("Location", "?"+query.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

func (e *ScanEntry) setCookie(w http.ResponseWriter, id string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: scanCookie, Value: id, Path: e.config.CookiePath, MaxAge: maxAge,
		HttpOnly: true, Secure: !e.config.PlainHTTP, SameSite: http.SameSiteLaxMode,
	})
}

// show asks the platform if nobody has, and shows the page.
func (e *ScanEntry) show(w http.ResponseWriter, r *http.Request) {
	s, ask, first := e.join(r)
	if s == nil {
		e.config.Fail(w, r, e.refusal(zwfw.TokenInvalid, "no session: scan the code again, with cookies allowed"))
		return
	}
	if first {
		e.resolve(context.WithoutCancel(r.Context()), s, ask)
	}
	select {
	case <-ask.done:
	case <-r.Context().Done():
		e.config.Fail(w, r, e.refusal(zwfw.Canceled, "the visitor left"))
		return
	}
	if ask.err == nil {
		e.config.Serve(w, r, ask.user.clone())
		return
	}
	if ask.former != "" {
		e.setCookie(w, ask.former, int(e.config.SessionLife/time.Second))
	}
	e.config.Fail(w, r, ask.err)
}

// Forget ends the visitor's session, for a page on a machine that many use. The page
// then asks for a new scan.
func (e *ScanEntry) Forget(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	if s := e.own(r); s != nil {
		if former := e.sessions[s.former]; former != nil {
			e.end(former)
		}
		e.end(s)
	}
	e.mu.Unlock()
	e.setCookie(w, "", -1)
}

func (e *ScanEntry) refusal(kind zwfw.Kind, why string) *zwfw.Error {
	err := e.client.engine.Refuse("UserInfo", "", why)
	err.Kind = kind
	return err
}

// clone gives a copy that shares nothing that can be written to.
func (u *User) clone() *User {
	c := *u
	c.Warnings = slices.Clone(u.Warnings)
	if u.Corporation != nil {
		corporation := *u.Corporation
		c.Corporation = &corporation
	}
	return &c
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
