package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestAVisitorSignsInFollowsACaseRatesItAndSignsOut(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	citizen := w.p.Citizens()[0]
	v := w.visitor(t)
	home := v.open("/")
	require.Contains(t, home.text, "测试事项0")
	require.Contains(t, home.text, ">登录</a>")
	require.Contains(t, v.open("/?word=测试事项12").text, "测试事项12")
	require.NotContains(t, v.open("/?word=测试事项12").text, "测试事项3<")

	cases := v.pick(v.open("/my"), citizen)
	require.Contains(t, cases.text, citizen.Name.String())
	require.NotContains(t, cases.text, citizen.Name.Reveal(), "the name is masked")
	require.Contains(t, cases.text, "待评价")
	require.NotContains(t, cases.text, theirs)

	k := v.open("/my/case?number=" + ours)
	for _, want := range []string{"已办结", "准予", "受理", "决定", "办结", "待评价"} {
		require.Contains(t, k.text, want)
	}
	form := v.open("/my/rate?number=" + ours + "&step=3")
	require.Contains(t, form.text, "非常满意")
	require.Contains(t, form.text, "测试标签210")
	fields := url.Values{"token": {form.hidden(t, "token")}, "number": {ours}, "step": {"3"}, "level": {"2"}, "label-5": {"510"}}
	refused := v.post("/my/rate", fields)
	require.Equal(t, http.StatusBadRequest, refused.status, "a label of another level is none")
	require.Contains(t, refused.text, "请选择原因或填写意见")
	fields.Set("label-2", "210")
	for range 2 { // pressed twice
		thanks := v.post("/my/rate", fields)
		require.Equal(t, http.StatusOK, thanks.status)
		require.Equal(t, "/my/case", thanks.at.Path, "a refresh sends no form")
		require.Contains(t, thanks.text, "感谢您的评价")
		require.NotContains(t, thanks.text, "待评价")
	}
	require.Equal(t, 1, w.p.Effects("portal.Evaluate"))
	fields.Set("level", "5")
	require.Equal(t, http.StatusConflict, v.post("/my/rate", fields).status, "rated before, otherwise")
	require.Equal(t, http.StatusNotFound, v.open("/my/rate?number="+ours+"&step=3").status)

	out := v.post("/sso/logout", nil)
	require.Equal(t, http.StatusOK, out.status)
	require.Contains(t, out.text, ">登录</a>")
	require.Contains(t, v.open("/my").text, "选择登录人")
}

func TestTheWholeSiteSpeaksEnglish(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.signedIn(t, w.p.Citizens()[0])
	require.Contains(t, v.open("/my").text, `lang="zh-CN"`)
	back := v.post("/language", url.Values{"to": {"en"}, "back": {"/my?page=1"}})
	require.Equal(t, "/my?page=1", back.at.RequestURI())
	require.Contains(t, back.text, `<html lang="en">`)
	require.Contains(t, back.text, "My cases")
	require.Contains(t, v.open("/my/case?number="+ours).text, "Granted")
	rate := v.open("/my/rate?number=" + ours + "&step=3")
	require.Contains(t, rate.text, "Very dissatisfied")
	require.Contains(t, v.open("/nowhere").text, "There is no such page")
	wrong := v.post("/progress", url.Values{"number": {w.p.number}, "code": {"0000"}})
	require.Contains(t, wrong.text, zwfw.AdviceFor(wrongCode(t, w)).Citizen.EN)
	require.Contains(t, v.open("/sso/callback?ticket=x").text, portal.ReasonState.Text().EN)
	for _, elsewhere := range []string{"//evil.invalid/", "https://evil.invalid/", "/\\evil.invalid"} {
		require.Equal(t, w.URL+"/", v.post("/language", url.Values{"to": {"zh-CN"}, "back": {elsewhere}}).at.String())
	}
}

func wrongCode(t *testing.T, w *website) error {
	t.Helper()
	_, err := w.client.CaseProgress(t.Context(), w.p.number, zwfw.NewSecret("0000"))
	require.ErrorIs(t, err, zwfw.BadRequest)
	return err
}

func TestProgressIsShownForNumberAndCheckCode(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.visitor(t)
	ask := func(number, code string) shown {
		return v.post("/progress", url.Values{"number": {number}, "code": {code}})
	}
	good := ask(w.p.number, w.p.password)
	require.Contains(t, good.text, "已受理")
	require.NotContains(t, good.text, w.p.Citizens()[0].Name.Reveal())
	wrong := ask(w.p.number, "9876")
	require.Equal(t, http.StatusNotFound, wrong.status)
	require.Contains(t, wrong.text, "查询密码错误")
	require.NotContains(t, wrong.text, "9876", "what was typed is not shown again")
	require.Equal(t, http.StatusNotFound, ask("HLJ2024999999", "0000").status)
	require.Equal(t, http.StatusBadRequest, ask("", "").status)
}

func TestAWrongCheckCodeMayBeTriedAFewTimes(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.visitor(t)
	ask := func(code string) shown {
		return v.post("/progress", url.Values{"number": {w.p.number}, "code": {code}})
	}
	for range 20 {
		require.Equal(t, http.StatusOK, ask(w.p.password).status, "right ones are not counted")
	}
	for range mostGuesses {
		require.Equal(t, http.StatusNotFound, ask("0000").status)
	}
	sent := len(w.p.Requests())
	require.Equal(t, http.StatusTooManyRequests, ask("0000").status)
	require.Equal(t, http.StatusTooManyRequests, ask(w.p.password).status, "nor is the right one told by it")
	require.Len(t, w.p.Requests(), sent, "the platform is not asked")
	w.p.Clock().Advance(guessesRest + 1)
	require.Equal(t, http.StatusOK, ask(w.p.password).status)
}

// A platform's dialect may read a wrong check code as a refusal of another kind.
func TestEveryRefusalCountsAsAGuess(t *testing.T) {
	t.Parallel()
	for _, kind := range []zwfw.Kind{zwfw.PermissionDenied, zwfw.NotRealName, zwfw.WrongState, zwfw.Conflict} {
		w := newWebsite(t)
		v := w.visitor(t)
		ask := func() int {
			return v.post("/progress", url.Values{"number": {w.p.number}, "code": {"0000"}}).status
		}
		w.p.Faults().Always("portal.CaseProgress", sandbox.Refuse(kind))
		for range mostGuesses {
			require.NotEqual(t, http.StatusTooManyRequests, ask(), kind)
		}
		require.Equal(t, http.StatusTooManyRequests, ask(), kind)
	}
	w := newWebsite(t)
	v := w.visitor(t)
	w.p.Faults().Always("portal.CaseProgress", sandbox.Refuse(zwfw.Busy))
	for range mostGuesses {
		v.post("/progress", url.Values{"number": {w.p.number}, "code": {"0000"}})
	}
	w.p.Faults().Clear()
	require.Equal(t, http.StatusOK, v.post("/progress", url.Values{"number": {w.p.number}, "code": {w.p.password}}).status, "a busy platform judged no code")
}

func TestGuessesAreCountedWithAndWithoutTheProvincesPrefix(t *testing.T) {
	t.Parallel()
	s := &site{settings: settings{platform: portal.Config{ProjectPrefix: "23"}}}
	require.Equal(t, s.guessed("HLJ1"), s.guessed("23HLJ1"))
	require.NotEqual(t, s.guessed("HLJ1"), s.guessed("HLJ2"))
}

func TestALongNumberIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.visitor(t)
	sent := len(w.p.Requests())
	for range mostGuesses + 1 { // counted, it would be refused in the end
		page := v.post("/progress", url.Values{"number": {strings.Repeat("1", 51)}, "code": {"0000"}})
		require.Equal(t, http.StatusBadRequest, page.status)
	}
	require.Len(t, w.p.Requests(), sent)
}

func TestOnlineServiceIsReachedSignedInAtTheLevelThatItNeeds(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	items, err := w.client.Items(t.Context(), portal.ItemQuery{Keyword: "测试事项0"})
	require.NoError(t, err)
	id := items.Items[0].RowGUID
	v := w.visitor(t)
	require.Contains(t, v.open("/item?id="+id).text, "/apply?id="+id)
	v.pick(v.open("/my"), w.p.Citizens()[0], "as", "2") // enough for cases
	stepUp := v.open("/apply?id=" + id)
	require.Equal(t, "3", stepUp.at.Query().Get("level"), "too low for this")
	ask := v.pick(stepUp, w.p.Citizens()[0])
	require.Equal(t, "/apply?id="+id, ask.at.RequestURI())
	require.Contains(t, ask.text, "zwfw.example.invalid")
	v.stop = "zwfw.example.invalid"
	gone := v.post("/apply", url.Values{"token": {ask.hidden(t, "token")}, "id": {id}})
	require.Equal(t, http.StatusSeeOther, gone.status)
	to, err := url.Parse(gone.next)
	require.NoError(t, err)
	require.Equal(t, "zwfw.example.invalid", to.Host)
	third, err := portal.New(w.p.PortalConfigOf(1), zwfw.WithClock(w.p.Clock()))
	require.NoError(t, err)
	defer third.Close()
	_, err = third.Exchange(t.Context(), portal.TicketFrom(to.Query()))
	require.NoError(t, err, "the ticket is the other application's")
	require.NotContains(t, w.lines.String(), "ST-")
}

func TestAnItemForCompaniesAsksForOne(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	items, err := w.client.Items(t.Context(), portal.ItemQuery{Keyword: "测试事项1", PageSize: 1})
	require.NoError(t, err)
	require.Equal(t, []portal.ServerType{portal.ServesLegal}, items.Items[0].Serves)
	v := w.signedIn(t, w.p.Citizens()[1])
	page := v.pick(v.open("/apply?id="+items.Items[0].RowGUID), w.p.Citizens()[1])
	require.Contains(t, page.text, w.p.Citizens()[1].Company)
	require.Contains(t, page.text, "法人")
}

func TestTheCodeOfTheRatingPageIsDrawnForTheApplicant(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.signedIn(t, w.p.Citizens()[0])
	picture := v.open("/my/case/code.png?number=" + ours + "&step=3")
	require.Equal(t, "image/png", picture.header.Get("Content-Type"))
	code, err := qr.Decode([]byte(picture.text))
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(code.Text, w.p.URL+"/hlj/evaluate/page?p="))
	require.Contains(t, v.open(code.Text).text, ours)
	require.Equal(t, http.StatusNotFound, v.open("/my/case/code.png?number="+theirs+"&step=3").status)
}

func TestASessionThatThePlatformEndedIsRenewedByOneLogin(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.signedIn(t, w.p.Citizens()[0])
	form := v.open("/my/rate?number=" + ours + "&step=3")
	w.p.Faults().Always("portal.Case", sandbox.Refuse(zwfw.TokenInvalid))
	refused := v.post("/my/rate?number="+ours+"&step=3", url.Values{"token": {form.hidden(t, "token")}, "number": {ours}, "step": {"3"}, "level": {"5"}})
	require.Equal(t, http.StatusUnauthorized, refused.status, "a form is not sent again by itself")
	require.Contains(t, refused.text, "请先登录")
	require.Contains(t, refused.text, "/sso/login?back=%2Fmy%2Frate%3Fnumber%3D"+ours, "back to the form")
	w.p.Faults().Clear()
	again := v.open("/sso/login?back=/my")
	require.Equal(t, "/my", again.at.Path)
	require.Equal(t, http.StatusOK, again.status)
}

func TestAPlatformThatIsDownIsSaidInTheCitizensWords(t *testing.T) {
	t.Parallel()
	w := newWebsite(t)
	v := w.signedIn(t, w.p.Citizens()[0])
	w.p.Faults().Always("portal.MyCases", sandbox.Refuse(zwfw.Busy))
	page := v.open("/my")
	require.Equal(t, http.StatusServiceUnavailable, page.status)
	_, err := w.client.MyCases(t.Context(), portal.MyCasesQuery{Token: zwfw.NewSecret("x")})
	require.Contains(t, page.text, zwfw.AdviceFor(err).Citizen.ZH)
	require.NotContains(t, page.text, "portal")
}
