package portal

import (
	"context"
	"encoding/json"
	"sync/atomic"
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
		return v.record.visitorOf()
	}
	return nil
}

// heldRecord is a session's record and, once somebody has asked, the visitor that it tells
// of: reading it anew for each request would cost more than all else.
type heldRecord struct {
	SessionRecord
	visitor atomic.Pointer[Visitor] // never written to
}

func (h *heldRecord) visitorOf() *Visitor {
	v := h.visitor.Load()
	if v == nil {
		kept, ok := h.read()
		if !ok {
			return nil
		}
		v = kept.visitor()
		h.visitor.Store(v)
	}
	return v.clone()
}

// clone gives a caller a visitor to alter. Secrets in it cannot be altered.
func (v *Visitor) clone() *Visitor {
	c := *v
	c.User.Person, c.User.Agent = v.User.Person.clone(), v.User.Agent.clone()
	if v.User.Legal != nil {
		legal := *v.User.Legal
		c.User.Legal = &legal
	}
	return &c
}

func (p *Person) clone() *Person {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}

func (h *heldRecord) read() (*keptSession, bool) {
	kept := new(keptSession)
	err := json.Unmarshal(h.Data[2:], kept)
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
