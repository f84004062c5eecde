package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// The sandbox's first citizen, a case of this citizen's with a step to rate, and the link
// that picks on the login page.
const (
	rateable = "HLJ2024000002"
	pickOne  = `//a[contains(@href, "pick=u-1&")]`
	signOut  = `form[action="/sso/logout"] button`
	signIn   = `a[href^="/sso/login"]`
)

func TestACitizenVisitsTheWebsite(t *testing.T) {
	t.Parallel()
	for name, secure := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := startWebsite(t, secure)
			w := openWindow(t, name)
			w.open(site.address + "/")
			require.Contains(t, w.text(), "政务服务事项")
			w.picture("home")

			login := site.platform + "/hlj/sso/login"
			w.follow(`nav a[href="/my"]`)
			require.Equal(t, 1, w.turns(login), "one redirect to the platform")
			w.picture("platform")
			w.follow(pickOne)
			require.Equal(t, site.address+"/my", w.at(), "the ticket is not in the address")
			require.Contains(t, w.text(), rateable)
			require.Equal(t, 2, w.turns(login), "and the visitor's own choice there")
			w.picture("cases")
			checkCookies(t, w.cookies(), secure)

			callback := w.last(site.address + "/sso/callback")
			require.Contains(t, callback, "ticket=")
			for range 3 { // the return address again: a refresh, the back button
				w.open(callback)
				require.Equal(t, site.address+"/my", w.at())
			}
			require.Equal(t, 2, w.turns(login), "nobody is sent round")
			require.Equal(t, 3, strings.Count(site.log.String(), `event="callback again"`))
			require.Equal(t, 1, strings.Count(site.log.String(), `event="signed in"`))

			rate(t, w, site)

			w.follow(signOut)
			require.Equal(t, site.address+"/", w.at(), "by way of the platform")
			require.Equal(t, 1, w.turns(site.platform+"/hlj/sso/logout"))
			require.NotContains(t, w.cookies(), cookieName("session", secure))
			w.open(site.address + "/my")
			require.Contains(t, w.text(), "选择登录人", "both have forgotten the browser")
			require.Equal(t, 3, w.turns(login))
			w.calm()
			require.NotContains(t, site.log.String(), "level=WARN")
		})
	}
}

func cookieName(what string, secure bool) string {
	if secure {
		return "__Host-zwfw_" + what
	}
	return "zwfw_" + what
}

func checkCookies(t *testing.T, cookies map[string]*network.Cookie, secure bool) {
	t.Helper()
	for _, what := range []string{"session", "done"} {
		c := cookies[cookieName(what, secure)]
		require.NotNil(t, c, what)
		require.True(t, c.HTTPOnly, what)
		require.Equal(t, secure, c.Secure, what)
		require.Equal(t, network.CookieSameSiteLax, c.SameSite, what)
		require.Equal(t, "localhost", c.Domain, what)
		require.Equal(t, "/", c.Path, what)
		require.Regexp(t, `^([A-Z2-7]{26}|1)$`, c.Value, what)
	}
	require.True(t, cookies[cookieName("session", secure)].Session, "it ends with the browser")
}

// rate goes from the list to the case, to the form, and sends it.
func rate(t *testing.T, w *window, site *website) {
	t.Helper()
	w.follow(`a[href="/my/case?number=` + rateable + `"]`)
	require.Contains(t, w.text(), "办结")
	var width int
	w.do(chromedp.Evaluate(`document.querySelector("figure img").naturalWidth`, &width))
	require.Positive(t, width, "the code is drawn")
	w.picture("case")
	w.follow(`section.rate a.button`)
	w.picture("rate")
	labels := func(level string) (shown bool) {
		w.do(chromedp.Evaluate(`getComputedStyle(document.querySelector(".labels-`+level+`")).display != "none"`, &shown))
		return shown
	}
	require.False(t, labels("2"), "labels come with their level")
	w.do(chromedp.Click("#level-2", chromedp.ByQuery))
	require.True(t, labels("2"))
	require.False(t, labels("5"))
	w.follow(`.rating button`)
	require.Contains(t, w.text(), "请选择原因或填写意见")
	w.picture("rate-refused")
	w.do(chromedp.Click(`input[name="label-2"]`, chromedp.ByQuery), chromedp.SendKeys("textarea", "等候时间长", chromedp.ByQuery))
	w.follow(`.rating button`)
	require.Contains(t, w.text(), "感谢您的评价")
	require.NotContains(t, w.text(), "待评价")
	w.picture("thanks")
	sent := site.count("POST /my/rate")
	require.Equal(t, 2, sent)
	w.do(chromedp.Reload())
	require.Equal(t, sent, site.count("POST /my/rate"), "a refresh sends no form")
}

func TestOnlineServiceEnglishAndTheSmallerPages(t *testing.T) {
	t.Parallel()
	site, service := startWebsite(t, true), startService(t)
	w := openWindow(t, "service", chromedp.Flag("host-resolver-rules", "MAP zwfw.example.invalid:443 "+service.Listener.Addr().String()))
	w.open(site.address + "/?word=测试事项0")
	w.follow(`.items a`)
	w.picture("item")
	w.follow(`a[href^="/apply"]`)
	require.Contains(t, w.text(), "选择登录人")
	w.follow(pickOne)
	require.Contains(t, w.text(), "zwfw.example.invalid")
	w.picture("apply")
	w.follow(`form[action^="/apply"] button`)
	require.True(t, strings.HasPrefix(w.at(), "https://zwfw.example.invalid/item/0?ticket=ST-"), w.at())
	require.Len(t, service.tickets, 1, "the policy of the form lets the browser go there, with one ticket")

	w.open(site.address + "/my")
	w.follow(`button[value="en"]`)
	require.Equal(t, site.address+"/my", w.at())
	require.Contains(t, w.text(), "My cases")
	w.picture("cases-english")
	w.open(site.address + "/progress")
	w.do(chromedp.SendKeys(`input[name="number"]`, "HLJ2024000001", chromedp.ByQuery), chromedp.SendKeys(`input[name="code"]`, "9876", chromedp.ByQuery))
	w.follow(`main button`)
	w.picture("progress-wrong")
	w.do(chromedp.SendKeys(`input[name="code"]`, "pw-0001", chromedp.ByQuery))
	w.follow(`main button`)
	require.Contains(t, w.text(), "Acceptance")
	w.picture("progress")
	w.do(chromedp.EmulateViewport(390, 800))
	w.open(site.address + "/my/case?number=" + rateable)
	w.picture("case-telephone")
	w.open(site.address + "/nowhere")
	w.picture("nowhere")
	w.calm()
}

// A browser without cookies gets one redirect and then a page.
func TestABrowserThatKeepsNoCookiesIsNotSentRound(t *testing.T) {
	t.Parallel()
	site := startWebsite(t, false)
	w := openWindow(t, "cookieless", withoutCookies(t))
	w.open(site.address + "/my")
	w.follow(pickOne)
	require.Contains(t, w.text(), "请在同一浏览器登录并允许Cookie")
	require.Equal(t, 2, w.turns(site.platform+"/hlj/sso/login"), "one by itself, one by the visitor's choice")
	w.picture("cookieless")
	require.Contains(t, site.log.String(), `reason="another browser"`)
	require.Empty(t, w.cookies())
	w.follow(`main ` + signIn)
	require.Contains(t, w.at(), site.platform, "the link works")
}
