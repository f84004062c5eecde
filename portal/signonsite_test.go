package portal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// journal collects log lines.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// site is a small website behind the middleware.
type site struct {
	*httptest.Server
	p       *sandbox.Platform
	client  *portal.Client
	signOn  *portal.SignOn
	journal *journal
	verid   bool
}

// newSite serves / to all, /my to users, /high to well verified ones, /corp to companies.
func newSite(t *testing.T, p *sandbox.Platform, verid bool, change func(*portal.SignOnConfig)) *site {
	t.Helper()
	s := &site{p: p, journal: new(journal), verid: verid}
	var handler http.Handler
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	callback := s.URL + "/sso/callback"
	p.RegisterRedirect(callback)
	c, options := p.PortalConfig(), []zwfw.Option{zwfw.WithClock(p.Clock())}
	if verid {
		dialect, err := portal.Dialect(portal.DialectVerid)
		require.NoError(t, err)
		c, options = p.VeridConfig(), append(options, zwfw.WithDialect(dialect))
	}
	s.client = newClient(t, c, options...)
	config := portal.SignOnConfig{Callback: callback, PlainHTTP: true, Logger: slog.New(slog.NewTextHandler(s.journal, nil))}
	if change != nil {
		change(&config)
	}
	var err error
	s.signOn, err = portal.NewSignOn(s.client, config)
	require.NoError(t, err)
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := portal.VisitorFrom(r.Context())
		switch {
		case v == nil:
			_, _ = io.WriteString(w, "nobody")
		case v.User.Legal != nil:
			_, _ = fmt.Fprintf(w, "%s by %s", v.User.Legal.Name, v.User.Agent.Name.Reveal())
		default:
			_, _ = io.WriteString(w, "hello "+v.User.Person.Name.Reveal())
		}
	})
	mux := http.NewServeMux()
	mux.Handle("/", hello)
	mux.Handle("/my", s.signOn.Require(portal.Need{}, hello))
	mux.Handle("/high", s.signOn.Require(portal.Need{Level: portal.LevelAdvanced}, hello))
	mux.Handle("/corp", s.signOn.Require(portal.Need{Type: portal.UserLegal}, hello))
	handler = s.signOn.Handler(mux)
	return s
}

// browser follows redirects and keeps cookies. Its count is of redirects to the login page.
type browser struct {
	*http.Client
	t      *testing.T
	logins int
	stop   string // a path that is not opened by itself
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	b := &browser{t: t, Client: &http.Client{Jar: jar}}
	b.CheckRedirect = func(r *http.Request, way []*http.Request) error {
		if len(way) > 20 {
			return errors.New("the browser was sent round")
		}
		if b.stop != "" && strings.HasSuffix(r.URL.Path, b.stop) {
			return http.ErrUseLastResponse
		}
		if strings.HasSuffix(r.URL.Path, "/sso/login") && strings.HasPrefix(r.URL.Path, "/hlj") || strings.HasSuffix(r.URL.Path, "sendLogin") {
			b.logins++
		}
		return nil
	}
	t.Cleanup(b.CloseIdleConnections)
	return b
}

// page is what the browser shows in the end.
type page struct {
	status int
	text   string
	at     *url.URL
	next   string // where it would have gone on
	header http.Header
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	resp, err := b.Do(r)
	require.NoError(b.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(b.t, err)
	return page{resp.StatusCode, string(text), resp.Request.URL, resp.Header.Get("Location"), resp.Header}
}

func (b *browser) open(address string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	require.NoError(b.t, err)
	return b.do(r)
}

func (b *browser) post(address string, header ...string) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, nil)
	require.NoError(b.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

// pick chooses on the platform's login page.
func (b *browser) pick(shown page, c sandbox.Citizen, more ...string) page {
	b.t.Helper()
	require.Contains(b.t, shown.text, "选择登录人")
	q := shown.at.Query()
	q.Set("pick", c.UserID)
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	address := *shown.at
	address.RawQuery = q.Encode()
	return b.open(address.String())
}

// signedIn gives a browser in which a citizen is signed in.
func (s *site) signedIn(t *testing.T, c sandbox.Citizen) *browser {
	t.Helper()
	b := newBrowser(t)
	shown := b.pick(b.open(s.URL+"/my"), c)
	require.Equal(t, "hello "+c.Name.Reveal(), shown.text)
	return b
}

// returnAddress begins a login and stops before the return address is opened.
func (s *site) returnAddress(t *testing.T, b *browser, c sandbox.Citizen) string {
	t.Helper()
	b.stop = "/sso/callback"
	defer func() { b.stop = "" }()
	shown := b.pick(b.open(s.URL+"/my"), c)
	require.Equal(t, http.StatusFound, shown.status)
	return shown.next
}

func (s *site) exchanges() int {
	n := 0
	for _, r := range s.p.Requests() {
		if r.Op == "portal.Exchange" {
			n++
		}
	}
	return n
}
