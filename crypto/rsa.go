package crypto

import (
	"bytes"
	stdcrypto "crypto"
	"crypto/rsa"
	"fmt"
)

// rsaHash pairs a suite with the digest its PKCS#1 v1.5 signature wraps.
func rsaHash(suite string) (stdcrypto.Hash, func([]byte) []byte) {
	switch suite {
	case "rsa-sha1":
		return stdcrypto.SHA1, digestSum("sha1")
	case "rsa-md5":
		return stdcrypto.MD5, digestSum("md5")
	}
	return stdcrypto.SHA256, digestSum("sha256")
}

func rsaSigner(suite string, m Material) signerFunc {
	hash, sum := rsaHash(suite)
	key := m.Private.inner.rsa
	return func(message []byte) ([]byte, error) {
		// The signature is deterministic: without a random source it is the
		// same one Java computes, and blinding is the library's own affair.
		signature, err := rsa.SignPKCS1v15(nil, key, hash, sum(message))
		if err != nil {
			return nil, fmt.Errorf("crypto: sign with %s: %w", suite, err)
		}
		return signature, nil
	}
}

func rsaVerifier(suite string, m Material) verifierFunc {
	hash, sum := rsaHash(suite)
	key := m.Public.inner.rsa
	return func(message, signature []byte) error {
		if rsa.VerifyPKCS1v15(key, hash, sum(message), signature) != nil {
			return ErrSignature
		}
		return nil
	}
}

// pkcs1Overhead is the least PKCS#1 v1.5 padding: 00 02, eight random bytes, 00.
const pkcs1Overhead = 11

// rsaCipher works in segments because messages outgrow a key: vendors cut the
// text into pieces of 117 (1024 bit) or 245 bytes (2048 bit) and join the
// sealed blocks. An empty text is one sealed block, as a JDK's doFinal gives.
func rsaCipher(m Material) cipherFuncs {
	var c cipherFuncs
	if m.Public.Kind() == KeyRSA {
		key, random := m.Public.inner.rsa, m.random()
		c.seal = func(plaintext []byte) ([]byte, error) {
			segment := key.Size() - pkcs1Overhead
			var sealed []byte
			for first := true; first || len(plaintext) > 0; first = false {
				piece := plaintext[:min(segment, len(plaintext))]
				block, err := rsa.EncryptPKCS1v15(random, key, piece)
				if err != nil {
					return nil, fmt.Errorf("crypto: seal with rsa-pkcs1: %w", err)
				}
				sealed = append(sealed, block...)
				plaintext = plaintext[len(piece):]
			}
			return sealed, nil
		}
	}
	if m.Private.Kind() == KeyRSA {
		key := m.Private.inner.rsa
		c.open = func(ciphertext []byte) ([]byte, error) {
			size := key.Size()
			if len(ciphertext) == 0 || len(ciphertext)%size != 0 {
				return nil, ErrOpen
			}
			var opened bytes.Buffer
			failed := false
			// Every block is worked through even after a failure, so that the
			// time taken does not tell which one failed.
			for ; len(ciphertext) > 0; ciphertext = ciphertext[size:] {
				piece, err := rsa.DecryptPKCS1v15(nil, key, ciphertext[:size])
				failed = failed || err != nil
				opened.Write(piece)
			}
			if failed {
				return nil, ErrOpen
			}
			return opened.Bytes(), nil
		}
	}
	return c
}
