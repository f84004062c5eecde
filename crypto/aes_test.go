package crypto_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestAESEqualsAJDKForEveryDerivation(t *testing.T) {
	t.Parallel()
	derives := map[string]bool{"raw": true, "md5bytes": true, "md5hex": true, "pad16": true, "sha1prng": true}
	suites := map[string]string{"ECB": "aes-ecb-pkcs5", "CBC": "aes-cbc-pkcs5"}
	run, left := map[string]int{}, 0
	for _, v := range readVectors[jdkVectors](t, "jdk.json").AES {
		suite, known := suites[v.Mode]
		if !known || !derives[v.Derive] {
			left++
			continue
		}
		iv := ""
		if v.Mode == "CBC" {
			iv = "hex:" + v.IVHex
		}
		for derive, secret := range map[string][]byte{
			v.Derive: []byte(v.Secret),
			"raw":    unhex(t, v.KeyHex),
			"hex":    []byte(v.KeyHex),
			"base64": []byte(base64.StdEncoding.EncodeToString(unhex(t, v.KeyHex))),
		} {
			c := newCipher(t, suite, crypto.Material{Secret: secret}, crypto.CipherOptions{Derive: derive, IV: iv})
			sealed, err := c.Seal([]byte(v.Plaintext))
			require.NoError(t, err)
			require.Equal(t, v.CiphertextBase64, crypto.Encoding("b64").Encode(sealed))
			require.Equal(t, v.CiphertextHex, crypto.Encoding("hex").Encode(sealed))
			opened, err := c.Open(sealed)
			require.NoError(t, err)
			require.Equal(t, v.Plaintext, string(opened))
		}
		run[v.Mode+" "+v.Derive]++
	}
	require.Equal(t, map[string]int{
		"ECB raw": 12, "ECB md5bytes": 20, "ECB md5hex": 20, "ECB pad16": 20, "ECB sha1prng": 20,
		"CBC raw": 12, "CBC md5bytes": 20, "CBC md5hex": 20, "CBC pad16": 20, "CBC sha1prng": 20,
	}, run)
	require.Equal(t, 152, left, "GCM and PBKDF2 have no suite yet")
}

func TestAESVectorsOfTheHangzhouContract(t *testing.T) {
	t.Parallel()
	const text, key = `{"userName":"张三"}`, "0123456789abcdef"
	for _, c := range []struct{ suite, iv, want string }{
		{"aes-ecb-pkcs5", "", "LB4zSVRQB7vCAq6OaSY4tqiXApbahUG99CiEKH+8Yos="},
		{"aes-cbc-pkcs5", "key", "RnarXF9sFEaOw6hNbqwqUQfFXeqxQ6QVDL003+A4Mxc="},
	} {
		sealed, err := newCipher(t, c.suite, crypto.Material{Secret: []byte(key)}, crypto.CipherOptions{IV: c.iv}).Seal([]byte(text))
		require.NoError(t, err)
		require.Equal(t, c.want, base64.StdEncoding.EncodeToString(sealed))
	}
}

func TestAESInitialVectorsAreWhatTheirNamesSay(t *testing.T) {
	t.Parallel()
	m := crypto.Material{Secret: []byte("0123456789abcdef"), Random: bytes.NewReader([]byte("fedcba9876543210"))}
	fixed := func(iv string) []byte {
		sealed, err := newCipher(t, "aes-cbc-pkcs5", m, crypto.CipherOptions{IV: iv}).Seal([]byte("text"))
		require.NoError(t, err)
		return sealed
	}
	require.Equal(t, fixed("hex:00000000000000000000000000000000"), fixed("zero"))
	require.Equal(t, fixed("hex:30313233343536373839616263646566"), fixed("key"))

	prefix := newCipher(t, "aes-cbc-pkcs5", m, crypto.CipherOptions{IV: "prefix"})
	sealed, err := prefix.Seal([]byte("text"))
	require.NoError(t, err)
	require.Equal(t, "fedcba9876543210", string(sealed[:16]))
	require.Equal(t, fixed("hex:66656463626139383736353433323130"), sealed[16:])
	opened, err := prefix.Open(sealed)
	require.NoError(t, err)
	require.Equal(t, "text", string(opened))
}

func TestAESPrefixSealFailsWhenNoRandomnessCanBeHad(t *testing.T) {
	t.Parallel()
	m := crypto.Material{Secret: []byte("0123456789abcdef"), Random: iotest.ErrReader(errors.New("no entropy"))}
	sealed, err := newCipher(t, "aes-cbc-pkcs5", m, crypto.CipherOptions{IV: "prefix"}).Seal([]byte("text"))
	require.ErrorContains(t, err, "no entropy")
	require.Nil(t, sealed)
}

func TestAESOpenHasOneErrorForEveryDamage(t *testing.T) {
	t.Parallel()
	for suite, iv := range map[string]string{"aes-ecb-pkcs5": "", "aes-cbc-pkcs5": "prefix"} {
		c := newCipher(t, suite, crypto.Material{Secret: []byte("0123456789abcdef")}, crypto.CipherOptions{IV: iv})
		sealed, err := c.Seal([]byte("0123456789abcdef-"))
		require.NoError(t, err)
		kept := bytes.Clone(sealed)
		for cut := range sealed {
			if _, err = c.Open(sealed[:cut]); cut%16 != 0 || cut == 0 {
				require.Equal(t, crypto.ErrOpen, err, "cut to %d", cut)
			}
		}
		require.Equal(t, kept, sealed, "opening must not alter its input")
	}
}

// Every possible padding is made by sealing whole blocks raw: ECB of a block is
// the first block of what Seal gives.
func TestAESOpenAcceptsExactlyTheRightPaddings(t *testing.T) {
	t.Parallel()
	c := newCipher(t, "aes-ecb-pkcs5", crypto.Material{Secret: []byte("0123456789abcdef")}, crypto.CipherOptions{})
	for last := range 256 {
		for wrong := range 17 { // 0: none wrong; n: the n-th byte from the end differs
			block := bytes.Repeat([]byte{byte(last)}, 16)
			if wrong > 1 {
				block[16-wrong] ^= 0x55
			}
			sealed, err := c.Seal(block)
			require.NoError(t, err)
			opened, err := c.Open(sealed[:16])
			if last >= 1 && last <= 16 && (wrong <= 1 || wrong > last) {
				require.NoError(t, err)
				require.Len(t, opened, 16-last)
			} else {
				require.Equal(t, crypto.ErrOpen, err)
			}
		}
	}
}

func FuzzOpen(f *testing.F) {
	rsaKey, err := crypto.LoadPrivateKey(loadFile(f, "private-rsa-pkcs8.pem"))
	require.NoError(f, err)
	sm2Key, err := crypto.LoadPrivateKey(loadFile(f, "private-sm2-pkcs8.pem"))
	require.NoError(f, err)
	secret := crypto.Material{Secret: []byte("0123456789abcdef")}
	var ciphers []crypto.Cipher
	for _, s := range crypto.Suites() {
		switch {
		case s.Use != crypto.Seal:
		case s.Key == crypto.KeyRSA:
			ciphers = append(ciphers, newCipher(f, s.Name, crypto.Material{Private: rsaKey, Public: rsaKey.Public()}, crypto.CipherOptions{}))
		case s.Key == crypto.KeySM2:
			ciphers = append(ciphers, newCipher(f, s.Name, crypto.Material{Private: sm2Key, Public: sm2Key.Public()}, crypto.CipherOptions{}))
		case s.Name == "aes-ecb-pkcs5":
			ciphers = append(ciphers, newCipher(f, s.Name, secret, crypto.CipherOptions{}))
		default:
			for _, iv := range []string{"zero", "key", "prefix", "hex:000102030405060708090a0b0c0d0e0f"} {
				ciphers = append(ciphers, newCipher(f, s.Name, secret, crypto.CipherOptions{IV: iv}))
			}
		}
	}
	require.Len(f, ciphers, 9)
	for _, c := range ciphers {
		sealed, err := c.Seal([]byte("text to begin with"))
		require.NoError(f, err)
		f.Add(sealed)
	}
	f.Add([]byte{})
	f.Add(append([]byte{4}, make([]byte, 200)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1024 {
			return // RSA takes a millisecond a block
		}
		kept := bytes.Clone(data)
		for _, c := range ciphers {
			if _, err := c.Open(data); err != nil {
				require.Equal(t, crypto.ErrOpen, err)
			}
		}
		require.Equal(t, kept, data)
	})
}
