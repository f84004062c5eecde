package crypto_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func TestSuitesAreSortedAndHandedOutAsACopy(t *testing.T) {
	t.Parallel()
	all := crypto.Suites()
	require.Len(t, all, 22)
	require.True(t, slices.IsSortedFunc(all, func(a, b crypto.Suite) int { return strings.Compare(a.Name, b.Name) }))
	all[0].Name = "changed"
	require.Equal(t, "aes-cbc-pkcs5", crypto.Suites()[0].Name)
	for _, s := range crypto.Suites() {
		found, ok := crypto.FindSuite(s.Name)
		require.True(t, ok)
		require.Equal(t, s, found)
		require.NotEmpty(t, s.Note)
	}
	_, ok := crypto.FindSuite("HMAC-SM3")
	require.False(t, ok, "names are exact")
}

func TestGradesAreThoseAnAssessorExpects(t *testing.T) {
	t.Parallel()
	grades := map[string][]string{}
	for _, s := range crypto.Suites() {
		grades[s.Grade.String()] = append(grades[s.Grade.String()], s.Name)
		require.Equal(t, s.Grade, crypto.GradeOf(s.Name, crypto.Material{}))
	}
	require.Equal(t, map[string][]string{
		"modern": {"aes-gcm", "hmac-sha256", "hmac-sm3", "rsa-sha256", "sha256", "sm2-asn1", "sm2-c1c2c3", "sm2-c1c3c2", "sm2-sm3", "sm2-sm3-raw", "sm3", "sm4-gcm"},
		"legacy": {"aes-cbc-pkcs5", "aes-ecb-pkcs5", "hmac-sha1", "rsa-pkcs1", "rsa-sha1", "sha1", "sm4-cbc-pkcs5", "sm4-ecb-pkcs5"},
		"weak":   {"md5", "rsa-md5"},
	}, grades)
	require.Equal(t, crypto.Weak, crypto.GradeOf("home-made", crypto.Material{}), "nothing speaks for an unknown suite")
}

func TestEnumerationsPrintInPlainWordsEvenWhenUnknown(t *testing.T) {
	t.Parallel()
	require.Equal(t, "modern legacy weak grade 9", fmt.Sprint(crypto.Modern, " ", crypto.Legacy, " ", crypto.Weak, " ", crypto.Grade(9)))
	require.Equal(t, "signing sealing use 9", fmt.Sprint(crypto.Sign, " ", crypto.Seal, " ", crypto.Use(9)))
	require.Equal(t, "no key, shared secret, RSA, SM2, EC P-256, key kind 9",
		fmt.Sprintf("%v, %v, %v, %v, %v, %v", crypto.KeyNone, crypto.KeySecret, crypto.KeyRSA, crypto.KeySM2, crypto.KeyEC, crypto.KeyKind(9)))
}

func TestConstructorsNameWhatIsWrong(t *testing.T) {
	t.Parallel()
	rsaKey := loadPrivate(t, string(loadFile(t, "private-rsa-pkcs8.pem")))
	sm2Key := loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem")))
	secret := crypto.Material{Secret: []byte("0123456789abcdef")}
	signer := func(suite string, m crypto.Material) error { _, err := crypto.NewSigner(suite, m); return err }
	verifier := func(suite string, m crypto.Material) error { _, err := crypto.NewVerifier(suite, m); return err }
	sealer := func(suite string, m crypto.Material, o crypto.CipherOptions) error {
		_, err := crypto.NewCipher(suite, m, o)
		return err
	}
	for want, err := range map[string]error{
		`unknown signing suite "hmac_sm3"; did you mean hmac-sm3?`:                       signer("hmac_sm3", secret),
		`unknown sealing suite "AES-ECB-PKCS7"; did you mean aes-ecb-pkcs5?`:             sealer("AES-ECB-PKCS7", secret, crypto.CipherOptions{}),
		`suite aes-ecb-pkcs5 is for sealing, not for signing`:                            signer("aes-ecb-pkcs5", secret),
		`suite rsa-sha256 is for signing, not for sealing`:                               sealer("rsa-sha256", secret, crypto.CipherOptions{}),
		`suite hmac-sm3 needs a shared secret, given: no key`:                            signer("hmac-sm3", crypto.Material{}),
		`suite hmac-sha1 needs a shared secret, given: an RSA private key`:               verifier("hmac-sha1", crypto.Material{Private: rsaKey}),
		`suite rsa-sha256 needs an RSA private key to sign, given: a shared secret`:      signer("rsa-sha256", secret),
		`suite rsa-sha1 needs an RSA private key to sign, given: an SM2 private key`:     signer("rsa-sha1", crypto.Material{Private: sm2Key}),
		`suite rsa-md5 needs an RSA public key to verify, given: an RSA private key`:     verifier("rsa-md5", crypto.Material{Private: rsaKey}),
		`suite aes-ecb-pkcs5 needs a shared secret, given: an SM2 public key`:            sealer("aes-ecb-pkcs5", crypto.Material{Public: sm2Key.Public()}, crypto.CipherOptions{}),
		`private key to open, given: an RSA private key`:                                 sealer("sm2-c1c3c2", crypto.Material{Private: rsaKey}, crypto.CipherOptions{}),
		`private key to open, given: an SM2 private key and an RSA public key`:           sealer("sm2-asn1", crypto.Material{Private: sm2Key, Public: rsaKey.Public()}, crypto.CipherOptions{}),
		`suite rsa-pkcs1 needs an RSA public key to seal or`:                             sealer("rsa-pkcs1", crypto.Material{}, crypto.CipherOptions{}),
		`suite sm2-c1c2c3 takes neither Derive nor IV`:                                   sealer("sm2-c1c2c3", crypto.Material{Private: sm2Key}, crypto.CipherOptions{IV: "zero"}),
		`suite aes-ecb-pkcs5 takes no IV`:                                                sealer("aes-ecb-pkcs5", secret, crypto.CipherOptions{IV: "zero"}),
		`suite aes-cbc-pkcs5: IV is missing: one of "zero", "key", "prefix", "tail"`:     sealer("aes-cbc-pkcs5", secret, crypto.CipherOptions{}),
		`unknown IV "zeros"; did you mean zero?`:                                         sealer("aes-cbc-pkcs5", secret, crypto.CipherOptions{IV: "zeros"}),
		`suite aes-gcm takes a fresh nonce for every message`:                            sealer("aes-gcm", secret, crypto.CipherOptions{IV: "zero"}),
		`suite sm4-ecb-pkcs5 takes no IV`:                                                sealer("sm4-ecb-pkcs5", secret, crypto.CipherOptions{IV: "zero"}),
		`derive "md5hex" gives a key of 32 bytes; SM4 takes 16`:                          sealer("sm4-gcm", secret, crypto.CipherOptions{Derive: "md5hex"}),
		`IV tail: needs a secret of 16 characters or more, it has 5`:                     sealer("aes-cbc-pkcs5", crypto.Material{Secret: []byte("short")}, crypto.CipherOptions{Derive: "pad16", IV: "tail"}),
		`suite sm2-sm3 needs an SM2 private key to sign, given: an RSA private key`:      signer("sm2-sm3", crypto.Material{Private: rsaKey}),
		`suite sm2-sm3-raw needs an SM2 public key to verify, given: an SM2 private key`: verifier("sm2-sm3-raw", crypto.Material{Private: sm2Key}),
		`suite sm2-sm3: UserID has 8192 bytes; SM2 takes 8191 at most`:                   signer("sm2-sm3", crypto.Material{Private: sm2Key, UserID: strings.Repeat("1", 8192)}),
		`suite sm2-sm3: UserID has 9000 bytes`:                                           verifier("sm2-sm3", crypto.Material{Public: sm2Key.Public(), UserID: strings.Repeat("1", 9000)}),
		`IV hex: needs 32 hexadecimal digits, 30 characters given`:                       sealer("aes-cbc-pkcs5", secret, crypto.CipherOptions{IV: "hex:000102030405060708090a0b0c0d0e"}),
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestMissingDirectionSaysWhichKeyIsMissing(t *testing.T) {
	t.Parallel()
	for suite, file := range map[string]string{"sm2-c1c3c2": "private-sm2-pkcs8.pem", "rsa-pkcs1": "private-rsa-pkcs8.pem"} {
		key := loadPrivate(t, string(loadFile(t, file)))
		_, err := newCipher(t, suite, crypto.Material{Private: key}, crypto.CipherOptions{}).Seal([]byte("text"))
		require.EqualError(t, err, "crypto: cannot seal with "+suite+": no public key was given")
		_, err = newCipher(t, suite, crypto.Material{Public: key.Public()}, crypto.CipherOptions{}).Open([]byte("text"))
		require.EqualError(t, err, "crypto: cannot open with "+suite+": no private key was given")
		require.NotErrorIs(t, err, crypto.ErrOpen, "a missing key is not a damaged message")
	}
}

func TestEverythingServesAThousandGoroutines(t *testing.T) {
	t.Parallel()
	vectors := readVectors[jdkVectors](t, "jdk.json").RSA
	require.Equal(t, "1024", vectors[0].Bits, "a small key: RSA is slow")
	rsaKey := loadPrivate(t, vectors[0].Private)
	sm2Key := loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem")))
	materials := map[crypto.KeyKind]crypto.Material{
		crypto.KeyNone:   {},
		crypto.KeySecret: {Secret: []byte("0123456789abcdef")},
		crypto.KeyRSA:    {Private: rsaKey, Public: rsaKey.Public()},
		crypto.KeySM2:    {Private: sm2Key, Public: sm2Key.Public()},
	}
	// One suite after the other, so that all goroutines meet in the same value.
	for _, s := range crypto.Suites() {
		m := materials[s.Key]
		var work func(message []byte) error
		if s.Use == crypto.Sign {
			signer, err := crypto.NewSigner(s.Name, m)
			require.NoError(t, err)
			verifier, err := crypto.NewVerifier(s.Name, m)
			require.NoError(t, err)
			work = func(message []byte) error {
				b, err := signer.Sign(context.Background(), message)
				if err != nil {
					return err
				}
				return verifier.Verify(message, b)
			}
		} else {
			o := crypto.CipherOptions{}
			if strings.HasSuffix(s.Name, "-cbc-pkcs5") {
				o.IV = "prefix"
			}
			c := newCipher(t, s.Name, m, o)
			work = func(message []byte) error {
				sealed, err := c.Seal(message)
				if err != nil {
					return err
				}
				opened, err := c.Open(sealed)
				if err == nil && string(opened) != string(message) {
					return fmt.Errorf("opened %q, sealed %q", opened, message)
				}
				return err
			}
		}
		var group sync.WaitGroup
		errs := make([]error, 1000)
		for i := range errs {
			group.Go(func() { errs[i] = work([]byte(fmt.Sprint("message ", i))) })
		}
		group.Wait()
		for _, err := range errs {
			require.NoError(t, err, s.Name)
		}
	}
}

func TestNothingBuiltFromASecretPrintsIt(t *testing.T) {
	t.Parallel()
	const secret = "TESTING-KEY-0123" // also as numbers and as hex
	m := crypto.Material{Secret: []byte(secret), Private: loadPrivate(t, string(loadFile(t, "private-sm2-pkcs8.pem")))}
	signer, err := crypto.NewSigner("hmac-sm3", m)
	require.NoError(t, err)
	verifier, err := crypto.NewVerifier("hmac-sm3", m)
	require.NoError(t, err)
	c := newCipher(t, "aes-ecb-pkcs5", m, crypto.CipherOptions{})
	forms := []string{secret, fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]"), "84, 69, 83", "0x54, 0x45", crypto.Encoding("b64").Encode([]byte(secret))[:12]}
	gcm := newCipher(t, "sm4-gcm", m, crypto.CipherOptions{Derive: "pbkdf2:00:1"})
	sm2Signer := newSigner(t, "sm2-sm3", m)
	service := remote(t, "hmac-sm3", m, signer.Sign)
	key := crypto.RingKey{ID: "a", Signer: signer, Verifier: verifier}
	ring, err := crypto.NewKeyring(nil, key)
	require.NoError(t, err)
	report := crypto.Report{crypto.ReportOf("hmac-sm3", m, crypto.CipherOptions{}), crypto.ReportOf("aes-gcm", m, crypto.CipherOptions{})}
	type hidden struct{ inner any }
	for _, v := range []any{m, signer, verifier, c, &m, gcm, sm2Signer, service, key, &key, ring, report, hidden{signer}, hidden{c}, &hidden{verifier}, hidden{ring}, hidden{service}} {
		printed := fmt.Sprintf("%v %+v %#v %s %d %x %q", v, v, v, v, v, v, v)
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		if b, err := json.Marshal(v); err == nil {
			printed += string(b)
		}
		for _, form := range forms {
			require.NotContains(t, strings.ToLower(printed+log.String()), strings.ToLower(form), "%T", v)
		}
	}
	require.Equal(t, "crypto.Material(a shared secret and an SM2 private key)", fmt.Sprint(m))
}
