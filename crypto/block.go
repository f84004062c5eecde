package crypto

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/emmansun/gmsm/sm4"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

const blockSize = aes.BlockSize // 16, as in SM4

// secretCipher builds the ciphers with a shared secret: AES and SM4.
func secretCipher(s Suite, m Material, o CipherOptions) (cipherFuncs, error) {
	if len(m.Secret) == 0 {
		return cipherFuncs{}, wrongKey(s, "a "+KeySecret.String(), m)
	}
	fail := func(err error) (cipherFuncs, error) {
		return cipherFuncs{}, fmt.Errorf("crypto: suite %s: %w", s.Name, err)
	}
	algorithm, mode, _ := strings.Cut(s.Name, "-")
	newBlock, sizes := aes.NewCipher, aesKeys
	if algorithm == "sm4" {
		newBlock, sizes = sm4.NewCipher, sm4Keys
	}
	key, err := deriveKey(o.Derive, m.Secret, sizes)
	if err != nil {
		return fail(err)
	}
	block, err := newBlock(key)
	if err != nil {
		return fail(err)
	}
	switch {
	case mode == "ecb-pkcs5" && o.IV != "":
		return cipherFuncs{}, fmt.Errorf("crypto: suite %s takes no IV", s.Name)
	case mode == "ecb-pkcs5":
		return ecbCipher(block), nil
	case mode == "gcm" && o.IV != "" && o.IV != "prefix":
		// One repeated nonce gives away the key of the check value.
		return cipherFuncs{}, fmt.Errorf(`crypto: suite %s takes a fresh nonce for every message, sent in front of it: IV is "prefix" or left out, not %q`, s.Name, o.IV)
	case mode == "gcm":
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return fail(err)
		}
		return gcmCipher(s.Name, aead, m.random()), nil
	case o.IV == "prefix":
		return prefixCipher(s.Name, block, m.random()), nil
	}
	iv, err := fixedIV(o.IV, key, m.Secret)
	if err != nil {
		return fail(err)
	}
	return cbcCipher(block, iv), nil
}

func fixedIV(name string, key, secret []byte) ([]byte, error) {
	switch {
	case name == "":
		return nil, fmt.Errorf(`IV is missing: one of "zero", "key", "prefix", "tail", "hex:<32 digits>"`)
	case name == "zero":
		return make([]byte, blockSize), nil
	case name == "key":
		return key[:blockSize], nil
	case name == "tail":
		if len(secret) < blockSize {
			return nil, fmt.Errorf("IV tail: needs a secret of %d characters or more, it has %d", blockSize, len(secret))
		}
		return bytes.Clone(secret[len(secret)-blockSize:]), nil
	case strings.HasPrefix(name, "hex:"):
		iv, err := hex.DecodeString(strings.TrimPrefix(name, "hex:"))
		if err != nil || len(iv) != blockSize {
			return nil, fmt.Errorf("IV hex: needs 32 hexadecimal digits, %d characters given", len(name)-len("hex:"))
		}
		return iv, nil
	}
	return nil, fmt.Errorf("unknown IV %q%s", name, nearest.Hint(name, []string{"zero", "key", "prefix", "tail", "hex:"}))
}

func ecbCipher(block cipher.Block) cipherFuncs {
	// The standard library leaves ECB out on purpose; it is one loop.
	each := func(text []byte, do func(dst, src []byte)) []byte {
		for at := 0; at < len(text); at += blockSize {
			do(text[at:at+blockSize], text[at:at+blockSize])
		}
		return text
	}
	return cipherFuncs{
		seal: func(plaintext []byte) ([]byte, error) { return each(pad(plaintext), block.Encrypt), nil },
		open: func(ciphertext []byte) ([]byte, error) {
			if !wholeBlocks(ciphertext) {
				return nil, ErrOpen
			}
			return unpad(each(bytes.Clone(ciphertext), block.Decrypt))
		},
	}
}

func cbcCipher(block cipher.Block, iv []byte) cipherFuncs {
	return cipherFuncs{
		seal: func(plaintext []byte) ([]byte, error) {
			text := pad(plaintext)
			cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
			return text, nil
		},
		open: func(ciphertext []byte) ([]byte, error) {
			if !wholeBlocks(ciphertext) {
				return nil, ErrOpen
			}
			text := bytes.Clone(ciphertext)
			cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, text)
			return unpad(text)
		},
	}
}

func prefixCipher(suite string, block cipher.Block, random io.Reader) cipherFuncs {
	return cipherFuncs{
		seal: func(plaintext []byte) ([]byte, error) {
			iv := make([]byte, blockSize)
			if _, err := io.ReadFull(random, iv); err != nil {
				return nil, fmt.Errorf("crypto: seal with %s: draw the IV: %w", suite, err)
			}
			text, err := cbcCipher(block, iv).seal(plaintext)
			return slices.Concat(iv, text), err
		},
		open: func(ciphertext []byte) ([]byte, error) {
			if len(ciphertext) < blockSize {
				return nil, ErrOpen
			}
			return cbcCipher(block, ciphertext[:blockSize]).open(ciphertext[blockSize:])
		},
	}
}

func wholeBlocks(b []byte) bool { return len(b) > 0 && len(b)%blockSize == 0 }

// pad returns a copy of text with PKCS#5 padding; a whole text gets a block more.
func pad(text []byte) []byte {
	n := blockSize - len(text)%blockSize
	return slices.Concat(text, bytes.Repeat([]byte{byte(n)}, n))
}

// unpad looks at the whole last block whatever it holds: how long a check took
// must not tell how far the padding was right.
func unpad(text []byte) ([]byte, error) {
	n := int(text[len(text)-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, blockSize)
	for i := 1; i <= blockSize; i++ {
		inPadding := subtle.ConstantTimeLessOrEq(i, n)
		same := subtle.ConstantTimeByteEq(text[len(text)-i], byte(n))
		good &= subtle.ConstantTimeSelect(inPadding, same, 1)
	}
	if good != 1 {
		return nil, ErrOpen
	}
	return text[:len(text)-n], nil
}
