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

// Whichever statement meets the set clock first: nodes without work look all the time, and
// so does every Put; neither notes the time.
func TestAClockSetWhileANodeLooksExpiresNothingAndEndsNoLease(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool, setClock := settable(t, d)
		var events []outbox.EventKind
		engine, err := outbox.NewSQLEngine(t.Context(), pool, d.Flavor, outbox.Config{
			MaxOffline: 72 * time.Hour, Lease: time.Minute, OnEvent: func(e outbox.Event) { events = append(events, e.Kind) },
		})
		require.NoError(t, err)
		put := func(key string, lane byte) {
			row := plainRow(key)
			row.TTL, row.Lane = time.Hour, outbox.Hash{lane}
			_, err := engine.Put(t.Context(), outbox.Put{Rows: []outbox.Row{row}})
			require.NoError(t, err)
		}
		put("held", 1)
		held, err := engine.Claim(t.Context(), "q", 1)
		require.NoError(t, err)
		require.Len(t, held.Claims, 1)
		put("waits", 1)
		for _, look := range []func(){
			func() { put("new", 2) },
			func() {
				batch, err := engine.Claim(t.Context(), "q", 9)
				require.NoError(t, err)
				require.Len(t, batch.Claims, 1, "the new one")
				require.EqualValues(t, 3, batch.Claims[0].Sequence)
				batch, err = engine.Claim(t.Context(), "q", 9) // only looks
				require.NoError(t, err)
				require.Empty(t, batch.Claims)
			},
		} {
			events = nil
			setClock(8)
			look()
			require.NoError(t, engine.Sweep(t.Context()))
			require.Equal(t, []outbox.EventKind{"clock-jump"}, events)
			setClock(0)
			require.NoError(t, engine.Sweep(t.Context()))
		}
		require.NoError(t, engine.Settle(t.Context(), outbox.Settlement{Claim: held.Claims[0], State: outbox.StateDelivered}))
		all, err := engine.Stats(t.Context())
		require.NoError(t, err)
		require.Zero(t, all["q"].Expired)
	})
}

// A node that has just started cannot tell a set clock from a night without nodes, but
// leaves others their leases, once as long as one lasts.
func TestANodeThatStartsAfterTheClockWasSetEndsNoLease(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool, setClock := settable(t, d)
		open := func() outbox.Engine {
			engine, err := outbox.NewSQLEngine(t.Context(), pool, d.Flavor, outbox.Config{MaxOffline: 72 * time.Hour, Lease: time.Minute})
			require.NoError(t, err)
			return engine
		}
		claims := func(e outbox.Engine) []outbox.Claim {
			batch, err := e.Claim(t.Context(), "q", 9)
			require.NoError(t, err)
			return batch.Claims
		}
		engine := open()
		for _, key := range []string{"a", "b"} {
			_, err := engine.Put(t.Context(), outbox.Put{Rows: []outbox.Row{plainRow(key)}})
			require.NoError(t, err)
		}
		held := claims(engine)
		require.Len(t, held, 1)
		setClock(8)
		other := open()
		require.NoError(t, other.Sweep(t.Context()))
		require.Empty(t, claims(other))
		require.Empty(t, claims(engine))
		require.NoError(t, engine.Settle(t.Context(), outbox.Settlement{Claim: held[0], After: 0}))
		require.Len(t, claims(engine), 1, "the worker gave it back")

		setClock(16)
		require.Empty(t, claims(open()))
		setClock(24)
		taken := claims(open())
		require.Len(t, taken, 1, "programs that never run for long take over all the same")
		require.Equal(t, held[0].Sequence, taken[0].Sequence)
	})
}

func TestAWorkerThatFrozeIsToldThatItsMessageEnded(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool := d.Open(t)
		for _, end := range []struct {
			name   string
			happen func(t *testing.T, e outbox.Engine)
			want   error
		}{
			{"dropped", func(t *testing.T, e outbox.Engine) {
				row := plainRow("newer")
				row.Queue, row.DropOldest = "dropped", true
				_, err := e.Put(t.Context(), outbox.Put{Rows: []outbox.Row{row}, MaxCount: 1})
				require.NoError(t, err)
			}, outbox.ErrClaimLost},
			{"expired", func(t *testing.T, e outbox.Engine) {
				advance(t, pool, 2*time.Hour)
				require.NoError(t, e.Sweep(t.Context()))
			}, outbox.ErrClaimLost},
			{"damaged", func(t *testing.T, e outbox.Engine) {
				change(t, pool, "UPDATE zwfw_outbox_messages SET checksum = checksum + 1 WHERE queue = 'damaged'")
				batch, err := e.Claim(t.Context(), "damaged", 1)
				require.NoError(t, err)
				require.Empty(t, batch.Claims)
			}, outbox.ErrClaimLost},
			{"purged", func(t *testing.T, e outbox.Engine) {
				n, err := e.Purge(t.Context(), outbox.Hash([]byte("subject of purge")))
				require.NoError(t, err)
				require.Equal(t, 1, n)
			}, nil},
		} {
			name := end.name
			engine, err := outbox.NewSQLEngine(t.Context(), pool, d.Flavor, outbox.Config{Lease: time.Hour})
			require.NoError(t, err)
			row := plainRow("a")
			row.Queue, row.TTL, row.Subject = name, 90*time.Minute, outbox.Hash([]byte(fmt.Sprintf("subject of %.5s", name)))
			_, err = engine.Put(t.Context(), outbox.Put{Rows: []outbox.Row{row}})
			require.NoError(t, err)
			batch, err := engine.Claim(t.Context(), name, 1)
			require.NoError(t, err)
			require.Len(t, batch.Claims, 1)
			change(t, pool, "UPDATE zwfw_outbox_messages SET turn_ms = 1 WHERE queue = '"+name+"'") // the lease has run out
			end.happen(t, engine)
			require.ErrorIs(t, engine.Settle(t.Context(), outbox.Settlement{Claim: batch.Claims[0], State: outbox.StateDelivered}), end.want, name)
			all, err := engine.Stats(t.Context())
			require.NoError(t, err)
			require.Zero(t, all[name].Delivered, name)
		}
	})
}
