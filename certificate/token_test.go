package certificate_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// logins counts the logins that the platform has seen.
func logins(p *sandbox.Platform) (n int) {
	for _, r := range p.Requests() {
		if r.Op == "certificate.Login" {
			n++
		}
	}
	return n
}

func TestALoginIsMadeOnceAndAgainWhenTheSessionHasEnded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"session", "jwt"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialectFile(t, name)})
			search := func() {
				_, err := client.Search(t.Context(), searchFor(p.Citizens()[0]))
				require.NoError(t, err)
			}
			search()
			search()
			require.Equal(t, 1, logins(p))
			p.EndCertificateSessions() // status 11 at the next call
			search()
			require.Equal(t, 2, logins(p))
			require.Len(t, p.Requests(), 6, "two logins, three answered calls and a refused one")
		})
	}
}

func TestManyCallersShareOneLogin(t *testing.T) {
	t.Parallel()
	p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialectFile(t, "session")}, zwfw.WithTimeout(5*time.Minute), zwfw.WithAttemptTimeout(5*time.Minute))
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			citizen := p.Citizens()[i%2]
			for range 5 {
				found, err := client.Search(t.Context(), searchFor(citizen))
				if assert.NoError(t, err) {
					assert.Equal(t, p.Certificates(citizen)[0].Number.Reveal(), found.Rows[0].Number.Reveal(), "that citizen's")
				}
			}
		})
	}
	group.Wait()
	require.Equal(t, 1, logins(p))
}

func TestAWrongPasswordIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	p, _ := startWith(t, sandbox.CertificateSetup{Dialect: dialectFile(t, "session")})
	config := p.CertificateConfig()
	config.Password = zwfw.NewSecret("wrong")
	client := newClient(t, config, zwfw.WithDialect(dialectFile(t, "session")))
	for range 3 {
		_, err := client.Search(t.Context(), searchFor(p.Citizens()[0]))
		require.ErrorIs(t, err, zwfw.TokenInvalid)
		var e *zwfw.Error
		require.ErrorAs(t, err, &e)
		require.False(t, e.Sent, "the search itself")
	}
	require.Equal(t, 1, logins(p))
}

func TestATokenThatStaysIsRefusedOnce(t *testing.T) {
	t.Parallel()
	p, _ := start(t)
	config := p.CertificateConfig()
	config.AccessToken = zwfw.NewSecret("wrong")
	_, err := newClient(t, config).Search(t.Context(), searchFor(p.Citizens()[0]))
	require.ErrorIs(t, err, zwfw.TokenInvalid)
	require.Equal(t, certificate.StatusAuthentication, certificate.StatusOf(err))
	require.Len(t, p.Requests(), 1, "the same token would be refused again")
}

func TestALoginOfTheCallersOwn(t *testing.T) {
	t.Parallel()
	p, _ := start(t)
	config := p.CertificateConfig()
	right, calls := config.AccessToken, atomic.Int64{}
	config.AccessToken = zwfw.Secret{}
	config.Login = func(context.Context) (zwfw.Secret, time.Duration, error) {
		if calls.Add(1) == 1 {
			return zwfw.NewSecret("stale"), time.Hour, nil
		}
		return right, time.Hour, nil
	}
	client := newClient(t, config)
	_, err := client.Search(t.Context(), searchFor(p.Citizens()[0]))
	require.NoError(t, err)
	require.EqualValues(t, 2, calls.Load())

	config.Login = func(context.Context) (zwfw.Secret, time.Duration, error) {
		return zwfw.Secret{}, 0, errors.New("the unit's own directory is down")
	}
	_, err = newClient(t, config).Search(t.Context(), searchFor(p.Citizens()[0]))
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.False(t, e.Sent)
	require.ErrorContains(t, err, "the unit's own directory is down")
}

// The end of a JSON web token counts where the platform says nothing else.
func TestATokenIsRenewedAheadOfItsOwnEnd(t *testing.T) {
	t.Parallel()
	for name, life := range map[string]string{"a minute": `{"exp":%d}`, "none": `{}`, "not JSON": `x`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := new(sandbox.Clock)
			claims := life
			if strings.Contains(life, "%d") {
				claims = fmt.Sprintf(life, clock.Now().Add(time.Minute).Unix())
			}
			token := "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
			p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialectFile(t, "jwt")}, zwfw.WithClock(clock))
			p.Faults().Always("certificate.Login", sandbox.Body(200, `{"head":{"status":0},"data":{"token":"`+token+`"}}`))
			p.Faults().Always("certificate.Search", sandbox.Body(200, `{"head":{"status":10}}`))
			search := func() {
				_, err := client.Search(t.Context(), searchFor(p.Citizens()[0]))
				require.Error(t, err)
			}
			search()
			before := logins(p)
			clock.Advance(2 * time.Minute)
			search()
			if name == "a minute" {
				require.Greater(t, logins(p), before)
			} else {
				require.Equal(t, before, logins(p), "an unknown life is longer than two minutes")
			}
		})
	}
}
