package crypto

import (
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
// Random is read for nonces and padding; nil means crypto/rand. Tests may set
// it, yet must not expect equal output: libraries are free to read more or less.
type Material struct {
	Secret  []byte
	Private *PrivateKey
	Public  *PublicKey
	Random  io.Reader
}

func (m Material) random() io.Reader {
	if m.Random == nil {
		return rand.Reader
	}
	return m.Random
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
