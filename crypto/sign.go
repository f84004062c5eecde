package crypto

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// ErrSignature means that a signature does not match its message and key. It
// says nothing more: which part differs helps only a forger.
var ErrSignature = errors.New("crypto: the signature does not match")

// Signer signs messages. Implement it to sign with an HSM, a UKey, a KMS or a
// province's remote signing service; those should honour ctx. Signers from
// [NewSigner] compute at once and never look at it.
type Signer interface {
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// Verifier checks signatures. Verify returns nil when the signature matches and
// [ErrSignature] when it does not.
type Verifier interface {
	Verify(message, signature []byte) error
}

// The values handed out are functions: fmt, slog and JSON can print a
// function's address at most, never the key its closure holds.
type (
	signerFunc   func(message []byte) ([]byte, error)
	verifierFunc func(message, signature []byte) error
)

func (f signerFunc) Sign(_ context.Context, message []byte) ([]byte, error) { return f(message) }
func (f verifierFunc) Verify(message, signature []byte) error               { return f(message, signature) }

// NewSigner builds a signer. HMAC suites need m.Secret, RSA suites m.Private;
// plain digests (sha256, sm3, sha1, md5) need nothing, because there the secret
// stands inside the message. The secret is copied.
func NewSigner(suite string, m Material) (Signer, error) {
	s, err := suiteFor(suite, Sign)
	if err != nil {
		return nil, err
	}
	switch s.Key {
	case KeyRSA:
		if m.Private.Kind() != KeyRSA {
			return nil, wrongKey(s, "an RSA private key to sign", m)
		}
		return signerFunc(rsaSigner(s.Name, m)), nil
	default:
		sum, err := sumFor(s, m)
		if err != nil {
			return nil, err
		}
		return signerFunc(func(message []byte) ([]byte, error) { return sum(message), nil }), nil
	}
}

// NewVerifier builds a verifier. HMAC suites need m.Secret, RSA suites m.Public
// (a private key in m is not used: verifying an answer with one's own key would
// hide that the platform's key is missing). HMACs and digests are compared in
// constant time.
func NewVerifier(suite string, m Material) (Verifier, error) {
	s, err := suiteFor(suite, Sign)
	if err != nil {
		return nil, err
	}
	switch s.Key {
	case KeyRSA:
		if m.Public.Kind() != KeyRSA {
			return nil, wrongKey(s, "an RSA public key to verify", m)
		}
		return verifierFunc(rsaVerifier(s.Name, m)), nil
	default:
		sum, err := sumFor(s, m)
		if err != nil {
			return nil, err
		}
		return verifierFunc(func(message, signature []byte) error { return equalSum(sum(message), signature) }), nil
	}
}

func sumFor(s Suite, m Material) (func([]byte) []byte, error) {
	if s.Key == KeyNone {
		return digestSum(s.Name), nil
	}
	if len(m.Secret) == 0 {
		return nil, wrongKey(s, "a "+KeySecret.String(), m)
	}
	return hmacSum(s.Name, bytes.Clone(m.Secret)), nil
}

// wrongKey is the one wording for a key that does not fit its suite.
func wrongKey(s Suite, need string, m Material) error {
	return fmt.Errorf("crypto: suite %s needs %s, given: %s", s.Name, need, m.given())
}
