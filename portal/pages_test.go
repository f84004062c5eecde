package portal_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// pageClient has addresses of its own, among them one with a query.
func pageClient(t *testing.T, change func(*portal.Config)) *portal.Client {
	t.Helper()
	c := portal.Config{
		BaseURL: "https://zwfw.example.invalid/hlj", AppMark: "site 1", AppWord: zwfw.NewSecret("word"),
		Redirects:    []string{"https://www.example.invalid/sso/callback", "https://m.example.invalid/sso/callback?from=app"},
		ServiceHosts: []string{"zwfw.example.invalid", "ZWFW.example.invalid:8443"},
	}
	if change != nil {
		change(&c)
	}
	return newClient(t, c)
}

func TestTheLoginAddressNamesOnlyARegisteredReturn(t *testing.T) {
	t.Parallel()
	client := pageClient(t, nil)
	address, err := client.LoginURL(portal.LoginRequest{State: "s 1&x", UserType: portal.UserLegal, Level: portal.LevelPrimary})
	require.NoError(t, err)
	require.Equal(t, "https://zwfw.example.invalid/hlj/sso/login?appMark=site+1&redirectUri=https%3A%2F%2Fwww.example.invalid%2Fsso%2Fcallback&state=s+1%26x&userType=2&level=2", address)
	_, err = client.LoginURL(portal.LoginRequest{State: "s", Redirect: "https://m.example.invalid/sso/callback?from=app"})
	require.NoError(t, err)
	for _, redirect := range []string{
		"https://evil.invalid/", "https://www.example.invalid/sso/callback/", "https://www.example.invalid.evil.invalid/sso/callback", "/sso/callback",
	} {
		_, err = client.LoginURL(portal.LoginRequest{State: "s", Redirect: redirect})
		require.ErrorIs(t, err, zwfw.PermissionDenied, redirect)
		requireRefusedHere(t, err, "Redirect")
	}
	_, err = client.LoginURL(portal.LoginRequest{})
	requireRefusedHere(t, err, "State")
	_, err = client.LoginURL(portal.LoginRequest{State: "s", Level: -1})
	requireRefusedHere(t, err, "Level")
	require.NotEqual(t, portal.NewState(), portal.NewState())
}

func TestPagesMayHaveAddressesOfTheirOwn(t *testing.T) {
	t.Parallel()
	client := pageClient(t, func(c *portal.Config) {
		c.Pages = portal.Pages{Login: "https://login.example.invalid/in?theme=gov", Logout: "/out"}
	})
	address, err := client.LoginURL(portal.LoginRequest{State: "s"})
	require.NoError(t, err)
	require.Contains(t, address, "https://login.example.invalid/in?theme=gov&appMark=site+1&")
	address, err = client.LogoutURL(&portal.Session{Token: zwfw.NewSecret("TK+1")}, "https://www.example.invalid/home")
	require.NoError(t, err)
	require.Equal(t, "https://zwfw.example.invalid/hlj/out?appMark=site+1&token=TK%2B1&backUrl=https%3A%2F%2Fwww.example.invalid%2Fhome", address)
	_, err = client.LogoutURL(nil, "")
	requireRefusedHere(t, err, "session")
	for _, back := range []string{"https://evil.invalid/", "http://www.example.invalid/", "/home", "https://www.example.invalid@evil.invalid/"} {
		_, err = client.LogoutURL(&portal.Session{}, back)
		require.ErrorIs(t, err, zwfw.PermissionDenied, back)
	}
	_, err = portal.New(portal.Config{BaseURL: "https://a.invalid", AppMark: "m", AppWord: zwfw.NewSecret("w"), Pages: portal.Pages{Logout: "out"}})
	require.ErrorContains(t, err, "Config.Pages.Logout")
}

func TestVeridHasPagesOfItsOwn(t *testing.T) {
	t.Parallel()
	dialect, err := portal.Dialect(portal.DialectVerid)
	require.NoError(t, err)
	c := portal.Config{BaseURL: "https://county.example.invalid", Redirects: []string{"https://county.example.invalid/back"}}
	_, err = portal.New(c, zwfw.WithDialect(dialect))
	require.EqualError(t, err, "portal: Config.ParamKey is required by dialect verid@1")
	c.ParamKey = "0123456789abcdef0123456789abcdef"
	client := newClient(t, c, zwfw.WithDialect(dialect))
	address, err := client.LoginURL(portal.LoginRequest{})
	require.NoError(t, err)
	require.Equal(t, "https://county.example.invalid/unified-sso/user/sendLogin?paramKey="+c.ParamKey, address)
	_, err = client.LogoutURL(&portal.Session{}, "")
	require.ErrorIs(t, err, zwfw.NotSupported, "the address of the province's page is not known")
	_, err = client.Items(t.Context(), portal.ItemQuery{})
	require.ErrorIs(t, err, zwfw.NotSupported)
	require.Empty(t, client.CryptoReport())
}

func TestADeepLinkLeadsSignedInToRegisteredHostsAlone(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	token := tokenOf(t, p, client, p.Citizens()[0])
	third := p.PortalConfigOf(1)
	address, err := client.ServiceURL(t.Context(), portal.ServiceLink{Token: token, Address: "https://zwfw.example.invalid/item/1?step=2#/form?x=1", AppMark: third.AppMark})
	require.NoError(t, err)
	require.Regexp(t, `^https://zwfw\.example\.invalid/item/1\?step=2&ticket=ST-[0-9a-f]{32}#/form\?x=1$`, address)
	u, err := url.Parse(address)
	require.NoError(t, err)
	_, err = client.Exchange(t.Context(), portal.TicketFrom(u.Query()))
	require.ErrorIs(t, err, zwfw.CodeTypeUnsupported, "the ticket is the other application's")
	session, err := newClient(t, third).Exchange(t.Context(), portal.TicketFrom(u.Query()))
	require.NoError(t, err)
	require.Equal(t, portal.UserPerson, session.UserType)

	sent := len(p.Requests())
	for _, hostile := range []string{
		"https://evil.invalid/item/1", "https://zwfw.example.invalid.evil.invalid/", "https://zwfw.example.invalid@evil.invalid/", "https://zwfw.example.invalid:8443/",
		"//zwfw.example.invalid/", "javascript://zwfw.example.invalid/%0aalert(1)", "ftp://zwfw.example.invalid/", "https://zwfw.example.invalid/?st=1", "",
	} {
		_, err := client.ServiceURL(t.Context(), portal.ServiceLink{Token: token, Address: hostile, AppMark: third.AppMark})
		requireRefusedHere(t, err, "Address")
	}
	require.Len(t, p.Requests(), sent)
	_, err = client.ServiceURL(t.Context(), portal.ServiceLink{Token: token, Address: "https://zwfw.example.invalid/", AppMark: "nobody"})
	require.ErrorIs(t, err, zwfw.CallerDenied)
}

func TestTheTicketIsFoundUnderEachOfItsNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ticket", "st", "ticketId", "verid"} {
		require.Equal(t, "ST+1", portal.TicketFrom(url.Values{name: {"ST+1"}, "state": {"s"}}).Reveal())
	}
	require.True(t, portal.TicketFrom(url.Values{"code": {"x"}}).IsZero())
}

// Quirk 24: parameters twice in Base64, with + and / and = that addresses break.
func TestTheEvaluationPageGetsItsParametersWhole(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	c := p.PortalConfig()
	client := newClient(t, c)
	address, err := client.EvaluationPageURL(portal.EvaluationPage{ProjectNo: finished})
	require.NoError(t, err)
	require.Equal(t, c.BaseURL+"/evaluate/page?p=ZXlKd2NtOXFUbThpT2lKSVRFb3lNREkwTURBd01EQXlJbjA9", address, "as in the samples")
	shown := newBrowser(t).open(address)
	require.Contains(t, shown.text, finished)

	text, err := client.EvaluationQRText(portal.EvaluationPage{ProjectNo: finished, ServiceNumber: 3, AreaCode: "999999000000", Back: "http://127.0.0.1/?谢谢>>>"})
	require.NoError(t, err)
	u, err := url.Parse(text.Reveal())
	require.NoError(t, err)
	once, err := base64.StdEncoding.DecodeString(u.Query().Get("p"))
	require.NoError(t, err)
	twice, err := base64.StdEncoding.DecodeString(string(once))
	require.NoError(t, err)
	require.JSONEq(t, `{"projNo":"HLJ2024000002","serviceCode":"3","regionCode":"999999000000","pf":"3","backUrl":"http://127.0.0.1/?谢谢>>>"}`, string(twice))
	require.Equal(t, http.StatusOK, newBrowser(t).open(text.Reveal()).status)

	_, err = client.EvaluationPageURL(portal.EvaluationPage{})
	requireRefusedHere(t, err, "ProjectNo")
	_, err = client.EvaluationPageURL(portal.EvaluationPage{ProjectNo: finished, Back: "https://evil.invalid/"})
	requireRefusedHere(t, err, "Back")
	_, err = client.EvaluationPageURL(portal.EvaluationPage{ProjectNo: finished, ServiceNumber: -1})
	requireRefusedHere(t, err, "ServiceNumber")
	require.Contains(t, newBrowser(t).open(c.BaseURL+"/evaluate/page?p=zz").text, `"code":"4000"`)
}
