package crypto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestAEADBindsAssociatedData(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{"aes-gcm", "sm4-gcm"} {
		aead, err := crypto.NewAEAD(suite, []byte("0123456789abcdef"))
		require.NoError(t, err)
		nonce := make([]byte, aead.NonceSize())
		sealed := aead.Seal(nil, nonce, []byte("plain"), []byte("queue 1"))
		opened, err := aead.Open(nil, nonce, sealed, []byte("queue 1"))
		require.NoError(t, err)
		require.Equal(t, "plain", string(opened))
		_, err = aead.Open(nil, nonce, sealed, []byte("queue 2"))
		require.Error(t, err, suite)
	}
}

func TestAEADRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	_, err := crypto.NewAEAD("sm4-cbc", make([]byte, 16))
	require.EqualError(t, err, `crypto: NewAEAD: suite "sm4-cbc": aes-gcm or sm4-gcm`)
	_, err = crypto.NewAEAD("sm4-gcm", make([]byte, 32))
	require.EqualError(t, err, "crypto: NewAEAD: the key has 32 bytes: SM4 takes 16")
}

// The vector of RFC 8998, appendix A.1.
func TestAEADOfSM4AgreesWithItsStandard(t *testing.T) {
	t.Parallel()
	aead, err := crypto.NewAEAD("sm4-gcm", unhex(t, "0123456789abcdeffedcba9876543210"))
	require.NoError(t, err)
	plain := unhex(t, "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccddddddddddddddddeeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa")
	sealed := aead.Seal(nil, unhex(t, "00001234567800000000abcd"), plain, unhex(t, "feedfacedeadbeeffeedfacedeadbeefabaddad2"))
	require.Equal(t, unhex(t, "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec"), sealed)
}
