package main

import (
	"net/http"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// language is what a page is written in.
type language string

const (
	chinese language = "zh-CN"
	english language = "en"
)

const languageCookie = "website_language"

// pick gives a text in the page's language.
func (l language) pick(t zwfw.Text) string {
	if l == english {
		return t.EN
	}
	return t.ZH
}

// languageOf reads the visitor's choice. It is Chinese without one.
func languageOf(r *http.Request) language {
	if c, err := r.Cookie(languageCookie); err == nil && c.Value == string(english) {
		return english
	}
	return chinese
}

// serveLanguage keeps a choice and goes back to the page it was made on.
func (s *site) serveLanguage(w http.ResponseWriter, r *http.Request) {
	to := chinese
	if r.PostFormValue("to") == string(english) {
		to = english
	}
	http.SetCookie(w, &http.Cookie{
		Name: languageCookie, Value: string(to), Path: "/", MaxAge: 365 * 24 * 60 * 60, HttpOnly: true, Secure: !s.settings.plainHTTP(), SameSite: http.SameSiteLaxMode,
	})
	http.Redirect(w, r, ownPath(r.PostFormValue("back")), http.StatusSeeOther)
}

// statusText names a case's state.
func statusText(s portal.CaseStatus) zwfw.Text {
	switch s {
	case portal.CaseWaiting:
		return zwfw.Text{ZH: s.Name(), EN: "Waiting for acceptance"}
	case portal.CaseAccepted:
		return zwfw.Text{ZH: s.Name(), EN: "Accepted"}
	case portal.CaseFinished:
		return zwfw.Text{ZH: s.Name(), EN: "Completed"}
	}
	return zwfw.Text{ZH: string(s), EN: string(s)} // a local one
}

// meaningText says how a case ended.
func meaningText(m portal.Meaning) zwfw.Text {
	en := map[portal.Meaning]string{
		portal.ResultGranted: "Granted", portal.ResultRefused: "Refused", portal.ResultReturned: "Returned", portal.ResultNotAccepted: "Not accepted",
		portal.ResultVoid: "Void", portal.ResultDeleted: "Deleted", portal.ResultPassedUpward: "Passed upward", portal.ResultNoSupplement: "Supplement not received",
		portal.ResultCompleted: "Completed", portal.ResultCertificate: "Completed with a certificate",
	}[m]
	return orChinese(string(m), en)
}

// stageText names a step: by its code in English, in the platform's words in Chinese.
func stageText(s portal.Stage) zwfw.Text {
	return orChinese(s.Name, map[string]string{"01": "Acceptance", "02": "Review", "03": "Decision", "04": "Completion"}[s.Event])
}

// stepText names a step to rate.
func stepText(number int, name string) zwfw.Text {
	return orChinese(name, map[int]string{1: "Application", 2: "Acceptance", 3: "Completion"}[number])
}

func orChinese(zh, en string) zwfw.Text {
	if en == "" {
		en = zh
	}
	return zwfw.Text{ZH: zh, EN: en}
}

// satisfactions are the five levels of 好差评, the best first.
var satisfactions = []struct {
	Level int
	Name  zwfw.Text
}{
	{5, zwfw.Text{ZH: "非常满意", EN: "Very satisfied"}}, {4, zwfw.Text{ZH: "满意", EN: "Satisfied"}}, {3, zwfw.Text{ZH: "基本满意", EN: "Fairly satisfied"}},
	{2, zwfw.Text{ZH: "不满意", EN: "Dissatisfied"}}, {1, zwfw.Text{ZH: "非常不满意", EN: "Very dissatisfied"}},
}
