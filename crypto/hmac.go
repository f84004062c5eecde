package crypto

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"hash"

	"github.com/emmansun/gmsm/sm3"
)

// hmacSum makes one HMAC per call: a shared one would need a lock, and the cost
// of two more hash blocks is below that of the lock under load.
func hmacSum(suite string, secret []byte) func([]byte) []byte {
	newHash := map[string]func() hash.Hash{
		"hmac-sm3":    sm3.New,
		"hmac-sha256": sha256.New,
		"hmac-sha1":   sha1.New,
	}[suite]
	return func(message []byte) []byte {
		h := hmac.New(newHash, secret)
		h.Write(message)
		return h.Sum(nil)
	}
}

// equalSum compares in constant time: a comparison that stops at the first
// difference lets a caller guess a code byte by byte.
func equalSum(want, got []byte) error {
	if !hmac.Equal(want, got) {
		return ErrSignature
	}
	return nil
}
