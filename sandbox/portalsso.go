package sandbox

import (
	"net/http"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// exchange spends a ticket.
func (c *portalCall) exchange(in *portalwire.Ticket) (any, *no) {
	text := in.Ticket.Reveal()
	if text == "" {
		return nil, c.missing("ticket")
	}
	t := c.tickets[text]
	switch {
	case !strings.HasPrefix(text, "ST-"):
		return nil, &no{kind: zwfw.CodeMalformed}
	case t == nil:
		return nil, &no{kind: zwfw.CodeUsed}
	case t.app != c.d.app.Mark:
		return nil, &no{kind: zwfw.CodeTypeUnsupported}
	case t.token != "" && c.x.now.Sub(t.usedAt) <= c.setup.Grace && c.tokens[t.token] != nil:
		return c.session(t.token), nil
	case t.token != "":
		return nil, &no{kind: zwfw.CodeUsed}
	case c.x.now.After(t.until):
		return nil, &no{kind: zwfw.CodeExpired}
	}
	t.token, t.usedAt = "TK-"+c.fresh[:32], c.x.now
	c.tokens[t.token] = &portalToken{
		portalSignIn: t.portalSignIn, app: t.app, browser: t.browser, sessionID: c.fresh[32:], until: c.x.now.Add(c.setup.TokenLife),
	}
	c.changed()
	return c.session(t.token), nil
}

func (c *portalCall) session(token string) *portalwire.Session {
	t := c.tokens[token]
	return &portalwire.Session{
		Token: zwfw.NewSecret(token), ExpiresIn: int64(t.until.Sub(c.x.now) / time.Second), UserType: t.userType(),
		AuthLevel: string('0' + rune(t.level)), SessionID: zwfw.NewSecret(t.sessionID),
	}
}

func (in portalSignIn) userType() string {
	if in.legal {
		return "2"
	}
	return "1"
}

// holder is who stands behind a token of the calling application.
func (c *portalCall) holder(token zwfw.Secret) (*portalToken, *no) {
	if token.IsZero() {
		return nil, c.missing("token")
	}
	t := c.tokens[token.Reveal()]
	switch {
	case t == nil || c.x.now.After(t.until):
		return nil, &no{kind: zwfw.TokenInvalid}
	case t.app != c.d.app.Mark:
		return nil, &no{kind: zwfw.PermissionDenied}
	}
	return t, nil
}

// user tells who is logged in, masked. Nobody knows who an unverified user is.
func (c *portalCall) user(in *portalwire.Token) (any, *no) {
	t, refusal := c.holder(in.Token)
	if refusal != nil {
		return nil, refusal
	}
	citizen := c.p.citizen(t.citizen)
	person := &portalwire.Person{
		UserID: zwfw.NewSecret(citizen.UserID), LoginName: zwfw.NewSecret("login-" + citizen.UserID), Name: citizen.Name, CertType: "111",
		CertNo: maskedNumber(citizen), Mobile: maskedPhone(citizen), Sex: "1", Nation: "01", AuthLevel: string('0' + rune(t.level)),
	}
	if t.level < 2 {
		person.Name, person.CertNo, person.CertType = zwfw.PersonName{}, zwfw.IDNumber{}, ""
	}
	if !t.legal {
		return &portalwire.User{UserType: "1", Person: person}, nil
	}
	person.Role = "0"
	return &portalwire.User{UserType: "2", Agent: person, Legal: &portalwire.Corporation{
		CorpID: "corp-" + citizen.UserID, Name: citizen.Company, CreditCode: citizen.CreditCode, OrgType: "2", LegalName: zwfw.NewPersonName("测试法人"),
	}}, nil
}

func maskedNumber(c Citizen) zwfw.IDNumber {
	number := c.IDNumber.Reveal()
	return zwfw.NewIDNumber(number[:4] + strings.Repeat("*", 10) + number[14:])
}

func maskedPhone(c Citizen) zwfw.Phone {
	phone := c.Phone.Reveal()
	return zwfw.NewPhone(phone[:3] + "****" + phone[7:])
}

func (c *portalCall) checkToken(in *portalwire.Token) (any, *no) {
	t, refusal := c.holder(in.Token)
	if refusal != nil {
		return nil, refusal
	}
	valid := true
	return &portalwire.TokenState{
		Valid: &valid, ExpiresIn: int64(t.until.Sub(c.x.now) / time.Second), UserType: t.userType(), AuthLevel: string('0' + rune(t.level)),
	}, nil
}

// issue makes a ticket for another application.
func (c *portalCall) issue(in *portalwire.TicketRequest) (any, *no) {
	t, refusal := c.holder(in.Token)
	if refusal != nil {
		return nil, refusal
	}
	if in.TargetAppMark == "" {
		return nil, c.missing("targetAppMark")
	}
	target := c.app(in.TargetAppMark)
	if target == nil || target.blocked {
		return nil, &no{kind: zwfw.CallerDenied}
	}
	ticket := "ST-" + c.fresh[:32]
	c.tickets[ticket] = &portalTicket{portalSignIn: t.portalSignIn, app: in.TargetAppMark, browser: t.browser, until: c.x.now.Add(c.setup.TicketLife)}
	c.changed()
	return &portalwire.IssuedTicket{Ticket: zwfw.NewSecret(ticket), ExpiresIn: int64(c.setup.TicketLife / time.Second)}, nil
}

// county is the county sites' own login service: verid@1.
func (s *portalSide) county(x *exchange, path string) bool {
	desk := s.desks[0].verid
	if desk == nil || x.r.Method != http.MethodGet {
		return false
	}
	op, ok := desk.Match("", path, x.body)
	if !ok {
		return false
	}
	s.begin(x, op)
	c := &portalCall{portalSide: s, x: x, d: s.desks[0], op: op, fresh: s.p.hex(64)}
	q, fault := desk.Read(op, x.r, x.body)
	s.serve(x, desk, op, nil, func() (any, *no) {
		if fault != nil {
			return nil, s.faulty(x, fault)
		}
		s.p.mu.Lock()
		defer s.p.mu.Unlock()
		return run(c, q, c.loginUser)
	})
	return true
}

// loginUser is getLoginUser and removeCache.
func (c *portalCall) loginUser(in *portalwire.Ticket) (any, *no) {
	t := c.tickets[in.Ticket.Reveal()]
	if c.op == "LogoutLocal" {
		if t != nil {
			delete(c.tokens, t.token)
			c.changed()
		}
		return nil, nil
	}
	switch {
	case t == nil || t.app != c.d.app.Mark:
		return nil, &no{kind: zwfw.CodeNotFound, text: "用户未登录"}
	case t.token != "":
		return nil, &no{kind: zwfw.CodeUsed, text: "该登录凭证已使用"}
	case c.x.now.After(t.until):
		return nil, &no{kind: zwfw.CodeExpired, text: "登录凭证已过期"}
	}
	t.token, t.usedAt = "TK-"+c.fresh[:32], c.x.now
	c.tokens[t.token] = &portalToken{portalSignIn: t.portalSignIn, app: t.app, browser: t.browser, until: c.x.now.Add(c.setup.TokenLife)}
	c.changed()
	citizen := c.p.citizen(t.citizen)
	return &portalwire.Session{Token: zwfw.NewSecret(t.token), Name: citizen.Name, Phone: citizen.Phone, IDNumber: citizen.IDNumber}, nil
}

// MintLoginTicket signs a citizen in at the platform and gives the ticket for the first
// application; legal signs in for the citizen's company.
func (p *Platform) MintLoginTicket(c Citizen, legal bool) zwfw.Secret {
	text := "ST-" + p.hex(32)
	p.PutLoginTicket(text, c, legal)
	return zwfw.NewSecret(text)
}

// PutLoginTicket makes a text of your own a login ticket for the first application.
func (p *Platform) PutLoginTicket(text string, c Citizen, legal bool) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.portal.tickets[text] = &portalTicket{
		portalSignIn: portalSignIn{c.UserID, legal, levelOf(c)}, app: p.portal.desks[0].app.Mark, until: now.Add(p.portal.setup.TicketLife),
	}
}

// PutSession makes a text of your own the token of a citizen's session at the first
// application.
func (p *Platform) PutSession(token string, c Citizen) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.portal.tokens[token] = &portalToken{
		portalSignIn: portalSignIn{c.UserID, false, levelOf(c)}, app: p.portal.desks[0].app.Mark, until: now.Add(p.portal.setup.TokenLife),
	}
}
