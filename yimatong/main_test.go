package yimatong_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// No goroutine may be left by any test of the package.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start gives a sandbox and a client for its first merchant.
func start(t *testing.T, options ...zwfw.Option) (*sandbox.Platform, *yimatong.Client) {
	t.Helper()
	p := sandbox.Start(t)
	return p, newClient(t, p.YimatongConfig(), options...)
}

func newClient(t *testing.T, c yimatong.Config, options ...zwfw.Option) *yimatong.Client {
	t.Helper()
	client, err := yimatong.New(c, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

func decode(t *testing.T, c *yimatong.Client, code zwfw.CodeText) (*yimatong.Person, error) {
	t.Helper()
	return c.DecodeQRCode(t.Context(), yimatong.DecodeRequest{Code: code, Device: "DEV-01"})
}

// patient is for tests with many callers: their machine may be slow and busy.
var patient = []zwfw.Option{zwfw.WithTimeout(5 * time.Minute), zwfw.WithAttemptTimeout(5 * time.Minute)}

// here is where the tests' machines stand.
var here = yimatong.Position{Latitude: "30.250000", Longitude: "120.160000"}

// tokenOf lets a citizen authorise the test's application.
func tokenOf(t *testing.T, p *sandbox.Platform, client *yimatong.Client, c sandbox.Citizen) yimatong.ChannelToken {
	t.Helper()
	a, err := client.Authorize(t.Context(), p.MintAuthorization(c, "APP-01"), "APP-01")
	require.NoError(t, err)
	return a.Token
}
