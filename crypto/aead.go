package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"

	"github.com/emmansun/gmsm/sm4"
)

// NewAEAD gives "aes-gcm" or "sm4-gcm" as a cipher that takes associated data, which
// [Cipher] does not: for sealing what a program keeps itself, such as the records of an
// outbox. AES takes keys of 16, 24 or 32 bytes, SM4 of 16. The nonce is the caller's to
// choose: a repeated one gives away the key of the check value.
func NewAEAD(suite string, key []byte) (cipher.AEAD, error) {
	newBlock, sizes := aes.NewCipher, aesKeys
	switch suite {
	case "aes-gcm":
	case "sm4-gcm":
		newBlock, sizes = sm4.NewCipher, sm4Keys
	default:
		return nil, fmt.Errorf("crypto: NewAEAD: suite %q: aes-gcm or sm4-gcm", suite)
	}
	block, err := newBlock(key)
	if err != nil {
		return nil, fmt.Errorf("crypto: NewAEAD: the key has %d bytes: %s", len(key), sizes.words)
	}
	return cipher.NewGCM(block)
}
