package crypto_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func remote(t testing.TB, suite string, m crypto.Material, call func(context.Context, []byte) ([]byte, error)) crypto.Signer {
	t.Helper()
	s, err := crypto.RemoteSigner(suite, m, call)
	require.NoError(t, err)
	return s
}

func TestARemoteServiceSignsForEverySuite(t *testing.T) {
	t.Parallel()
	rsaKey := loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem")))
	sm2Key := loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem")))
	for _, s := range crypto.Suites() {
		if s.Use != crypto.Sign {
			continue
		}
		m := crypto.Material{Secret: []byte("TESTING KEY"), Private: rsaKey, Public: rsaKey.Public()}
		if s.Key == crypto.KeySM2 {
			m.Private, m.Public = sm2Key, sm2Key.Public()
		}
		service := newSigner(t, s.Name, m)
		known := crypto.Material{}
		if s.Key == crypto.KeyRSA || s.Key == crypto.KeySM2 {
			known.Public = m.Public
		}
		for _, material := range []crypto.Material{known, {}} {
			signature := signed(t, remote(t, s.Name, material, service.Sign), "text")
			require.NoError(t, newVerifier(t, s.Name, m).Verify([]byte("text"), signature), s.Name)
		}
	}
}

func TestARemoteAnswerIsCheckedBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	rsaKey := loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem")))
	const message = "idCard=000000190001010000"
	for _, c := range []struct {
		suite  string
		m      crypto.Material
		answer []byte
		want   string
	}{
		{"rsa-sha256", crypto.Material{Public: rsaKey.Public()}, make([]byte, 255), "255 bytes came back; a signature has 256"},
		{"rsa-sha256", crypto.Material{Public: rsaKey.Public()}, make([]byte, 256), "does not match"},
		{"rsa-sha256", crypto.Material{}, []byte(message), "25 bytes came back; a signature has 128 to 1024"},
		{"hmac-sm3", crypto.Material{}, nil, "0 bytes came back; a signature has 32"},
		{"hmac-sha1", crypto.Material{}, make([]byte, 40), "40 bytes came back; a signature has 20"},
		{"md5", crypto.Material{}, make([]byte, 32), "a signature has 16"},
		{"sm2-sm3-raw", crypto.Material{}, []byte{0x30, 6, 2, 1, 0xff, 2, 1, 1}, "8 bytes that are no SM2 signature"}, // r is -1
		{"sm2-sm3", crypto.Material{}, make([]byte, 63), "63 bytes that are no SM2 signature"},
	} {
		s := remote(t, c.suite, c.m, func(context.Context, []byte) ([]byte, error) { return c.answer, nil })
		signature, err := s.Sign(context.Background(), []byte(message))
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), message)
		require.Nil(t, signature)
	}
}

func TestARemoteFailureNeverCarriesTheMessage(t *testing.T) {
	t.Parallel()
	const message = "idCard=000000190001010000"
	cause := &url.Error{Op: "Get", URL: "https://sign.invalid/?m=" + message, Err: errors.New("refused: " + message)}
	s := remote(t, "hmac-sm3", crypto.Material{}, func(context.Context, []byte) ([]byte, error) { return nil, cause })
	_, err := s.Sign(context.Background(), []byte(message))
	require.EqualError(t, err, "crypto: sign with hmac-sm3: the signing service failed (*url.Error)")
	require.ErrorIs(t, err, cause)
	wrapped := fmt.Errorf("op: %w", err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "err", err)
	for _, printed := range []string{log.String(), fmt.Sprintf("%v %+v %#v %s %q", err, err, err, err, err), fmt.Sprintf("%v %+v", wrapped, wrapped)} {
		require.NotContains(t, printed, "000000190001010000")
	}

	for want, cause := range map[string]error{"did not answer in time": context.DeadlineExceeded, "the caller gave up": context.Canceled} {
		s := remote(t, "hmac-sm3", crypto.Material{}, func(context.Context, []byte) ([]byte, error) { return nil, fmt.Errorf("%s: %w", message, cause) })
		_, err := s.Sign(context.Background(), []byte(message))
		require.ErrorContains(t, err, want)
		require.ErrorIs(t, err, cause)
		require.NotContains(t, err.Error(), message)
	}
}

func TestARemoteServiceIsNotAskedForACallerWhoGaveUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := remote(t, "hmac-sm3", crypto.Material{}, func(context.Context, []byte) ([]byte, error) {
		t.Error("the service was asked")
		return nil, nil
	})
	_, err := s.Sign(ctx, []byte("text"))
	require.ErrorIs(t, err, context.Canceled)
}

func TestARemoteServiceGetsACopyOfTheMessage(t *testing.T) {
	t.Parallel()
	message := []byte("text")
	s := remote(t, "hmac-sm3", crypto.Material{}, func(_ context.Context, m []byte) ([]byte, error) {
		clear(m)
		return make([]byte, 32), nil
	})
	_, err := s.Sign(context.Background(), message)
	require.NoError(t, err)
	require.True(t, bytes.Equal([]byte("text"), message))
}

func TestARemoteSignerIsCheckedWhenBuilt(t *testing.T) {
	t.Parallel()
	call := func(context.Context, []byte) ([]byte, error) { return nil, nil }
	sm2Key := loadPublic(t, string(loadFile(t, "public-sm2-spki.pem")))
	_, err := crypto.RemoteSigner("rsa-sha-256", crypto.Material{}, call)
	require.ErrorContains(t, err, "did you mean rsa-sha256?")
	_, err = crypto.RemoteSigner("rsa-sha256", crypto.Material{}, nil)
	require.ErrorContains(t, err, "no function")
	_, err = crypto.RemoteSigner("rsa-sha256", crypto.Material{Public: sm2Key}, call)
	require.ErrorContains(t, err, "needs the service's RSA public key, or none, given: an SM2 public key")
	_, err = crypto.RemoteSigner("sm2-sm3", crypto.Material{Public: sm2Key, UserID: strings.Repeat("x", 8192)}, call)
	require.ErrorContains(t, err, "UserID has 8192 bytes")
}
