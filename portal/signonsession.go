package portal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Visitor is who is signed in.
type Visitor struct {
	User    User
	Session Session // for MyCases, Evaluate, ServiceURL and the like
	Since   time.Time
	Until   time.Time // when the session ends at the latest
}

// VisitorFrom gives the visitor of a request that came through [SignOn.Handler]; nil when
// nobody is signed in. Each call gives a copy of its own.
func VisitorFrom(ctx context.Context) *Visitor {
	if v := visitOf(ctx); v != nil && v.record != nil {
		if kept, ok := v.read(); ok {
			return kept.visitor()
		}
	}
	return nil
}

// visit is what a request's cookie led to, and the context that carries it.
type visit struct {
	context.Context
	record *SessionRecord // nil when nobody is signed in; never written to
	err    error          // the store's
}

type visitKey struct{}

// Value gives the visit itself under its key.
func (v *visit) Value(key any) any {
	if key == (visitKey{}) {
		return v
	}
	return v.Context.Value(key)
}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// known puts the visit into the request's context.
func (s *SignOn) known(r *http.Request) *http.Request {
	v := &visit{Context: r.Context()}
	if cookie := cookieValue(r.Header["Cookie"], s.sessionCookie); cookie != "" && len(cookie) <= maxCookie {
		record, now, err := s.session(v.Context, cookie)
		switch {
		case err != nil:
			v.err = err
			s.log(r.Context(), slog.LevelError, "store", ReasonStore, err)
		case record != nil:
			v.record = record
			if record.Expires.Sub(now) <= s.config.Idle*9/10 {
				s.touch(v, now)
			}
		}
	}
	return r.WithContext(v)
}

// session finds what a cookie stands for. It is on the way of every request.
func (s *SignOn) session(ctx context.Context, cookie string) (*SessionRecord, time.Time, error) {
	if s.memory != nil {
		if record, now := s.memory.session(cookie); record != nil {
			return record, now, nil
		}
	}
	session := name(classSession, cookie)
	record, ok, err := s.config.Store.Get(ctx, session)
	if err != nil || !ok || len(record.Data) <= 2 {
		return nil, time.Time{}, err
	}
	if s.memory != nil {
		s.memory.remember(cookie, session)
	}
	return &record, time.Now(), nil
}

// cookieValue gives the first cookie of a name, without the copies that Request.Cookie makes
// of all of them. Our values need no quotes.
func cookieValue(lines []string, name string) string {
	for _, line := range lines {
		for line != "" {
			var pair string
			pair, line, _ = strings.Cut(line, ";")
			pair = strings.TrimLeft(pair, " \t")
			if len(pair) > len(name) && pair[len(name)] == '=' && pair[:len(name)] == name {
				return strings.TrimRight(pair[len(name)+1:], " \t")
			}
		}
	}
	return ""
}

// touch lets an idle time begin anew, once a tenth of it has passed: most requests write
// nothing.
func (s *SignOn) touch(v *visit, now time.Time) {
	kept, ok := v.read()
	if !ok {
		return
	}
	later := earlier(now.Add(s.config.Idle), kept.Until)
	if !later.After(v.record.Expires) {
		return
	}
	record := *v.record
	record.Expires, record.Renewal = later, true
	if err := s.config.Store.Put(v, record); err != nil {
		s.log(v, slog.LevelError, "store", ReasonStore, err)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// The first two bytes of a session's data tell type and level, so that pages which ask for
// no more read no more.
func (v *visit) userType() UserType { return UserType(v.record.Data[:1]) }
func (v *visit) level() Level       { return Level(v.record.Data[1] - '0') }

// lacks says what a visit lacks of a need, "" for nothing.
func (v *visit) lacks(need Need) SignOnReason {
	switch {
	case v.err != nil:
		return ReasonStore
	case v.record == nil:
		return ReasonNotSignedIn
	case need.Type != "" && v.userType() != need.Type:
		return ReasonType
	case v.level() < need.Level:
		return ReasonLevel
	}
	return ""
}

func (v *visit) read() (*keptSession, bool) {
	kept := new(keptSession)
	err := json.Unmarshal(v.record.Data[2:], kept)
	return kept, err == nil
}

// keptSession is a session as the store has it: plain, since the store seals it or is this
// process's memory.
type keptSession struct {
	Token     string    `json:"token"`
	Ticket    string    `json:"ticket"`
	SessionID string    `json:"sessionId,omitempty"`
	Expires   time.Time `json:"expires,omitzero"`
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until"`
	Back      string    `json:"back"`

	Type  UserType     `json:"type"`
	Level Level        `json:"level"`
	Self  *keptPerson  `json:"person,omitempty"`
	Agent *keptPerson  `json:"agent,omitempty"`
	Legal *keptCompany `json:"legal,omitempty"`
}

type keptPerson struct {
	UserID, LoginName, Name, CertType, CertNo, Mobile, Sex, Nation string
	Level                                                          Level
	Role                                                           Role
}

type keptCompany struct{ CorpID, Name, CreditCode, OrgType, LegalName string }

func keep(s *Session, u *User, level Level) *keptSession {
	k := &keptSession{
		Token: s.Token.Reveal(), Ticket: s.Ticket.Reveal(), SessionID: s.SessionID.Reveal(), Expires: s.Expires,
		Type: u.UserType, Level: min(level, 9), Self: keepPerson(u.Person), Agent: keepPerson(u.Agent),
	}
	if c := u.Legal; c != nil {
		k.Legal = &keptCompany{c.CorpID, c.Name, c.CreditCode, c.OrgType, c.LegalName.Reveal()}
	}
	return k
}

func keepPerson(p *Person) *keptPerson {
	if p == nil {
		return nil
	}
	return &keptPerson{
		p.UserID.Reveal(), p.LoginName.Reveal(), p.Name.Reveal(), p.CertType, p.CertNo.Reveal(), p.Mobile.Reveal(), p.Sex, p.Nation, p.Level, p.Role,
	}
}

func (k *keptPerson) person() *Person {
	if k == nil {
		return nil
	}
	return &Person{
		UserID: zwfw.NewSecret(k.UserID), LoginName: zwfw.NewSecret(k.LoginName), Name: zwfw.NewPersonName(k.Name), CertType: k.CertType,
		CertNo: zwfw.NewIDNumber(k.CertNo), Mobile: zwfw.NewPhone(k.Mobile), Sex: k.Sex, Nation: k.Nation, Level: k.Level, Role: k.Role,
	}
}

func (k *keptSession) visitor() *Visitor {
	v := &Visitor{
		User: User{UserType: k.Type, Level: k.Level, Person: k.Self.person(), Agent: k.Agent.person()}, Session: *k.session(), Since: k.Since, Until: k.Until,
	}
	if c := k.Legal; c != nil {
		v.User.Legal = &Corporation{CorpID: c.CorpID, Name: c.Name, CreditCode: c.CreditCode, OrgType: c.OrgType, LegalName: zwfw.NewPersonName(c.LegalName)}
	}
	return v
}

func (k *keptSession) session() *Session {
	return &Session{
		Token: zwfw.NewSecret(k.Token), Ticket: zwfw.NewSecret(k.Ticket), SessionID: zwfw.NewSecret(k.SessionID),
		Expires: k.Expires, UserType: k.Type, Level: k.Level,
	}
}

// admit makes a new session in place of the browser's old one and leaves the return
// address.
func (s *SignOn) admit(w http.ResponseWriter, r *http.Request, kept *keptSession) {
	ctx, now := r.Context(), time.Now()
	kept.Since, kept.Until = now, now.Add(s.config.Life)
	if !kept.Expires.IsZero() { // on the platform's clock
		kept.Until = earlier(kept.Until, now.Add(kept.Expires.Sub(s.client.Now())))
	}
	id := rand.Text()
	data, _ := json.Marshal(kept) // texts, numbers and times cannot fail
	session := name(classSession, id)
	records := []SessionRecord{
		{Name: session, Data: append([]byte(string(kept.Type[:1])+string('0'+rune(kept.Level))), data...), Expires: earlier(now.Add(s.config.Idle), kept.Until)},
		{Name: name(classAlias, kept.Token), Data: []byte(session), Expires: kept.Until},
	}
	if kept.SessionID != "" {
		records = append(records, SessionRecord{Name: name(classAlias, kept.SessionID), Data: []byte(session), Expires: kept.Until})
	}
	for _, record := range records {
		if err := s.config.Store.Put(ctx, record); err != nil {
			s.fail(w, r, SignOnFailure{Reason: ReasonStore, Err: err, Again: s.again(kept.Back, Need{})})
			return
		}
	}
	if old := s.cookie(r, s.sessionCookie); old != "" {
		was, err := s.config.Store.Remove(ctx, name(classSession, old))
		switch {
		case err != nil:
			s.log(ctx, slog.LevelError, "store", ReasonStore, err)
		case !was: // it has ended, or somebody planted it
			s.log(ctx, slog.LevelInfo, "unknown session replaced", "", nil)
		}
	}
	s.setCookie(w, s.sessionCookie, id, 0)
	s.setCookie(w, s.doneCookie, "1", int(loopTime/time.Second))
	s.log(ctx, slog.LevelInfo, "signed in", "", nil)
	s.leave(w, r, kept.Back)
}
