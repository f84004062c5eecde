package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/zwfw-go/zwfw/internal/linefault"
)

const (
	userAgent    = "zwfw-go"
	maxRedirects = 3
)

// asked is what came of one request, redirects included.
type asked struct {
	resp *http.Response
	url  *url.URL // the last one asked
	sent bool     // bytes may have left
}

// ask sends the request and follows redirects within the host. Every address on the way
// passes the guard, and none is asked twice.
func (f *Fetcher) ask(ctx context.Context, u *url.URL, head http.Header) (asked, error) {
	out := asked{url: u}
	var seen []string
	for {
		resp, sent, err := f.get(ctx, out.url, head)
		out.sent = out.sent || sent
		if err != nil {
			return out, err
		}
		location := resp.Header.Get("Location")
		if !redirects(resp.StatusCode) || location == "" {
			out.resp = resp
			return out, nil
		}
		_ = resp.Body.Close()
		seen = append(seen, out.url.String())
		next, err := f.guard.resolve(out.url, location)
		switch {
		case err != nil:
			return out, redirected{"a redirect is refused: its address " + err.Error()}
		case !sameHost(out.url, next):
			return out, redirected{"a redirect to another host (" + next.Host + ") is refused"}
		case slices.Contains(seen, next.String()), len(seen) > maxRedirects:
			return out, redirected{"redirects in a circle or more than " + strconv.Itoa(maxRedirects)}
		}
		out.url = next
	}
}

// redirected is the refusal of a redirect.
type redirected struct{ why string }

func (r redirected) Error() string { return r.why }

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// sameHost allows the step from plain to TLS on the usual ports.
func sameHost(from, to *url.URL) bool {
	if from.Scheme == to.Scheme {
		return from.Host == to.Host
	}
	return from.Scheme == "http" && from.Host == to.Host && from.Port() == ""
}

func (f *Fetcher) get(ctx context.Context, u *url.URL, head http.Header) (resp *http.Response, sent bool, err error) {
	hp, err := hostport(u)
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, false, err
	}
	var wanted, connected atomic.Bool
	ctx = httptrace.WithClientTrace(withHost(ctx, hp), &httptrace.ClientTrace{
		GetConn: func(string) { wanted.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, false, err
	}
	r.Header = head.Clone()
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Accept-Encoding", "identity")
	// A body that cannot be had a second time keeps a transport from sending again.
	r.Body, r.GetBody = io.NopCloser(strings.NewReader("")), nil
	resp, err = f.client.Do(r)
	var no refusal
	// As everywhere, sent is the assumption: only a transport that reports asking for a
	// connection and getting none proves the contrary.
	sent = err == nil || connected.Load() || !wanted.Load() && !linefault.BeforeConnection(err) && !errors.As(err, &no)
	return resp, sent, err
}
