package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

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
		"a state that was used": {func(t *testing.T, b *browser) string {
			address := s.returnAddress(t, b, citizen)
			require.Equal(t, http.StatusOK, b.open(address).status)
			b.post(s.URL+"/sso/logout", "Sec-Fetch-Site", "same-origin")
			return address
		}, portal.ReasonStateUnknown},
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
			before := len(s.journal.String())
			shown := b.open(address)
			require.Equal(t, x.reason.Status(), shown.status)
			require.Contains(t, shown.text, x.reason.Text().ZH)
			require.Zero(t, b.logins, "nothing goes on by itself")
			require.Contains(t, strings.ReplaceAll(s.journal.String()[before:], `"`, ""), "event=refused reason="+string(x.reason))
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
	require.Contains(t, s.journal.String(), `event="begun again" reason="ticket refused" kind=CodeUsed`)
	require.Contains(t, s.journal.String(), `event=refused reason="ticket refused" kind=CodeUsed`)
	s.p.Faults().Clear()
	require.Equal(t, "hello "+citizen.Name.Reveal(), b.open(s.URL+"/sso/login?back=/my").text, "the link of the page works")
}

func TestASpentTicketWithAnothersStateSignsNobodyIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	victim := newBrowser(t)
	address := s.returnAddress(t, victim, s.p.Citizens()[0])
	spent, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, victim.open(address).status)
	for name, b := range map[string]*browser{"unknown to the platform": newBrowser(t), "known to it": newBrowser(t)} {
		q := url.Values{"ticket": {spent.Query().Get("ticket")}}
		if name == "known to it" {
			own, err := url.Parse(s.returnAddress(t, b, s.p.Citizens()[1]))
			require.NoError(t, err)
			q.Set("state", own.Query().Get("state"))
		} else {
			q.Set("state", b.open(s.URL+"/my").at.Query().Get("state"))
		}
		b.logins = 0
		shown := b.open(s.URL + "/sso/callback?" + q.Encode())
		require.NotEqual(t, "hello "+s.p.Citizens()[0].Name.Reveal(), shown.text, name)
		require.Equal(t, 1, b.logins, "one redirect by itself, %s", name)
		if name == "known to it" {
			require.Equal(t, "hello "+s.p.Citizens()[1].Name.Reveal(), shown.text, "who stands before the browser")
		} else {
			require.Contains(t, shown.text, "选择登录人")
		}
	}
	require.Contains(t, s.journal.String(), `event="begun again" reason="ticket refused"`)
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
		require.Equal(t, 1, b.logins, "the one that began it")
		require.Equal(t, 2, strings.Count(s.journal.String(), `event="callback again"`))
		other := newBrowser(t)
		shown := other.open(address)
		require.GreaterOrEqual(t, shown.status, http.StatusBadRequest, "in another browser it is worth nothing")
		require.Zero(t, other.logins)
		require.Regexp(t, `event=refused reason="(state unknown|another browser)"`, s.journal.String())
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
	require.Contains(t, s.journal.String(), `event="led home" reason="another site"`)
	require.Equal(t, 1, b.logins, "signed in once, and led home each time")
	// The path of a protected page may look like another host.
	fresh := newBrowser(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
	require.NoError(t, err)
	r.URL.Path = "//evil.invalid/my"
	require.NotContains(t, fresh.do(r).at.Host, "evil")
}

// sizing is a store that notes the longest record.
type sizing struct {
	portal.SessionStore
	most atomic.Int64
}

func (s *sizing) Put(ctx context.Context, r portal.SessionRecord) error {
	s.most.Store(max(s.most.Load(), int64(len(r.Data))))
	return s.SessionStore.Put(ctx, r)
}

func TestALongAddressIsNotKeptAndLeadsHome(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]func(long string) string{
		"a page":  func(long string) string { return "/my?x=" + long },
		"by hand": func(long string) string { return "/sso/login?back=/my%3Fx%3D" + long },
	} {
		t.Run(name, func(t *testing.T) {
			store := &sizing{SessionStore: portal.NewMemorySessions(0)}
			s := newSite(t, sandbox.Start(t), false, func(c *portal.SignOnConfig) { c.Store = store })
			b := newBrowser(t)
			login := b.open(s.URL + of(strings.Repeat("x", 100<<10))) // anybody may send it, again and again
			require.LessOrEqual(t, store.most.Load(), int64(4<<10))
			require.Equal(t, s.URL+"/", b.pick(login, s.p.Citizens()[0]).at.String())
			require.Contains(t, s.journal.String(), `event="led home" reason="address too long"`)
		})
	}
	s := newSite(t, sandbox.Start(t), false, nil)
	usual := s.URL + "/my?x=" + strings.Repeat("x", 1900)
	b := newBrowser(t)
	require.Equal(t, usual, b.pick(b.open(usual), s.p.Citizens()[0]).at.String())
}
