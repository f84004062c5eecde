package portal

import (
	"context"
	"fmt"
	"strings"

	"github.com/zwfw-go/zwfw"
)

// sinkTable is a table in words that both flavors have, but for KEY (a text that is
// compared byte by byte) and BODY.
type sinkTable struct {
	name, columns string
	indexes       [][2]string // name, columns
}

// Times are milliseconds since 1970 in UTC, 0 for none.
var sinkTables = []sinkTable{
	{"zwfw_items", `row_guid KEY(64) NOT NULL PRIMARY KEY, area_code KEY(32) NOT NULL, task_code KEY(64) NOT NULL,
	handle_item KEY(64) NOT NULL, name VARCHAR(1000) NOT NULL, task_type VARCHAR(32) NOT NULL, task_state VARCHAR(32) NOT NULL,
	dept_code VARCHAR(64) NOT NULL, version BIGINT NOT NULL, updated_ms BIGINT NOT NULL, digest VARCHAR(64) NOT NULL,
	withdrawn SMALLINT NOT NULL, seen_ms BIGINT NOT NULL, body BODY NOT NULL`,
		[][2]string{{"task", "task_code"}, {"handle", "handle_item"}, {"updated", "updated_ms"}}},
	{"zwfw_item_codes", `code KEY(64) NOT NULL, row_guid KEY(64) NOT NULL, PRIMARY KEY (code, row_guid)`, nil},
	{"zwfw_cases", `project_no KEY(64) NOT NULL PRIMARY KEY, area_code KEY(32) NOT NULL, version BIGINT NOT NULL, updated_ms BIGINT NOT NULL`,
		[][2]string{{"updated", "updated_ms"}}},
	{"zwfw_case_rows", `row_key KEY(160) NOT NULL PRIMARY KEY, project_no KEY(64) NOT NULL, version BIGINT NOT NULL,
	updated_ms BIGINT NOT NULL, digest VARCHAR(64) NOT NULL, status VARCHAR(16) NOT NULL, body BODY NOT NULL`,
		[][2]string{{"project", "project_no"}}},
	{"zwfw_parked", `row_key KEY(160) NOT NULL PRIMARY KEY, version BIGINT NOT NULL, waits_for KEY(160) NOT NULL,
	since_ms BIGINT NOT NULL, rejected SMALLINT NOT NULL, body BODY NOT NULL`,
		[][2]string{{"waits", "waits_for"}, {"state", "rejected, row_key"}}},
	{"zwfw_marks", `name KEY(160) NOT NULL PRIMARY KEY, mark BODY NOT NULL, expires_ms BIGINT NOT NULL`, nil},
}

// sinkSteps are the statements that make the tables. Each may be repeated.
func sinkSteps(flavor zwfw.SQLFlavor) (steps []string) {
	key, body, engine := `VARCHAR($1) COLLATE "C"`, "TEXT", ""
	if flavor == zwfw.MySQL {
		key, body, engine = "VARCHAR($1)", "LONGTEXT", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
	}
	for _, t := range sinkTables {
		columns, after := t.columns, []string(nil)
		for _, size := range []string{"32", "64", "160"} {
			columns = strings.ReplaceAll(columns, "KEY("+size+")", strings.Replace(key, "$1", size, 1))
		}
		columns = strings.ReplaceAll(columns, "BODY", body)
		for _, i := range t.indexes {
			if flavor == zwfw.MySQL { // which has no CREATE INDEX IF NOT EXISTS
				columns += fmt.Sprintf(", INDEX %s_%s (%s)", t.name, i[0], i[1])
			} else {
				after = append(after, fmt.Sprintf("CREATE INDEX IF NOT EXISTS %s_%s ON %s (%s)", t.name, i[0], t.name, i[1]))
			}
		}
		steps = append(append(steps, "CREATE TABLE IF NOT EXISTS "+t.name+" ("+columns+")"+engine), after...)
	}
	return steps
}

// SQLSinkSchema gives the statements that make the tables of [SQLSink], for an
// administrator who makes them beforehand. The program then needs SELECT, INSERT, UPDATE
// and DELETE.
func SQLSinkSchema(flavor zwfw.SQLFlavor) string {
	return strings.Join(sinkSteps(flavor), ";\n") + ";\n"
}

// ready makes the tables if they are not there. Several processes may do so at once: what
// counts is that they can be read afterwards.
func (s *SQLSink) ready(ctx context.Context) error {
	if s.made.Load() {
		return nil
	}
	var failure error
	for try := range sinkTries {
		if failure = s.look(ctx); failure == nil {
			s.made.Store(true)
			return nil
		}
		for _, step := range sinkSteps(s.flavor) {
			if _, err := s.db.ExecContext(ctx, step); err != nil {
				failure = err // perhaps another process was at it in this moment
				break
			}
		}
		if err := sinkPause(ctx, try); err != nil {
			return err
		}
	}
	return failure
}

func (s *SQLSink) look(ctx context.Context) error {
	for _, t := range sinkTables {
		rows, err := s.db.QueryContext(ctx, "SELECT 1 FROM "+t.name+" WHERE 1 = 0")
		if err != nil {
			return err
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}
