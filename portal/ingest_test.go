package portal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// long reports whether the long form of a test is asked for.
func long() bool { return os.Getenv("ZWFW_LONG") == "1" }

// library is a sandbox with a website that keeps a store.
type library struct {
	*sandbox.Platform
	client *portal.Client
	sink   *portal.MemorySink
	ingest *portal.Ingest
}

func newLibrary(t *testing.T, setup sandbox.PortalSetup, c portal.IngestConfig) library {
	t.Helper()
	p := sandbox.Start(t, sandbox.WithPortal(setup))
	l := library{Platform: p, client: newClient(t, p.PortalConfig(), append(patient, zwfw.WithClock(p.Clock()))...), sink: portal.NewMemorySink()}
	l.ingest = l.open(t, c)
	return l
}

// open makes another Ingest on the same store, as a process does that starts.
func (l library) open(t *testing.T, c portal.IngestConfig) *portal.Ingest {
	t.Helper()
	i, err := portal.NewIngest(l.client, l.sink, c)
	require.NoError(t, err)
	return i
}

func (l library) pull(t *testing.T, kind portal.IngestKind) portal.Progress {
	t.Helper()
	p, err := l.ingest.Pull(t.Context(), kind)
	require.NoError(t, err)
	return p
}

// requireSame wants store and source to be equal by the platform's own reckoning.
func (l library) requireSame(t *testing.T, kind portal.IngestKind) *portal.Reconciliation {
	t.Helper()
	r, err := l.ingest.Reconcile(t.Context(), kind, "", time.Time{})
	require.NoError(t, err)
	require.True(t, r.Same(), "%+v %+v", r.Here, r.There)
	return r
}

func counts(p portal.Progress) [6]int64 {
	return [6]int64{p.Rows, p.Accepted, p.Unchanged, p.Parked, p.Older, p.Rejected}
}

// altered gives a row with members of its data changed; nil removes one.
func altered(t *testing.T, row sandbox.PortalRow, version int64, members map[string]any) sandbox.PortalRow {
	t.Helper()
	var data map[string]any
	require.NoError(t, json.Unmarshal(row.Data, &data))
	for name, value := range members {
		if value == nil {
			delete(data, name)
		} else {
			data[name] = value
		}
	}
	text, err := json.Marshal(data)
	require.NoError(t, err)
	row.Version, row.Data = version, text
	return row
}

func TestAPullBringsTheStoreInStepAndASecondOneChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 250}, portal.IngestConfig{})
	require.Equal(t, [6]int64{250, 250}, counts(l.pull(t, portal.ItemRows)))
	require.Equal(t, [6]int64{5, 5}, counts(l.pull(t, portal.CaseRows)))
	require.EqualValues(t, 249, l.requireSame(t, portal.ItemRows).Here.Count, "one is withdrawn")
	require.EqualValues(t, 5, l.requireSame(t, portal.CaseRows).Here.Count)
	require.Zero(t, l.pull(t, portal.ItemRows).Rows)

	item, ok, err := l.sink.Item(t.Context(), "c4ca4238a0b923820dcc509a6f75849b")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "测试事项1", item.Name)
	kept, ok, err := l.sink.Case(t.Context(), finished)
	require.NoError(t, err)
	require.True(t, ok)
	there, err := l.client.Case(t.Context(), portal.CaseQuery{ProjectNo: finished})
	require.NoError(t, err)
	require.Equal(t, len(there.Stages), len(kept.Stages))
	require.Equal(t, there.Acceptance.ApplicantName.Reveal(), kept.Acceptance.ApplicantName.Reveal())
	require.Equal(t, there.Result.Code, kept.Result.Code)

	l.Clock().Advance(time.Hour)
	require.True(t, l.ChangeItem(item.RowGUID, func(i *sandbox.PortalItem) { i.Name = "改名" }, false))
	require.NoError(t, l.MoveCase(ongoing, sandbox.CaseGrant))
	require.Equal(t, [6]int64{1, 1}, counts(l.pull(t, portal.ItemRows)))
	require.Equal(t, [6]int64{1, 1}, counts(l.pull(t, portal.CaseRows)))
	l.requireSame(t, portal.ItemRows)
	l.requireSame(t, portal.CaseRows)
	item, _, _ = l.sink.Item(t.Context(), item.RowGUID)
	require.Equal(t, "改名", item.Name)

	f := l.ingest.Freshness()
	require.Len(t, f, 2)
	require.Equal(t, portal.ItemRows, f[0].Kind)
	require.EqualValues(t, 249, f[0].Rows)
	require.NoError(t, f[0].Failure)
	require.Less(t, f[1].Lag, time.Minute)
	require.EqualValues(t, 5, f[1].Rows)
}

func TestADaysRowsAreComparedAlone(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	l.pull(t, portal.CaseRows)
	day := l.Clock().Now().AddDate(0, 0, -60)
	r, err := l.ingest.Reconcile(t.Context(), portal.CaseRows, "999999000000", day)
	require.NoError(t, err)
	require.True(t, r.Same())
	require.EqualValues(t, 1, r.There.Count)
	r, err = l.ingest.Reconcile(t.Context(), portal.CaseRows, "110000000000", time.Time{})
	require.NoError(t, err)
	require.True(t, r.Same())
	require.Zero(t, r.There.Count)
	require.Zero(t, r.Difference())
}

func TestItemsGoByVersionContentAndTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		version   int64
		change    map[string]any
		operation string
		want      [6]int64
		shows     string
		gone      bool
	}{
		"a higher version replaces":                    {9, map[string]any{"taskName": "新"}, "U", [6]int64{1, 1}, "新", false},
		"a lower version is dropped":                   {1, map[string]any{"taskName": "旧"}, "U", [6]int64{1, 0, 0, 0, 1}, "测试事项1", false},
		"the same again changes nothing":               {2, nil, "U", [6]int64{1, 0, 1}, "测试事项1", false},
		"text that changes without a new version":      {2, map[string]any{"taskName": "新", "updateTime": "2024-06-01 00:00:00"}, "U", [6]int64{1, 1}, "新", false},
		"an older text of the same version":            {2, map[string]any{"taskName": "旧", "updateTime": "2024-05-01 00:00:00"}, "U", [6]int64{1, 0, 0, 0, 1}, "测试事项1", false},
		"withdrawn, the row stays":                     {3, nil, "D", [6]int64{1, 1}, "测试事项1", true},
		"an old withdrawal does nothing":               {1, nil, "D", [6]int64{1, 0, 0, 0, 1}, "测试事项1", false},
		"codes that no table knows survive":            {9, map[string]any{"taskType": "77", "taskState": "X"}, "U", [6]int64{1, 1}, "测试事项1", false},
		"a name that is too long":                      {9, map[string]any{"taskName": strings.Repeat("名", 1001)}, "U", [6]int64{1, 0, 0, 0, 0, 1}, "测试事项1", false},
		"no name":                                      {9, map[string]any{"taskName": nil}, "U", [6]int64{1, 0, 0, 0, 0, 1}, "测试事项1", false},
		"a handle item of another code":                {9, map[string]any{"taskHandleItem": "11999999000000000Q200010199999901"}, "U", [6]int64{1, 0, 0, 0, 0, 1}, "测试事项1", false},
		"an area that is none":                         {9, map[string]any{"areaCode": "north"}, "U", [6]int64{1, 0, 0, 0, 0, 1}, "测试事项1", false},
		"an area of six digits, as old tables have":    {9, map[string]any{"areaCode": "999999"}, "U", [6]int64{1, 1}, "测试事项1", false},
		"a code of 33 that stands in the field for 31": {9, map[string]any{"taskCode": "11999999000000000Q200010100000101", "taskHandleItem": nil}, "U", [6]int64{1, 1}, "测试事项1", false},
		"text with what no database keeps":             {9, map[string]any{"taskName": "a\x00b"}, "U", [6]int64{1, 0, 0, 0, 0, 1}, "测试事项1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, sandbox.PortalSetup{Items: 3}, portal.IngestConfig{})
			l.pull(t, portal.ItemRows)
			rows := l.PortalItems()
			i := slices.IndexFunc(rows, func(r sandbox.PortalRow) bool { return r.RowGUID == "c4ca4238a0b923820dcc509a6f75849b" })
			row := altered(t, rows[i], c.version, c.change)
			row.Operation = c.operation
			l.FeedItem(row)
			require.Equal(t, c.want, counts(l.pull(t, portal.ItemRows)))
			item, ok, err := l.sink.Item(t.Context(), row.RowGUID)
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, c.shows, item.Name)
			require.Equal(t, c.gone, item.Withdrawn())
		})
	}
}

func TestEarlyRowsWaitForWhatTheyNeed(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{CaseEvents: true}, portal.IngestConfig{})
	first := l.pull(t, portal.CaseRows) // no item is known yet
	require.Positive(t, first.Rows)
	require.Equal(t, first.Rows, first.Parked)
	require.EqualValues(t, 22, l.ingest.Freshness()[1].Parked, "five acceptances, twelve stages and so on, the last version of each")
	_, ok, err := l.sink.Case(t.Context(), finished)
	require.NoError(t, err)
	require.False(t, ok)

	l.pull(t, portal.ItemRows)
	l.requireSame(t, portal.CaseRows)
	c, err := l.sink.Counts(t.Context(), portal.CaseRows)
	require.NoError(t, err)
	require.Equal(t, portal.SinkCounts{Rows: 5}, c)
	require.Zero(t, l.ingest.Freshness()[1].Parked)
}

// events are those of one case, in their order.
func events(t *testing.T, p *sandbox.Platform, number string) []sandbox.PortalRow {
	t.Helper()
	rows := slices.DeleteFunc(p.PortalCaseEvents(), func(r sandbox.PortalRow) bool { return !bytes.Contains(r.Data, []byte(number)) })
	require.Len(t, rows, 8, "applied; accepted, stage; two stages; finished, stage, result")
	return rows
}

func TestAnyOrderOfACasesRowsGivesTheSameCase(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	rows := events(t, l.Platform, finished)
	straight := shape(t, l, rows)
	require.Equal(t, portal.CaseFinished, straight.Status())
	require.Len(t, straight.Stages, 4)
	require.NotNil(t, straight.Result)
	reversed := slices.Clone(rows)
	slices.Reverse(reversed)
	require.Equal(t, plain(t, straight), plain(t, shape(t, l, reversed)), "the result came before the acceptance")
	require.Equal(t, plain(t, straight), plain(t, shape(t, l, slices.Concat(rows, rows[3:], rows[:5]))), "twice, older ones last")
}

// shape lets a store of its own take rows one by one and gives the case.
func shape(t *testing.T, l library, rows []sandbox.PortalRow) *portal.Case {
	t.Helper()
	sink := portal.NewMemorySink()
	fed := newLibrary(t, sandbox.PortalSetup{CaseEvents: true}, portal.IngestConfig{})
	r, err := portal.NewReceiver(fed.client, sink, portal.ReceiverConfig{})
	require.NoError(t, err)
	at := serve(t, r)
	for n, chunk := range slices.Collect(slices.Chunk(l.PortalItems(), 500)) {
		_, err := fed.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: fmt.Sprint("i", n), Kind: portal.ItemRows, Rows: chunk})
		require.NoError(t, err)
	}
	for n, row := range rows {
		_, err := fed.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: fmt.Sprint("c", n), Kind: portal.CaseRows, Rows: []sandbox.PortalRow{row}})
		require.NoError(t, err)
	}
	c, err := sink.Counts(t.Context(), portal.CaseRows)
	require.NoError(t, err)
	require.Zero(t, c.Parked)
	k, ok, err := sink.Case(t.Context(), finished)
	require.NoError(t, err)
	require.True(t, ok)
	return k
}

// plain makes a case comparable: names written out.
func plain(t *testing.T, k *portal.Case) string {
	t.Helper()
	text, err := json.Marshal(k)
	require.NoError(t, err)
	var names []string
	for _, s := range k.Stages {
		names = append(names, s.Handler.Reveal())
	}
	return string(text) + k.Acceptance.ApplicantName.Reveal() + strings.Join(names, ",")
}

func TestAResultWithoutAnAcceptanceIsRejectedAfterSevenDaysAndTakenWhenItComesAllTheSame(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{Kinds: []portal.IngestKind{portal.CaseRows}})
	rows := events(t, l.Platform, finished)
	at := l.receiver(t, portal.ReceiverConfig{Ingest: l.ingest})
	parked, err := l.PushCaseNotice(t.Context(), at, rows[7])
	require.NoError(t, err)
	require.True(t, parked)
	state := func() portal.SinkCounts {
		c, err := l.sink.Counts(t.Context(), portal.CaseRows)
		require.NoError(t, err)
		return c
	}
	require.EqualValues(t, 1, state().Parked)
	l.Clock().Advance(7*24*time.Hour - time.Minute)
	parked, err = l.PushCaseNotice(t.Context(), at, rows[7])
	require.NoError(t, err)
	require.True(t, parked, "again; it has waited since the first time")
	blocked := portal.IngestConfig{Kinds: []portal.IngestKind{portal.CaseRows}, AreaCode: "110000000000"} // nothing is read there
	i := l.open(t, blocked)
	_, err = i.Pull(t.Context(), portal.CaseRows)
	require.NoError(t, err)
	require.Equal(t, portal.SinkCounts{Parked: 1}, state())
	l.Clock().Advance(2 * time.Minute)
	_, err = i.Pull(t.Context(), portal.CaseRows)
	require.NoError(t, err)
	require.Equal(t, portal.SinkCounts{Rejected: 1}, state(), "kept")
	require.EqualValues(t, 1, i.Freshness()[0].Rejected)

	for _, row := range rows {
		_, err = l.PushCaseNotice(t.Context(), at, row)
		require.NoError(t, err)
	}
	require.Equal(t, portal.SinkCounts{Rows: 1}, state())
}

func TestCasesKeepTheirRules(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
	rows := events(t, l.Platform, finished)
	accepted := rows[1] // proStatus 2, version 2
	accept := func(change map[string]any) map[string]any {
		var data struct{ Accept map[string]any }
		require.NoError(t, json.Unmarshal(accepted.Data, &data))
		for name, value := range change {
			data.Accept[name] = value
		}
		return map[string]any{"accept": data.Accept, "updateTime": "2099-01-01 00:00:00"}
	}
	for name, c := range map[string]struct {
		row    sandbox.PortalRow
		want   [6]int64
		status portal.CaseStatus
	}{
		"an older version of the acceptance":    {rows[0], [6]int64{1, 0, 0, 0, 1}, "3"},
		"the state would fall within a version": {altered(t, accepted, 5, accept(map[string]any{"proStatus": "2"})), [6]int64{1, 0, 0, 0, 0, 1}, "3"},
		"the state falls with a newer version":  {altered(t, accepted, 6, accept(map[string]any{"proStatus": "2"})), [6]int64{1, 1}, "2"},
		"an item's version that is not known":   {altered(t, accepted, 6, accept(map[string]any{"taskVersion": 99})), [6]int64{1, 0, 0, 1}, "3"},
		"an item that is not known":             {altered(t, accepted, 6, accept(map[string]any{"taskCode": "11999999000000000Q2000199999999"})), [6]int64{1, 0, 0, 1}, "3"},
		"an item that is home-made":             {altered(t, accepted, 6, accept(map[string]any{"taskCode": "11999999000000000Q2000000000001"})), [6]int64{1, 1}, "2"},
		"accepted before it was applied for":    {altered(t, accepted, 6, accept(map[string]any{"acceptDate": "2001-01-01 00:00:00"})), [6]int64{1, 0, 0, 0, 0, 1}, "3"},
		"no project number":                     {altered(t, rows[3], 6, map[string]any{"projectNo": nil}), [6]int64{1, 0, 0, 0, 0, 1}, "3"},
		"nothing but a number":                  {altered(t, rows[3], 6, map[string]any{"process": nil}), [6]int64{1, 0, 0, 0, 0, 1}, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{})
			own.pull(t, portal.ItemRows)
			own.pull(t, portal.CaseRows)
			own.FeedCase(c.row)
			require.Equal(t, c.want, counts(own.pull(t, portal.CaseRows)))
			k, _, err := own.sink.Case(t.Context(), finished)
			require.NoError(t, err)
			require.Equal(t, c.status, k.Status())
		})
	}
}

func TestRunKeepsInStepAndEndsWithItsContext(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	l := newLibrary(t, sandbox.PortalSetup{Items: 120}, portal.IngestConfig{
		CaseEvery: time.Second, ItemEvery: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.ingest.Run(ctx) }()
	inStep := func() bool {
		for _, kind := range []portal.IngestKind{portal.ItemRows, portal.CaseRows} {
			if r, err := l.ingest.Reconcile(t.Context(), kind, "", time.Time{}); err != nil || !r.Same() {
				return false
			}
		}
		return true
	}
	require.Eventually(t, inStep, time.Minute, 20*time.Millisecond)
	require.NoError(t, l.MoveCase(ongoing, sandbox.CaseGrant))
	l.Faults().Next("portal.CaseChanges", sandbox.HTML(502))
	require.Eventually(t, inStep, time.Minute, 20*time.Millisecond)
	require.True(t, l.DropItem(l.PortalItems()[0].RowGUID))
	l.Clock().Advance(8 * 24 * time.Hour) // the weekly check is due
	require.Eventually(t, inStep, time.Minute, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.NotContains(t, log.String(), "HLJ2024")
}

func TestCasesDoNotWaitForItems(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{}, portal.IngestConfig{CaseEvery: time.Second, ItemEvery: time.Second})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.ingest.Run(ctx) }()
	fresh := func() bool {
		r, err := l.ingest.Reconcile(t.Context(), portal.CaseRows, "", time.Time{})
		return err == nil && r.Same()
	}
	require.Eventually(t, fresh, time.Minute, 20*time.Millisecond)
	l.Faults().Always("portal.ItemChanges", sandbox.Delay(4*time.Minute))
	slow := func() bool {
		n := 0
		for _, f := range l.ingest.Freshness() {
			if f.Failure == nil && !f.Success.IsZero() {
				n++
			}
		}
		return n == 2
	}
	require.Eventually(t, slow, time.Minute, 20*time.Millisecond)
	for range 3 { // items are being asked for from the second turn on
		l.Clock().Advance(2 * time.Second)
		l.AddCases(1)
		require.Eventually(t, fresh, 20*time.Second, 20*time.Millisecond)
	}
	cancel()
	require.NoError(t, <-done)
}

func TestFreshnessCountsWhatIsInForce(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 20}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	rows := l.PortalItems()
	before := l.ingest.Freshness()[0].Rows
	for n, operation := range []string{"D", "D", "U", "U"} {
		row := altered(t, rows[0], rows[0].Version+int64(n)+1, nil)
		row.Operation = operation
		l.FeedItem(row)
		l.pull(t, portal.ItemRows)
		require.Equal(t, before-int64(1-n/2), l.ingest.Freshness()[0].Rows)
	}
}

func TestAMemoryForgetsMarksThatHaveEnded(t *testing.T) {
	t.Parallel()
	sink, now := portal.NewMemorySink(), time.Now()
	for n := range 256 {
		mark := portal.Mark{Name: fmt.Sprint(n), Value: []byte("1"), Expires: now.Add(time.Duration(n-200) * time.Hour)}
		require.NoError(t, sink.Apply(t.Context(), portal.SinkChange{Kind: portal.ItemRows, At: now, Marks: []portal.Mark{mark}}))
	}
	for name, kept := range map[string]bool{"199": false, "201": true} {
		value, err := sink.Mark(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, kept, value != nil)
	}
}

func TestAWrongSettingOfIngestIsNamed(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	sink := portal.NewMemorySink()
	for field, c := range map[string]portal.IngestConfig{
		"PageSize":      {PageSize: 101},
		"CaseEvery":     {CaseEvery: time.Hour},
		"ItemEvery":     {ItemEvery: time.Millisecond},
		"CheckEvery":    {CheckEvery: 400 * 24 * time.Hour},
		"CursorLife":    {CursorLife: -1},
		"MostWithdrawn": {MostWithdrawn: 2},
		"AreaCode":      {AreaCode: "x"},
		"Kinds":         {Kinds: []portal.IngestKind{"X"}},
	} {
		_, err := portal.NewIngest(client, sink, c)
		require.ErrorContains(t, err, "IngestConfig."+field)
	}
	_, err := portal.NewIngest(nil, sink, portal.IngestConfig{})
	require.ErrorContains(t, err, "client")
	_, err = portal.NewIngest(client, nil, portal.IngestConfig{})
	require.ErrorContains(t, err, "sink")
	i, err := portal.NewIngest(client, sink, portal.IngestConfig{Kinds: []portal.IngestKind{portal.ItemRows}})
	require.NoError(t, err)
	_, err = i.Pull(t.Context(), portal.CaseRows)
	require.ErrorContains(t, err, "Kinds")
}

func TestTheDigestIsThatOfTheSample(t *testing.T) {
	t.Parallel()
	tally := portal.NewTally()
	tally.Add("c1", 1, time.Time{})
	tally.Add("c2", 1, time.Time{})
	require.Equal(t, "726b6855674829ba277e554be07708485d902e80b3e9e3ea4052e49bfabe4fd8", tally.Summary().Digest, "of an independent implementation")
	require.Equal(t, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", portal.NewTally().Summary().Digest, "nothing")
}
