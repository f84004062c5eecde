package hotline

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// Client calls the hotline for one unit. It is safe for concurrent use.
type Client struct {
	engine *dock.Engine
	// door authenticates. It is an engine of its own, so that a limit on concurrent
	// calls cannot make a call wait for the authentication that it waits for itself.
	door   *dock.Engine
	tokens *dock.Tokens
	config Config
	unit   atomic.Pointer[Unit]
}

// New checks the configuration against the dialect and makes a client. Errors name
// the setting at fault; nothing is sent.
func New(c Config, options ...zwfw.Option) (*Client, error) {
	settings, err := zwfw.NewSettings(options...)
	if err != nil {
		return nil, err
	}
	if c, err = c.checked(); err != nil {
		return nil, err
	}
	if c.AggregateURL != "" {
		if settings.Dialect, err = apart(settings.Dialect); err != nil {
			return nil, err
		}
	}
	client := &Client{config: c}
	client.tokens = dock.NewTokens("hotline "+c.BaseURL+" "+c.AppID, client.authenticate, settings)
	party := c.party()
	party.Token = client.tokens
	if client.engine, err = dock.New(wire.Manifest(), party, settings); err != nil {
		return nil, err
	}
	own := *settings
	own.Limit = zwfw.Limit{}
	client.door, err = dock.New(wire.Manifest(), party, &own)
	return client, err
}

// readyTimeout lets a service start while the line is bad.
const readyTimeout = 8 * time.Second

// Ready checks the line, learns the platform's time and authenticates the unit. It gives
// the clock offset in use: platform time minus local time.
//
// Errors: Upstream and Timeout when the line or the platform is down, ClockSkew when the
// local clock is wrong by more than 15 minutes, CallerDenied and Signature for a wrong
// App_id or App_key.
func (c *Client) Ready(ctx context.Context) (offset time.Duration, err error) {
	if offset, err = c.engine.Probe(ctx, readyTimeout); err != nil {
		return offset, err
	}
	if _, err = c.tokens.Token(ctx, zwfw.Secret{}); err != nil && zwfw.KindOf(err) == "" {
		refusal := c.engine.Refuse("Ready", "", err.Error())
		refusal.Kind, refusal.Err = zwfw.Timeout, err
		if errors.Is(err, context.Canceled) {
			refusal.Kind = zwfw.Canceled
		}
		err = refusal
	}
	return offset, err
}

// Now is the platform's time as far as the client knows it.
func (c *Client) Now() time.Time { return c.engine.Now() }

// Dialect gives a copy of the dialect in use, extends resolved.
func (c *Client) Dialect() *zwfw.Dialect { return c.engine.Dialect() }

// CryptoReport lists the suites in use with their grades, for an assessor (密评). It holds
// no key material.
func (c *Client) CryptoReport() crypto.Report { return c.engine.CryptoReport() }

// Close drops idle connections; later calls fail with Closed. Calls under way go on. It
// may be called more than once and never fails.
func (c *Client) Close() error { return errors.Join(c.engine.Close(), c.door.Close()) }

// Receipt is what every answer brings beside its data.
type Receipt struct {
	RequestID string
	Raw       zwfw.Raw
	Warnings  []zwfw.Warning
}

func receipt(m dock.Meta) Receipt {
	return Receipt{RequestID: m.RequestID, Raw: m.Raw, Warnings: m.Warnings}
}

// call runs an operation. A nonce that the platform has seen already is no reason to
// fail: every operation here is a read or has a key, and the repetition has a new one.
func (c *Client) call(ctx context.Context, op string, in, out any) (dock.Meta, error) {
	meta, err := c.engine.Call(ctx, op, in, out)
	if errors.Is(err, zwfw.Replay) {
		meta, err = c.engine.Call(ctx, op, in, out)
	}
	return meta, err
}

// useless makes the error of an answer that says done and is of no use.
func (c *Client) useless(op string, m dock.Meta, field, problem string) error {
	e := c.engine.Refuse(op, field, problem)
	e.Kind, e.Outcome, e.Sent, e.HTTPStatus, e.Attempts = zwfw.ProtocolMismatch, zwfw.OutcomeDone, true, 200, 1
	e.RequestID, e.Data = m.RequestID, m.Raw
	return e
}
