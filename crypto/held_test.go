package crypto_test

import (
	"context"
	stdcrypto "crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

// device stands for an HSM: only its public half and its signatures come out.
type device struct {
	public stdcrypto.PublicKey
	sign   func(digest []byte, opts stdcrypto.SignerOpts) ([]byte, error)
}

func (d device) Public() stdcrypto.PublicKey { return d.public }
func (d device) Sign(_ io.Reader, digest []byte, opts stdcrypto.SignerOpts) ([]byte, error) {
	return d.sign(digest, opts)
}

// messageDevice takes whole messages, as SM2 devices of the newer kind do.
type messageDevice struct {
	device
	whole func(message []byte, opts stdcrypto.SignerOpts) ([]byte, error)
}

func (d messageDevice) SignMessage(_ io.Reader, message []byte, opts stdcrypto.SignerOpts) ([]byte, error) {
	return d.whole(message, opts)
}

func stdRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(loadFile(t, "private-rsa-pkcs8.der"))
	require.NoError(t, err)
	return key.(*rsa.PrivateKey)
}

func gmSM2(t testing.TB) *sm2.PrivateKey {
	t.Helper()
	key, err := sm2.NewPrivateKey(unhex(t, readVectors[smVectors](t, "sm.json").Sign[0].Private))
	require.NoError(t, err)
	return key
}

func TestARSADeviceSignsWhatAFileSigns(t *testing.T) {
	t.Parallel()
	key := stdRSA(t)
	hsm := device{&key.PublicKey, func(digest []byte, opts stdcrypto.SignerOpts) ([]byte, error) {
		return key.Sign(rand.Reader, digest, opts)
	}}
	file := loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.der")))
	for _, suite := range []string{"rsa-sha256", "rsa-sha1", "rsa-md5"} {
		want := signed(t, newSigner(t, suite, crypto.Material{Private: file}), "text")
		require.Equal(t, want, signed(t, newSigner(t, suite, crypto.Material{Held: hsm}), "text"))
		require.Equal(t, want, signed(t, newSigner(t, suite, crypto.Material{Held: key}), "text"))
	}
}

func TestAnSM2DeviceOfEitherKindSigns(t *testing.T) {
	t.Parallel()
	key := gmSM2(t)
	public := loadPublic(t, readVectors[smVectors](t, "sm.json").Sign[0].Public)
	digests := device{&key.PublicKey, func(e []byte, opts stdcrypto.SignerOpts) ([]byte, error) {
		require.Len(t, e, 32)
		require.Zero(t, opts.HashFunc())
		return sm2.SignASN1(rand.Reader, key, e, nil)
	}}
	raw := device{&key.PublicKey, func(e []byte, opts stdcrypto.SignerOpts) ([]byte, error) {
		der, err := digests.sign(e, opts)
		return rawSM2(t, der), err
	}}
	whole := messageDevice{device{public: &key.PublicKey}, func(message []byte, opts stdcrypto.SignerOpts) ([]byte, error) {
		require.Equal(t, "text", string(message))
		return key.SignMessage(rand.Reader, message, opts)
	}}
	for name, held := range map[string]stdcrypto.Signer{"digests": digests, "raw": raw, "messages": whole, "gmsm": key} {
		for _, id := range []string{"", "ALICE123@YAHOO.COM"} {
			verifier := newVerifier(t, "sm2-sm3", crypto.Material{Public: public, UserID: id})
			for _, suite := range []string{"sm2-sm3", "sm2-sm3-raw"} {
				signature := signed(t, newSigner(t, suite, crypto.Material{Held: held, UserID: id}), "text")
				require.NoError(t, verifier.Verify([]byte("text"), signature), name)
				require.Equal(t, suite == "sm2-sm3-raw", len(signature) == 64, name)
			}
		}
	}
}

func TestADeviceThatSignsSomethingElseIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	key, rsaKey := gmSM2(t), stdRSA(t)
	answer := func(b []byte, err error) func([]byte, stdcrypto.SignerOpts) ([]byte, error) {
		return func([]byte, stdcrypto.SignerOpts) ([]byte, error) { return b, err }
	}
	withoutID := messageDevice{device{public: &key.PublicKey}, func(message []byte, _ stdcrypto.SignerOpts) ([]byte, error) {
		return key.SignMessage(rand.Reader, message, nil) // the user identifier is not looked at
	}}
	pss := device{&rsaKey.PublicKey, func(digest []byte, opts stdcrypto.SignerOpts) ([]byte, error) {
		return rsa.SignPSS(rand.Reader, rsaKey, opts.HashFunc(), digest, nil)
	}}
	for _, c := range []struct {
		suite string
		held  stdcrypto.Signer
		want  string
	}{
		{"sm2-sm3", withoutID, "does not match message and public key"},
		{"rsa-sha256", pss, "does not match message and public key"},
		{"rsa-sha256", device{&rsaKey.PublicKey, answer([]byte("short"), nil)}, "5 bytes came back; a signature has 256"},
		{"sm2-sm3", device{&key.PublicKey, answer([]byte("short"), nil)}, "5 bytes that are no SM2 signature"},
		{"sm2-sm3", device{&key.PublicKey, answer(nil, errors.New("no card in the slot"))}, "the key held elsewhere failed (*errors.errorString)"},
	} {
		signature, err := newSigner(t, c.suite, crypto.Material{Held: c.held, UserID: "x"}).Sign(context.Background(), []byte("text"))
		require.ErrorContains(t, err, c.want)
		require.Nil(t, signature)
	}
}

func TestAKeyHeldElsewhereIsCheckedWhenTheSignerIsBuilt(t *testing.T) {
	t.Parallel()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	key, rsaKey := gmSM2(t), stdRSA(t)
	small := *rsaKey.PublicKey.N
	small.Rsh(&small, 1200).SetBit(&small, 0, 1)
	for _, c := range []struct {
		suite string
		m     crypto.Material
		want  string
	}{
		{"rsa-sha256", crypto.Material{Held: key}, "needs an RSA private key to sign; the key held elsewhere is SM2"},
		{"sm2-sm3", crypto.Material{Held: rsaKey}, "needs an SM2 private key to sign; the key held elsewhere is RSA"},
		{"sm2-sm3", crypto.Material{Held: p256}, "another curve than SM2"},
		{"sm2-sm3", crypto.Material{Held: edwards}, "public key of type ed25519.PublicKey"},
		{"rsa-sha256", crypto.Material{Held: device{public: (*rsa.PublicKey)(nil)}}, "empty RSA public key"},
		{"sm2-sm3", crypto.Material{Held: device{public: (*ecdsa.PublicKey)(nil)}}, "empty EC public key"},
		{"rsa-sha256", crypto.Material{Held: device{public: &rsa.PublicKey{N: &small, E: 65537}}}, "keys below 1024 can be broken"},
		{"rsa-sha256", crypto.Material{Held: rsaKey, Private: loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.der")))}, "leave one out"},
		{"hmac-sm3", crypto.Material{Held: rsaKey}, "needs a shared secret, given: a key held elsewhere"},
	} {
		_, err := crypto.NewSigner(c.suite, c.m)
		require.ErrorContains(t, err, c.want)
	}
	require.Equal(t, "crypto.Material(a key held elsewhere)", fmt.Sprintf("%#v", crypto.Material{Held: rsaKey}))
	weak := rsa.PublicKey{N: rsaKey.N, E: rsaKey.E}
	require.Equal(t, crypto.Modern, crypto.GradeOf("rsa-sha256", crypto.Material{Held: device{public: &weak}}))
	v := readVectors[jdkVectors](t, "jdk.json").RSA[0]
	require.Equal(t, "1024", v.Bits)
	old, err := x509.ParsePKCS8PrivateKey(unbase64(t, v.Private))
	require.NoError(t, err)
	require.Equal(t, crypto.Weak, crypto.GradeOf("rsa-sha256", crypto.Material{Held: old.(*rsa.PrivateKey)}))
}

func unbase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := crypto.Encoding("b64").Decode(s)
	require.NoError(t, err)
	return b
}
