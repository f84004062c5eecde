package portal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// SignOnConfig says how a website signs its visitors in.
type SignOnConfig struct {
	// Callback is the return address, one of Config.Redirects. Required. The website
	// serves its path, and beside it /login, /logout and /logout-notice.
	Callback string

	// Home is the path that a visitor is led to when no other is known. Default "/".
	Home string

	// Store keeps the sessions. Default: the memory of this process.
	Store SessionStore

	// Life is how long a session lasts, at most as long as the platform's token; default
	// 60 min. Idle is how long it lasts without a request; default 30 min.
	Life, Idle time.Duration

	// AssumeLevel is what a login counts as where the platform tells no level (verid@1).
	AssumeLevel Level

	// PlainHTTP leaves Secure off the cookies, for a website under development.
	PlainHTTP bool

	// Fail shows what went wrong. Default: a plain page in Chinese and English.
	Fail func(http.ResponseWriter, *http.Request, SignOnFailure)

	// Logger gets a line for every step of a login, without names, tickets or tokens.
	// Default: none.
	Logger *slog.Logger
}

// SignOn is single sign-on (单点登录) for a website: an http middleware. Handler around the
// whole site serves the return address and knows who a visitor is; Require around pages
// that need a user sends everybody else to log in and back.
//
//	site.Handle("/my/", signOn.Require(portal.Need{Level: portal.LevelPrimary}, myPages))
//	http.ListenAndServe(address, signOn.Handler(site))
//
// Paths beside the return address: /login (back, type and level in the query; type changes
// between person and legal person), /logout (POST, from a page of the site itself), and
// /logout-notice for the platform.
//
// What holds:
//
//   - A return counts only with a state that this website gave to this browser, once. With
//     verid@1, which carries no state, it counts once for a browser that began a login.
//   - A ticket is exchanged once, on the server, and the page is left at once; a refresh of
//     the return address does no harm.
//   - Nobody is sent round: at most one redirect to the platform happens by itself; then a
//     page says what is wrong and has a link. A browser that keeps no cookies gets such a
//     page, and so does a user whose level stays too low.
//   - A login makes a new session, whatever cookie the browser came with.
//   - Cookies hold random letters, or the mark that a login has just happened, and no
//     personal datum; they are HttpOnly, SameSite=Lax and, without PlainHTTP, Secure and
//     bound to the host. What they stand for is in the store, under hashes; the memory of
//     this process also finds a session by its cookie.
//   - Only paths of this site are led back to, of 2,000 bytes at most with their queries;
//     others lead to Home. The return address is the registered one.
//   - The platform's logout notice ends a session if it is signed; with a dialect that
//     signs nothing there is no such page.
//
// Source: STD 4.1 and clause 5 by its heading; the flow is practice, state, levels and
// notice are assumptions.
type SignOn struct {
	client *Client
	config SignOnConfig

	callback, login, logout, notice string
	origin                          string
	// The visitor's session; the browser that began a login; the mark of a browser that
	// has just logged in.
	sessionCookie, loginCookie, doneCookie string

	memory *MemorySessions // the store, if it is one: it has a shorter way

	desk *dock.Desk // reads notices; nil where they are not signed
}

// NewSignOn checks the configuration and makes the middleware.
func NewSignOn(c *Client, config SignOnConfig) (*SignOn, error) {
	if c == nil {
		return nil, fmt.Errorf("portal: NewSignOn: the client is nil")
	}
	for _, d := range []struct {
		into *time.Duration
		or   time.Duration
		name string
	}{{&config.Life, time.Hour, "Life"}, {&config.Idle, 30 * time.Minute, "Idle"}} {
		if *d.into == 0 {
			*d.into = d.or
		}
		if *d.into < time.Minute || *d.into > 24*time.Hour {
			return nil, fmt.Errorf("portal: SignOnConfig.%s must be 1 min to 24 h, is %v", d.name, *d.into)
		}
	}
	if config.Home == "" {
		config.Home = "/"
	}
	if config.Store == nil {
		config.Store = NewMemorySessions(0)
	}
	if config.Fail == nil {
		config.Fail = signOnPage
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	u, err := webAddress(config.Callback)
	switch {
	case err != nil:
		return nil, fmt.Errorf("portal: SignOnConfig.Callback %w", err)
	case !slices.Contains(c.config.Redirects, config.Callback):
		return nil, fmt.Errorf("portal: SignOnConfig.Callback is not in Config.Redirects, the registered list")
	case u.Path == "" || u.Path == "/" || u.RawQuery != "":
		return nil, fmt.Errorf("portal: SignOnConfig.Callback must have a path of its own and no query")
	case u.Scheme == "http" && !config.PlainHTTP:
		return nil, fmt.Errorf("portal: SignOnConfig.Callback is http: browsers would not keep secure cookies; use https, or set PlainHTTP while developing")
	case localPath(config.Home) == "":
		return nil, fmt.Errorf("portal: SignOnConfig.Home must be a path of this site")
	}
	s := &SignOn{client: c, config: config, callback: u.Path, origin: (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()}
	beside := strings.TrimSuffix(path.Dir(u.Path), "/")
	s.login, s.logout, s.notice = beside+"/login", beside+"/logout", beside+"/logout-notice"
	if slices.Contains([]string{s.login, s.logout, s.notice}, s.callback) {
		return nil, fmt.Errorf("portal: SignOnConfig.Callback must not be /login, /logout or /logout-notice, which stand beside it")
	}
	s.memory, _ = config.Store.(*MemorySessions)
	prefix := "__Host-"
	if config.PlainHTTP {
		prefix = ""
	}
	s.sessionCookie, s.loginCookie, s.doneCookie = prefix+"zwfw_session", prefix+"zwfw_login", prefix+"zwfw_done"
	return s, s.openNotices()
}

// openNotices makes the desk that reads the platform's notices.
func (s *SignOn) openNotices() error {
	m, way, ok := portalwire.Notices(s.client.engine.Dialect(), s.notice)
	if !ok {
		return nil
	}
	var err error
	s.desk, err = dock.NewDesk(m, way, s.client.party)
	return err
}

// Handler serves the sign-on's own paths and hands every other request to next, with the
// visitor in its context. What a signed-in visitor sees is kept out of shared caches, unless
// next says otherwise in Cache-Control.
func (s *SignOn) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case s.callback:
			s.serveCallback(w, r)
		case s.login:
			s.serveLogin(w, r)
		case s.logout:
			s.serveLogout(w, r)
		case s.notice:
			s.serveNotice(w, r)
		default:
			r = s.known(r)
			if v := visitOf(r.Context()); v.record != nil && w.Header()["Cache-Control"] == nil {
				v.keptBy(w, "private") // the page may name its visitor
			}
			next.ServeHTTP(w, r)
		}
	})
}

// Need is what a page asks of its visitor. The zero Need is any user.
type Need struct {
	Level Level
	Type  UserType
}

// Require lets a request through whose visitor is what the page needs. Others are sent to
// log in, to reach a higher level or to change between person and legal person, and come
// back to the same address. A request that is no page view (a form, a script) is refused
// instead, for its content would be lost.
func (s *SignOn) Require(need Need, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r.Context())
		if v == nil {
			r = s.known(r)
			v = visitOf(r.Context())
		}
		reason := v.lacks(need)
		if reason == "" {
			v.keptBy(w, "no-store") // what one user sees is nobody else's
			next.ServeHTTP(w, r)
			return
		}
		if reason == ReasonStore || !isPageView(r) {
			s.fail(w, r, SignOnFailure{Reason: reason, Err: v.err, Again: s.again(r.URL.RequestURI(), need)})
			return
		}
		s.begin(w, r, loginPlan{Back: r.URL.RequestURI(), Type: need.Type, Level: need.Level}, reason == ReasonNotSignedIn)
	})
}

// SignInAgain is for a page that the platform refused with TokenInvalid: it ended the
// session before this website did. The session is forgotten here, and the visitor is sent to
// log in and back to the same address, by itself at most once a minute. A request that is no
// page view is refused instead.
func (s *SignOn) SignInAgain(w http.ResponseWriter, r *http.Request) {
	if visitOf(r.Context()) == nil {
		r = s.known(r)
	}
	again := s.again(r.URL.RequestURI(), Need{})
	if v := visitOf(r.Context()); v.record != nil {
		if _, err := s.config.Store.Remove(r.Context(), v.record.Name); err != nil {
			s.fail(w, r, SignOnFailure{Reason: ReasonStore, Err: err})
			return
		}
		s.log(r.Context(), slog.LevelInfo, "ended by the platform", "", nil)
	}
	s.setCookie(w, s.sessionCookie, "", -1)
	r = r.WithContext(&visit{Context: r.Context()}) // nobody, for the page that may follow
	if !isPageView(r) {
		s.fail(w, r, SignOnFailure{Reason: ReasonNotSignedIn, Again: again})
		return
	}
	s.begin(w, r, loginPlan{Back: r.URL.RequestURI()}, true)
}

// isPageView tells a visitor who opens a page from everything else that asks.
func isPageView(r *http.Request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	return r.Method == http.MethodGet && (mode == "" || mode == "navigate") && !isPrefetch(r)
}

// isPrefetch tells link pre-fetchers, which would spend a ticket.
func isPrefetch(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose"), "prefetch")
}

// maxBack bounds an address to lead back to: anybody may begin logins, and each is kept for
// a while with its address.
const maxBack = 2000

// localPath gives a path of this site with its query, "" for anything that a browser could
// take for another site or that is too long to keep.
func localPath(target string) string {
	u, err := url.Parse(target)
	if err != nil || len(target) > maxBack || !strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//") || strings.ContainsRune(target, '\\') ||
		u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsFunc(target, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return ""
	}
	return target
}

// name makes a record's name: its class and the hash of what the other side holds.
func name(class byte, secret string) string {
	sum := sha256.Sum256([]byte(secret))
	var text [1 + 2*len(sum)]byte // on the way of every request
	text[0] = class
	hex.Encode(text[1:], sum[:])
	return string(text[:])
}

// Classes of records.
const (
	classSession = 's'
	classLogin   = 'l' // a login that has not come back yet
	classAlias   = 'a' // the platform's names of a session
	classDone    = 'd' // a browser that has just logged in, by the cookie it began with
)

// maxCookie is above what we set.
const maxCookie = 64

func (s *SignOn) cookie(r *http.Request, cookieName string) string {
	c, err := r.Cookie(cookieName)
	if err != nil || len(c.Value) > maxCookie {
		return ""
	}
	return c.Value
}

// setCookie sets one; a maxAge of 0 lasts as long as the browser runs, -1 removes it.
func (s *SignOn) setCookie(w http.ResponseWriter, cookieName, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: !s.config.PlainHTTP, SameSite: http.SameSiteLaxMode,
	})
}

// log writes a line: what happened, and why.
func (s *SignOn) log(ctx context.Context, level slog.Level, event string, reason SignOnReason, err error) {
	attrs := []slog.Attr{slog.String("event", event)}
	if reason != "" {
		attrs = append(attrs, slog.String("reason", string(reason)))
	}
	if err != nil {
		attrs = append(attrs, slog.String("kind", string(zwfw.KindOf(err))), slog.String("error", err.Error()))
	}
	s.config.Logger.LogAttrs(ctx, level, "zwfw sign-on", attrs...)
}

// private keeps an answer out of caches, and its address out of the next page's sight.
func private(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
}
