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

	"github.com/emmansun/gmsm/sm3"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
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
				for range 4 * rounds {
					for side, call := range []func() error{w.wrapper, w.bare} {
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
