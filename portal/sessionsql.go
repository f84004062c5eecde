package portal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
)

const (
	createSessions = `CREATE TABLE IF NOT EXISTS zwfw_sessions (
	name VARCHAR(80) NOT NULL PRIMARY KEY,
	sealed TEXT NOT NULL,
	expires_ms BIGINT NOT NULL
)`
	// sqlWait bounds one call: a page waits for it.
	sqlWait = 3 * time.Second
	// purgeEvery is how many writes lie between two purges of expired rows.
	purgeEvery = 256
)

// SQLSessions keeps records in the table zwfw_sessions of a database, for a website on
// many machines.
type SQLSessions struct {
	db     *sql.DB
	sealer cipher.AEAD

	load, insert, update, remove, purge string

	made   atomic.Bool // the table is known to be there
	writes atomic.Uint64
}

// NewSQLSessions makes the store. The program brings the driver and the pool and closes
// it; db must reach the node that takes writes. Records are sealed with AES-256-GCM under
// key, 32 bytes, the same in every process; a row that another key sealed, or that is
// damaged, counts as absent, and its user logs in anew. Times are those of this machine.
//
// Nothing is sent to the database here. The first call makes the table if it is absent. A
// user without the right to create tables needs SELECT, INSERT, UPDATE and DELETE on
//
//	CREATE TABLE zwfw_sessions (name VARCHAR(80) NOT NULL PRIMARY KEY, sealed TEXT NOT NULL,
//	    expires_ms BIGINT NOT NULL)
//
// A call takes three seconds at most, less if its context ends sooner.
func NewSQLSessions(db *sql.DB, flavor zwfw.SQLFlavor, key []byte) (*SQLSessions, error) {
	switch {
	case db == nil:
		return nil, errors.New("portal: NewSQLSessions: db is nil")
	case flavor != zwfw.PostgreSQL && flavor != zwfw.MySQL:
		return nil, fmt.Errorf("portal: NewSQLSessions: flavor %q: %q or %q is needed", string(flavor), string(zwfw.PostgreSQL), string(zwfw.MySQL))
	case len(key) != 32:
		return nil, fmt.Errorf("portal: NewSQLSessions: the key has %d bytes, 32 are needed", len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &SQLSessions{
		db: db, sealer: sealer,
		load:   numbered(flavor, `SELECT sealed, expires_ms FROM zwfw_sessions WHERE name = ?`),
		insert: numbered(flavor, `INSERT INTO zwfw_sessions (sealed, expires_ms, name) VALUES (?, ?, ?)`),
		update: numbered(flavor, `UPDATE zwfw_sessions SET sealed = ?, expires_ms = ? WHERE name = ?`),
		remove: numbered(flavor, `DELETE FROM zwfw_sessions WHERE name = ? AND expires_ms > ?`),
		purge:  numbered(flavor, `DELETE FROM zwfw_sessions WHERE expires_ms <= ?`),
	}, nil
}

// numbered writes placeholders as the flavor wants them.
func numbered(flavor zwfw.SQLFlavor, text string) string {
	if flavor == zwfw.MySQL {
		return text
	}
	parts := strings.Split(text, "?")
	for i := range parts[1:] {
		parts[i] += "$" + strconv.Itoa(i+1)
	}
	return strings.Join(parts, "")
}

// Put keeps a record.
func (s *SQLSessions) Put(ctx context.Context, r SessionRecord) error {
	return s.bounded(ctx, func(ctx context.Context) error {
		sealed := base64.StdEncoding.EncodeToString(s.sealer.Seal(nil, nil, r.Data, []byte(r.Name)))
		if s.writes.Add(1)%purgeEvery == 0 {
			if _, err := s.db.ExecContext(ctx, s.purge, time.Now().UnixMilli()); err != nil {
				return err
			}
		}
		// No two seals are equal, so that a changed row is always counted as changed.
		n, err := s.exec(ctx, s.update, sealed, r.Expires.UnixMilli(), r.Name)
		if err != nil || n > 0 || r.Renewal {
			return err
		}
		if _, err = s.exec(ctx, s.insert, sealed, r.Expires.UnixMilli(), r.Name); err == nil {
			return nil
		}
		// Somebody else may have put the name in between.
		if n, again := s.exec(ctx, s.update, sealed, r.Expires.UnixMilli(), r.Name); again == nil && n > 0 {
			return nil
		}
		return err
	})
}

// Get gives a record.
func (s *SQLSessions) Get(ctx context.Context, name string) (r SessionRecord, ok bool, err error) {
	err = s.bounded(ctx, func(ctx context.Context) error {
		var sealed string
		var expires int64
		switch err := s.db.QueryRowContext(ctx, s.load, name).Scan(&sealed, &expires); {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		}
		data, err := base64.StdEncoding.DecodeString(sealed)
		if err == nil {
			data, err = s.sealer.Open(nil, nil, data, []byte(name))
		}
		r = SessionRecord{Name: name, Data: data, Expires: time.UnixMilli(expires)}
		ok = err == nil && time.Now().Before(r.Expires)
		return nil
	})
	if !ok {
		r = SessionRecord{}
	}
	return r, ok, err
}

// Remove forgets a record.
func (s *SQLSessions) Remove(ctx context.Context, name string) (was bool, err error) {
	err = s.bounded(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, s.remove, name, time.Now().UnixMilli())
		was = n > 0
		return err
	})
	return was, err
}

func (s *SQLSessions) exec(ctx context.Context, statement string, values ...any) (int64, error) {
	result, err := s.db.ExecContext(ctx, statement, values...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// bounded runs a call within its time, on a table that is there.
func (s *SQLSessions) bounded(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, sqlWait)
	defer cancel()
	err := s.ready(ctx)
	if err == nil {
		err = do(ctx)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err() // drivers say it in their own ways
	}
	return sessionError{err}
}

// ready makes the table if it is not there. Two processes may do so at once: what counts
// is that it can be read afterwards.
func (s *SQLSessions) ready(ctx context.Context) error {
	if s.made.Load() {
		return nil
	}
	look := func() error {
		var sealed string
		var expires int64
		err := s.db.QueryRowContext(ctx, s.load, "").Scan(&sealed, &expires)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	}
	if look() != nil {
		_, failure := s.db.ExecContext(ctx, createSessions)
		if err := look(); err != nil {
			return errors.Join(failure, err)
		}
	}
	s.made.Store(true)
	return nil
}

// sessionError is a driver's error in one line.
type sessionError struct{ cause error }

func (e sessionError) Error() string {
	return "portal: session table: " + strings.Join(strings.Fields(e.cause.Error()), " ")
}

func (e sessionError) Unwrap() error { return e.cause }
