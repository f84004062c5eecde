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

// no is why the platform refuses.
type no struct {
	kind zwfw.Kind
	code string // in place of the dialect's code for the kind
	text string
}

// answer checks a request, does what it asks and writes the reply.
func (l *lutongSide) answer(x *exchange, op string) {
	d, q, refusal := l.admit(x, op)
	desk := l.desks[0].desk
	if d != nil {
		desk = d.desk
	}
	var out any
	switch f := x.fault; {
	case refusal != nil:
	case f.dropBefore:
		x.send(200, "", nil, l.p)
		return
	case f.refuse != "":
		refusal = &no{kind: f.refuse}
	case f.code != "" || f.textOnly:
		refusal = &no{kind: zwfw.Unclassified, code: f.code, text: f.text}
	default:
		out, refusal = l.do(x, d, q, op)
	}
	a := dock.Answer{ID: l.p.hex(16), At: x.now, Out: out}
	x.entry.Answer = "OK"
	if refusal != nil {
		a.Failed, a.Text = true, refusal.text
		if a.Text == "" {
			a.Text = lutongTexts[refusal.kind]
		}
		if a.Code = refusal.code; a.Code == "" && !x.fault.textOnly && !l.setup.TextOnly {
			if a.Code = desk.CodeOf(op, refusal.kind); a.Code == "" {
				a.Code = string(refusal.kind) // no table of the dialect has it: unclassified there
			}
		}
		if a.Text == "" {
			a.Text = lutongTexts[zwfw.Unclassified]
		}
		x.entry.Answer = string(refusal.kind)
		if a.Code != "" {
			x.entry.Answer = a.Code
		}
	}
	if x.fault.empty {
		a.Out = nil
	}
	body, contentType, err := desk.Write(op, a)
	if err != nil {
		x.send(500, "text/plain", []byte("sandbox: "+err.Error()), l.p)
		return
	}
	if x.fault.damage {
		body = damageSealed(body)
	}
	x.send(200, contentType, body, l.p)
}

// damageSealed turns a digit in the middle of every long hex or Base64 run.
func damageSealed(body []byte) []byte {
	const long = 100
	body = slices.Clone(body)
	for start, i := 0, 0; i <= len(body); i++ {
		if i < len(body) && (body[i] >= '0' && body[i] <= '9' || body[i] >= 'A' && body[i] <= 'Z' || body[i] >= 'a' && body[i] <= 'z' || body[i] == '+' || body[i] == '/') {
			continue
		}
		if i-start >= long {
			at := start + (i-start)*3/4
			if body[at] != 'A' {
				body[at] = 'A'
			} else {
				body[at] = 'B'
			}
		}
		start = i + 1
	}
	return body
}

// admit finds the caller and checks time, signature and nonce, in the order of a
// gateway: who, when, signed, again.
func (l *lutongSide) admit(x *exchange, op string) (*lutongDesk, *dock.Received, *no) {
	first, early := l.desks[0].desk.Read(op, x.r, x.body)
	d := l.caller(first.Claims)
	if d == nil {
		x.entry.Caller = zwfw.PrintableCode(first.Claims["pinId"] + first.Claims["appId"])
		if first.Claims["pinId"]+first.Claims["appId"]+first.Claims["identityAppId"] == "" {
			if early != nil {
				x.entry.Explanation = early.Field + ": " + early.Detail
			}
			return nil, nil, &no{kind: zwfw.BadRequest}
		}
		x.entry.Explanation = "no organisation of the sandbox has this access id or application id"
		return nil, nil, &no{kind: zwfw.CallerDenied}
	}
	x.entry.Caller = d.org.AccessID
	q, fault := d.desk.Read(op, x.r, x.body)
	switch {
	case fault != nil && fault.Kind != zwfw.CallerDenied:
		x.entry.Explanation = fault.Field + ": " + fault.Detail
		return d, nil, &no{kind: fault.Kind}
	case d.org.Blocked:
		return d, nil, &no{kind: zwfw.CallerDenied}
	case !q.At.IsZero() && q.At.Sub(x.now).Abs() > l.setup.Window:
		return d, nil, &no{kind: zwfw.ClockSkew}
	}
	if err := q.Verify(); err != nil {
		var others []dock.Party
		for _, other := range l.desks {
			if other != d {
				others = append(others, other.desk.Party())
			}
		}
		x.entry.Explanation = q.Explain(others).String()
		return d, nil, &no{kind: zwfw.Signature}
	}
	if fault != nil { // signed well, but for an organisation that is not the caller's
		return d, nil, &no{kind: zwfw.CallerDenied}
	}
	if q.Nonce != "" && !l.fresh(d.org.AccessID+" "+q.Nonce, x.now) {
		return d, nil, &no{kind: zwfw.Replay}
	}
	return d, q, nil
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

// fresh remembers a nonce for twice the window.
func (l *lutongSide) fresh(nonce string, now time.Time) bool {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	for old, at := range l.nonces {
		if now.Sub(at) > 2*l.setup.Window {
			delete(l.nonces, old)
		}
	}
	if _, seen := l.nonces[nonce]; seen {
		return false
	}
	l.nonces[nonce] = now
	return true
}

// faulty notes what was wrong with a request.
func (l *lutongSide) faulty(x *exchange, f *dock.Fault) *no {
	x.entry.Explanation = f.Field + ": " + f.Detail
	return &no{kind: f.Kind}
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
