package crypto_test

import (
	"bytes"
	"context"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func newSigner(t testing.TB, suite string, m crypto.Material) crypto.Signer {
	t.Helper()
	s, err := crypto.NewSigner(suite, m)
	require.NoError(t, err)
	return s
}

func newVerifier(t testing.TB, suite string, m crypto.Material) crypto.Verifier {
	t.Helper()
	v, err := crypto.NewVerifier(suite, m)
	require.NoError(t, err)
	return v
}

func signed(t testing.TB, s crypto.Signer, message string) []byte {
	t.Helper()
	b, err := s.Sign(context.Background(), []byte(message))
	require.NoError(t, err)
	return b
}

// rawSM2 writes an ASN.1 signature as r and s, with the standard library alone.
func rawSM2(t testing.TB, der []byte) []byte {
	t.Helper()
	var n struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &n)
	require.NoError(t, err)
	require.Empty(t, rest)
	return append(n.R.FillBytes(make([]byte, 32)), n.S.FillBytes(make([]byte, 32))...)
}

func TestSM2SignaturesOfOpenSSLVerifyInBothForms(t *testing.T) {
	t.Parallel()
	vectors := readVectors[smVectors](t, "sm.json").Sign
	require.Len(t, vectors, 27)
	for _, v := range vectors {
		message, der := []byte(v.Message), unhex(t, v.Signature)
		for _, suite := range []string{"sm2-sm3", "sm2-sm3-raw"} {
			for _, id := range []string{v.UserID, ""} {
				require.Equal(t, "1234567812345678", v.UserID, "the identifier the empty text stands for")
				verifier := newVerifier(t, suite, crypto.Material{Public: loadPublic(t, v.Public), UserID: id})
				require.NoError(t, verifier.Verify(message, der))
				require.NoError(t, verifier.Verify(message, rawSM2(t, der)))
				require.Equal(t, crypto.ErrSignature, verifier.Verify(append(bytes.Clone(message), '!'), der))
			}
		}
		other := newVerifier(t, "sm2-sm3", crypto.Material{Public: loadPublic(t, v.Public), UserID: "ALICE123@YAHOO.COM"})
		require.Equal(t, crypto.ErrSignature, other.Verify(message, der), "the identifier is signed along")
	}
}

func TestSM2SignsWhatItVerifies(t *testing.T) {
	t.Parallel()
	private, err := crypto.GenerateKey(crypto.KeySM2, nil)
	require.NoError(t, err)
	for _, id := range []string{"", "1234567812345678", "政务服务", "x"} {
		m := crypto.Material{Private: private, Public: private.Public(), UserID: id}
		der, raw := newSigner(t, "sm2-sm3", m), newSigner(t, "sm2-sm3-raw", m)
		verifier := newVerifier(t, "sm2-sm3", m)
		for i := range 300 { // short r and s occur once in 128 signatures
			message := string(bytes.Repeat([]byte{'x'}, i))
			first, second := signed(t, der, message), signed(t, raw, message)
			require.Len(t, rawSM2(t, first), 64)
			require.Len(t, second, 64)
			require.NoError(t, verifier.Verify([]byte(message), first))
			require.NoError(t, verifier.Verify([]byte(message), second))
		}
	}
}

func TestSM2VerifierRefusesDamage(t *testing.T) {
	t.Parallel()
	v := readVectors[smVectors](t, "sm.json").Sign[0]
	verifier := newVerifier(t, "sm2-sm3", crypto.Material{Public: loadPublic(t, v.Public)})
	der := unhex(t, v.Signature)
	for _, form := range [][]byte{der, rawSM2(t, der)} {
		for i := range form {
			require.Equal(t, crypto.ErrSignature, verifier.Verify([]byte(v.Message), form[:i]), "cut to %d", i)
			damaged := bytes.Clone(form)
			damaged[i] ^= 1
			require.Equal(t, crypto.ErrSignature, verifier.Verify([]byte(v.Message), damaged), "damaged at %d", i)
		}
		require.Equal(t, crypto.ErrSignature, verifier.Verify([]byte(v.Message), append(bytes.Clone(form), 0)))
	}
	for _, form := range [][]byte{nil, make([]byte, 64), bytes.Repeat([]byte{0xff}, 64), make([]byte, 1000)} {
		require.Equal(t, crypto.ErrSignature, verifier.Verify([]byte(v.Message), form))
	}
	require.NoError(t, verifier.Verify([]byte(v.Message), der), "the input stays as it was")
}

func FuzzVerify(f *testing.F) {
	private := loadPrivate(f, string(loadFile(f, "private-sm2-pkcs8.pem")))
	m := crypto.Material{Private: private, Public: private.Public()}
	verifier := newVerifier(f, "sm2-sm3", m)
	raw := newVerifier(f, "sm2-sm3-raw", m)
	f.Add([]byte("text"), signed(f, newSigner(f, "sm2-sm3", m), "text"))
	f.Add([]byte("text"), signed(f, newSigner(f, "sm2-sm3-raw", m), "text"))
	f.Add([]byte{}, make([]byte, 64))
	f.Fuzz(func(t *testing.T, message, signature []byte) {
		kept := bytes.Clone(signature)
		err := verifier.Verify(message, signature)
		require.Equal(t, err, raw.Verify(message, signature), "both suites read alike")
		if err != nil {
			require.Equal(t, crypto.ErrSignature, err)
		}
		require.Equal(t, kept, signature)
	})
}
