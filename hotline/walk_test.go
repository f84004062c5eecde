package hotline_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// listed is a row of the list of a platform written for one test.
type listed struct {
	DispatchID string `json:"dispatchId"`
	UpdateTime string `json:"updateTime,omitempty"`
}

// listing serves a pending list: rows gives a page.
func listing(t *testing.T, rows func(after time.Time, page, size int) ([]listed, int)) *hotline.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			UpdatedAfter     string
			PageNo, PageSize int
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		data := map[string]any{"accessToken": "t", "expiresIn": 7200}
		if strings.HasSuffix(r.URL.Path, "/todo") {
			after, _ := time.ParseInLocation(time.DateTime, in.UpdatedAfter, handledAt.Location())
			list, total := rows(after, in.PageNo, in.PageSize)
			data = map[string]any{"list": list, "total": total, "pageNo": in.PageNo}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "0", "data": data})
	}))
	t.Cleanup(server.Close)
	return newClient(t, hotline.Config{BaseURL: server.URL, AppID: "a", AppKey: zwfw.NewSecret("k")}, patient...)
}

func ids(rows []hotline.Sheet) []hotline.DispatchID {
	out := make([]hotline.DispatchID, len(rows))
	for i, r := range rows {
		out[i] = r.DispatchID
	}
	return out
}

func cut(rows []listed, page, size int) []listed {
	from := min((page-1)*size, len(rows))
	return rows[from:min(from+size, len(rows))]
}

// A hundred thousand rows, ten in each second, are made while they are asked for: what
// grows is the client's.
func TestAListOfAHundredThousandRowsIsReadInConstantMemory(t *testing.T) {
	const rows, perSecond = 100_000, 10
	begin := handledAt
	client := listing(t, func(after time.Time, _, size int) ([]listed, int) {
		first := 0
		if after.After(begin) {
			first = int(after.Sub(begin)/time.Second) * perSecond
		}
		list := make([]listed, 0, size)
		for i := first; i < min(first+size, rows); i++ {
			list = append(list, listed{fmt.Sprintf("D%06d", i), begin.Add(time.Duration(i/perSecond) * time.Second).Format(time.DateTime)})
		}
		return list, rows - first
	})
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	n, early := 0, uint64(0)
	for s, err := range client.PendingSheets(t.Context(), hotline.PendingQuery{}) {
		require.NoError(t, err)
		require.Equal(t, hotline.DispatchID(fmt.Sprintf("D%06d", n)), s.DispatchID, "in order, none twice")
		if n++; n == rows/10 {
			early = heap()
		}
	}
	require.Equal(t, rows, n)
	require.Less(t, heap(), early+2<<20, "ten times the rows in the same memory")
}

func TestRowsThatLeaveWhileTheListIsReadHideNoOthers(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	storm := p.Hotline().Storm(sandbox.HotlineSheet{}, 450, 45*time.Second)
	p.Clock().Advance(time.Minute)
	seen := make(map[hotline.DispatchID]int)
	n := 0
	for s, err := range client.PendingSheets(t.Context(), hotline.PendingQuery{States: []hotline.State{hotline.Pending}}) {
		require.NoError(t, err)
		seen[s.DispatchID]++
		if n++; n%3 == 0 { // it leaves the list at once
			_, err := client.SignFor(t.Context(), signing(s.DispatchID))
			require.NoError(t, err)
		}
	}
	for _, id := range storm.Released() {
		require.Equal(t, 1, seen[id], "%s", id)
	}
	require.Len(t, seen, 450)
}

// All rows are of one second, more than a page, and some leave in the middle.
func TestOneMomentOfManyPagesIsReadThereAndBack(t *testing.T) {
	t.Parallel()
	for _, dated := range []bool{true, false} {
		rows := make([]listed, 0, 1050)
		for i := range 1000 {
			rows = append(rows, listed{DispatchID: fmt.Sprintf("D%04d", i)})
		}
		if dated {
			for i := range rows {
				rows[i].UpdateTime = handledAt.Format(time.DateTime)
			}
			for i := range 50 {
				rows = append(rows, listed{fmt.Sprintf("E%04d", i), handledAt.Add(time.Hour).Format(time.DateTime)})
			}
		}
		gone := 0
		client := listing(t, func(after time.Time, page, size int) ([]listed, int) {
			if page > 2 && gone < 5 { // forty rows of the front leave between two pages
				rows, gone = rows[40:], gone+1
			}
			var fit []listed
			for _, r := range rows {
				if r.UpdateTime >= after.Format(time.DateTime) || r.UpdateTime == "" {
					fit = append(fit, r)
				}
			}
			return cut(fit, page, size), 0
		})
		seen := make(map[hotline.DispatchID]int)
		for _, id := range ids(all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{}))) {
			seen[id]++
		}
		require.Equal(t, 5, gone)
		for _, r := range rows {
			require.Equal(t, 1, seen[hotline.DispatchID(r.DispatchID)], "%s", r.DispatchID)
		}
	}
}

// Beijing cuts larger pages without a word, and some centres count nothing.
func TestAPageThatIsCutSilentlyIsNotTheLast(t *testing.T) {
	t.Parallel()
	client := listing(t, func(after time.Time, page, _ int) ([]listed, int) {
		var fit []listed
		for i := range 95 {
			at := handledAt.Add(time.Duration(i) * time.Second)
			if !at.Before(after) {
				fit = append(fit, listed{fmt.Sprintf("D%04d", i), at.Format(time.DateTime)})
			}
		}
		return cut(fit, page, 30), 0
	})
	require.Len(t, all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{})), 95)
}

func TestAPlatformThatIgnoresUpdatedAfterIsFoundOut(t *testing.T) {
	t.Parallel()
	client := listing(t, func(_ time.Time, page, size int) ([]listed, int) {
		var rows []listed
		for i := range 250 {
			rows = append(rows, listed{fmt.Sprintf("D%04d", i), handledAt.Add(time.Duration(i) * time.Second).Format(time.DateTime)})
		}
		return cut(rows, page, size), len(rows)
	})
	err := firstError(client.PendingSheets(t.Context(), hotline.PendingQuery{}))
	require.ErrorIs(t, err, zwfw.ProtocolMismatch)
	require.ErrorContains(t, err, "older than asked for")
}

func TestALastPageThatComesAgainAndAgainEnds(t *testing.T) {
	t.Parallel()
	client := listing(t, func(_ time.Time, page, size int) ([]listed, int) {
		rows := make([]listed, 150)
		for i := range rows {
			rows[i].DispatchID = fmt.Sprintf("D%04d", i)
		}
		return cut(rows, min(page, 2), size), 0
	})
	require.Len(t, all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{})), 150)
}

func TestReadingGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	storm := p.Hotline().Storm(sandbox.HotlineSheet{}, 300, 10*time.Minute)
	seen := make(map[hotline.DispatchID]bool)
	var after time.Time
	for range 12 {
		p.Clock().Advance(time.Minute)
		for s, err := range client.PendingSheets(t.Context(), hotline.PendingQuery{UpdatedAfter: after}) {
			require.NoError(t, err)
			seen[s.DispatchID], after = true, s.Updated
			if len(seen)%7 == 0 {
				break // the program has enough for now
			}
		}
	}
	for _, s := range all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{UpdatedAfter: after})) {
		seen[s.DispatchID] = true
	}
	require.Len(t, seen, len(storm.Released()))
	require.Len(t, storm.Released(), 300)
}

func TestAStormOfFiveThousandSheetsIsReadWithoutGapOrDouble(t *testing.T) {
	t.Parallel()
	p, client := start(t, patient...)
	storm := p.Hotline().Storm(sandbox.HotlineSheet{}, 5000, 10*time.Minute)
	p.Clock().Advance(5 * time.Minute)
	seen := make(map[hotline.DispatchID]int)
	n := 0
	for s, err := range client.PendingSheets(t.Context(), hotline.PendingQuery{}) {
		require.NoError(t, err)
		seen[s.DispatchID]++
		if n++; n == 1000 {
			p.Clock().Advance(6 * time.Minute) // the rest comes while the first half is read
		}
	}
	require.Len(t, storm.Released(), 5000)
	require.Len(t, seen, 5000)
	for id, times := range seen {
		require.Equal(t, 1, times, "%s", id)
	}
}
