package crypto_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestRSASignaturesEqualThoseOfAJDKByteForByte(t *testing.T) {
	t.Parallel()
	suites := map[string]string{"SHA256withRSA": "rsa-sha256", "SHA1withRSA": "rsa-sha1", "MD5withRSA": "rsa-md5"}
	run := map[string]int{}
	for _, v := range readVectors[jdkVectors](t, "jdk.json").RSA {
		suite, ok := suites[v.Algorithm]
		if !ok {
			continue
		}
		message := inCharset(t, v.Charset, v.Message)
		want, err := base64.StdEncoding.DecodeString(v.Signature)
		require.NoError(t, err)

		signer, err := crypto.NewSigner(suite, crypto.Material{Private: loadPrivate(t, v.Private)})
		require.NoError(t, err)
		got, err := signer.Sign(context.Background(), message)
		require.NoError(t, err)
		require.Equal(t, want, got)

		verifier, err := crypto.NewVerifier(suite, crypto.Material{Public: loadPublic(t, v.Public)})
		require.NoError(t, err)
		require.NoError(t, verifier.Verify(message, want))
		require.ErrorIs(t, verifier.Verify(append(bytes.Clone(message), '!'), want), crypto.ErrSignature)
		want[len(want)/2] ^= 1
		require.ErrorIs(t, verifier.Verify(message, want), crypto.ErrSignature)
		require.ErrorIs(t, verifier.Verify(message, nil), crypto.ErrSignature)
		run[suite+" "+v.Bits+" "+v.Charset]++
	}
	require.Len(t, run, 18, "three digests, three sizes, two charsets")
	total := 0
	for _, n := range run {
		total += n
	}
	require.Equal(t, 141, total)
}

func TestSegmentedRSAOpensWhatAJDKSealed(t *testing.T) {
	t.Parallel()
	run, segmented := 0, 0
	for _, v := range readVectors[jdkVectors](t, "jdk.json").RSA {
		if v.Ciphertext == "" {
			continue
		}
		sealed, err := base64.StdEncoding.DecodeString(v.Ciphertext)
		require.NoError(t, err)
		private, public := loadPrivate(t, v.Private), loadPublic(t, v.Public)
		if len(sealed)*8 > private.Bits() {
			segmented++
		}
		c := newCipher(t, "rsa-pkcs1", crypto.Material{Private: private, Public: public}, crypto.CipherOptions{})
		got, err := c.Open(sealed)
		require.NoError(t, err)
		require.Equal(t, inCharset(t, v.Charset, v.Message), got)
		run++
	}
	require.Equal(t, 3, run)
	require.Positive(t, segmented, "without more than one segment nothing is proved")
}

func TestSegmentedRSARoundTripAtTheEdgesOfASegment(t *testing.T) {
	t.Parallel()
	private := loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem")))
	c := newCipher(t, "rsa-pkcs1", crypto.Material{Private: private, Public: private.Public()}, crypto.CipherOptions{})
	for size, blocks := range map[int]int{0: 1, 1: 1, 244: 1, 245: 1, 246: 2, 490: 2, 491: 3} {
		text := bytes.Repeat([]byte("x"), size)
		sealed, err := c.Seal(text)
		require.NoError(t, err)
		require.Len(t, sealed, blocks*256)
		opened, err := c.Open(sealed)
		require.NoError(t, err)
		require.Equal(t, string(text), string(opened))

		sealed[len(sealed)-1] ^= 1
		_, err = c.Open(sealed)
		require.Equal(t, crypto.ErrOpen, err)
		_, err = c.Open(sealed[:len(sealed)-1])
		require.Equal(t, crypto.ErrOpen, err)
	}
	_, err := c.Open(nil)
	require.Equal(t, crypto.ErrOpen, err)
}

func TestSmallRSAKeyIsGradedWeakWhateverItsSuite(t *testing.T) {
	t.Parallel()
	run := 0
	for _, v := range readVectors[jdkVectors](t, "jdk.json").RSA {
		private, public := loadPrivate(t, v.Private), loadPublic(t, v.Public)
		want := crypto.Modern
		if v.Bits == "1024" {
			want = crypto.Weak
		}
		require.Equal(t, want, crypto.GradeOf("rsa-sha256", crypto.Material{Private: private}))
		require.Equal(t, want, crypto.GradeOf("rsa-sha256", crypto.Material{Public: public}))
		require.Equal(t, crypto.Modern, crypto.GradeOf("hmac-sm3", crypto.Material{Private: private}), "a key the suite does not use does not count")
		run++
	}
	require.Positive(t, run)
}
