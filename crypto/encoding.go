package crypto

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
)

// Encoding writes bytes as text: "hex" (lower case), "HEX" (upper case), "b64"
// (standard Base64 with padding, no line breaks) or "b64url" (Base64url without
// padding).
type Encoding string

var errNotText = errors.New("crypto: the text is neither hexadecimal nor Base64")

// Valid reports whether e is one of the four.
func (e Encoding) Valid() bool {
	switch e {
	case "hex", "HEX", "b64", "b64url":
		return true
	}
	return false
}

// Encode writes b. An encoding that is not [Encoding.Valid] writes nothing, so
// check it where the setting is read.
func (e Encoding) Encode(b []byte) string {
	switch e {
	case "hex":
		return hex.EncodeToString(b)
	case "HEX":
		return strings.ToUpper(hex.EncodeToString(b))
	case "b64":
		return base64.StdEncoding.EncodeToString(b)
	case "b64url":
		return base64.RawURLEncoding.EncodeToString(b)
	}
	return ""
}

// Decode reads s as declared, in either case of hex or either alphabet of
// Base64, with or without padding, white space dropped. Text that does not fit
// is given to [DecodeText], because platforms change their encoding without notice.
func (e Encoding) Decode(s string) ([]byte, error) {
	if b, ok := e.decodeDeclared(s); ok {
		return b, nil
	}
	return DecodeText(s)
}

func (e Encoding) decodeDeclared(s string) ([]byte, bool) {
	s = dropSpace(s)
	switch e {
	case "hex", "HEX":
		return decodeHex(s)
	case "b64", "b64url":
		return decodeBase64(s)
	}
	return nil, false
}

// DecodeText reads text of unknown encoding. White space and line breaks are
// dropped; text of hexadecimal digits only and of even length is hex; all else
// is Base64 of either alphabet, with or without padding. Empty text is no bytes.
// The error never repeats the text. Base64 text may happen to look like hex:
// where the encoding is known, use [Encoding.Decode].
func DecodeText(s string) ([]byte, error) {
	s = dropSpace(s)
	if b, ok := decodeHex(s); ok {
		return b, nil
	}
	if b, ok := decodeBase64(s); ok {
		return b, nil
	}
	return nil, errNotText
}

func dropSpace(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func decodeHex(s string) ([]byte, bool) {
	b, err := hex.DecodeString(s)
	return b, err == nil
}

// decodeBase64 maps both alphabets to one, so that even mixed text is read, and
// puts up with the stray bits some encoders leave in the last letter.
func decodeBase64(s string) ([]byte, bool) {
	body := strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(s), "=")
	if padding := len(s) - len(body); padding > 2 || padding > 0 && body == "" {
		return nil, false
	}
	b, err := base64.RawStdEncoding.DecodeString(body)
	return b, err == nil
}
