package interop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/portal"
)

// eachSink lets a test run on every store: that of the databases opened twice, as two nodes
// do.
func eachSink(t *testing.T, check func(t *testing.T, one, other portal.Sink)) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		m := portal.NewMemorySink()
		check(t, m, m)
	})
	for _, flavor := range flavors {
		t.Run(string(flavor), func(t *testing.T) {
			t.Parallel()
			d := dbserver.Start(t, flavor, dbserver.Fast).Fresh(t)
			check(t, sinkNode(t, d), sinkNode(t, d))
		})
	}
}

func sinkNode(t *testing.T, d dbserver.Database) *portal.SQLSink {
	t.Helper()
	sink, err := portal.NewSQLSink(d.Open(t), d.Flavor)
	require.NoError(t, err)
	return sink
}

var day = time.Date(2024, 5, 20, 2, 0, 0, 0, time.FixedZone("", 8*60*60))

func itemRow(key string, version int64, updated time.Time, name string) portal.Row {
	return portal.Row{
		Key: key, Area: "999999000000", Version: version, Updated: updated, Digest: fmt.Sprintf("%s %d %s", key, version, name),
		Item: &portal.Item{RowGUID: key, TaskCode: "T" + key, HandleItem: "T" + key + "01", Name: name, Version: version, Updated: updated, Operation: portal.Updated},
	}
}

func acceptRow(number string, version int64, status portal.CaseStatus) portal.Row {
	p := &portal.CasePart{ProjectNo: number, Acceptance: &portal.Acceptance{ProjectNo: number, Status: status, ApplicantName: zwfw.NewPersonName(marker)}}
	return portal.Row{Key: p.PartKey(), Area: "999999000000", Version: version, Updated: day, Digest: fmt.Sprint(version, status), Case: p}
}

func TestASinkNeverLowersAVersion(t *testing.T) {
	eachSink(t, func(t *testing.T, one, other portal.Sink) {
		ctx := t.Context()
		put := func(s portal.Sink, rows ...portal.Row) {
			t.Helper()
			require.NoError(t, s.Apply(ctx, portal.SinkChange{Kind: portal.ItemRows, Rows: rows, At: day}))
		}
		state := func() portal.RowState {
			t.Helper()
			known, err := other.Known(ctx, portal.ItemRows, []string{"a", "none"})
			require.NoError(t, err)
			require.Len(t, known, 1)
			return known["a"]
		}
		put(one, itemRow("a", 3, day, "三"))
		for _, row := range []portal.Row{itemRow("a", 2, day.Add(time.Hour), "二"), itemRow("a", 3, day.Add(-time.Second), "旧")} {
			put(other, row)
			require.Equal(t, "a 3 三", state().Digest)
		}
		put(other, itemRow("a", 3, day, "改"))
		require.Equal(t, "a 3 改", state().Digest, "the same time: the last one")
		put(one, itemRow("a", 4, day.Add(-time.Hour), "四"))
		require.Equal(t, "a 4 四", state().Digest, "a version counts more than a time")
		require.True(t, state().Updated.Equal(day.Add(-time.Hour)))

		gone := portal.Row{Key: "a", Version: 5, Updated: day, Digest: "gone", Withdrawn: true}
		put(one, gone)
		require.True(t, state().Withdrawn)
		require.EqualValues(t, 5, state().Version)
		put(one, itemRow("a", 4, day, "四"))
		require.True(t, state().Withdrawn)
		item, ok, err := other.(interface {
			Item(context.Context, string) (*portal.Item, bool, error)
		}).Item(ctx, "a")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "四", item.Name, "a withdrawal without content")
		require.True(t, item.Withdrawn())

		versions, err := one.ItemVersions(ctx, []string{"Ta", "Ta01", "Tb"})
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"Ta": 5, "Ta01": 5}, versions, "of withdrawn ones too")
		merged := itemRow("a", 6, day, "六")
		merged.Item.TaskCode, merged.Item.HandleItem = "Tb", ""
		put(one, merged)
		versions, err = other.ItemVersions(ctx, []string{"Ta", "Ta01", "Tb", "Tc"})
		require.NoError(t, err)
		require.Equal(t, map[string]int64{"Ta": 6, "Ta01": 6, "Tb": 6}, versions, "old cases keep the old code")
	})
}

func TestASinkKeepsCasesInParts(t *testing.T) {
	eachSink(t, func(t *testing.T, one, other portal.Sink) {
		ctx := t.Context()
		part := func(p *portal.CasePart, version int64, at time.Time) portal.Row {
			return portal.Row{Key: p.PartKey(), Version: version, Updated: at, Digest: fmt.Sprint(version), Case: p}
		}
		stage := &portal.CasePart{ProjectNo: "P1", Stage: &portal.Stage{Seq: 2, Event: "02", Name: "审查", Handler: zwfw.NewPersonName(marker), Start: day}}
		procedure := &portal.CasePart{ProjectNo: "P1", Procedure: &portal.Procedure{Type: "2", Name: "鉴定", Start: day}}
		result := &portal.CasePart{ProjectNo: "P1", Result: &portal.CaseResult{Time: day, Code: "0"}}
		change := portal.SinkChange{Kind: portal.CaseRows, At: day, Rows: []portal.Row{
			acceptRow("P1", 2, "2"), part(stage, 3, day.Add(time.Hour)), part(procedure, 2, day), part(result, 3, day), acceptRow("P2", 1, "1"),
		}}
		for range 2 { // again: nothing changes
			require.NoError(t, one.Apply(ctx, change))
			known, err := other.Known(ctx, portal.CaseRows, []string{"P1/accept", stage.PartKey(), "P3/accept"})
			require.NoError(t, err)
			require.Len(t, known, 2)
			require.Equal(t, portal.CaseStatus("2"), known["P1/accept"].Status)
			require.EqualValues(t, 3, known[stage.PartKey()].Version)
			k, ok, err := other.(interface {
				Case(context.Context, string) (*portal.Case, bool, error)
			}).Case(ctx, "P1")
			require.NoError(t, err)
			require.True(t, ok)
			require.EqualValues(t, 3, k.Version)
			require.True(t, k.Updated.Equal(day.Add(time.Hour)))
			require.Equal(t, marker, k.Acceptance.ApplicantName.Reveal())
			require.Equal(t, marker, k.Stages[0].Handler.Reveal())
			require.Equal(t, "鉴定", k.Procedures[0].Name)
			require.True(t, k.Procedures[0].Start.Equal(day))
			require.Equal(t, portal.ResultCode("0"), k.Result.Code)
			c, err := one.Counts(ctx, portal.CaseRows)
			require.NoError(t, err)
			require.EqualValues(t, 2, c.Rows)
		}
		whole, err := one.Summary(ctx, portal.CaseRows, "", time.Time{})
		require.NoError(t, err)
		tally := portal.NewTally()
		tally.Add("P1", 3, day.Add(time.Hour))
		tally.Add("P2", 1, day)
		require.Equal(t, tally.Summary().Digest, whole.Digest)
		require.EqualValues(t, 2, whole.Count)
		require.True(t, whole.Newest.Equal(day.Add(time.Hour)))
		of, err := one.Summary(ctx, portal.CaseRows, "110000000000", time.Time{})
		require.NoError(t, err)
		require.Zero(t, of.Count)
		of, err = one.Summary(ctx, portal.CaseRows, "999999000000", day.AddDate(0, 0, 1))
		require.NoError(t, err)
		require.Zero(t, of.Count)
		of, err = one.Summary(ctx, portal.CaseRows, "999999000000", day.Add(3*time.Hour))
		require.NoError(t, err)
		require.EqualValues(t, 2, of.Count)
	})
}

func TestASinkKeepsWhatIsParkedUntilItIsReleased(t *testing.T) {
	eachSink(t, func(t *testing.T, one, other portal.Sink) {
		ctx := t.Context()
		row := func(key string, version int64, wait string, since time.Time) portal.ParkedRow {
			return portal.ParkedRow{Key: key, Version: version, WaitsFor: wait, Since: since, Data: []byte(fmt.Sprintf(`{"v":%d}`, version))}
		}
		park := func(rows ...portal.ParkedRow) {
			t.Helper()
			require.NoError(t, one.Apply(ctx, portal.SinkChange{Kind: portal.CaseRows, Park: rows, At: day}))
		}
		list := func(q portal.ParkedQuery) (found []string) {
			t.Helper()
			rows, err := other.Parked(ctx, q)
			require.NoError(t, err)
			for _, r := range rows {
				found = append(found, fmt.Sprintf("%s %d %s %d %s", r.Key, r.Version, r.WaitsFor, r.Since.Sub(day)/time.Hour, r.Data))
			}
			return found
		}
		park(row("P1/result", 3, "case/P1", day), row("P2/result", 1, "case/P2", day), row("P3/accept", 1, "item/T", day))
		park(row("P1/result", 2, "case/P1", day.Add(time.Hour)), row("P2/result", 2, "case/P2", day.Add(time.Hour)))
		require.Equal(t, []string{`P1/result 3 case/P1 0 {"v":3}`, `P2/result 2 case/P2 0 {"v":2}`, `P3/accept 1 item/T 0 {"v":1}`}, list(portal.ParkedQuery{}))
		require.Equal(t, []string{`P3/accept 1 item/T 0 {"v":1}`}, list(portal.ParkedQuery{WaitsFor: []string{"item/T", "item/U"}}))
		require.Empty(t, list(portal.ParkedQuery{WaitsFor: []string{}}))
		require.Equal(t, []string{`P2/result 2 case/P2 0 {"v":2}`}, list(portal.ParkedQuery{After: "P1/result", Limit: 1}))

		refused := row("P2/result", 2, "case/P2", day)
		refused.Rejected = true
		park(refused)
		require.Len(t, list(portal.ParkedQuery{}), 2)
		c, err := one.Counts(ctx, portal.CaseRows)
		require.NoError(t, err)
		require.Equal(t, portal.SinkCounts{Parked: 2, Rejected: 1}, c)
		park(row("P2/result", 2, "case/P2", day.Add(5*time.Hour)))
		require.Equal(t, []string{`P2/result 2 case/P2 5 {"v":2}`}, list(portal.ParkedQuery{WaitsFor: []string{"case/P2"}}), "it begins to wait anew")

		require.NoError(t, one.Apply(ctx, portal.SinkChange{
			Kind: portal.CaseRows, At: day, Rows: []portal.Row{acceptRow("P1", 2, "2")},
			Unpark: []portal.RowVersion{{Key: "P1/result", Version: 2}, {Key: "P2/result", Version: 9}},
		}))
		require.Equal(t, []string{`P1/result 3 case/P1 0 {"v":3}`, `P3/accept 1 item/T 0 {"v":1}`}, list(portal.ParkedQuery{}), "a newer one stays")
	})
}

func TestASinkFindsWhatAFullPullHasNotSeen(t *testing.T) {
	eachSink(t, func(t *testing.T, one, other portal.Sink) {
		ctx := t.Context()
		rows := make([]portal.Row, 2500)
		for i := range rows {
			rows[i] = itemRow(fmt.Sprintf("%05d", i), 1, day, "项")
		}
		require.NoError(t, one.Apply(ctx, portal.SinkChange{Kind: portal.ItemRows, Rows: rows, At: day}))
		require.NoError(t, other.Apply(ctx, portal.SinkChange{Kind: portal.ItemRows, Seen: []string{"00001", "00002"}, At: day.Add(time.Hour)}))
		require.NoError(t, other.Apply(ctx, portal.SinkChange{Kind: portal.ItemRows, Rows: rows[3:4], At: day.Add(time.Hour)}))
		for _, withdraw := range []bool{false, true} {
			n, err := one.Unseen(ctx, "", day, withdraw)
			require.NoError(t, err)
			require.Zero(t, n)
			n, err = one.Unseen(ctx, "110000000000", day.Add(time.Hour), withdraw)
			require.NoError(t, err)
			require.Zero(t, n)
			n, err = one.Unseen(ctx, "999999000000", day.Add(time.Hour), withdraw)
			require.NoError(t, err)
			require.EqualValues(t, 2497, n)
		}
		c, err := other.Counts(ctx, portal.ItemRows)
		require.NoError(t, err)
		require.EqualValues(t, 3, c.Rows)
		known, err := other.Known(ctx, portal.ItemRows, []string{"00000", "00001"})
		require.NoError(t, err)
		require.Empty(t, known["00000"].Digest, "it comes back as soon as it is seen again")
		require.True(t, known["00000"].Withdrawn)
		require.False(t, known["00001"].Withdrawn)
	})
}

func TestASinkKeepsMarksWithTheRows(t *testing.T) {
	eachSink(t, func(t *testing.T, one, other portal.Sink) {
		ctx := t.Context()
		mark := func(name string) string {
			t.Helper()
			value, err := other.Mark(ctx, name)
			require.NoError(t, err)
			return string(value)
		}
		require.Empty(t, mark("m"))
		long := strings.Repeat("长", 20_000)
		require.NoError(t, one.Apply(ctx, portal.SinkChange{Kind: portal.ItemRows, At: day, Marks: []portal.Mark{{Name: "m", Value: []byte("1")}, {Name: "M", Value: []byte(long)}}}))
		require.Equal(t, "1", mark("m"))
		require.Equal(t, long, mark("M"), "names differ by their case")
		bad := itemRow("b", 1, day, strings.Repeat("名", 1001)) // longer than the column
		err := one.Apply(ctx, portal.SinkChange{Kind: portal.ItemRows, Rows: []portal.Row{bad}, At: day, Marks: []portal.Mark{{Name: "m", Value: []byte("2")}}})
		if _, memory := one.(*portal.MemorySink); !memory {
			require.ErrorContains(t, err, "portal: sink tables: ")
			require.Equal(t, "1", mark("m"), "all or nothing")
		}
		require.NoError(t, one.Apply(ctx, portal.SinkChange{Kind: portal.ItemRows, At: day, Marks: []portal.Mark{{Name: "m"}}}))
		require.Empty(t, mark("m"))
	})
}

func TestManyNodesWriteTheSameRowsAndTheNewestStay(t *testing.T) {
	eachSink(t, func(t *testing.T, one, other portal.Sink) {
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() {
				sink := []portal.Sink{one, other}[w%2]
				for version := range int64(8) {
					var items, cases []portal.Row
					for i := range 120 {
						n := (i*7 + w*31) % 120 // each in another order
						items = append(items, itemRow(fmt.Sprintf("%03d", n), (version+int64(w))%8, day, "项"))
						cases = append(cases, acceptRow(fmt.Sprintf("P%03d", n), (version+int64(w))%8, "2"))
					}
					for kind, rows := range map[portal.IngestKind][]portal.Row{portal.ItemRows: items, portal.CaseRows: cases} {
						if err := sink.Apply(t.Context(), portal.SinkChange{Kind: kind, Rows: rows, At: day}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		want := portal.NewTally()
		for i := range 120 {
			want.Add(fmt.Sprintf("P%03d", i), 7, day)
		}
		got, err := one.Summary(t.Context(), portal.CaseRows, "", time.Time{})
		require.NoError(t, err)
		require.Equal(t, want.Summary().Digest, got.Digest)
		known, err := one.Known(t.Context(), portal.ItemRows, []string{"000", "119"})
		require.NoError(t, err)
		require.EqualValues(t, 7, known["000"].Version)
		require.EqualValues(t, 7, known["119"].Version)
	})
}

func TestErrorsOfTheSinkShowNoValue(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		sink := sinkNode(t, d)
		_, err := sink.Counts(t.Context(), portal.ItemRows)
		require.NoError(t, err)
		_, err = d.Open(t).Exec("ALTER TABLE zwfw_case_rows ADD CONSTRAINT narrow CHECK (status <> '9')")
		require.NoError(t, err)
		err = sink.Apply(t.Context(), portal.SinkChange{Kind: portal.CaseRows, Rows: []portal.Row{acceptRow("P1", 1, "9")}, At: day})
		require.ErrorContains(t, err, "portal: sink tables: the server says")
		require.NotContains(t, err.Error(), marker)
		require.NotContains(t, err.Error(), "P1")

		line, far := dbserver.OverLine(t, d)
		lost := sinkNode(t, far)
		line.Down(true)
		_, err = lost.Counts(t.Context(), portal.ItemRows)
		require.ErrorContains(t, err, "portal: sink tables: ")
		require.NotContains(t, err.Error(), "\n")
		line.Down(false)
		_, err = lost.Counts(t.Context(), portal.ItemRows)
		require.NoError(t, err)
	})
}

func TestAdministratorsMakeTheSinksTables(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		pool := d.Open(t)
		for _, statement := range strings.Split(portal.SQLSinkSchema(d.Flavor), ";\n") {
			if statement == "" {
				continue
			}
			for range 2 {
				_, err := pool.Exec(statement)
				require.NoError(t, err)
			}
		}
		require.NoError(t, sinkNode(t, d).Apply(t.Context(), portal.SinkChange{Kind: portal.ItemRows, Rows: []portal.Row{itemRow("a", 1, day, "项")}, At: day}))
		var body string
		require.NoError(t, pool.QueryRow("SELECT body FROM zwfw_items").Scan(&body))
		var item portal.Item
		require.NoError(t, json.Unmarshal([]byte(body), &item))
		require.Equal(t, "项", item.Name)
	})
}

func TestManyNodesMakeTheSinksTablesAtOnce(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		begin := make(chan struct{})
		var wg sync.WaitGroup
		for range 6 {
			sink := sinkNode(t, d)
			wg.Go(func() {
				<-begin
				if _, err := sink.Counts(t.Context(), portal.CaseRows); err != nil {
					t.Error(err)
				}
			})
		}
		close(begin)
		wg.Wait()
	})
}
