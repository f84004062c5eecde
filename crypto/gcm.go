package crypto

import (
	"crypto/cipher"
	"fmt"
	"io"
)

// gcmCipher puts the nonce of 12 bytes in front of the message and the check
// value of 16 behind it, as Java programs join them. Nonces are random, so one
// key should seal no more than 2^32 messages (NIST SP 800-38D, 8.3).
func gcmCipher(suite string, aead cipher.AEAD, random io.Reader) cipherFuncs {
	return cipherFuncs{
		seal: func(plaintext []byte) ([]byte, error) {
			nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plaintext)+aead.Overhead())
			if _, err := io.ReadFull(random, nonce); err != nil {
				return nil, fmt.Errorf("crypto: seal with %s: draw the nonce: %w", suite, err)
			}
			return aead.Seal(nonce, nonce, plaintext, nil), nil
		},
		open: func(ciphertext []byte) ([]byte, error) {
			if len(ciphertext) < aead.NonceSize()+aead.Overhead() {
				return nil, ErrOpen
			}
			nonce, sealed := ciphertext[:aead.NonceSize()], ciphertext[aead.NonceSize():]
			plaintext, err := aead.Open(nil, nonce, sealed, nil)
			if err != nil {
				return nil, ErrOpen
			}
			return plaintext, nil
		},
	}
}
