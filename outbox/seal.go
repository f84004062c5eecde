package outbox

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/zwfw-go/zwfw/crypto"
)

// Suites that seal messages. Nonces are random: of 24 bytes, and of 12 with SM4-GCM,
// where one key should seal no more than 2^32 messages.
const (
	SuiteXChaCha = "xchacha20-poly1305"
	SuiteSM4     = "sm4-gcm"
)

const sealFormat = 1

func suiteByte(suite string) (byte, bool) {
	switch suite {
	case SuiteXChaCha:
		return 1, true
	case SuiteSM4:
		return 2, true
	}
	return 0, false
}

// sealer seals and opens. What it gives is
//
//	format, suite, length of key id, key id, nonce, sealed text with its check value
//
// and the check value also covers queue, id, sequence and all that stands in front of
// the nonce: a sealed text moved to another place does not open.
type sealer struct {
	keys    KeyProvider
	suite   byte
	current string      // id of the key that seals
	sealing cipher.AEAD // its cipher

	mu    sync.Mutex
	aeads map[aeadName]cipher.AEAD
}

type aeadName struct {
	suite byte
	key   string
}

func newSealer(ctx context.Context, keys KeyProvider, suite string) (*sealer, error) {
	b, _ := suiteByte(suite)
	s := &sealer{keys: keys, suite: b, aeads: make(map[aeadName]cipher.AEAD)}
	key, err := keys.Key(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("outbox: current key: %w", err)
	}
	if err := key.check(); err != nil {
		return nil, err
	}
	s.current = key.ID
	s.sealing, err = s.keep(s.suite, key)
	return s, err
}

// keep makes a cipher of a key and remembers it.
func (s *sealer) keep(suite byte, key Key) (cipher.AEAD, error) {
	name, size := SuiteXChaCha, chacha20poly1305.KeySize
	if b, _ := suiteByte(SuiteSM4); suite == b {
		name, size = SuiteSM4, 16
	}
	derived, err := hkdf.Key(sha256.New, []byte(key.Secret.Reveal()), nil, "zwfw outbox "+name, size)
	if err != nil {
		return nil, err
	}
	var aead cipher.AEAD
	if name == SuiteSM4 {
		aead, err = crypto.NewAEAD(name, derived)
	} else {
		aead, err = chacha20poly1305.NewX(derived)
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.aeads[aeadName{suite, key.ID}] = aead
	s.mu.Unlock()
	return aead, nil
}

func (s *sealer) aead(ctx context.Context, suite byte, id string) (cipher.AEAD, error) {
	s.mu.Lock()
	aead := s.aeads[aeadName{suite, id}]
	s.mu.Unlock()
	if aead != nil {
		return aead, nil
	}
	key, err := s.keys.Key(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := key.check(); err != nil {
		return nil, err
	}
	if key.ID != id {
		return nil, fmt.Errorf("outbox: asked for key %s, the provider gave %s", id, key.ID)
	}
	return s.keep(suite, key)
}

// place is where a sealed text belongs.
type place struct {
	queue string
	id    Hash
	seq   uint64
}

// associated is what a check value covers beside the text.
func (p place) associated(head []byte) []byte {
	b := make([]byte, 0, len(head)+len(p.queue)+len(p.id)+9)
	b = append(b, head...)
	b = append(append(b, byte(len(p.queue))), p.queue...)
	b = append(b, p.id[:]...)
	return binary.BigEndian.AppendUint64(b, p.seq)
}

// size of what seal gives for a text of n bytes.
func (s *sealer) size(n int) int {
	return 3 + len(s.current) + s.sealing.NonceSize() + n + s.sealing.Overhead()
}

func (s *sealer) seal(p place, text []byte) ([]byte, error) {
	head := append([]byte{sealFormat, s.suite, byte(len(s.current))}, s.current...)
	b := make([]byte, len(head)+s.sealing.NonceSize(), s.size(len(text)))
	copy(b, head)
	nonce := b[len(head):]
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.sealing.Seal(b, nonce, text, p.associated(head)), nil
}

// errUnopened: the key is not at hand, or does not open the text.
var errUnopened = errors.New("outbox: cannot be opened")

func (s *sealer) open(ctx context.Context, p place, b []byte) ([]byte, error) {
	if len(b) > 0 && b[0] > sealFormat {
		return nil, ErrNewer
	}
	if len(b) < 3 || b[0] != sealFormat || len(b) < 3+int(b[2]) || b[1] < 1 || b[1] > 2 {
		return nil, fmt.Errorf("%w: no sealed text", errUnopened)
	}
	n := 3 + int(b[2])
	id := string(b[3:n])
	aead, err := s.aead(ctx, b[1], id)
	if err != nil {
		return nil, fmt.Errorf("%w: key %q: %w", errUnopened, id, err)
	}
	if len(b) < n+aead.NonceSize() {
		return nil, fmt.Errorf("%w: too short", errUnopened)
	}
	text, err := aead.Open(nil, b[n:n+aead.NonceSize()], b[n+aead.NonceSize():], p.associated(b[:n]))
	if err != nil {
		return nil, fmt.Errorf("%w: key %q does not fit", errUnopened, id)
	}
	return text, nil
}

// keyOf gives the id of the key a text was sealed with.
func keyOf(b []byte) string {
	if len(b) < 3 || len(b) < 3+int(b[2]) {
		return ""
	}
	return string(b[3 : 3+b[2]])
}

// namer hashes names with a secret of the store: the same in all processes and with
// every key, and nothing to try names against for whoever has the file alone.
type namer struct{ macs *sync.Pool }

func newNamer(secret []byte) namer {
	return namer{&sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}}
}

func (n namer) hash(kind, queue, name string) (h Hash) {
	mac := n.macs.Get().(hash.Hash)
	mac.Reset()
	mac.Write([]byte(kind + "\x00" + queue + "\x00" + name))
	var sum [sha256.Size]byte
	copy(h[:], mac.Sum(sum[:0]))
	n.macs.Put(mac)
	return h
}

// optional is hash for a name that may be left out.
func (n namer) optional(kind, queue, name string) Hash {
	if name == "" {
		return Hash{}
	}
	return n.hash(kind, queue, name)
}
