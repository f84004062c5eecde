package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// portalSignIn is a browser's session at the platform.
type portalSignIn struct {
	citizen string
	legal   bool
	level   int
}

// portalTicket is a login ticket.
type portalTicket struct {
	portalSignIn
	app     string
	browser string // cookie of the browser's session
	until   time.Time
	usedAt  time.Time
	token   string // what it was exchanged for
}

// portalToken is a website's session.
type portalToken struct {
	portalSignIn
	app       string
	browser   string
	sessionID string
	until     time.Time
}

const portalCookie = "sandbox_sso"

// page answers what browsers ask for.
func (s *portalSide) page(x *exchange, path string) bool {
	if x.r.Method != http.MethodGet {
		return false
	}
	q := x.r.URL.Query()
	switch path {
	case "/sso/login":
		s.begin(x, "LoginPage")
		s.loginPage(x, q, q.Get("appMark"), q.Get("redirectUri"), s.setup.TicketName)
	case "/unified-sso/user/sendLogin":
		s.begin(x, "LoginPage")
		mark, redirect := s.siteOf(q.Get("paramKey"))
		s.loginPage(x, q, mark, redirect, "verid")
	case "/sso/logout":
		s.begin(x, "LogoutPage")
		s.logoutPage(x, q)
	case "/trust/logout":
		s.begin(x, "LogoutPage")
		s.endBrowser(x)
		s.leave(x, q.Get("backUrl"))
	case "/evaluate/page":
		s.begin(x, "EvaluatePage")
		s.evaluatePage(x, q)
	default:
		return false
	}
	return true
}

// siteOf finds the application of a paramKey and its return address.
func (s *portalSide) siteOf(paramKey string) (mark, redirect string) {
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	for _, d := range s.desks {
		if paramKey != "" && d.app.ParamKey == paramKey {
			return d.app.Mark, d.app.Redirects[len(d.app.Redirects)-1]
		}
	}
	return "", ""
}

// refusePage answers a browser in JSON, as the platform does.
func (s *portalSide) refusePage(x *exchange, code, text string) {
	x.entry.Answer = code
	data := jsonx.AppendString(nil, text)
	s.send(x, http.StatusOK, "application/json; charset=UTF-8", fmt.Sprintf(`{"code":%q,"message":%s,"data":{}}`, code, data))
}

func (s *portalSide) send(x *exchange, status int, contentType, body string) {
	x.w.Header().Set("Cache-Control", "no-store")
	x.send(status, contentType, []byte(body), s.p)
}

// loginPage checks the request and lets the visitor pick who logs in. With pick=<UserID>
// it goes on at once, with cancel=1 it goes back, and a browser that is signed in passes.
func (s *portalSide) loginPage(x *exchange, q url.Values, mark, redirect, ticketName string) {
	level, _ := strconv.Atoi(q.Get("level"))
	legal := q.Get("userType") == "2"
	s.p.mu.Lock()
	d := s.app(mark)
	known := d != nil && slices.Contains(d.app.Redirects, redirect)
	s.p.mu.Unlock()
	switch {
	case d == nil || d.app.Blocked:
		s.refusePage(x, "4010", portalTexts[zwfw.CallerDenied])
		return
	case !known:
		s.refusePage(x, "4030", "redirectUri未登记")
		return
	case ticketName != "verid" && q.Get("state") == "":
		s.refusePage(x, "4001", "必填项缺失")
		return
	case q.Get("cancel") != "":
		s.back(x, redirect, q.Get("state"), "", "")
		return
	}
	in, browser, picked := s.visitor(x, q, legal)
	enough := in != nil && in.legal == legal && (in.level >= level || picked && s.setup.LowLevel)
	if !enough {
		s.send(x, http.StatusOK, "text/html; charset=utf-8", s.choice(x.r.URL, legal, level, picked))
		return
	}
	ticket := "ST-" + s.p.hex(32)
	s.p.mu.Lock()
	s.tickets[ticket] = &portalTicket{portalSignIn: *in, app: mark, browser: browser, until: x.now.Add(s.setup.TicketLife)}
	s.p.mu.Unlock()
	x.entry.Effect = true
	s.back(x, redirect, q.Get("state"), ticketName, ticket)
}

// visitor is who stands before the page: just picked, or known by the browser's cookie.
func (s *portalSide) visitor(x *exchange, q url.Values, legal bool) (in *portalSignIn, browser string, picked bool) {
	fresh := s.p.hex(32)
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if pick := q.Get("pick"); pick != "" {
		c := s.p.citizen(pick)
		if c.UserID == "" || legal && c.Company == "" {
			return nil, "", true
		}
		level := levelOf(c)
		if as, err := strconv.Atoi(q.Get("as")); err == nil && as < level {
			level = as
		}
		in = &portalSignIn{citizen: c.UserID, legal: legal, level: level}
		s.signIns[fresh] = in
		http.SetCookie(x.w, &http.Cookie{Name: portalCookie, Value: fresh, Path: portalPrefix, HttpOnly: true, SameSite: http.SameSiteLaxMode})
		return in, fresh, true
	}
	if cookie, err := x.r.Cookie(portalCookie); err == nil {
		return s.signIns[cookie.Value], cookie.Value, false
	}
	return nil, "", false
}

// levelOf is how well a citizen is verified.
func levelOf(c Citizen) int {
	if c.RealName {
		return 3
	}
	return 1
}

// choice is the page with the citizens.
func (s *portalSide) choice(here *url.URL, legal bool, level int, picked bool) string {
	var b strings.Builder
	b.WriteString("<!doctype html><meta charset=utf-8><title>模拟统一身份认证</title><h1>模拟平台：选择登录人</h1>")
	if picked {
		b.WriteString("<p class=error>该用户不能按要求登录（类型不符或实名等级不足）。</p>")
	}
	link := func(name, value, text string) {
		q := here.Query()
		q.Set(name, value)
		fmt.Fprintf(&b, "<p><a href=\"?%s\">%s</a>", html.EscapeString(q.Encode()), html.EscapeString(text))
	}
	for _, c := range s.p.citizens {
		switch {
		case legal && c.Company != "":
			link("pick", c.UserID, c.Company+"（经办人 "+c.Name.Reveal()+"）")
		case !legal && (levelOf(c) >= level || s.setup.LowLevel):
			link("pick", c.UserID, c.Name.Reveal()+"（实名等级 "+strconv.Itoa(levelOf(c))+"）")
		}
	}
	link("cancel", "1", "取消")
	return b.String()
}

// back returns the browser with a ticket, or without one.
func (s *portalSide) back(x *exchange, redirect, state, name, ticket string) {
	q := url.Values{}
	if ticket != "" {
		q.Set(name, ticket)
	}
	if state != "" && name != "verid" {
		q.Set("state", state)
	}
	mark := "?"
	if strings.Contains(redirect, "?") {
		mark = "&"
	}
	x.entry.Answer = "302"
	x.w.Header().Set("Location", redirect+mark+q.Encode())
	s.send(x, http.StatusFound, "text/plain", "")
}

// logoutPage ends a website's session and the browser's.
func (s *portalSide) logoutPage(x *exchange, q url.Values) {
	s.p.mu.Lock()
	t := s.tokens[q.Get("token")]
	switch {
	case t == nil || x.now.After(t.until): // who is signed out already is not told off
		s.p.mu.Unlock()
		s.endBrowser(x)
		s.leave(x, q.Get("backUrl"))
		return
	case t.app != q.Get("appMark"):
		s.p.mu.Unlock()
		s.refusePage(x, "4030", portalTexts[zwfw.PermissionDenied])
		return
	}
	delete(s.tokens, q.Get("token"))
	delete(s.signIns, t.browser)
	s.p.mu.Unlock()
	x.entry.Effect = true
	s.endBrowser(x)
	s.leave(x, q.Get("backUrl"))
}

// endBrowser forgets who the browser is.
func (s *portalSide) endBrowser(x *exchange) {
	if cookie, err := x.r.Cookie(portalCookie); err == nil {
		s.p.mu.Lock()
		delete(s.signIns, cookie.Value)
		s.p.mu.Unlock()
	}
	http.SetCookie(x.w, &http.Cookie{Name: portalCookie, Path: portalPrefix, MaxAge: -1, HttpOnly: true})
}

// leave sends the browser on, to the origin of a registered address alone.
func (s *portalSide) leave(x *exchange, to string) {
	if to == "" || !s.registered(to) {
		s.send(x, http.StatusOK, "text/html; charset=utf-8", "<!doctype html><meta charset=utf-8><title>已退出</title><h1>已退出登录</h1>")
		return
	}
	x.entry.Answer = "302"
	x.w.Header().Set("Location", to)
	s.send(x, http.StatusFound, "text/plain", "")
}

func (s *portalSide) registered(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	for _, d := range s.desks {
		for _, redirect := range d.app.Redirects {
			if r, err := url.Parse(redirect); err == nil && r.Scheme == u.Scheme && r.Host == u.Host {
				return true
			}
		}
	}
	return false
}

// evaluatePage shows what the parameters say; rating itself is the API's.
func (s *portalSide) evaluatePage(x *exchange, q url.Values) {
	var in struct{ ProjNo, ServiceCode, BackURL string }
	once, err := base64.StdEncoding.DecodeString(q.Get("p"))
	if err == nil {
		once, err = base64.StdEncoding.DecodeString(string(once))
	}
	if err == nil {
		err = json.Unmarshal(once, &in)
	}
	if err != nil || in.ProjNo == "" {
		s.refusePage(x, "4000", portalTexts[zwfw.BadRequest])
		return
	}
	s.p.mu.Lock()
	_, known := s.cases[in.ProjNo]
	s.p.mu.Unlock()
	if !known {
		s.refusePage(x, "4040", portalTexts[zwfw.NotFound])
		return
	}
	s.send(x, http.StatusOK, "text/html; charset=utf-8",
		"<!doctype html><meta charset=utf-8><title>好差评</title><h1>请评价办件 "+html.EscapeString(in.ProjNo)+"</h1>")
}
