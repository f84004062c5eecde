package crypto

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/emmansun/gmsm/sm2"
)

// KeyKind says what sort of key a suite needs or a key is.
type KeyKind uint8

const (
	KeyNone   KeyKind = iota // no key
	KeySecret                // bytes both sides hold
	KeyRSA                   // RSA of 1024 bit or more
	KeySM2                   // SM2 on sm2p256v1 (GB/T 32918)
	KeyEC                    // NIST P-256: recognised so that it can be refused by name, used by no suite
)

// String returns the kind in plain words, such as "SM2" or "shared secret".
func (k KeyKind) String() string {
	switch k {
	case KeyNone:
		return "no key"
	case KeySecret:
		return "shared secret"
	case KeyRSA:
		return "RSA"
	case KeySM2:
		return "SM2"
	case KeyEC:
		return "EC P-256"
	}
	return fmt.Sprintf("key kind %d", uint8(k))
}

// PrivateKey is an RSA or SM2 private key from [LoadPrivateKey] or
// [GenerateKey]. Methods accept a nil key, which is of kind KeyNone. It prints
// as its kind and size, never as itself.
type PrivateKey struct{ inner *privateInner }

// The pointer keeps fmt out: it prints unexported fields of foreign structs
// without asking any method, but stops at a pointer inside them.
type privateInner struct {
	kind   KeyKind
	rsa    *rsa.PrivateKey
	sm2    *sm2.PrivateKey
	format string
}

// PublicKey is an RSA or SM2 public key from [LoadPublicKey] or
// [PrivateKey.Public]. Methods accept a nil key, which is of kind KeyNone.
type PublicKey struct{ inner *publicInner }

type publicInner struct {
	kind   KeyKind
	rsa    *rsa.PublicKey
	sm2    *ecdsa.PublicKey
	format string
}

// Kind returns KeyRSA or KeySM2, and KeyNone for nil.
func (k *PrivateKey) Kind() KeyKind {
	if k == nil || k.inner == nil {
		return KeyNone
	}
	return k.inner.kind
}

// Kind returns KeyRSA or KeySM2, and KeyNone for nil.
func (k *PublicKey) Kind() KeyKind {
	if k == nil || k.inner == nil {
		return KeyNone
	}
	return k.inner.kind
}

// Bits returns the length of the RSA modulus, 256 for SM2, 0 for nil.
func (k *PrivateKey) Bits() int { return k.Public().Bits() }

// Bits returns the length of the RSA modulus, 256 for SM2, 0 for nil.
func (k *PublicKey) Bits() int {
	switch k.Kind() {
	case KeyRSA:
		return k.inner.rsa.N.BitLen()
	case KeySM2:
		return 256
	}
	return 0
}

// Format returns the form the key was found in, such as "PEM PKCS#8", "bare
// Base64 PKCS#8" or "hex SM2 scalar", for reports to people.
func (k *PrivateKey) Format() string {
	if k.Kind() == KeyNone {
		return ""
	}
	return k.inner.format
}

// Format returns the form the key was found in, such as "PEM X.509 certificate".
func (k *PublicKey) Format() string {
	if k.Kind() == KeyNone {
		return ""
	}
	return k.inner.format
}

// Equal reports whether both are the same key, whatever form they came in. The
// public halves decide: two spellings of one RSA key may differ in the order of
// the factors and in the private exponent.
func (k *PrivateKey) Equal(other *PrivateKey) bool { return k.Public().Equal(other.Public()) }

// Equal reports whether both are the same key, whatever form they came in.
func (k *PublicKey) Equal(other *PublicKey) bool {
	if k.Kind() != other.Kind() {
		return false
	}
	switch k.Kind() {
	case KeyRSA:
		return k.inner.rsa.Equal(other.inner.rsa)
	case KeySM2:
		return k.inner.sm2.Equal(other.inner.sm2)
	}
	return true
}

// Public returns the public half, and nil for nil.
func (k *PrivateKey) Public() *PublicKey {
	const format = "half of a private key"
	switch k.Kind() {
	case KeyRSA:
		return &PublicKey{&publicInner{kind: KeyRSA, rsa: &k.inner.rsa.PublicKey, format: format}}
	case KeySM2:
		return &PublicKey{&publicInner{kind: KeySM2, sm2: &k.inner.sm2.PublicKey, format: format}}
	}
	return nil
}

// GenerateKey makes an SM2 key or an RSA key of 2048 bit, for tests, sandboxes
// and first set-up; random nil means crypto/rand. Production keys belong in the
// platform's own key management.
func GenerateKey(kind KeyKind, random io.Reader) (*PrivateKey, error) {
	if random == nil {
		random = rand.Reader
	}
	switch kind {
	case KeyRSA:
		key, err := rsa.GenerateKey(random, 2048)
		if err != nil {
			return nil, fmt.Errorf("crypto: generate an RSA key: %w", err)
		}
		return &PrivateKey{&privateInner{kind: KeyRSA, rsa: key, format: "generated"}}, nil
	case KeySM2:
		key, err := sm2.GenerateKey(random)
		if err != nil {
			return nil, fmt.Errorf("crypto: generate an SM2 key: %w", err)
		}
		return &PrivateKey{&privateInner{kind: KeySM2, sm2: key, format: "generated"}}, nil
	}
	return nil, fmt.Errorf("crypto: cannot generate a key of kind %q: only RSA and SM2", kind)
}

var errNoKey = errors.New("crypto: cannot write a key that is not there")

// MarshalPKCS8 returns the key as unencrypted PKCS#8 DER, as Java reads it. This
// is the one way key material leaves the package.
func (k *PrivateKey) MarshalPKCS8() ([]byte, error) {
	switch k.Kind() {
	case KeyRSA:
		return x509.MarshalPKCS8PrivateKey(k.inner.rsa)
	case KeySM2:
		return marshalSM2Private(k.inner.sm2)
	}
	return nil, errNoKey
}

// MarshalSPKI returns the key as X.509 SubjectPublicKeyInfo DER.
func (k *PublicKey) MarshalSPKI() ([]byte, error) {
	switch k.Kind() {
	case KeyRSA:
		return x509.MarshalPKIXPublicKey(k.inner.rsa)
	case KeySM2:
		return marshalSM2Public(k.inner.sm2)
	}
	return nil, errNoKey
}

func describe(kind KeyKind, bits int, half string) string {
	if kind == KeyNone {
		return "crypto." + half + "(no key)"
	}
	return fmt.Sprintf("crypto.%s(%s %d bit)", half, kind, bits)
}

// String names kind and size only.
func (k PrivateKey) String() string { return describe(k.Kind(), k.Bits(), "PrivateKey") }

// GoString is String: %#v shows no key either.
func (k PrivateKey) GoString() string { return k.String() }

// LogValue is String, for slog.
func (k PrivateKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON writes String: a key cannot be stored this way.
func (k PrivateKey) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }

// String names kind and size only.
func (k PublicKey) String() string { return describe(k.Kind(), k.Bits(), "PublicKey") }

// GoString is String.
func (k PublicKey) GoString() string { return k.String() }

// LogValue is String, for slog.
func (k PublicKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalJSON writes String.
func (k PublicKey) MarshalJSON() ([]byte, error) { return json.Marshal(k.String()) }
