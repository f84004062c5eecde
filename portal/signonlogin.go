package portal

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw"
)

// loginPlan is what is remembered of a login until it comes back.
type loginPlan struct {
	Browser string   `json:"browser"` // name of the browser that began it
	Back    string   `json:"back"`
	Type    UserType `json:"type,omitempty"`
	Level   Level    `json:"level,omitempty"`
	Second  bool     `json:"second,omitempty"` // began by itself after a refused ticket
}

const (
	loginLife = 10 * time.Minute // as the contract has it
	// loopTime is how long after a login a browser without a session is going round.
	loopTime = time.Minute
)

// serveLogin begins a login by hand.
func (s *SignOn) serveLogin(w http.ResponseWriter, r *http.Request) {
	private(w)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	case r.Method == http.MethodHead || isPrefetch(r):
		w.WriteHeader(http.StatusNoContent)
		return
	}
	q := r.URL.Query()
	plan := loginPlan{Back: q.Get("back")}
	if t := UserType(q.Get("type")); t == UserPerson || t == UserLegal {
		plan.Type = t
	}
	if level, err := strconv.Atoi(q.Get("level")); err == nil && level > 0 && level < 10 {
		plan.Level = Level(level)
	}
	if visitOf(s.known(r).Context()).lacks(Need{plan.Level, plan.Type}) == "" {
		s.leave(w, r, plan.Back)
		return
	}
	s.begin(w, r, plan, false)
}

// leave sends the browser to a path of this site.
func (s *SignOn) leave(w http.ResponseWriter, r *http.Request, back string) {
	path := localPath(back)
	if path == "" {
		path = s.config.Home
		switch {
		case len(back) > maxBack:
			s.log(r.Context(), slog.LevelWarn, "led home", ReasonLongAddress, nil)
		case back != "":
			s.log(r.Context(), slog.LevelWarn, "led home", ReasonOtherSite, nil)
		}
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}

// begin remembers a login and sends the browser to the platform. By itself it does so for
// no browser that has logged in just now.
func (s *SignOn) begin(w http.ResponseWriter, r *http.Request, plan loginPlan, byItself bool) {
	private(w)
	if len(plan.Back) > maxBack {
		s.log(r.Context(), slog.LevelWarn, "led home", ReasonLongAddress, nil)
		plan.Back = ""
	}
	again := s.again(plan.Back, Need{plan.Level, plan.Type})
	browser := s.cookie(r, s.loginCookie)
	if byItself {
		done, err := s.justLoggedIn(r, browser)
		if done || err != nil {
			s.fail(w, r, SignOnFailure{Reason: reasonOf(err, ReasonLoop), Err: err, Again: again})
			return
		}
	}
	if browser == "" {
		browser = rand.Text()
	}
	state := NewState()
	address, err := s.client.LoginURL(LoginRequest{Redirect: s.config.Callback, State: state, UserType: plan.Type, Level: plan.Level})
	if err != nil {
		s.fail(w, r, SignOnFailure{Reason: ReasonConfiguration, Err: err})
		return
	}
	if s.client.byRef {
		state = browser // nothing else comes back
	}
	plan.Browser = name(classLogin, browser)
	data, _ := json.Marshal(plan) // texts and numbers cannot fail
	err = s.config.Store.Put(r.Context(), SessionRecord{Name: name(classLogin, state), Data: data, Expires: time.Now().Add(loginLife), Passing: true})
	if err != nil {
		s.fail(w, r, SignOnFailure{Reason: ReasonStore, Err: err, Again: again})
		return
	}
	s.setCookie(w, s.loginCookie, browser, int(loginLife/time.Second))
	s.log(r.Context(), slog.LevelInfo, "begun", "", nil)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// justLoggedIn tells a browser whose session was lost: by its mark, or, since a browser that
// loses what the return address sets loses the mark too, by the cookie that its login began
// with.
func (s *SignOn) justLoggedIn(r *http.Request, browser string) (bool, error) {
	if s.cookie(r, s.doneCookie) != "" {
		return true, nil
	}
	if browser == "" {
		return false, nil
	}
	_, done, err := s.config.Store.Get(r.Context(), name(classDone, browser))
	return done, err
}

// reasonOf is the store's fault if there is one.
func reasonOf(err error, otherwise SignOnReason) SignOnReason {
	if err != nil {
		return ReasonStore
	}
	return otherwise
}

// serveCallback is where the platform sends the browser back.
func (s *SignOn) serveCallback(w http.ResponseWriter, r *http.Request) {
	private(w)
	if r.Method != http.MethodGet || isPrefetch(r) {
		w.WriteHeader(http.StatusNoContent) // a preview spends no ticket
		return
	}
	q := r.URL.Query()
	ticket := TicketFrom(q)
	plan, reason, err := s.takePlan(r, q.Get("state"))
	if reason != "" {
		if v := visitOf(s.known(r).Context()); !ticket.IsZero() && v.record != nil {
			if kept, ok := v.read(); ok && zwfw.NewSecret(kept.Ticket).Equal(ticket) { // a refresh
				s.log(r.Context(), slog.LevelInfo, "callback again", "", nil)
				s.leave(w, r, kept.Back)
				return
			}
		}
		s.fail(w, r, SignOnFailure{Reason: reason, Err: err, Again: s.login})
		return
	}
	again := s.again(plan.Back, Need{plan.Level, plan.Type})
	if ticket.IsZero() {
		s.fail(w, r, SignOnFailure{Reason: ReasonCancelled, Again: again})
		return
	}
	kept, err := s.signIn(r, ticket)
	if err != nil {
		if kind := zwfw.KindOf(err); !plan.Second && (kind == zwfw.CodeExpired || kind == zwfw.CodeUsed) {
			s.log(r.Context(), slog.LevelWarn, "begun again", ReasonTicket, err)
			plan.Second = true
			s.begin(w, r, plan, false)
			return
		}
		s.fail(w, r, SignOnFailure{Reason: ticketReason(err), Err: err, Again: again})
		return
	}
	switch {
	case plan.Type != "" && kept.Type != plan.Type:
		s.fail(w, r, SignOnFailure{Reason: ReasonType, Again: again})
	case kept.Level < plan.Level:
		s.fail(w, r, SignOnFailure{Reason: ReasonLevel, Again: again})
	default:
		kept.Back = plan.Back
		s.admit(w, r, kept)
	}
}

// takePlan finds the login that comes back and lets it come back once.
func (s *SignOn) takePlan(r *http.Request, state string) (plan loginPlan, reason SignOnReason, err error) {
	browser := s.cookie(r, s.loginCookie)
	if s.client.byRef {
		if state = browser; state == "" {
			return plan, ReasonOtherBrowser, nil
		}
	}
	if state == "" {
		return plan, ReasonState, nil
	}
	record, ok, err := s.config.Store.Get(r.Context(), name(classLogin, state))
	switch {
	case err != nil:
		return plan, ReasonStore, err
	case !ok || json.Unmarshal(record.Data, &plan) != nil:
		return plan, ReasonStateUnknown, nil
	case browser == "" || plan.Browser != name(classLogin, browser):
		return plan, ReasonOtherBrowser, nil // it stays, for the browser that it belongs to
	}
	was, err := s.config.Store.Remove(r.Context(), record.Name)
	if err != nil || !was {
		return plan, reasonOf(err, ReasonStateUnknown), err
	}
	return plan, "", nil
}

// ticketReason tells a bad ticket from a platform that gives no answer.
func ticketReason(err error) SignOnReason {
	switch zwfw.KindOf(err) {
	case zwfw.CodeExpired, zwfw.CodeUsed, zwfw.CodeNotFound, zwfw.CodeMalformed, zwfw.CodeTypeUnsupported, zwfw.TokenInvalid, zwfw.BadRequest:
		return ReasonTicket
	case zwfw.NotRealName:
		return ReasonLevel
	}
	return ReasonPlatform
}

// signIn turns a ticket into what is kept of a session.
func (s *SignOn) signIn(r *http.Request, ticket zwfw.Secret) (*keptSession, error) {
	session, err := s.client.Exchange(r.Context(), ticket)
	if err != nil {
		return nil, err
	}
	user := session.User
	if user == nil {
		if user, err = s.client.User(r.Context(), session.Token); err != nil {
			return nil, err
		}
	}
	level := max(user.Level, session.Level)
	if level == 0 {
		level = s.config.AssumeLevel
	}
	if user.UserType == "" {
		return nil, errors.New("portal: sign-on: the platform did not say who logged in")
	}
	return keep(session, user, level), nil
}
