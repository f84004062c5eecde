package certificate

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/fetch"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// Client calls one certificate platform for one account. It is safe for concurrent use
// and starts no goroutine of its own.
type Client struct {
	engine   *dock.Engine
	fetcher  *fetch.Fetcher
	fileBase string
	reusable bool             // addresses may be fetched again
	rules    *IdentifierRules // nil: identifiers are not looked at
	clock    zwfw.Clock
	names    map[string]string          // of the call context, as the dialect writes them
	reserved map[string]map[string]bool // by operation: names that no extra may take
}

// Answer is what every result brings beside its data.
type Answer struct {
	RequestID string
	Raw       zwfw.Raw // the data as it arrived: JSON, or a bare picture
	Warnings  []zwfw.Warning
}

func answerOf(m dock.Meta) Answer {
	return Answer{RequestID: m.RequestID, Raw: m.Raw, Warnings: m.Warnings}
}

const (
	// maxResponse holds a list of a hundred thousand rows.
	maxResponse = 32 << 20
	// attemptTimeout is twice what a forwarded call takes: a province may have to ask the
	// national platform (DB51/T 2942 5.3).
	attemptTimeout = 20 * time.Second
	// readyTimeout bounds Ready: a window opens in front of people.
	readyTimeout = 5 * time.Second
)

// New checks the configuration against the dialect and makes a client. Errors name the
// setting at fault; nothing is sent. Defaults that differ from other clients: an answer
// may have 32 MiB, an attempt may take 20 s, a call 30 s.
func New(c Config, options ...zwfw.Option) (*Client, error) {
	if _, err := zwfw.NewSettings(options...); err != nil {
		return nil, err
	}
	settings, err := zwfw.NewSettings(append([]zwfw.Option{zwfw.WithMaxResponse(maxResponse)}, options...)...)
	if err != nil {
		return nil, err
	}
	if settings.AttemptTimeout == 0 {
		settings.AttemptTimeout = attemptTimeout
	}
	party, err := c.party()
	if err != nil {
		return nil, err
	}
	client := &Client{clock: settings.Clock}
	if c.IdentifierRules != nil {
		rules := *c.IdentifierRules
		client.rules = &rules
	}
	if err := client.logIn(c, &party, settings); err != nil {
		return nil, err
	}
	if client.engine, err = dock.New(certificatewire.Manifest(), party, settings); err != nil {
		return nil, err
	}
	dialect := client.engine.Dialect()
	client.names, client.reserved = dialect.Tables[contextTable], reservedNames(dialect)
	if err := loginNamesNoToken(dialect); err != nil {
		return nil, err
	}
	if err := client.openFiles(c, dialect, settings); err != nil {
		return nil, err
	}
	return client, nil
}

// Ready checks the line before the first call and learns the platform's time. It asks for
// the head of the base address and calls no interface. It gives the clock offset in use:
// platform time minus local time.
//
// Errors: Upstream and Timeout when the line or the platform is down, ClockSkew when the
// local clock is wrong by more than 15 minutes.
func (c *Client) Ready(ctx context.Context) (offset time.Duration, err error) {
	return c.engine.Probe(ctx, readyTimeout)
}

// Now is the platform's time as far as the client knows it.
func (c *Client) Now() time.Time { return c.engine.Now() }

// Dialect gives a copy of the dialect in use, extends resolved.
func (c *Client) Dialect() *zwfw.Dialect { return c.engine.Dialect() }

// CryptoReport lists the suites in use with their grades and key sizes, for an assessor
// (密评). It holds no key material.
func (c *Client) CryptoReport() crypto.Report { return c.engine.CryptoReport() }

// Close drops idle connections; later calls fail with Closed. Calls under way go on. It
// may be called more than once and never fails.
func (c *Client) Close() error {
	_ = c.fetcher.Close() // never fails either
	return c.engine.Close()
}
