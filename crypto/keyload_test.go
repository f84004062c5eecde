package crypto_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func keyFiles(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/keys/" + pattern)
	require.NoError(t, err)
	for i := range files {
		files[i] = filepath.Base(files[i])
	}
	return files
}

func kindOf(file string) crypto.KeyKind {
	if strings.Contains(file, "sm2") {
		return crypto.KeySM2
	}
	return crypto.KeyRSA
}

func TestEveryFormOfAKeyLoadsAsTheSameKey(t *testing.T) {
	t.Parallel()
	private := map[crypto.KeyKind]*crypto.PrivateKey{
		crypto.KeyRSA: loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem"))),
		crypto.KeySM2: loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem"))),
	}
	files := keyFiles(t, "private-*")
	require.GreaterOrEqual(t, len(files), 11)
	for _, file := range files {
		key, err := crypto.LoadPrivateKey(loadFile(t, file))
		require.NoError(t, err, file)
		require.True(t, private[kindOf(file)].Equal(key), file)
	}
	files = keyFiles(t, "public-*")
	require.GreaterOrEqual(t, len(files), 9)
	for _, file := range append(files, "private-rsa-bag.pem") { // the bag holds the certificate too
		key, err := crypto.LoadPublicKey(loadFile(t, file))
		require.NoError(t, err, file)
		require.True(t, private[kindOf(file)].Public().Equal(key), file)
	}
}

func TestKeyFormatIsReportedInWordsPeopleUse(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"private-rsa-pkcs8.pem":      "PEM PKCS#8",
		"private-rsa-pkcs1.pem":      "PEM PKCS#1",
		"private-rsa-pkcs8-java.txt": "bare Base64 PKCS#8",
		"private-rsa-pkcs8.der":      "DER PKCS#8",
		"private-sm2-sec1.pem":       "PEM SEC1",
	} {
		require.Equal(t, want, loadPrivate(t, string(loadFile(t, file))).Format())
	}
	for file, want := range map[string]string{
		"public-rsa-pkcs1.pem":       "PEM PKCS#1 public key",
		"public-rsa-spki-java.txt":   "bare Base64 SubjectPublicKeyInfo",
		"public-sm2-certificate.pem": "PEM X.509 certificate",
		"public-sm2-certificate.der": "DER X.509 certificate",
	} {
		require.Equal(t, want, loadPublic(t, string(loadFile(t, file))).Format())
	}
}

// The ways settings, editors and mail change a key without harm.
func TestKeysSurviveWhatHappensToTextOnItsWay(t *testing.T) {
	t.Parallel()
	for _, file := range append(keyFiles(t, "private-*.pem"), keyFiles(t, "private-*.txt")...) {
		text := string(loadFile(t, file))
		want := loadPrivate(t, text)
		for name, changed := range map[string]string{
			"CRLF":              strings.ReplaceAll(text, "\n", "\r\n"),
			"byte order mark":   "\xef\xbb\xbf" + text,
			"blanks around":     "  \n\t" + strings.TrimSpace(text) + "  ",
			"no line breaks":    strings.ReplaceAll(text, "\n", ""),
			"blanks for breaks": strings.ReplaceAll(text, "\n", " "),
			"literal \\n":       strings.ReplaceAll(text, "\n", `\n`),
			"note in GBK":       "\xb2\xe2\xca\xd4 \n" + text,
		} {
			bare := !strings.Contains(text, "-----BEGIN")
			if bare && (name == "literal \\n" || name == "note in GBK") {
				continue
			}
			key, err := crypto.LoadPrivateKey([]byte(changed))
			require.NoError(t, err, "%s, %s", file, name)
			require.True(t, want.Equal(key), "%s, %s", file, name)
		}
	}
	der := loadFile(t, "private-rsa-pkcs8.der")
	want := loadPrivate(t, string(der))
	for _, text := range []string{
		fmt.Sprintf("%x", der), fmt.Sprintf("%X", der),
		base64.RawStdEncoding.EncodeToString(der), base64.URLEncoding.EncodeToString(der),
		// The label lies: Java tools write PKCS#8 under the name of PKCS#1.
		"-----BEGIN RSA PRIVATE KEY-----\n" + base64.StdEncoding.EncodeToString(der) + "\n-----END RSA PRIVATE KEY-----",
	} {
		require.True(t, want.Equal(loadPrivate(t, text)))
	}
}

func TestBareSM2NumbersLoadInEveryWriting(t *testing.T) {
	t.Parallel()
	v := readVectors[smVectors](t, "sm.json").Encrypt[0]
	private, public := loadPrivate(t, v.Private), loadPublic(t, v.Public)
	require.Equal(t, "hex SM2 scalar", private.Format())
	require.Equal(t, "hex SM2 point", public.Format())
	require.True(t, private.Public().Equal(public))
	for _, text := range []string{strings.ToUpper(v.Private), "00" + v.Private, " " + v.Private + "\r\n", base64.StdEncoding.EncodeToString(unhex(t, v.Private)), "0x" + v.Private, "0X" + strings.ToUpper(v.Private), colons(v.Private), "00:" + colons(v.Private), strings.ReplaceAll(colons(v.Private), ":", " "), "    " + colons(v.Private)[:45] + "\r\n    " + colons(v.Private)[45:]} {
		require.True(t, private.Equal(loadPrivate(t, text)))
	}
	for _, text := range []string{strings.ToUpper(v.Public), v.Public[2:], v.Public[2:66] + "\n" + v.Public[66:], base64.StdEncoding.EncodeToString(unhex(t, v.Public)), "0x" + v.Public, colons(v.Public)} {
		require.True(t, public.Equal(loadPublic(t, text)))
	}
}

func TestRefusedKeysAreNamedWithTheWayOut(t *testing.T) {
	t.Parallel()
	words := map[string][]string{
		"refused-encrypted-pkcs8.pem": {"encrypted private key", "openssl pkcs8"},
		"refused-encrypted-pkcs1.pem": {"encrypted private key", "openssl rsa"},
		"refused-pkcs12.p12":          {"PKCS#12", "openssl pkcs12"},
		"refused-pkcs7.pem":           {"PKCS#7", "openssl pkcs7"},
		"refused-keystore.jks":        {"JKS", "keytool -importkeystore"},
		"refused-p256.pem":            {"EC P-256", "-name SM2"},
		"refused-p256-public.pem":     {"EC P-256", ""},
		"refused-sm2-explicit.pem":    {"spells out its curve", "named_curve"},
		"refused-rsa-512.pem":         {"512 bits", "2048"},
		"refused-rsa-pss.pem":         {"RSA-PSS", "plain RSA"},
		"refused-ed25519.pem":         {"algorithm 1.3.101.112", "RSA and SM2"},
		"refused-openssh.pem":         {"OpenSSH", "ssh-keygen -p -m PKCS8"},
		"refused-openssh-public.txt":  {"OpenSSH", "ssh-keygen -e -m PKCS8"},
		"refused-request.pem":         {"certificate", "certificate"},
	}
	files := keyFiles(t, "refused-*")
	require.Len(t, files, len(words))
	for _, file := range files {
		data := loadFile(t, file)
		_, private := crypto.LoadPrivateKey(data)
		_, public := crypto.LoadPublicKey(data)
		require.Error(t, private, file)
		require.Error(t, public, file)
		for _, word := range words[file] {
			require.Contains(t, private.Error()+public.Error(), word, file)
		}
		for _, err := range []error{private, public} {
			requireNoMaterial(t, err, data)
		}
	}
	_, err := crypto.LoadPublicKey(loadFile(t, "refused-request.pem"))
	require.ErrorContains(t, err, "certificate request (CSR)")
}

// requireNoMaterial looks for any run of 12 letters of the input's body.
func requireNoMaterial(t testing.TB, err error, data []byte) {
	t.Helper()
	body := bytes.Join(bytes.Fields(data), nil)
	if i := bytes.LastIndex(body, []byte("KEY-----")); i > 0 && bytes.HasPrefix(body, []byte("-----BEGIN")) {
		body = body[bytes.Index(body[10:], []byte("-----"))+15 : i]
	}
	for i := 0; i+12 <= len(body); i += 6 {
		require.NotContains(t, err.Error(), string(body[i:i+12]))
	}
}

func TestWrongHalfOrWrongContentIsNamed(t *testing.T) {
	t.Parallel()
	v := readVectors[smVectors](t, "sm.json").Encrypt[0]
	private := func(s string) error { _, err := crypto.LoadPrivateKey([]byte(s)); return err }
	public := func(s string) error { _, err := crypto.LoadPublicKey([]byte(s)); return err }
	file := func(name string) string { return string(loadFile(t, name)) }
	for _, c := range []struct {
		want string
		err  error
	}{
		{"this is a public key (PEM SubjectPublicKeyInfo)", private(file("public-rsa-spki.pem"))},
		{"this is a public key (PEM PKCS#1 public key)", private(file("public-rsa-pkcs1.pem"))},
		{"this is a public key (hex SM2 point)", private(v.Public)},
		{"X.509 certificate, which holds a public key only", private(file("public-sm2-certificate.pem"))},
		{"this is a private key (PEM PKCS#8)", public(file("private-sm2-pkcs8.pem"))},
		{"this is a private key (bare Base64 PKCS#8)", public(file("private-rsa-pkcs8-java.txt"))},
		{"this is a private key (PEM SEC1)", public(file("private-sm2-sec1.pem"))},
		{"this is a private key (hex SM2 scalar)", public(v.Private)},
		{"the input is empty", private("")},
		{"the input is empty", public("\xef\xbb\xbf \r\n")},
		{"62 hexadecimal digits; an SM2 private key has 64, leading zeros may be missing", private(v.Private[2:])},
		{"63 hexadecimal digits; an SM2 private key has 64, leading zeros may be missing", private("0x" + v.Private[1:])},
		{"129 hexadecimal digits; an SM2 public key has 128, or 130 with 04 in front, leading zeros may be missing", public(v.Public[1:])},
		{"127 hexadecimal digits; an SM2 public key has 128, or 130 with 04 in front, leading zeros may be missing", public(v.Public[3:])},
		{"65 hexadecimal digits; an SM2 private key has 64, leading zeros may be missing", private("0" + v.Private)},
		{"40 hexadecimal digits are no key: an SM2 private key has 64", private(v.Private[:40])},
		{"41 hexadecimal digits are no key: an SM2 private key has 64", private(v.Private[:41])},
		{"the point does not lie on the curve", public("04" + strings.Repeat("11", 64))},
		{"zero or too large", private(strings.Repeat("00", 32))},
		{"zero or too large", private(strings.Repeat("ff", 32))},
		{"this is a public key (hex SM2 point)", private("02" + v.Public[2:66])},
		{"the point does not lie on the curve", public("02" + strings.Repeat("00", 31) + "02")},
		{"certificate request (CSR), which holds a public key only", private(file("refused-request.pem"))},
		{"what openssl prints with -text", private("Private-Key: (256 bit)\npriv:\n    " + colons(v.Private) + "\npub:\n    " + colons(v.Public) + "\nASN1 OID: SM2\n")},
		{"raw bytes without any structure", private(string(unhex(t, v.Private)))},
		{"cut short or damaged", private(file("private-rsa-pkcs8-java.txt")[:800])},
		{"its END line is missing", private(file("private-rsa-pkcs8.pem")[:900])},
		{"Base64 inside the PEM is damaged", private(strings.Replace(file("private-rsa-pkcs8.pem"), "MII", "M!I", 1))},
		{"damaged BEGIN line", private("-----BEGIN PRIVATE KEY\nMIIE")},
		{"damaged BEGIN line", private(strings.Replace(file("private-rsa-pkcs8.pem"), "-----BEGIN", "----BEGIN", 1))},
		{"damaged BEGIN line", private(strings.ReplaceAll(file("private-rsa-pkcs8.pem"), "-----", "—————"))},
		{"damaged BEGIN line", public(strings.Replace(file("public-rsa-spki.pem"), "-----BEGIN", "BEGIN", 1))},
		{"damaged BEGIN line", private(strings.Replace(file("private-rsa-pkcs8.pem"), "KEY-----\n", "KEY----\n", 1))},
		{"damaged BEGIN line", public(strings.Replace(file("public-sm2-certificate.pem"), "-----BEGIN ", "-----BEGIN", 1))},
		{"text in front of the key", private("私钥：\n" + file("private-rsa-pkcs8-java.txt"))},
		{"text in front of the key", private("\xcb\xbd\xd4\xbf " + file("private-rsa-pkcs8-java.txt"))},
		{"text in front of the key", private("PRIVATE KEY\r\n" + file("private-rsa-pkcs8-java.txt"))},
		{"text in front of the key", private("private key: " + v.Private)},
		{"text in front of the key", public("公钥：" + v.Public)},
		{"parameters only", private("-----BEGIN EC PARAMETERS-----\nBggqgRzPVQGCLQ==\n-----END EC PARAMETERS-----\n")},
		{"neither PEM, nor Base64, nor hexadecimal", private("./keys/merchant.pem")},
		{"neither PEM, nor Base64, nor hexadecimal", private("./" + strings.Repeat("directory/", 6) + "merchant.pem")},
		{"neither PEM, nor Base64, nor hexadecimal", private("0x" + strings.Repeat("directory:", 6))},
		{"XML key", private("<RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue>")},
		{"JWK", private(`{"kty":"RSA"}`)},
		{"UTF-16", private("\xff\xfeM\x00I\x00")},
		{"more than any key", private(strings.Repeat("A", 1<<20+1))},
	} {
		require.ErrorContains(t, c.err, c.want)
		for _, secret := range []string{v.Private[20:32], colons(v.Private)[30:45], file("private-rsa-pkcs8-java.txt")[100:112]} {
			require.NotContains(t, c.err.Error(), secret)
		}
	}
}

// colons writes hexadecimal digits as openssl -text does.
func colons(digits string) string {
	var b strings.Builder
	for i := 0; i < len(digits); i += 2 {
		b.WriteString(digits[i:i+2] + ":")
	}
	return strings.TrimSuffix(b.String(), ":")
}

func TestACompressedPointIsTheSameKey(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors[smVectors](t, "sm.json").Sign {
		want := loadPrivate(t, v.Private).Public()
		der, err := want.MarshalSPKI()
		require.NoError(t, err)
		point := der[len(der)-65:]
		compressed := fmt.Sprintf("%02x%x", 2+point[64]&1, point[1:33])
		for _, text := range []string{compressed, "3039301306072a8648ce3d020106082a811ccf5501822d032200" + compressed, base64.StdEncoding.EncodeToString(unhex(t, compressed))} {
			require.True(t, want.Equal(loadPublic(t, text)))
		}
	}
}

func TestRSAKeysWhoseNumbersDisagreeAreRefused(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"private-rsa-pkcs8.der", "private-rsa-zero-crt-java.txt", "private-rsa-zero-exponent-java.txt"} {
		der := loadFile(t, file)
		if strings.HasSuffix(file, ".txt") {
			var err error
			der, err = crypto.DecodeText(string(der))
			require.NoError(t, err)
		}
		// Byte 400 lies in the private exponent of all three.
		der[400] ^= 1
		_, err := crypto.LoadPrivateKey(der)
		require.Error(t, err)
		require.Regexp(t, "do not belong together|not a usable number", err.Error())
	}
}

func FuzzLoadKey(f *testing.F) {
	for _, file := range keyFiles(f, "*") {
		data, err := os.ReadFile("testdata/keys/" + file)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte("00" + strings.Repeat("5a", 32)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if key, err := crypto.LoadPrivateKey(data); err == nil {
			der, err := key.MarshalPKCS8()
			require.NoError(t, err)
			again, err := crypto.LoadPrivateKey(der)
			require.NoError(t, err)
			require.True(t, key.Equal(again))
		}
		if key, err := crypto.LoadPublicKey(data); err == nil {
			der, err := key.MarshalSPKI()
			require.NoError(t, err)
			again, err := crypto.LoadPublicKey(der)
			require.NoError(t, err)
			require.True(t, key.Equal(again))
		}
	})
}
