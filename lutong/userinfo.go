package lutong

import (
	"context"
	"errors"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
)

// UserInfoRequest names the citizen who scanned the hall's code. Exactly one of
// AuthCode and Ticket is set.
type UserInfoRequest struct {
	AuthCode zwfw.Secret // one-time, from the platform's redirect: the gateway variant

	Ticket zwfw.Secret // of 省统一身份认证: the identity variant, needs Config.Identity
	Legal  bool        // with Ticket: a legal person (法人) signed in
}

// UserInfo (获取用户信息) learns who scanned the hall's code (A.3). The code or ticket is
// spent by the first call, so a lost answer is not asked for again: the citizen scans
// anew.
//
// The gateway variant is one call. The identity variant is two: the ticket becomes a
// token, the token a person or a corporation with its agent; only the second is
// repeated after a lost answer.
//
// Errors: BadRequest, CodeExpired, CodeUsed, CodeNotFound, ConsentRequired,
// NotSupported (Ticket without Config.Identity), and those of every call.
//
// Source: the title of A.3; both variants are assumptions built on public practice.
func (c *Client) UserInfo(ctx context.Context, r UserInfoRequest) (*User, error) {
	const op = "UserInfo"
	switch {
	case r.AuthCode.IsZero() == r.Ticket.IsZero():
		return nil, c.engine.Refuse(op, "AuthCode", "exactly one of AuthCode and Ticket is required")
	case r.Legal && r.Ticket.IsZero():
		return nil, c.engine.Refuse(op, "Legal", "is for the identity variant, with Ticket")
	}
	if !r.Ticket.IsZero() {
		return c.identityUser(ctx, r)
	}
	if err := c.engine.CheckSecret(op, "AuthCode", r.AuthCode, maxCredential); err != nil {
		return nil, err
	}
	var out lutongwire.Person
	meta, err := c.engine.Call(ctx, op, &lutongwire.Auth{AuthCode: r.AuthCode}, &out)
	if err != nil {
		return nil, err
	}
	return c.user(out, meta), nil
}

// maxCredential is above every authCode and ticket seen in practice.
const maxCredential = 1024

// identityCall runs one call of the identity variant. Its errors are UserInfo's: that
// is what the caller asked for. Once the ticket is spent, no later refusal means that
// nothing happened.
func (c *Client) identityCall(ctx context.Context, op string, spent bool, in, out any) (dock.Meta, error) {
	meta, err := c.engine.Call(ctx, op, in, out)
	var e *zwfw.Error
	if errors.As(err, &e) {
		e.Op, e.SettledBy = "UserInfo", ""
		if spent && e.Outcome == zwfw.OutcomeRefused {
			e.Outcome = zwfw.OutcomeUnknown
		}
	}
	return meta, err
}

func (c *Client) identityUser(ctx context.Context, r UserInfoRequest) (*User, error) {
	if err := c.engine.CheckSecret("UserInfo", "Ticket", r.Ticket, maxCredential); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.engine.Timeout("UserInfo")) // one deadline over both calls
	defer cancel()
	var token lutongwire.IdentityToken
	if _, err := c.identityCall(ctx, "IdentityTicket", false, &lutongwire.IdentityTicket{Ticket: r.Ticket}, &token); err != nil {
		return nil, err
	}
	ask := &lutongwire.IdentityUser{Token: token.Token}
	if r.Legal {
		var out lutongwire.IdentityCorporation
		meta, err := c.identityCall(ctx, "IdentityCorporation", true, ask, &out)
		if err != nil {
			return nil, err
		}
		return &User{
			Name: out.Name, IDNumber: out.IDNumber,
			Corporation: &Corporation{Name: out.Corporation, CreditCode: out.CreditCode, CertNo: out.CertNo, AgentRole: out.Role},
			RequestID:   meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings,
		}, nil
	}
	var out lutongwire.IdentityPerson
	meta, err := c.identityCall(ctx, "IdentityPerson", true, ask, &out)
	if err != nil {
		return nil, err
	}
	return &User{
		Name: out.Name, IDNumber: out.IDNumber, Phone: out.Phone, UserID: out.UserID, LoginName: out.LoginName,
		AuthLevel: out.AuthLevel, RequestID: meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings,
	}, nil
}
