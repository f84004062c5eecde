package main

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
)

// site is the website: its pages, and what they share.
type site struct {
	client   *portal.Client
	settings settings
	logger   *slog.Logger
	signOn   *portal.SignOn
	forms    forms
	guesses  *guesses
	policy   string // Content-Security-Policy
}

// newSite makes the whole website: its pages under the sign-on.
func newSite(client *portal.Client, settings settings, logger *slog.Logger) (http.Handler, error) {
	s := &site{client: client, settings: settings, logger: logger, forms: newForms(), guesses: newGuesses(client.Now)}
	login, err := client.LoginURL(portal.LoginRequest{Redirect: settings.callback(), State: portal.NewState()})
	if err != nil {
		return nil, err
	}
	s.policy = contentPolicy(originOf(login), settings.platform.ServiceHosts)
	s.signOn, err = portal.NewSignOn(client, portal.SignOnConfig{
		Callback: settings.callback(), PlainHTTP: settings.plainHTTP(), Logger: logger, Fail: s.signOnFailed,
	})
	if err != nil {
		return nil, err
	}
	return s.headers(s.signOn.Handler(s.routes())), nil
}

// routes are the pages. Those under /my are for users whose names are verified.
func (s *site) routes() http.Handler {
	user := func(next http.HandlerFunc) http.Handler {
		return s.signOn.Require(portal.Need{Level: portal.LevelPrimary}, next)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.serveHome)
	mux.HandleFunc("GET /item", s.serveItem)
	mux.HandleFunc("GET /apply", s.serveApply) // asks for what its item needs
	mux.Handle("POST /apply", user(s.takeApply))
	mux.HandleFunc("GET /progress", s.serveProgress)
	mux.HandleFunc("POST /progress", s.takeProgress)
	mux.Handle("GET /my", user(s.serveCases))
	mux.Handle("GET /my/case", user(s.serveCase))
	mux.Handle("GET /my/case/code.png", user(s.serveCode))
	mux.Handle("GET /my/rate", user(s.serveRate))
	mux.Handle("POST /my/rate", user(s.takeRate))
	mux.HandleFunc("POST /language", s.serveLanguage)
	mux.HandleFunc("GET /style.css", serveStyle)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.trouble(w, r, http.StatusNotFound, zwfw.Text{ZH: "没有这个网页", EN: "There is no such page"}, "")
	})
	protection := new(http.CrossOriginProtection)
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.logger.WarnContext(r.Context(), "website", "page", r.URL.Path, "refused", "cross-site request")
		s.trouble(w, r, http.StatusForbidden, portal.ReasonCrossSite.Text(), "")
	}))
	return protection.Handler(mux)
}

// headers go with every answer, the sign-on's too.
func (s *site) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", s.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin") // addresses hold project numbers
		h.Set("Cache-Control", "no-store")      // each page names its visitor
		if !s.settings.plainHTTP() {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

// contentPolicy lets pages show what this site has and run nothing. Browsers hold the
// targets of forms to it through redirects: a logout ends at the platform, 在线办理 at its
// host.
func contentPolicy(platform string, serviceHosts []string) string {
	targets := []string{"'self'", platform}
	for _, host := range serviceHosts {
		targets = append(targets, "https://"+host)
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action " + strings.Join(targets, " ")
}

// signOnFailed shows a sign-on that ended, in the visitor's language.
func (s *site) signOnFailed(w http.ResponseWriter, r *http.Request, f portal.SignOnFailure) {
	s.trouble(w, r, f.Reason.Status(), f.Reason.Text(), f.Again)
}

// failed shows what a call of the platform came back with.
func (s *site) failed(w http.ResponseWriter, r *http.Request, err error) {
	s.logger.WarnContext(r.Context(), "website", "page", r.URL.Path, "kind", string(zwfw.KindOf(err)), "error", err.Error())
	status := http.StatusBadGateway
	switch {
	case errors.Is(err, zwfw.TokenInvalid):
		s.signOn.SignInAgain(w, r)
		return
	case errors.Is(err, zwfw.NotFound), errors.Is(err, zwfw.PermissionDenied):
		// Whether a case of somebody else's exists is nobody's business.
		s.trouble(w, r, http.StatusNotFound, zwfw.Text{ZH: "没有找到，或不是您的办件", EN: "Not found, or not yours"}, "")
		return
	case errors.Is(err, zwfw.BadRequest):
		status = http.StatusBadRequest
	case errors.Is(err, zwfw.Conflict), errors.Is(err, zwfw.WrongState):
		status = http.StatusConflict
	case errors.Is(err, zwfw.RateLimited), errors.Is(err, zwfw.Busy):
		status = http.StatusServiceUnavailable
	}
	s.trouble(w, r, status, zwfw.AdviceFor(err).Citizen, "")
}
