package crypto

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKeyInput bounds what is looked at: certificate chains stay far below it.
const maxKeyInput = 1 << 20

// LoadPrivateKey reads an RSA or SM2 private key in any form vendors are known
// to receive: PEM, bare Base64 or hex of PKCS#8, PKCS#1 or SEC1, with or without
// line breaks; DER bytes; an SM2 scalar of 64 hex digits. Hex may begin with 0x and
// hold blanks or colons, as openssl -text writes it. What the bytes are decides,
// not what a PEM label claims. A refusal names what was found and the way out, and
// holds no part of the input. RSA below 1024 bit is refused; keys of 1024 to 2047
// bit load, and [GradeOf] calls them Weak. Keys with a password are for
// [LoadEncryptedPrivateKey] and [LoadPKCS12].
func LoadPrivateKey(data []byte) (*PrivateKey, error) {
	found, err := unwrap(data)
	if err != nil {
		return nil, fmt.Errorf("crypto: load private key: %w", err)
	}
	key, err := first(found, privateFrom)
	if err != nil {
		return nil, fmt.Errorf("crypto: load private key: %w", err)
	}
	return key, nil
}

// LoadPublicKey reads an RSA or SM2 public key: everything LoadPrivateKey takes,
// with X.509 SubjectPublicKeyInfo, PKCS#1 public keys, certificates (the first
// of a chain; no date or issuer is checked) and SM2 points of 128 or 130 hex
// digits, or 66 in compressed form. A private key is refused, even though its public half could be used:
// it lies where it should not.
func LoadPublicKey(data []byte) (*PublicKey, error) {
	found, err := unwrap(data)
	if err != nil {
		return nil, fmt.Errorf("crypto: load public key: %w", err)
	}
	key, err := first(found, publicFrom)
	if err != nil {
		return nil, fmt.Errorf("crypto: load public key: %w", err)
	}
	return key, nil
}

// wrapped is one candidate: the bytes, and the wrapping they came in.
type wrapped struct {
	wrapping string
	bytes    []byte
}

// first returns the first candidate that loads, or the error of the first one:
// a PEM file may hold a key and its certificates together.
func first[K any](found []wrapped, load func(wrapped) (*K, error)) (*K, error) {
	var failure error
	for _, w := range found {
		key, err := load(w)
		if err == nil {
			return key, nil
		}
		if failure == nil {
			failure = err
		}
	}
	return nil, failure
}

// unwrap takes off the text encoding. It returns at least one candidate or an error.
func unwrap(data []byte) ([]wrapped, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errors.New("the input is empty")
	case len(data) > maxKeyInput:
		return nil, fmt.Errorf("the input has %d bytes, more than any key", len(data))
	case bytes.Contains(data, []byte("-----BEGIN ")):
		// Before the question whether this is text: notes around a PEM block
		// may be in GBK.
		return unwrapPEM(string(data))
	case bytes.HasPrefix(data, []byte{0xFE, 0xED, 0xFE, 0xED}), bytes.HasPrefix(data, []byte{0xCE, 0xCE, 0xCE, 0xCE}):
		return nil, errors.New("this is a Java key store (JKS); convert it with: keytool -importkeystore -srckeystore old.jks -destkeystore new.p12 -deststoretype PKCS12, then openssl pkcs12 -in new.p12 -nodes -out key.pem")
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return nil, errors.New("this is UTF-16 text; save the file as UTF-8 or ANSI")
	case beginLine.Match(data) && !bytes.Contains(data, []byte("---- BEGIN SSH2")):
		return nil, errBeginLine
	case !isText(data):
		if s, _ := shapeOf(data); s == shapeUnknown && headed(data) {
			return nil, errHeading
		}
		return []wrapped{{"DER", data}}, nil
	}
	text := string(data)
	switch trimmed := strings.TrimSpace(text); {
	case strings.HasPrefix(trimmed, "ssh-"), strings.HasPrefix(trimmed, "PuTTY-User-Key-File"), strings.HasPrefix(trimmed, "---- BEGIN SSH2"):
		return nil, errOpenSSH
	case strings.HasPrefix(trimmed, "<"):
		return nil, errors.New("this is an XML key as .NET writes it; export it as PKCS#8 or SubjectPublicKeyInfo instead")
	case strings.HasPrefix(trimmed, "{"):
		return nil, errors.New("this is JSON, perhaps a JWK; export the key as PEM instead")
	}
	if digits, ok := hexDigits(text); ok {
		b, ok := decodeHex(digits)
		if !ok {
			return nil, digitsError(len(digits))
		}
		return []wrapped{{"hex", b}}, nil
	}
	if b, ok := decodeBase64(dropSpace(text)); ok {
		if s, _ := shapeOf(b); s == shapeUnknown && headed(data) {
			return nil, errHeading
		}
		return []wrapped{{"bare Base64", b}}, nil
	}
	switch {
	case strings.Contains(text, "priv:") || strings.Contains(text, "pub:"):
		return nil, errors.New("this is what openssl prints with -text; give the PEM, or only the hexadecimal digits that stand under priv: (or pub:) in it")
	case headed(data):
		return nil, errHeading
	}
	return nil, errors.New("this is neither PEM, nor Base64, nor hexadecimal; a letter may have been lost in copying, or this is a file name instead of the file's content")
}

var (
	errBeginLine = errors.New("damaged BEGIN line; in a sound one, such as -----BEGIN PRIVATE KEY-----, BEGIN, a blank and the name stand between five hyphens on each side")
	errHeading   = errors.New("text in front of the key; remove the heading and keep the letters of the key only")
)

// beginLine is what is left of a PEM header whose hyphens or blanks were lost or
// replaced, as word processors do.
var beginLine = regexp.MustCompile(`BEGIN ?[A-Z0-9 ]*(KEY|CERTIFICATE|REQUEST|PKCS7)`)

// hexDigits takes off what people and openssl put around and between digits. It
// reports false when anything but digits is left.
func hexDigits(text string) (string, bool) {
	digits := strings.ReplaceAll(dropSpace(text), ":", "")
	if len(digits) > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') {
		digits = digits[2:]
	}
	return digits, digits != "" && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

// keyRun is more letters of Base64 or hex than any heading has.
var keyRun = regexp.MustCompile(`[A-Za-z0-9+/_-]{40,}={0,2}`)

// headed reports whether a heading stands before a bare key. One in Chinese is never
// part of a key; of another, what follows must be a key.
func headed(data []byte) bool {
	at := keyRun.FindIndex(data)
	if at == nil || len(bytes.TrimSpace(data[:at[0]])) == 0 {
		return false
	}
	if data[0] >= utf8.RuneSelf {
		return true
	}
	b, err := DecodeText(string(data[at[0]:]))
	s, _ := shapeOf(b)
	return err == nil && s != shapeUnknown
}

var errOpenSSH = errors.New("this is an OpenSSH key; convert a private one with: ssh-keygen -p -m PKCS8 -N '' -f file, export a public one with: ssh-keygen -e -m PKCS8 -f file")

// unwrapPEM reads PEM by hand: keys pasted into settings lose their line breaks,
// gain blanks or literal "\n", and encoding/pem takes none of these.
func unwrapPEM(text string) ([]wrapped, error) {
	var found []wrapped
	for {
		_, rest, ok := strings.Cut(text, "-----BEGIN ")
		if !ok {
			break
		}
		label, rest, ok := strings.Cut(rest, "-----")
		if !ok || len(label) > 64 {
			return nil, errBeginLine
		}
		body, rest, ok := strings.Cut(rest, "-----END ")
		if !ok {
			return nil, errors.New("the PEM text is cut off: its END line is missing")
		}
		text = rest
		switch {
		case strings.Contains(label, "PARAMETERS"):
			continue
		case strings.HasPrefix(label, "OPENSSH"):
			return nil, errOpenSSH
		case strings.Contains(body, "Proc-Type"), strings.Contains(body, "DEK-Info"):
			return nil, errOldPEM
		}
		der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(dropSpace(strings.NewReplacer(`\r`, "", `\n`, "").Replace(body)), "="))
		if err != nil {
			return nil, errors.New("the Base64 inside the PEM is damaged; a letter may have been lost or changed in copying")
		}
		found = append(found, wrapped{"PEM", der})
	}
	if len(found) == 0 {
		return nil, errors.New("the PEM text holds parameters only and no key")
	}
	return found, nil
}

func isText(data []byte) bool {
	for _, r := range string(data) {
		if r > unicode.MaxASCII && !unicode.IsSpace(r) || r < ' ' && !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}
