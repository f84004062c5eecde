package sandbox

import (
	"context"
	"fmt"
	"net/url"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
	"github.com/zwfw-go/zwfw/portal"
)

// SendLogoutNotice ends a citizen's sessions at the first application and tells its
// website so, at the address where it takes such notices. It gives how many there were.
func (p *Platform) SendLogoutNotice(ctx context.Context, address string, c Citizen) (int, error) {
	u, err := url.Parse(address)
	if err != nil {
		return 0, fmt.Errorf("sandbox: the address of the notice: %w", err)
	}
	engine, err := p.noticeEngine(u)
	if err != nil {
		return 0, err
	}
	defer func() { _ = engine.Close() }()
	ended := p.endSessions(c)
	for _, id := range ended {
		if _, err := engine.Call(ctx, "LogoutNotice", &portalwire.LogoutNotice{SessionID: zwfw.NewSecret(id)}, nil); err != nil {
			return 0, err
		}
	}
	return len(ended), nil
}

// noticeEngine signs as the dialect has the website sign.
func (p *Platform) noticeEngine(u *url.URL) (*dock.Engine, error) {
	d := p.portal.setup.Dialect
	if d == nil {
		var err error
		if d, err = portal.Dialect(portal.DialectHeilongjiang); err != nil {
			return nil, err
		}
	}
	m, way, ok := portalwire.Notices(d, u.Path)
	if !ok {
		return nil, fmt.Errorf("sandbox: dialect %s signs nothing, and so sends no notices", d.Name)
	}
	settings, err := zwfw.NewSettings(zwfw.WithClock(p.Clock()), zwfw.WithDialect(way))
	if err != nil {
		return nil, err
	}
	party := p.portal.desks[0].desk.Party()
	party.Bases = map[string]string{"": u.Scheme + "://" + u.Host + "/"}
	return dock.New(m, party, settings)
}

// endSessions forgets a citizen's sessions at the first application and gives their ids.
func (p *Platform) endSessions(c Citizen) (ended []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.portal
	for token, t := range s.tokens {
		if t.citizen == c.UserID && t.app == s.desks[0].app.Mark {
			ended = append(ended, t.sessionID)
			delete(s.tokens, token)
			delete(s.signIns, t.browser)
		}
	}
	return ended
}
