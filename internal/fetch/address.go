package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"sync/atomic"

	"github.com/zwfw-go/zwfw"
)

// Address says where a file can be fetched. It is a credential and prints masked. Copies
// share the knowledge that it was fetched. The zero Address is refused.
type Address struct {
	url      zwfw.Secret
	enclosed zwfw.Raw
	once     *once
}

// once is shared by the copies of an address that serves once.
type once struct{ spent atomic.Bool }

// Reusable is an address that may be fetched again, and so resumed and retried.
func Reusable(url zwfw.Secret) Address { return Address{url: url} }

// SingleUse is an address that serves once (public practice: valid 600 s, single use). It
// is spent by the first request that may have left this machine.
func SingleUse(url zwfw.Secret) Address { return Address{url: url, once: new(once)} }

// Enclosed is a file that came with the answer itself, in Base64: nothing is sent for it.
func Enclosed(base64 zwfw.Raw) Address { return Address{enclosed: base64} }

// IsZero reports whether there is nothing to fetch.
func (a Address) IsZero() bool { return a.url.IsZero() && a.enclosed.IsZero() }

// IsSingleUse reports whether the address serves once.
func (a Address) IsSingleUse() bool { return a.once != nil }

// Spent reports whether an address that serves once was fetched, by this or another copy.
func (a Address) Spent() bool { return a.once != nil && a.once.spent.Load() }

// String masks the address.
func (a Address) String() string {
	if a.url.IsZero() {
		return a.enclosed.String()
	}
	return a.url.String()
}

// claim takes the one use; false means that somebody else has it.
func (a Address) claim() bool { return a.once == nil || a.once.spent.CompareAndSwap(false, true) }

// release gives the one use back: certainly nothing has left.
func (a Address) release() {
	if a.once != nil {
		a.once.spent.Store(false)
	}
}

// digest names the address on disk without telling it.
func (a Address) digest() string {
	sum := sha256.Sum256([]byte(a.url.Reveal()))
	return hex.EncodeToString(sum[:])
}
