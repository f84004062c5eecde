package portal_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestALoginMakesANewSessionWhateverCookieCame(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	home, err := url.Parse(s.URL)
	require.NoError(t, err)
	session := func(b *browser) string {
		for _, c := range b.Jar.Cookies(home) {
			if c.Name == "zwfw_session" {
				return c.Value
			}
		}
		return ""
	}
	b := newBrowser(t)
	b.Jar.SetCookies(home, []*http.Cookie{{Name: "zwfw_session", Value: "PLANTEDBYSOMEBODYELSE", Path: "/"}})
	b.pick(b.open(s.URL+"/my"), s.p.Citizens()[0])
	require.Contains(t, s.journal.String(), `event="unknown session replaced"`)
	require.Equal(t, 1, b.logins)
	first := session(b)
	require.NotEqual(t, "PLANTEDBYSOMEBODYELSE", first)
	b.pick(b.open(s.URL+"/sso/login?back=/my&type=2"), s.p.Citizens()[1])
	require.NotEqual(t, first, session(b))
	old := newBrowser(t)
	for _, value := range []string{first, "PLANTEDBYSOMEBODYELSE"} {
		old.Jar.SetCookies(home, []*http.Cookie{{Name: "zwfw_session", Value: value, Path: "/"}})
		require.Equal(t, "nobody", old.open(s.URL+"/").text, "a session that was replaced is gone")
	}
}

func TestCookiesAreForTheServerAloneAndHoldNothingPersonal(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := p.PortalConfig()
	c.Redirects = append(c.Redirects, "https://www.example.invalid/sso/callback")
	signOn, err := portal.NewSignOn(newClient(t, c), portal.SignOnConfig{Callback: "https://www.example.invalid/sso/callback"})
	require.NoError(t, err)
	p.RegisterRedirect("https://www.example.invalid/sso/callback")
	citizen := p.Citizens()[0]
	handler := signOn.Handler(signOn.Require(portal.Need{}, http.NotFoundHandler()))
	serve := func(address string, cookies ...*http.Cookie) *http.Response {
		r := httptest.NewRequest(http.MethodGet, address, nil)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Result()
	}
	begun := serve("https://www.example.invalid/my")
	login, err := url.Parse(begun.Header.Get("Location"))
	require.NoError(t, err)
	require.Equal(t, "https://www.example.invalid/sso/callback", login.Query().Get("redirectUri"))
	ticket := p.MintLoginTicket(citizen, false)
	ended := serve("https://www.example.invalid/sso/callback?st="+ticket.Reveal()+"&state="+login.Query().Get("state"), begun.Cookies()...)
	require.Equal(t, http.StatusSeeOther, ended.StatusCode)
	for _, cookie := range append(begun.Cookies(), ended.Cookies()...) {
		require.True(t, strings.HasPrefix(cookie.Name, "__Host-zwfw_"), cookie.Name)
		require.True(t, cookie.Secure)
		require.True(t, cookie.HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
		require.Equal(t, "/", cookie.Path)
		require.Empty(t, cookie.Domain)
		require.Regexp(t, `^([A-Z2-7]{26}|1)$`, cookie.Value, "random letters, or the mark that a login has just happened")
	}
	require.Len(t, ended.Cookies(), 2)
}

// droppy is a jar that loses some cookies, as embedded browsers do.
type droppy struct {
	http.CookieJar
	lose string // names that begin with one of these, in words
}

func (d droppy) SetCookies(u *url.URL, cookies []*http.Cookie) {
	var kept []*http.Cookie
	for _, c := range cookies {
		if !slices.ContainsFunc(strings.Fields(d.lose), func(begin string) bool { return strings.HasPrefix(c.Name, begin) }) {
			kept = append(kept, c)
		}
	}
	d.CookieJar.SetCookies(u, kept)
}

func TestABrowserThatLosesCookiesIsNotSentRound(t *testing.T) {
	t.Parallel()
	for lose, reason := range map[string]portal.SignOnReason{
		"zwfw_session": portal.ReasonLoop, "zwfw": portal.ReasonOtherBrowser,
		"zwfw_session zwfw_done": portal.ReasonLoop, // all that an answer to the platform's redirect sets
	} {
		for _, verid := range []bool{false, true} {
			s := newSite(t, sandbox.Start(t), verid, nil)
			b := newBrowser(t)
			b.Jar = droppy{b.Jar, lose}
			shown := b.pick(b.open(s.URL+"/my"), s.p.Citizens()[0])
			require.Equal(t, reason.Status(), shown.status)
			require.Contains(t, shown.text, reason.Text().ZH)
			require.Equal(t, 1, b.logins)
			require.Contains(t, strings.ReplaceAll(s.journal.String(), `"`, ""), "event=refused reason="+string(reason))
		}
	}
}

func TestWhoSignsOutMaySignInAgainAtOnce(t *testing.T) {
	t.Parallel()
	for _, verid := range []bool{false, true} {
		s := newSite(t, sandbox.Start(t), verid, nil)
		b := s.signedIn(t, s.p.Citizens()[0])
		b.post(s.URL+"/sso/logout", "Sec-Fetch-Site", "same-origin")
		shown := b.pick(b.open(s.URL+"/my"), s.p.Citizens()[1])
		require.Equal(t, "hello "+s.p.Citizens()[1].Name.Reveal(), shown.text)
	}
}

func TestTheSessionIsFoundAmongOtherCookies(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	b := s.signedIn(t, citizen)
	home, err := url.Parse(s.URL)
	require.NoError(t, err)
	own := ""
	for _, c := range b.Jar.Cookies(home) {
		if c.Name == "zwfw_session" {
			own = c.Value
		}
	}
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	for want, headers := range map[string][][]string{
		"hello " + citizen.Name.Reveal(): {
			{"zwfw_session=" + own}, {"a=b; zwfw_session=" + own + "; c=d"}, {"a=b;zwfw_session=" + own + " ;c"}, {"a=b", "zwfw_session=" + own},
			{"xzwfw_session=evil; zwfw_sessionx=evil; zwfw_session=" + own}, {"=; ;;; zwfw_session=" + own}, {"zwfw_session=" + own + "; zwfw_session=evil"},
		},
		"nobody": {
			{"zwfw_session"}, {"zwfw_session="}, {"zwfw_sessio=" + own}, {"zwfw_sessionx=" + own}, {"a=zwfw_session=" + own}, {own}, {"=" + own},
			{"zwfw_session=evil; zwfw_session=" + own}, {"zwfw_session=" + own + strings.Repeat("A", 64)}, {"zwfw_session=" + strings.ToLower(own)}, {""},
		},
	} {
		for _, header := range headers {
			for range 2 { // by its hash, and by the shorter way
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/", nil)
				require.NoError(t, err)
				r.Header["Cookie"] = header
				resp, err := client.Do(r)
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				require.Equal(t, want, string(text), header)
			}
		}
	}
}

func TestAPageThatAVisitorIsKnownOnIsNoSharedCachesToKeep(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	require.Empty(t, newBrowser(t).open(s.URL+"/").header.Get("Cache-Control"), "everybody's page")
	b := s.signedIn(t, s.p.Citizens()[0])
	require.Equal(t, []string{"private"}, b.open(s.URL + "/").header["Cache-Control"], "it greets the visitor")
	require.Equal(t, []string{"no-store"}, b.open(s.URL + "/my").header["Cache-Control"])

	home, err := url.Parse(s.URL)
	require.NoError(t, err)
	serve := func(h http.Handler) []string {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, c := range b.Jar.Cookies(home) {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Header()["Cache-Control"]
	}
	picture := s.signOn.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Cache-Control", "public, max-age=60") }))
	require.Equal(t, []string{"public, max-age=60"}, serve(picture), "a page may say otherwise")
	page := s.signOn.Handler(http.NotFoundHandler())
	strict := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		page.ServeHTTP(w, r)
	})
	require.Equal(t, []string{"no-store"}, serve(strict), "what was said before is not weakened")
}
