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
