package yimatong

import (
	"context"
	"net/url"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// Client calls 一码通 for one merchant. It is safe for concurrent use, starts no
// goroutine of its own and keeps no citizen's token.
type Client struct {
	engine *dock.Engine
	icons  *url.URL // nil: icons stay as they came
	life   time.Duration
}

// New checks the configuration against the dialect and makes a client. Errors name
// the setting at fault; nothing is sent.
func New(c Config, options ...zwfw.Option) (*Client, error) {
	settings, err := zwfw.NewSettings(options...)
	if err != nil {
		return nil, err
	}
	party, err := c.party()
	if err != nil {
		return nil, err
	}
	engine, err := dock.New(yimatongwire.Manifest(), party, settings)
	if err != nil {
		return nil, err
	}
	client := &Client{engine: engine, life: c.CodeLife}
	if client.life == 0 {
		client.life = defaultCodeLife
	}
	if c.IconBase != "" {
		client.icons, _ = url.Parse(c.IconBase) // checked by party
	}
	return client, nil
}

// defaultCodeLife is an assumption: the standard gives none.
const defaultCodeLife = time.Minute

// readyTimeout bounds Ready as it bounds a scan: a machine starts in front of people.
const readyTimeout = 5 * time.Second

// maxToken is above every code and token that platforms issue, JWTs included.
const maxToken = 4096

// Ready checks the line before the first scan and learns the platform's time. It asks
// for the head of the base address and calls no interface. It gives the clock offset in
// use: platform time minus local time.
//
// Errors: Upstream and Timeout when the line or the platform is down, ClockSkew when
// the local clock is wrong by more than 15 minutes, with the measured offset.
func (c *Client) Ready(ctx context.Context) (offset time.Duration, err error) {
	return c.engine.Probe(ctx, readyTimeout)
}

// Now is the platform's time as far as the client knows it.
func (c *Client) Now() time.Time { return c.engine.Now() }

// Dialect gives a copy of the dialect in use, extends resolved.
func (c *Client) Dialect() *zwfw.Dialect { return c.engine.Dialect() }

// CryptoReport lists the suites in use with their grades and key sizes, for an assessor
// (密评). It holds no key material. With a [crypto.Keyring] it follows the ring.
func (c *Client) CryptoReport() crypto.Report { return c.engine.CryptoReport() }

// Close drops idle connections; later calls fail with Closed. Calls under way go on.
// It may be called more than once and never fails.
func (c *Client) Close() error { return c.engine.Close() }
