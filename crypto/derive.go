package crypto

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"fmt"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

// derivations are the ways a secret becomes an AES key, as met in halls; see
// [CipherOptions].
func derivations() []string {
	return []string{"raw", "pad16", "md5hex", "md5bytes", "base64", "hex", "sha1prng"}
}

// deriveKey returns 16, 24 or 32 bytes or an error that names the length found
// and never the secret.
func deriveKey(derive string, secret []byte) ([]byte, error) {
	var key []byte
	switch derive {
	case "", "raw":
		derive, key = "raw", bytes.Clone(secret)
	case "pad16":
		key = make([]byte, 16)
		copy(key, secret)
	case "md5hex":
		// 32 hexadecimal letters used as 32 bytes: AES-256 with the strength of 128.
		sum := md5.Sum(secret)
		key = []byte(hex.EncodeToString(sum[:]))
	case "md5bytes":
		sum := md5.Sum(secret)
		key = sum[:]
	case "base64", "hex":
		encoding := Encoding("b64")
		if derive == "hex" {
			encoding = Encoding("hex")
		}
		decoded, ok := encoding.decodeDeclared(string(secret))
		if !ok {
			return nil, fmt.Errorf("derive %q: the secret is not %s text", derive, derive)
		}
		key = decoded
	case "sha1prng":
		// What Java's SHA1PRNG yields for its first 128 bits when it is seeded
		// with the secret before anything is drawn.
		seed := sha1.Sum(secret)
		sum := sha1.Sum(seed[:])
		key = sum[:16]
	default:
		return nil, fmt.Errorf("unknown derive %q%s", derive, nearest.Hint(derive, derivations()))
	}
	switch len(key) {
	case 16, 24, 32:
		return key, nil
	}
	return nil, fmt.Errorf("derive %q gives a key of %d bytes; AES takes 16, 24 or 32", derive, len(key))
}
