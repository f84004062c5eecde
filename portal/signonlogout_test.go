package portal_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/sandbox"
)

func TestAnotherSiteCannotSignAVisitorOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, sandbox.Start(t), false, nil)
	citizen := s.p.Citizens()[0]
	b := s.signedIn(t, citizen)
	for _, header := range [][]string{{"Origin", "https://evil.invalid"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}, {"Sec-Fetch-Site", "same-site"}} {
		shown := b.post(s.URL+"/sso/logout", header...)
		require.Equal(t, http.StatusForbidden, shown.status)
		require.Contains(t, shown.text, "请在本网站内操作")
	}
	b.open(s.URL + "/sso/logout") // an image, a link
	require.Equal(t, "hello "+citizen.Name.Reveal(), b.open(s.URL+"/my").text)
	require.Equal(t, 4, strings.Count(s.journal.String(), `event=refused reason="cross-site request"`))
	require.Equal(t, 1, b.logins, "the visitor's own")
	require.Zero(t, s.p.Effects("portal.LogoutPage"))
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
