package interop_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/outbox"
)

func TestFiveProcessesMakeTheTablesAtOnce(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		var nodes []*node
		for range 5 {
			nodes = append(nodes, startNode(t, nodeTask{Database: d, Name: "n"}))
		}
		for _, n := range nodes {
			n.next(t)
		}
		for _, n := range nodes {
			n.await(t, "opened")
		}
		pool := d.Open(t)
		o := openSQL(t, d, nodeConfig(1))
		_, err := o.Enqueue(t.Context(), message("works"))
		require.NoError(t, err)
		audit(t, pool, o)

		change(t, pool, "UPDATE zwfw_outbox_version SET version = 2")
		_, err = outbox.OpenSQL(t.Context(), pool, d.Flavor, nodeConfig(1))
		require.ErrorIs(t, err, outbox.ErrNewer)
		var version int
		require.NoError(t, pool.QueryRow("SELECT version FROM zwfw_outbox_version").Scan(&version))
		require.Equal(t, 2, version)
	})
}

func TestTablesMadeByAnAdministratorAreTaken(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool := d.Open(t)
		for _, text := range strings.Split(outbox.SQLSchema(d.Flavor), ";\n") {
			if text != "" {
				change(t, pool, text)
			}
		}
		o := openSQL(t, d, nodeConfig(1))
		_, err := o.Enqueue(t.Context(), message("works"))
		require.NoError(t, err)
	})
}

func TestNothingReadableStandsInTheTables(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool, o := d.Open(t), openSQL(t, d, nodeConfig(1))
		planted := "PLANTED-370100199001011234"
		m := outbox.Message{Queue: "work", Key: planted, Order: planted, Subject: planted, Body: []byte(planted)}
		_, err := o.Apply(t.Context(), []outbox.Message{m, message("dead")}, map[string][]byte{"cursor": []byte(planted)})
		require.NoError(t, err)
		text := dump(t, pool)
		require.Contains(t, text, "work", "what the dump would show")
		require.NotContains(t, text, "PLANTED")
		require.NotContains(t, text, "199001011234")

		n, err := o.Purge(t.Context(), planted)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		audit(t, pool, o)
	})
}

// dump gives the bytes of all tables of the outbox.
func dump(t *testing.T, pool *sql.DB) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"version", "values", "intake", "flow", "messages"} {
		rows, err := pool.Query("SELECT * FROM zwfw_outbox_" + table)
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			require.NoError(t, rows.Scan(into...))
			for _, v := range values {
				fmt.Fprintf(&all, "%s ", v)
			}
		}
		require.NoError(t, rows.Err())
	}
	return all.String()
}

func TestAChangedByteIsFound(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool := d.Open(t)
		engine, err := outbox.NewSQLEngine(t.Context(), pool, d.Flavor, outbox.Config{})
		require.NoError(t, err)
		_, err = engine.Put(t.Context(), outbox.Put{Rows: []outbox.Row{plainRow("a"), plainRow("b")}})
		require.NoError(t, err)
		_, err = pool.Exec(d.Flavor.Statement("UPDATE zwfw_outbox_messages SET sealed = ? WHERE seq = 1"), []byte("x/1"))
		require.NoError(t, err)
		batch, err := engine.Claim(t.Context(), "q", 9)
		require.NoError(t, err)
		require.Len(t, batch.Claims, 1)
		require.Equal(t, "b/2", string(batch.Claims[0].Sealed), "the lane goes on")
		dead, err := engine.Dead(t.Context(), "q", 0, 9)
		require.NoError(t, err)
		require.Equal(t, []outbox.DeadRow{{Sequence: 1, Damaged: true, Class: outbox.Class{Reason: "damaged"}}}, dead)
		n, err := engine.Replay(t.Context(), "q", []uint64{1})
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestASetClockOfTheDatabaseExpiresNothing(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool, setClock := settable(t, d)
		var events []outbox.EventKind
		config := outbox.Config{MaxOffline: 72 * time.Hour, OnEvent: func(e outbox.Event) { events = append(events, e.Kind) }}
		open := func() outbox.Engine {
			engine, err := outbox.NewSQLEngine(t.Context(), pool, d.Flavor, config)
			require.NoError(t, err)
			return engine
		}
		engine := open()
		row := plainRow("a")
		row.TTL = time.Hour
		_, err := engine.Put(t.Context(), outbox.Put{Rows: []outbox.Row{row}})
		require.NoError(t, err)
		for _, hours := range []int{8, 0, -1000, 1000} {
			setClock(hours)
			require.NoError(t, engine.Sweep(t.Context()))
		}
		require.Equal(t, []outbox.EventKind{"clock-jump", "clock-jump", "clock-jump", "clock-jump"}, events)

		setClock(2000)
		engine, events = open(), nil
		require.NoError(t, engine.Sweep(t.Context()))
		require.Equal(t, []outbox.EventKind{"clock-jump"}, events, "too long for a pause")
		batch, err := engine.Claim(t.Context(), "q", 1)
		require.NoError(t, err)
		require.Len(t, batch.Claims, 1)
		require.Less(t, batch.Claims[0].Age, 10*time.Minute)
		require.NoError(t, engine.Settle(t.Context(), outbox.Settlement{Claim: batch.Claims[0]}))

		setClock(2008)
		engine, events = open(), nil
		require.NoError(t, engine.Sweep(t.Context()))
		require.Equal(t, []outbox.EventKind{"expired"}, events, "eight hours without any node count")
	})
}

// settable gives a pool of one connection that is told another time: PostgreSQL by a
// function of the same name in a schema that is searched first, MariaDB by its session.
func settable(t *testing.T, d dbserver.Database) (*sql.DB, func(hours int)) {
	pool := d.Open(t)
	pool.SetMaxOpenConns(1)
	if d.Flavor == zwfw.MySQL {
		return pool, func(hours int) {
			change(t, pool, fmt.Sprintf("SET timestamp = %d", time.Now().Add(time.Duration(hours)*time.Hour).Unix()))
		}
	}
	change(t, pool, `CREATE SCHEMA told; CREATE TABLE told.shift (hours INT); INSERT INTO told.shift VALUES (0);
		CREATE FUNCTION told.clock_timestamp() RETURNS timestamptz AS
		'SELECT pg_catalog.clock_timestamp() + hours * INTERVAL ''1 hour'' FROM told.shift' LANGUAGE sql;
		SET search_path = told, pg_catalog`)
	return pool, func(hours int) { change(t, pool, fmt.Sprintf("UPDATE told.shift SET hours = %d", hours)) }
}

func TestSettingsOfTheSQLEngineAreChecked(t *testing.T) {
	t.Parallel()
	pool, err := sql.Open("pgx", "")
	require.NoError(t, err)
	defer pool.Close()
	for want, open := range map[string]func() (*outbox.Outbox, error){
		"outbox: open: db is nil": func() (*outbox.Outbox, error) {
			return outbox.OpenSQL(t.Context(), nil, zwfw.PostgreSQL, nodeConfig(1))
		},
		`outbox: open: flavor "oracle": "postgresql" or "mysql" is needed`: func() (*outbox.Outbox, error) {
			return outbox.OpenSQL(t.Context(), pool, "oracle", nodeConfig(1))
		},
	} {
		_, err := open()
		require.EqualError(t, err, want)
	}
}
