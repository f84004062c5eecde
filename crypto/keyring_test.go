package crypto_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/crypto"
)

func day(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }

// ringKey signs with its own id as the secret, so that a signature tells its key.
func ringKey(t testing.TB, id string, from, to time.Time) crypto.RingKey {
	t.Helper()
	m := crypto.Material{Secret: []byte(id)}
	return crypto.RingKey{ID: id, NotBefore: from, NotAfter: to, Signer: newSigner(t, "hmac-sm3", m), Verifier: newVerifier(t, "hmac-sm3", m)}
}

func TestKeyringChangesKeysAtTheirTimes(t *testing.T) {
	t.Parallel()
	now := day(1)
	ring, err := crypto.NewKeyring(func() time.Time { return now },
		ringKey(t, "old", time.Time{}, day(12)), ringKey(t, "new", day(10), day(20)), ringKey(t, "newest", day(15), time.Time{}))
	require.NoError(t, err)
	require.Equal(t, []string{"newest", "new", "old"}, ring.IDs())
	byOld, byNew := signed(t, ringKey(t, "old", day(1), day(1)).Signer, "text"), signed(t, ringKey(t, "new", day(1), day(1)).Signer, "text")
	for _, c := range []struct {
		at       time.Time
		signs    string
		old, new bool // which signatures verify
	}{
		{day(1), "old", true, false},
		{day(10).Add(-time.Second), "old", true, false},
		{day(10), "new", true, true},
		{day(12), "new", true, true},
		{day(12).Add(time.Second), "new", false, true},
		{day(15), "newest", false, true},
		{day(20).Add(time.Second), "newest", false, false},
	} {
		now = c.at
		id, signature, err := ring.SignWithID(context.Background(), []byte("text"))
		require.NoError(t, err)
		require.Equal(t, c.signs, id, "at %v", c.at)
		require.NoError(t, ring.Verify([]byte("text"), signature))
		require.NoError(t, ring.VerifyWith(id, []byte("text"), signature))
		require.Equal(t, signature, signed(t, ring, "text"))
		for key, signature := range map[string][]byte{"old": byOld, "new": byNew} {
			good := map[string]bool{"old": c.old, "new": c.new}[key]
			require.Equal(t, good, ring.Verify([]byte("text"), signature) == nil, "%s at %v", key, c.at)
			err := ring.VerifyWith(key, []byte("text"), signature)
			require.Equal(t, good, err == nil, "%s at %v", key, c.at)
			if err != nil {
				require.ErrorIs(t, err, crypto.ErrNoKey)
			}
		}
	}
	require.Equal(t, crypto.ErrSignature, ring.Verify([]byte("text"), byOld))
	require.Equal(t, crypto.ErrSignature, ring.VerifyWith("newest", []byte("text"), byOld), "the key of that id and no other")
}

func TestKeyringSaysThatNoKeyServes(t *testing.T) {
	t.Parallel()
	verifyOnly, signOnly := ringKey(t, "platform", day(1), day(2)), ringKey(t, "own", day(1), day(2))
	verifyOnly.Signer, signOnly.Verifier = nil, nil
	now := day(1)
	ring, err := crypto.NewKeyring(func() time.Time { return now }, verifyOnly)
	require.NoError(t, err)
	_, err = ring.Sign(context.Background(), []byte("text"))
	require.ErrorIs(t, err, crypto.ErrNoKey)
	require.ErrorContains(t, err, "none that signs is valid at 2024-01-01T00:00:00Z")
	require.NoError(t, ring.Replace(signOnly))
	require.ErrorIs(t, ring.Verify([]byte("text"), nil), crypto.ErrNoKey)
	require.ErrorContains(t, ring.VerifyWith("own", []byte("text"), nil), `key "own" does not verify`)
	err = ring.VerifyWith(strings.Repeat("x", 1000), []byte("text"), nil)
	require.ErrorIs(t, err, crypto.ErrNoKey)
	require.Less(t, len(err.Error()), 200, "an id may come from a stranger")
	now = day(3)
	_, err = ring.Sign(context.Background(), []byte("text"))
	require.ErrorContains(t, err, "2024-01-03")

	empty, err := crypto.NewKeyring(nil)
	require.NoError(t, err)
	_, err = empty.Sign(context.Background(), []byte("text"))
	require.ErrorIs(t, err, crypto.ErrNoKey)
	require.ErrorIs(t, empty.Verify([]byte("text"), nil), crypto.ErrNoKey)
	require.Empty(t, empty.IDs())
}

func TestKeyringRefusesWhatCannotWorkAndStaysAsItWas(t *testing.T) {
	t.Parallel()
	ring, err := crypto.NewKeyring(nil, ringKey(t, "a", time.Time{}, time.Time{}))
	require.NoError(t, err)
	good := ringKey(t, "b", day(1), day(2))
	for want, key := range map[string]crypto.RingKey{
		"a key has no ID":               {Signer: good.Signer},
		`two keys have the ID "a"`:      ringKey(t, "a", day(1), day(2)),
		"neither Signer nor Verifier":   {ID: "c"},
		`key "d" ends before it begins`: ringKey(t, "d", day(2), day(1)),
	} {
		require.ErrorContains(t, ring.Add(key), want)
		require.ErrorContains(t, ring.Replace(ringKey(t, "a", day(1), day(2)), key), want)
		_, err := crypto.NewKeyring(nil, ringKey(t, "a", day(1), day(2)), key)
		require.ErrorContains(t, err, want)
		require.Equal(t, []string{"a"}, ring.IDs())
	}
	require.NoError(t, ring.Add(good))
	require.Equal(t, []string{"b", "a"}, ring.IDs())
	require.True(t, ring.Remove("a"))
	require.False(t, ring.Remove("a"))
	require.NoError(t, ring.Replace())
	require.Empty(t, ring.IDs())
}

func TestKeyringKeepsItsOwnList(t *testing.T) {
	t.Parallel()
	keys := []crypto.RingKey{ringKey(t, "a", day(1), day(3)), ringKey(t, "b", day(2), day(3))}
	ring, err := crypto.NewKeyring(nil, keys...)
	require.NoError(t, err)
	require.Equal(t, "a", keys[0].ID, "the caller's order stays")
	keys[0].ID, keys[1].ID = "x", "y"
	require.Equal(t, []string{"b", "a"}, ring.IDs())
}

func TestKeyringHandsOnTheErrorOfItsSigner(t *testing.T) {
	t.Parallel()
	broken := errors.New("no card in the slot")
	key := ringKey(t, "a", time.Time{}, time.Time{})
	key.Signer = remote(t, "hmac-sm3", crypto.Material{}, func(context.Context, []byte) ([]byte, error) { return nil, broken })
	ring, err := crypto.NewKeyring(nil, key)
	require.NoError(t, err)
	id, _, err := ring.SignWithID(context.Background(), []byte("text"))
	require.ErrorIs(t, err, broken)
	require.Equal(t, "a", id)
}

// A signature must verify under the id it came with, whatever happens meanwhile.
func TestKeyringSwappedInTheMiddleOfTenThousandUsesFailsNone(t *testing.T) {
	t.Parallel()
	const uses = 10_000
	ring, err := crypto.NewKeyring(nil, ringKey(t, "key 0", time.Time{}, time.Time{}))
	require.NoError(t, err)
	keys := make([]crypto.RingKey, 200)
	for i := range keys {
		keys[i] = ringKey(t, fmt.Sprint("key ", i), time.Time{}, time.Time{})
	}
	var failed, done atomic.Int64
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range uses {
		group.Go(func() {
			<-start
			defer done.Add(1)
			message := []byte(fmt.Sprint("message ", i))
			id, signature, err := ring.SignWithID(context.Background(), message)
			if err != nil || newVerifier(t, "hmac-sm3", crypto.Material{Secret: []byte(id)}).Verify(message, signature) != nil {
				failed.Add(1)
			}
		})
	}
	swaps := 0
	group.Go(func() {
		<-start
		for i := 1; done.Load() < uses; i++ {
			next := keys[i%len(keys)]
			switch i % 3 {
			case 0:
				_ = ring.Replace(next)
			default: // the overlap of a real change: add, then remove what was before
				before := ring.IDs()
				if ring.Add(next) == nil {
					for _, id := range before {
						ring.Remove(id)
					}
				}
			}
			swaps++
		}
	})
	close(start)
	group.Wait()
	require.Zero(t, failed.Load())
	require.Greater(t, swaps, 10)
}
