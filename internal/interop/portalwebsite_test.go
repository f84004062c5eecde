package interop_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// websiteEnv holds the websiteTask of a process that is a website.
const websiteEnv = "ZWFW_INTEROP_WEBSITE"

// websiteTask is what a website does: one full pull, to the end or until it is killed.
type websiteTask struct {
	Database dbserver.Database
	BaseURL  string
	AppMark  string
	AppWord  string
	Kind     portal.IngestKind
}

// pageDone is what it says of a stored page.
type pageDone struct {
	Progress portal.Progress
	Heap     uint64 // bytes in use after a collection; 0 when it was not measured
	Done     bool
	Failed   string
}

func runWebsite(text string) int {
	out := json.NewEncoder(os.Stdout)
	if err := fullPull(text, out); err != nil {
		_ = out.Encode(pageDone{Failed: err.Error()})
		return 1
	}
	_ = out.Encode(pageDone{Done: true})
	return 0
}

func fullPull(text string, out *json.Encoder) error {
	var task websiteTask
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		return err
	}
	pool, err := sql.Open(task.Database.Driver(), task.Database.DSN())
	if err != nil {
		return err
	}
	sink, err := portal.NewSQLSink(pool, task.Database.Flavor)
	if err != nil {
		return err
	}
	client, err := portal.New(portal.Config{BaseURL: task.BaseURL, AppMark: task.AppMark, AppWord: zwfw.NewSecret(task.AppWord)},
		zwfw.WithTimeout(5*time.Minute), zwfw.WithAttemptTimeout(5*time.Minute))
	if err != nil {
		return err
	}
	ingest, err := portal.NewIngest(client, sink, portal.IngestConfig{})
	if err != nil {
		return err
	}
	return ingest.FullPull(context.Background(), task.Kind, func(p portal.Progress) {
		said := pageDone{Progress: p}
		if p.Pages%20 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			said.Heap = m.HeapAlloc
		}
		_ = out.Encode(said)
	})
}

// website starts one and gives what it says, until it ends or has stored so many pages and
// is killed.
func website(t *testing.T, task websiteTask, killAfter int) (said []pageDone) {
	t.Helper()
	text, err := json.Marshal(task)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self)
	c.Env = append(os.Environ(), websiteEnv+"="+string(text))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := json.NewDecoder(bufio.NewReader(out))
	for {
		var p pageDone
		if err := lines.Decode(&p); err != nil {
			if killAfter == 0 {
				require.ErrorIs(t, err, io.EOF)
			}
			break
		}
		require.Empty(t, p.Failed)
		if said = append(said, p); killAfter > 0 && len(said) == killAfter {
			require.NoError(t, c.Process.Kill()) // at whatever it is doing now: the next page, mostly
		}
	}
	_ = c.Wait()
	return said
}

// The store equals its source after kills at any moment, in memory that does not grow with
// the library.
func TestAFullPullThatIsKilledAgainAndAgainGivesTheWholeLibrary(t *testing.T) {
	items, kills := long(5000, 250_000), long(5, 50)
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{Items: items}))
		config := p.PortalConfig()
		task := websiteTask{Database: d, BaseURL: config.BaseURL, AppMark: config.AppMark, AppWord: config.AppWord.Reveal(), Kind: portal.ItemRows}
		pages, lived, twice := items/100, 0, 0
		var heap []uint64
		last := portal.Progress{}
		measure := func(said []pageDone) {
			for _, s := range said {
				if s.Heap > 0 {
					heap = append(heap, s.Heap)
				}
			}
		}
		for range kills {
			said := website(t, task, 1+rand.N(pages/(kills+1)))
			measure(said)
			for _, s := range said {
				if !s.Done {
					last = s.Progress
				}
			}
			lived += len(said)
			if len(said) > 0 && said[len(said)-1].Done {
				twice++
			}
		}
		began := time.Now()
		said := website(t, task, 0)
		measure(said)
		require.True(t, said[len(said)-1].Done)
		if twice == 0 {
			last = said[len(said)-2].Progress
			require.EqualValues(t, items, last.Rows, "the progress of a resumed pull goes on counting")
			require.EqualValues(t, pages, last.Pages)
		}
		require.Positive(t, lived)

		ingest := nodeOf(t, p, sinkNode(t, d))
		r, err := ingest.Reconcile(t.Context(), portal.ItemRows, "", time.Time{})
		require.NoError(t, err)
		require.True(t, r.Same(), "%+v %+v", r.Here, r.There)
		require.EqualValues(t, items-1, r.Here.Count)
		pool := d.Open(t)
		want := make(map[string]string, items)
		for _, row := range p.PortalItems() {
			var data struct{ TaskName, TaskCode, UpdateTime string }
			require.NoError(t, json.Unmarshal(row.Data, &data))
			want[row.RowGUID] = fmt.Sprintf("%d %s %s %s %t", row.Version, data.TaskName, data.TaskCode, data.UpdateTime, row.Operation == "D")
		}
		rows, err := pool.Query("SELECT row_guid, version, name, task_code, updated_ms, withdrawn FROM zwfw_items")
		require.NoError(t, err)
		defer rows.Close()
		n := 0
		for rows.Next() {
			var key, name, code string
			var version, updated, gone int64
			require.NoError(t, rows.Scan(&key, &version, &name, &code, &updated, &gone))
			at := time.UnixMilli(updated).In(day.Location()).Format(time.DateTime)
			if got := fmt.Sprintf("%d %s %s %s %t", version, name, code, at, gone == 1); got != want[key] {
				t.Fatalf("%s: %s, want %s", key, got, want[key])
			}
			n++
		}
		require.NoError(t, rows.Err())
		require.Equal(t, items, n)
		if len(heap) > 0 {
			most := heap[0]
			for _, h := range heap {
				most = max(most, h)
			}
			require.Less(t, most, uint64(24<<20), "bytes in use by a website")
			t.Logf("%d items, %d kills, at most %d KiB in use; %d pages after the last kill in %v", items, kills, most>>10, len(said), time.Since(began).Round(time.Millisecond))
		}
	})
}

// nodeOf is an Ingest of this process.
func nodeOf(t *testing.T, p *sandbox.Platform, sink portal.Sink) *portal.Ingest {
	t.Helper()
	client, err := portal.New(p.PortalConfig(), zwfw.WithClock(p.Clock()), zwfw.WithTimeout(5*time.Minute), zwfw.WithAttemptTimeout(5*time.Minute))
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	ingest, err := portal.NewIngest(client, sink, portal.IngestConfig{})
	require.NoError(t, err)
	return ingest
}

// columnsOf gives the rows of a store, column by column, but for when they were seen.
func columnsOf(t *testing.T, pool *sql.DB, query string) []string {
	t.Helper()
	rows, err := pool.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var all []string
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		var line strings.Builder
		for _, v := range values {
			line.WriteString(v.String + " | ")
		}
		all = append(all, line.String())
	}
	require.NoError(t, rows.Err())
	return all
}
