package crypto

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
)

var errSM2Empty = errors.New("crypto: cannot seal an empty text with SM2: the algorithm has no form for it; leave the field out or empty")

const (
	sm2PointSize = 65 // 04, x, y
	sm2Tag       = 0x04
)

func sm2Cipher(suite string, m Material) cipherFuncs {
	var c cipherFuncs
	if m.Public.Kind() == KeySM2 {
		key, random := m.Public.inner.sm2, m.random()
		options := sm2.ASN1EncrypterOpts
		switch suite {
		case "sm2-c1c3c2":
			options = sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2)
		case "sm2-c1c2c3":
			options = sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C2C3)
		}
		c.seal = func(plaintext []byte) ([]byte, error) {
			if len(plaintext) == 0 {
				return nil, errSM2Empty
			}
			sealed, err := sealSM2(random, key, plaintext, options)
			if err != nil {
				return nil, fmt.Errorf("crypto: seal with %s: %w", suite, err)
			}
			return sealed, nil
		}
	}
	if m.Private.Kind() == KeySM2 {
		key := m.Private.inner.sm2
		c.open = func(ciphertext []byte) ([]byte, error) { return openSM2(suite, key, ciphertext) }
	}
	return c
}

// sealSM2 gives the library the randomness of one attempt at a time. When a mask
// comes out zero the standard says to draw again, and gmsm v0.43.0 then goes on
// from a point it has already multiplied, so that nobody can open the result:
// one text of one letter in 256. Starved of bytes it stops instead, and a fresh
// call does what the standard says.
func sealSM2(random io.Reader, key *ecdsa.PublicKey, plaintext []byte, options *sm2.EncrypterOpts) ([]byte, error) {
	const attempts = 100 // a hundred zero masks in a row mean a broken random source
	for range attempts {
		drawn := make([]byte, sm2Size)
		if _, err := io.ReadFull(random, drawn); err != nil {
			return nil, fmt.Errorf("draw a random number: %w", err)
		}
		sealed, err := sm2.Encrypt(bytes.NewReader(drawn), key, plaintext, options)
		if !errors.Is(err, io.EOF) {
			return sealed, err
		}
	}
	return nil, errors.New("the random source gives nothing usable")
}

// openSM2 turns every form into C1C3C2 with its tag first. Some libraries drop
// the tag 04; a first byte of 04 may then still be the head of x (one
// ciphertext in 256), so both readings are tried: C3 tells which is true.
func openSM2(suite string, key *sm2.PrivateKey, ciphertext []byte) ([]byte, error) {
	if suite == "sm2-asn1" {
		plain, err := sm2.ASN1Ciphertext2Plain(ciphertext, nil)
		if err != nil {
			return nil, ErrOpen
		}
		return openC1C3C2(key, plain)
	}
	readings := [][]byte{ciphertext, append([]byte{sm2Tag}, ciphertext...)}
	if len(ciphertext) == 0 || ciphertext[0] != sm2Tag {
		readings = readings[1:]
	}
	for _, r := range readings {
		if len(r) <= sm2PointSize+sm3.Size {
			continue
		}
		if suite == "sm2-c1c2c3" {
			c3 := len(r) - sm3.Size
			r = bytes.Join([][]byte{r[:sm2PointSize], r[c3:], r[sm2PointSize:c3]}, nil)
		}
		if plain, err := openC1C3C2(key, r); err == nil {
			return plain, nil
		}
	}
	return nil, ErrOpen
}

// openC1C3C2 opens tag, point, check value and text, in that order. The library
// refuses a C2 of zero bytes only, which is not what the standard forbids: it is
// the mask that may not be zero. A one-letter text, such as the certificate type
// of the Shandong gateway, seals to a zero C2 once in 256 times.
func openC1C3C2(key *sm2.PrivateKey, ciphertext []byte) ([]byte, error) {
	plain, err := key.Decrypt(nil, ciphertext, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
	if err == nil && len(plain) > 0 {
		return plain, nil
	}
	const head = sm2PointSize + sm3.Size
	if len(ciphertext) <= head || len(bytes.Trim(ciphertext[head:], "\x00")) > 0 {
		return nil, ErrOpen
	}
	return openZeroC2(key, ciphertext[:sm2PointSize], ciphertext[sm2PointSize:head], len(ciphertext)-head)
}

// openZeroC2 opens a ciphertext whose C2 is all zero: the text is then the mask
// itself. The exchanged point comes from the library as x alone, so both y are
// tried against C3.
func openZeroC2(key *sm2.PrivateKey, c1, c3 []byte, size int) ([]byte, error) {
	own, err := key.ECDH()
	if err != nil {
		return nil, ErrOpen
	}
	point, err := ecdh.P256().NewPublicKey(c1)
	if err != nil {
		return nil, ErrOpen
	}
	x, err := own.ECDH(point)
	if err != nil {
		return nil, ErrOpen
	}
	for _, parity := range []byte{2, 3} {
		_, y := elliptic.UnmarshalCompressed(sm2.P256(), append([]byte{parity}, x...))
		if y == nil {
			return nil, ErrOpen
		}
		yBytes := y.FillBytes(make([]byte, len(x)))
		plain := sm3.Kdf(bytes.Join([][]byte{x, yBytes}, nil), size)
		check := sm3.Sum(bytes.Join([][]byte{x, plain, yBytes}, nil))
		if subtle.ConstantTimeCompare(check[:], c3) == 1 {
			return plain, nil
		}
	}
	return nil, ErrOpen
}
