package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
)

// sqlVersion is the version of the tables that this program knows.
const sqlVersion = 1

// sqlTable is a table in words that both flavors have, but for HASH (16 bytes) and BYTES.
type sqlTable struct {
	name, columns string
	indexes       []sqlIndex
}

type sqlIndex struct{ name, columns string }

// Times are milliseconds of the queue's own time, see sqltime.go.
//
// Storing locks a queue's row in intake, claiming and settling its row in flow, so that
// a program's long transaction with EnqueueTx in it does not hold deliveries up. Storing
// touches no message but the new ones; who is the first of a lane is worked out by Claim.
//
// turn_ms says when the message may be claimed: -2 it is not pending, -1 another of its
// lane is first, 0 it is new and Claim has to look, 1 now, more at that time. The first
// of a lane, and no other, has 1 or more; when it is removed while the lane rests or is
// busy it keeps its turn. A claimed message has an owner, and its turn is when the lease
// ends; the owner is below zero once that was put off, see doubt. ends_ms is when a
// pending message expires, 0 for never, and when a settled one was settled. Nothing is
// ever empty but NULL: some databases make no difference.
var sqlTables = []sqlTable{
	{name: "zwfw_outbox_values", columns: `name VARCHAR(80) NOT NULL PRIMARY KEY, sealed BYTES NOT NULL`},
	{name: "zwfw_outbox_intake", columns: `queue VARCHAR(64) NOT NULL PRIMARY KEY, next_seq BIGINT NOT NULL,
	enqueued BIGINT NOT NULL, refused BIGINT NOT NULL, bytes BIGINT NOT NULL`},
	{name: "zwfw_outbox_flow", columns: `queue VARCHAR(64) NOT NULL PRIMARY KEY, clock_ms BIGINT NOT NULL, wall_ms BIGINT NOT NULL,
	epoch BIGINT NOT NULL, delivered BIGINT NOT NULL, dead BIGINT NOT NULL, expired BIGINT NOT NULL, dropped BIGINT NOT NULL,
	letters BIGINT NOT NULL, discarded BIGINT NOT NULL, damaged BIGINT NOT NULL, bytes BIGINT NOT NULL`},
	{name: "zwfw_outbox_messages", columns: `queue VARCHAR(64) NOT NULL, seq BIGINT NOT NULL, id HASH NOT NULL, lane HASH NOT NULL,
	subject HASH NOT NULL, state SMALLINT NOT NULL, turn_ms BIGINT NOT NULL, epoch BIGINT NOT NULL, owner BIGINT NOT NULL,
	born_ms BIGINT NOT NULL, ttl_ms BIGINT NOT NULL, ends_ms BIGINT NOT NULL,
	attempts INT NOT NULL, charged INT NOT NULL, unsettled SMALLINT NOT NULL,
	reason VARCHAR(64), kind VARCHAR(64), code VARCHAR(64), size BIGINT NOT NULL, checksum BIGINT NOT NULL, sealed BYTES,
	PRIMARY KEY (queue, seq), UNIQUE (id, queue)`,
		indexes: []sqlIndex{
			{"turn", "queue, turn_ms, seq"},
			{"lane", "queue, lane, turn_ms, seq"},
			{"ends", "queue, state, ends_ms, seq"},
			{"subject", "queue, subject"},
		}},
}

const sqlVersionTable = `CREATE TABLE IF NOT EXISTS zwfw_outbox_version (id INT NOT NULL PRIMARY KEY, version INT NOT NULL)`

// sqlSteps are the statements that make the tables. Each may be repeated.
func sqlSteps(flavor zwfw.SQLFlavor) []string {
	words, engine := strings.NewReplacer("HASH", "BYTEA", "BYTES", "BYTEA"), ""
	if flavor == zwfw.MySQL {
		words, engine = strings.NewReplacer("HASH", "BINARY(16)", "BYTES", "LONGBLOB"), " ENGINE=InnoDB"
	}
	steps := []string{sqlVersionTable + engine}
	for _, t := range sqlTables {
		columns, after := words.Replace(t.columns), []string(nil)
		for _, i := range t.indexes {
			if flavor == zwfw.MySQL { // which has no CREATE INDEX IF NOT EXISTS
				columns += fmt.Sprintf(", INDEX %s_%s (%s)", t.name, i.name, i.columns)
			} else {
				after = append(after, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s_%s ON %s (%s)", t.name, i.name, t.name, i.columns))
			}
		}
		steps = append(append(steps, "CREATE TABLE IF NOT EXISTS "+t.name+" ("+columns+")"+engine), after...)
	}
	return steps
}

// SQLSchema gives the statements that make the tables of [OpenSQL], for an administrator
// who makes them beforehand. The program then needs SELECT, INSERT, UPDATE and DELETE.
func SQLSchema(flavor zwfw.SQLFlavor) string {
	version := fmt.Sprintf("INSERT INTO zwfw_outbox_version (id, version) VALUES (1, %d)", sqlVersion)
	return strings.Join(append(sqlSteps(flavor), version), ";\n") + ";\n"
}

// migrate brings the tables to the version this program knows. No step depends on who
// makes it, and the version is noted last: programs that start together, or that are
// killed between two steps, do each other no harm. PostgreSQL refuses some of the steps
// when two make them at the same moment; that, too, is healed by looking again.
func (e *sqlEngine) migrate(ctx context.Context) error {
	var failure error
	for range sqlTries {
		version, err := e.version(ctx)
		switch {
		case err == nil && version == sqlVersion:
			return nil
		case err == nil && version > sqlVersion:
			return fmt.Errorf("outbox: open: tables of version %d, this program knows %d: %w", version, sqlVersion, ErrNewer)
		}
		if failure = e.makeTables(ctx); failure == nil {
			continue
		}
		if err := sqlPause(ctx, 1); err != nil {
			return sqlFailure(ctx, err)
		}
	}
	return fmt.Errorf("outbox: open: tables: %w", failure)
}

// version gives 0 when there is none; an error may mean that there is no table yet.
func (e *sqlEngine) version(ctx context.Context) (version int, err error) {
	err = e.do(ctx, func(w *sqlWork) error {
		_, err := w.one(`SELECT version FROM zwfw_outbox_version WHERE id = 1`, nil, &version)
		return err
	})
	return version, err
}

func (e *sqlEngine) makeTables(ctx context.Context) error {
	for _, step := range sqlSteps(e.flavor) {
		if _, err := e.db.ExecContext(ctx, step); err != nil {
			return sqlFailure(ctx, err)
		}
	}
	return e.do(ctx, func(w *sqlWork) error {
		n, err := w.exec(`UPDATE zwfw_outbox_version SET version = ? WHERE id = 1 AND version < ?`, sqlVersion, sqlVersion)
		if n > 0 || err != nil {
			return err
		}
		var version int
		found, err := w.one(`SELECT version FROM zwfw_outbox_version WHERE id = 1`, nil, &version)
		if found || err != nil {
			return err // another program was first
		}
		_, err = w.exec(`INSERT INTO zwfw_outbox_version (id, version) VALUES (1, ?)`, sqlVersion)
		return err
	})
}

// sqlPause waits a random time that grows with the number of tries.
func sqlPause(ctx context.Context, try int) error {
	t := time.NewTimer(rand.N(time.Duration(try)*20*time.Millisecond) + time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
