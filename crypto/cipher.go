package crypto

import (
	"errors"
	"fmt"
)

// ErrOpen is the only error of opening: wrong key, wrong padding, wrong length
// and garbage all look alike, because a difference would let a stranger read
// messages by asking often enough.
var ErrOpen = errors.New("crypto: cannot open: wrong key or damaged data")

// Cipher seals and opens messages. Open of a cipher from [NewCipher] returns
// [ErrOpen] whatever failed. Where the key for one direction was not given,
// that direction returns an error that says so.
type Cipher interface {
	Seal(plaintext []byte) ([]byte, error)
	Open(ciphertext []byte) ([]byte, error)
}

// CipherOptions are for the AES and SM4 suites alone.
//
// Derive says how the key comes from the secret: "raw" (also the empty string),
// "pad16", "md5hex", "md5bytes", "base64", "hex", "sha1prng", or "pbkdf2:" with
// the salt in hex and, where they are not 10,000, the rounds: "pbkdf2:0001ff" or
// "pbkdf2:0001ff:65536" (PBKDF2WithHmacSHA1, 128 bit). AES takes keys of 16, 24 or
// 32 bytes, SM4 of 16.
//
// IV is required for CBC: "zero", "key" (the first 16 bytes of the key), "tail"
// (the last 16 characters of the secret), "prefix" (random, sent as the first
// block of the message) or "hex:" with the 32 digits of a fixed one. GCM always
// sends its nonce of 12 bytes in front of the message and its check value behind
// it: IV is "prefix" or empty.
type CipherOptions struct {
	Derive string
	IV     string
}

type cipherFuncs struct {
	seal, open func([]byte) ([]byte, error)
	suite      string
}

func (c *cipherFuncs) Seal(plaintext []byte) ([]byte, error) {
	if c.seal == nil {
		return nil, fmt.Errorf("crypto: cannot seal with %s: no public key was given", c.suite)
	}
	return c.seal(plaintext)
}

func (c *cipherFuncs) Open(ciphertext []byte) ([]byte, error) {
	if c.open == nil {
		return nil, fmt.Errorf("crypto: cannot open with %s: no private key was given", c.suite)
	}
	return c.open(ciphertext)
}

// NewCipher builds a cipher. AES and SM4 suites need m.Secret. SM2 and RSA suites seal
// with m.Public and open with m.Private; one of the two is enough.
func NewCipher(suite string, m Material, o CipherOptions) (Cipher, error) {
	s, err := suiteFor(suite, Seal)
	if err != nil {
		return nil, err
	}
	if s.Key == KeySecret {
		c, err := secretCipher(s, m, o)
		if err != nil {
			return nil, err
		}
		c.suite = s.Name
		return &c, nil
	}
	if o.Derive != "" || o.IV != "" {
		return nil, fmt.Errorf("crypto: suite %s takes neither Derive nor IV: those are for AES and SM4", s.Name)
	}
	if err := fits(s, m); err != nil {
		return nil, err
	}
	c := rsaCipher(m)
	if s.Key == KeySM2 {
		c = sm2Cipher(s.Name, m)
	}
	c.suite = s.Name
	return &c, nil
}

// fits demands at least one key of the suite's kind and none of another: a key
// of the wrong kind is a mistake in the configuration, not a missing direction.
func fits(s Suite, m Material) error {
	private, public := m.Private.Kind(), m.Public.Kind()
	wrong := private != KeyNone && private != s.Key || public != KeyNone && public != s.Key
	if wrong || private == KeyNone && public == KeyNone {
		return wrongKey(s, fmt.Sprintf("an %s public key to seal or an %s private key to open", s.Key, s.Key), m)
	}
	return nil
}
