package portal

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// serveLogout ends a session: here, at the county's login service where there is one, and
// at the platform. Only a page of this site can ask for it.
func (s *SignOn) serveLogout(w http.ResponseWriter, r *http.Request) {
	private(w)
	if r.Method == http.MethodGet {
		writePage(w, http.StatusOK, "退出登录", "Sign out", "<form method=post><button>退出登录 Sign out</button></form>")
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		s.fail(w, r, SignOnFailure{Reason: ReasonCrossSite, Err: err})
		return
	}
	v := visitOf(s.known(r).Context())
	s.setCookie(w, s.sessionCookie, "", -1)
	s.setCookie(w, s.doneCookie, "", -1) // the next login is wanted
	if browser := s.cookie(r, s.loginCookie); browser != "" {
		if _, err := s.config.Store.Remove(r.Context(), name(classDone, browser)); err != nil {
			s.log(r.Context(), slog.LevelError, "store", ReasonStore, err)
		}
	}
	if v.err != nil {
		s.fail(w, r, SignOnFailure{Reason: ReasonStore, Err: v.err})
		return
	}
	kept, ok := (*keptSession)(nil), false
	if v.record != nil {
		kept, ok = v.read()
	}
	if !ok {
		s.leave(w, r, "")
		return
	}
	if _, err := s.config.Store.Remove(r.Context(), v.record.Name); err != nil {
		s.fail(w, r, SignOnFailure{Reason: ReasonStore, Err: err})
		return
	}
	session := kept.session()
	if err := s.client.LogoutLocal(r.Context(), session); err != nil {
		s.log(r.Context(), slog.LevelWarn, "logout", ReasonPlatform, err) // the second step matters more
	}
	s.log(r.Context(), slog.LevelInfo, "signed out", "", nil)
	address, err := s.client.LogoutURL(session, s.origin+s.config.Home)
	if err != nil {
		s.log(r.Context(), slog.LevelWarn, "logout", ReasonConfiguration, err)
		s.leave(w, r, "")
		return
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
}

const (
	maxNotice    = 64 << 10
	noticeWindow = 5 * time.Minute
)

// serveNotice takes the platform's word that a session has ended. It is signed like a call
// of this website's; a repetition does no harm.
func (s *SignOn) serveNotice(w http.ResponseWriter, r *http.Request) {
	private(w)
	if s.desk == nil {
		http.NotFound(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotice))
	if err != nil {
		http.Error(w, http.StatusText(http.StatusRequestEntityTooLarge), http.StatusRequestEntityTooLarge)
		return
	}
	kind, detail := s.takeNotice(r, body)
	a := dock.Answer{At: s.client.Now()}
	if kind != "" {
		a.Failed, a.Code, a.Text = true, s.desk.CodeOf(noticeOp, kind), detail
		if a.Code == "" {
			a.Code = string(kind)
		}
		s.log(r.Context(), slog.LevelWarn, "notice refused", "", kind)
	}
	reply, contentType, err := s.desk.Write(noticeOp, a)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(reply)
}

const noticeOp = "LogoutNotice"

// takeNotice checks a notice and ends the session; "" is done.
func (s *SignOn) takeNotice(r *http.Request, body []byte) (zwfw.Kind, string) {
	q, fault := s.desk.Read(noticeOp, r, body)
	switch {
	case fault != nil:
		return fault.Kind, "报文错误"
	case q.Verify() != nil:
		return zwfw.Signature, "签名错误"
	case !q.At.IsZero() && q.At.Sub(s.client.Now()).Abs() > noticeWindow:
		return zwfw.ClockSkew, "时间戳超出允许范围"
	}
	var in portalwire.LogoutNotice
	if fault := q.Decode(&in); fault != nil {
		return fault.Kind, "报文错误"
	}
	for _, secret := range []string{in.Token.Reveal(), in.SessionID.Reveal()} {
		if secret == "" {
			continue
		}
		alias, ok, err := s.config.Store.Get(r.Context(), name(classAlias, secret))
		if err == nil && ok {
			_, err = s.config.Store.Remove(r.Context(), string(alias.Data))
		}
		if err != nil {
			s.log(r.Context(), slog.LevelError, "store", ReasonStore, err)
			return zwfw.Busy, "系统繁忙"
		}
	}
	s.log(r.Context(), slog.LevelInfo, "signed out by notice", "", nil)
	return "", ""
}
