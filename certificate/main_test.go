package certificate_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// No goroutine may be left by any test of the package.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start gives a sandbox and a client for its first account.
func start(t *testing.T, options ...zwfw.Option) (*sandbox.Platform, *certificate.Client) {
	t.Helper()
	return startWith(t, sandbox.CertificateSetup{}, options...)
}

// startWith is start with a platform of another set-up; the client speaks its dialect.
func startWith(t *testing.T, s sandbox.CertificateSetup, options ...zwfw.Option) (*sandbox.Platform, *certificate.Client) {
	t.Helper()
	p := sandbox.Start(t, sandbox.WithCertificates(s))
	if s.Dialect != nil {
		options = append([]zwfw.Option{zwfw.WithDialect(s.Dialect)}, options...)
	}
	return p, newClient(t, p.CertificateConfig(), options...)
}

func newClient(t *testing.T, c certificate.Config, options ...zwfw.Option) *certificate.Client {
	t.Helper()
	client, err := certificate.New(c, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// quick repeats without pauses that anybody would notice.
var quick = zwfw.WithRetry(zwfw.Retry{MaxAttempts: 2, BaseDelay: time.Millisecond, MaxDelay: time.Millisecond})

func holderOf(c sandbox.Citizen) certificate.Holder {
	return certificate.Holder{Code: c.IDNumber, CodeType: certificate.HolderResident}
}

// The commonest requests.

func searchFor(c sandbox.Citizen) certificate.SearchRequest {
	return certificate.SearchRequest{Holder: holderOf(c), Cause: certificate.CauseSharing}
}

func fileOf(k sandbox.Certificate) certificate.FileByIDRequest {
	return certificate.FileByIDRequest{ID: k.ID, Cause: certificate.CauseSharing}
}

func infoOf(k sandbox.Certificate) certificate.InfoByIDRequest {
	return certificate.InfoByIDRequest{ID: k.ID, Cause: certificate.CauseSharing}
}

// through is a client whose requests reach the handler without a network.
func through(h http.Handler) *http.Client {
	return &http.Client{Transport: wire{h}}
}

type wire struct{ http.Handler }

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Header = make(http.Header)
	for name, values := range r.Header { // as a server has it
		in.Header[http.CanonicalHeaderKey(name)] = values
	}
	out := httptest.NewRecorder()
	w.ServeHTTP(out, in)
	return out.Result(), nil
}
