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
	"time"

	"github.com/stretchr/testify/assert"
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

func TestAVisitorSignsInIsKnownAndSignsOut(t *testing.T) {
	t.Parallel()
	for _, verid := range []bool{false, true} {
		t.Run(fmt.Sprintf("verid %v", verid), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, sandbox.Start(t), verid, nil)
			citizen := s.p.Citizens()[0]
			b := newBrowser(t)
			require.Equal(t, "nobody", b.open(s.URL+"/").text)
			login := b.open(s.URL + "/my?page=2&word=a%26b")
			require.Equal(t, 1, b.logins)
			shown := b.pick(login, citizen)
			require.Equal(t, "hello "+citizen.Name.Reveal(), shown.text)
			require.Equal(t, s.URL+"/my?page=2&word=a%26b", shown.at.String(), "the ticket is not in the address")
			require.Equal(t, "hello "+citizen.Name.Reveal(), b.open(s.URL+"/").text)
			require.Equal(t, 1, s.exchanges())

			require.Contains(t, b.open(s.URL+"/sso/logout").text, "<form method=post>")
			shown = b.post(s.URL+"/sso/logout", "Origin", s.URL, "Sec-Fetch-Site", "same-origin")
			require.Equal(t, "nobody", shown.text)
			require.Contains(t, b.open(s.URL+"/my").text, "选择登录人", "the platform has forgotten the browser too")
			require.Contains(t, s.journal.String(), `event="signed in"`)
			require.Contains(t, s.journal.String(), `event="signed out"`)
			require.Equal(t, 1, s.p.Effects("portal.LogoutLocal")+s.p.Effects("portal.LogoutPage"), "both steps of verid@1, the one of hlj@1")
		})
	}
}

func TestACompanySignsInWithItsAgentAndBackToThePerson(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	agent := s.p.Citizens()[1]
	b := s.signedIn(t, agent)
	shown := b.pick(b.open(s.URL+"/corp"), agent)
	require.Equal(t, 2, b.logins, "the first login, and the switch")
	require.Equal(t, agent.Company+" by "+agent.Name.Reveal(), shown.text)
	shown = b.pick(b.open(s.URL+"/sso/login?type=1&back=/my"), agent)
	require.Equal(t, "hello "+agent.Name.Reveal(), shown.text)
}

func TestAHigherLevelIsReachedByLoggingInAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	b := newBrowser(t)
	b.pick(b.open(s.URL+"/my"), citizen, "as", "1")
	require.Equal(t, http.StatusOK, b.open(s.URL+"/my").status)
	login := b.open(s.URL + "/high")
	require.Equal(t, "3", login.at.Query().Get("level"))
	require.Equal(t, "hello "+citizen.Name.Reveal(), b.pick(login, citizen).text)
}

func TestALevelThatStaysTooLowEndsInAPageAndNotInALoop(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{LowLevel: true})), false, nil)
	citizens := s.p.Citizens()
	b := newBrowser(t)
	shown := b.pick(b.open(s.URL+"/high"), citizens[len(citizens)-1])
	require.Equal(t, http.StatusForbidden, shown.status)
	require.Contains(t, shown.text, "请先提升实名认证等级")
	require.Equal(t, 1, b.logins)
	require.Contains(t, s.journal.String(), `reason="level too low"`)
}

func TestReturnsThatDoNotBelongHereEndInAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	callback := s.URL + "/sso/callback?"
	for name, x := range map[string]struct {
		address func(t *testing.T, b *browser) string
		reason  portal.SignOnReason
	}{
		"state missing": {func(*testing.T, *browser) string { return callback + "ticket=ST-1" }, portal.ReasonState},
		"state foreign": {func(*testing.T, *browser) string { return callback + "ticket=ST-1&state=foreign" }, portal.ReasonStateUnknown},
		"another browser's login": {func(t *testing.T, _ *browser) string {
			return s.returnAddress(t, newBrowser(t), citizen)
		}, portal.ReasonOtherBrowser},
		"another browser's login in a browser that began one": {func(t *testing.T, b *browser) string {
			s.returnAddress(t, b, citizen)
			return s.returnAddress(t, newBrowser(t), citizen)
		}, portal.ReasonOtherBrowser},
		"cancelled": {func(t *testing.T, b *browser) string {
			address, err := url.Parse(s.returnAddress(t, b, citizen))
			require.NoError(t, err)
			return callback + "state=" + address.Query().Get("state")
		}, portal.ReasonCancelled},
		"malformed ticket": {func(t *testing.T, b *browser) string {
			address, err := url.Parse(s.returnAddress(t, b, citizen))
			require.NoError(t, err)
			return callback + "ticket=x&state=" + address.Query().Get("state")
		}, portal.ReasonTicket},
		"ticket of another application": {func(t *testing.T, b *browser) string {
			address, err := url.Parse(s.returnAddress(t, b, citizen))
			require.NoError(t, err)
			ticket, err := s.client.IssueLoginTicket(t.Context(), tokenOf(t, s.p, s.client, citizen), s.p.PortalConfigOf(1).AppMark)
			require.NoError(t, err)
			return callback + "ticket=" + ticket.Ticket.Reveal() + "&state=" + address.Query().Get("state")
		}, portal.ReasonTicket},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t)
			address := x.address(t, b)
			b.logins = 0
			shown := b.open(address)
			require.Equal(t, x.reason.Status(), shown.status)
			require.Contains(t, shown.text, x.reason.Text().ZH)
			require.Zero(t, b.logins, "nothing goes on by itself")
			require.Contains(t, strings.ReplaceAll(s.journal.String(), `"`, ""), "reason="+string(x.reason))
			require.Equal(t, "nobody", b.open(s.URL+"/").text)
			require.Equal(t, "no-store", shown.header.Get("Cache-Control"))
		})
	}
}

func TestATicketThatWasReplayedLeadsToOneNewLoginAndThenToAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	b := newBrowser(t)
	s.p.Faults().Always("portal.Exchange", sandbox.Refuse(zwfw.CodeUsed))
	shown := b.pick(b.open(s.URL+"/my"), citizen)
	require.Equal(t, http.StatusGone, shown.status)
	require.Contains(t, shown.text, "登录凭证已失效")
	require.Equal(t, 2, b.logins, "the page that asked for it, and one by itself")
	require.Equal(t, 2, s.exchanges(), "each ticket once")
	s.p.Faults().Clear()
	require.Equal(t, "hello "+citizen.Name.Reveal(), b.open(s.URL+"/sso/login?back=/my").text, "the link of the page works")
}

func TestALostAnswerSpendsTheTicketAndIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	b := newBrowser(t)
	s.p.Faults().Next("portal.Exchange", sandbox.DropAfter())
	shown := b.pick(b.open(s.URL+"/my"), s.p.Citizens()[0])
	require.Equal(t, http.StatusBadGateway, shown.status)
	require.Equal(t, 1, s.exchanges())
	require.Equal(t, 1, b.logins)
	require.Contains(t, s.journal.String(), `reason="platform unavailable"`)
}

func TestARefreshOfTheReturnAddressDoesNoHarm(t *testing.T) {
	t.Parallel()
	for _, verid := range []bool{false, true} {
		s := newSite(t, sandbox.Start(t), verid, nil)
		citizen := s.p.Citizens()[0]
		b := newBrowser(t)
		address := s.returnAddress(t, b, citizen)
		for range 3 {
			shown := b.open(address)
			require.Equal(t, "hello "+citizen.Name.Reveal(), shown.text)
			require.Equal(t, "/my", shown.at.Path)
		}
		require.Equal(t, 1, s.exchanges())
		require.Contains(t, s.journal.String(), `event="callback again"`)
		shown := newBrowser(t).open(address)
		require.NotEqual(t, http.StatusOK, shown.status, "in another browser it is worth nothing")
		require.Equal(t, 1, s.exchanges())
	}
}

func TestPreviewsAndPrefetchersSpendNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	b := newBrowser(t)
	address := s.returnAddress(t, b, s.p.Citizens()[0])
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Method = http.MethodHead }, func(r *http.Request) { r.Header.Set("Sec-Purpose", "prefetch;prerender") },
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		change(r)
		require.Equal(t, http.StatusNoContent, b.do(r).status)
	}
	require.Zero(t, s.exchanges())
	require.Equal(t, http.StatusOK, b.open(address).status)
}

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

func TestNobodyIsLedToAnotherSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	b := newBrowser(t)
	for _, back := range []string{
		"https://evil.invalid/", "//evil.invalid/", "/\\evil.invalid", "\\\\evil.invalid", "/\t/evil.invalid", "javascript:alert(1)", "evil.invalid",
		"http:evil.invalid", "///evil.invalid", "/ /evil.invalid", "%2F%2Fevil.invalid", "",
	} {
		shown := b.open(s.URL + "/sso/login?back=" + url.QueryEscape(back))
		if strings.Contains(shown.text, "选择登录人") {
			shown = b.pick(shown, s.p.Citizens()[0])
		}
		require.Equal(t, s.URL+"/", shown.at.String(), back)
	}
	require.Contains(t, s.journal.String(), `reason="another site"`)
	// The path of a protected page may look like another host.
	fresh := newBrowser(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	require.NoError(t, err)
	r.URL.Path = "//evil.invalid/my"
	require.NotContains(t, fresh.do(r).at.Host, "evil")
}

func TestAnotherSiteCannotSignAVisitorOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	b := s.signedIn(t, citizen)
	for _, header := range [][]string{{"Origin", "https://evil.invalid"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}} {
		shown := b.post(s.URL+"/sso/logout", header...)
		require.Equal(t, http.StatusForbidden, shown.status)
		require.Contains(t, shown.text, "请在本网站内操作")
	}
	b.open(s.URL + "/sso/logout") // an image, a link
	require.Equal(t, "hello "+citizen.Name.Reveal(), b.open(s.URL+"/my").text)
	require.Contains(t, s.journal.String(), `reason="cross-site request"`)
}

// droppy is a jar that loses some cookies, as embedded browsers do.
type droppy struct {
	http.CookieJar
	lose string
}

func (d droppy) SetCookies(u *url.URL, cookies []*http.Cookie) {
	var kept []*http.Cookie
	for _, c := range cookies {
		if !strings.Contains(c.Name, d.lose) {
			kept = append(kept, c)
		}
	}
	d.CookieJar.SetCookies(u, kept)
}

func TestABrowserThatLosesCookiesIsNotSentRound(t *testing.T) {
	t.Parallel()
	for lose, reason := range map[string]portal.SignOnReason{"zwfw_session": portal.ReasonLoop, "zwfw": portal.ReasonOtherBrowser} {
		s := newSite(t, sandbox.Start(t), false, nil)
		b := newBrowser(t)
		b.Jar = droppy{b.Jar, lose}
		shown := b.pick(b.open(s.URL+"/my"), s.p.Citizens()[0])
		require.Equal(t, reason.Status(), shown.status)
		require.Contains(t, shown.text, reason.Text().ZH)
		require.Equal(t, 1, b.logins)
		require.Contains(t, s.journal.String(), string(reason))
	}
}

func TestFormsAndScriptsWithoutASessionAreRefusedAndNotRedirected(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	b := newBrowser(t)
	require.Equal(t, http.StatusUnauthorized, b.post(s.URL+"/my").status)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/my", nil)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Mode", "cors")
	require.Equal(t, http.StatusUnauthorized, b.do(r).status)
	require.Zero(t, b.logins)
}

func TestThePlatformsNoticeEndsASessionIfItIsSigned(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	b := s.signedIn(t, citizen)
	other := s.signedIn(t, s.p.Citizens()[1])
	b.post(s.URL + "/sso/logout-notice") // by anybody
	require.Equal(t, "hello "+citizen.Name.Reveal(), b.open(s.URL+"/").text)
	require.Contains(t, s.journal.String(), `event="notice refused"`)

	n, err := s.p.SendLogoutNotice(t.Context(), s.URL+"/sso/logout-notice", citizen)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, "nobody", b.open(s.URL+"/").text)
	require.Equal(t, "hello "+s.p.Citizens()[1].Name.Reveal(), other.open(s.URL+"/").text)
	require.Contains(t, s.journal.String(), "signed out by notice")

	verid := newSite(t, sandbox.Start(t), true, nil)
	require.Equal(t, http.StatusNotFound, newBrowser(t).post(verid.URL+"/sso/logout-notice").status)
}

func TestLogLinesHoldNeitherNamesNorTokens(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	b := newBrowser(t)
	address := s.returnAddress(t, b, citizen)
	returned, err := url.Parse(address)
	require.NoError(t, err)
	b.open(address)
	b.post(s.URL+"/sso/logout", "Sec-Fetch-Site", "same-origin")
	b.open(address)
	lines := s.journal.String()
	require.Contains(t, lines, "state unknown")
	for _, marker := range []string{citizen.Name.Reveal(), citizen.IDNumber.Reveal(), returned.Query().Get("ticket"), returned.Query().Get("state"), "TK-"} {
		require.NotContains(t, lines, marker)
	}
}

func TestManyVisitorsSignInAtOnceAndStayApart(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	var group sync.WaitGroup
	for i := range 8 {
		citizen := s.p.Citizens()[i]
		group.Go(func() {
			b := s.signedIn(t, citizen)
			for range 5 {
				assert.Equal(t, "hello "+citizen.Name.Reveal(), b.open(s.URL+"/my").text)
			}
		})
	}
	group.Wait()
}

func TestSignOnSettingsAreChecked(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := p.PortalConfig()
	c.Redirects = []string{
		"https://a.example.invalid/sso/callback", "https://a.example.invalid/", "http://a.example.invalid/sso/callback", "https://a.example.invalid/login",
		"https://a.example.invalid/sso/callback?x=1",
	}
	client := newClient(t, c)
	redirects := c.Redirects
	good := portal.SignOnConfig{Callback: redirects[0]}
	_, err := portal.NewSignOn(client, good)
	require.NoError(t, err)
	_, err = portal.NewSignOn(nil, good)
	require.EqualError(t, err, "portal: NewSignOn: the client is nil")
	for want, change := range map[string]func(*portal.SignOnConfig){
		"Callback must be a whole":        func(c *portal.SignOnConfig) { c.Callback = "" },
		"is not in Config.Redirects":      func(c *portal.SignOnConfig) { c.Callback = "https://b.example.invalid/sso/callback" },
		"must have a path of its own":     func(c *portal.SignOnConfig) { c.Callback = redirects[1] },
		"and no query":                    func(c *portal.SignOnConfig) { c.Callback = redirects[4] },
		"Callback is http":                func(c *portal.SignOnConfig) { c.Callback = redirects[2] },
		"must not be /login":              func(c *portal.SignOnConfig) { c.Callback = redirects[3] },
		"Home must be a path":             func(c *portal.SignOnConfig) { c.Home = "//evil.invalid" },
		"SignOnConfig.Life must be 1 min": func(c *portal.SignOnConfig) { c.Life = time.Second },
		"SignOnConfig.Idle must be 1 min": func(c *portal.SignOnConfig) { c.Idle = 25 * time.Hour },
	} {
		config := good
		change(&config)
		_, err := portal.NewSignOn(client, config)
		require.ErrorContains(t, err, want)
	}
}
