package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
)

const (
	// sqlTries bounds how often a transaction is made that others keep disturbing.
	sqlTries = 20
	// sqlRedials bounds how often it is made when the line breaks before the commit: all
	// connections of a pool may be dead at once.
	sqlRedials = 4
	// sqlRecheck bounds the search for a change whose commit was not answered, and
	// the wait for such an answer after the caller gave up.
	sqlRecheck = 5 * time.Second
)

// sqlWork is one transaction, the engine's or a caller's.
type sqlWork struct {
	*sqlEngine
	ctx    context.Context
	tx     *sql.Tx
	events []Event // told after the commit
	// callers: the transaction is a caller's, and nobody knows its isolation.
	callers bool
	// again: an earlier try of the same work was perhaps committed.
	again bool
}

// errNoAnswer: a commit was sent and not answered by the server.
var errNoAnswer = errors.New("no answer to a commit")

// do makes a transaction of fn and repeats it when the server ended it for a conflict.
// When a commit got no answer fn is called again, with again set, to find out. It waits
// for the same row as then and so for the end of the lost transaction.
func (e *sqlEngine) do(ctx context.Context, fn func(*sqlWork) error) error {
	unsure := false
	var open []Event // of a commit without answer
	for try := 1; ; try++ {
		w, err := e.try(ctx, unsure, open, fn)
		if err == nil {
			return nil
		}
		if errors.Is(err, errNoAnswer) {
			open = w.events
			if !unsure {
				unsure = true
				var cancel func()
				ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), sqlRecheck)
				defer cancel()
			}
		}
		if unsure || isConflict(err) || isBroken(err) && try < sqlRedials {
			if try < sqlTries && sqlPause(ctx, try) == nil {
				continue
			}
		}
		if unsure {
			return fmt.Errorf("%w: %w", ErrUncertain, err)
		}
		return err
	}
}

func (e *sqlEngine) try(ctx context.Context, again bool, open []Event, fn func(*sqlWork) error) (*sqlWork, error) {
	if e.closed.Load() {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, sqlFailure(ctx, err)
	}
	whole, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	held := context.AfterFunc(ctx, cancel)
	defer held()
	tx, err := e.db.BeginTx(whole, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, sqlFailure(ctx, err)
	}
	w := &sqlWork{sqlEngine: e, ctx: ctx, tx: tx, again: again}
	if err = w.plan(); err == nil {
		err = fn(w)
	}
	if err == nil {
		err = w.cameAbout(open)
	}
	if err == nil && !held() {
		err = sqlFailure(ctx, ctx.Err())
	}
	if err != nil {
		_ = tx.Rollback()
		return nil, err
	}
	// A ctx that ends now breaks the commit off only after a while: what it did would be
	// left open.
	patience := context.AfterFunc(ctx, func() { time.AfterFunc(sqlRecheck, cancel) })
	defer patience()
	switch err := tx.Commit(); {
	case err == nil:
	case errors.Is(err, sql.ErrTxDone): // ctx ended it before
		return nil, sqlFailure(ctx, err)
	case isConflict(err):
		return nil, sqlError{err}
	default:
		return w, fmt.Errorf("%w: %w", errNoAnswer, sqlError{err})
	}
	for _, event := range w.events {
		e.config.OnEvent(event)
	}
	return w, nil
}

// cameAbout adds the events of a try whose commit got no answer if it turns out to be in:
// by what has become of the message.
func (w *sqlWork) cameAbout(open []Event) error {
	states := map[EventKind]State{
		EventExpired: StateExpired, EventDropped: StateDropped, EventDead: StateDead, EventDamaged: StateDead,
	}
	for _, event := range open {
		again := slices.ContainsFunc(w.events, func(e Event) bool {
			return e.Kind == event.Kind && e.Queue == event.Queue && e.Sequence == event.Sequence
		})
		if want, ok := states[event.Kind]; ok && !again {
			m, err := w.message(event.Queue, int64(event.Sequence))
			if err != nil {
				return err
			}
			again = m == nil || m.state != int64(want)
		}
		if !again {
			w.events = append(w.events, event)
		}
	}
	return nil
}

// plan keeps PostgreSQL from plans that it made while the tables were nearly empty, as
// those of an outbox usually are, and that read all of a table which then fills.
func (w *sqlWork) plan() error {
	if w.flavor != zwfw.PostgreSQL {
		return nil
	}
	_, err := w.exec(`SET LOCAL enable_seqscan = off`)
	return err
}

func (w *sqlWork) exec(text string, args ...any) (int64, error) {
	result, err := w.tx.ExecContext(w.ctx, w.flavor.Statement(text), args...)
	if err != nil {
		return 0, sqlFailure(w.ctx, err)
	}
	n, err := result.RowsAffected()
	return n, sqlFailure(w.ctx, err)
}

// each calls scan for every row of an answer.
func (w *sqlWork) each(text string, args []any, scan func(*sql.Rows) error) error {
	rows, err := w.tx.QueryContext(w.ctx, w.flavor.Statement(text), args...)
	if err != nil {
		return sqlFailure(w.ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return sqlFailure(w.ctx, err)
		}
	}
	return sqlFailure(w.ctx, rows.Err())
}

// one reads a single row and reports whether there is one.
func (w *sqlWork) one(text string, args []any, into ...any) (bool, error) {
	err := w.tx.QueryRowContext(w.ctx, w.flavor.Statement(text), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, sqlFailure(w.ctx, err)
}

// places gives placeholders for n values: "?, ?, ?".
func places(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

// conflicts are SQLSTATE codes: a serialization failure, a deadlock, a lock that was not
// to be had, and a row that another program inserted first. The numbers of the MySQL
// family follow, the last one TiDB's.
var conflicts = map[string]bool{
	"40001": true, "40P01": true, "55P03": true, "23505": true,
	"1213": true, "1205": true, "1020": true, "1062": true, "9007": true,
}

// isConflict reports that the server undid a transaction because of another one.
func isConflict(err error) bool { return conflicts[serverCode(err)] }

// isBroken reports an error of the driver that the server has no part in.
func isBroken(err error) bool {
	var failure sqlError
	return errors.As(err, &failure) && serverCode(err) == "" &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

var mysqlError = regexp.MustCompile(`^Error (\d+)\b`)

// serverCode gives what a server says an error is, for any driver: those of PostgreSQL
// have a method for it, that of MySQL a text.
func serverCode(err error) string {
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return state.SQLState()
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if m := mysqlError.FindStringSubmatch(err.Error()); m != nil {
			return m[1]
		}
	}
	return ""
}

// sqlError is a driver's error in one line.
type sqlError struct{ cause error }

func (e sqlError) Error() string {
	return "outbox: database: " + strings.Join(strings.Fields(e.cause.Error()), " ")
}

func (e sqlError) Unwrap() error { return e.cause }

// sqlFailure makes an error of the engine of a driver's, and leaves the engine's own.
func sqlFailure(ctx context.Context, err error) error {
	var done sqlError
	if err == nil || errors.As(err, &done) {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		err = ended // drivers say it in their own ways
	}
	return sqlError{err}
}
