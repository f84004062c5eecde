package crypto

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"
)

// LoadPKCS12 reads an RSA private key and the certificate that belongs to it from
// PKCS#12 (.p12, .pfx), binary or as Base64, written by OpenSSL, Java, Windows or a
// bank. Other certificates of the chain are passed over; no date or issuer is
// checked. A wrong password gives [ErrPassword]. SM2 keys in PKCS#12 are not read: the
// error names the command that takes them out.
func LoadPKCS12(data []byte, password string) (*PrivateKey, *PublicKey, error) {
	private, public, err := loadPKCS12(data, password)
	if err != nil {
		return nil, nil, fmt.Errorf("crypto: load PKCS#12: %w", err)
	}
	return private, public, nil
}

func loadPKCS12(data []byte, password string) (*PrivateKey, *PublicKey, error) {
	found, err := unwrap(data)
	if err != nil {
		return nil, nil, err
	}
	w := found[0]
	if s, _ := shapeOf(w.bytes); s != shapePKCS12 {
		if len(w.bytes) > 1 && w.bytes[0] == 0x30 && w.bytes[1] == 0x80 {
			return nil, nil, errors.New("this file is in BER with open lengths; rewrite it, or " + takeOut)
		}
		if s == shapeUnknown {
			return nil, nil, errors.New("this is no PKCS#12, or it is cut short")
		}
		return nil, nil, fmt.Errorf("this is no PKCS#12 but %s %s; load it with LoadPrivateKey, LoadEncryptedPrivateKey or LoadPublicKey", w.wrapping, s)
	}
	key, certificates, err := bags(w.bytes, password)
	if err != nil {
		return nil, nil, err
	}
	private, err := privateFrom(wrapped{"PKCS#12", key})
	if err != nil {
		return nil, nil, err
	}
	for _, c := range certificates {
		public, err := publicFrom(wrapped{"PKCS#12", c})
		if err == nil && public.Equal(private.Public()) {
			return private, public, nil
		}
	}
	return nil, nil, errors.New("none of the certificates inside belongs to the private key; the file was put together wrongly, have it issued anew")
}

// bags returns the key as PKCS#1 and the certificates. DecodeChain reads most
// files; it parses every certificate, though, and fails at the SM2 ones that some
// authorities put into the chain of an RSA key. ToPEM leaves certificates alone.
func bags(data []byte, password string) (key []byte, certificates [][]byte, err error) {
	private, own, chain, err := pkcs12.DecodeChain(data, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, nil, ErrPassword
	case err == nil:
		private, ok := private.(*rsa.PrivateKey)
		if !ok {
			return nil, nil, errOtherBag
		}
		certificates = append(certificates, own.Raw)
		for _, c := range chain {
			certificates = append(certificates, c.Raw)
		}
		return x509.MarshalPKCS1PrivateKey(private), certificates, nil
	}
	//lint:ignore SA1019 deprecated for the labels of its blocks, which are not used here; no other call leaves certificates alone
	blocks, err := pkcs12.ToPEM(data, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword): // a letter that PKCS#12 cannot write
		return nil, nil, ErrPassword
	case err != nil:
		return nil, nil, errOtherBag
	}
	for _, b := range blocks {
		if b.Type == "CERTIFICATE" {
			certificates = append(certificates, b.Bytes)
		} else {
			key = b.Bytes
		}
	}
	return key, certificates, nil
}

var errOtherBag = errors.New("what is inside cannot be read here: only RSA keys of 1024 bit or more with their certificate can; for an SM2 key (or another) " + takeOut + ", and load these with LoadPrivateKey and LoadPublicKey")
