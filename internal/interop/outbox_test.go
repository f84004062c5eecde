package interop_test

import (
	"context"
	"database/sql"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/outbox/outboxtest"
)

const keepKeys = 3 * time.Hour

// shelf is the engine in a database, whose time a test moves there. Its leases last until
// the engine is closed, which stands for the time that the checks let pass afterwards.
func shelf(t testing.TB, d dbserver.Database) outboxtest.Store {
	pool := hostile(t, d)
	admin := d.Open(t)
	return outboxtest.Store{
		KeepKeys: keepKeys,
		Open: func() (outbox.Engine, error) {
			e, err := outbox.NewSQLEngine(context.Background(), pool, d.Flavor, outbox.Config{KeepKeys: keepKeys, Lease: 1000 * time.Hour})
			return outlived{e, t, admin}, err
		},
		Advance: func(by time.Duration) { advance(t, admin, by) },
	}
}

// hostile gives a pool of sessions with other defaults than the engine wants.
func hostile(t testing.TB, d dbserver.Database) *sql.DB {
	t.Helper()
	dsn := d.DSN() + "&default_transaction_isolation=serializable"
	if d.Flavor == zwfw.MySQL {
		dsn = d.DSN() + "&tx_isolation=%27SERIALIZABLE%27&autocommit=0"
	}
	pool, err := sql.Open(d.Driver(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

type outlived struct {
	outbox.Engine
	t    testing.TB
	pool *sql.DB
}

func (o outlived) Close() error {
	change(o.t, o.pool, "UPDATE zwfw_outbox_messages SET turn_ms = 1 WHERE turn_ms > 1")
	return o.Engine.Close()
}

func advance(t testing.TB, pool *sql.DB, by time.Duration) {
	change(t, pool, "UPDATE zwfw_outbox_flow SET clock_ms = clock_ms + "+decimal(by.Milliseconds()))
}

func change(t testing.TB, pool *sql.DB, text string) {
	t.Helper()
	if _, err := pool.Exec(text); err != nil {
		t.Fatal(err)
	}
}

func TestSQLKeepsWhatAnEnginePromises(t *testing.T) {
	t.Parallel()
	for _, flavor := range flavors {
		t.Run(string(flavor), func(t *testing.T) {
			t.Parallel()
			s := dbserver.Start(t, flavor, dbserver.Fast)
			for _, c := range outboxtest.Cases() {
				t.Run(c.Name, func(t *testing.T) {
					t.Parallel()
					d := s.Fresh(t)
					c.Check(t, shelf(t, d))
				})
			}
		})
	}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// long gives the full number of something when ZWFW_LONG=1 asks for it.
func long(short, full int) int {
	if os.Getenv("ZWFW_LONG") == "1" {
		return full
	}
	return short
}

func openSQL(t testing.TB, d dbserver.Database, config outbox.Config) *outbox.Outbox {
	t.Helper()
	o, err := outbox.OpenSQL(t.Context(), d.Open(t), d.Flavor, config)
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = o.Close(context.Background()) })
	return o
}

// audit compares the counts with the rows.
func audit(t testing.TB, pool *sql.DB, o *outbox.Outbox) {
	t.Helper()
	_, s, err := o.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, s.Enqueued, s.Delivered+s.Dead+s.Expired+s.Refused+s.Pending)
	var pending, letters, bytes int64
	require.NoError(t, pool.QueryRow(`SELECT COALESCE(SUM(CASE WHEN state = 0 THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN state = 2 THEN 1 ELSE 0 END), 0),
		COALESCE(SUM(LENGTH(sealed)), 0) FROM zwfw_outbox_messages`).Scan(&pending, &letters, &bytes))
	require.Equal(t, []int64{pending, letters, bytes}, []int64{s.Pending, s.Letters, s.Bytes})
}
