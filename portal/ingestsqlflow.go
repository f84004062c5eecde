package portal

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"
)

const (
	// sinkTries bounds how often a change is made that others keep disturbing.
	sinkTries = 12
	// sinkChunk is how many rows go into one statement.
	sinkChunk = 100
)

// sinkConflicts are codes of transactions that the server ended because of another one: a
// serialization failure, a deadlock, a lock that was not to be had, a row that was inserted
// meanwhile; the numbers are those of the MySQL family.
var sinkConflicts = map[string]bool{
	"40001": true, "40P01": true, "55P03": true, "23505": true, "1213": true, "1205": true, "1020": true, "1062": true, "9007": true,
}

var mysqlCode = regexp.MustCompile(`^Error (\d+)\b`)

// conflicts reports such an end, for any driver: those of PostgreSQL have a method for the
// code, that of MySQL a text.
func conflicts(err error) bool {
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return sinkConflicts[state.SQLState()]
	}
	for ; err != nil; err = errors.Unwrap(err) {
		if m := mysqlCode.FindStringSubmatch(err.Error()); m != nil {
			return sinkConflicts[m[1]]
		}
	}
	return false
}

// sinkPause waits a random time that grows with the number of tries.
func sinkPause(ctx context.Context, try int) error {
	t := time.NewTimer(rand.N(time.Duration(try+1)*20*time.Millisecond) + time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sinkWork is one transaction.
type sinkWork struct {
	*SQLSink
	ctx context.Context
	tx  *sql.Tx
}

// do makes a transaction, again when another one disturbed it. A commit whose answer was
// lost is an error: every change may be made twice.
func (s *SQLSink) do(ctx context.Context, fn func(*sinkWork) error) error {
	if err := s.ready(ctx); err != nil {
		return sinkFault(ctx, err)
	}
	for try := 0; ; try++ {
		err := s.try(ctx, fn)
		if err == nil || !conflicts(err) || try+1 == sinkTries || sinkPause(ctx, try) != nil {
			return sinkFault(ctx, err)
		}
	}
}

func (s *SQLSink) try(ctx context.Context, fn func(*sinkWork) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	if err := fn(&sinkWork{s, ctx, tx}); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

func (w *sinkWork) exec(text string, args ...any) (int64, error) {
	result, err := w.tx.ExecContext(w.ctx, w.flavor.Statement(text), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// each calls scan for every row of an answer.
func (s *SQLSink) each(ctx context.Context, text string, args []any, scan func(*sql.Rows) error) error {
	if err := s.ready(ctx); err != nil {
		return sinkFault(ctx, err)
	}
	rows, err := s.db.QueryContext(ctx, s.flavor.Statement(text), args...)
	if err != nil {
		return sinkFault(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return sinkFault(ctx, err)
		}
	}
	return sinkFault(ctx, rows.Err())
}

// one reads a single row and reports whether there is one.
func (s *SQLSink) one(ctx context.Context, text string, args []any, into ...any) (found bool, err error) {
	err = s.each(ctx, text, args, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(into...)
	})
	return found && err == nil, err
}

// placeholders gives n of them: "?, ?, ?".
func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func anyOf(texts []string) []any {
	args := make([]any, len(texts))
	for i := range texts {
		args[i] = texts[i]
	}
	return args
}

// sinkError is a database's error without its text: servers quote values in theirs, and the
// values of cases are personal. The cause can be unwrapped.
type sinkError struct{ cause error }

func (e sinkError) Error() string {
	var state interface{ SQLState() string }
	if errors.As(e.cause, &state) {
		return "portal: sink tables: the server says SQLSTATE " + state.SQLState()
	}
	for err := e.cause; err != nil; err = errors.Unwrap(err) {
		if m := mysqlCode.FindStringSubmatch(err.Error()); m != nil {
			return "portal: sink tables: the server says error " + m[1]
		}
	}
	return "portal: sink tables: " + strings.Join(strings.Fields(e.cause.Error()), " ")
}

func (e sinkError) Unwrap() error { return e.cause }

func sinkFault(ctx context.Context, err error) error {
	var done sinkError
	if err == nil || errors.As(err, &done) {
		return err
	}
	if ended := ctx.Err(); ended != nil {
		err = ended // drivers say it in their own ways
	}
	return sinkError{err}
}
