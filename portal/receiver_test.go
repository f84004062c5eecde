package portal_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func (l library) receiver(t *testing.T, c portal.ReceiverConfig) string {
	t.Helper()
	r, err := portal.NewReceiver(l.client, l.sink, c)
	require.NoError(t, err)
	return serve(t, r) + c.Path
}

func requireRefusedThere(t *testing.T, err error, kind zwfw.Kind, code string) {
	t.Helper()
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, kind, e.Kind)
	require.Equal(t, code, e.Code)
}

// Whatever way rows take, the store is the same, row by row.
func TestPushedRowsGiveTheSameStoreAsThoseThatAreRead(t *testing.T) {
	t.Parallel()
	size, cases := 1500, 300
	if long() {
		size, cases = 20_000, 37_500 // 300,000 events
	}
	for name, byEvent := range map[string]bool{"whole cases": false, "events of cases": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read := newLibrary(t, sandbox.PortalSetup{Items: size, CaseEvents: byEvent}, portal.IngestConfig{})
			read.AddCases(cases)
			read.pull(t, portal.ItemRows)
			read.pull(t, portal.CaseRows)
			read.requireSame(t, portal.ItemRows)
			require.EqualValues(t, cases+5, read.requireSame(t, portal.CaseRows).Here.Count)

			pushed := portal.NewMemorySink()
			r, err := portal.NewReceiver(read.client, pushed, portal.ReceiverConfig{})
			require.NoError(t, err)
			at := serve(t, r)
			rows := read.PortalCases()
			if byEvent {
				rows = read.PortalCaseEvents()
				require.Greater(t, len(rows), 8*cases)
			}
			// Cases first: every one of them is early. Its items come in batches from the
			// last to the first.
			parked := 0
			for n, chunk := range slices.Collect(slices.Chunk(rows, 500)) {
				if n%2 == 1 {
					slices.Reverse(chunk)
				}
				result, err := read.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: fmt.Sprint("c", n), Kind: portal.CaseRows, Rows: chunk})
				require.NoError(t, err)
				parked += result.Parked
			}
			require.Equal(t, len(rows), parked)
			chunks := slices.Collect(slices.Chunk(read.PortalItems(), 500))
			slices.Reverse(chunks)
			for n, chunk := range chunks {
				result, err := read.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: fmt.Sprint("i", n), Kind: portal.ItemRows, Rows: chunk})
				require.NoError(t, err)
				require.Equal(t, len(chunk), result.Accepted)
			}
			for _, kind := range []portal.IngestKind{portal.ItemRows, portal.CaseRows} {
				here, err := read.sink.Summary(t.Context(), kind, "", time.Time{})
				require.NoError(t, err)
				there, err := pushed.Summary(t.Context(), kind, "", time.Time{})
				require.NoError(t, err)
				require.Equal(t, here, there)
			}
			c, err := pushed.Counts(t.Context(), portal.CaseRows)
			require.NoError(t, err)
			require.Zero(t, c.Parked)
			require.Empty(t, portal.Differences(read.sink, pushed))
		})
	}
}

func TestARepeatedBatchIsAnsweredAsBefore(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	at := l.receiver(t, portal.ReceiverConfig{Path: "/push"})
	rows := l.PortalItems()
	bad := altered(t, rows[4], 2, map[string]any{"taskName": nil})
	batch := sandbox.PortalBatch{BatchNo: "B1", Kind: portal.ItemRows, Rows: append(slices.Clone(rows[:4]), bad)}
	first, err := l.PushBatch(t.Context(), at, batch)
	require.NoError(t, err)
	require.Equal(t, 4, first.Accepted)
	require.Equal(t, []portal.Reject{{RowGUID: rows[4].RowGUID, Code: "4001", Field: "taskName"}}, first.Rejects)
	require.False(t, first.Repeated)

	again, err := l.PushBatch(t.Context(), at, batch)
	require.NoError(t, err)
	require.True(t, again.Repeated)
	again.Repeated = false
	require.Equal(t, first, again)
	asked, err := l.AskBatch(t.Context(), at, "B1")
	require.NoError(t, err)
	require.Equal(t, "DONE", asked.State)
	require.Equal(t, first.Rejects, asked.Rejects)
	_, err = l.AskBatch(t.Context(), at, "B9")
	requireRefusedThere(t, err, zwfw.NotFound, "4040")

	batch.Rows = rows[:5]
	_, err = l.PushBatch(t.Context(), at, batch)
	requireRefusedThere(t, err, zwfw.Conflict, "4091")
	batch.BatchNo = "B2"
	second, err := l.PushBatch(t.Context(), at, batch)
	require.NoError(t, err)
	require.Equal(t, 1, second.Accepted)
	require.Equal(t, 4, second.Unchanged)

	older := altered(t, rows[0], 0, map[string]any{"taskVersion": 0})
	third, err := l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "B3", Kind: portal.ItemRows, Rows: []sandbox.PortalRow{older}})
	require.NoError(t, err)
	require.Equal(t, []portal.Reject{{RowGUID: rows[0].RowGUID, Code: "4092", Field: "version"}}, third.Rejects)
}

func TestABatchThatIsNotWhatItSaysIsRefusedWhole(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 501}, portal.IngestConfig{})
	strict := l.receiver(t, portal.ReceiverConfig{CheckDigest: true})
	easy := l.receiver(t, portal.ReceiverConfig{})
	rows := l.PortalItems()
	heavy := altered(t, rows[0], 9, map[string]any{"taskName": strings.Repeat("重", 2<<20)})
	for name, c := range map[string]struct {
		at    string
		batch sandbox.PortalBatch
		kind  zwfw.Kind
		code  string
	}{
		"501 rows":          {easy, sandbox.PortalBatch{BatchNo: "a", Kind: portal.ItemRows, Rows: rows}, zwfw.TooLarge, "4130"},
		"above 4 MiB":       {easy, sandbox.PortalBatch{BatchNo: "b", Kind: portal.ItemRows, Rows: []sandbox.PortalRow{heavy}}, zwfw.TooLarge, "4130"},
		"another count":     {easy, sandbox.PortalBatch{BatchNo: "c", Kind: portal.ItemRows, Rows: rows[:3], Count: 4}, zwfw.BadRequest, "4002"},
		"another digest":    {strict, sandbox.PortalBatch{BatchNo: "d", Kind: portal.ItemRows, Rows: rows[:3], Digest: strings.Repeat("0", 64)}, zwfw.BadRequest, "4002"},
		"an unknown kind":   {easy, sandbox.PortalBatch{BatchNo: "e", Kind: "X", Rows: rows[:3]}, zwfw.BadRequest, "4002"},
		"no number":         {easy, sandbox.PortalBatch{Kind: portal.ItemRows, Rows: rows[:3]}, zwfw.BadRequest, "4001"},
		"a number too long": {easy, sandbox.PortalBatch{BatchNo: strings.Repeat("n", 101), Kind: portal.ItemRows, Rows: rows[:3]}, zwfw.BadRequest, "4003"},
	} {
		_, err := l.PushBatch(t.Context(), c.at, c.batch)
		requireRefusedThere(t, err, c.kind, c.code)
		count, err := l.sink.Counts(t.Context(), portal.ItemRows)
		require.NoError(t, err)
		require.Zero(t, count.Rows, name)
	}
	_, err := l.PushBatch(t.Context(), strict, sandbox.PortalBatch{BatchNo: "f", Kind: portal.ItemRows, Rows: rows[:500]})
	require.NoError(t, err)
	_, err = l.PushBatch(t.Context(), easy, sandbox.PortalBatch{BatchNo: "g", Kind: portal.ItemRows, Rows: rows[500:], Digest: "d1"})
	require.NoError(t, err, "the digest is a name")
	l.ingest = l.open(t, portal.IngestConfig{})
	l.requireSame(t, portal.ItemRows)
}

func TestRowsOfABatchAreNamedByWhatIsWrong(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	at := l.receiver(t, portal.ReceiverConfig{Rules: portal.RowRules{TaskTypes: portal.NationalTaskTypes()}})
	rows := l.PortalItems()
	named := func(guid string, row sandbox.PortalRow) sandbox.PortalRow {
		row.RowGUID = guid
		return row
	}
	own := map[string]any{"rowGuid": nil}
	set := func(name string, value any) map[string]any { return map[string]any{"rowGuid": nil, name: value} }
	result, err := l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "1", Kind: portal.ItemRows, Rows: []sandbox.PortalRow{
		named("type", altered(t, rows[0], 1, set("taskType", "55"))),
		named("other", altered(t, rows[0], 1, nil)),
		named("", altered(t, rows[0], 1, own)),
		named("time", altered(t, rows[0], 1, set("updateTime", "yesterday"))),
		named("number", altered(t, rows[0], 1, set("promiseDay", "soon"))),
		{RowGUID: "data", Operation: "U", Version: 1, Data: []byte(`[1]`)},
		named("good", altered(t, rows[0], 1, own)),
		{RowGUID: "gone", Operation: "D", Version: 1, Data: []byte(`{}`)},
	}})
	require.NoError(t, err)
	require.Equal(t, 2, result.Accepted)
	require.ElementsMatch(t, []portal.Reject{
		{RowGUID: "type", Code: "4002", Field: "taskType"}, {RowGUID: "other", Code: "4002", Field: "rowGuid"},
		{RowGUID: "#3", Code: "4001", Field: "rowGuid"}, {RowGUID: "time", Code: "4004", Field: "updateTime"},
		{RowGUID: "number", Code: "4002", Field: "promiseDay"}, {RowGUID: "data", Code: "4001", Field: "data"},
	}, result.Rejects)
	for _, step := range []struct {
		row  sandbox.PortalRow
		gone bool
	}{
		{sandbox.PortalRow{RowGUID: "good", Operation: "D", Version: 2, Data: []byte(`{}`)}, true},
		{named("good", altered(t, rows[0], 1, own)), true}, // late, and older
		{named("good", altered(t, rows[0], 3, own)), false},
	} {
		_, err = l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: fmt.Sprint(step.row.Version, step.gone, step.row.Operation), Kind: portal.ItemRows, Rows: []sandbox.PortalRow{step.row}})
		require.NoError(t, err)
		item, ok, err := l.sink.Item(t.Context(), "good")
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, step.gone, item.Withdrawn())
		require.NotEmpty(t, item.Name, "a withdrawal without content keeps it")
	}

	cases := l.PortalCases()
	cases[0].Operation = "D"
	result, err = l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "2", Kind: portal.CaseRows, Rows: cases[:1]})
	require.NoError(t, err)
	require.Equal(t, []portal.Reject{{RowGUID: cases[0].RowGUID, Code: "4093", Field: "operation"}}, result.Rejects)
}

func TestAWithdrawalWithoutContentWithdrawsTheVersionThatIsThere(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	at := l.receiver(t, portal.ReceiverConfig{})
	row := l.PortalItems()[0]
	gone := sandbox.PortalRow{RowGUID: row.RowGUID, Operation: "D", Version: row.Version, Data: []byte(`{}`)}
	for n, rows := range [][]sandbox.PortalRow{{row}, {gone}, {row, gone}} {
		result, err := l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: fmt.Sprint(n), Kind: portal.ItemRows, Rows: rows})
		require.NoError(t, err)
		require.Empty(t, result.Rejects)
		item, ok, err := l.sink.Item(t.Context(), row.RowGUID)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, n > 0, item.Withdrawn())
		require.NotEmpty(t, item.Name)
	}
}

func TestATimeBeyondTheYear9999IsNone(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	at := l.receiver(t, portal.ReceiverConfig{})
	const end = "9999-12-31T23:59:59Z" // already the next year in China
	item := altered(t, l.PortalItems()[0], 9, map[string]any{"cancelDate": end, "updateTime": end})
	_, err := l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "1", Kind: portal.ItemRows, Rows: []sandbox.PortalRow{item}})
	require.NoError(t, err)
	kept, _, err := l.sink.Item(t.Context(), item.RowGUID)
	require.NoError(t, err)
	require.True(t, kept.Cancelled.IsZero())
	early := sandbox.PortalRow{RowGUID: "1", Operation: "U", Version: 1, Data: []byte(`{"projectNo":"P","process":[{"seq":1,"eventName":"01","startTime":"` + end + `"}],"updateTime":"` + end + `"}`)}
	result, err := l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "2", Kind: portal.CaseRows, Rows: []sandbox.PortalRow{early}})
	require.NoError(t, err)
	require.Equal(t, 1, result.Parked)
}

func TestARowThatIsRefusedLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	l.pull(t, portal.CaseRows)
	at := l.receiver(t, portal.ReceiverConfig{Ingest: l.ingest})
	rows := l.PortalCases()
	i := slices.IndexFunc(rows, func(r sandbox.PortalRow) bool { return bytes.Contains(r.Data, []byte(finished)) })
	var data struct{ Accept map[string]any }
	require.NoError(t, json.Unmarshal(rows[i].Data, &data))
	data.Accept["proStatus"] = "2" // it falls within a version
	row := altered(t, rows[i], rows[i].Version, map[string]any{
		"accept": data.Accept, "updateTime": "2099-01-01 00:00:00", "result": nil,
		"process": []any{map[string]any{"seq": 77, "eventName": "02", "startTime": "2099-01-01 00:00:00"}},
	})
	before, _, err := l.sink.Case(t.Context(), finished)
	require.NoError(t, err)
	_, err = l.PushCaseNotice(t.Context(), at, row)
	requireRefusedThere(t, err, zwfw.WrongState, "4093")
	after, _, err := l.sink.Case(t.Context(), finished)
	require.NoError(t, err)
	require.Equal(t, plain(t, before), plain(t, after))
}

func TestPushedCasesThatCameEarlyAreRejectedAfterSevenDaysThoughOnlyItemsAreRead(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{Kinds: []portal.IngestKind{portal.ItemRows}})
	l.pull(t, portal.ItemRows)
	at := l.receiver(t, portal.ReceiverConfig{Ingest: l.ingest})
	rows := events(t, l.Platform, finished)
	parked, err := l.PushCaseNotice(t.Context(), at, rows[7])
	require.NoError(t, err)
	require.True(t, parked)
	l.Clock().Advance(7*24*time.Hour + time.Minute)
	_, err = l.PushCaseNotice(t.Context(), at, rows[6])
	require.NoError(t, err)
	c, err := l.sink.Counts(t.Context(), portal.CaseRows)
	require.NoError(t, err)
	require.Equal(t, portal.SinkCounts{Parked: 1, Rejected: 1}, c)
}

func TestANoticeOfACaseIsAnsweredByTheRules(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	l.pull(t, portal.CaseRows)
	at := l.receiver(t, portal.ReceiverConfig{Ingest: l.ingest})
	rows := events(t, l.Platform, finished)
	_, err := l.PushCaseNotice(t.Context(), at, rows[0])
	requireRefusedThere(t, err, zwfw.Stale, "4092")
	_, err = l.PushCaseNotice(t.Context(), at, rows[7])
	require.NoError(t, err, "unchanged")
	require.NoError(t, l.MoveCase(ongoing, sandbox.CaseGrant))
	now := l.PortalCases()
	parked, err := l.PushCaseNotice(t.Context(), at, now[len(now)-1])
	require.NoError(t, err)
	require.False(t, parked)
	l.requireSame(t, portal.CaseRows)
	l.requireSame(t, portal.ItemRows)
	_, err = l.PushCaseNotice(t.Context(), at, altered(t, rows[3], 9, map[string]any{"projectNo": nil}))
	requireRefusedThere(t, err, zwfw.BadRequest, "4001")
}

// recorded is a website that keeps the requests that come to it.
type recorded struct {
	http.Handler
	last *http.Request
	body []byte
}

func (r *recorded) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.body, _ = io.ReadAll(q.Body)
	q.Body = io.NopCloser(bytes.NewReader(r.body))
	r.last = q.Clone(q.Context())
	r.Handler.ServeHTTP(w, q)
}

func TestOnlyThePlatformCanPush(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	r, err := portal.NewReceiver(l.client, l.sink, portal.ReceiverConfig{})
	require.NoError(t, err)
	site := &recorded{Handler: r}
	batch := sandbox.PortalBatch{BatchNo: "1", Kind: portal.ItemRows, Rows: l.PortalItems()[:3]}
	_, err = l.PushBatch(t.Context(), serve(t, site), batch)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*http.Request)
		later  time.Duration
		body   string
		code   string
	}{
		"the same request again":       {func(*http.Request) {}, 0, "", `"4013"`},
		"again, when its time is over": {func(*http.Request) {}, 6 * time.Minute, "", `"4012"`},
		"without a signature":          {func(q *http.Request) { q.Header.Del("X-Sign") }, 0, "", `"4000"`},
		"with another's signature":     {func(q *http.Request) { q.Header.Set("X-Sign", strings.Repeat("0", 64)) }, 0, "", `"4011"`},
		"with another body":            {func(*http.Request) {}, 0, `{"batchNo":"2"}`, `"4011"`},
		"at another call":              {func(q *http.Request) { q.URL.Path = "/v1/ingest/status" }, 0, "", `"4011"`},
		"from another application":     {func(q *http.Request) { q.Header.Set("X-App-Mark", "third-9999990001") }, 0, "", `"4010"`},
	} {
		q := site.last.Clone(t.Context())
		c.change(q)
		body := site.body
		if c.body != "" {
			body = []byte(c.body)
		}
		q.Body = io.NopCloser(bytes.NewReader(body))
		l.Clock().Advance(c.later)
		w := httptest.NewRecorder()
		r.ServeHTTP(w, q)
		l.Clock().Advance(-c.later)
		require.Equal(t, http.StatusOK, w.Code, name)
		require.Contains(t, w.Body.String(), `"code":`+c.code, name)
	}
	for path, status := range map[string]int{"/": 404, "/v1/item/list": 404, "/sso/logout-notice": 404} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, nil))
		require.Equal(t, status, w.Code, path)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/ingest/batch", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestAWrongSettingOfAReceiverIsNamed(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	sink := portal.NewMemorySink()
	ingest, err := portal.NewIngest(client, portal.NewMemorySink(), portal.IngestConfig{})
	require.NoError(t, err)
	for word, c := range map[string]portal.ReceiverConfig{
		"Path": {Path: "push/"}, "another sink": {Ingest: ingest}, "MaxRows": {MaxRows: -1},
	} {
		_, err := portal.NewReceiver(client, sink, c)
		require.ErrorContains(t, err, word)
	}
	d, err := portal.Dialect(portal.DialectHeilongjiang)
	require.NoError(t, err)
	d.Sign.Suite, d.Headers = "none", nil
	open := newClient(t, p.PortalConfig(), zwfw.WithDialect(d))
	_, err = portal.NewReceiver(open, sink, portal.ReceiverConfig{})
	require.ErrorContains(t, err, "signs nothing")
}
