package crypto

import (
	"fmt"
	"slices"

	"github.com/zwfw-go/zwfw/internal/nearest"
)

// Grade says how far a suite can be trusted. The order is from best to worst,
// so the worst of several grades is their maximum.
type Grade uint8

const (
	Modern Grade = iota // sound today
	Legacy              // in service, with known limits: SHA-1, ECB, CBC without a check value
	Weak                // forged or broken at a known price: MD5, RSA below 2048 bit
)

// String returns "modern", "legacy" or "weak".
func (g Grade) String() string {
	switch g {
	case Modern:
		return "modern"
	case Legacy:
		return "legacy"
	case Weak:
		return "weak"
	}
	return fmt.Sprintf("grade %d", uint8(g))
}

// Use tells signing suites from sealing suites.
type Use uint8

const (
	Sign Use = iota // for NewSigner and NewVerifier
	Seal            // for NewCipher
)

// String returns "signing" or "sealing".
func (u Use) String() string {
	switch u {
	case Sign:
		return "signing"
	case Seal:
		return "sealing"
	}
	return fmt.Sprintf("use %d", uint8(u))
}

// Suite describes one way to sign or to seal. Name is what dialects write and
// never changes; Note is for people.
type Suite struct {
	Name  string
	Use   Use
	Key   KeyKind
	Grade Grade
	Note  string
}

// Suites returns every suite, sorted by name. The slice is the caller's own.
func Suites() []Suite {
	return []Suite{
		{"aes-cbc-pkcs5", Seal, KeySecret, Legacy, "AES/CBC/PKCS5Padding; nothing tells an altered message"},
		{"aes-ecb-pkcs5", Seal, KeySecret, Legacy, "AES/ECB/PKCS5Padding; equal blocks stay equal"},
		{"aes-gcm", Seal, KeySecret, Modern, "AES/GCM/NoPadding; nonce in front, check value behind"},
		{"hmac-sha1", Sign, KeySecret, Legacy, "HMAC with SHA-1"},
		{"hmac-sha256", Sign, KeySecret, Modern, "HMAC with SHA-256"},
		{"hmac-sm3", Sign, KeySecret, Modern, "HMAC with SM3 (GB/T 32905)"},
		{"md5", Sign, KeyNone, Weak, "plain digest; the secret stands inside the message"},
		{"rsa-md5", Sign, KeyRSA, Weak, "MD5withRSA, PKCS#1 v1.5"},
		{"rsa-pkcs1", Seal, KeyRSA, Legacy, "RSA/ECB/PKCS1Padding in segments of the key's size"},
		{"rsa-sha1", Sign, KeyRSA, Legacy, "SHA1withRSA, PKCS#1 v1.5"},
		{"rsa-sha256", Sign, KeyRSA, Modern, "SHA256withRSA, PKCS#1 v1.5"},
		{"sha1", Sign, KeyNone, Legacy, "plain digest; the secret stands inside the message"},
		{"sha256", Sign, KeyNone, Modern, "plain digest; the secret stands inside the message"},
		{"sm2-asn1", Seal, KeySM2, Modern, "SM2 (GB/T 32918.4), ciphertext as ASN.1 (GB/T 35276)"},
		{"sm2-c1c2c3", Seal, KeySM2, Modern, "SM2 (GB/T 32918.4), older order of the parts"},
		{"sm2-c1c3c2", Seal, KeySM2, Modern, "SM2 (GB/T 32918.4), order of the present standard"},
		{"sm2-sm3", Sign, KeySM2, Modern, "SM2 with SM3 (GB/T 32918.2), signature as ASN.1"},
		{"sm2-sm3-raw", Sign, KeySM2, Modern, "SM2 with SM3 (GB/T 32918.2), signature as r and s of 32 bytes each"},
		{"sm3", Sign, KeyNone, Modern, "plain digest; the secret stands inside the message"},
		{"sm4-cbc-pkcs5", Seal, KeySecret, Legacy, "SM4/CBC/PKCS5Padding; nothing tells an altered message"},
		{"sm4-ecb-pkcs5", Seal, KeySecret, Legacy, "SM4/ECB/PKCS5Padding; equal blocks stay equal"},
		{"sm4-gcm", Seal, KeySecret, Modern, "SM4/GCM; nonce in front, check value behind"},
	}
}

// FindSuite returns the suite of that exact name.
func FindSuite(name string) (Suite, bool) {
	all := Suites()
	i := slices.IndexFunc(all, func(s Suite) bool { return s.Name == name })
	if i < 0 {
		return Suite{}, false
	}
	return all[i], true
}

// GradeOf returns the suite's grade, made [Weak] when the suite works with RSA and a
// key in m is shorter than 2048 bit: keys of 1024 to 2047 bit load and work, because
// halls still hold them, yet every report names them. An unknown suite is Weak: nothing
// is known in its favour.
func GradeOf(suite string, m Material) Grade {
	s, ok := FindSuite(suite)
	if !ok {
		return Weak
	}
	if s.Key != KeyRSA {
		return s.Grade
	}
	// NIST SP 800-131A ended 1024-bit RSA in 2013; halls still hold such keys.
	const least = 2048
	if bits := m.bits(KeyRSA); bits > 0 && bits < least {
		return Weak
	}
	return s.Grade
}

// suiteFor finds a suite for one use, or says which name was probably meant.
func suiteFor(name string, use Use) (Suite, error) {
	s, ok := FindSuite(name)
	if ok && s.Use == use {
		return s, nil
	}
	if ok {
		return Suite{}, fmt.Errorf("crypto: suite %s is for %s, not for %s", name, s.Use, use)
	}
	var names []string
	for _, s := range Suites() {
		if s.Use == use {
			names = append(names, s.Name)
		}
	}
	return Suite{}, fmt.Errorf("crypto: unknown %s suite %q%s", use, name, nearest.Hint(name, names))
}
