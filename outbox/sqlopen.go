package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
)

// OpenSQL opens the outbox in a database that many nodes share; each of them may store
// and deliver. The program brings the driver and the pool and closes it; db must reach
// the node that takes writes. Tables named zwfw_outbox_… are made in the default schema
// when they are absent, by several programs at once if need be; [SQLSchema] gives their
// text for a database user without the right to make them. Tables of a newer version
// give [ErrNewer] and stay as they are.
//
// What differs from a file:
//
//   - A node takes the first message of a lane by a conditional UPDATE, for Config.Lease.
//     A node that froze meanwhile cannot settle what another has taken over: it is told
//     [ErrClaimLost], and the message may have been delivered twice. Handlers should
//     return when their context ends, which it does before the lease.
//   - Messages of one queue are stored one transaction after the other, so that their
//     sequences ascend as they were committed, and those of one queue are claimed and
//     settled one transaction after the other, so that the counts are exact. Either is
//     bounded by how fast the database commits; use several queues for more.
//   - MaxCount and MaxBytes hold for all queues together; queues that are stored to at
//     the same moment may pass them by what those calls bring.
//   - Time is the database's clock as long as that goes forward. When it is set, a node
//     that was running measures the gap by its own monotonic clock. One that just started
//     cannot, and counts what Config.MaxOffline allows; ages and lives may then be wrong
//     by as much, but no lease ends: see Config.Lease.
//   - A call that was answered by a broken line looks whether its change is in, for five
//     seconds at most, before it gives up with [ErrUncertain].
//
// Transactions are READ COMMITTED whatever the default; those that the database ends
// for a deadlock or a conflict are repeated. Drivers should give up on a silent line:
// set their read time-outs. Proved with PostgreSQL 15 and MariaDB 10.11; that others of
// the two families take the same plain statements is an assumption.
func OpenSQL(ctx context.Context, db *sql.DB, flavor zwfw.SQLFlavor, config Config) (*Outbox, error) {
	c, err := config.complete()
	if err != nil {
		return nil, err
	}
	engine, err := newSQL(ctx, db, flavor, c)
	if err != nil {
		return nil, err
	}
	for _, q := range c.Queues {
		if err := engine.do(ctx, func(w *sqlWork) error { return w.makeQueue(q.Name) }); err != nil {
			return nil, err
		}
	}
	return start(ctx, engine, c)
}

// NewSQLEngine opens the engine of [OpenSQL] alone, to be wrapped and given to
// [OpenEngine] or to be tested. Of config it takes KeepKeys, MaxOffline, Lease, Poll and
// OnEvent.
func NewSQLEngine(ctx context.Context, db *sql.DB, flavor zwfw.SQLFlavor, config Config) (Engine, error) {
	config.defaults()
	engine, err := newSQL(ctx, db, flavor, config)
	if err != nil {
		return nil, err
	}
	return engine, nil
}

// sqlEngine keeps messages in a database. See sqlschema.go for the tables.
type sqlEngine struct {
	db     *sql.DB
	flavor zwfw.SQLFlavor
	config Config
	owner  int64 // of claims: tells this engine from all others
	times  sqlTimes
	closed atomic.Bool
}

func newSQL(ctx context.Context, db *sql.DB, flavor zwfw.SQLFlavor, config Config) (*sqlEngine, error) {
	if db == nil {
		return nil, errors.New("outbox: open: db is nil")
	}
	if flavor != zwfw.PostgreSQL && flavor != zwfw.MySQL {
		return nil, fmt.Errorf("outbox: open: flavor %q: %q or %q is needed", string(flavor), string(zwfw.PostgreSQL), string(zwfw.MySQL))
	}
	e := &sqlEngine{db: db, flavor: flavor, config: config, owner: 1 + rand.Int64N(1<<62)}
	return e, e.migrate(ctx)
}

// Close ends the engine and leaves the pool to the program.
func (e *sqlEngine) Close() error {
	e.closed.Store(true)
	return nil
}

// grace is how much longer than the worker the store thinks that a lease lasts.
func (e *sqlEngine) grace() time.Duration { return e.config.Lease / 10 }
