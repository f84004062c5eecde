package crypto

import (
	stdcrypto "crypto"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Material is what a suite works with. Fill what the platform issued and leave
// the rest: a suite takes what it needs, so a secret may stand beside keys. Only
// [NewCipher] refuses a key of another kind, since there a missing direction and
// a wrong key would look alike.
//
// Held signs with a key kept in a device or a key service, in place of Private;
// see [NewSigner]. UserID is the SM2 user identifier that is signed along; empty
// means 1234567812345678, which nearly all platforms use.
//
// Random is read for nonces and padding; nil means crypto/rand. Tests may set
// it, yet must not expect equal output: libraries are free to read more or less.
type Material struct {
	Secret  []byte
	Private *PrivateKey
	Public  *PublicKey
	Held    stdcrypto.Signer
	UserID  string
	Random  io.Reader
}

func (m Material) random() io.Reader {
	if m.Random == nil {
		return rand.Reader
	}
	return m.Random
}

// bits returns the size of the smallest key of that kind, 0 where there is none.
func (m Material) bits(kind KeyKind) int {
	least := 0
	consider := func(k *PublicKey) {
		if k.Kind() == kind && (least == 0 || k.Bits() < least) {
			least = k.Bits()
		}
	}
	consider(m.Private.Public())
	consider(m.Public)
	if held, err := heldPublic(m.Held); err == nil {
		consider(held)
	}
	return least
}

// given names the kinds that are present, for errors.
func (m Material) given() string {
	var have []string
	if len(m.Secret) > 0 {
		have = append(have, "a "+KeySecret.String())
	}
	if k := m.Private.Kind(); k != KeyNone {
		have = append(have, fmt.Sprintf("an %s private key", k))
	}
	if k := m.Public.Kind(); k != KeyNone {
		have = append(have, fmt.Sprintf("an %s public key", k))
	}
	if m.Held != nil {
		have = append(have, "a key held elsewhere") // no more: asking a device for its kind may take long
	}
	if len(have) == 0 {
		return KeyNone.String()
	}
	return strings.Join(have, " and ")
}

// String names the kinds of key that are present and shows none of them.
func (m Material) String() string { return "crypto.Material(" + m.given() + ")" }

// Format prints the same for every verb, so that no verb prints the secret.
func (m Material) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }

// LogValue shows what String shows.
func (m Material) LogValue() slog.Value { return slog.StringValue(m.String()) }

// MarshalJSON writes what String shows: a Material cannot be stored this way.
func (m Material) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }
