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

	"github.com/zwfw-go/zwfw/internal/nearest"
)

func aesCipher(s Suite, m Material, o CipherOptions) (cipherFuncs, error) {
	if len(m.Secret) == 0 {
		return cipherFuncs{}, wrongKey(s, "a "+KeySecret.String(), m)
	}
	key, err := deriveKey(o.Derive, m.Secret)
	if err != nil {
		return cipherFuncs{}, fmt.Errorf("crypto: suite %s: %w", s.Name, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return cipherFuncs{}, fmt.Errorf("crypto: suite %s: %w", s.Name, err)
	}
	if s.Name == "aes-ecb-pkcs5" {
		if o.IV != "" {
			return cipherFuncs{}, fmt.Errorf("crypto: suite %s takes no IV", s.Name)
		}
		return ecbCipher(block), nil
	}
	if o.IV == "prefix" {
		return prefixCipher(block, m.random()), nil
	}
	iv, err := fixedIV(o.IV, key)
	if err != nil {
		return cipherFuncs{}, fmt.Errorf("crypto: suite %s: %w", s.Name, err)
	}
	return cbcCipher(block, iv), nil
}

func fixedIV(name string, key []byte) ([]byte, error) {
	switch {
	case name == "":
		return nil, fmt.Errorf(`IV is missing: one of "zero", "key", "prefix", "hex:<32 digits>"`)
	case name == "zero":
		return make([]byte, aes.BlockSize), nil
	case name == "key":
		return key[:aes.BlockSize], nil
	case strings.HasPrefix(name, "hex:"):
		iv, err := hex.DecodeString(strings.TrimPrefix(name, "hex:"))
		if err != nil || len(iv) != aes.BlockSize {
			return nil, fmt.Errorf("IV hex: needs 32 hexadecimal digits, %d characters given", len(name)-len("hex:"))
		}
		return iv, nil
	}
	return nil, fmt.Errorf("unknown IV %q%s", name, nearest.Hint(name, []string{"zero", "key", "prefix", "hex:"}))
}

func ecbCipher(block cipher.Block) cipherFuncs {
	// The standard library leaves ECB out on purpose; it is one loop.
	each := func(text []byte, do func(dst, src []byte)) []byte {
		for at := 0; at < len(text); at += aes.BlockSize {
			do(text[at:at+aes.BlockSize], text[at:at+aes.BlockSize])
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

func prefixCipher(block cipher.Block, random io.Reader) cipherFuncs {
	return cipherFuncs{
		seal: func(plaintext []byte) ([]byte, error) {
			iv := make([]byte, aes.BlockSize)
			if _, err := io.ReadFull(random, iv); err != nil {
				return nil, fmt.Errorf("crypto: seal with aes-cbc-pkcs5: draw the IV: %w", err)
			}
			text, err := cbcCipher(block, iv).seal(plaintext)
			return slices.Concat(iv, text), err
		},
		open: func(ciphertext []byte) ([]byte, error) {
			if len(ciphertext) < aes.BlockSize {
				return nil, ErrOpen
			}
			return cbcCipher(block, ciphertext[:aes.BlockSize]).open(ciphertext[aes.BlockSize:])
		},
	}
}

func wholeBlocks(b []byte) bool { return len(b) > 0 && len(b)%aes.BlockSize == 0 }

// pad returns a copy of text with PKCS#5 padding; a whole text gets a block more.
func pad(text []byte) []byte {
	n := aes.BlockSize - len(text)%aes.BlockSize
	return slices.Concat(text, bytes.Repeat([]byte{byte(n)}, n))
}

// unpad looks at the whole last block whatever it holds: how long a check took
// must not tell how far the padding was right.
func unpad(text []byte) ([]byte, error) {
	n := int(text[len(text)-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i := 1; i <= aes.BlockSize; i++ {
		inPadding := subtle.ConstantTimeLessOrEq(i, n)
		same := subtle.ConstantTimeByteEq(text[len(text)-i], byte(n))
		good &= subtle.ConstantTimeSelect(inPadding, same, 1)
	}
	if good != 1 {
		return nil, ErrOpen
	}
	return text[:len(text)-n], nil
}
