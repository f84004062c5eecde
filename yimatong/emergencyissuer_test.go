package yimatong_test

import (
	"context"
	stdcrypto "crypto"
	"encoding/base64"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/yimatong"
)

func TestEmergencyIssueNamesTheField(t *testing.T) {
	t.Parallel()
	key := ecRandomKey(t)
	issuer, err := yimatong.NewEmergencyIssuer(yimatong.EmergencyIssuerConfig{
		Key:  yimatong.EmergencyKey{ID: 1, P256: &key.PublicKey, NotBefore: ecNoon, NotAfter: ecNoon.Add(24 * time.Hour)},
		P256: key,
	})
	require.NoError(t, err)
	_, err = issuer.Issue(t.Context(), ecFresh())
	require.NoError(t, err)
	for name, c := range map[string]struct {
		field  string
		change func(*yimatong.EmergencyCode)
	}{
		"no user":             {"User", func(c *yimatong.EmergencyCode) { c.User = zwfw.Secret{} }},
		"a user too short":    {"User", func(c *yimatong.EmergencyCode) { c.User = zwfw.NewSecret("00") }},
		"a user not hex":      {"User", func(c *yimatong.EmergencyCode) { c.User = zwfw.NewSecret("99999919000101000x99999919000101") }},
		"no begin":            {"NotBefore", func(c *yimatong.EmergencyCode) { c.NotBefore = time.Time{} }},
		"after 2106":          {"NotBefore", func(c *yimatong.EmergencyCode) { c.NotBefore = time.Unix(1<<32, 0) }},
		"a part of a second":  {"NotBefore", func(c *yimatong.EmergencyCode) { c.NotBefore = ecNoon.Add(1) }},
		"before the key":      {"NotBefore", func(c *yimatong.EmergencyCode) { c.NotBefore = ecNoon.Add(-time.Second) }},
		"no life":             {"Validity", func(c *yimatong.EmergencyCode) { c.Validity = 0 }},
		"less than none":      {"Validity", func(c *yimatong.EmergencyCode) { c.Validity = -time.Second }},
		"half a second":       {"Validity", func(c *yimatong.EmergencyCode) { c.Validity = time.Second / 2 }},
		"a life too long":     {"Validity", func(c *yimatong.EmergencyCode) { c.Validity = 32 * 24 * time.Hour }},
		"longer than the key": {"Validity", func(c *yimatong.EmergencyCode) { c.Validity = 24*time.Hour + time.Second }},
		"good for nothing":    {"Scope", func(c *yimatong.EmergencyCode) { c.Scope = 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := ecFresh()
			c.change(&code)
			text, err := issuer.Issue(t.Context(), code)
			ecRefused(t, err, zwfw.BadRequest, c.field)
			require.True(t, text.IsZero())
		})
	}
}

type ecDevice struct {
	stdcrypto.Signer
	answer func(digest []byte) ([]byte, error)
}

func (d ecDevice) Sign(_ io.Reader, digest []byte, _ stdcrypto.SignerOpts) ([]byte, error) {
	return d.answer(digest)
}

type ecService func(context.Context, []byte) ([]byte, error)

func (s ecService) Sign(ctx context.Context, m []byte) ([]byte, error) { return s(ctx, m) }

// What a device or service answers is never handed out unchecked.
func TestEmergencyIssuerChecksItsSigner(t *testing.T) {
	t.Parallel()
	key, other := ecRandomKey(t), ecRandomKey(t)
	public := yimatong.EmergencyKey{ID: 1, P256: &key.PublicKey}
	broken := errors.New("session lost")
	for name, c := range map[string]struct {
		answer func([]byte) ([]byte, error)
		kind   zwfw.Kind
	}{
		"fails":           {func([]byte) ([]byte, error) { return nil, broken }, zwfw.Upstream},
		"answers nothing": {func([]byte) ([]byte, error) { return nil, nil }, zwfw.KeyMismatch},
		"answers zeros":   {func([]byte) ([]byte, error) { return []byte{0x30, 6, 2, 1, 0, 2, 1, 0}, nil }, zwfw.KeyMismatch},
		"answers r and s": {func([]byte) ([]byte, error) { return make([]byte, 64), nil }, zwfw.KeyMismatch},
		"has another key": {func(d []byte) ([]byte, error) { return other.Sign(nil, d, stdcrypto.SHA256) }, zwfw.KeyMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer, err := yimatong.NewEmergencyIssuer(yimatong.EmergencyIssuerConfig{Key: public, P256: ecDevice{key, c.answer}})
			require.NoError(t, err)
			_, err = issuer.Issue(t.Context(), ecFresh())
			ecRefused(t, err, c.kind, "Signer")
		})
	}
	v := ecGolden(t)[1]
	issuer, err := yimatong.NewEmergencyIssuer(yimatong.EmergencyIssuerConfig{Key: v.key(t), SM2: ecService(func(context.Context, []byte) ([]byte, error) { return make([]byte, 70), nil })})
	require.NoError(t, err)
	_, err = issuer.Issue(t.Context(), ecFresh())
	ecRefused(t, err, zwfw.KeyMismatch, "Signer")

	ctx, cancel := context.WithCancel(t.Context())
	issuer, err = yimatong.NewEmergencyIssuer(yimatong.EmergencyIssuerConfig{Key: v.key(t), SM2: ecService(func(ctx context.Context, _ []byte) ([]byte, error) {
		cancel()
		return nil, ctx.Err()
	})})
	require.NoError(t, err)
	for range 2 {
		_, err = issuer.Issue(ctx, ecFresh())
		ecRefused(t, err, zwfw.Canceled, "")
	}
}

// Both halves of P-256 signatures come out of a signer; the text always has the smaller.
func TestEmergencyIssuerWritesTheSmallerS(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	for range 16 {
		s, err := base64.RawURLEncoding.DecodeString(r.issue(t, ecFresh()).Reveal()[44:])
		require.NoError(t, err)
		require.LessOrEqual(t, s[32], byte(0x7f))
	}
}

func TestEmergencyIssuerRefusesASignerThatDoesNotFit(t *testing.T) {
	t.Parallel()
	v := ecGolden(t)
	p256, sm2, other := v[0].key(t), v[1].key(t), ecRandomKey(t)
	signer, err := crypto.NewSigner("sm2-sm3-raw", crypto.Material{Private: v[1].sm2(t)})
	require.NoError(t, err)
	for name, c := range map[string]yimatong.EmergencyIssuerConfig{
		"no key":              {P256: other},
		"no signer":           {Key: p256},
		"two signers":         {Key: p256, P256: v[0].p256(t), SM2: signer},
		"the other algorithm": {Key: sm2, P256: v[0].p256(t)},
		"another key":         {Key: p256, P256: other},
	} {
		_, err := yimatong.NewEmergencyIssuer(c)
		require.ErrorContains(t, err, "yimatong: EmergencyIssuerConfig", name)
	}
}
