package crypto

import (
	"bytes"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

// keySizes says which keys an algorithm takes, in numbers and in words.
type keySizes struct {
	bytes []int
	words string
}

var (
	aesKeys = keySizes{[]int{16, 24, 32}, "AES takes 16, 24 or 32"}
	sm4Keys = keySizes{[]int{16}, "SM4 takes 16"}
)

// derivations are the ways a secret becomes a key, as met in halls; see
// [CipherOptions].
func derivations() []string {
	return []string{"raw", "pad16", "md5hex", "md5bytes", "base64", "hex", "sha1prng", "pbkdf2:"}
}

// deriveKey returns a key of one of the sizes, or an error that names the length
// found and never the secret.
func deriveKey(derive string, secret []byte, sizes keySizes) ([]byte, error) {
	var key []byte
	name, parameters, _ := strings.Cut(derive, ":")
	if name == "pbkdf2" {
		return pbkdf2Key(parameters, secret)
	}
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
	if !slices.Contains(sizes.bytes, len(key)) {
		return nil, fmt.Errorf("derive %q gives a key of %d bytes; %s", derive, len(key), sizes.words)
	}
	return key, nil
}

const (
	usualRounds = 10_000    // what Java samples of the platforms write
	mostRounds  = 1_000_000 // about a second of work when the cipher is built
)

// pbkdf2Key reads "<hex salt>" or "<hex salt>:<rounds>" and derives 128 bit with
// HMAC-SHA1, which is what Java's PBKDF2WithHmacSHA1 stands for.
func pbkdf2Key(parameters string, secret []byte) ([]byte, error) {
	digits, count, counted := strings.Cut(parameters, ":")
	salt, err := hex.DecodeString(digits)
	if err != nil || len(salt) == 0 {
		return nil, fmt.Errorf(`derive "pbkdf2": the salt is missing or not hexadecimal; write pbkdf2:<salt in hex> or pbkdf2:<salt in hex>:<rounds>`)
	}
	rounds := usualRounds
	if counted {
		rounds, err = strconv.Atoi(count)
		if err != nil || rounds < 1 || rounds > mostRounds {
			return nil, fmt.Errorf(`derive "pbkdf2": %q is no number of rounds between 1 and %d`, count, mostRounds)
		}
	}
	return pbkdf2.Key(sha1.New, string(secret), salt, rounds, 16)
}
