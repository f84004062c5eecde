package portal

import (
	"context"
	"net/url"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// maxToken is above every ticket and token that platforms issue, JWTs included.
const maxToken = 4096

// ticketNames are what platforms call the ticket in the return address (public practice).
var ticketNames = []string{"ticket", "st", "ticketId", "verid"}

// TicketFrom finds the ticket in the query of a return address, under each of its names;
// zero when there is none.
func TicketFrom(query url.Values) zwfw.Secret {
	for _, name := range ticketNames {
		if ticket := query.Get(name); ticket != "" {
			return zwfw.NewSecret(ticket)
		}
	}
	return zwfw.Secret{}
}

// Session is what a ticket was exchanged for. Keep it on the server: whoever holds the
// token reads the user's cases.
type Session struct {
	Token     zwfw.Secret
	Expires   time.Time // on the platform's clock; zero when the platform gave no lifetime
	UserType  UserType  // "" when only User tells
	Level     Level
	SessionID zwfw.Secret // the platform's, as its logout notice may name it

	// Ticket is the one that was spent; verid@1 ends the session with it.
	Ticket zwfw.Secret
	// User is set where the exchange brings the person (verid@1), nil elsewhere.
	User *User

	Answer
}

// Exchange (票据验证) turns a login ticket into a session. A ticket is good once, within
// 60 s (assumption): it is never sent again, and after a lost answer the citizen logs in
// anew.
//
// Errors: CodeExpired, CodeUsed (used or unknown), CodeTypeUnsupported (of another
// application), CodeMalformed, NotRealName, PermissionDenied (account locked), and those
// of every call.
//
// Source: STD 4.1 names unified authentication; the exchange is public practice.
func (c *Client) Exchange(ctx context.Context, ticket zwfw.Secret) (*Session, error) {
	const op = "Exchange"
	if err := c.engine.CheckSecret(op, "ticket", ticket, maxToken); err != nil {
		return nil, err
	}
	out, answer, meta, err := call[portalwire.Session](ctx, c, op, &portalwire.Ticket{Ticket: ticket})
	if err != nil {
		return nil, err
	}
	s := &Session{
		Token: out.Token, UserType: userTypeOf(out.UserType), Level: levelOf(out.AuthLevel), SessionID: out.SessionID, Ticket: ticket,
		Expires: expiry(meta.Received, out.ExpiresIn), Answer: answer,
	}
	if !out.Name.IsZero() || !out.IDNumber.IsZero() || !out.Phone.IsZero() {
		s.User = &User{UserType: UserPerson, Level: s.Level, Person: &Person{Name: out.Name, CertNo: out.IDNumber, Mobile: out.Phone, Level: s.Level}}
		if s.UserType == "" {
			s.UserType = UserPerson
		}
	}
	return s, nil
}

// expiry is zero when no lifetime was given.
func expiry(from time.Time, seconds int64) time.Time {
	const most = int64(100 * 365 * 24 * 60 * 60)
	if seconds <= 0 {
		return time.Time{}
	}
	return from.Round(0).Add(time.Duration(min(seconds, most)) * time.Second)
}

// TokenState is what the platform says of a token.
type TokenState struct {
	Valid    bool
	Expires  time.Time // on the platform's clock; zero when it did not say
	UserType UserType
	Level    Level

	Answer
}

// CheckToken asks whether a token is still good. An unknown or expired one is refused with
// TokenInvalid; some platforms say so with Valid instead.
//
// Source: assumption.
func (c *Client) CheckToken(ctx context.Context, token zwfw.Secret) (*TokenState, error) {
	const op = "CheckToken"
	if err := c.engine.CheckSecret(op, "token", token, maxToken); err != nil {
		return nil, err
	}
	out, answer, meta, err := call[portalwire.TokenState](ctx, c, op, &portalwire.Token{Token: token})
	if err != nil {
		return nil, err
	}
	return &TokenState{
		Valid: out.Valid == nil || *out.Valid, Expires: expiry(meta.Received, out.ExpiresIn),
		UserType: userTypeOf(out.UserType), Level: levelOf(out.AuthLevel), Answer: answer,
	}, nil
}

// LoginTicket logs a user into another application, once.
type LoginTicket struct {
	Ticket  zwfw.Secret
	Expires time.Time // on the platform's clock

	Answer
}

// IssueLoginTicket makes a ticket for another application (appMark) in the name of a
// token's user. Each call makes a new one, so it is sent once. Both arguments are required.
//
// Errors: TokenInvalid, CallerDenied (no such application), PermissionDenied, and those of
// every call.
//
// Source: public practice.
func (c *Client) IssueLoginTicket(ctx context.Context, token zwfw.Secret, appMark string) (*LoginTicket, error) {
	const op = "IssueLoginTicket"
	if err := c.engine.CheckSecret(op, "token", token, maxToken); err != nil {
		return nil, err
	}
	if err := c.check(op, field{"appMark", appMark, 128, true}); err != nil {
		return nil, err
	}
	out, answer, meta, err := call[portalwire.IssuedTicket](ctx, c, op, &portalwire.TicketRequest{Token: token, TargetAppMark: appMark})
	if err != nil {
		return nil, err
	}
	return &LoginTicket{Ticket: out.Ticket, Expires: expiry(meta.Received, out.ExpiresIn), Answer: answer}, nil
}

// LogoutLocal is the first step of a logout where there are two (verid@1): the site's own
// login service forgets the session. Elsewhere there is nothing to do and nothing is sent.
// The second step is to send the browser to LogoutURL; without it the next login happens
// by itself, whether or not this call succeeded.
func (c *Client) LogoutLocal(ctx context.Context, s *Session) error {
	const op = "LogoutLocal"
	if !c.byRef {
		return nil
	}
	if s == nil {
		return c.engine.Refuse(op, "session", "is required")
	}
	if err := c.engine.CheckSecret(op, "session.Ticket", s.Ticket, maxToken); err != nil {
		return err
	}
	_, err := c.engine.Call(ctx, op, &portalwire.Ticket{Ticket: s.Ticket}, nil)
	return err
}
