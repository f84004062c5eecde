package crypto

import (
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
)

// heldPublic reads the public half a device shows.
func heldPublic(held stdcrypto.Signer) (*PublicKey, error) {
	const format = "held elsewhere"
	if held == nil {
		return nil, errors.New("no key is held elsewhere")
	}
	switch public := held.Public().(type) {
	case *rsa.PublicKey:
		if public == nil || public.N == nil {
			return nil, errors.New("the key held elsewhere shows an empty RSA public key")
		}
		return &PublicKey{&publicInner{kind: KeyRSA, rsa: public, format: format}}, nil
	case *ecdsa.PublicKey:
		if public == nil || public.X == nil || public.Y == nil {
			return nil, errors.New("the key held elsewhere shows an empty EC public key")
		}
		if public.Curve != sm2.P256() {
			return nil, errors.New("the key held elsewhere is an EC key on another curve than SM2, or shows its SM2 public key on a curve of its own: Public must return what gmsm's sm2.NewPublicKey makes")
		}
		return &PublicKey{&publicInner{kind: KeySM2, sm2: public, format: format}}, nil
	default:
		return nil, fmt.Errorf("the key held elsewhere shows a public key of type %T; *rsa.PublicKey and *ecdsa.PublicKey (SM2) are known", public)
	}
}

func heldSigner(s Suite, m Material) (Signer, error) {
	public, err := heldPublic(m.Held)
	if err != nil {
		return nil, fmt.Errorf("crypto: suite %s: %w", s.Name, err)
	}
	if public.Kind() != s.Key {
		return nil, fmt.Errorf("crypto: suite %s needs an %s private key to sign; the key held elsewhere is %s", s.Name, s.Key, public.Kind())
	}
	if s.Key == KeyRSA {
		// A key the loader would refuse is not better for lying in a device.
		if err := checkRSA(public.inner.rsa.N, big.NewInt(int64(public.inner.rsa.E))); err != nil {
			return nil, fmt.Errorf("crypto: suite %s: %w", s.Name, err)
		}
	}
	verifier, err := NewVerifier(s.Name, Material{Public: public, UserID: m.UserID})
	if err != nil {
		return nil, err
	}
	ask, err := askHeld(s, m, public)
	if err != nil {
		return nil, err
	}
	return signerFunc(func(message []byte) ([]byte, error) {
		signature, err := ask(message)
		if err != nil {
			return nil, &remoteError{suite: s.Name, who: "the key held elsewhere", cause: err}
		}
		return accepted(s, public, verifier, message, signature)
	}), nil
}

// askHeld returns the call that fits the device.
func askHeld(s Suite, m Material, public *PublicKey) (signerFunc, error) {
	held, random := m.Held, m.random()
	if s.Key == KeyRSA {
		hash, sum := rsaHash(s.Name)
		return func(message []byte) ([]byte, error) { return held.Sign(random, sum(message), hash) }, nil
	}
	if whole, ok := held.(stdcrypto.MessageSigner); ok {
		options := sm2.NewSM2SignerOption(true, []byte(m.UserID))
		return func(message []byte) ([]byte, error) { return whole.SignMessage(random, message, options) }, nil
	}
	digest, err := sm2Digest(s, public.inner.sm2, m.UserID)
	if err != nil {
		return nil, err
	}
	return func(message []byte) ([]byte, error) {
		return held.Sign(random, digest(message), stdcrypto.Hash(0))
	}, nil
}

// errForeign means that somebody else signed, and signed something else.
var errForeign = errors.New("the signature that came back does not match message and public key; it may be over another digest, padding or SM2 user identifier")

// accepted checks a signature made elsewhere and gives it the suite's form.
// verifier is nil where no public key is known.
func accepted(s Suite, public *PublicKey, verifier Verifier, message, signature []byte) ([]byte, error) {
	if s.Key == KeySM2 {
		formed, err := sm2Form(s, signature)
		if err != nil {
			return nil, err
		}
		signature = formed
	} else if least, most := signatureSize(s, public); len(signature) < least || len(signature) > most {
		return nil, fmt.Errorf("crypto: sign with %s: %d bytes came back; a signature has %s", s.Name, len(signature), sizeWords(least, most))
	}
	if verifier != nil && verifier.Verify(message, signature) != nil {
		return nil, fmt.Errorf("crypto: sign with %s: %w", s.Name, errForeign)
	}
	return signature, nil
}

// signatureSize returns the least and the most bytes of a signature.
func signatureSize(s Suite, public *PublicKey) (least, most int) {
	switch {
	case s.Key == KeyRSA && public.Kind() == KeyRSA:
		return public.inner.rsa.Size(), public.inner.rsa.Size()
	case s.Key == KeyRSA:
		return leastRSA / 8, mostRSA / 8
	case s.Key == KeySM2:
		return sm2RawSize, sm2RawSize
	case s.Name == "md5":
		return 16, 16
	case s.Name == "sha1", s.Name == "hmac-sha1":
		return 20, 20
	}
	return 32, 32 // SHA-256 and SM3
}

func sizeWords(least, most int) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
