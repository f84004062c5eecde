package crypto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestDeriveRefusalsNameTheLengthAndNeverTheSecret(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ derive, secret, want string }{
		{"", "fifteen-letters", `derive "raw" gives a key of 15 bytes; AES takes 16, 24 or 32`},
		{"raw", "seventeen-letters", "17 bytes"},
		{"hex", "00112233", "gives a key of 4 bytes"},
		{"hex", "not-hexadecimal!", "is not hex text"},
		{"base64", "QUJDRA==", "gives a key of 4 bytes"},
		{"base64", "not/base64!", "is not base64 text"},
		{"md5-hex", "any-secret-at-all", `unknown derive "md5-hex"; did you mean md5hex?`},
		{"pbkdf2", "any-secret-at-all", `the salt is missing or not hexadecimal; write pbkdf2:<salt in hex>`},
		{"pbkdf2:", "any-secret-at-all", `the salt is missing`},
		{"pbkdf2:salt", "any-secret-at-all", `not hexadecimal`},
		{"pbkdf2:00:", "any-secret-at-all", `"" is no number of rounds between 1 and 1000000`},
		{"pbkdf2:00:0", "any-secret-at-all", `"0" is no number of rounds`},
		{"pbkdf2:00:1000001", "any-secret-at-all", `no number of rounds`},
		{"pbkdf-2", "any-secret-at-all", `unknown derive "pbkdf-2"`},
		{"SHA1PRNG", "any-secret-at-all", `did you mean sha1prng?`},
	} {
		_, err := crypto.NewCipher("aes-ecb-pkcs5", crypto.Material{Secret: []byte(c.secret)}, crypto.CipherOptions{Derive: c.derive})
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), c.secret)
	}
}

func TestDeriveHexAndBase64PutUpWithLineBreaks(t *testing.T) {
	t.Parallel()
	plain := newCipher(t, "aes-ecb-pkcs5", crypto.Material{Secret: []byte("0123456789abcdef")}, crypto.CipherOptions{})
	want, err := plain.Seal([]byte("text"))
	require.NoError(t, err)
	for derive, secret := range map[string]string{"hex": "30313233343536373839616263646566\r\n", "base64": "MDEyMzQ1Njc4OWFiY2RlZg==\n"} {
		c := newCipher(t, "aes-ecb-pkcs5", crypto.Material{Secret: []byte(secret)}, crypto.CipherOptions{Derive: derive})
		got, err := c.Seal([]byte("text"))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// Keys of RFC 6070, cases 1 to 3, cut to 128 bit: "password" and "salt".
func TestDerivePBKDF2TakesItsRounds(t *testing.T) {
	t.Parallel()
	for rounds, key := range map[string]string{"1": "0c60c80f961f0e71f3a9b524af601206", "2": "ea6c014dc72d6f8ccd1ed92ace1d41f0", "4096": "4b007901b765489abead49d926f721d0"} {
		derived := newCipher(t, "sm4-ecb-pkcs5", crypto.Material{Secret: []byte("password")}, crypto.CipherOptions{Derive: "pbkdf2:73616c74:" + rounds})
		want := newCipher(t, "sm4-ecb-pkcs5", crypto.Material{Secret: []byte(key)}, crypto.CipherOptions{Derive: "hex"})
		sealed, err := derived.Seal([]byte("text"))
		require.NoError(t, err)
		opened, err := want.Open(sealed)
		require.NoError(t, err)
		require.Equal(t, "text", string(opened))
	}
}
