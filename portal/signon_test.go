package portal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

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

func TestWhatAPageDoesToItsVisitorIsItsOwnAffair(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	agent := s.p.Citizens()[1]
	b := s.signedIn(t, agent)
	b.pick(b.open(s.URL+"/corp"), agent)
	home, err := url.Parse(s.URL)
	require.NoError(t, err)
	spoil := s.signOn.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		for range 2 {
			v := portal.VisitorFrom(r.Context())
			require.Equal(t, agent.Company, v.User.Legal.Name)
			require.Equal(t, portal.UserLegal, v.User.UserType)
			require.Equal(t, agent.Name.Reveal(), v.User.Agent.Name.Reveal())
			v.User.Legal.Name, v.User.UserType, v.User.Agent.Name, v.Session = "spoilt", "9", zwfw.NewPersonName("spoilt"), portal.Session{}
		}
	}))
	for range 2 {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, c := range b.Jar.Cookies(home) {
			r.AddCookie(c)
		}
		spoil.ServeHTTP(httptest.NewRecorder(), r)
	}
	require.Equal(t, agent.Company+" by "+agent.Name.Reveal(), b.open(s.URL+"/my").text)
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
