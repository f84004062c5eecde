package linefault_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/linefault"
)

var (
	dns     = &net.DNSError{Err: "no such host", Name: "platform.example", IsNotFound: true}
	refused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	reset   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

func TestFailuresAreExplainedInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want string
	}{
		{dns, "the host name cannot be resolved"},
		{x509.UnknownAuthorityError{}, "the platform's certificate is not trusted here; put its CA into WithTLSConfig"},
		{x509.HostnameError{Certificate: new(x509.Certificate)}, "the platform's certificate is for another host"},
		{x509.CertificateInvalidError{Reason: x509.Expired}, "the platform's certificate is not valid now; check certificate and clock"},
		{tls.RecordHeaderError{}, "the platform does not speak TLS at this address"},
		{http.ErrSchemeMismatch, "the platform does not speak TLS at this address"},
		{refused, ""},
		{errors.New("else"), ""},
	} {
		require.Equal(t, c.want, linefault.Explain(wrapped(c.err), "platform"), "%T", c.err)
	}
	require.Contains(t, linefault.Explain(x509.UnknownAuthorityError{}, "server"), "the server's")
}

// wrapped is how the standard client gives an error out.
func wrapped(err error) error {
	return &url.Error{Op: "Get", URL: "http://platform.example/?token=SECRET", Err: fmt.Errorf("while asking: %w", err)}
}

func TestAPlainServerIsNoTLSServer(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	resp, err := http.Get(strings.Replace(s.URL, "http://", "https://", 1))
	if err == nil {
		resp.Body.Close()
	}
	require.True(t, linefault.NotTLS(err), "%v", err)
	require.False(t, linefault.BeforeConnection(err))
}

func TestACauseRepeatsNothingOfAddressOrAnswer(t *testing.T) {
	t.Parallel()
	own := errors.New("of the caller")
	for _, c := range []struct {
		err  error
		want string
		is   error
	}{
		{context.Canceled, "context canceled", context.Canceled},
		{context.DeadlineExceeded, "context deadline exceeded", context.DeadlineExceeded},
		{io.ErrUnexpectedEOF, "unexpected EOF", io.ErrUnexpectedEOF},
		{io.EOF, "EOF", io.EOF},
		{own, "of the caller", own},
		{dns, "lookup platform.example: no such host", nil},
		{refused, "dial: connection refused", syscall.ECONNREFUSED},
		{reset, "read: connection reset by peer", syscall.ECONNRESET},
		{syscall.EPIPE, "broken pipe", syscall.EPIPE},
		{x509.UnknownAuthorityError{}, "x509: certificate signed by unknown authority", nil},
		{errors.New(`malformed HTTP response "SECRET"`), "the exchange failed", nil},
	} {
		got := linefault.Cause(wrapped(c.err), own)
		require.EqualError(t, got, c.want)
		if c.is != nil {
			require.ErrorIs(t, got, c.is)
		}
	}
	require.EqualError(t, linefault.Cause(own), "the exchange failed")
}

func TestOnlyResolvingAndDiallingComeBeforeAConnection(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{dns: true, refused: true, reset: false, io.EOF: false} {
		require.Equal(t, want, linefault.BeforeConnection(wrapped(err)), "%v", err)
	}
}
