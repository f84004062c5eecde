package fetch

import (
	"context"
	"net"
	"net/http"

	"github.com/zwfw-go/zwfw"
)

// newClient makes the client of all downloads. Redirects are judged by the package
// itself. No connection is kept: a request on a kept one that broke would be sent again.
func newClient(s *zwfw.Settings, g *guard) *http.Client {
	var client http.Client
	if s.HTTPClient != nil {
		client = *s.HTTPClient // a copy: the caller's own is not altered
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	switch {
	case s.HTTPClient == nil:
		client.Transport = newTransport(s, g)
	case client.Transport == nil:
		client.Transport = guardTransport(http.DefaultTransport, g)
	default:
		client.Transport = guardTransport(client.Transport, g)
	}
	return &client
}

func newTransport(s *zwfw.Settings, g *guard) *http.Transport {
	t := &http.Transport{
		DialContext:            g.dialer(s.ConnectTimeout),
		TLSHandshakeTimeout:    s.ConnectTimeout,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		ReadBufferSize:         16 << 10,
	}
	if s.TLSConfig != nil {
		t.TLSClientConfig = s.TLSConfig.Clone()
	}
	if s.EnvProxy {
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}

// guardTransport checks the connections of a given transport.
func guardTransport(given http.RoundTripper, g *guard) http.RoundTripper {
	t, ok := given.(*http.Transport)
	if !ok {
		return foreign{given, g}
	}
	t = t.Clone()
	t.DisableKeepAlives, t.DisableCompression = true, true
	dial := t.DialContext
	//lint:ignore SA1019 a given transport may use it
	if old := t.Dial; dial == nil && old != nil {
		dial = func(_ context.Context, network, addr string) (net.Conn, error) { return old(network, addr) }
	}
	if dial == nil {
		t.DialContext = g.dialer(0)
	} else {
		t.DialContext = g.checked(dial)
	}
	//lint:ignore SA1019 as above
	old := t.DialTLS
	if t.DialTLSContext != nil {
		t.DialTLSContext = g.checked(t.DialTLSContext)
	} else if old != nil {
		t.DialTLSContext = g.checked(func(_ context.Context, network, addr string) (net.Conn, error) { return old(network, addr) })
	}
	return t
}

// foreign is a transport that dials out of sight.
type foreign struct {
	http.RoundTripper
	guard *guard
}

func (f foreign) RoundTrip(r *http.Request) (*http.Response, error) {
	hp, err := hostport(r.URL)
	if err == nil {
		err = f.guard.foresee(r.Context(), hp)
	}
	if err != nil {
		return nil, err
	}
	return f.RoundTripper.RoundTrip(r)
}
