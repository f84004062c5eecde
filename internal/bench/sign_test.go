package bench

import (
	"context"
	stdcrypto "crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"
	"time"

	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/sandbox"
)

// wrapped sets a call of package crypto beside the bare call of the library under it.
type wrapped struct {
	name          string
	wrapper, bare func() error
}

func wrappers(tb testing.TB) []wrapped {
	tb.Helper()
	message := []byte("macId=DEV-01&merchantId=M0001&qrcod=ABC+/=123&time=20240102030405")
	secret := []byte("0123456789abcdef")
	mac, err := crypto.NewSigner("hmac-sm3", crypto.Material{Secret: secret})
	require.NoError(tb, err)
	key, err := crypto.GenerateKey(crypto.KeyRSA, nil)
	require.NoError(tb, err)
	der, err := key.MarshalPKCS8()
	require.NoError(tb, err)
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	require.NoError(tb, err)
	bare := parsed.(*rsa.PrivateKey)
	signer, err := crypto.NewSigner("rsa-sha256", crypto.Material{Private: key})
	require.NoError(tb, err)
	verifier, err := crypto.NewVerifier("rsa-sha256", crypto.Material{Public: key.Public()})
	require.NoError(tb, err)
	signature, err := signer.Sign(context.Background(), message)
	require.NoError(tb, err)
	own := sandbox.New().LutongConfig().PrivateKey
	sm2Der, err := own.MarshalPKCS8()
	require.NoError(tb, err)
	bareSM2, err := pkcs8.ParsePKCS8PrivateKeySM2(sm2Der)
	require.NoError(tb, err)
	sm2Signer, err := crypto.NewSigner("sm2-sm3", crypto.Material{Private: own})
	require.NoError(tb, err)
	sm2Verifier, err := crypto.NewVerifier("sm2-sm3", crypto.Material{Public: own.Public()})
	require.NoError(tb, err)
	sm2Signature, err := sm2Signer.Sign(context.Background(), message)
	require.NoError(tb, err)
	return []wrapped{
		{"hmac-sm3", func() error { _, err := mac.Sign(context.Background(), message); return err }, func() error {
			h := hmac.New(sm3.New, secret)
			h.Write(message)
			h.Sum(nil)
			return nil
		}},
		{"rsa-sha256 sign", func() error { _, err := signer.Sign(context.Background(), message); return err }, func() error {
			sum := sha256.Sum256(message)
			_, err := rsa.SignPKCS1v15(rand.Reader, bare, stdcrypto.SHA256, sum[:])
			return err
		}},
		{"rsa-sha256 verify", func() error { return verifier.Verify(message, signature) }, func() error {
			sum := sha256.Sum256(message)
			return rsa.VerifyPKCS1v15(&bare.PublicKey, stdcrypto.SHA256, sum[:], signature)
		}},
		{"sm2-sm3 sign", func() error { _, err := sm2Signer.Sign(context.Background(), message); return err }, func() error {
			_, err := bareSM2.Sign(rand.Reader, message, sm2.NewSM2SignerOption(true, nil))
			return err
		}},
		{"sm2-sm3 verify", func() error { return sm2Verifier.Verify(message, sm2Signature) }, func() error {
			if !sm2.VerifyASN1WithSM2(&bareSM2.PublicKey, nil, message, sm2Signature) {
				return crypto.ErrSignature
			}
			return nil
		}},
	}
}

func BenchmarkSigning(b *testing.B) {
	for _, w := range wrappers(b) {
		b.Run(w.name, func(b *testing.B) {
			calls := 200
			if w.name == "hmac-sm3" {
				calls = 20000
			}
			for b.Loop() {
				var times [2][]int64
				for turn := range 4 * rounds {
					for i := range 2 {
						side := (i + turn) % 2 // neither is always first
						call := []func() error{w.wrapper, w.bare}[side]
						began := time.Now()
						for range calls {
							if err := call(); err != nil {
								b.Fatal(err)
							}
						}
						times[side] = append(times[side], int64(time.Since(began)))
					}
				}
				b.ReportMetric(float64(median(times[0]))/float64(median(times[1])), "×time")
			}
		})
	}
}
