package portal

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// Client calls the service platform for one website. It is safe for concurrent use,
// starts no goroutine of its own and keeps no session.
type Client struct {
	engine *dock.Engine
	config Config
	party  dock.Party
	byRef  bool // the login of verid@1: no state, the person comes with the exchange
	pages  struct{ login, logout, evaluate *url.URL }
}

// Answer is what every successful call brings beside its data.
type Answer struct {
	RequestID string
	Raw       zwfw.Raw
	Warnings  []zwfw.Warning
}

// New checks the configuration against the dialect and makes a client. Errors name the
// setting at fault; nothing is sent.
func New(c Config, options ...zwfw.Option) (*Client, error) {
	settings, err := zwfw.NewSettings(options...)
	if err != nil {
		return nil, err
	}
	party, err := c.party()
	if err != nil {
		return nil, err
	}
	engine, err := dock.New(portalwire.Manifest(), party, settings)
	if err != nil {
		return nil, err
	}
	client := &Client{engine: engine, config: c.clone(), party: party}
	ops := engine.Dialect().Ops
	_, logoutLocal := ops["LogoutLocal"]
	_, user := ops["User"]
	client.byRef = logoutLocal && !user
	if err := client.openPages(); err != nil {
		return nil, err
	}
	return client, nil
}

// openPages joins the pages' addresses to the base.
func (c *Client) openPages() error {
	login, logout := "/sso/login", "/sso/logout"
	if c.byRef {
		login, logout = "/unified-sso/user/sendLogin", ""
		if c.config.ParamKey == "" {
			return fmt.Errorf("portal: Config.ParamKey is required by dialect %s", c.engine.Dialect().Name)
		}
	}
	for _, page := range []struct {
		name, set, or string
		into          **url.URL
	}{
		{"Login", c.config.Pages.Login, login, &c.pages.login},
		{"Logout", c.config.Pages.Logout, logout, &c.pages.logout},
		{"Evaluate", c.config.Pages.Evaluate, "/evaluate/page", &c.pages.evaluate},
	} {
		address := page.set
		if address == "" {
			address = page.or
		}
		if address == "" {
			continue
		}
		if strings.HasPrefix(address, "/") {
			address = strings.TrimRight(c.config.BaseURL, "/") + address
		}
		u, err := webAddress(address)
		if err != nil {
			return fmt.Errorf("portal: Config.Pages.%s: a path that begins with /, or %w", page.name, err)
		}
		*page.into = u
	}
	return nil
}

// call runs one operation.
func call[Out any](ctx context.Context, c *Client, op string, in any) (*Out, Answer, dock.Meta, error) {
	out := new(Out)
	meta, err := c.engine.Call(ctx, op, in, out)
	if err != nil {
		return nil, Answer{}, meta, err
	}
	return out, Answer{RequestID: meta.RequestID, Raw: meta.Raw, Warnings: meta.Warnings}, meta, nil
}

// maxText bounds names, codes and words in queries.
const maxText = 1000

// field is a text of a request and how long it may be.
type field struct {
	name, value string
	most        int
	required    bool
}

// check refuses the first field that is not as it should be.
func (c *Client) check(op string, fields ...field) error {
	for _, f := range fields {
		if f.required && strings.TrimSpace(f.value) == "" {
			return c.engine.Refuse(op, f.name, "is required")
		}
		if err := c.engine.CheckText(op, f.name, f.value, f.most); err != nil {
			return err
		}
	}
	return nil
}

// maxPage is the contract's limit of rows in a page.
const maxPage = 100

// checkPage refuses numbers that the platform would, 0 being its own default.
func (c *Client) checkPage(op string, number, size int) error {
	switch {
	case number < 0:
		return c.engine.Refuse(op, "PageNo", "begins with 1; 0 is the platform's default")
	case size < 0 || size > maxPage:
		return c.engine.Refuse(op, "PageSize", fmt.Sprintf("is 1 to %d; 0 is the platform's default", maxPage))
	}
	return nil
}

// checkTimes refuses a span that ends before it begins. Zero times are open.
func (c *Client) checkTimes(op string, begin, end time.Time) error {
	if !begin.IsZero() && !end.IsZero() && end.Before(begin) {
		return c.engine.Refuse(op, "End", "is before Begin")
	}
	return nil
}

// readyTimeout bounds Ready: a website starts in front of people.
const readyTimeout = 5 * time.Second

// Ready checks the line and learns the platform's time, without calling an interface. It
// gives the clock offset in use: platform time minus local time.
//
// Errors: Upstream and Timeout when the line or the platform is down, ClockSkew when the
// local clock is wrong by more than 15 minutes, with the measured offset.
func (c *Client) Ready(ctx context.Context) (offset time.Duration, err error) {
	return c.engine.Probe(ctx, readyTimeout)
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
func (c *Client) Close() error { return c.engine.Close() }
