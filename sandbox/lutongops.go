package sandbox

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
	"github.com/zwfw-go/zwfw/lutong"
)

// answer finds the caller and serves its request.
func (l *lutongSide) answer(x *exchange, op string) {
	first, early := l.desks[0].desk.Read(op, x.r, x.body)
	d := l.caller(first.Claims)
	if d == nil {
		l.serve(x, l.desks[0].desk, op, l.stranger(x, first, early), nil)
		return
	}
	var others []*counter
	for _, other := range l.desks {
		others = append(others, &other.counter)
	}
	q, refusal := l.admit(x, op, &d.counter, others)
	l.serve(x, d.desk, op, refusal, func() (any, *no) { return l.do(x, d, q, op) })
}

// stranger refuses a caller that nobody has admitted, or one that names itself nowhere.
func (l *lutongSide) stranger(x *exchange, q *dock.Received, early *dock.Fault) *no {
	x.entry.Caller = zwfw.PrintableCode(q.Claims["pinId"] + q.Claims["appId"])
	if q.Claims["pinId"]+q.Claims["appId"]+q.Claims["identityAppId"] == "" {
		if early != nil {
			l.faulty(x, early)
		}
		return &no{kind: zwfw.BadRequest}
	}
	x.entry.Explanation = "no organisation of the sandbox has this access id or application id"
	return &no{kind: zwfw.CallerDenied}
}

func (l *lutongSide) caller(claims map[string]string) *lutongDesk {
	for _, d := range l.desks {
		if id := claims["pinId"]; id != "" && id == d.org.AccessID {
			return d
		}
		if id := claims["appId"]; id != "" && id == d.org.AppID {
			return d
		}
		if claims["identityAppId"] == identityAppID {
			return d
		}
	}
	return nil
}

func (l *lutongSide) do(x *exchange, d *lutongDesk, q *dock.Received, op string) (any, *no) {
	switch op {
	case "VerifyCode":
		var in lutongwire.Verify
		if f := q.Decode(&in); f != nil {
			return nil, l.faulty(x, f)
		}
		return l.verify(x, d, in)
	case "ReportTicket":
		var in lutongwire.Ticket
		if f := q.Decode(&in); f != nil {
			return nil, l.faulty(x, f)
		}
		return nil, l.report(x, d, in)
	case "UserInfo":
		var in lutongwire.Auth
		if f := q.Decode(&in); f != nil {
			return nil, l.faulty(x, f)
		}
		c, refusal := l.spend(x, in.AuthCode.Reveal())
		if refusal != nil {
			return nil, refusal
		}
		return l.person(x, l.p.citizen(c.citizen)), nil
	}
	return l.identity(x, q, op)
}

// mintedForm is the form of MintCode's texts.
var mintedForm = regexp.MustCompile(`^LTM:[0-9a-f]{12}\+/[0-9a-f]{12}==$`)

// verify is A.1: who shows this code?
func (l *lutongSide) verify(x *exchange, d *lutongDesk, in lutongwire.Verify) (any, *no) {
	text, scene := in.Code.Reveal(), in.Scene
	if scene == "" {
		scene = "TAKE_NO"
	}
	switch {
	case text == "":
		return nil, &no{kind: zwfw.BadRequest}
	case !slices.Contains(d.org.Scenes, scene):
		return nil, &no{kind: zwfw.SceneDenied}
	case in.Device != "" && len(d.org.Devices) > 0 && !slices.Contains(d.org.Devices, in.Device):
		return nil, &no{kind: zwfw.DeviceDenied}
	}
	l.p.mu.Lock()
	code, known := l.codes[text]
	l.p.mu.Unlock()
	switch {
	case known:
	case !strings.HasPrefix(text, "LTM:"):
		return nil, &no{kind: zwfw.CodeTypeUnsupported}
	case !mintedForm.MatchString(text):
		return nil, &no{kind: zwfw.CodeMalformed}
	default:
		return nil, &no{kind: zwfw.CodeNotFound}
	}
	c := l.p.citizen(code.citizen)
	if refusal := l.use(x, code, c, d.org.AccessID, scene); refusal != nil {
		return nil, refusal
	}
	return l.person(x, c), nil
}

// use spends a code: one number for each, and handling again by the same caller while
// it lives.
func (l *lutongSide) use(x *exchange, code *shownCode, c Citizen, caller, scene string) *no {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	age := x.now.Sub(code.from)
	switch {
	case code.revoked:
		return &no{kind: zwfw.CodeNotFound}
	case code.usedBy != "" && (code.usedBy != caller || scene == "TAKE_NO" && code.takenBy != ""):
		return &no{kind: zwfw.CodeUsed}
	case age > l.setup.CodeLife:
		return &no{kind: zwfw.CodeExpired}
	case age < -l.setup.CodeLife:
		return &no{kind: zwfw.CodeNotYetValid}
	case !c.RealName:
		return &no{kind: zwfw.NotRealName}
	case !c.Consent:
		return &no{kind: zwfw.ConsentRequired}
	}
	code.usedBy = caller
	if scene == "TAKE_NO" {
		code.takenBy = caller
	}
	x.entry.Effect = true
	return nil
}

// person makes the answer of A.1 and A.3 and a message token with it.
func (l *lutongSide) person(x *exchange, c Citizen) *lutongwire.Person {
	token := l.p.hex(32)
	l.p.mu.Lock()
	l.tokens[token] = &oneTime{citizen: c.UserID, until: x.now.Add(messageLife)}
	l.p.mu.Unlock()
	return &lutongwire.Person{
		Name: c.Name, Phone: c.Phone, IDNumber: c.IDNumber, IDType: "1",
		MessageToken: zwfw.NewSecret(token), MessageTokenSeconds: int64(messageLife / time.Second), Extension: json.RawMessage("null"),
	}
}

// spend uses an authCode or ticket up.
func (l *lutongSide) spend(x *exchange, text string) (*oneTime, *no) {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	auth, known := l.auths[text]
	switch {
	case text == "":
		return nil, &no{kind: zwfw.BadRequest}
	case !known:
		return nil, &no{kind: zwfw.CodeNotFound}
	case auth.used:
		return nil, &no{kind: zwfw.CodeUsed}
	case x.now.After(auth.until):
		return nil, &no{kind: zwfw.CodeExpired}
	}
	switch c := l.p.citizen(auth.citizen); {
	case !c.RealName:
		return nil, &no{kind: zwfw.NotRealName}
	case !c.Consent:
		return nil, &no{kind: zwfw.ConsentRequired}
	}
	auth.used = true
	x.entry.Effect = true
	return auth, nil
}

// report is A.2: the same number is the same ticket, and a new status changes it.
func (l *lutongSide) report(x *exchange, d *lutongDesk, in lutongwire.Ticket) *no {
	for _, required := range []string{in.Number, in.Holder.Reveal(), in.Info.QueueNo} {
		if required == "" {
			return &no{kind: zwfw.BadRequest}
		}
	}
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	if token := in.MessageToken.Reveal(); token != "" {
		if t, known := l.tokens[token]; !known || x.now.After(t.until) {
			return &no{kind: zwfw.TokenInvalid}
		}
	}
	key := d.org.OrgID + " " + in.Number
	t, known := l.tickets[key]
	if !known {
		t = &LutongTicket{OrgID: d.org.OrgID, Number: in.Number, QueueNo: in.Info.QueueNo, Hall: in.Info.Hall, Unit: in.Info.Unit, Item: in.Info.Item, Windows: in.Info.Windows, Holder: in.Holder, QueueTime: in.Info.QueueTime, Messages: 1}
		l.tickets[key] = t
		x.entry.Effect = true
	}
	t.Reports++
	status := lutong.TicketWaiting
	if in.Info.Status != nil {
		status = lutong.TicketStatus(*in.Info.Status)
	}
	if n := len(t.Statuses); n == 0 || t.Statuses[n-1] != status {
		t.Statuses = append(t.Statuses, status)
		x.entry.Effect = true
	}
	return nil
}

// identity is the second variant of A.3.
func (l *lutongSide) identity(x *exchange, q *dock.Received, op string) (any, *no) {
	if op == "IdentityTicket" {
		var in lutongwire.IdentityTicket
		if f := q.Decode(&in); f != nil {
			return nil, l.faulty(x, f)
		}
		ticket, refusal := l.spend(x, in.Ticket.Reveal())
		if refusal != nil {
			return nil, refusal
		}
		token := l.p.hex(32)
		l.p.mu.Lock()
		l.tokens[token] = &oneTime{citizen: ticket.citizen, until: x.now.Add(time.Hour), legal: ticket.legal}
		l.p.mu.Unlock()
		userType := "1"
		if ticket.legal {
			userType = "2"
		}
		return &lutongwire.IdentityToken{Token: zwfw.NewSecret(token), UserType: userType}, nil
	}
	var in lutongwire.IdentityUser
	if f := q.Decode(&in); f != nil {
		return nil, l.faulty(x, f)
	}
	l.p.mu.Lock()
	t, known := l.tokens[in.Token.Reveal()]
	l.p.mu.Unlock()
	if !known || x.now.After(t.until) {
		return nil, &no{kind: zwfw.TokenInvalid, text: "令牌已过期"}
	}
	c := l.p.citizen(t.citizen)
	if op == "IdentityCorporation" {
		if !t.legal || c.Company == "" {
			return nil, &no{kind: zwfw.UserNotFound}
		}
		return &lutongwire.IdentityCorporation{Corporation: c.Company, CreditCode: c.CreditCode, Role: "0", Name: c.Name, IDNumber: c.IDNumber}, nil
	}
	return &lutongwire.IdentityPerson{UserID: zwfw.NewSecret(c.UserID), LoginName: zwfw.NewSecret(c.Phone.Reveal()), Name: c.Name, Phone: c.Phone, IDNumber: c.IDNumber, AuthLevel: "3"}, nil
}
