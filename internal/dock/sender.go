package dock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-resty/resty/v2"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/linefault"
)

const userAgent = "zwfw-go"

// idleConns keeps a connection for each of the concurrent calls of a busy hall; the
// standard transport keeps two and reconnects for the rest.
const idleConns = 256

// sender puts finished bytes on the line and brings the capped answer back. resty
// does the sending and nothing else: its retries, logs, cookies, redirects and
// decoding are off, and none of its types leaves this file.
type sender struct {
	resty *resty.Client
	owned *http.Transport // nil when the caller gave the client
	limit int64
}

func newSender(s *zwfw.Settings) *sender {
	out := &sender{limit: s.MaxResponse}
	var client http.Client
	if s.HTTPClient != nil {
		client = *s.HTTPClient // a copy: the caller's own is not altered
		if client.Transport == nil {
			client.Transport = http.DefaultTransport
		}
	} else {
		out.owned = newTransport(s)
		client.Transport = out.owned
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	out.resty = resty.NewWithClient(&client).
		SetPreRequestHook(neverReplay).
		SetLogger(silent{}).
		SetRetryCount(0).
		SetDoNotParseResponse(true).
		SetDisableWarn(true).
		SetAllowGetMethodPayload(false).
		SetHeader("User-Agent", userAgent).
		SetHeader("Accept", "*/*") // else resty chooses one
	return out
}

func newTransport(s *zwfw.Settings) *http.Transport {
	t := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: s.ConnectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   s.ConnectTimeout,
		TLSClientConfig:       s.TLSConfig,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          idleConns,
		MaxIdleConnsPerHost:   idleConns,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		// An answer's head is small; the default would admit a megabyte of it.
		MaxResponseHeaderBytes: 64 << 10,
	}
	if s.EnvProxy {
		t.Proxy = http.ProxyFromEnvironment
	}
	return t
}

// message is one request as it leaves.
type message struct {
	method  string
	url     string
	headers []header
	body    []byte // nil for none
}

type header struct{ name, value string }

// arrival is what came back. sent is true once the bytes may have left.
type arrival struct {
	status     int
	head       http.Header
	body       []byte
	sent       bool
	began, end time.Time // by the local clock, around the exchange of heads
}

var errTooLong = errors.New("the answer is longer than the limit")

func (s *sender) do(ctx context.Context, m message, now func() time.Time) (arrival, error) {
	if err := ctx.Err(); err != nil {
		return arrival{}, err
	}
	var asked, connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		// From here on bytes may leave. Later marks exist, but none is early enough to
		// promise that nothing has left.
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	r := s.resty.R().SetContext(ctx)
	for _, h := range m.headers {
		r.SetHeaderVerbatim(h.name, h.value) // spelt as the dialect spells it
	}
	if m.body != nil {
		r.SetBody(bytes.NewReader(m.body))
	}
	a := arrival{began: now()}
	resp, err := r.Execute(m.method, m.url)
	a.end = now()
	// Sent is the assumption. Only a transport that reports asking for a connection and
	// getting none, or an error that arises before one exists, proves the contrary: a
	// given transport need not report anything.
	a.sent = err == nil || connected.Load() || !asked.Load() && !linefault.BeforeConnection(err)
	if err != nil {
		return a, err
	}
	body := resp.RawBody()
	defer body.Close()
	a.status, a.head = resp.StatusCode(), resp.Header()
	a.body, err = readAll(body, resp.RawResponse.ContentLength, s.limit+1)
	if err != nil {
		return a, err
	}
	if int64(len(a.body)) > s.limit {
		return a, fmt.Errorf("%w of %d bytes (WithMaxResponse)", errTooLong, s.limit)
	}
	return a, nil
}

// readAll reads at most limit bytes. A length that the platform states is believed as far
// as it saves growing: a large answer is held once, not two or three times.
func readAll(body io.Reader, stated, limit int64) ([]byte, error) {
	buffer := bytes.NewBuffer(make([]byte, 0, min(max(stated, 0), limit, statedAtMost)+bytes.MinRead))
	_, err := buffer.ReadFrom(io.LimitReader(body, limit))
	return buffer.Bytes(), err
}

// statedAtMost bounds what a stated length alone reserves.
const statedAtMost = 4 << 20

// neverReplay keeps the standard transport from sending a request without a body again
// when a kept connection breaks: it takes GET for harmless, but here the operation's
// class decides. A body that cannot be had a second time stops it, and an empty one
// adds nothing to what is sent.
func neverReplay(_ *resty.Client, r *http.Request) error {
	if r.Body == nil {
		r.Body, r.GetBody, r.ContentLength = io.NopCloser(strings.NewReader("")), nil, 0
	}
	return nil
}

func (s *sender) close() {
	if s.owned != nil {
		s.owned.CloseIdleConnections()
	}
}

// silent keeps resty from writing to standard error.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
