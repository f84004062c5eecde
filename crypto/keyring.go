package crypto

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNoKey means that a keyring holds no key for what is asked of it: none of
// that id, or none that is valid now.
var ErrNoKey = errors.New("crypto: no key of the ring serves")

// RingKey is one key of a [Keyring]. It signs when Signer is set and verifies when
// Verifier is set; one of them is needed. It is valid from NotBefore to NotAfter,
// both included; a zero time means no limit.
type RingKey struct {
	ID                  string
	NotBefore, NotAfter time.Time
	Signer              Signer
	Verifier            Verifier
}

func (k RingKey) validAt(now time.Time) bool {
	return (k.NotBefore.IsZero() || !now.Before(k.NotBefore)) && (k.NotAfter.IsZero() || !now.After(k.NotAfter))
}

// Keyring holds several keys whose times may overlap, so that a platform's change
// of keys needs no pause: add the new key ahead of its day, remove the old one
// after its last. It is a [Signer] and a [Verifier]. Changes take effect for the
// next use and disturb none that is under way.
type Keyring struct {
	now     func() time.Time
	changes sync.Mutex // one change at a time; uses take no lock
	keys    atomic.Pointer[[]RingKey]
}

var (
	_ Signer   = (*Keyring)(nil)
	_ Verifier = (*Keyring)(nil)
)

// NewKeyring makes a ring. now tells the time, nil means time.Now; give the clock
// that is set by the platform's, for a hall's own may be wrong by days.
func NewKeyring(now func() time.Time, keys ...RingKey) (*Keyring, error) {
	if now == nil {
		now = time.Now
	}
	r := &Keyring{now: now}
	if err := r.Replace(keys...); err != nil {
		return nil, err
	}
	return r, nil
}

// Add puts in one more key. An id that is in use is refused.
func (r *Keyring) Add(key RingKey) error {
	r.changes.Lock()
	defer r.changes.Unlock()
	return r.store(append(slices.Clone(*r.keys.Load()), key))
}

// Remove takes a key out and reports whether it was there.
func (r *Keyring) Remove(id string) bool {
	r.changes.Lock()
	defer r.changes.Unlock()
	old := *r.keys.Load()
	left := slices.DeleteFunc(slices.Clone(old), func(k RingKey) bool { return k.ID == id })
	r.keys.Store(&left)
	return len(left) < len(old)
}

// Replace swaps all keys for these at once. An error leaves the ring as it was.
func (r *Keyring) Replace(keys ...RingKey) error {
	r.changes.Lock()
	defer r.changes.Unlock()
	return r.store(slices.Clone(keys))
}

// store checks the keys and puts the latest start first: that is the order of use.
func (r *Keyring) store(keys []RingKey) error {
	seen := map[string]bool{}
	for _, k := range keys {
		switch {
		case k.ID == "":
			return errors.New("crypto: keyring: a key has no ID")
		case seen[k.ID]:
			return fmt.Errorf("crypto: keyring: two keys have the ID %q; remove the old one, or replace all", brief(k.ID))
		case k.Signer == nil && k.Verifier == nil:
			return fmt.Errorf("crypto: keyring: key %q has neither Signer nor Verifier", brief(k.ID))
		case !k.NotAfter.IsZero() && k.NotAfter.Before(k.NotBefore):
			return fmt.Errorf("crypto: keyring: key %q ends before it begins", brief(k.ID))
		}
		seen[k.ID] = true
	}
	slices.SortStableFunc(keys, func(a, b RingKey) int {
		return cmp.Or(b.NotBefore.Compare(a.NotBefore), strings.Compare(a.ID, b.ID))
	})
	r.keys.Store(&keys)
	return nil
}

// IDs returns the ids of all keys, the latest start first.
func (r *Keyring) IDs() []string {
	var ids []string
	for _, k := range *r.keys.Load() {
		ids = append(ids, k.ID)
	}
	return ids
}

// report describes the keys that sign, the latest start first.
func (r *Keyring) report() Report {
	var entries Report
	for _, k := range *r.keys.Load() {
		if known, ok := k.Signer.(interface{ report() Report }); ok {
			entries = append(entries, known.report()...)
		}
	}
	return entries
}

// Sign signs with the key that is valid now; of several, with the one that
// started last.
func (r *Keyring) Sign(ctx context.Context, message []byte) ([]byte, error) {
	_, signature, err := r.SignWithID(ctx, message)
	return signature, err
}

// SignWithID is Sign for messages that carry the id of their key: id and signature
// belong together even while the ring changes.
func (r *Keyring) SignWithID(ctx context.Context, message []byte) (id string, signature []byte, err error) {
	now := r.now()
	for _, k := range *r.keys.Load() {
		if k.Signer != nil && k.validAt(now) {
			signature, err = k.Signer.Sign(ctx, message)
			return k.ID, signature, err
		}
	}
	return "", nil, fmt.Errorf("%w: none that signs is valid at %s", ErrNoKey, now.Format(time.RFC3339))
}

// Verify checks a signature with every key that is valid now, for messages that
// do not say which one signed them.
func (r *Keyring) Verify(message, signature []byte) error {
	now := r.now()
	tried := false
	for _, k := range *r.keys.Load() {
		if k.Verifier == nil || !k.validAt(now) {
			continue
		}
		if k.Verifier.Verify(message, signature) == nil {
			return nil
		}
		tried = true
	}
	if !tried {
		return fmt.Errorf("%w: none that verifies is valid at %s", ErrNoKey, now.Format(time.RFC3339))
	}
	return ErrSignature
}

// VerifyWith checks a signature with the key of that id and no other. A key
// outside its time verifies nothing.
func (r *Keyring) VerifyWith(id string, message, signature []byte) error {
	now := r.now()
	for _, k := range *r.keys.Load() {
		switch {
		case k.ID != id:
		case k.Verifier == nil:
			return fmt.Errorf("%w: key %q does not verify", ErrNoKey, brief(id))
		case !k.validAt(now):
			return fmt.Errorf("%w: key %q is not valid at %s", ErrNoKey, brief(id), now.Format(time.RFC3339))
		default:
			return k.Verifier.Verify(message, signature)
		}
	}
	return fmt.Errorf("%w: none has the ID %q", ErrNoKey, brief(id))
}

// brief cuts an id that a stranger may have sent.
func brief(id string) string {
	const most = 64
	if len(id) > most {
		return id[:most] + "…"
	}
	return id
}
