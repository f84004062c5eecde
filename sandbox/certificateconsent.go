package sandbox

import (
	"fmt"
	"slices"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// ConsentHabit is what a citizen does when the telephone asks for consent.
type ConsentHabit uint8

// The habits. An answer comes with the second question about the state.
const (
	ConsentGrants ConsentHabit = iota // the default; a citizen without Citizen.Consent refuses
	ConsentRefuses
	ConsentSilent
)

// consent is a question that was put to a citizen.
type consent struct {
	citizen string // holder code
	types   []string
	habit   ConsentHabit
	asked   int // how often the state was asked for
	read    bool
}

// SetConsentHabit decides what a citizen does when asked for consent.
func (p *Platform) SetConsentHabit(c Citizen, h ConsentHabit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cert.habits[c.IDNumber.Reveal()] = h
}

// MintConsentCode opens the citizen's certificate app and gives the text of the code on
// the screen, ten digits that lead to the citizen. It lives as long as a certificate's
// code, which starts a consent too.
func (p *Platform) MintConsentCode(c Citizen) zwfw.CodeText {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("%010d", p.random.Int64N(1e10))
	p.cert.codes[text] = &lent{citizen: c.IDNumber.Reveal(), until: now.Add(p.cert.setup.QRCodeLife)}
	return zwfw.NewCodeText(text)
}

func (c *certificateSide) startConsent(x *exchange, d *certificateDesk, in certificatewire.StartConsent) (any, *no) {
	switch {
	case in.Code.IsZero():
		return nil, absent("qrcode")
	case len(in.TypeCodes) == 0:
		return nil, absent("certTypeCodes")
	}
	if refusal := c.checkCause(in.Cause); refusal != nil {
		return nil, refusal
	}
	for _, code := range in.TypeCodes {
		if len(d.account.Types) > 0 && !slices.Contains(d.account.Types, code) {
			return nil, &no{kind: zwfw.PermissionDenied, code: "100"}
		}
	}
	id := "trx-" + c.p.hex(24)
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	code := c.codes[in.Code.Reveal()]
	if code == nil || x.now.After(code.until) {
		return nil, &no{kind: zwfw.NotFound, code: "10", text: "二维码无效或已过期"}
	}
	c.consents[id] = &consent{citizen: code.citizen, types: in.TypeCodes, habit: c.habit(code.citizen)}
	x.entry.Effect = true
	return &certificatewire.Consent{Transaction: zwfw.NewSecret(id)}, nil
}

// habit is that of a citizen; the caller holds the lock.
func (c *certificateSide) habit(holder string) ConsentHabit {
	if h, set := c.habits[holder]; set {
		return h
	}
	unwilling := slices.ContainsFunc(c.p.citizens, func(p Citizen) bool { return p.IDNumber.Reveal() == holder && !p.Consent })
	if unwilling {
		return ConsentRefuses
	}
	return ConsentGrants
}

func (c *certificateSide) consentState(in certificatewire.Consent) (any, *no) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	t := c.consents[in.Transaction.Reveal()]
	if t == nil {
		return nil, &no{kind: zwfw.NotFound, code: "10"}
	}
	t.asked++
	return &certificatewire.ConsentState{State: t.state()}, nil
}

func (t *consent) state() string {
	switch {
	case t.asked < 2 || t.habit == ConsentSilent:
		return "1"
	case t.habit == ConsentGrants:
		return "2"
	}
	return "3"
}

// readConsented gives what was consented to, once.
func (c *certificateSide) readConsented(x *exchange, in certificatewire.ReadConsented) (any, *no) {
	if in.TypeCode == "" {
		return nil, absent("certTypeCode")
	}
	if refusal := c.checkCause(in.Cause); refusal != nil {
		return nil, refusal
	}
	holder, refusal := c.spendConsent(in)
	if refusal != nil {
		return nil, refusal
	}
	found := c.find(x, func(k *Certificate) bool { return k.TypeCode == in.TypeCode && k.HolderCode.Reveal() == holder })
	if len(found) == 0 {
		return nil, &no{kind: zwfw.NotFound, code: "10"}
	}
	x.entry.Effect = true
	return infosOf(found), nil
}

func (c *certificateSide) spendConsent(in certificatewire.ReadConsented) (holder string, refusal *no) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	t := c.consents[in.Transaction.Reveal()]
	switch {
	case t == nil || t.read:
		return "", &no{kind: zwfw.NotFound, code: "10"}
	case t.state() != "2" || !slices.Contains(t.types, in.TypeCode):
		return "", &no{kind: zwfw.PermissionDenied, code: "100", text: "持证人未授权"}
	}
	t.read = true
	return t.citizen, nil
}
