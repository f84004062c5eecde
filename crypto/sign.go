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
	contextFunc  func(ctx context.Context, message []byte) ([]byte, error)
	verifierFunc func(message, signature []byte) error
)

func (f signerFunc) Sign(_ context.Context, message []byte) ([]byte, error) { return f(message) }
func (f contextFunc) Sign(ctx context.Context, message []byte) ([]byte, error) {
	return f(ctx, message)
}
func (f verifierFunc) Verify(message, signature []byte) error { return f(message, signature) }

// NewSigner builds a signer. HMAC suites need m.Secret, RSA and SM2 suites
// m.Private or m.Held; plain digests (sha256, sm3, sha1, md5) need nothing, because
// there the secret stands inside the message. The secret is copied.
//
// m.Held is any [crypto.Signer] of the standard library: an HSM, a UKey, a cloud
// key service. RSA devices get the digest and its hash. SM2 devices get the whole
// message when they are a [crypto.MessageSigner], with opts of gmsm's
// SM2SignerOption, and otherwise the digest e of GB/T 32918.2 with hash 0. They may
// answer in ASN.1 or as r and s. Each signature is checked with the device's
// public key before it is handed out, so that a device that leaves out the user
// identifier is found at once. To ask a service over the network, see [RemoteSigner].
func NewSigner(suite string, m Material) (Signer, error) {
	s, err := suiteFor(suite, Sign)
	if err != nil {
		return nil, err
	}
	signer, err := signerFor(s, m)
	if err != nil {
		return nil, err
	}
	return described{signer, ReportOf(suite, m, CipherOptions{})}, nil
}

func signerFor(s Suite, m Material) (Signer, error) {
	if s.Key != KeyRSA && s.Key != KeySM2 {
		sum, err := sumFor(s, m)
		if err != nil {
			return nil, err
		}
		return signerFunc(func(message []byte) ([]byte, error) { return sum(message), nil }), nil
	}
	switch {
	case m.Held != nil && m.Private.Kind() != KeyNone:
		return nil, fmt.Errorf("crypto: suite %s: both a private key and a key held elsewhere are given; which one signs must be plain: leave one out", s.Name)
	case m.Held != nil:
		return heldSigner(s, m)
	case m.Private.Kind() != s.Key:
		return nil, wrongKey(s, fmt.Sprintf("an %s private key to sign", s.Key), m)
	case s.Key == KeySM2:
		return sm2Signer(s, m)
	}
	return signerFunc(rsaSigner(s.Name, m)), nil
}

// NewVerifier builds a verifier. HMAC suites need m.Secret, RSA and SM2 suites
// m.Public (a private key in m is not used: verifying an answer with one's own key
// would hide that the platform's key is missing). HMACs and digests are compared in
// constant time. SM2 signatures are read in ASN.1 and as r and s of 32 bytes each,
// whichever of the two the suite writes.
func NewVerifier(suite string, m Material) (Verifier, error) {
	s, err := suiteFor(suite, Sign)
	if err != nil {
		return nil, err
	}
	if s.Key != KeyRSA && s.Key != KeySM2 {
		sum, err := sumFor(s, m)
		if err != nil {
			return nil, err
		}
		return verifierFunc(func(message, signature []byte) error { return equalSum(sum(message), signature) }), nil
	}
	switch {
	case m.Public.Kind() != s.Key:
		return nil, wrongKey(s, fmt.Sprintf("an %s public key to verify", s.Key), m)
	case s.Key == KeySM2:
		return sm2Verifier(s, m)
	}
	return verifierFunc(rsaVerifier(s.Name, m)), nil
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
