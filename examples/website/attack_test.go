package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestARatingComesFromAPageOfThisVisitorsOnly(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	victim, attacker := w.signedIn(t, w.p.Citizens()[0]), w.signedIn(t, w.p.Citizens()[1])
	token := victim.open("/my/rate?number="+ours+"&step=3").hidden(t, "token")
	others := attacker.open("/my/rate?number="+theirs+"&step=3").hidden(t, "token")
	require.NotEqual(t, token, others)
	form := url.Values{"number": {ours}, "step": {"3"}, "level": {"1"}, "words": {"x"}}
	for name, x := range map[string]struct {
		token  string
		header []string
		says   string
	}{
		"no token":                                    {"", []string{"Sec-Fetch-Site", "same-origin"}, "页面已失效"},
		"another visitor's token":                     {others, []string{"Sec-Fetch-Site", "same-origin"}, "页面已失效"},
		"another site's form":                         {token, []string{"Sec-Fetch-Site", "cross-site"}, "请在本网站内操作"},
		"another site's form, in an older browser":    {token, []string{"Origin", "https://evil.invalid"}, "请在本网站内操作"},
		"a form without an origin":                    {token, []string{"Origin", "null"}, "请在本网站内操作"},
		"a page beside it under the same domain name": {token, []string{"Sec-Fetch-Site", "same-site"}, "请在本网站内操作"},
	} {
		form.Set("token", x.token)
		page := victim.do(http.MethodPost, "/my/rate", form.Encode(), x.header...)
		require.Equal(t, http.StatusForbidden, page.status, name)
		require.Contains(t, page.text, x.says, name)
	}
	form.Set("token", token)
	victim.open("/my/rate?" + form.Encode()) // a link, an image
	require.Zero(t, w.p.Effects("portal.Evaluate"))
	require.Contains(t, w.lines.String(), "form without this session's token")
	require.Contains(t, w.lines.String(), "cross-site request")
	require.NotContains(t, w.lines.String(), token)
}

func TestATokenIsWorthNothingInTheNextSession(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.signedIn(t, w.p.Citizens()[0])
	old := v.open("/my/rate?number="+ours+"&step=3").hidden(t, "token")
	v.post("/sso/logout", nil)
	v.pick(v.open("/my"), w.p.Citizens()[0])
	page := v.post("/my/rate", url.Values{"token": {old}, "number": {ours}, "step": {"3"}, "level": {"5"}})
	require.Equal(t, http.StatusForbidden, page.status)
	require.Zero(t, w.p.Effects("portal.Evaluate"))
}

func TestSomebodyElsesCaseLooksLikeNone(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.signedIn(t, w.p.Citizens()[0])
	token := v.open("/my/rate?number="+ours+"&step=3").hidden(t, "token")
	foreign := v.open("/my/case?number=" + theirs)
	none := v.open("/my/case?number=HLJ2024999999")
	require.Equal(t, http.StatusNotFound, foreign.status)
	require.Equal(t, none.status, foreign.status)
	require.Equal(t, strings.ReplaceAll(none.text, "HLJ2024999999", theirs), foreign.text, "nobody learns which exist")
	require.Equal(t, http.StatusNotFound, v.open("/my/rate?number="+theirs+"&step=3").status)
	page := v.post("/my/rate", url.Values{"token": {token}, "number": {theirs}, "step": {"3"}, "level": {"5"}})
	require.Equal(t, http.StatusNotFound, page.status)
	require.Zero(t, w.p.Effects("portal.Evaluate"))
	require.Contains(t, w.lines.String(), "kind=PermissionDenied")
}

// Texts of the platform and of visitors stand escaped on every page that shows them.
func TestNoTextBecomesMarkup(t *testing.T) {
	t.Parallel()
	const script = `"'><script>alert(1)</script>`
	w := newWebsite(t)
	citizen := w.p.Citizens()[0]
	items, err := w.client.Items(t.Context(), portal.ItemQuery{Keyword: "测试事项9"})
	require.NoError(t, err)
	id := items.Items[0].RowGUID
	require.True(t, w.p.ChangeItem(id, func(i *sandbox.PortalItem) { i.Name, i.Condition = script, script }, false))
	number, password := w.p.ApplyForItem(citizen, 9)
	require.NoError(t, w.p.MoveCase(number, sandbox.CaseAccept))
	at := w.p.PutEvaluationPoint(number, 2)
	require.False(t, at.IsZero())
	w.p.Clock().Advance(1e9)
	v := w.signedIn(t, citizen)
	rate := v.open("/my/rate?number=" + number + "&step=2")
	pages := map[string]shown{
		"home": v.open("/?word=" + url.QueryEscape(script)), "item": v.open("/item?id=" + id), "apply": v.open("/apply?id=" + id), "cases": v.open("/my"),
		"case": v.open("/my/case?number=" + number), "rate": rate, "no case": v.open("/my/case?number=" + url.QueryEscape(script)),
		"progress": v.post("/progress", url.Values{"number": {number}, "code": {password}}),
		"number":   v.post("/progress", url.Values{"number": {script}, "code": {"x"}}),
		"words": v.post("/my/rate", url.Values{
			"token": {rate.hidden(t, "token")}, "number": {number}, "step": {"2"}, "words": {script},
		}),
	}
	for name, page := range pages {
		require.NotContains(t, page.text, "<script", name)
		require.NotContains(t, page.text, `"'>`, name)
		require.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'none'", name)
		require.Equal(t, "nosniff", page.header.Get("X-Content-Type-Options"), name)
		require.Equal(t, "no-store", page.header.Get("Cache-Control"), name)
	}
	for _, name := range []string{"home", "item", "apply", "cases", "case", "rate", "progress", "number", "words"} {
		require.Contains(t, pages[name].text, "&lt;script&gt;", name)
	}
}

func TestAnItemLeadsToNoUnregisteredHost(t *testing.T) {
	t.Parallel()
	s := &site{settings: settings{platform: portal.Config{ServiceHosts: []string{"zwfw.example.invalid"}}}}
	for address, host := range map[string]string{
		"https://zwfw.example.invalid/item/1": "zwfw.example.invalid", "http://zwfw.example.invalid/": "", "https://evil.invalid/": "",
		"https://zwfw.example.invalid@evil.invalid/": "", "javascript:alert(1)": "", "//zwfw.example.invalid/": "", "": "", "https://zwfw.example.invalid:8443/": "",
	} {
		require.Equal(t, host, s.serviceHost(&portal.ItemDetail{Item: portal.Item{Online: true, OnlineURL: address}}), address)
	}
	require.Empty(t, s.serviceHost(&portal.ItemDetail{Item: portal.Item{OnlineURL: "https://zwfw.example.invalid/"}}), "not on line")
}

func TestFormsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.signedIn(t, w.p.Citizens()[0])
	token := v.open("/my/rate?number="+ours+"&step=3").hidden(t, "token")
	form := url.Values{"token": {token}, "number": {ours}, "step": {"3"}, "level": {"5"}, "words": {strings.Repeat("长", 501)}}
	require.Contains(t, v.post("/my/rate", form).text, "意见最多 500 字")
	form.Set("words", strings.Repeat("x", 1<<20))
	require.NotEqual(t, http.StatusOK, v.post("/my/rate", form).status)
	require.Zero(t, w.p.Effects("portal.Evaluate"))
}
