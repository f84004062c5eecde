package certificate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

const certificateType = "11999999MB0000000X001"

// inside is a sandbox that a client calls without a network, for tests in a bubble.
func inside(t *testing.T, options ...zwfw.Option) (*sandbox.Platform, *certificate.Client) {
	t.Helper()
	p := sandbox.New()
	p.URL = "http://sandbox.example"
	return p, newClient(t, p.CertificateConfig(), append(options, zwfw.WithHTTPClient(through(p)))...)
}

func begin(t *testing.T, p *sandbox.Platform, client *certificate.Client, c sandbox.Citizen) certificate.ReadConsentedRequest {
	t.Helper()
	consent, err := client.StartConsent(t.Context(), certificate.StartConsentRequest{
		Code: p.MintConsentCode(c), TypeCodes: []string{certificateType}, Cause: certificate.CauseSharing,
	})
	require.NoError(t, err)
	return certificate.ReadConsentedRequest{Transaction: consent.Transaction, TypeCode: certificateType, Cause: certificate.CauseSharing}
}

// asked gives the times between the questions about a consent's state.
func asked(p *sandbox.Platform) (pauses []time.Duration) {
	var last time.Time
	for _, r := range p.Requests() {
		if r.Op == "certificate.ConsentState" {
			if !last.IsZero() {
				pauses = append(pauses, r.At.Sub(last))
			}
			last = r.At
		}
	}
	return pauses
}

func TestWhatACitizenConsentsToIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, client := inside(t)
		citizen := p.Citizens()[0]
		r := begin(t, p, client, citizen)
		infos, err := client.ReadConsented(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, citizen.Name.Reveal(), infos.Certificates[0].Holder.Reveal())
		require.Equal(t, []time.Duration{2 * time.Second}, asked(p))
		require.Equal(t, 1, p.Effects("certificate.ReadConsented"))

		_, err = client.ReadConsented(t.Context(), r)
		require.ErrorIs(t, err, zwfw.NotFound, "it was read")
	})
}

func TestACitizenWhoSaysNoOrNothingIsReportedSo(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name  string
		habit sandbox.ConsentHabit
		code  string
		took  time.Duration
	}{
		{"no", sandbox.ConsentRefuses, "3", 2 * time.Second},
		{"nothing", sandbox.ConsentSilent, "1", 9 * time.Second},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, client := inside(t)
				p.SetConsentHabit(p.Citizens()[0], x.habit)
				r := begin(t, p, client, p.Citizens()[0])
				r.Wait = 9 * time.Second
				began := time.Now()
				_, err := client.ReadConsented(t.Context(), r)
				var e *zwfw.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, zwfw.ConsentRequired, e.Kind)
				require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
				require.Equal(t, x.code, e.Code)
				require.Equal(t, x.took, time.Since(began))
				require.Zero(t, p.Effects("certificate.ReadConsented"))
				require.LessOrEqual(t, len([]rune(zwfw.AdviceFor(err).Citizen.ZH)), 20)
			})
		})
	}
}

func TestTheWaitForConsentEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, client := inside(t)
		p.SetConsentHabit(p.Citizens()[0], sandbox.ConsentSilent)
		r := begin(t, p, client, p.Citizens()[0])
		r.Every = time.Second
		deadline, stop := context.WithTimeout(t.Context(), 4500*time.Millisecond)
		defer stop()
		_, err := client.ReadConsented(deadline, r)
		require.ErrorIs(t, err, zwfw.ConsentRequired)
		for _, pause := range asked(p) {
			require.GreaterOrEqual(t, pause, time.Second)
		}
		require.Len(t, asked(p), 4)

		canceled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		_, err = client.ReadConsented(canceled, r)
		require.ErrorIs(t, err, zwfw.Canceled)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestABrokenLineDoesNotEndTheWaitForConsent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, client := inside(t)
		r := begin(t, p, client, p.Citizens()[0])
		p.Faults().Next("certificate.ConsentState", sandbox.HTML(502), sandbox.Pass(), sandbox.Refuse(zwfw.Upstream))
		_, err := client.ReadConsented(t.Context(), r)
		require.NoError(t, err)
		for _, pause := range asked(p) {
			require.Equal(t, 2*time.Second, pause, "a lost answer is not asked for sooner")
		}

		r = begin(t, p, client, p.Citizens()[0])
		p.Faults().Always("certificate.ConsentState", sandbox.HTML(502))
		r.Wait = 5 * time.Second
		_, err = client.ReadConsented(t.Context(), r)
		require.ErrorIs(t, err, zwfw.Upstream, "the last thing heard")

		p.Faults().Always("certificate.ConsentState", sandbox.Refuse(zwfw.NotFound))
		began := time.Now()
		_, err = client.ReadConsented(t.Context(), r)
		require.ErrorIs(t, err, zwfw.NotFound)
		require.Zero(t, time.Since(began), "a no of the platform ends it at once")
	})
}

func TestAPlatformThatAsksForFewerQuestionsAboutAConsentGetsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := sandbox.New()
		p.URL = "http://sandbox.example"
		busy := true
		client := newClient(t, p.CertificateConfig(), zwfw.WithHTTPClient(through(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/ConsentState") && busy {
				busy = false
				w.Header().Set("Retry-After", "20")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			p.ServeHTTP(w, r)
		}))))
		r := begin(t, p, client, p.Citizens()[0])
		began := time.Now()
		_, err := client.ReadConsented(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, 22*time.Second, time.Since(began))
	})
}

func TestNeitherQuestionNorReadingIsSentTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, client := inside(t)
		p.Faults().Next("certificate.StartConsent", sandbox.HTML(502))
		_, err := client.StartConsent(t.Context(), certificate.StartConsentRequest{
			Code: p.MintConsentCode(p.Citizens()[0]), TypeCodes: []string{certificateType}, Cause: certificate.CauseSharing,
		})
		require.ErrorIs(t, err, zwfw.Upstream)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
		require.Equal(t, 1, p.Effects("certificate.StartConsent"))

		r := begin(t, p, client, p.Citizens()[0])
		p.Faults().Next("certificate.ReadConsented", sandbox.HTML(502))
		_, err = client.ReadConsented(t.Context(), r)
		require.ErrorIs(t, err, zwfw.Upstream)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
		require.Equal(t, 1, p.Effects("certificate.ReadConsented"))
	})
}

// A citizen of the sandbox who has authorised nothing says no.
func TestAnUnwillingCitizenSaysNo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, client := inside(t)
		citizens := p.Citizens()
		r := begin(t, p, client, citizens[len(citizens)-2])
		state, err := client.ConsentState(t.Context(), r.Transaction)
		require.NoError(t, err)
		require.Equal(t, certificate.ConsentWaiting, state)
		state, err = client.ConsentState(t.Context(), r.Transaction)
		require.NoError(t, err)
		require.True(t, state.Refused())
	})
}
