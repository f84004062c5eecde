package crypto_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

const testPassword = "TESTING-KEY"

func TestEncryptedKeysOpenWithTheirPassword(t *testing.T) {
	t.Parallel()
	want := map[crypto.KeyKind]*crypto.PrivateKey{
		crypto.KeyRSA: loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem"))),
		crypto.KeySM2: loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem"))),
	}
	files := keyFiles(t, "locked-*")
	require.GreaterOrEqual(t, len(files), 5)
	for _, file := range files {
		data := loadFile(t, file)
		key, err := crypto.LoadEncryptedPrivateKey(data, testPassword)
		require.NoError(t, err, file)
		require.True(t, want[kindOf(file)].Equal(key), file)
		require.Contains(t, key.Format(), "encrypted PKCS#8")
		for _, wrong := range []string{"", "testing-key", testPassword + " ", "密码"} {
			_, err = crypto.LoadEncryptedPrivateKey(data, wrong)
			require.ErrorIs(t, err, crypto.ErrPassword, file)
			require.EqualError(t, err, "crypto: load encrypted private key: the password is wrong, or the file is damaged")
		}
		_, err = crypto.LoadPrivateKey(data)
		require.ErrorContains(t, err, "load it with LoadEncryptedPrivateKey")
	}
	der := loadFile(t, "locked-sm2-gmt0091.der")
	key, err := crypto.LoadEncryptedPrivateKey([]byte(base64.StdEncoding.EncodeToString(der)), testPassword)
	require.NoError(t, err)
	require.Equal(t, "bare Base64 encrypted PKCS#8", key.Format())
}

// Sound padding by chance comes once in 256 passwords: all must look alike.
func TestNoWrongPasswordLooksDifferent(t *testing.T) {
	t.Parallel()
	data := loadFile(t, "locked-sm2-sm4.pem")
	for i := range 1000 {
		_, err := crypto.LoadEncryptedPrivateKey(data, strings.Repeat("x", i))
		require.ErrorIs(t, err, crypto.ErrPassword)
	}
}

func TestEncryptedKeysThatAreNotReadNameTheWayOut(t *testing.T) {
	t.Parallel()
	for file, words := range map[string][]string{
		"odd-rsa-scrypt.pem":          {"derived with 1.3.6.1.4.1.11591.4.11", "openssl pkcs8 -topk8"},
		"odd-rsa-des3.pem":            {"cipher 1.2.840.113549.3.7", "openssl pkcs8 -topk8"},
		"odd-rsa-pbes1.pem":           {"old way (scheme 1.2.840.113549.1.12.1.3)", "openssl pkcs8 -topk8"},
		"odd-rsa-512.pem":             {"512 bits", "2048"},
		"refused-encrypted-pkcs1.pem": {"old PEM form", "openssl pkcs8 -topk8"},
		"private-rsa-pkcs8.pem":       {"not encrypted", "LoadPrivateKey"},
		"private-sm2-sec1.pem":        {"not encrypted", "LoadPrivateKey"},
		"store-rsa.p12":               {"PKCS#12", "LoadPKCS12"},
		"public-rsa-spki.pem":         {"this is a public key"},
		"refused-pkcs7.pem":           {"PKCS#7"},
	} {
		data := loadFile(t, file)
		_, err := crypto.LoadEncryptedPrivateKey(data, testPassword)
		require.Error(t, err, file)
		require.NotErrorIs(t, err, crypto.ErrPassword, file)
		for _, word := range words {
			require.ErrorContains(t, err, word, file)
		}
		require.NotContains(t, err.Error(), testPassword)
		requireNoMaterial(t, err, data)
	}
}

// The rounds come from the file: one flipped bit must not cost hours.
func TestEncryptedKeysCannotAskForEndlessWork(t *testing.T) {
	t.Parallel()
	der := loadFile(t, "locked-sm2-gmt0091.der")
	at := strings.Index(string(der), "\x02\x02\x08\x00")
	require.Positive(t, at)
	// 02 02 08 00 02 01 10: rounds and key length become one number of five bytes.
	huge := append(append(append([]byte{}, der[:at]...), 0x02, 0x05, 0x7f, 0xff, 0xff, 0xff, 0xff), der[at+7:]...)
	_, err := crypto.LoadEncryptedPrivateKey(huge, testPassword)
	require.ErrorContains(t, err, "more than 2000000 are refused")
	for i, b := range map[int]byte{2: 0xff, 6: 0x18} { // rounds below zero; a key length that is not SM4's
		damaged := bytes.Clone(der)
		damaged[at+i] = b
		_, err = crypto.LoadEncryptedPrivateKey(damaged, testPassword)
		require.ErrorContains(t, err, "cut short or damaged")
	}
}

func FuzzLoadEncryptedKey(f *testing.F) {
	for _, file := range append(append(keyFiles(f, "locked-*"), keyFiles(f, "odd-*")...), "private-sm2-sec1.pem", "refused-pkcs12.p12") {
		f.Add(loadFile(f, file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := crypto.LoadEncryptedPrivateKey(data, testPassword)
		if err != nil {
			return
		}
		_, err = key.MarshalPKCS8()
		require.NoError(t, err)
	})
}
