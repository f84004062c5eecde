package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// forms makes and checks the token that stands in every form of a signed-in visitor. It is
// derived from the session, so that nothing has to be kept; another node of the same
// website needs the same key.
type forms struct{ key []byte }

func newForms() forms {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return forms{key}
}

func (f forms) token(v *portal.Visitor) string {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte(v.Session.Token.Reveal()))
	return hex.EncodeToString(mac.Sum(nil))
}

// own gives the visitor of a form that came from a page of this visitor's; nil otherwise,
// and the refusal has been shown.
func (s *site) own(w http.ResponseWriter, r *http.Request) *portal.Visitor {
	v := portal.VisitorFrom(r.Context())
	if v == nil || !hmac.Equal([]byte(r.PostFormValue("token")), []byte(s.forms.token(v))) {
		s.logger.WarnContext(r.Context(), "website", "page", r.URL.Path, "refused", "form without this session's token")
		s.trouble(w, r, http.StatusForbidden, zwfw.Text{ZH: "页面已失效，请返回后重试", EN: "This page is out of date; go back and try again"}, "")
		return nil
	}
	return v
}
