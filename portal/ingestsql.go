package portal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
)

// SQLSink is a Sink in the website's own database, which many nodes may share. Its tables:
//
//   - zwfw_items, one row for each item, withdrawn ones too (withdrawn = 1). body is the
//     Item as JSON, members named as its fields.
//   - zwfw_item_codes, every code that an item has had: cases keep the one that they were
//     accepted under.
//   - zwfw_cases, one row for each case: area, greatest version and update time.
//   - zwfw_case_rows, one row for each part of a case. body holds the part as JSON, with
//     the names of applicant and clerk in the clear; status is that of an acceptance.
//   - zwfw_parked, rows of cases that came early; their body holds names too.
//   - zwfw_marks, cursors and answered batches.
//
// Websites may read the tables, with Item and Case or SQL of their own, and must not write
// them. Times are milliseconds since 1970 in UTC.
//
// Errors wrap those of the driver and quote nothing of them but their code, because servers
// quote values.
type SQLSink struct {
	db     *sql.DB
	flavor zwfw.SQLFlavor
	made   atomic.Bool   // the tables are known to be there
	ending atomic.Uint64 // marks with an end that were written

	putItems, putCodes, withdraw, putCases, putParts, park, setMark string
}

var _ Sink = (*SQLSink)(nil)

// NewSQLSink makes the store. The program brings the driver and the pool and closes it; db
// must reach the node that takes writes. Nothing is sent here: the first call makes the
// tables if they are absent, by several processes at once if need be; [SQLSinkSchema] gives
// their text for a database user without the right to make them.
//
// Transactions are READ COMMITTED and repeated when another one disturbs them; rows are
// never replaced by older ones, whoever writes them. Proved with PostgreSQL 15 and
// MariaDB 10.11.
func NewSQLSink(db *sql.DB, flavor zwfw.SQLFlavor) (*SQLSink, error) {
	switch {
	case db == nil:
		return nil, errors.New("portal: NewSQLSink: db is nil")
	case flavor != zwfw.PostgreSQL && flavor != zwfw.MySQL:
		return nil, fmt.Errorf("portal: NewSQLSink: flavor %q: %q or %q is needed", string(flavor), string(zwfw.PostgreSQL), string(zwfw.MySQL))
	}
	s := &SQLSink{db: db, flavor: flavor}
	s.statements()
	return s, nil
}

// Item gives a stored item, withdrawn ones too (Withdrawn says so).
func (s *SQLSink) Item(ctx context.Context, rowGUID string) (*Item, bool, error) {
	var body []byte
	var gone int
	found, err := s.one(ctx, `SELECT body, withdrawn FROM zwfw_items WHERE row_guid = ?`, []any{rowGUID}, &body, &gone)
	if err != nil || !found {
		return nil, false, err
	}
	item := new(Item)
	if err := json.Unmarshal(body, item); err != nil {
		return nil, false, fmt.Errorf("portal: sink tables: the body of an item cannot be read")
	}
	return withdrawn(item, gone != 0), true, nil
}

// Case gives a stored case of the parts that have come.
func (s *SQLSink) Case(ctx context.Context, projectNo string) (*Case, bool, error) {
	k := &Case{ProjectNo: projectNo}
	var updated int64
	found, err := s.one(ctx, `SELECT area_code, version, updated_ms FROM zwfw_cases WHERE project_no = ?`, []any{projectNo}, &k.AreaCode, &k.Version, &updated)
	if err != nil || !found {
		return nil, false, err
	}
	k.Updated = fromMillis(updated)
	err = s.each(ctx, `SELECT body FROM zwfw_case_rows WHERE project_no = ? ORDER BY row_key`, []any{projectNo}, func(rows *sql.Rows) error {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return err
		}
		part, err := decodePart(body)
		if err == nil {
			k.join(part)
		}
		return err
	})
	return k, err == nil, err
}

// Known gives the state of stored rows.
func (s *SQLSink) Known(ctx context.Context, kind IngestKind, keys []string) (map[string]RowState, error) {
	text := `SELECT row_guid, version, updated_ms, digest, withdrawn, '' FROM zwfw_items WHERE row_guid IN (`
	if kind == CaseRows {
		text = `SELECT row_key, version, updated_ms, digest, 0, status FROM zwfw_case_rows WHERE row_key IN (`
	}
	known := make(map[string]RowState, len(keys))
	for chunk := range slices.Chunk(keys, 5*sinkChunk) {
		err := s.each(ctx, text+placeholders(len(chunk))+")", anyOf(chunk), func(rows *sql.Rows) error {
			var key, status string
			var r RowState
			var updated, gone int64
			err := rows.Scan(&key, &r.Version, &updated, &r.Digest, &gone, &status)
			r.Updated, r.Withdrawn, r.Status = fromMillis(updated), gone != 0, CaseStatus(status)
			known[key] = r
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return known, nil
}

// ItemVersions gives the highest version of codes.
func (s *SQLSink) ItemVersions(ctx context.Context, codes []string) (map[string]int64, error) {
	versions := make(map[string]int64, len(codes))
	for chunk := range slices.Chunk(codes, 5*sinkChunk) {
		text := `SELECT c.code, MAX(i.version) FROM zwfw_item_codes c JOIN zwfw_items i ON i.row_guid = c.row_guid
			WHERE c.code IN (` + placeholders(len(chunk)) + `) GROUP BY c.code`
		err := s.each(ctx, text, anyOf(chunk), func(rows *sql.Rows) error {
			var code string
			var version int64
			err := rows.Scan(&code, &version)
			versions[code] = version
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// Parked lists early rows.
func (s *SQLSink) Parked(ctx context.Context, q ParkedQuery) ([]ParkedRow, error) {
	// Of few names among very many rows the index of names has to be taken: an expression
	// in place of the key keeps planners from reading along the key instead.
	key, collated := `row_key`, ``
	if q.WaitsFor != nil {
		key, collated = `CONCAT(row_key, '')`, s.bytewise()
	}
	text := `SELECT row_key, version, waits_for, since_ms, body FROM zwfw_parked WHERE rejected = 0 AND ` + key + collated + ` > ?`
	args := []any{q.After}
	if q.WaitsFor != nil {
		if len(q.WaitsFor) == 0 {
			return nil, nil
		}
		text += ` AND waits_for IN (` + placeholders(len(q.WaitsFor)) + `)`
		args = append(args, anyOf(q.WaitsFor)...)
	}
	text += ` ORDER BY ` + key + collated
	if q.Limit > 0 {
		text += fmt.Sprintf(` LIMIT %d`, q.Limit)
	}
	var parked []ParkedRow
	err := s.each(ctx, text, args, func(rows *sql.Rows) error {
		var p ParkedRow
		var since int64
		err := rows.Scan(&p.Key, &p.Version, &p.WaitsFor, &since, &p.Data)
		p.Since = fromMillis(since)
		parked = append(parked, p)
		return err
	})
	return parked, err
}

// Mark gives a mark.
func (s *SQLSink) Mark(ctx context.Context, name string) (value []byte, err error) {
	_, err = s.one(ctx, `SELECT mark FROM zwfw_marks WHERE name = ?`, []any{name}, &value)
	return value, err
}

// unseenChunk bounds how many rows one transaction withdraws.
const unseenChunk = 1000

// Unseen counts or withdraws items that were not seen.
func (s *SQLSink) Unseen(ctx context.Context, area string, before time.Time, withdraw bool) (n int64, err error) {
	where, args := ` FROM zwfw_items WHERE withdrawn = 0 AND seen_ms < ?`, []any{millis(before)}
	if area != "" {
		where, args = where+` AND area_code = ?`, append(args, area)
	}
	if !withdraw {
		_, err = s.one(ctx, `SELECT COUNT(*)`+where, args, &n)
		return n, err
	}
	for {
		var keys []string
		err := s.each(ctx, `SELECT row_guid`+where+fmt.Sprintf(` ORDER BY row_guid LIMIT %d`, unseenChunk), args, func(rows *sql.Rows) error {
			var key string
			err := rows.Scan(&key)
			keys = append(keys, key)
			return err
		})
		if err != nil || len(keys) == 0 {
			return n, err
		}
		var done int64
		err = s.do(ctx, func(w *sinkWork) (err error) {
			done, err = w.exec(`UPDATE zwfw_items SET withdrawn = 1, digest = '' WHERE withdrawn = 0 AND seen_ms < ? AND row_guid IN (`+
				placeholders(len(keys))+`)`, append([]any{millis(before)}, anyOf(keys)...)...)
			return err
		})
		if err != nil {
			return n, err
		}
		n += done
	}
}

// Counts counts.
func (s *SQLSink) Counts(ctx context.Context, kind IngestKind) (c SinkCounts, err error) {
	if kind == ItemRows {
		_, err = s.one(ctx, `SELECT COUNT(*) FROM zwfw_items WHERE withdrawn = 0`, nil, &c.Rows)
		return c, err
	}
	if _, err = s.one(ctx, `SELECT COUNT(*) FROM zwfw_cases`, nil, &c.Rows); err != nil {
		return c, err
	}
	_, err = s.one(ctx, `SELECT COALESCE(SUM(1 - rejected), 0), COALESCE(SUM(rejected), 0) FROM zwfw_parked`, nil, &c.Parked, &c.Rejected)
	return c, err
}

// Summary sums up, row by row as the server sends them.
func (s *SQLSink) Summary(ctx context.Context, kind IngestKind, area string, day time.Time) (Summary, error) {
	text, key := `SELECT row_guid, version, updated_ms FROM zwfw_items WHERE withdrawn = 0`, "row_guid"
	if kind == CaseRows {
		text, key = `SELECT project_no, version, updated_ms FROM zwfw_cases WHERE 1 = 1`, "project_no"
	}
	var args []any
	if area != "" {
		text, args = text+` AND area_code = ?`, append(args, area)
	}
	if from, to, ok := dayOf(day); ok {
		text, args = text+` AND updated_ms >= ? AND updated_ms < ?`, append(args, millis(from), millis(to))
	}
	t := NewTally()
	err := s.each(ctx, text+` ORDER BY CONCAT(`+key+`, '|')`+s.bytewise(), args, func(rows *sql.Rows) error {
		var name string
		var version, updated int64
		err := rows.Scan(&name, &version, &updated)
		t.Add(name, version, fromMillis(updated))
		return err
	})
	return t.Summary(), err
}

// bytewise makes a text compare by its bytes.
func (s *SQLSink) bytewise() string {
	if s.flavor == zwfw.MySQL {
		return ` COLLATE utf8mb4_bin`
	}
	return ` COLLATE "C"`
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return plainTime(time.UnixMilli(ms))
}
