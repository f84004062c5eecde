package dock

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zwfw-go/zwfw"
)

// lineFailure classifies an exchange that brought no answer, or not all of it.
func lineFailure(parent context.Context, a arrival, err error) *zwfw.Error {
	e := &zwfw.Error{Kind: zwfw.Upstream, Sent: a.sent, Err: cause(err), HTTPStatus: a.status}
	if !a.sent {
		e.Outcome = zwfw.OutcomeRefused
	}
	var (
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		netErr  net.Error
	)
	switch {
	case errors.Is(parent.Err(), context.Canceled):
		e.Kind = zwfw.Canceled
	case errors.Is(err, errTooLong):
		e.Kind, e.Expected = zwfw.TooLarge, err.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		e.Kind = zwfw.Timeout
	case errors.As(err, &dns):
		e.Expected = "the host name cannot be resolved"
	case errors.As(err, &unknown):
		e.Expected = "the platform's certificate is not trusted here; put its CA into WithTLSConfig"
	case errors.As(err, &host):
		e.Expected = "the platform's certificate is for another host"
	case errors.As(err, &invalid):
		e.Expected = "the platform's certificate is not valid now; check certificate and clock"
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		e.Expected = "the platform does not speak TLS at this address; check http and https in the base URL"
	case !a.sent:
		e.Expected = "no connection"
	default:
		e.Expected = "the line broke before the answer was complete"
	}
	return e
}

// cause keeps what is known to hold nothing of an answer or an address: the standard
// transport quotes malformed answers, and its errors name the URL.
func cause(err error) error {
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, errTooLong} {
		if errors.Is(err, known) {
			return known
		}
	}
	var (
		errno   syscall.Errno
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &unknown):
		return unknown
	case errors.As(err, &host):
		return host
	case errors.As(err, &invalid):
		return invalid
	case errors.As(err, &errno) && errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, errno)
	case errors.As(err, &errno):
		return errno
	}
	return errLine
}

// errLine stands for every other failure of the transport.
var errLine = errors.New("the exchange failed")

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

// maxRetryAfter bounds what a platform may ask for; the policy's own cap is lower.
const maxRetryAfter = time.Hour

// retryAfter reads the header in both forms: seconds, or a date on the platform's
// clock.
func retryAfter(head http.Header, now time.Time) time.Duration {
	text := head.Get("Retry-After")
	if text == "" {
		return 0
	}
	if s, err := strconv.Atoi(text); err == nil {
		return clamp(time.Duration(s) * time.Second)
	}
	if at, err := http.ParseTime(text); err == nil {
		if date, err := http.ParseTime(head.Get("Date")); err == nil {
			now = date
		}
		return clamp(at.Sub(now))
	}
	return 0
}

func retryAfterMs(text string) time.Duration {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms > maxRetryAfter.Milliseconds() {
		ms = min(max(ms, 0), maxRetryAfter.Milliseconds())
	}
	return clamp(time.Duration(ms) * time.Millisecond)
}

func clamp(d time.Duration) time.Duration { return min(max(d, 0), maxRetryAfter) }

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
