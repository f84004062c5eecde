package interop_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/outbox"
)

// mishap befalls commits: around is called instead of each, and calls it. An error of
// before is that of a statement, which does not come about.
type mishap struct {
	driver.Driver
	dsn    string
	around func(commit func() error) error
	before func(statement string) error
}

func (m *mishap) Connect(context.Context) (driver.Conn, error) {
	c, err := m.Open(m.dsn)
	return &mishapConn{c, m}, err
}

func (m *mishap) pool(t *testing.T, d dbserver.Database) *sql.DB {
	plain, err := sql.Open(d.Driver(), d.DSN())
	require.NoError(t, err)
	m.Driver, m.dsn = plain.Driver(), d.DSN()
	require.NoError(t, plain.Close())
	pool := sql.OpenDB(connector{m})
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

type connector struct{ *mishap }

func (c connector) Driver() driver.Driver { return c.mishap.Driver }

type mishapConn struct {
	driver.Conn
	*mishap
}

func (c *mishapConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return mishapTx{tx, c.mishap}, err
}

func (c *mishapConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if c.before != nil {
		if err := c.before(text); err != nil {
			return nil, err
		}
	}
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
}

func (c *mishapConn) CheckNamedValue(v *driver.NamedValue) error {
	return c.Conn.(driver.NamedValueChecker).CheckNamedValue(v)
}

func (c *mishapConn) ResetSession(ctx context.Context) error {
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

type mishapTx struct {
	driver.Tx
	*mishap
}

func (t mishapTx) Commit() error {
	if t.around == nil {
		return t.Tx.Commit()
	}
	return t.around(t.Tx.Commit)
}

// mishaps are what may happen to a single commit.
func mishaps(line *dbserver.Line) map[string]func(commit func() error) error {
	return map[string]func(commit func() error) error{
		"the answer is lost":       func(commit func() error) error { line.LoseAnswer(); return commit() },
		"the commit does not come": func(commit func() error) error { line.Cut(); return commit() },
	}
}

func plainRow(key string) outbox.Row {
	return outbox.Row{
		Queue: "q", ID: outbox.Hash([]byte(fmt.Sprintf("%16s", key))), Lane: outbox.Hash{1}, Subject: outbox.Hash{2}, Size: 10,
		Seal: func(seq uint64) ([]byte, error) { return fmt.Appendf(nil, "%s/%d", key, seq), nil },
	}
}

// Whatever befalls a single commit, each call tells what is in the store, as if nothing
// had happened.
func TestACommitThatIsNotAnsweredIsSettledByReadingBack(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		line, far := dbserver.OverLine(t, d)
		m := &mishap{}
		engine, err := outbox.NewSQLEngine(t.Context(), m.pool(t, far), d.Flavor, outbox.Config{Lease: time.Hour})
		require.NoError(t, err)
		ctx := t.Context()
		for name, befall := range mishaps(line) {
			once := func() {
				m.around = func(commit func() error) error { m.around = nil; return befall(commit) }
			}
			// Claim looks first and commits that; the second commit takes the message.
			second := func() {
				m.around = func(commit func() error) error { once(); return commit() }
			}
			before, err := engine.Stats(ctx)
			require.NoError(t, err)
			start := before["q"]
			key := func(n int) string { return fmt.Sprint(name[:8], n) }

			once()
			placed, err := engine.Put(ctx, outbox.Put{Rows: []outbox.Row{plainRow(key(1)), plainRow(key(2))}, Marks: map[string][]byte{"m": []byte(key(1))}})
			require.NoError(t, err, name)
			require.False(t, placed[0].Duplicate || placed[1].Duplicate, name)
			once()
			_, err = engine.Put(ctx, outbox.Put{Rows: []outbox.Row{plainRow(key(3))}, MaxCount: 1})
			require.ErrorIs(t, err, outbox.ErrFull, name)

			claim := func() outbox.Claim {
				batch, err := engine.Claim(ctx, "q", 9)
				require.NoError(t, err, name)
				require.Len(t, batch.Claims, 1, name)
				return batch.Claims[0]
			}
			second()
			c := claim()
			require.Equal(t, placed[0].Sequence, c.Sequence, name)
			require.Equal(t, 1, c.Attempt, name)
			once()
			require.NoError(t, engine.Settle(ctx, outbox.Settlement{Claim: c, State: outbox.StatePending, Charge: true}), name)
			second()
			c = claim()
			require.Equal(t, 1, c.Charged, name)
			once()
			require.NoError(t, engine.Settle(ctx, outbox.Settlement{Claim: c, State: outbox.StateDead}), name)
			second()
			c = claim()
			once()
			require.NoError(t, engine.Settle(ctx, outbox.Settlement{Claim: c, State: outbox.StateDelivered}), name)
			once()
			n, err := engine.Replay(ctx, "q", []uint64{placed[0].Sequence})
			require.NoError(t, err, name)
			require.Equal(t, 1, n, name)
			require.NoError(t, engine.Settle(ctx, outbox.Settlement{Claim: claim(), State: outbox.StateDead}), name)
			once()
			n, err = engine.Discard(ctx, "q", []uint64{placed[0].Sequence})
			require.NoError(t, err, name)
			require.Equal(t, 1, n, name)
			_, err = engine.Put(ctx, outbox.Put{Rows: []outbox.Row{plainRow(key(4))}})
			require.NoError(t, err, name)
			second()
			n, err = engine.Purge(ctx, outbox.Hash{2})
			require.NoError(t, err, name)
			require.Equal(t, 1, n, name)
			once()
			header, err := engine.Header(ctx)
			require.NoError(t, err, name)
			once()
			done, err := engine.SetHeader(ctx, header, []byte(name))
			require.NoError(t, err, name)
			require.True(t, done, name)
			once()
			_, err = engine.Put(ctx, outbox.Put{Marks: map[string][]byte{"m": []byte(key(5))}})
			require.NoError(t, err, name)
			mark, err := engine.Mark(ctx, "m")
			require.NoError(t, err, name)
			require.Equal(t, key(5), string(mark), name)

			after, err := engine.Stats(ctx)
			require.NoError(t, err)
			s := after["q"]
			require.EqualValues(t, 1, s.Delivered-start.Delivered, name)
			require.EqualValues(t, 2, s.Discarded-start.Discarded, name)
			require.EqualValues(t, 2, s.Dead-start.Dead, name)
			require.EqualValues(t, 3, s.Enqueued-s.Refused-start.Enqueued+start.Refused, name)
			require.Zero(t, s.Pending+s.Letters+s.Bytes, name)
		}
	})
}

func TestACommitThatCannotBeReadBackIsUncertain(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		line, far := dbserver.OverLine(t, d)
		m := &mishap{}
		engine, err := outbox.NewSQLEngine(t.Context(), m.pool(t, far), d.Flavor, outbox.Config{})
		require.NoError(t, err)
		put := outbox.Put{Rows: []outbox.Row{plainRow("a")}}
		m.around = func(commit func() error) error {
			m.around = nil
			line.LoseAnswer()
			err := commit()
			line.Down(true)
			return err
		}
		_, err = engine.Put(t.Context(), put)
		require.ErrorIs(t, err, outbox.ErrUncertain)
		_, err = engine.Put(t.Context(), put)
		require.Error(t, err)
		require.False(t, errors.Is(err, outbox.ErrUncertain), "the line is down: certainly nothing was stored by this call")
		line.Down(false)
		placed, err := engine.Put(t.Context(), put)
		require.NoError(t, err)
		require.Equal(t, []outbox.Placed{{Sequence: 1, Duplicate: true}}, placed)
	})
}

func TestASearchForALostCommitMayItselfBeDisturbed(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		line, far := dbserver.OverLine(t, d)
		m := &mishap{}
		engine, err := outbox.NewSQLEngine(t.Context(), m.pool(t, far), d.Flavor, outbox.Config{})
		require.NoError(t, err)
		sequence := uint64(0)
		for name, befall := range mishaps(line) {
			m.around = func(commit func() error) error {
				m.around = nil
				m.before = func(statement string) error {
					if !strings.Contains(statement, "SELECT next_seq") {
						return nil
					}
					m.before = nil
					return errors.New("the line broke")
				}
				return befall(commit)
			}
			placed, err := engine.Put(t.Context(), outbox.Put{Rows: []outbox.Row{plainRow(name[:8])}})
			require.NoError(t, err)
			require.Nil(t, m.before, "the search was disturbed")
			sequence++
			require.Equal(t, []outbox.Placed{{Sequence: sequence}}, placed, name)
		}
	})
}

// Dropped, expired, dead and damaged messages are told of once, though the answer to the
// commit was lost.
func TestEventsOfALostCommitAreTold(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		line, far := dbserver.OverLine(t, d)
		admin, m := d.Open(t), &mishap{}
		var events []outbox.Event
		engine, err := outbox.NewSQLEngine(t.Context(), m.pool(t, far), d.Flavor, outbox.Config{
			Lease: time.Hour, OnEvent: func(e outbox.Event) { events = append(events, outbox.Event{Kind: e.Kind, Sequence: e.Sequence}) },
		})
		require.NoError(t, err)
		ctx := t.Context()
		for name, befall := range mishaps(line) {
			put := func(n int, p outbox.Put) uint64 {
				p.Rows = []outbox.Row{plainRow(fmt.Sprint(name[:8], n))}
				p.Rows[0].DropOldest, p.Rows[0].TTL = true, 30*time.Minute
				placed, err := engine.Put(ctx, p)
				require.NoError(t, err)
				return placed[0].Sequence
			}
			// The commits of a step that have to do with it, from the first or the second on.
			told := func(kind outbox.EventKind, sequence uint64, skip int, step func()) {
				events = nil
				m.around = func(commit func() error) error {
					if skip--; skip >= 0 {
						return commit()
					}
					m.around = nil
					return befall(commit)
				}
				step()
				require.Nil(t, m.around)
				require.Equal(t, []outbox.Event{{Kind: kind, Sequence: sequence}}, events, name)
			}
			claim := func() outbox.Claim {
				batch, err := engine.Claim(ctx, "q", 1)
				require.NoError(t, err)
				require.Len(t, batch.Claims, 1)
				return batch.Claims[0]
			}
			first := put(1, outbox.Put{})
			told("dropped", first, 0, func() { put(2, outbox.Put{MaxCount: 1}) })
			c := claim()
			told("dead", c.Sequence, 0, func() {
				require.NoError(t, engine.Settle(ctx, outbox.Settlement{Claim: c, State: outbox.StateDead}))
			})
			_, err := engine.Discard(ctx, "q", []uint64{c.Sequence})
			require.NoError(t, err)
			third := put(3, outbox.Put{})
			advance(t, admin, time.Hour)
			told("expired", third, 1, func() { require.NoError(t, engine.Sweep(ctx)) })
			fourth := put(4, outbox.Put{})
			change(t, admin, "UPDATE zwfw_outbox_messages SET checksum = checksum + 1 WHERE state = 0")
			told("record-damaged", fourth, 1, func() {
				_, err := engine.Claim(ctx, "q", 1)
				require.NoError(t, err)
			})
			_, err = engine.Discard(ctx, "q", []uint64{fourth})
			require.NoError(t, err)
		}
	})
}
