package interop_test

import (
	"context"
	"database/sql"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
)

const marker = "PLANTED-TOKEN-6f1d"

// planted is a token that must be seen nowhere.
func planted(n int) zwfw.StoredToken {
	return zwfw.StoredToken{Token: zwfw.NewSecret(marker + strings.Repeat("+", n)), Expires: time.Now().Add(time.Hour), Life: time.Hour}
}

func eachFlavor(t *testing.T, check func(t *testing.T, d dbserver.Database)) {
	t.Parallel()
	for _, flavor := range flavors {
		t.Run(string(flavor), func(t *testing.T) {
			t.Parallel()
			check(t, dbserver.Start(t, flavor, dbserver.Fast).Fresh(t))
		})
	}
}

func TestTokensAreSealedInTheTable(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		store := sqlStore(t, d, tokenKey)
		require.True(t, swap(t, store, "city-unit", 0, planted(0)))
		require.True(t, swap(t, store, "city-unit", 1, planted(1)))
		var id, sealed string
		pool := d.Open(t)
		require.NoError(t, pool.QueryRow("SELECT id, sealed FROM zwfw_tokens").Scan(&id, &sealed))
		inside, err := base64.StdEncoding.DecodeString(sealed)
		require.NoError(t, err)
		require.NotContains(t, id+sealed+string(inside), marker)
		require.NotContains(t, id+sealed+string(inside), "city-unit")

		_, err = pool.Exec("UPDATE zwfw_tokens SET id = '" + strings.Repeat("0", 64) + "'")
		require.NoError(t, err)
		require.Zero(t, load(t, store, "city-unit"))
		require.True(t, swap(t, store, "other-unit", 0, planted(2)))
		_, err = pool.Exec("UPDATE zwfw_tokens SET sealed = '" + sealed + "'")
		require.NoError(t, err)
		require.True(t, load(t, store, "other-unit").Token.IsZero(), "another unit's seal")
		_, err = pool.Exec("UPDATE zwfw_tokens SET sealed = '?'")
		require.NoError(t, err)
		require.True(t, load(t, store, "other-unit").Token.IsZero(), "no seal at all")
	})
}

func TestManyProcessesMakeTheTableAtOnce(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool := d.Open(t)
		for range 20 {
			begin := make(chan struct{})
			var wg sync.WaitGroup
			for range 8 {
				store, err := zwfw.NewSQLTokenStore(pool, d.Flavor, tokenKey)
				require.NoError(t, err)
				wg.Go(func() {
					<-begin
					if _, err := store.Load(t.Context(), "unit"); err != nil {
						t.Error(err)
					}
				})
			}
			close(begin)
			wg.Wait()
			_, err := pool.Exec("DROP TABLE zwfw_tokens")
			require.NoError(t, err)
		}
	})
}

func TestATableMadeBeforehandNeedsNoRightToMakeOne(t *testing.T) {
	t.Parallel()
	d := dbserver.Start(t, zwfw.PostgreSQL, dbserver.Fast).Fresh(t)
	admin, clerk := d.Open(t), d.Open(t)
	clerk.SetMaxOpenConns(1) // the one that takes the role
	run := func(pool *sql.DB, text string) {
		_, err := pool.Exec(text)
		require.NoError(t, err)
	}
	role := "clerk_of_" + d.Name // roles are the whole server's
	run(admin, `CREATE ROLE `+role+`; REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
	run(clerk, `SET ROLE `+role)
	store, err := zwfw.NewSQLTokenStore(clerk, d.Flavor, tokenKey)
	require.NoError(t, err)
	_, err = store.Load(t.Context(), "unit")
	require.ErrorContains(t, err, "permission denied")

	run(admin, `CREATE TABLE zwfw_tokens (id VARCHAR(64) NOT NULL PRIMARY KEY, sealed TEXT NOT NULL,
	    expires_ms BIGINT NOT NULL, life_ms BIGINT NOT NULL, renewing_ms BIGINT NOT NULL,
	    version BIGINT NOT NULL)`)
	run(admin, `GRANT SELECT, INSERT, UPDATE ON zwfw_tokens TO `+role)
	require.True(t, swap(t, store, "unit", 0, planted(0)))
	require.True(t, swap(t, store, "unit", 1, planted(1)))
	require.EqualValues(t, 2, load(t, store, "unit").Version)
}

func TestALostLineGivesAnErrorAndLosesNothing(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		line, far := dbserver.OverLine(t, d)
		store := sqlStore(t, far, tokenKey)
		line.Down(true)
		_, err := store.Load(t.Context(), "unit")
		requirePlain(t, err)
		line.Down(false)
		require.True(t, swap(t, store, "unit", 0, planted(0)), "it works although the first call failed")

		line.Down(true)
		_, err = store.Load(t.Context(), "unit")
		requirePlain(t, err)
		_, err = store.Swap(t.Context(), "unit", 1, planted(1))
		requirePlain(t, err)
		line.Down(false)
		kept := load(t, store, "unit")
		require.EqualValues(t, 1, kept.Version)
		require.Equal(t, marker, kept.Token.Reveal())
		require.True(t, swap(t, store, "unit", 1, planted(1)))
	})
}

// One statement is one question and one answer here, so that the lost answer is that of
// the write.
func TestAWriteWhoseAnswerWasLostIsKnownToBeDone(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		line, far := dbserver.OverLine(t, d)
		dsn := far.DSN() + "&interpolateParams=true"
		if d.Flavor == zwfw.PostgreSQL {
			dsn = far.DSN() + "&default_query_exec_mode=simple_protocol"
		}
		pool, err := sql.Open(far.Driver(), dsn)
		require.NoError(t, err)
		t.Cleanup(func() { _ = pool.Close() })
		pool.SetMaxOpenConns(1)
		store, err := zwfw.NewSQLTokenStore(pool, d.Flavor, tokenKey)
		require.NoError(t, err)
		require.Zero(t, load(t, store, "unit"))
		for old := range int64(3) { // the first inserts, the others update
			line.LoseAnswer()
			require.True(t, swap(t, store, "unit", old, planted(int(old))))
			require.True(t, planted(int(old)).Token.Equal(load(t, store, "unit").Token))
		}
		line.LoseAnswer()
		require.False(t, swap(t, store, "unit", 1, planted(9)), "it was late, and its answer was lost too")
		require.EqualValues(t, 3, load(t, store, "unit").Version)
	})
}

func TestACallThatIsGivenUpSaysSo(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		store := sqlStore(t, d, tokenKey)
		require.True(t, swap(t, store, "unit", 0, planted(0)))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := store.Swap(ctx, "unit", 1, planted(1))
		require.ErrorIs(t, err, context.Canceled)
		require.EqualValues(t, 1, load(t, store, "unit").Version, "given up before it began")

		tx, err := d.Open(t).Begin() // somebody holds the row
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		_, err = tx.Exec("UPDATE zwfw_tokens SET life_ms = 1")
		require.NoError(t, err)
		ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err = store.Swap(ctx, "unit", 1, planted(1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = store.Swap(t.Context(), "unit", 1, planted(1))
		require.ErrorIs(t, err, context.DeadlineExceeded, "without a deadline of the caller's too")
		require.EqualValues(t, 1, load(t, store, "unit").Version, "others can still read")
	})
}

func TestATableThatDoesNotFitAndTheWrongFlavorAreSaidPlainly(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool := d.Open(t)
		wrong := map[zwfw.SQLFlavor]zwfw.SQLFlavor{zwfw.PostgreSQL: zwfw.MySQL, zwfw.MySQL: zwfw.PostgreSQL}[d.Flavor]
		store, err := zwfw.NewSQLTokenStore(pool, wrong, tokenKey)
		require.NoError(t, err)
		_, err = store.Swap(t.Context(), "unit", 0, planted(0))
		requirePlain(t, err)

		_, err = pool.Exec("DROP TABLE IF EXISTS zwfw_tokens")
		require.NoError(t, err)
		_, err = pool.Exec("CREATE TABLE zwfw_tokens (id INT)")
		require.NoError(t, err)
		_, err = sqlStore(t, d, tokenKey).Swap(t.Context(), "unit", 0, planted(0))
		requirePlain(t, err)
		require.ErrorContains(t, err, "sealed")
	})
}

// requirePlain wants an error of one line that says where and shows no secret.
func requirePlain(t *testing.T, err error) {
	t.Helper()
	require.ErrorContains(t, err, "zwfw: token table: ")
	require.NotContains(t, err.Error(), "\n")
	require.NotContains(t, err.Error(), marker)
}
