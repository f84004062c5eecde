package crypto_test

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestSM3EqualsOpenSSL(t *testing.T) {
	t.Parallel()
	vectors := readVectors[smVectors](t, "sm.json").SM3
	require.Len(t, vectors, 10)
	for _, v := range vectors {
		require.Equal(t, v.Digest, sign(t, "sm3", "", v.Message))
	}
}

func TestDigestsOfAbcAsTheirStandardsPrintThem(t *testing.T) {
	t.Parallel()
	for suite, want := range map[string]string{
		"md5":    "900150983cd24fb0d6963f7d28e17f72",
		"sha1":   "a9993e364706816aba3e25717850c26c9cd0d89d",
		"sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sm3":    "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
	} {
		require.Equal(t, want, sign(t, suite, "", "abc"), suite)
		v, err := crypto.NewVerifier(suite, crypto.Material{})
		require.NoError(t, err)
		sum, err := hex.DecodeString(want)
		require.NoError(t, err)
		require.NoError(t, v.Verify([]byte("abc"), sum))
		require.Equal(t, crypto.ErrSignature, v.Verify([]byte("abd"), sum))
	}
}

func TestDigestSignerTakesTheSecretFromTheMessageOnly(t *testing.T) {
	t.Parallel()
	s, err := crypto.NewSigner("md5", crypto.Material{Secret: []byte("unused")})
	require.NoError(t, err)
	b, err := s.Sign(context.Background(), []byte("abc"))
	require.NoError(t, err)
	require.Equal(t, "900150983cd24fb0d6963f7d28e17f72", hex.EncodeToString(b))
}
