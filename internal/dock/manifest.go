package dock

import (
	"reflect"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
)

// Class decides about repeating a call; the HTTP verb never does.
type Class uint8

const (
	Read       Class = iota // repeated after a lost answer
	Idempotent              // a write under a business key: repeated too
	OneShot                 // never repeated once it may have left
)

// Op is one operation as its client knows it.
type Op struct {
	Name      string
	Class     Class
	In        reflect.Type // struct with zw tags
	Out       reflect.Type // struct with zw tags; nil when the answer carries nothing
	NeedsData bool         // a success without data is no success
	Timeout   time.Duration
	SettledBy string // the query that settles an unknown outcome

	// Bare takes a success whose body is the data itself and no envelope, such as a
	// picture. It fills out and reports whether the body is such data. Optional.
	Bare func(body []byte, out any) bool
}

// Manifest is what a platform package declares.
type Manifest struct {
	Platform string
	CodeName zwfw.CodeName
	Ops      []Op
	Presets  []*zwfw.Dialect // the first is the default
}

// Party is what one side knows: addresses, credentials and keys, by the slot names
// that dialects use.
type Party struct {
	Bases   map[string]string // "" is the main address
	Creds   map[string]zwfw.Secret
	Private map[string]*crypto.PrivateKey
	Public  map[string]*crypto.PublicKey
	// Signers stand in for the keys and secrets of their slots when the caller signs, a
	// keyring or a key held elsewhere; Verifiers when the platform's side checks.
	Signers   map[string]crypto.Signer
	Verifiers map[string]crypto.Verifier
	// Off names operations that this caller has nothing configured for, and says what.
	Off map[string]string
	// Token gives the calling unit's token where templates say {token}; nil when the
	// platform has none.
	Token TokenSource
	// Settings names the setting behind a slot for error messages: "token" is
	// "Config.AccessToken". "{token}" is what gives the calling unit's token.
	Settings map[string]string
}

func (p Party) setting(slot string) string {
	if name, ok := p.Settings[slot]; ok {
		return name
	}
	return "slot " + slot
}

func (m Manifest) op(name string) (Op, bool) {
	for _, op := range m.Ops {
		if op.Name == name {
			return op, true
		}
	}
	return Op{}, false
}

func (m Manifest) opNames() []string {
	names := make([]string, len(m.Ops))
	for i, op := range m.Ops {
		names[i] = op.Name
	}
	return names
}
