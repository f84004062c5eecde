package zwfw_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// The store is tested against real servers in internal/interop.

func TestSQLTokenStoreSettingsAreChecked(t *testing.T) {
	t.Parallel()
	db := sql.OpenDB(sick{connect: func(context.Context) error { return errors.New("nothing is asked here") }})
	defer db.Close()
	for _, c := range []struct {
		db     *sql.DB
		flavor zwfw.SQLFlavor
		key    []byte
		want   string
	}{
		{nil, zwfw.PostgreSQL, tokenKey, "zwfw: NewSQLTokenStore: db is nil"},
		{db, "", tokenKey, `zwfw: NewSQLTokenStore: flavor "": "postgresql" or "mysql" is needed`},
		{db, "oracle", tokenKey, `zwfw: NewSQLTokenStore: flavor "oracle": "postgresql" or "mysql" is needed`},
		{db, zwfw.MySQL, nil, "zwfw: NewSQLTokenStore: the key has 0 bytes, 32 are needed"},
		{db, zwfw.MySQL, tokenKey[:16], "zwfw: NewSQLTokenStore: the key has 16 bytes, 32 are needed"},
	} {
		store, err := zwfw.NewSQLTokenStore(c.db, c.flavor, c.key)
		require.EqualError(t, err, c.want)
		require.Nil(t, store)
	}
	for _, flavor := range []zwfw.SQLFlavor{zwfw.PostgreSQL, zwfw.MySQL} {
		store, err := zwfw.NewSQLTokenStore(db, flavor, tokenKey)
		require.NoError(t, err, "a database that is down does not keep a program from starting")
		require.NotNil(t, store)
	}
}

func TestADatabaseThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := sickStore(t, func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New("the driver's own words")
		})
		began := time.Now()
		_, err := store.Load(t.Context(), "unit")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 3*time.Second, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = store.Swap(ctx, "unit", 0, zwfw.StoredToken{})
		require.EqualError(t, err, "zwfw: token table: context deadline exceeded")
		require.Equal(t, 4*time.Second, time.Since(began))
	})
}

func TestADriversErrorIsWrappedInOneLine(t *testing.T) {
	t.Parallel()
	failure := errors.New("failed to connect:\n\tfirst host\n\tsecond host\n")
	store := sickStore(t, func(context.Context) error { return failure })
	_, err := store.Swap(t.Context(), "unit", 0, zwfw.StoredToken{Token: zwfw.NewSecret("x")})
	require.EqualError(t, err, "zwfw: token table: failed to connect: first host second host")
	require.ErrorIs(t, err, failure)
}

func sickStore(t *testing.T, connect func(context.Context) error) zwfw.TokenStore {
	t.Helper()
	db := sql.OpenDB(sick{connect: connect})
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store, err := zwfw.NewSQLTokenStore(db, zwfw.PostgreSQL, tokenKey)
	require.NoError(t, err)
	return store
}

// sick is a database to which no connection comes about.
type sick struct{ connect func(context.Context) error }

func (s sick) Connect(ctx context.Context) (driver.Conn, error) { return nil, s.connect(ctx) }

func (s sick) Driver() driver.Driver { return nil }
