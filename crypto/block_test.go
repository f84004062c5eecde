package crypto_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestAESEqualsAJDKForEveryDerivation(t *testing.T) {
	t.Parallel()
	suites := map[string]string{"ECB": "aes-ecb-pkcs5", "CBC": "aes-cbc-pkcs5", "GCM": "aes-gcm"}
	run := map[string]int{}
	for _, v := range readVectors[jdkVectors](t, "jdk.json").AES {
		iv, want, derived := "", unhex(t, v.CiphertextHex), v.Derive
		switch v.Mode {
		case "CBC":
			iv = "hex:" + v.IVHex
		case "GCM":
			want = slices.Concat(unhex(t, v.IVHex), want)
		}
		if v.Derive == "pbkdf2-hmacsha1-10000-salt000102..0f" {
			derived = "pbkdf2:000102030405060708090a0b0c0d0e0f"
		}
		for derive, secret := range map[string][]byte{
			derived:  []byte(v.Secret),
			"raw":    unhex(t, v.KeyHex),
			"hex":    []byte(v.KeyHex),
			"base64": []byte(base64.StdEncoding.EncodeToString(unhex(t, v.KeyHex))),
		} {
			m := crypto.Material{Secret: secret, Random: bytes.NewReader(unhex(t, v.IVHex))}
			c := newCipher(t, suites[v.Mode], m, crypto.CipherOptions{Derive: derive, IV: iv})
			sealed, err := c.Seal([]byte(v.Plaintext))
			require.NoError(t, err)
			require.Equal(t, want, sealed)
			require.True(t, strings.HasSuffix(crypto.Encoding("hex").Encode(sealed), v.CiphertextHex))
			opened, err := c.Open(sealed)
			require.NoError(t, err)
			require.Equal(t, v.Plaintext, string(opened))
		}
		run[v.Mode+" "+strings.SplitN(v.Derive, "-", 2)[0]]++
	}
	require.Equal(t, map[string]int{
		"ECB raw": 12, "ECB md5bytes": 20, "ECB md5hex": 20, "ECB pad16": 20, "ECB sha1prng": 20, "ECB pbkdf2": 20,
		"CBC raw": 12, "CBC md5bytes": 20, "CBC md5hex": 20, "CBC pad16": 20, "CBC sha1prng": 20, "CBC pbkdf2": 20,
		"GCM raw": 12, "GCM md5bytes": 20, "GCM md5hex": 20, "GCM pad16": 20, "GCM sha1prng": 20, "GCM pbkdf2": 20,
	}, run)
}

func TestSM4EqualsOpenSSL(t *testing.T) {
	t.Parallel()
	run := map[string]int{}
	for _, v := range readVectors[smVectors](t, "sm.json").SM4 {
		iv := ""
		if v.Mode == "CBC" {
			iv = "hex:" + v.IVHex
		}
		c := newCipher(t, "sm4-"+strings.ToLower(v.Mode)+"-pkcs5", crypto.Material{Secret: unhex(t, v.KeyHex)}, crypto.CipherOptions{IV: iv})
		sealed, err := c.Seal([]byte(v.Plaintext))
		require.NoError(t, err)
		require.Equal(t, v.CiphertextHex, crypto.Encoding("hex").Encode(sealed))
		opened, err := c.Open(sealed)
		require.NoError(t, err)
		require.Equal(t, v.Plaintext, string(opened))
		run[v.Mode]++
	}
	require.Equal(t, map[string]int{"ECB": 9, "CBC": 9}, run)
}

// RFC 8998, appendix A.1. Its check value covers associated data, which no platform
// here sends; the ciphertext does not depend on it.
func TestSM4GCMGivesTheCiphertextOfRFC8998(t *testing.T) {
	t.Parallel()
	key := unhex(t, "0123456789abcdeffedcba9876543210")
	nonce := unhex(t, "00001234567800000000abcd")
	text := bytes.Join([][]byte{
		bytes.Repeat([]byte{0xaa}, 8), bytes.Repeat([]byte{0xbb}, 8), bytes.Repeat([]byte{0xcc}, 8), bytes.Repeat([]byte{0xdd}, 8),
		bytes.Repeat([]byte{0xee}, 8), bytes.Repeat([]byte{0xff}, 8), bytes.Repeat([]byte{0xee}, 8), bytes.Repeat([]byte{0xaa}, 8),
	}, nil)
	c := newCipher(t, "sm4-gcm", crypto.Material{Secret: key, Random: bytes.NewReader(nonce)}, crypto.CipherOptions{})
	sealed, err := c.Seal(text)
	require.NoError(t, err)
	require.Equal(t, nonce, sealed[:12])
	require.Equal(t, "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
		crypto.Encoding("hex").Encode(sealed[12:76]))
	require.Len(t, sealed, 12+64+16)
	opened, err := c.Open(sealed)
	require.NoError(t, err)
	require.Equal(t, text, opened)
}

func TestGCMOpensNothingThatWasAltered(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{"aes-gcm", "sm4-gcm"} {
		c := newCipher(t, suite, crypto.Material{Secret: []byte("0123456789abcdef")}, crypto.CipherOptions{IV: "prefix"})
		stranger := newCipher(t, suite, crypto.Material{Secret: []byte("0123456789abcdeF")}, crypto.CipherOptions{})
		for _, text := range []string{"", "张三", strings.Repeat("x", 100)} {
			sealed, err := c.Seal([]byte(text))
			require.NoError(t, err)
			again, err := c.Seal([]byte(text))
			require.NoError(t, err)
			require.NotEqual(t, sealed, again, "every message has a nonce of its own")
			opened, err := c.Open(sealed)
			require.NoError(t, err)
			require.Equal(t, text, string(opened))
			_, err = stranger.Open(sealed)
			require.Equal(t, crypto.ErrOpen, err)
			for i := range sealed {
				_, err = c.Open(sealed[:i])
				require.Equal(t, crypto.ErrOpen, err, "cut to %d", i)
				damaged := bytes.Clone(sealed)
				damaged[i] ^= 1
				_, err = c.Open(damaged)
				require.Equal(t, crypto.ErrOpen, err, "damaged at %d", i)
			}
		}
		c = newCipher(t, suite, crypto.Material{Secret: []byte("0123456789abcdef"), Random: iotest.ErrReader(errors.New("no entropy"))}, crypto.CipherOptions{})
		_, err := c.Seal([]byte("text"))
		require.ErrorContains(t, err, "seal with "+suite+": draw the nonce: no entropy")
	}
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

	// The tail is that of the secret as issued, not of the derived key.
	long := crypto.Material{Secret: []byte("a longer secret, 0123456789abcdef")}
	byTail, err := newCipher(t, "sm4-cbc-pkcs5", long, crypto.CipherOptions{Derive: "md5bytes", IV: "tail"}).Seal([]byte("text"))
	require.NoError(t, err)
	byHex, err := newCipher(t, "sm4-cbc-pkcs5", long, crypto.CipherOptions{Derive: "md5bytes", IV: "hex:30313233343536373839616263646566"}).Seal([]byte("text"))
	require.NoError(t, err)
	require.Equal(t, byHex, byTail)

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
	for suite, iv := range map[string]string{"aes-ecb-pkcs5": "", "aes-cbc-pkcs5": "prefix", "sm4-ecb-pkcs5": "", "sm4-cbc-pkcs5": "prefix"} {
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
		case !strings.HasSuffix(s.Name, "-cbc-pkcs5"):
			ciphers = append(ciphers, newCipher(f, s.Name, secret, crypto.CipherOptions{}))
		default:
			for _, iv := range []string{"zero", "key", "prefix", "tail", "hex:000102030405060708090a0b0c0d0e0f"} {
				ciphers = append(ciphers, newCipher(f, s.Name, secret, crypto.CipherOptions{IV: iv}))
			}
		}
	}
	require.Len(f, ciphers, 18)
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
