package crypto_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestPKCS12OfEveryMakerGivesKeyAndCertificate(t *testing.T) {
	t.Parallel()
	want := loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem")))
	files := keyFiles(t, "store-rsa*")
	require.Len(t, files, 6)
	for _, file := range files {
		data, password := loadFile(t, file), testPassword
		if file == "store-rsa-no-password.p12" {
			password = ""
		}
		private, public, err := crypto.LoadPKCS12(data, password)
		require.NoError(t, err, file)
		require.True(t, want.Equal(private), file)
		require.True(t, want.Public().Equal(public), file)
		require.Equal(t, "PKCS#12 X.509 certificate", public.Format())
		for _, wrong := range []string{"wrong", testPassword + "!", "\U0001F511"} {
			_, _, err = crypto.LoadPKCS12(data, wrong)
			require.ErrorIs(t, err, crypto.ErrPassword, file)
		}
		_, err = crypto.LoadPrivateKey(data)
		require.ErrorContains(t, err, "LoadPKCS12")
	}
}

func TestPKCS12ThatIsNotReadNamesTheWayOut(t *testing.T) {
	t.Parallel()
	for file, words := range map[string][]string{
		"odd-rsa-512.p12":          {"512 bits", "ask for one of 2048"},
		"store-sm2.p12":            {"SM2 key", "openssl pkcs12"},
		"private-rsa-pkcs8.pem":    {"no PKCS#12 but PEM PKCS#8", "LoadPrivateKey"},
		"locked-rsa-aes256.pem":    {"no PKCS#12 but PEM encrypted PKCS#8", "LoadEncryptedPrivateKey"},
		"public-rsa-spki.pem":      {"no PKCS#12 but PEM SubjectPublicKeyInfo"},
		"refused-keystore.jks":     {"JKS", "keytool"},
		"refused-ed25519.pem":      {"no PKCS#12"},
		"public-sm2-spki.pem":      {"no PKCS#12"},
		"refused-request.pem":      {"no PKCS#12"},
		"public-rsa-pkcs1.pem":     {"no PKCS#12"},
		"private-sm2-pkcs8.pem":    {"no PKCS#12"},
		"refused-openssh.pem":      {"OpenSSH"},
		"refused-p256.pem":         {"no PKCS#12"},
		"refused-pkcs7.pem":        {"no PKCS#12 but PEM PKCS#7"},
		"private-rsa-pkcs1.pem":    {"no PKCS#12 but PEM PKCS#1"},
		"private-rsa-pkcs8.der":    {"no PKCS#12 but DER PKCS#8"},
		"public-rsa-spki-java.txt": {"no PKCS#12"},
	} {
		data := loadFile(t, file)
		_, _, err := crypto.LoadPKCS12(data, testPassword)
		require.Error(t, err, file)
		for _, word := range words {
			require.ErrorContains(t, err, word, file)
		}
		requireNoMaterial(t, err, data)
	}
	whole := loadFile(t, "store-rsa.p12")
	_, _, err := crypto.LoadPKCS12(whole[:1000], testPassword)
	require.ErrorContains(t, err, "cut short")
	_, _, err = crypto.LoadPKCS12(append([]byte{0x30, 0x80}, whole...), testPassword)
	require.ErrorContains(t, err, "open lengths")
	_, _, err = crypto.LoadPKCS12(nil, testPassword)
	require.ErrorContains(t, err, "empty")
}

func TestPKCS12WithTheWrongContentIsRefused(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode(loadFile(t, "public-rsa-certificate.pem"))
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	data, err := pkcs12.Modern.Encode(stranger, certificate, nil, testPassword)
	require.NoError(t, err)
	_, _, err = crypto.LoadPKCS12(data, testPassword)
	require.ErrorContains(t, err, "none of the certificates inside belongs to the private key")

	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &curve.PublicKey, curve)
	require.NoError(t, err)
	certificate, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	data, err = pkcs12.Modern.Encode(curve, certificate, nil, testPassword)
	require.NoError(t, err)
	_, _, err = crypto.LoadPKCS12(data, testPassword)
	require.ErrorContains(t, err, "only RSA keys of 1024 bit or more")
}
