package main

import (
	"bytes"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// website is the site with its platform, as a test has it.
type website struct {
	*httptest.Server
	p      *rehearsal
	client *portal.Client
	lines  *lines
}

// lines collects what is logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newWebsite(t *testing.T) *website {
	t.Helper()
	w := &website{lines: new(lines)}
	var handler http.Handler
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(w.Close)
	s := settings{public: w.URL}
	var err error
	w.p, err = newRehearsal(&s)
	require.NoError(t, err)
	t.Cleanup(w.p.stop)
	w.client, err = portal.New(s.config(), s.options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.client.Close()) })
	handler, err = newSite(w.client, s, slog.New(slog.NewTextHandler(w.lines, nil)))
	require.NoError(t, err)
	return w
}

// visitor is a browser: it follows redirects and keeps cookies.
type visitor struct {
	*http.Client
	t    *testing.T
	w    *website
	stop string // a host that is not opened
}

// shown is what it shows in the end.
type shown struct {
	status int
	text   string
	at     *url.URL
	next   string // where it would have gone on
	header http.Header
}

func (w *website) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	v := &visitor{t: t, w: w, Client: &http.Client{Jar: jar, Transport: &http.Transport{}}}
	v.CheckRedirect = func(r *http.Request, way []*http.Request) error {
		if len(way) > 10 {
			return errors.New("sent round")
		}
		if r.URL.Host == v.stop {
			return http.ErrUseLastResponse
		}
		return nil
	}
	t.Cleanup(v.CloseIdleConnections)
	return v
}

func (v *visitor) do(method, path, body string, header ...string) shown {
	v.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = v.w.URL + path
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, path, strings.NewReader(body))
	require.NoError(v.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := v.Do(r)
	require.NoError(v.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(v.t, err)
	return shown{resp.StatusCode, string(text), resp.Request.URL, resp.Header.Get("Location"), resp.Header}
}

func (v *visitor) open(path string) shown { v.t.Helper(); return v.do(http.MethodGet, path, "") }

// post sends a form as a page of the site does.
func (v *visitor) post(path string, form url.Values) shown {
	v.t.Helper()
	return v.do(http.MethodPost, path, form.Encode(), "Origin", v.w.URL, "Sec-Fetch-Site", "same-origin")
}

// pick chooses on the platform's login page.
func (v *visitor) pick(login shown, c sandbox.Citizen, more ...string) shown {
	v.t.Helper()
	require.Contains(v.t, login.text, "选择登录人")
	q := login.at.Query()
	q.Set("pick", c.UserID)
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	address := *login.at
	address.RawQuery = q.Encode()
	return v.open(address.String())
}

// signedIn gives a visitor who is signed in.
func (w *website) signedIn(t *testing.T, c sandbox.Citizen) *visitor {
	t.Helper()
	v := w.visitor(t)
	page := v.pick(v.open("/my"), c)
	require.Equal(t, http.StatusOK, page.status)
	require.Equal(t, "/my", page.at.Path)
	return v
}

// hidden reads a field of a form.
func (p shown) hidden(t *testing.T, name string) string {
	t.Helper()
	m := regexp.MustCompile(`<input type="hidden" name="` + name + `" value="([^"]*)">`).FindStringSubmatch(p.text)
	require.Len(t, m, 2, name)
	return html.UnescapeString(m[1])
}

// ours is a case of the first citizen with a step to rate, theirs one of the second's.
var ours, theirs = finishedCases[0], finishedCases[1]
