package outbox

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// harm changes a closed file behind the outbox's back.
func harm(t *testing.T, path string, change func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(change))
	require.NoError(t, db.Close())
}

// flipByte changes a byte of a value so that its check sum does not match.
func flipByte(b *bbolt.Bucket, key []byte, at int) error {
	v := append([]byte(nil), b.Get(key)...)
	v[at] ^= 1
	return b.Put(key, v)
}

func TestTheKeyOfALostRecordCanBeUsedAgain(t *testing.T) {
	t.Parallel()
	first := seqKey(1, 1)
	for name, change := range map[string]func(rows *bbolt.Bucket) error{
		"lost":                 func(rows *bbolt.Bucket) error { return rows.Delete(first) },
		"damaged in its body":  func(rows *bbolt.Bucket) error { return flipByte(rows, first, rowHead) },
		"damaged in its key":   func(rows *bbolt.Bucket) error { return flipByte(rows, first, 3) },
		"damaged in its order": func(rows *bbolt.Bucket) error { return flipByte(rows, first, 20) },
	} {
		for _, indexed := range []bool{false, true} {
			for _, claimed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, indexed %v, claimed before %v", name, indexed, claimed), func(t *testing.T) {
					t.Parallel()
					path := filepath.Join(t.TempDir(), "outbox.db")
					f := fileAt(t, path, fileOptions{})
					f.store(t, plainRow(1, 1), plainRow(2, 2))
					if indexed {
						f.index(t)
					}
					require.NoError(t, f.Close())
					harm(t, path, func(tx *bbolt.Tx) error { return change(tx.Bucket(bucketRows)) })
					f = fileAt(t, path, fileOptions{})
					if claimed {
						f.settleAll(t)
						require.EqualValues(t, 1, f.counted(t).Delivered)
					}
					placed, err := f.Put(t.Context(), Put{Rows: []Row{plainRow(1, 1)}})
					require.NoError(t, err)
					require.Equal(t, Placed{Sequence: 3}, placed[0], "stored anew")
					f.settleAll(t)
					s := f.counted(t)
					require.Equal(t, [4]int64{3, 2, 1, 0}, [4]int64{s.Enqueued, s.Delivered, s.Damaged + s.Missing, s.Pending})
					_, err = f.Discard(t.Context(), "q", []uint64{1})
					require.NoError(t, err)
					placed, err = f.Put(t.Context(), Put{Rows: []Row{plainRow(1, 1)}})
					require.NoError(t, err)
					require.Equal(t, Placed{Sequence: 3, Duplicate: true, State: StateDelivered}, placed[0])
				})
			}
		}
	}
}

func TestTheKeyOfADamagedLetterCanBeUsedAgain(t *testing.T) {
	t.Parallel()
	for _, discarded := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "outbox.db")
		f := fileAt(t, path, fileOptions{})
		f.store(t, plainRow(1, 0))
		require.NoError(t, f.Settle(t.Context(), Settlement{Claim: f.claims(t, 1)[0], State: StateDead}))
		require.NoError(t, f.Close())
		harm(t, path, func(tx *bbolt.Tx) error {
			dead := tx.Bucket(bucketDead)
			return flipByte(dead, seqKey(1, 1), len(dead.Get(seqKey(1, 1)))-5)
		})
		f = fileAt(t, path, fileOptions{})
		if discarded {
			n, err := f.Discard(t.Context(), "q", []uint64{1})
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
		placed, err := f.Put(t.Context(), Put{Rows: []Row{plainRow(1, 0)}})
		require.NoError(t, err)
		require.Equal(t, Placed{Sequence: 2}, placed[0])
	}
}

// index makes the index hold every row.
func (f *file) index(t *testing.T) {
	t.Helper()
	require.NoError(t, f.do(t.Context(), true, func(w *write) error {
		q, _, err := w.find("q")
		if err != nil {
			return err
		}
		return w.writeIndex(q, recentMax)
	}))
}

func (f *file) settleAll(t *testing.T) {
	t.Helper()
	for {
		claims := f.claims(t, 9)
		if len(claims) == 0 {
			return
		}
		for _, c := range claims {
			require.NoError(t, f.Settle(t.Context(), Settlement{Claim: c, State: StateDelivered}))
		}
	}
}
