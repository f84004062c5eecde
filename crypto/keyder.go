package crypto

import (
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// shape is what a DER structure turns out to be. Labels and file names lie;
// the first two or three elements do not.
type shape string

const (
	shapePKCS1       shape = "PKCS#1"
	shapePKCS1Public shape = "PKCS#1 public key"
	shapePKCS8       shape = "PKCS#8"
	shapeSEC1        shape = "SEC1"
	shapeSPKI        shape = "SubjectPublicKeyInfo"
	shapeCertificate shape = "X.509 certificate"
	shapeEncrypted   shape = "encrypted PKCS#8"
	shapePKCS12      shape = "PKCS#12"
	shapePKCS7       shape = "PKCS#7"
	shapeScalar      shape = "SM2 scalar"
	shapePoint       shape = "SM2 point"
	shapeUnknown     shape = ""
)

var (
	errEncrypted = errors.New("this is an encrypted private key; load it with LoadEncryptedPrivateKey and its password, or decrypt it with: openssl pkcs8 -in key.pem -out plain.pem, and keep the result safe")
	errOldPEM    = errors.New("this is an encrypted private key in the old PEM form of OpenSSL; rewrite it with: openssl pkcs8 -topk8 -in key.pem -out new.pem, or decrypt it with: openssl rsa (or openssl ec) -in key.pem -out plain.pem, and keep the result safe")
	errDamaged   = errors.New("the structure is cut short or damaged; it may have been copied in part")
)

// shapeOf tells what b is, and returns the elements of the outermost SEQUENCE.
func shapeOf(b []byte) (shape, cryptobyte.String) {
	switch {
	case len(b) == 32, len(b) == 33 && b[0] == 0:
		return shapeScalar, nil
	case len(b) == 64, len(b) == 65 && b[0] == sm2Tag, len(b) == 33 && (b[0] == 2 || b[0] == 3):
		return shapePoint, nil
	}
	var body cryptobyte.String
	if s := cryptobyte.String(b); !s.ReadASN1(&body, tag.SEQUENCE) || !s.Empty() {
		return shapeUnknown, nil
	}
	var kinds []tag.Tag
	for rest := body; !rest.Empty(); {
		var element cryptobyte.String
		var t tag.Tag
		if !rest.ReadAnyASN1(&element, &t) {
			return shapeUnknown, nil
		}
		kinds = append(kinds, t)
	}
	is := func(want ...tag.Tag) bool {
		for i, t := range want {
			if i >= len(kinds) || kinds[i] != t {
				return false
			}
		}
		return true
	}
	switch {
	case is(tag.INTEGER, tag.SEQUENCE, tag.OCTET_STRING):
		return shapePKCS8, body
	case is(tag.INTEGER, tag.SEQUENCE):
		return shapePKCS12, body
	case is(tag.INTEGER, tag.OCTET_STRING):
		return shapeSEC1, body
	case is(tag.INTEGER, tag.INTEGER) && len(kinds) == 2:
		return shapePKCS1Public, body
	case is(tag.INTEGER, tag.INTEGER, tag.INTEGER):
		return shapePKCS1, body
	case is(tag.SEQUENCE, tag.OCTET_STRING):
		return shapeEncrypted, body
	case is(tag.SEQUENCE, tag.BIT_STRING):
		return shapeSPKI, body
	case is(tag.SEQUENCE, tag.SEQUENCE, tag.BIT_STRING):
		return shapeCertificate, body
	case is(tag.OBJECT_IDENTIFIER):
		return shapePKCS7, body
	}
	return shapeUnknown, nil
}

func privateFrom(w wrapped) (*PrivateKey, error) {
	s, body := shapeOf(w.bytes)
	format := w.wrapping + " " + string(s)
	switch s {
	case shapePKCS1:
		return rsaPrivate(body, format)
	case shapePKCS8:
		return pkcs8Private(body, format)
	case shapeSEC1:
		return sec1Private(body, "", format)
	case shapeScalar:
		if w.wrapping == "DER" {
			return nil, errRawBytes
		}
		return sm2Private(w.bytes, format)
	case shapeSPKI, shapePKCS1Public, shapePoint:
		return nil, fmt.Errorf("this is a public key (%s); give the private key that was issued or generated with it", format)
	case shapeCertificate:
		if isRequest(body) {
			return nil, errors.New("this is a certificate request (CSR), which holds a public key only; give the private key that was made together with it")
		}
		return nil, errors.New("this is an X.509 certificate, which holds a public key only; the private key is a file of its own or stands in the PKCS#12 it came with")
	}
	return nil, refuse(s, w)
}

func publicFrom(w wrapped) (*PublicKey, error) {
	s, body := shapeOf(w.bytes)
	format := w.wrapping + " " + string(s)
	switch s {
	case shapePKCS1Public:
		return rsaPublic(body, format)
	case shapeSPKI:
		return spkiPublic(body, format)
	case shapeCertificate:
		return certificatePublic(body, format)
	case shapePoint:
		if w.wrapping == "DER" {
			return nil, errRawBytes
		}
		return sm2Public(w.bytes, format)
	case shapePKCS1, shapePKCS8, shapeSEC1, shapeEncrypted, shapeScalar:
		return nil, fmt.Errorf("this is a private key (%s); give the public key or the certificate, and keep the private key with its owner", format)
	}
	return nil, refuse(s, w)
}

var errRawBytes = errors.New("these are raw bytes without any structure; write an SM2 key as hexadecimal digits")

// refuse words the shapes that neither side takes.
func refuse(s shape, w wrapped) error {
	switch s {
	case shapeEncrypted:
		return errEncrypted
	case shapePKCS12:
		return errPKCS12
	case shapePKCS7:
		return errors.New("this is PKCS#7, a bundle of certificates; take one out with: openssl pkcs7 -print_certs -in file -out certificates.pem (add -inform DER for binary files)")
	}
	switch b := w.bytes; {
	case len(b) > 1 && b[0] == 0x30 && b[1] == 0x80:
		return errPKCS12
	case len(b) > 0 && b[0] == 0x30:
		return errDamaged
	case w.wrapping == "hex":
		return digitsError(2 * len(b))
	}
	return fmt.Errorf("the %s holds %d bytes that are no key structure", w.wrapping, len(w.bytes))
}

// digitsError words a number of hexadecimal digits that no key has. Java's
// BigInteger.toString(16) drops leading zeros, so near misses are told apart.
func digitsError(n int) error {
	switch {
	case n >= 58 && n <= 65:
		return fmt.Errorf("%d hexadecimal digits; an SM2 private key has 64, leading zeros may be missing (Java's BigInteger.toString(16) drops them): put them in front", n)
	case n >= 122 && n <= 129:
		return fmt.Errorf("%d hexadecimal digits; an SM2 public key has 128, or 130 with 04 in front, leading zeros may be missing (Java's BigInteger.toString(16) drops them): put them in front of each half of 64", n)
	}
	return fmt.Errorf("%d hexadecimal digits are no key: an SM2 private key has 64, an SM2 public key 128, or 130 with 04 in front", n)
}

var errPKCS12 = errors.New("this is PKCS#12 (.p12, .pfx); load it with LoadPKCS12 and its password, or " + takeOut)

const takeOut = "take the key out with: openssl pkcs12 -in file.p12 -nocerts -nodes -out key.pem, the certificate with: openssl pkcs12 -in file.p12 -nokeys -out certificate.pem"

// Object identifiers, from RFC 3279, RFC 5480, RFC 8017 and GM/T 0006.
const (
	oidRSA   = "1.2.840.113549.1.1.1"
	oidPSS   = "1.2.840.113549.1.1.10"
	oidEC    = "1.2.840.10045.2.1"
	oidP256  = "1.2.840.10045.3.1.7"
	oidCurve = "1.2.156.10197.1.301" // sm2p256v1
)

// algorithm reads an AlgorithmIdentifier: the algorithm, and the curve if one is named.
func algorithm(s *cryptobyte.String) (name, curve string, ok bool) {
	var body cryptobyte.String
	var id asn1.ObjectIdentifier
	if !s.ReadASN1(&body, tag.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&id) {
		return "", "", false
	}
	name = id.String()
	if body.PeekASN1Tag(tag.OBJECT_IDENTIFIER) {
		if !body.ReadASN1ObjectIdentifier(&id) {
			return "", "", false
		}
		curve = id.String()
	} else if name == oidCurve {
		// A few Chinese tools name the curve as the algorithm and add nothing.
		curve = oidCurve
	}
	return name, curve, true
}

// otherAlgorithm words a key of another sort.
func otherAlgorithm(name, curve string) error {
	switch {
	case name == oidPSS:
		return errors.New("this is an RSA-PSS key; the platforms use RSA with PKCS#1 v1.5: make a plain RSA key")
	case curve == oidP256:
		return fmt.Errorf("this is an %s key; the platforms use SM2: make one with openssl ecparam -genkey -name SM2", KeyEC)
	case name == oidEC && curve == "":
		return errors.New("this EC key spells out its curve instead of naming it; write it anew with openssl ec -param_enc named_curve")
	case name == oidEC:
		return fmt.Errorf("this is an EC key on curve %s, not SM2", curve)
	}
	return fmt.Errorf("this is a key of algorithm %s; only RSA and SM2 are used here", name)
}

func pkcs8Private(body cryptobyte.String, format string) (*PrivateKey, error) {
	var inner, sequence cryptobyte.String
	if !body.SkipASN1(tag.INTEGER) {
		return nil, errDamaged
	}
	name, curve, ok := algorithm(&body)
	if !ok || !body.ReadASN1(&inner, tag.OCTET_STRING) {
		return nil, errDamaged
	}
	if name != oidRSA && curve != oidCurve {
		return nil, otherAlgorithm(name, curve)
	}
	if !inner.ReadASN1(&sequence, tag.SEQUENCE) {
		return nil, errDamaged
	}
	if name == oidRSA {
		return rsaPrivate(sequence, format)
	}
	return sec1Private(sequence, curve, format)
}

func spkiPublic(body cryptobyte.String, format string) (*PublicKey, error) {
	var bits []byte
	name, curve, ok := algorithm(&body)
	if !ok || !body.ReadASN1BitStringAsBytes(&bits) {
		return nil, errDamaged
	}
	switch {
	case curve == oidCurve:
		return sm2Public(bits, format)
	case name != oidRSA:
		return nil, otherAlgorithm(name, curve)
	}
	inner, sequence := cryptobyte.String(bits), cryptobyte.String(nil)
	if !inner.ReadASN1(&sequence, tag.SEQUENCE) {
		return nil, errDamaged
	}
	return rsaPublic(sequence, format)
}

// certificatePublic walks to the key and reads nothing else: certificates of
// halls are full of oddities that no key depends on.
func certificatePublic(body cryptobyte.String, format string) (*PublicKey, error) {
	if isRequest(body) {
		return nil, errors.New("this is a certificate request (CSR); give the certificate the authority made from it")
	}
	var tbs, info cryptobyte.String
	if !body.ReadASN1(&tbs, tag.SEQUENCE) {
		return nil, errDamaged
	}
	version := tag.Tag(0).Constructed().ContextSpecific()
	if !tbs.SkipOptionalASN1(version) || !tbs.SkipASN1(tag.INTEGER) {
		return nil, errDamaged
	}
	for range 4 { // signature algorithm, issuer, validity, subject
		if !tbs.SkipASN1(tag.SEQUENCE) {
			return nil, errDamaged
		}
	}
	if !tbs.ReadASN1(&info, tag.SEQUENCE) {
		return nil, errDamaged
	}
	return spkiPublic(info, format)
}

// isRequest tells a certificate request from a certificate: they have one shape.
func isRequest(body cryptobyte.String) bool {
	var tbs cryptobyte.String
	return body.ReadASN1(&tbs, tag.SEQUENCE) && tbs.PeekASN1Tag(tag.INTEGER) && !isCertificateV1(tbs)
}

// isCertificateV1 tells a version 1 certificate, five SEQUENCEs after its
// serial number, from a request, which has two.
func isCertificateV1(tbs cryptobyte.String) bool {
	if !tbs.SkipASN1(tag.INTEGER) {
		return false
	}
	for range 5 {
		if !tbs.SkipASN1(tag.SEQUENCE) {
			return false
		}
	}
	return true
}
