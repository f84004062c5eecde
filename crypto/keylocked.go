package crypto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// ErrPassword means that a password does not open a key file. A damaged file
// looks the same.
var ErrPassword = errors.New("the password is wrong, or the file is damaged")

// LoadEncryptedPrivateKey reads an RSA or SM2 private key from encrypted PKCS#8
// (-----BEGIN ENCRYPTED PRIVATE KEY-----), in any of the wrappings [LoadPrivateKey]
// takes. PBES2 is read, under its own name and under that of the national algorithms
// (GM/T 0091) as gmsm writes it: PBKDF2 with HMAC of SHA-1, SHA-256, SHA-384, SHA-512
// or SM3, then AES or SM4 in CBC. The errors for other
// schemes name the command that rewrites the file. A wrong password gives
// [ErrPassword].
func LoadEncryptedPrivateKey(data []byte, password string) (*PrivateKey, error) {
	found, err := unwrap(data)
	if err != nil {
		return nil, fmt.Errorf("crypto: load encrypted private key: %w", err)
	}
	key, err := first(found, func(w wrapped) (*PrivateKey, error) { return unlock(w, []byte(password)) })
	if err != nil {
		return nil, fmt.Errorf("crypto: load encrypted private key: %w", err)
	}
	return key, nil
}

func unlock(w wrapped, password []byte) (*PrivateKey, error) {
	s, body := shapeOf(w.bytes)
	switch s {
	case shapeEncrypted:
	case shapePKCS8, shapePKCS1, shapeSEC1, shapeScalar:
		return nil, fmt.Errorf("this private key is not encrypted (%s %s); load it with LoadPrivateKey", w.wrapping, s)
	case shapePKCS12:
		return nil, errPKCS12
	default:
		_, err := privateFrom(w)
		return nil, err
	}
	der, err := openPBES2(body, password)
	if err != nil {
		return nil, err
	}
	// A wrong password yields sound padding once in 256 times, yet no PKCS#8.
	if s, _ := shapeOf(der); s != shapePKCS8 {
		return nil, ErrPassword
	}
	return privateFrom(wrapped{w.wrapping + " encrypted", der})
}

// Object identifiers of RFC 8018, NIST and GM/T; those with SM as gmsm has them.
const (
	oidPBES2    = "1.2.840.113549.1.5.13"
	oidSMPBES   = "1.2.156.10197.6.4.1.5.2"
	oidPBKDF2   = "1.2.840.113549.1.5.12"
	oidSMPBKDF2 = "1.2.156.10197.6.4.1.5.1"
	oidAES128   = "2.16.840.1.101.3.4.1.2"
	oidAES192   = "2.16.840.1.101.3.4.1.22"
	oidAES256   = "2.16.840.1.101.3.4.1.42"
	oidSM4CBC   = "1.2.156.10197.1.104.2"
)

// mostLockRounds bounds the work a file can ask for: OpenSSL writes 2,048, careful
// tools about a million.
const mostLockRounds = 2_000_000

const rewrite = "rewrite it with: openssl pkcs8 -in old.pem -out plain.pem, then openssl pkcs8 -topk8 -in plain.pem -out new.pem (add -provider legacy -provider default to the first where OpenSSL 3 refuses it)"

// openPBES2 is written out here because the ready-made readers of PBES2 panic on
// damaged parameters, accept any number of rounds, and give back a parsed key where
// Java's zero CRT values are refused.
func openPBES2(body cryptobyte.String, password []byte) ([]byte, error) {
	var algorithm, parameters, kdf, scheme cryptobyte.String
	var sealed, iv []byte
	var id asn1.ObjectIdentifier
	if !body.ReadASN1(&algorithm, tag.SEQUENCE) || !body.ReadASN1Bytes(&sealed, tag.OCTET_STRING) || !algorithm.ReadASN1ObjectIdentifier(&id) {
		return nil, errDamaged
	}
	if name := id.String(); name != oidPBES2 && name != oidSMPBES {
		return nil, fmt.Errorf("this private key is encrypted in an old way (scheme %s), which is not read here; %s", name, rewrite)
	}
	if !algorithm.ReadASN1(&parameters, tag.SEQUENCE) || !parameters.ReadASN1(&kdf, tag.SEQUENCE) || !parameters.ReadASN1(&scheme, tag.SEQUENCE) ||
		!scheme.ReadASN1ObjectIdentifier(&id) {
		return nil, errDamaged
	}
	newBlock, size := lockCipher(id.String())
	if newBlock == nil {
		return nil, fmt.Errorf("this private key is encrypted with cipher %s; AES and SM4 in CBC are read here: %s", id, rewrite)
	}
	if !scheme.ReadASN1Bytes(&iv, tag.OCTET_STRING) || len(iv) != blockSize {
		return nil, errDamaged
	}
	key, err := lockKey(kdf, password, size)
	if err != nil {
		return nil, err
	}
	block, err := newBlock(key)
	if err != nil {
		return nil, err
	}
	der, err := cbcCipher(block, iv).open(sealed)
	if err != nil {
		return nil, ErrPassword
	}
	return der, nil
}

func lockCipher(name string) (newBlock func([]byte) (cipher.Block, error), size int) {
	switch name {
	case oidAES128:
		return aes.NewCipher, 16
	case oidAES192:
		return aes.NewCipher, 24
	case oidAES256:
		return aes.NewCipher, 32
	case oidSM4CBC:
		return sm4.NewCipher, 16
	}
	return nil, 0
}

func lockHash(name string) func() hash.Hash {
	switch name {
	case "1.2.840.113549.2.7":
		return sha1.New
	case "1.2.840.113549.2.9":
		return sha256.New
	case "1.2.840.113549.2.10":
		return sha512.New384
	case "1.2.840.113549.2.11":
		return sha512.New
	case "1.2.156.10197.1.401.2", "1.2.156.10197.1.401.3.1":
		return sm3.New
	}
	return nil
}

// lockKey reads PBKDF2-params and derives the key.
func lockKey(kdf cryptobyte.String, password []byte, size int) ([]byte, error) {
	var id asn1.ObjectIdentifier
	var parameters, prf cryptobyte.String
	var salt []byte
	var rounds, length int64
	if !kdf.ReadASN1ObjectIdentifier(&id) {
		return nil, errDamaged
	}
	newHash := sha1.New
	switch id.String() {
	case oidPBKDF2:
	case oidSMPBKDF2:
		newHash = sm3.New
	default:
		return nil, fmt.Errorf("the key of this file is derived with %s; PBKDF2 is read here: %s", id, rewrite)
	}
	if !kdf.ReadASN1(&parameters, tag.SEQUENCE) || !parameters.ReadASN1Bytes(&salt, tag.OCTET_STRING) || !parameters.ReadASN1Integer(&rounds) || rounds < 1 {
		return nil, errDamaged
	}
	if rounds > mostLockRounds {
		return nil, fmt.Errorf("this file asks for %d rounds of key derivation; more than %d are refused", rounds, mostLockRounds)
	}
	if parameters.PeekASN1Tag(tag.INTEGER) && (!parameters.ReadASN1Integer(&length) || length != int64(size)) {
		return nil, errDamaged
	}
	if !parameters.Empty() {
		if !parameters.ReadASN1(&prf, tag.SEQUENCE) || !prf.ReadASN1ObjectIdentifier(&id) {
			return nil, errDamaged
		}
		if newHash = lockHash(id.String()); newHash == nil {
			return nil, fmt.Errorf("the key of this file is derived with hash %s, which is not known here: %s", id, rewrite)
		}
	}
	return pbkdf2.Key(newHash, string(password), salt, int(rounds), size)
}
