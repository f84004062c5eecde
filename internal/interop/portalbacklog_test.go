package interop_test

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// A backlog of events is read by two nodes at once into one database, and pushed to another
// one, cases before their items: the two stores are equal in every column.
func TestABacklogIsTakenWithoutLossWhateverItsWay(t *testing.T) {
	cases := long(500, 37_500) // 8 events each
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{Items: 200, CaseEvents: true}))
		p.AddCases(cases)
		events := p.PortalCaseEvents()
		began := time.Now()
		var nodes sync.WaitGroup
		for range 2 {
			ingest := nodeOf(t, p, sinkNode(t, d))
			nodes.Go(func() {
				for _, kind := range []portal.IngestKind{portal.CaseRows, portal.ItemRows, portal.CaseRows} {
					if _, err := ingest.Pull(t.Context(), kind); err != nil {
						t.Error(err)
					}
				}
			})
		}
		nodes.Wait()
		t.Logf("%d events read by two nodes in %v", len(events), time.Since(began).Round(time.Millisecond))
		sink := sinkNode(t, d)
		ingest := nodeOf(t, p, sink)
		_, err := ingest.Pull(t.Context(), portal.CaseRows)
		require.NoError(t, err)
		for kind, count := range map[portal.IngestKind]int64{portal.ItemRows: 199, portal.CaseRows: int64(cases + 5)} {
			r, err := ingest.Reconcile(t.Context(), kind, "", time.Time{})
			require.NoError(t, err)
			require.True(t, r.Same(), "%+v %+v", r.Here, r.There)
			require.Equal(t, count, r.Here.Count)
			require.Zero(t, r.Parked)
		}

		server := dbserver.Start(t, d.Flavor, dbserver.Fast)
		pushedTo := server.Fresh(t)
		client, err := portal.New(p.PortalConfig(), zwfw.WithClock(p.Clock()))
		require.NoError(t, err)
		t.Cleanup(func() { _ = client.Close() })
		receiver, err := portal.NewReceiver(client, sinkNode(t, pushedTo), portal.ReceiverConfig{Path: "/push"})
		require.NoError(t, err)
		site := httptest.NewServer(receiver)
		t.Cleanup(site.Close)
		began = time.Now()
		push := func(kind portal.IngestKind, rows []sandbox.PortalRow) {
			for n, chunk := range slices.Collect(slices.Chunk(rows, 500)) {
				slices.Reverse(chunk) // results before acceptances
				_, err := p.PushBatch(t.Context(), site.URL+"/push", sandbox.PortalBatch{BatchNo: fmt.Sprint(kind, n), Kind: kind, Rows: chunk})
				require.NoError(t, err)
			}
		}
		half := len(events) / 2
		push(portal.CaseRows, slices.Clone(events[half:]))
		push(portal.ItemRows, p.PortalItems())
		pushRest := slices.Clone(events[:half])
		for n, chunk := range slices.Collect(slices.Chunk(pushRest, 500)) {
			_, err := p.PushBatch(t.Context(), site.URL+"/push", sandbox.PortalBatch{BatchNo: fmt.Sprint("rest", n), Kind: portal.CaseRows, Rows: chunk})
			require.NoError(t, err)
		}
		released := sinkNode(t, pushedTo)
		require.Eventually(t, func() bool { // a call that releases very many rows may be answered before it has
			c, err := released.Counts(t.Context(), portal.CaseRows)
			return err == nil && c.Parked == 0
		}, 20*time.Minute, 50*time.Millisecond)
		t.Logf("%d events pushed in %v", len(events), time.Since(began).Round(time.Millisecond))
		read, pushed := d.Open(t), pushedTo.Open(t)
		for _, query := range []string{
			"SELECT row_guid, area_code, task_code, handle_item, name, task_type, task_state, dept_code, version, updated_ms, digest, withdrawn, body FROM zwfw_items ORDER BY row_guid",
			"SELECT * FROM zwfw_cases ORDER BY project_no",
			"SELECT row_key, project_no, version, updated_ms, digest, status, body FROM zwfw_case_rows ORDER BY row_key",
			"SELECT * FROM zwfw_parked",
		} {
			here, there := columnsOf(t, read, query), columnsOf(t, pushed, query)
			require.Equal(t, len(here), len(there), query)
			for i := range here {
				require.Equal(t, here[i], there[i])
			}
		}
		keys := make(map[string]bool) // an event replaces the one before it only in an acceptance
		for _, row := range columnsOf(t, read, "SELECT row_key FROM zwfw_case_rows") {
			keys[row] = true
		}
		require.Len(t, keys, 6*cases+22, "an acceptance, four stages and a result of each, and those of the five")
	})
}

// No row of a page keeps the page from being stored, whatever stands in it: else the feed
// would stand still there for ever.
func TestNoRowStopsTheFeed(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{Items: 20}))
		ingest := nodeOf(t, p, sinkNode(t, d))
		for n, data := range []string{
			`{"projectNo":"HLJ-POISON-1","process":[{"seq":1,"eventName":"0\u00001","startTime":"2024-05-01 00:00:00"}]}`,
			`{"projectNo":"HLJ-POISON-2","special":[{"specialType":"\u0000","time":"2024-05-01 00:00:00"}]}`,
		} {
			p.FeedCase(sandbox.PortalRow{Operation: "U", Version: int64(n) + 1, Data: []byte(data)})
		}
		long := strings.Repeat("9", 2000)
		data := `{"areaCode":"` + long + `","taskHandleItem":"` + long + `","deptCode":"a\u0000b"}`
		p.FeedItem(sandbox.PortalRow{RowGUID: "poison", Operation: "D", Version: 1, Data: []byte(data)})
		items, err := ingest.Pull(t.Context(), portal.ItemRows)
		require.NoError(t, err)
		require.EqualValues(t, 21, items.Accepted)
		cases, err := ingest.Pull(t.Context(), portal.CaseRows)
		require.NoError(t, err)
		require.EqualValues(t, 2, cases.Rejected)
	})
}
