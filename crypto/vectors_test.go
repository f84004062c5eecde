package crypto_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw/crypto"
)

// jdkVectors were made by a JDK, smVectors by OpenSSL: neither shares code with
// this package.
type jdkVectors struct {
	RSA []struct {
		Bits       string `json:"bits"`
		Algorithm  string `json:"algorithm"`
		Charset    string `json:"charset"`
		Message    string `json:"message"`
		Private    string `json:"private_pkcs8_base64"`
		Public     string `json:"public_spki_base64"`
		Signature  string `json:"signature_base64"`
		Ciphertext string `json:"ciphertext_base64"`
	} `json:"rsa"`
	AES []struct {
		Mode             string `json:"mode"`
		Derive           string `json:"derive"`
		Secret           string `json:"secret"`
		KeyHex           string `json:"key_hex"`
		IVHex            string `json:"iv_hex"`
		Plaintext        string `json:"plaintext"`
		CiphertextBase64 string `json:"ciphertext_base64"`
		CiphertextHex    string `json:"ciphertext_hex"`
	} `json:"aes"`
}

type smVectors struct {
	SM3 []struct {
		Message string `json:"message"`
		Digest  string `json:"digest_hex"`
	} `json:"sm3"`
	HMAC []struct {
		Token     string `json:"token"`
		Timestamp string `json:"timestamp"`
		Nonce     string `json:"nonce"`
		Message   string `json:"message"`
		MAC       string `json:"mac_hex"`
	} `json:"hmac_sm3"`
	Encrypt []struct {
		Plaintext string `json:"plaintext"`
		Private   string `json:"private_hex"`
		Public    string `json:"public_hex"`
		ASN1      string `json:"asn1_hex"`
		C1C3C2    string `json:"c1c3c2_hex"`
		C1C2C3    string `json:"c1c2c3_hex"`
	} `json:"sm2_encrypt"`
	Sign []struct {
		Private      string `json:"private_hex"`
		PrivatePKCS8 string `json:"private_pkcs8_base64"`
		PublicSPKI   string `json:"public_spki_base64"`
		Public       string `json:"public_hex"`
		UserID       string `json:"user_id"`
		Message      string `json:"message"`
		Signature    string `json:"signature_der_hex"`
	} `json:"sm2_sign"`
	SM4 []struct {
		Mode          string `json:"mode"`
		KeyHex        string `json:"key_hex"`
		IVHex         string `json:"iv_hex"`
		Plaintext     string `json:"plaintext"`
		CiphertextHex string `json:"ciphertext_hex"`
	} `json:"sm4"`
}

func readVectors[V any](t testing.TB, name string) V {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	var v V
	require.NoError(t, json.Unmarshal(data, &v))
	return v
}

func inCharset(t testing.TB, charset, text string) []byte {
	t.Helper()
	if charset == "UTF-8" {
		return []byte(text)
	}
	require.Equal(t, "GBK", charset)
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
	require.NoError(t, err)
	return b
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return b
}

func loadPrivate(t testing.TB, text string) *crypto.PrivateKey {
	t.Helper()
	k, err := crypto.LoadPrivateKey([]byte(text))
	require.NoError(t, err)
	return k
}

func loadPublic(t testing.TB, text string) *crypto.PublicKey {
	t.Helper()
	k, err := crypto.LoadPublicKey([]byte(text))
	require.NoError(t, err)
	return k
}

func loadFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/keys/" + name)
	require.NoError(t, err)
	return b
}

func newCipher(t testing.TB, suite string, m crypto.Material, o crypto.CipherOptions) crypto.Cipher {
	t.Helper()
	c, err := crypto.NewCipher(suite, m, o)
	require.NoError(t, err)
	return c
}
