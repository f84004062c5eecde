package portal_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// direct is a line to the sandbox without a network, for tests in which time is theirs.
type direct struct{ p *sandbox.Platform }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.p.ServeHTTP(w, r)
	return w.Result(), nil
}

// timed is a website, its platform and one visitor, in a bubble of time. Its pages show the
// visitor's name, or what page does.
type timed struct {
	p       *sandbox.Platform
	signOn  *portal.SignOn
	page    http.HandlerFunc
	handler http.Handler
	cookies map[string]timedCookie
}

type timedCookie struct {
	value string
	until time.Time
}

const timedSite = "http://www.example.invalid"

func newTimed(t *testing.T, change func(*portal.SignOnConfig)) *timed {
	t.Helper()
	p := sandbox.New()
	p.URL = "http://platform.example.invalid"
	p.RegisterRedirect(timedSite + "/sso/callback")
	client := newClient(t, p.PortalConfig(), zwfw.WithHTTPClient(&http.Client{Transport: direct{p}}), zwfw.WithClock(p.Clock()))
	config := portal.SignOnConfig{Callback: timedSite + "/sso/callback", PlainHTTP: true}
	change(&config)
	signOn, err := portal.NewSignOn(client, config)
	require.NoError(t, err)
	x := &timed{p: p, signOn: signOn, cookies: make(map[string]timedCookie)}
	x.handler = signOn.Handler(signOn.Require(portal.Need{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x.page != nil {
			x.page(w, r)
			return
		}
		_, _ = io.WriteString(w, portal.VisitorFrom(r.Context()).User.Person.Name.Reveal())
	})))
	return x
}

// loginAgain is longer than a browser counts as one that has just logged in.
const loginAgain = 61 * time.Second

func pageText(t *testing.T, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}

func (x *timed) open(address string) *http.Response { return x.ask(http.MethodGet, address) }

func (x *timed) ask(method, address string) *http.Response {
	r := httptest.NewRequest(method, address, nil)
	for name, c := range x.cookies {
		if time.Now().Before(c.until) {
			r.AddCookie(&http.Cookie{Name: name, Value: c.value})
		}
	}
	w := httptest.NewRecorder()
	x.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		life := 24 * time.Hour
		if c.MaxAge != 0 {
			life = time.Duration(c.MaxAge) * time.Second
		}
		x.cookies[c.Name] = timedCookie{c.Value, time.Now().Add(life)}
	}
	return w.Result()
}

// begin opens a protected page and gives the return address that the platform would use.
func (x *timed) begin(t *testing.T) string {
	t.Helper()
	resp := x.open(timedSite + "/my")
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	login, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	q := url.Values{"ticket": {x.p.MintLoginTicket(x.p.Citizens()[0], false).Reveal()}, "state": {login.Query().Get("state")}}
	return timedSite + "/sso/callback?" + q.Encode()
}

func (x *timed) in() bool { return x.open(timedSite+"/my").StatusCode == http.StatusOK }

func TestASessionEndsWhenItIsIdleOrOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newTimed(t, func(c *portal.SignOnConfig) { c.Idle = 10 * time.Minute })
		require.Equal(t, http.StatusSeeOther, x.open(x.begin(t)).StatusCode)
		for range 5 { // each visit begins the idle time anew
			time.Sleep(9 * time.Minute)
			require.True(t, x.in())
		}
		time.Sleep(9 * time.Minute)
		require.True(t, x.in())
		time.Sleep(6 * time.Minute)
		require.False(t, x.in(), "the platform's hour is over")

		require.Equal(t, http.StatusSeeOther, x.open(x.begin(t)).StatusCode)
		require.True(t, x.in())
		time.Sleep(11 * time.Minute)
		require.False(t, x.in(), "idle")
	})
}

func TestASessionLastsNoLongerThanThePlatformsToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newTimed(t, func(c *portal.SignOnConfig) { c.Life, c.Idle = 24*time.Hour, 24*time.Hour })
		x.open(x.begin(t))
		time.Sleep(59 * time.Minute)
		require.True(t, x.in())
		time.Sleep(2 * time.Minute)
		require.False(t, x.in())
	})
}

func TestALoginThatTakesTooLongIsTooOld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newTimed(t, func(*portal.SignOnConfig) {})
		address := x.begin(t)
		time.Sleep(10 * time.Minute)
		resp := x.open(address)
		require.Equal(t, portal.ReasonStateUnknown.Status(), resp.StatusCode)
		require.False(t, x.in())
	})
}

func TestAfterAMinuteABrowserWithoutASessionMayLogInByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := newTimed(t, func(*portal.SignOnConfig) {})
		x.open(x.begin(t))
		delete(x.cookies, "zwfw_session")
		require.Equal(t, portal.ReasonLoop.Status(), x.open(timedSite+"/my").StatusCode)
		require.Equal(t, http.StatusSeeOther, x.open(timedSite+"/sso/login?back=/my").StatusCode, "by hand at once")
		time.Sleep(time.Minute)
		require.Equal(t, http.StatusSeeOther, x.open(timedSite+"/my").StatusCode)
	})
}

func TestASessionThatThePlatformEndedIsRenewedAtMostOnceByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var journal journal
		x := newTimed(t, func(c *portal.SignOnConfig) { c.Logger = slog.New(slog.NewTextHandler(&journal, nil)) })
		signOn := x.signOn
		x.open(x.begin(t))
		x.page = func(w http.ResponseWriter, r *http.Request) { signOn.SignInAgain(w, r) } // as after TokenInvalid
		require.Equal(t, portal.ReasonLoop.Status(), x.open(timedSite+"/my").StatusCode, "it has logged in just now")
		require.Contains(t, journal.String(), `event="ended by the platform"`)
		x.page = nil
		resp := x.open(timedSite + "/my")
		require.Equal(t, portal.ReasonLoop.Status(), resp.StatusCode, "the session is gone")

		time.Sleep(loginAgain)
		x.open(x.begin(t))
		require.True(t, x.in())
		time.Sleep(loginAgain)
		x.page = func(w http.ResponseWriter, r *http.Request) { signOn.SignInAgain(w, r) }
		resp = x.ask(http.MethodPost, timedSite+"/my/form?a=1")
		require.Equal(t, portal.ReasonNotSignedIn.Status(), resp.StatusCode)
		require.Contains(t, pageText(t, resp), "/sso/login?back=%2Fmy%2Fform%3Fa%3D1")
		x.page = nil
		resp = x.open(timedSite + "/my")
		require.Equal(t, http.StatusSeeOther, resp.StatusCode, "to the platform")
	})
}

// Fuzzed: no text makes a website lead its visitor elsewhere.
func FuzzNobodyIsLedToAnotherSite(f *testing.F) {
	for _, seed := range []string{"/", "//evil.invalid", "/\\evil.invalid", "https:evil.invalid", "/a?b=//c#d"} {
		f.Add(seed)
	}
	p := sandbox.New()
	c := p.PortalConfig()
	c.BaseURL, c.Redirects = "http://platform.example.invalid/hlj", []string{timedSite + "/sso/callback"}
	client, err := portal.New(c, zwfw.WithHTTPClient(&http.Client{Transport: direct{p}}))
	require.NoError(f, err)
	p.RegisterRedirect(timedSite + "/sso/callback")
	signOn, err := portal.NewSignOn(client, portal.SignOnConfig{Callback: timedSite + "/sso/callback", PlainHTTP: true})
	require.NoError(f, err)
	x := &timed{p: p, handler: signOn.Handler(signOn.Require(portal.Need{}, http.NotFoundHandler())), cookies: make(map[string]timedCookie)}
	require.Equal(f, http.StatusSeeOther, x.open(func() string {
		resp := x.open(timedSite + "/my")
		login, _ := url.Parse(resp.Header.Get("Location"))
		return timedSite + "/sso/callback?state=" + login.Query().Get("state") + "&ticket=" + p.MintLoginTicket(p.Citizens()[0], false).Reveal()
	}()).StatusCode)
	home, _ := url.Parse(timedSite + "/sso/login")
	f.Fuzz(func(t *testing.T, back string) {
		resp := x.open(timedSite + "/sso/login?back=" + url.QueryEscape(back))
		to, err := home.Parse(resp.Header.Get("Location"))
		require.NoError(t, err)
		require.Equal(t, home.Host, to.Host)
		require.NotContains(t, resp.Header.Get("Location"), "\\")
	})
}
