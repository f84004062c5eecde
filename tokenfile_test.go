package zwfw_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

var tokenKey = bytes.Repeat([]byte{7}, 32)

func tokenFile(t *testing.T) (zwfw.TokenStore, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens")
	store, err := zwfw.NewFileTokenStore(path, tokenKey)
	require.NoError(t, err)
	return store, path
}

func TestATokenFileKeepsWhatWasSwappedInAndIsSealed(t *testing.T) {
	t.Parallel()
	store, path := tokenFile(t)
	kept, err := store.Load(t.Context(), "unit")
	require.NoError(t, err)
	require.Zero(t, kept)
	expires := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	ok, err := store.Swap(t.Context(), "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("PLANTED-TOKEN"), Expires: expires, Life: time.Hour})
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = store.Swap(t.Context(), "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("late")})
	require.NoError(t, err)
	require.False(t, ok, "somebody was first")

	again, err := zwfw.NewFileTokenStore(path, tokenKey)
	require.NoError(t, err)
	kept, err = again.Load(t.Context(), "unit")
	require.NoError(t, err)
	require.Equal(t, "PLANTED-TOKEN", kept.Token.Reveal())
	require.True(t, kept.Expires.Equal(expires))
	require.EqualValues(t, 1, kept.Version)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(data), "PLANTED")
	if runtime.GOOS != "windows" {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}

func TestADamagedOrForeignTokenFileCountsAsEmpty(t *testing.T) {
	t.Parallel()
	store, path := tokenFile(t)
	ok, err := store.Swap(t.Context(), "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("a")})
	require.NoError(t, err)
	require.True(t, ok)
	other, err := zwfw.NewFileTokenStore(path, bytes.Repeat([]byte{8}, 32))
	require.NoError(t, err)
	kept, err := other.Load(t.Context(), "unit")
	require.NoError(t, err)
	require.Zero(t, kept)
	sealed, err := os.ReadFile(path)
	require.NoError(t, err)
	for n := range sealed {
		require.NoError(t, os.WriteFile(path, sealed[:n], 0o600))
		kept, err = store.Load(t.Context(), "unit")
		require.NoError(t, err)
		require.Zero(t, kept)
	}
	ok, err = store.Swap(t.Context(), "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("b")})
	require.NoError(t, err)
	require.True(t, ok)
}

func TestOfManySwappersOneWins(t *testing.T) {
	t.Parallel()
	store, path := tokenFile(t)
	other, err := zwfw.NewFileTokenStore(path, tokenKey)
	require.NoError(t, err)
	for version := range int64(5) {
		var mu sync.Mutex
		won := 0
		var wg sync.WaitGroup
		for _, s := range []zwfw.TokenStore{store, other, store, other} {
			wg.Go(func() {
				ok, err := s.Swap(t.Context(), "unit", version, zwfw.StoredToken{Token: zwfw.NewSecret("x")})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if ok {
					won++
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, won)
	}
	leftovers, err := filepath.Glob(path + ".*")
	require.NoError(t, err)
	require.Empty(t, leftovers)
}

func TestALockOfADeadProcessIsBroken(t *testing.T) {
	t.Parallel()
	store, path := tokenFile(t)
	require.NoError(t, os.WriteFile(path+".lock", nil, 0o600))
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(path+".lock", old, old))
	ok, err := store.Swap(t.Context(), "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("x")})
	require.NoError(t, err)
	require.True(t, ok)
}

func TestTokenFileSettingsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := zwfw.NewFileTokenStore("", tokenKey)
	require.ErrorContains(t, err, "path")
	_, err = zwfw.NewFileTokenStore("x", []byte("short"))
	require.ErrorContains(t, err, "5 bytes, 32 are needed")
	for _, o := range []zwfw.Option{zwfw.WithTokenStore(nil), zwfw.WithLimit(zwfw.Limit{}), zwfw.WithLimit(zwfw.Limit{PerSecond: -1}), zwfw.WithBreaker(zwfw.Breaker{Pause: -1})} {
		_, err := zwfw.NewSettings(o)
		require.Error(t, err)
	}
}

func TestACancelledSwapOfTheFileWritesNothing(t *testing.T) {
	t.Parallel()
	store, err := zwfw.NewFileTokenStore(filepath.Join(t.TempDir(), "tokens"), make([]byte, 32))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = store.Swap(ctx, "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("t")})
	require.ErrorIs(t, err, context.Canceled)
	kept, err := store.Load(t.Context(), "unit")
	require.NoError(t, err)
	require.Zero(t, kept.Version)
}
