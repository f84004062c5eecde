package portal_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// No goroutine may be left by any test of the package.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start gives a sandbox and a client for its first application.
func start(t *testing.T, options ...zwfw.Option) (*sandbox.Platform, *portal.Client) {
	t.Helper()
	p := sandbox.Start(t)
	return p, newClient(t, p.PortalConfig(), options...)
}

func newClient(t *testing.T, c portal.Config, options ...zwfw.Option) *portal.Client {
	t.Helper()
	client, err := portal.New(c, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// patient is for tests with many callers: their machine may be slow and busy.
var patient = []zwfw.Option{zwfw.WithTimeout(5 * time.Minute), zwfw.WithAttemptTimeout(5 * time.Minute)}

// tokenOf signs a citizen in.
func tokenOf(t *testing.T, p *sandbox.Platform, client *portal.Client, c sandbox.Citizen) zwfw.Secret {
	t.Helper()
	s, err := client.Exchange(t.Context(), p.MintLoginTicket(c, false))
	require.NoError(t, err)
	return s.Token
}

// finished is a case of the first citizen that has ended, ongoing one that has not, and
// foreign one of the second citizen.
const (
	ongoing  = "HLJ2024000001"
	finished = "HLJ2024000002"
	foreign  = "HLJ2024000004"
)

func requireRefusedHere(t *testing.T, err error, field string) {
	t.Helper()
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, field, e.Field)
	require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
	require.False(t, e.Sent)
	require.NotEmpty(t, e.Expected)
}
