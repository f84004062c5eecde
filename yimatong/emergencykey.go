package yimatong

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/zwfw-go/zwfw/crypto"
)

// EmergencyKey is the public half of an issuer's key. Exactly one of P256 and SM2 is
// set; the key serves the payload version of its algorithm and no other.
//
// A key is valid from NotBefore to NotAfter, both included; a zero time means no limit.
// NotAfter must lie behind the end of the last code that is signed with the key. Times of
// two keys may overlap.
type EmergencyKey struct {
	ID                  uint16
	P256                *ecdsa.PublicKey
	SM2                 *crypto.PublicKey
	NotBefore, NotAfter time.Time
}

// EmergencyKeySet is the keys a device holds, as it got them from the issuer.
type EmergencyKeySet struct {
	Refreshed time.Time // when the issuer gave them, by the issuer's clock
	Keys      []EmergencyKey
}

// ecKey is a key made ready.
type ecKey struct {
	EmergencyKey
	version byte
	verify  func(message []byte, signature *ecSignature) bool
}

var errECKeyKind = errors.New("exactly one of P256 and SM2 must be set, P256 on the curve NIST P-256, SM2 an SM2 key")

func newECKey(k EmergencyKey) (ecKey, error) {
	made := ecKey{EmergencyKey: k}
	switch {
	case !k.NotAfter.IsZero() && k.NotAfter.Before(k.NotBefore):
		return made, errors.New("ends before it begins")
	case k.P256 != nil && k.SM2 == nil:
		if k.P256.Curve != elliptic.P256() {
			return made, errECKeyKind
		}
		if _, err := k.P256.ECDH(); err != nil {
			return made, errors.New("P256 is no point of its curve")
		}
		made.version, made.verify = ecVersionP256, ecVerifyP256(k.P256)
	case k.SM2.Kind() == crypto.KeySM2 && k.P256 == nil:
		verifier, err := crypto.NewVerifier("sm2-sm3-raw", crypto.Material{Public: k.SM2})
		if err != nil {
			return made, err
		}
		made.version = ecVersionSM2
		made.verify = func(message []byte, s *ecSignature) bool { return verifier.Verify(message, s[:]) == nil }
	default:
		return made, errECKeyKind
	}
	return made, nil
}

func ecVerifyP256(key *ecdsa.PublicKey) func([]byte, *ecSignature) bool {
	return func(message []byte, s *ecSignature) bool {
		if bytes.Compare(s[32:], ecHalfOrder[:]) > 0 {
			return false // the twin of a signature, which anybody can compute
		}
		sum := sha256.Sum256(message)
		return ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(s[:32]), new(big.Int).SetBytes(s[32:]))
	}
}

// ecHalfOrder is the order of P-256 halved. With (r, s) also (r, n-s) matches; the
// format takes the smaller s, so that nobody can make a second text of a code.
var ecHalfOrder = [32]byte{
	0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
}

// ecKeys is a key set made ready. It is never written to.
type ecKeys struct {
	refreshed time.Time
	byID      map[uint16]*ecKey
}

func newECKeys(set EmergencyKeySet) (*ecKeys, error) {
	if set.Refreshed.IsZero() {
		return nil, errors.New("the key set has no time Refreshed: it tells the age of the keys")
	}
	if len(set.Keys) == 0 {
		return nil, errors.New("the key set holds no key")
	}
	made := &ecKeys{refreshed: set.Refreshed.Round(0), byID: make(map[uint16]*ecKey)}
	for _, k := range set.Keys {
		if made.byID[k.ID] != nil {
			return nil, fmt.Errorf("two keys have the ID %d", k.ID)
		}
		ready, err := newECKey(k)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", k.ID, err)
		}
		made.byID[k.ID] = &ready
	}
	return made, nil
}
