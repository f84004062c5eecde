package crypto

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// RemoteSigner wraps a signing service, such as the one a province runs for its
// halls, as a [Signer]. call sends the message and returns the signature as bytes
// (decode its text first) and should honour ctx; it gets a copy of the message.
//
// The answer is checked before it is used: its size always, and when m.Public is
// given also the signature itself (with m.UserID for SM2). An SM2 service may answer
// in ASN.1 or as r and s. When call fails, the error says whether time ran out and
// nothing else, because texts of HTTP clients repeat what was sent; the cause is
// there for [errors.Is] and [errors.As].
func RemoteSigner(suite string, m Material, call func(ctx context.Context, message []byte) ([]byte, error)) (Signer, error) {
	s, err := suiteFor(suite, Sign)
	if err != nil {
		return nil, err
	}
	if call == nil {
		return nil, fmt.Errorf("crypto: suite %s: no function to call the signing service is given", s.Name)
	}
	var verifier Verifier
	if m.Public.Kind() != KeyNone {
		if m.Public.Kind() != s.Key {
			return nil, wrongKey(s, fmt.Sprintf("the service's %s public key, or none", s.Key), m)
		}
		if verifier, err = NewVerifier(s.Name, Material{Public: m.Public, UserID: m.UserID}); err != nil {
			return nil, err
		}
	}
	public := m.Public
	signer := contextFunc(func(ctx context.Context, message []byte) ([]byte, error) {
		if err := ctx.Err(); err != nil {
			return nil, &remoteError{suite: s.Name, who: "the signing service", cause: err}
		}
		signature, err := call(ctx, bytes.Clone(message))
		if err != nil {
			return nil, &remoteError{suite: s.Name, who: "the signing service", cause: err}
		}
		return accepted(s, public, verifier, message, signature)
	})
	return described{signer, ReportOf(suite, Material{Public: public}, CipherOptions{})}, nil
}

// remoteError hides the text of its cause.
type remoteError struct {
	suite, who string
	cause      error
}

func (e *remoteError) Error() string {
	text := "crypto: sign with " + e.suite + ": " + e.who + " "
	switch {
	case errors.Is(e.cause, context.Canceled):
		return text + "was not waited for: the caller gave up"
	case errors.Is(e.cause, context.DeadlineExceeded):
		return text + "did not answer in time"
	}
	return text + fmt.Sprintf("failed (%T)", e.cause)
}

func (e *remoteError) Unwrap() error { return e.cause }

// Format prints Error for every verb: %#v would show the cause.
func (e *remoteError) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(e.Error())) }
