package main

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
)

// browser is a phone's: it follows redirects and keeps cookies.
type browser struct {
	client    *http.Client
	transport *http.Transport
}

// page is what a visit ended with.
type page struct {
	status  int
	address string // after redirects
	body    string
}

func newBrowser() *browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	t := &http.Transport{}       // no proxy: the page is on this machine
	return &browser{&http.Client{Jar: jar, Transport: t}, t}
}

func (b *browser) open(ctx context.Context, address string) (page, error) {
	return b.ask(ctx, http.MethodGet, address)
}

// send is a form of the site's own page.
func (b *browser) send(ctx context.Context, address string) (page, error) {
	return b.ask(ctx, http.MethodPost, address)
}

func (b *browser) ask(ctx context.Context, method, address string) (page, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return page{}, err
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	answer, err := b.client.Do(r)
	if err != nil {
		return page{}, withoutAddress(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20)) // no page of the play is near it
	return page{answer.StatusCode, answer.Request.URL.String(), string(body)}, err
}

func (b *browser) close() { b.transport.CloseIdleConnections() }

// withoutAddress keeps the one-time code of an address out of an error.
func withoutAddress(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}

func query(name, value string) string { return url.Values{name: {value}}.Encode() }
