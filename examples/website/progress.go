package main

import (
	"net/http"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// asked is the page of the public query: the form, and the answer.
type asked struct {
	Number  string
	Message zwfw.Text // what was wrong
	Case    *portal.Case
}

var progressTitle = zwfw.Text{ZH: "办件进度查询", EN: "Case progress"}

func (s *site) serveProgress(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "progress", progressTitle, asked{})
}

// takeProgress (办件进度查询) answers by number and check code, which comes in a form's body:
// addresses are written into logs.
func (s *site) takeProgress(w http.ResponseWriter, r *http.Request) {
	about := asked{Number: strings.TrimSpace(r.PostFormValue("number"))}
	fail := func(status int, message zwfw.Text) {
		about.Message = message
		s.show(w, r, status, "progress", progressTitle, about)
	}
	code := strings.TrimSpace(r.PostFormValue("code"))
	if about.Number == "" || code == "" {
		fail(http.StatusBadRequest, zwfw.Text{ZH: "请填写办件编号和查询密码", EN: "Please fill in both fields"})
		return
	}
	if len(about.Number) > longestNumber || len(code) > longestNumber {
		about.Number = ""
		fail(http.StatusBadRequest, zwfw.Text{ZH: "办件编号或查询密码过长", EN: "The number or the code is too long"})
		return
	}
	guessed := s.guessed(about.Number)
	if !s.guesses.begin(guessed) {
		s.logger.WarnContext(r.Context(), "website", "page", r.URL.Path, "refused", "too many wrong check codes")
		fail(http.StatusTooManyRequests, zwfw.Text{ZH: "错误次数过多，请稍后再试，或登录查看", EN: "Too many wrong codes; try later, or sign in to see your cases"})
		return
	}
	found, err := s.client.CaseProgress(r.Context(), about.Number, zwfw.NewSecret(code))
	if !judged(err) {
		s.guesses.well(guessed)
	}
	switch kind := zwfw.KindOf(err); {
	case err == nil:
		about.Case = found
		s.show(w, r, http.StatusOK, "progress", progressTitle, about)
	case kind == zwfw.BadRequest, kind == zwfw.NotFound, kind == zwfw.PermissionDenied:
		fail(http.StatusNotFound, zwfw.AdviceFor(err).Citizen)
	default:
		s.failed(w, r, err)
	}
}

// longestNumber is the platform's limit of both fields.
const longestNumber = 50

// judged reports whether the platform looked at a check code and said no. Its dialect may
// name that in many ways: every refusal counts, but those of a platform that has no time.
func judged(err error) bool {
	if err == nil || zwfw.OutcomeOf(err) != zwfw.OutcomeRefused {
		return false
	}
	switch zwfw.KindOf(err) {
	case zwfw.Busy, zwfw.RateLimited, zwfw.Upstream:
		return false
	}
	return true
}

// guessed is what guesses of a case are counted under: its number without the province's
// prefix, for the client finds it with and without.
func (s *site) guessed(number string) string {
	return strings.TrimPrefix(number, s.settings.platform.ProjectPrefix)
}
