package wireproof

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/zwfw-go/zwfw"
)

// Line stands in for the network: it answers every request and keeps the first.
type Line struct {
	Reply       []byte
	ContentType string                                    // application/json when ""
	Status      int                                       // 200 when 0
	Respond     func(r *http.Request, body []byte) []byte // in place of Reply

	Request *http.Request
	Body    []byte
}

// Option makes a client use the line.
func (l *Line) Option() zwfw.Option {
	return zwfw.WithHTTPClient(&http.Client{Transport: l})
}

// RoundTrip implements [http.RoundTripper].
func (l *Line) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	// As a server has it: the sender keeps the letter case of a dialect's header names.
	r = r.Clone(r.Context())
	header := make(http.Header)
	for name, values := range r.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header = header
	if l.Request == nil {
		l.Request, l.Body = r, body
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", cmp.Or(l.ContentType, "application/json"))
	w.WriteHeader(cmp.Or(l.Status, http.StatusOK))
	reply := l.Reply
	if l.Respond != nil {
		reply = l.Respond(r, body)
	}
	_, _ = w.Write(reply)
	return w.Result(), nil
}
