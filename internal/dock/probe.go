package dock

import (
	"context"
	"net/http"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Probe asks the main address for its head: whether the line stands, and what time
// it is there. Nothing is signed and no interface is called, so any answer below 500
// is a good one but for redirects and proxies that want
// credentials, and a failure leaves nothing unknown. It gives the clock offset in
// use afterwards.
func (e *Engine) Probe(ctx context.Context, timeout time.Duration) (time.Duration, error) {
	const op = "Ready"
	if e.closed.Load() {
		return 0, e.finish(&zwfw.Error{Kind: zwfw.Closed, Outcome: zwfw.OutcomeRefused}, op)
	}
	if e.settings.Timeout > 0 {
		timeout = e.settings.Timeout
	}
	o := &operation{Op: Op{Name: op, Class: Read}, url: e.bases[""]}
	_, err := e.run(ctx, o, timeout, func(ctx, parent context.Context, _ zwfw.Secret) result {
		err := e.probe(ctx, parent, o.url.String())
		if err != nil {
			err.Outcome = zwfw.OutcomeRefused
		}
		return result{err: err}
	})
	return e.clock.Offset(), err
}

func (e *Engine) probe(ctx, parent context.Context, address string) *zwfw.Error {
	a, err := e.sender.do(ctx, message{method: http.MethodHead, url: address}, e.settings.Clock.Now)
	if err != nil {
		return lineFailure(parent, a, err)
	}
	switch {
	case a.status >= 500 && a.status != http.StatusNotImplemented:
		return httpFailure(a, "the platform answers with an error status")
	case a.status >= 300 && a.status < 400:
		return httpFailure(a, "")
	case a.status == http.StatusProxyAuthRequired:
		return httpFailure(a, "a proxy wants credentials")
	}
	m := measure(a, time.Time{})
	if !e.clock.learn(m) && m.known {
		return skewed(&zwfw.Error{Kind: zwfw.ClockSkew, Sent: true, HTTPStatus: a.status}, m)
	}
	return nil
}
