package linefault

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
)

// Explain says what kept an exchange from beginning, where that is known and somebody can
// do something about it: the name, or TLS. It is "" for everything else. who is what the
// texts call the other side: "platform", "server".
func Explain(err error, who string) string {
	var (
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &dns):
		return "the host name cannot be resolved"
	case errors.As(err, &unknown):
		return "the " + who + "'s certificate is not trusted here; put its CA into WithTLSConfig"
	case errors.As(err, &host):
		return "the " + who + "'s certificate is for another host"
	case errors.As(err, &invalid):
		return "the " + who + "'s certificate is not valid now; check certificate and clock"
	case NotTLS(err):
		return "the " + who + " does not speak TLS at this address"
	}
	return ""
}

// NotTLS reports that plain text came where TLS was spoken.
func NotTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch)
}

// BeforeConnection recognises errors of resolving and dialling: nothing can have left.
func BeforeConnection(err error) bool {
	var dial *net.OpError
	var dns *net.DNSError
	return errors.As(err, &dns) || errors.As(err, &dial) && dial.Op == "dial"
}

// Cause keeps what is known to hold nothing of an answer or of an address: the standard
// transport quotes malformed answers, and its errors name the URL. known are sentinels of
// the caller that pass as they are.
func Cause(err error, known ...error) error {
	for _, k := range append([]error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF}, known...) {
		if errors.Is(err, k) {
			return k
		}
	}
	var (
		errno   syscall.Errno
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &unknown):
		return unknown
	case errors.As(err, &host):
		return host
	case errors.As(err, &invalid):
		return invalid
	case errors.As(err, &errno) && errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, errno)
	case errors.As(err, &errno):
		return errno
	}
	return errLine
}

// errLine stands for every other failure of the transport.
var errLine = errors.New("the exchange failed")
