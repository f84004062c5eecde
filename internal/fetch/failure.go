package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/linefault"
)

// unexpected is an answer that is not the file and says no clear no.
func unexpected(what string) *zwfw.Error {
	return &zwfw.Error{Kind: zwfw.ProtocolMismatch, Sent: true, Expected: what}
}

func (d *download) tooLarge() *zwfw.Error {
	return &zwfw.Error{Kind: zwfw.TooLarge, Sent: true, Expected: fmt.Sprintf("%v of %d bytes", errTooLarge, d.f.config.MaxSize)}
}

// lineFailure classifies an exchange that brought no answer, or not all of it.
func (d *download) lineFailure(ctx, parent context.Context, sent bool, err error) *zwfw.Error {
	e := &zwfw.Error{Kind: zwfw.Upstream, Sent: sent, Err: cause(err)}
	if !sent {
		e.Outcome = zwfw.OutcomeRefused
	}
	var (
		no     refusal
		moved  redirected
		netErr net.Error
	)
	stopped, explained := context.Cause(ctx), linefault.Explain(err, "server")
	switch {
	case errors.As(err, &no):
		e.Kind, e.Field, e.Expected = zwfw.BadRequest, "address", no.Error()
	case errors.As(err, &moved):
		e.Kind, e.Expected = zwfw.ProtocolMismatch, moved.why
	case errors.Is(parent.Err(), context.Canceled):
		e.Kind, e.Err = zwfw.Canceled, context.Canceled
	case errors.Is(stopped, errSlow), errors.Is(stopped, errHead):
		e.Kind, e.Expected, e.Err = zwfw.Timeout, stopped.Error(), stopped
	case errors.Is(stopped, context.DeadlineExceeded):
		e.Kind, e.Err = zwfw.Timeout, context.DeadlineExceeded
		e.Expected = "the file is not complete within the time of the call"
	case errors.As(err, &netErr) && netErr.Timeout():
		e.Kind = zwfw.Timeout
	case explained != "":
		e.Expected = explained
	case !sent:
		e.Expected = "no connection"
	default:
		e.Expected = "the line broke before the file was complete"
	}
	return e
}

// cause keeps our own refusals, which name no address, and what linefault lets pass.
func cause(err error) error {
	var no refusal
	var moved redirected
	switch {
	case errors.As(err, &no):
		return no
	case errors.As(err, &moved):
		return moved
	}
	return linefault.Cause(err)
}

// statusFailure classifies an answer that is neither 200 nor the 206 that was asked for.
func (d *download) statusFailure(ctx, parent context.Context, resp *http.Response, body io.Reader) *zwfw.Error {
	text, err := io.ReadAll(io.LimitReader(body, smallBody))
	if err != nil && ctx.Err() != nil {
		return d.lineFailure(ctx, parent, true, err)
	}
	e := &zwfw.Error{Kind: zwfw.ProtocolMismatch, Sent: true, RetryAfter: linefault.RetryAfter(resp.Header, d.f.settings.Clock.Now())}
	if shown := string(d.toUTF8(text, resp.Header.Get("Content-Type"))); readable(shown) {
		e.Text = zwfw.NewPlatformText(shown)
		if kind := d.kindOf("", shown); kind != zwfw.Unclassified {
			e.Kind, e.Outcome = kind, zwfw.OutcomeRefused
			return e
		}
	}
	switch s := resp.StatusCode; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden, s == http.StatusProxyAuthRequired:
		e.Kind, e.Outcome = zwfw.PermissionDenied, zwfw.OutcomeRefused
	case s == http.StatusNotFound, s == http.StatusGone:
		e.Kind, e.Outcome = zwfw.NotFound, zwfw.OutcomeRefused
	case s == http.StatusTooManyRequests:
		e.Kind, e.Outcome = zwfw.RateLimited, zwfw.OutcomeRefused
	case s == http.StatusRequestTimeout, s == http.StatusGatewayTimeout:
		e.Kind = zwfw.Timeout
	case s >= 500:
		e.Kind = zwfw.Upstream
	case s >= 400:
		e.Kind, e.Outcome = zwfw.BadRequest, zwfw.OutcomeRefused
	default:
		e.Expected = "a status that is no file"
	}
	return e
}

// withoutPath drops file names from an error of the system: they may name a citizen.
func withoutPath(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	case errors.As(err, &call):
		return call.Err
	}
	return err
}

// finish completes an error with what is known of the call.
func (d *download) finish(e *zwfw.Error) {
	e.Platform, e.Op, e.Attempts, e.Where = d.f.config.Platform, d.op, d.attempts, ""
	if d.attempts > 0 {
		e.Where = d.where
	}
	if e.Outcome == zwfw.OutcomeUnknown {
		if d.address.IsSingleUse() {
			e.Expected = join(e.Expected, "the address serves once, apply for a new one")
			e.SettledBy = "a new application"
		} else {
			e.SettledBy = "fetching again"
		}
	}
	_ = e.WithTexts(d.f.settings.Advice, zwfw.CodeName{})
}

func join(text, more string) string {
	if text == "" {
		return more
	}
	return text + "; " + more
}
