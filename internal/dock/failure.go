package dock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/linefault"
)

// lineFailure classifies an exchange that brought no answer, or not all of it.
func lineFailure(parent context.Context, a arrival, err error) *zwfw.Error {
	e := &zwfw.Error{Kind: zwfw.Upstream, Sent: a.sent, Err: linefault.Cause(err, errTooLong), HTTPStatus: a.status}
	if !a.sent {
		e.Outcome = zwfw.OutcomeRefused
	}
	var netErr net.Error
	explained := linefault.Explain(err, "platform")
	switch {
	case errors.Is(parent.Err(), context.Canceled):
		e.Kind = zwfw.Canceled
	case errors.Is(err, errTooLong):
		e.Kind, e.Expected = zwfw.TooLarge, err.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		e.Kind = zwfw.Timeout
	case linefault.NotTLS(err):
		e.Expected = explained + "; check http and https in the base URL"
	case explained != "":
		e.Expected = explained
	case !a.sent:
		e.Expected = "no connection"
	default:
		e.Expected = "the line broke before the answer was complete"
	}
	return e
}

// httpFailure classifies an answer that is not in the dialect's envelope. Only
// statuses that a gateway gives before passing a request on count as refused.
func httpFailure(a arrival, problem string) *zwfw.Error {
	e := &zwfw.Error{Kind: zwfw.ProtocolMismatch, Sent: true, HTTPStatus: a.status, Expected: problem}
	switch s := a.status; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusProxyAuthRequired:
		e.Kind, e.Outcome = zwfw.PermissionDenied, zwfw.OutcomeRefused
	case s == http.StatusNotFound, s == http.StatusMethodNotAllowed, s == http.StatusUnsupportedMediaType:
		e.Outcome = zwfw.OutcomeRefused
		e.Expected = "no such interface at this address; check the base URL and the dialect's path"
	case s == http.StatusRequestEntityTooLarge:
		e.Kind, e.Outcome = zwfw.TooLarge, zwfw.OutcomeRefused
	case s == http.StatusTooManyRequests:
		e.Kind, e.Outcome = zwfw.RateLimited, zwfw.OutcomeRefused
	case s == http.StatusRequestTimeout, s == http.StatusGatewayTimeout:
		e.Kind = zwfw.Timeout
	case s >= 500:
		e.Kind = zwfw.Upstream
	case s >= 300 && s < 400:
		e.Expected = "a redirect, which is not followed; check the base URL"
	case s == http.StatusBadRequest && bytes.Contains(a.body, []byte("HTTP request to an HTTPS server")):
		e.Outcome, e.Expected = zwfw.OutcomeRefused, "the platform speaks TLS at this address; the base URL must begin with https://"
	case s >= 400:
		e.Kind, e.Outcome = zwfw.BadRequest, zwfw.OutcomeRefused
	}
	return e
}

func retryAfterMs(text string) time.Duration {
	ms, _ := strconv.ParseInt(text, 10, 64) // 0 when it is no number, its bound when out of range
	return time.Duration(min(max(ms, 0), linefault.MaxRetryAfter.Milliseconds())) * time.Millisecond
}

// skewed says in an error by how much the clocks differ.
func skewed(e *zwfw.Error, m measured) *zwfw.Error {
	e.ClockOffset = m.offset().Round(time.Second)
	d, where := e.ClockOffset.Abs(), "behind"
	if e.ClockOffset < 0 {
		where = "ahead of"
	}
	if d < closeEnough {
		e.Expected = "the platform refuses the time stamp although the clocks agree"
		return e
	}
	e.Expected = fmt.Sprintf("this machine's clock is %v %s the platform's", d, where)
	if d > maxHeal {
		e.Expected += fmt.Sprintf("; up to %v is corrected", maxHeal)
	}
	return e
}
