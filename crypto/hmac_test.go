package crypto_test

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func sign(t testing.TB, suite string, secret, message string) string {
	t.Helper()
	s, err := crypto.NewSigner(suite, crypto.Material{Secret: []byte(secret)})
	require.NoError(t, err)
	b, err := s.Sign(context.Background(), []byte(message))
	require.NoError(t, err)
	return hex.EncodeToString(b)
}

func TestHMACSM3EqualsOpenSSL(t *testing.T) {
	t.Parallel()
	template, err := crypto.ParseTemplate("{ts|ms}{cred.token}{nonce|uuid}{ts|ms}")
	require.NoError(t, err)
	vectors := readVectors[smVectors](t, "sm.json").HMAC
	require.Len(t, vectors, 6)
	for _, v := range vectors {
		message, err := template.Append(nil, func(name, _ string) (string, bool) {
			return map[string]string{"ts": v.Timestamp, "cred.token": v.Token, "nonce": v.Nonce}[name], true
		})
		require.NoError(t, err)
		require.Equal(t, v.Message, string(message))
		require.Equal(t, v.MAC, sign(t, "hmac-sm3", v.Token, string(message)))
	}
}

func TestHMACKnownAnswers(t *testing.T) {
	t.Parallel()
	// The first is the gateway sample of the Shandong contract; the others are
	// RFC 4231 case 2 and RFC 2202 case 2.
	const gateway = "17000000000000123456789abcdef11111111-2222-3333-4444-5555555555551700000000000"
	require.Equal(t, "d63ad258ea76dd989ad9b90c263d8487f09c9e7af0f18f8c102bd30323f59aeb", sign(t, "hmac-sm3", "0123456789abcdef", gateway))
	require.Equal(t, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", sign(t, "hmac-sha256", "Jefe", "what do ya want for nothing?"))
	require.Equal(t, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", sign(t, "hmac-sha1", "Jefe", "what do ya want for nothing?"))
}

func TestHMACVerifierRefusesAnyOtherCode(t *testing.T) {
	t.Parallel()
	for _, suite := range []string{"hmac-sm3", "hmac-sha256", "hmac-sha1"} {
		v, err := crypto.NewVerifier(suite, crypto.Material{Secret: []byte("TESTING KEY")})
		require.NoError(t, err)
		good, err := hex.DecodeString(sign(t, suite, "TESTING KEY", "text"))
		require.NoError(t, err)
		require.NoError(t, v.Verify([]byte("text"), good))
		require.Equal(t, crypto.ErrSignature, v.Verify([]byte("Text"), good))
		require.Equal(t, crypto.ErrSignature, v.Verify([]byte("text"), good[1:]))
		require.Equal(t, crypto.ErrSignature, v.Verify([]byte("text"), append(good, 0)))
		require.Equal(t, crypto.ErrSignature, v.Verify([]byte("text"), nil))
	}
}

func TestHMACKeepsItsOwnCopyOfTheSecret(t *testing.T) {
	t.Parallel()
	secret := []byte("TESTING KEY")
	s, err := crypto.NewSigner("hmac-sm3", crypto.Material{Secret: secret})
	require.NoError(t, err)
	before, err := s.Sign(context.Background(), []byte("text"))
	require.NoError(t, err)
	clear(secret)
	after, err := s.Sign(context.Background(), []byte("text"))
	require.NoError(t, err)
	require.Equal(t, before, after)
}
