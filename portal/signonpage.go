package portal

import (
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/zwfw-go/zwfw"
)

// SignOnReason is why a sign-on ended in a page.
type SignOnReason string

// The reasons.
const (
	ReasonNotSignedIn   SignOnReason = "not signed in"        // a form or a script without a session
	ReasonState         SignOnReason = "state missing"        // a return without a state
	ReasonStateUnknown  SignOnReason = "state unknown"        // a state that is not ours, is too old or was used
	ReasonOtherBrowser  SignOnReason = "another browser"      // a login that another browser began, or cookies are off
	ReasonCancelled     SignOnReason = "cancelled"            // back without a ticket
	ReasonTicket        SignOnReason = "ticket refused"       // used, expired, or of another application
	ReasonPlatform      SignOnReason = "platform unavailable" // no clear answer; Err tells more
	ReasonLevel         SignOnReason = "level too low"        // after a login that asked for a higher one
	ReasonType          SignOnReason = "wrong user type"      // a person where a legal person is needed, or the other way round
	ReasonLoop          SignOnReason = "loop"                 // the browser has logged in just now and does not know it
	ReasonCrossSite     SignOnReason = "cross-site request"   // a logout that another site asked for
	ReasonStore         SignOnReason = "store unavailable"    // the session store failed
	ReasonOtherSite     SignOnReason = "another site"         // an address to lead back to that is not of this site: log lines only
	ReasonLongAddress   SignOnReason = "address too long"     // an address to lead back to that is not kept: log lines only
	ReasonConfiguration SignOnReason = "configuration"        // the login address could not be made
)

// SignOnFailure is what a fail page is about.
type SignOnFailure struct {
	Reason SignOnReason
	Err    error  // the cause, nil when there is none
	Again  string // an address that begins a login by hand, "" when that makes no sense
}

// pages are the default words and statuses.
var signOnPages = map[SignOnReason]struct {
	status int
	text   zwfw.Text
}{
	ReasonNotSignedIn:   {http.StatusUnauthorized, zwfw.Text{ZH: "请先登录", EN: "Please sign in first"}},
	ReasonState:         {http.StatusBadRequest, zwfw.Text{ZH: "登录请求无效，请重新登录", EN: "This sign-in is not valid; please sign in again"}},
	ReasonStateUnknown:  {http.StatusBadRequest, zwfw.Text{ZH: "登录已超时，请重新登录", EN: "This sign-in is too old; please sign in again"}},
	ReasonOtherBrowser:  {http.StatusBadRequest, zwfw.Text{ZH: "请在同一浏览器登录并允许Cookie", EN: "Sign in and return in one browser, with cookies allowed"}},
	ReasonCancelled:     {http.StatusOK, zwfw.Text{ZH: "您已取消登录", EN: "You did not sign in"}},
	ReasonTicket:        {http.StatusGone, zwfw.Text{ZH: "登录凭证已失效，请重新登录", EN: "This sign-in has expired; please sign in again"}},
	ReasonPlatform:      {http.StatusBadGateway, zwfw.Text{ZH: "登录服务繁忙，请稍后再试", EN: "The sign-in service is busy; please try later"}},
	ReasonLevel:         {http.StatusForbidden, zwfw.Text{ZH: "请先提升实名认证等级", EN: "Please reach a higher real-name level first"}},
	ReasonType:          {http.StatusForbidden, zwfw.Text{ZH: "请切换个人或法人身份登录", EN: "Please sign in as person or legal person"}},
	ReasonLoop:          {http.StatusBadRequest, zwfw.Text{ZH: "登录状态无法保存，请允许Cookie", EN: "Your sign-in cannot be kept; please allow cookies"}},
	ReasonCrossSite:     {http.StatusForbidden, zwfw.Text{ZH: "请在本网站内操作", EN: "Please use this website's own pages"}},
	ReasonStore:         {http.StatusServiceUnavailable, zwfw.Text{ZH: "系统繁忙，请稍后再试", EN: "Service busy; please try later"}},
	ReasonConfiguration: {http.StatusInternalServerError, zwfw.Text{ZH: "系统维护中，请稍后再试", EN: "Service unavailable; please try later"}},
}

// Text gives the default words for the visitor.
func (r SignOnReason) Text() zwfw.Text { return signOnPages[r].text }

// Status gives the HTTP status of the default page.
func (r SignOnReason) Status() int {
	if page, ok := signOnPages[r]; ok {
		return page.status
	}
	return http.StatusInternalServerError
}

// fail logs a failure and shows it.
func (s *SignOn) fail(w http.ResponseWriter, r *http.Request, f SignOnFailure) {
	private(w)
	s.log(r.Context(), slog.LevelWarn, "refused", f.Reason, f.Err)
	s.config.Fail(w, r, f)
}

// again is the address that begins a login by hand.
func (s *SignOn) again(back string, need Need) string {
	q := url.Values{}
	if back = localPath(back); back != "" {
		q.Set("back", back)
	}
	if need.Type != "" {
		q.Set("type", string(need.Type))
	}
	if need.Level > 0 {
		q.Set("level", strconv.Itoa(int(need.Level)))
	}
	if len(q) == 0 {
		return s.login
	}
	return s.login + "?" + q.Encode()
}

// signOnPage is plain on purpose: websites bring their own.
func signOnPage(w http.ResponseWriter, _ *http.Request, f SignOnFailure) {
	text := f.Reason.Text()
	writePage(w, f.Reason.Status(), text.ZH, text.EN, func() string {
		if f.Again == "" {
			return ""
		}
		return fmt.Sprintf("<p><a href=\"%s\">登录 Sign in</a>", html.EscapeString(f.Again))
	}())
}

func writePage(w http.ResponseWriter, status int, zh, en, more string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>%[1]s</title><h1>%[1]s</h1><p lang=en>%[2]s</p>%[3]s\n",
		html.EscapeString(zh), html.EscapeString(en), more)
}
