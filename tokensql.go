package zwfw

import (
	"context"
	"crypto/cipher"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// SQLFlavor is the family of SQL that a database speaks.
type SQLFlavor string

// The two families. Proved with PostgreSQL and MariaDB themselves; that the others named
// here take the same plain statements is an assumption.
const (
	PostgreSQL SQLFlavor = "postgresql" // also openGauss and KingbaseES
	MySQL      SQLFlavor = "mysql"      // also MariaDB, TiDB and OceanBase
)

// Statement numbers the placeholders of a text written with question marks where the
// flavor wants them numbered. Question marks must stand for nothing else in it.
func (f SQLFlavor) Statement(text string) string {
	if f == MySQL {
		return text
	}
	parts := strings.Split(text, "?")
	for i := range parts[1:] {
		parts[i] += "$" + strconv.Itoa(i+1)
	}
	return strings.Join(parts, "")
}

// createTokens holds for both flavors. Times are milliseconds since 1970 in UTC, 0 for
// none; sealed is Base64.
const createTokens = `CREATE TABLE IF NOT EXISTS zwfw_tokens (
	id VARCHAR(64) NOT NULL PRIMARY KEY,
	sealed TEXT NOT NULL,
	expires_ms BIGINT NOT NULL,
	life_ms BIGINT NOT NULL,
	renewing_ms BIGINT NOT NULL,
	version BIGINT NOT NULL
)`

// sqlWait bounds one call on the table: well below the time for which a process holds
// the right to renew, and below what a person waits at a kiosk.
const sqlWait = 3 * time.Second

// NewSQLTokenStore keeps tokens in the table zwfw_tokens of a database, for processes on
// many machines. The program brings the driver and the pool and closes it; db must reach
// the node that takes writes.
//
// A token is sealed with AES-256-GCM under key, 32 bytes, the same in every process; its
// row is found by a hash of the unit's key. A row that another key sealed, or that is
// damaged, counts as one without a token: the unit logs in anew. Times are kept in whole
// milliseconds.
//
// Nothing is sent to the database here. The first call makes the table if it is absent,
// in the default schema; several processes may do so at once. A database user without the
// right to create tables needs SELECT, INSERT and UPDATE on a table made beforehand:
//
//	CREATE TABLE zwfw_tokens (id VARCHAR(64) NOT NULL PRIMARY KEY, sealed TEXT NOT NULL,
//	    expires_ms BIGINT NOT NULL, life_ms BIGINT NOT NULL, renewing_ms BIGINT NOT NULL,
//	    version BIGINT NOT NULL)
//
// A call takes three seconds at most, less if its context ends sooner. Its errors wrap
// those of the driver in one line; one from Swap leaves open whether it was done.
func NewSQLTokenStore(db *sql.DB, flavor SQLFlavor, key []byte) (TokenStore, error) {
	if db == nil {
		return nil, errors.New("zwfw: NewSQLTokenStore: db is nil")
	}
	if flavor != PostgreSQL && flavor != MySQL {
		return nil, fmt.Errorf("zwfw: NewSQLTokenStore: flavor %q: %q or %q is needed", string(flavor), string(PostgreSQL), string(MySQL))
	}
	sealer, err := tokenSealer("NewSQLTokenStore", key)
	if err != nil {
		return nil, err
	}
	return &sqlTokens{
		db:     db,
		sealer: sealer,
		load:   flavor.Statement(`SELECT sealed, expires_ms, life_ms, renewing_ms, version FROM zwfw_tokens WHERE id = ?`),
		insert: flavor.Statement(`INSERT INTO zwfw_tokens (sealed, expires_ms, life_ms, renewing_ms, version, id) VALUES (?, ?, ?, ?, ?, ?)`),
		update: flavor.Statement(`UPDATE zwfw_tokens SET sealed = ?, expires_ms = ?, life_ms = ?, renewing_ms = ?, version = ? WHERE id = ? AND version = ?`),
	}, nil
}

type sqlTokens struct {
	db                   *sql.DB
	sealer               cipher.AEAD
	load, insert, update string
	made                 atomic.Bool // the table is known to be there
}

// tokenRow is a row as the table has it.
type tokenRow struct {
	sealed                           string
	expires, life, renewing, version int64
}

func (s *sqlTokens) Load(ctx context.Context, key string) (StoredToken, error) {
	ctx, cancel := context.WithTimeout(ctx, sqlWait)
	defer cancel()
	if err := s.ready(ctx); err != nil {
		return StoredToken{}, tableFailure(ctx, err)
	}
	row, err := s.row(ctx, key)
	if err != nil {
		return StoredToken{}, tableFailure(ctx, err)
	}
	return StoredToken{
		Token:    s.open(row.sealed, key),
		Expires:  timeOf(row.expires),
		Life:     time.Duration(row.life) * time.Millisecond,
		Renewing: timeOf(row.renewing),
		Version:  row.version,
	}, nil
}

func (s *sqlTokens) Swap(ctx context.Context, key string, old int64, token StoredToken) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, sqlWait)
	defer cancel()
	if err := s.ready(ctx); err != nil {
		return false, tableFailure(ctx, err)
	}
	sealed := s.seal(token.Token, key)
	values := []any{sealed, millisOf(token.Expires), token.Life.Milliseconds(), millisOf(token.Renewing), old + 1, rowID(key)}
	statement := s.insert // fails when there is a row
	if old != 0 {
		statement, values = s.update, append(values, old)
	}
	var rows int64
	result, err := s.db.ExecContext(ctx, statement, values...)
	if err == nil {
		rows, err = result.RowsAffected()
	}
	if err == nil && rows == 1 {
		return true, nil
	}
	return s.settle(ctx, key, old, sealed, err)
}

// settle finds out what a write came to that failed or changed nothing, in the same way
// for every driver. Somebody may have been first; but the answer alone may have been
// lost, or lost and the statement sent again, which pgx does with the simple protocol. No
// two seals are equal, so a row that holds ours was written by us.
func (s *sqlTokens) settle(ctx context.Context, key string, old int64, sealed string, failure error) (bool, error) {
	row, err := s.row(ctx, key)
	switch {
	case err != nil && failure == nil:
		return false, tableFailure(ctx, err)
	case err == nil && row.sealed == sealed:
		return true, nil
	case failure != nil && (err != nil || row.version == old):
		return false, tableFailure(ctx, failure)
	}
	return false, nil
}

// row gives the zero value when there is none.
func (s *sqlTokens) row(ctx context.Context, key string) (tokenRow, error) {
	var r tokenRow
	err := s.db.QueryRowContext(ctx, s.load, rowID(key)).Scan(&r.sealed, &r.expires, &r.life, &r.renewing, &r.version)
	if errors.Is(err, sql.ErrNoRows) {
		return tokenRow{}, nil
	}
	return r, err
}

// ready makes the table if it is not there. Whether it is, is asked before, since making
// needs a right that a careful installation does not give, and after, since of two
// processes that make it at once PostgreSQL refuses one.
func (s *sqlTokens) ready(ctx context.Context) error {
	if s.made.Load() {
		return nil
	}
	if _, err := s.row(ctx, ""); err != nil {
		_, failure := s.db.ExecContext(ctx, createTokens)
		if _, err = s.row(ctx, ""); err != nil {
			if failure != nil {
				err = failure
			}
			return err
		}
	}
	s.made.Store(true)
	return nil
}

func (s *sqlTokens) seal(token Secret, key string) string {
	return base64.StdEncoding.EncodeToString(s.sealer.Seal(nil, nil, []byte(token.Reveal()), []byte(key)))
}

// open gives no token for a seal that cannot be opened, as NewSQLTokenStore has it.
func (s *sqlTokens) open(sealed, key string) Secret {
	data, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return Secret{}
	}
	token, err := s.sealer.Open(nil, nil, data, []byte(key))
	if err != nil {
		return Secret{}
	}
	return NewSecret(string(token))
}

// rowID gives keys of every length and letter one form, which no collation confuses.
func rowID(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func millisOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// tableError is a driver's error in one line.
type tableError struct{ cause error }

func tableFailure(ctx context.Context, cause error) error {
	if err := ctx.Err(); err != nil {
		cause = err // drivers say it in their own ways
	}
	return tableError{cause}
}

func (e tableError) Error() string {
	return "zwfw: token table: " + strings.Join(strings.Fields(e.cause.Error()), " ")
}

func (e tableError) Unwrap() error { return e.cause }
