package portal

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// LoginRequest says how a citizen is sent to log in.
type LoginRequest struct {
	// Redirect is one of Config.Redirects; the first when empty.
	Redirect string
	// State comes back with the ticket. Required, but by verid@1, which has no place for
	// it. Make it with NewState, keep it on the server with the browser it belongs to,
	// and take no ticket that comes with another one: [SignOn] does that.
	State string
	// UserType and Level are what the login must reach; optional.
	UserType UserType
	Level    Level
}

// NewState makes a state of 26 random letters and digits.
func NewState() string { return rand.Text() }

// LoginURL gives the address of the platform's login page. Nothing is sent.
//
// Errors: PermissionDenied when Redirect is not registered, BadRequest.
//
// Source: practice; state and level: assumption.
func (c *Client) LoginURL(r LoginRequest) (string, error) {
	const op = "LoginURL"
	if r.Redirect == "" && len(c.config.Redirects) > 0 {
		r.Redirect = c.config.Redirects[0]
	}
	if !slices.Contains(c.config.Redirects, r.Redirect) {
		return "", c.denied(op, "Redirect", "is not in Config.Redirects, the registered list")
	}
	if c.byRef {
		return withQuery(c.pages.login, "paramKey", c.config.ParamKey), nil
	}
	if err := c.check(op, field{"State", r.State, 200, true}, field{"UserType", string(r.UserType), 10, false}); err != nil {
		return "", err
	}
	if r.Level < 0 || r.Level > 9 {
		return "", c.engine.Refuse(op, "Level", "is 1 to 3; 0 asks for none")
	}
	pairs := []string{"appMark", c.config.AppMark, "redirectUri", r.Redirect, "state", r.State}
	if r.UserType != "" {
		pairs = append(pairs, "userType", string(r.UserType))
	}
	if r.Level > 0 {
		pairs = append(pairs, "level", strconv.Itoa(int(r.Level)))
	}
	return withQuery(c.pages.login, pairs...), nil
}

// LogoutURL gives the address that ends the session at the platform: the second step of a
// logout. Send the browser there after the website's own session and LogoutLocal; a website
// that skips it logs the user in again at the next click. The platform sends the browser
// on to back, which must be of the origin of a registered address; "" sends it nowhere.
// Nothing is sent.
//
// Errors: PermissionDenied when back is of another origin, NotSupported when the dialect
// has no page and Config.Pages.Logout is not set, BadRequest.
//
// Source: practice; that verid@1 names the login in uuid is an assumption.
func (c *Client) LogoutURL(s *Session, back string) (string, error) {
	const op = "LogoutURL"
	if c.pages.logout == nil {
		err := c.engine.Refuse(op, "", "Config.Pages.Logout is not set")
		err.Kind = zwfw.NotSupported
		return "", err
	}
	if s == nil {
		return "", c.engine.Refuse(op, "session", "is required")
	}
	if back != "" && !c.ownOrigin(back) {
		return "", c.denied(op, "back", "is not of the origin of an address in Config.Redirects")
	}
	pairs := []string{"appMark", c.config.AppMark, "token", s.Token.Reveal()}
	if c.byRef {
		pairs = []string{"uuid", s.Ticket.Reveal(), "paramKey", c.config.ParamKey}
	}
	if back != "" {
		pairs = append(pairs, "backUrl", back)
	}
	return withQuery(c.pages.logout, pairs...), nil
}

// ServiceLink leads a signed-in user into a page of 在线办理.
type ServiceLink struct {
	Token   zwfw.Secret // of the session; required
	Address string      // an item's OnlineURL or MobileURL; its host must be in Config.ServiceHosts
	AppMark string      // of the application behind that address; required
}

// ServiceURL makes the signed-in deep link: the address with a fresh ticket for its
// application, good once and not for long, so that it is made when the user clicks. The
// host is checked before anything is sent.
//
// Errors: PermissionDenied when the host is not registered, those of IssueLoginTicket.
//
// Source: STD 4.1 (single sign-on of government services); the form is an assumption.
func (c *Client) ServiceURL(ctx context.Context, l ServiceLink) (string, error) {
	const op = "ServiceURL"
	u, err := webAddress(strings.SplitN(l.Address, "#", 2)[0])
	if err != nil {
		return "", c.engine.Refuse(op, "Address", err.Error())
	}
	known := func(host string) bool { return strings.EqualFold(host, u.Host) }
	if !slices.ContainsFunc(c.config.ServiceHosts, known) {
		return "", c.denied(op, "Address", "its host is not in Config.ServiceHosts, the registered list")
	}
	for _, name := range ticketNames {
		if u.Query().Has(name) {
			return "", c.engine.Refuse(op, "Address", "has a ticket already")
		}
	}
	ticket, err := c.IssueLoginTicket(ctx, l.Token, l.AppMark)
	if err != nil {
		return "", err
	}
	address := withQuery(u, "ticket", ticket.Ticket.Reveal())
	if _, fragment, ok := strings.Cut(l.Address, "#"); ok {
		address += "#" + fragment
	}
	return address, nil
}

// EvaluationPage is the platform's own page for rating one case.
type EvaluationPage struct {
	ProjectNo     string // required
	ServiceNumber int    // 1 submit, 2 accept, 3 complete; 0 lets the page choose
	AreaCode      string // 12 digits; optional
	Back          string // where the page leads afterwards; of a registered origin
}

// EvaluationPageURL gives the address of the platform's page for rating a case. Nothing
// is sent. Whoever knows it may rate: give it to the applicant alone.
//
// Errors: BadRequest, PermissionDenied when Back is of another origin.
//
// Source: practice of another province (parameters twice in Base64; they are escaped here,
// which some senders forget).
func (c *Client) EvaluationPageURL(p EvaluationPage) (string, error) {
	return c.evaluationPage("EvaluationPageURL", p, "")
}

// EvaluationQRText gives what the QR code of that page holds: the same address, marked as
// opened by a code. Package qr draws it.
func (c *Client) EvaluationQRText(p EvaluationPage) (zwfw.CodeText, error) {
	address, err := c.evaluationPage("EvaluationQRText", p, ByQRCode)
	return zwfw.NewCodeText(address), err
}

func (c *Client) evaluationPage(op string, p EvaluationPage, channel EvaluationChannel) (string, error) {
	if err := c.check(op, field{"ProjectNo", p.ProjectNo, 50, true}, field{"AreaCode", p.AreaCode, 12, false}); err != nil {
		return "", err
	}
	if p.ServiceNumber < 0 || p.ServiceNumber > 99 {
		return "", c.engine.Refuse(op, "ServiceNumber", "is 1 to 3; 0 lets the page choose")
	}
	if p.Back != "" && !c.ownOrigin(p.Back) {
		return "", c.denied(op, "Back", "is not of the origin of an address in Config.Redirects")
	}
	members := []jsonx.Member{{Name: "projNo", Text: p.ProjectNo}}
	if p.ServiceNumber > 0 {
		members = append(members, jsonx.Member{Name: "serviceCode", Text: strconv.Itoa(p.ServiceNumber)})
	}
	for _, m := range []jsonx.Member{{Name: "regionCode", Text: p.AreaCode}, {Name: "pf", Text: string(channel)}, {Name: "backUrl", Text: p.Back}} {
		if m.Text != "" {
			members = append(members, m)
		}
	}
	once := base64.StdEncoding.EncodeToString(jsonx.AppendObject(nil, members))
	return withQuery(c.pages.evaluate, "p", base64.StdEncoding.EncodeToString([]byte(once))), nil
}

// ownOrigin reports whether an address is of the origin of a registered one.
func (c *Client) ownOrigin(address string) bool {
	u, err := webAddress(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(c.config.Redirects, func(registered string) bool {
		r, err := webAddress(registered)
		return err == nil && r.Scheme == u.Scheme && strings.EqualFold(r.Host, u.Host)
	})
}

func (c *Client) denied(op, name, why string) error {
	err := c.engine.Refuse(op, name, why)
	err.Kind = zwfw.PermissionDenied
	return err
}

// withQuery adds pairs of name and value behind the query that an address has.
func withQuery(u *url.URL, pairs ...string) string {
	var b strings.Builder
	b.WriteString(u.RawQuery)
	for i := 0; i+1 < len(pairs); i += 2 {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(pairs[i]) + "=" + url.QueryEscape(pairs[i+1]))
	}
	joined := *u
	joined.RawQuery = b.String()
	return joined.String()
}
