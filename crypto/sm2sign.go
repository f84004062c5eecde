package crypto

import (
	"crypto/ecdsa"
	"fmt"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	sm2UserID  = "1234567812345678" // GM/T 0009, where no other is agreed
	mostUserID = 8191               // its length in bits has two bytes
	sm2RawSize = 2 * sm2Size
)

// sm2Digest returns the function from a message to e of GB/T 32918.2. What
// depends on the key and the user identifier alone is computed once.
func sm2Digest(s Suite, key *ecdsa.PublicKey, userID string) (func(message []byte) []byte, error) {
	if userID == "" {
		userID = sm2UserID
	}
	if len(userID) > mostUserID {
		return nil, fmt.Errorf("crypto: suite %s: UserID has %d bytes; SM2 takes %d at most", s.Name, len(userID), mostUserID)
	}
	za, err := sm2.CalculateZA(key, []byte(userID))
	if err != nil {
		return nil, fmt.Errorf("crypto: suite %s: %w", s.Name, err)
	}
	return func(message []byte) []byte {
		h := sm3.New()
		h.Write(za)
		h.Write(message)
		return h.Sum(nil)
	}, nil
}

func sm2Signer(s Suite, m Material) (Signer, error) {
	key, random := m.Private.inner.sm2, m.random()
	digest, err := sm2Digest(s, &key.PublicKey, m.UserID)
	if err != nil {
		return nil, err
	}
	return signerFunc(func(message []byte) ([]byte, error) {
		signature, err := sm2.SignASN1(random, key, digest(message), nil)
		if err != nil {
			return nil, fmt.Errorf("crypto: sign with %s: %w", s.Name, err)
		}
		if s.Name == "sm2-sm3" {
			return signature, nil // gmsm writes ASN.1
		}
		return sm2Form(s, signature)
	}), nil
}

func sm2Verifier(s Suite, m Material) (Verifier, error) {
	key := m.Public.inner.sm2
	digest, err := sm2Digest(s, key, m.UserID)
	if err != nil {
		return nil, err
	}
	return verifierFunc(func(message, signature []byte) error {
		e := digest(message)
		if len(signature) == sm2RawSize && sm2.VerifyASN1(key, e, sm2DER(signature)) {
			return nil
		}
		if sm2.VerifyASN1(key, e, signature) {
			return nil
		}
		return ErrSignature
	}), nil
}

// sm2Form gives a signature the form the suite writes, whichever of the two it has.
func sm2Form(s Suite, signature []byte) ([]byte, error) {
	raw, ok := sm2Raw(signature)
	if !ok {
		return nil, fmt.Errorf("crypto: sign with %s: %d bytes that are no SM2 signature, neither ASN.1 nor r and s of 32 bytes each", s.Name, len(signature))
	}
	if s.Name == "sm2-sm3-raw" {
		return raw, nil
	}
	return sm2DER(raw), nil
}

// sm2DER writes r and s of 32 bytes each as the SEQUENCE of GM/T 0009.
func sm2DER(raw []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[:sm2Size]))
		b.AddASN1BigInt(new(big.Int).SetBytes(raw[sm2Size:]))
	})
	return b.BytesOrPanic() // two numbers of fixed size always fit
}

// sm2Raw reads either form. An ASN.1 signature has 64 bytes only once in 2^45
// times, and begins with the tag of a SEQUENCE: it is tried first.
func sm2Raw(signature []byte) ([]byte, bool) {
	var body cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	whole := cryptobyte.String(signature)
	if whole.ReadASN1(&body, tag.SEQUENCE) && whole.Empty() && body.ReadASN1Integer(r) && body.ReadASN1Integer(s) && body.Empty() &&
		r.Sign() > 0 && s.Sign() > 0 && r.BitLen() <= 8*sm2Size && s.BitLen() <= 8*sm2Size {
		raw := make([]byte, sm2RawSize)
		r.FillBytes(raw[:sm2Size])
		s.FillBytes(raw[sm2Size:])
		return raw, true
	}
	return signature, len(signature) == sm2RawSize
}
