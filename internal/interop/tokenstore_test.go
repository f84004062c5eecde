package interop_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
)

var flavors = []zwfw.SQLFlavor{zwfw.PostgreSQL, zwfw.MySQL}

var tokenKey = bytes.Repeat([]byte{7}, 32)

// opener opens the same tokens as another process would, with that key.
type opener func(key []byte) zwfw.TokenStore

func sqlStore(t *testing.T, d dbserver.Database, key []byte) zwfw.TokenStore {
	t.Helper()
	store, err := zwfw.NewSQLTokenStore(d.Open(t), d.Flavor, key)
	require.NoError(t, err)
	return store
}

// stores are the kinds of store, each of which behaves as the table says.
var stores = map[string]func(t *testing.T) opener{
	"file": func(t *testing.T) opener {
		path := filepath.Join(t.TempDir(), "tokens")
		return func(key []byte) zwfw.TokenStore {
			store, err := zwfw.NewFileTokenStore(path, key)
			require.NoError(t, err)
			return store
		}
	},
	"postgresql": sqlOpener(zwfw.PostgreSQL),
	"mysql":      sqlOpener(zwfw.MySQL),
}

func sqlOpener(flavor zwfw.SQLFlavor) func(t *testing.T) opener {
	return func(t *testing.T) opener {
		d := dbserver.Start(t, flavor, dbserver.Fast).Fresh(t)
		return func(key []byte) zwfw.TokenStore { return sqlStore(t, d, key) }
	}
}

var behaviours = map[string]func(t *testing.T, open opener){
	"nothing kept is the zero value": func(t *testing.T, open opener) {
		require.Zero(t, load(t, open(tokenKey), "unit"))
	},
	"what was swapped in is found by another process": func(t *testing.T, open opener) {
		token := zwfw.StoredToken{
			Token: zwfw.NewSecret("a 统一 token\x00" + strings.Repeat("x", 8<<10)), Life: 90 * time.Minute,
			Expires: time.Date(2024, 1, 2, 3, 4, 5, 6e6, time.FixedZone("", 8*3600)), Renewing: time.Date(2024, 1, 2, 3, 4, 15, 0, time.UTC),
		}
		require.True(t, swap(t, open(tokenKey), "unit", 0, token))
		requireKept(t, token, 1, load(t, open(tokenKey), "unit"))
	},
	"a lease without a token, zero times": func(t *testing.T, open opener) {
		require.True(t, swap(t, open(tokenKey), "unit", 0, zwfw.StoredToken{}))
		require.Equal(t, zwfw.StoredToken{Version: 1}, load(t, open(tokenKey), "unit"))
	},
	"a swap that comes late changes nothing": func(t *testing.T, open opener) {
		store := open(tokenKey)
		first := zwfw.StoredToken{Token: zwfw.NewSecret("first")}
		require.False(t, swap(t, store, "unit", 3, first), "nothing is kept")
		require.True(t, swap(t, store, "unit", 0, first))
		require.False(t, swap(t, store, "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("late")}))
		requireKept(t, first, 1, load(t, store, "unit"))
		second := zwfw.StoredToken{Token: zwfw.NewSecret("second")}
		require.True(t, swap(t, store, "unit", 1, second))
		for _, old := range []int64{-1, 0, 1, 3} {
			require.False(t, swap(t, store, "unit", old, zwfw.StoredToken{Token: zwfw.NewSecret("late")}), old)
		}
		requireKept(t, second, 2, load(t, store, "unit"))
	},
	"an equal token is swapped in too": func(t *testing.T, open opener) {
		same := zwfw.StoredToken{Token: zwfw.NewSecret("same")}
		for old := range int64(3) {
			require.True(t, swap(t, open(tokenKey), "unit", old, same))
		}
		requireKept(t, same, 3, load(t, open(tokenKey), "unit"))
	},
	"keys are told apart whatever their letters and length": func(t *testing.T, open opener) {
		store := open(tokenKey)
		keys := []string{"", "unit", "Unit", "unit ", " unit", "ünit", "单位", "單位", "unit\x00", "'; --", strings.Repeat("长", 2000), strings.Repeat("长", 2001)}
		for _, key := range keys {
			require.True(t, swap(t, store, key, 0, zwfw.StoredToken{Token: zwfw.NewSecret("of " + key)}), "%q", key)
		}
		for _, key := range keys {
			require.Equal(t, "of "+key, load(t, store, key).Token.Reveal(), "%q", key)
		}
	},
	"what another key sealed is no token and can be replaced": func(t *testing.T, open opener) {
		require.True(t, swap(t, open(tokenKey), "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("old")}))
		other := open(bytes.Repeat([]byte{8}, 32))
		kept := load(t, other, "unit")
		require.True(t, kept.Token.IsZero())
		require.True(t, swap(t, other, "unit", kept.Version, zwfw.StoredToken{Token: zwfw.NewSecret("new")}))
		require.Equal(t, "new", load(t, other, "unit").Token.Reveal())
		require.True(t, load(t, open(tokenKey), "unit").Token.IsZero())
	},
	"of many swappers one wins": func(t *testing.T, open opener) {
		processes := []zwfw.TokenStore{open(tokenKey), open(tokenKey), open(tokenKey)}
		for version := range int64(10) {
			var won atomic.Int64
			var wg sync.WaitGroup
			for range 5 {
				for _, store := range processes {
					wg.Go(func() {
						ok, err := store.Swap(t.Context(), "unit", version, zwfw.StoredToken{Token: zwfw.NewSecret("x")})
						if err != nil {
							t.Error(err)
						}
						if ok {
							won.Add(1)
						}
					})
				}
			}
			wg.Wait()
			require.EqualValues(t, 1, won.Load(), "version %d", version)
		}
	},
	"a cancelled load says so": func(t *testing.T, open opener) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := open(tokenKey).Load(ctx, "unit")
		require.ErrorIs(t, err, context.Canceled)
	},
}

func TestEveryTokenStoreBehavesAlike(t *testing.T) {
	t.Parallel()
	for kind, prepare := range stores {
		for behaviour, check := range behaviours {
			t.Run(kind+"/"+behaviour, func(t *testing.T) {
				t.Parallel()
				check(t, prepare(t))
			})
		}
	}
}

func load(t *testing.T, store zwfw.TokenStore, key string) zwfw.StoredToken {
	t.Helper()
	kept, err := store.Load(t.Context(), key)
	require.NoError(t, err)
	return kept
}

func swap(t *testing.T, store zwfw.TokenStore, key string, old int64, token zwfw.StoredToken) bool {
	t.Helper()
	ok, err := store.Swap(t.Context(), key, old, token)
	require.NoError(t, err)
	return ok
}

func requireKept(t *testing.T, want zwfw.StoredToken, version int64, kept zwfw.StoredToken) {
	t.Helper()
	require.True(t, want.Token.Equal(kept.Token))
	require.True(t, want.Expires.Equal(kept.Expires), kept.Expires)
	require.True(t, want.Renewing.Equal(kept.Renewing), kept.Renewing)
	require.Equal(t, want.Life, kept.Life)
	require.Equal(t, version, kept.Version)
}
