package portal

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw"
)

// upsert writes a statement that inserts rows and, where a key is there, sets columns by
// expressions: new(c) is a column's new value, old(c) the one that is there. In the MySQL
// family an expression sees what those before it have set, so that version stands last.
func (s *SQLSink) upsert(table, key string, columns []string, set func(is, was func(string) string) [][2]string) string {
	is := func(c string) string { return "excluded." + c }
	was := func(c string) string { return table + "." + c }
	head := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ROWS"
	middle := " ON CONFLICT (" + key + ") DO UPDATE SET "
	if s.flavor == zwfw.MySQL {
		is = func(c string) string { return "VALUES(" + c + ")" }
		middle = " ON DUPLICATE KEY UPDATE "
	}
	var sets []string
	for _, pair := range set(is, was) {
		sets = append(sets, pair[0]+" = "+pair[1])
	}
	return head + middle + strings.Join(sets, ", ")
}

// newest sets columns where the row is not older than what is there.
func newest(columns ...string) func(is, was func(string) string) [][2]string {
	return func(is, was func(string) string) (sets [][2]string) {
		if slices.Contains(columns, "seen_ms") {
			sets = append(sets, [2]string{"seen_ms", "GREATEST(" + is("seen_ms") + ", " + was("seen_ms") + ")"})
		}
		wins := is("version") + " > " + was("version") + " OR " + is("version") + " = " + was("version") + " AND " + is("updated_ms") + " >= " + was("updated_ms")
		for _, c := range columns {
			if c != "seen_ms" {
				sets = append(sets, [2]string{c, "CASE WHEN " + wins + " THEN " + is(c) + " ELSE " + was(c) + " END"})
			}
		}
		return append(sets,
			[2]string{"updated_ms", "CASE WHEN " + wins + " THEN " + is("updated_ms") + " ELSE " + was("updated_ms") + " END"},
			[2]string{"version", "GREATEST(" + is("version") + ", " + was("version") + ")"})
	}
}

var (
	itemColumns = []string{
		"row_guid", "area_code", "task_code", "handle_item", "name", "task_type", "task_state", "dept_code",
		"version", "updated_ms", "digest", "withdrawn", "seen_ms", "body",
	}
	caseColumns   = []string{"project_no", "area_code", "version", "updated_ms"}
	partColumns   = []string{"row_key", "project_no", "version", "updated_ms", "digest", "status", "body"}
	parkedColumns = []string{"row_key", "version", "waits_for", "since_ms", "rejected", "body"}
	markColumns   = []string{"name", "mark", "expires_ms"}
)

func (s *SQLSink) statements() {
	s.putItems = s.upsert("zwfw_items", "row_guid", itemColumns,
		newest("area_code", "task_code", "handle_item", "name", "task_type", "task_state", "dept_code", "digest", "withdrawn", "seen_ms", "body"))
	s.putCodes = "INSERT INTO zwfw_item_codes (code, row_guid) VALUES ROWS ON CONFLICT DO NOTHING"
	if s.flavor == zwfw.MySQL {
		s.putCodes = "INSERT INTO zwfw_item_codes (code, row_guid) VALUES ROWS ON DUPLICATE KEY UPDATE code = VALUES(code)"
	}
	s.putParts = s.upsert("zwfw_case_rows", "row_key", partColumns, newest("digest", "status", "body"))
	s.putCases = s.upsert("zwfw_cases", "project_no", caseColumns, func(is, was func(string) string) [][2]string {
		return [][2]string{
			{"area_code", "CASE WHEN " + is("area_code") + " = '' THEN " + was("area_code") + " ELSE " + is("area_code") + " END"},
			{"updated_ms", "GREATEST(" + is("updated_ms") + ", " + was("updated_ms") + ")"},
			{"version", "GREATEST(" + is("version") + ", " + was("version") + ")"},
		}
	})
	s.park = s.upsert("zwfw_parked", "row_key", parkedColumns, func(is, was func(string) string) [][2]string {
		wins := is("version") + " >= " + was("version")
		pick := func(c string) [2]string {
			return [2]string{c, "CASE WHEN " + wins + " THEN " + is(c) + " ELSE " + was(c) + " END"}
		}
		return [][2]string{
			{"since_ms", "CASE WHEN " + wins + " AND " + was("rejected") + " = 1 THEN " + is("since_ms") + " ELSE " + was("since_ms") + " END"},
			pick("waits_for"), pick("rejected"), pick("body"),
			{"version", "GREATEST(" + is("version") + ", " + was("version") + ")"},
		}
	})
	s.setMark = s.upsert("zwfw_marks", "name", markColumns, func(is, _ func(string) string) [][2]string {
		return [][2]string{{"mark", is("mark")}, {"expires_ms", is("expires_ms")}}
	})
	s.withdraw = `UPDATE zwfw_items SET withdrawn = 1, digest = ?, updated_ms = ?, seen_ms = ?, version = ?
		WHERE row_guid = ? AND (version < ? OR version = ? AND updated_ms <= ?)`
}

// insert runs an upsert for rows of values, in the order of their first value: two nodes
// that write the same rows do not wait for each other in a ring.
func (w *sinkWork) insert(text string, rows [][]any) error {
	slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	for chunk := range slices.Chunk(rows, sinkChunk) {
		var args []any
		for _, row := range chunk {
			args = append(args, row...)
		}
		one := "(" + placeholders(len(chunk[0])) + ")"
		values := strings.TrimSuffix(strings.Repeat(one+", ", len(chunk)), ", ")
		if _, err := w.exec(strings.Replace(text, "ROWS", values, 1), args...); err != nil {
			return err
		}
	}
	return nil
}

// Apply makes a change in one transaction.
func (s *SQLSink) Apply(ctx context.Context, c SinkChange) error {
	return s.do(ctx, func(w *sinkWork) error {
		var err error
		if c.Kind == ItemRows {
			err = w.items(c)
		} else {
			err = w.cases(c)
		}
		if err == nil {
			err = w.parked(c)
		}
		if err == nil {
			err = w.marks(c)
		}
		return err
	})
}

func (w *sinkWork) items(c SinkChange) error {
	var rows, codes [][]any
	for _, r := range c.Rows {
		if r.Item == nil {
			_, err := w.exec(w.withdraw, r.Digest, millis(r.Updated), millis(c.At), r.Version, r.Key, r.Version, r.Version, millis(r.Updated))
			if err != nil {
				return err
			}
			continue
		}
		body, err := json.Marshal(r.Item)
		if err != nil {
			return err
		}
		i := r.Item
		for _, code := range codesOf(i) {
			codes = append(codes, []any{code, r.Key})
		}
		rows = append(rows, []any{
			r.Key, r.Area, i.TaskCode, i.HandleItem, i.Name, string(i.Type), i.State, i.DeptCode,
			r.Version, millis(r.Updated), r.Digest, flag(r.Withdrawn), millis(c.At), string(body),
		})
	}
	if err := w.insert(w.putItems, rows); err != nil {
		return err
	}
	if err := w.insert(w.putCodes, codes); err != nil {
		return err
	}
	slices.Sort(c.Seen)
	for chunk := range slices.Chunk(c.Seen, 5*sinkChunk) {
		at := millis(c.At)
		_, err := w.exec(`UPDATE zwfw_items SET seen_ms = ? WHERE seen_ms < ? AND row_guid IN (`+placeholders(len(chunk))+`)`,
			append([]any{at, at}, anyOf(chunk)...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (w *sinkWork) cases(c SinkChange) error {
	type head struct {
		area             string
		version, updated int64
	}
	var rows, heads [][]any
	of := make(map[string]head)
	for _, r := range c.Rows {
		body, err := encodePart(r.Case)
		if err != nil {
			return err
		}
		status := ""
		if a := r.Case.Acceptance; a != nil {
			status = string(a.Status)
		}
		rows = append(rows, []any{r.Key, r.Case.ProjectNo, r.Version, millis(r.Updated), r.Digest, status, string(body)})
		h := of[r.Case.ProjectNo]
		if r.Area != "" {
			h.area = r.Area
		}
		of[r.Case.ProjectNo] = head{h.area, max(h.version, r.Version), max(h.updated, millis(r.Updated))}
	}
	for _, number := range sortedKeys(of) {
		h := of[number]
		heads = append(heads, []any{number, h.area, h.version, h.updated})
	}
	if err := w.insert(w.putCases, heads); err != nil {
		return err
	}
	return w.insert(w.putParts, rows)
}

func (w *sinkWork) parked(c SinkChange) error {
	var rows [][]any
	for _, p := range c.Park {
		rows = append(rows, []any{p.Key, p.Version, p.WaitsFor, millis(p.Since), flag(p.Rejected), string(p.Data)})
	}
	if err := w.insert(w.park, rows); err != nil {
		return err
	}
	slices.SortFunc(c.Unpark, func(a, b RowVersion) int { return strings.Compare(a.Key, b.Key) })
	for chunk := range slices.Chunk(c.Unpark, sinkChunk) {
		var args []any
		for _, u := range chunk {
			args = append(args, u.Key, u.Version)
		}
		text := `DELETE FROM zwfw_parked WHERE ` + strings.TrimSuffix(strings.Repeat(`row_key = ? AND version <= ? OR `, len(chunk)), ` OR `)
		if _, err := w.exec(text, args...); err != nil {
			return err
		}
	}
	return nil
}

// purgeMarks is how many marks with an end lie between two purges of those past theirs.
const purgeMarks = 256

func (w *sinkWork) marks(c SinkChange) error {
	var rows [][]any
	for _, m := range c.Marks {
		if m.Value == nil {
			if _, err := w.exec(`DELETE FROM zwfw_marks WHERE name = ?`, m.Name); err != nil {
				return err
			}
			continue
		}
		if !m.Expires.IsZero() && w.ending.Add(1)%purgeMarks == 0 {
			if _, err := w.exec(`DELETE FROM zwfw_marks WHERE expires_ms > 0 AND expires_ms < ?`, millis(c.At)); err != nil {
				return err
			}
		}
		rows = append(rows, []any{m.Name, string(m.Value), millis(m.Expires)})
	}
	return w.insert(w.setMark, rows)
}
