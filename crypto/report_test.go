package crypto_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestReportIsATableAnAssessorCanRead(t *testing.T) {
	t.Parallel()
	rsaKey := loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem")))
	sm2Key := loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem")))
	old := loadPublic(t, readVectors[jdkVectors](t, "jdk.json").RSA[0].Public)
	secret := crypto.Material{Secret: []byte("TESTING-KEY-0123")}
	report := crypto.Report{
		crypto.ReportOf("hmac-sm3", secret, crypto.CipherOptions{}),
		crypto.ReportOf("sm2-sm3", crypto.Material{Private: sm2Key}, crypto.CipherOptions{}),
		crypto.ReportOf("rsa-sha256", crypto.Material{Held: stdRSA(t)}, crypto.CipherOptions{}),
		crypto.ReportOf("aes-gcm", secret, crypto.CipherOptions{Derive: "md5hex"}),
		crypto.ReportOf("sm4-cbc-pkcs5", secret, crypto.CipherOptions{Derive: "pbkdf2:00:1"}),
	}
	require.Equal(t, `USE      SUITE          GRADE   KEY            BITS
signing  hmac-sm3       modern  shared secret  128
signing  sm2-sm3        modern  SM2            256
signing  rsa-sha256     modern  RSA            2048
sealing  aes-gcm        modern  shared secret  256
sealing  sm4-cbc-pkcs5  legacy  shared secret  128
`, report.String())
	require.Equal(t, crypto.Legacy, report.Worst())

	weak := crypto.ReportOf("rsa-pkcs1", crypto.Material{Private: rsaKey, Public: old}, crypto.CipherOptions{})
	require.Equal(t, crypto.ReportEntry{Use: crypto.Seal, Suite: "rsa-pkcs1", Grade: crypto.Weak, KeyKind: crypto.KeyRSA, KeyBits: 1024}, weak, "the smallest key counts")
	require.Equal(t, crypto.ReportEntry{Suite: "home-made", Grade: crypto.Weak}, crypto.ReportOf("home-made", secret, crypto.CipherOptions{}))
	require.Equal(t, crypto.ReportEntry{Suite: "md5", Grade: crypto.Weak}, crypto.ReportOf("md5", secret, crypto.CipherOptions{}))
	require.Zero(t, crypto.ReportOf("sm4-gcm", crypto.Material{}, crypto.CipherOptions{}).KeyBits)
	require.Zero(t, crypto.ReportOf("sm4-gcm", secret, crypto.CipherOptions{Derive: "md5hex"}).KeyBits, "a key that cannot be")
	require.Equal(t, crypto.Weak, append(report, weak).Worst())
	require.Equal(t, "USE  SUITE  GRADE  KEY  BITS\n", crypto.Report{}.String())
	require.Equal(t, crypto.Modern, crypto.Report{}.Worst())
	require.NotContains(t, report.String(), "TESTING")
}
