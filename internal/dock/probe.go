package dock

import (
	"context"
	"net/http"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Probe asks the main address for its head: whether the line stands, and what time
// it is there. Nothing is signed and no interface is called, so any answer below 500
// is a good one. It gives the clock offset in use afterwards.
func (e *Engine) Probe(ctx context.Context, timeout time.Duration) (time.Duration, error) {
	const op = "Ready"
	if e.closed.Load() {
		return 0, e.finish(&zwfw.Error{Kind: zwfw.Closed, Outcome: zwfw.OutcomeRefused}, op)
	}
	u, err := ParseBase(e.party.setting("base."), e.party.Bases[""])
	if err != nil {
		return 0, e.finish(localFailure(err), op)
	}
	if e.settings.Timeout > 0 {
		timeout = e.settings.Timeout
	}
	o := &operation{Op: Op{Name: op, Class: Read}, url: u}
	_, err = e.run(ctx, o, timeout, func(ctx, parent context.Context, _ int) result {
		a, err := e.sender.do(ctx, message{method: http.MethodHead, url: u.String()}, e.settings.Clock.Now)
		if err != nil {
			return result{err: lineFailure(parent, a, err)}
		}
		switch {
		case a.status >= 500 && a.status != http.StatusNotImplemented:
			return result{err: httpFailure(a, "the platform answers with an error status")}
		case a.status >= 300 && a.status < 400, a.status == http.StatusProxyAuthRequired:
			return result{err: httpFailure(a, "a proxy wants credentials")}
		}
		m := measure(a, time.Time{})
		if _, tooLarge := e.clock.learn(m); tooLarge {
			return result{err: &zwfw.Error{Kind: zwfw.ClockSkew, Outcome: zwfw.OutcomeRefused, Sent: true, HTTPStatus: a.status, Expected: skewProblem(m.offset())}}
		}
		return result{}
	})
	return e.clock.Offset(), err
}
