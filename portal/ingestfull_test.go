package portal_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestALostCursorAndALongSilenceLeadToAFullPull(t *testing.T) {
	t.Parallel()
	week := 7 * 24 * time.Hour
	for name, setup := range map[string]sandbox.PortalSetup{
		"the platform has cleaned up":         {Items: 40, KeepChanges: time.Hour},
		"it says nothing, but a week is over": {Items: 40},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLibrary(t, setup, portal.IngestConfig{})
			first, err := l.ingest.Pull(t.Context(), portal.ItemRows)
			require.NoError(t, err)
			require.False(t, first.Full)
			require.True(t, l.DropItem(l.PortalItems()[3].RowGUID), "cleaned away without a word")
			l.Clock().Advance(week + time.Minute)
			p := l.pull(t, portal.ItemRows)
			require.True(t, p.Full)
			require.EqualValues(t, 1, p.Withdrawn)
			require.Equal(t, [6]int64{39, 0, 39}, counts(p))
			l.requireSame(t, portal.ItemRows)
		})
	}
}

func TestAFullPullThatFindsTooLittleWithdrawsNothing(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 300}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	rows := l.PortalItems()
	for _, row := range rows[:150] {
		require.True(t, l.DropItem(row.RowGUID))
	}
	l.Clock().Advance(time.Minute)
	require.ErrorIs(t, l.ingest.FullPull(t.Context(), portal.ItemRows, nil), portal.ErrTooManyWithdrawn)
	c, err := l.sink.Counts(t.Context(), portal.ItemRows)
	require.NoError(t, err)
	require.EqualValues(t, 299, c.Rows)

	bold := l.open(t, portal.IngestConfig{MostWithdrawn: 1})
	var last portal.Progress
	require.NoError(t, bold.FullPull(t.Context(), portal.ItemRows, func(p portal.Progress) { last = p }))
	require.Positive(t, last.Withdrawn)
	l.requireSame(t, portal.ItemRows)
	// One that comes back is there again, although nothing of it has changed.
	l.FeedItem(rows[7])
	require.EqualValues(t, 1, l.pull(t, portal.ItemRows).Accepted)
	l.requireSame(t, portal.ItemRows)
}

func TestAFullPullThatWasCutOffGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 5000}, portal.IngestConfig{})
	cuts := 0
	for ; ; cuts++ {
		ctx, cancel := context.WithCancel(t.Context())
		pages := 0
		err := l.open(t, portal.IngestConfig{}).FullPull(ctx, portal.ItemRows, func(p portal.Progress) {
			if pages++; pages == 7 {
				cancel()
			}
		})
		cancel()
		if err == nil {
			break
		}
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, 7, cuts, "50 pages, seven at a time")
	l.requireSame(t, portal.ItemRows)
	calls := 0
	for _, r := range l.Requests() {
		if r.Op == "portal.ItemChanges" {
			calls++
		}
	}
	require.Less(t, calls, 50+8+1, "at most one page comes twice")
	require.Zero(t, l.pull(t, portal.ItemRows).Rows, "the increment goes on from the full pull's end")
}

// The feed lags behind what was pushed, and one of its rows is wrong.
func TestAFullPullWithdrawsNoItemThatThePlatformHas(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 40}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	rows := l.PortalItems()
	at := l.receiver(t, portal.ReceiverConfig{Ingest: l.ingest})
	_, err := l.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "1", Kind: portal.ItemRows, Rows: []sandbox.PortalRow{altered(t, rows[2], 9, nil)}})
	require.NoError(t, err)
	require.True(t, l.DropItem(rows[3].RowGUID))
	l.FeedItem(altered(t, rows[3], 9, map[string]any{"taskName": nil}))
	l.Clock().Advance(time.Minute)
	var last portal.Progress
	require.NoError(t, l.ingest.FullPull(t.Context(), portal.ItemRows, func(p portal.Progress) { last = p }))
	require.Equal(t, [6]int64{40, 0, 38, 0, 1, 1}, counts(last))
	require.Zero(t, last.Withdrawn)
	for _, row := range rows[2:4] {
		item, ok, err := l.sink.Item(t.Context(), row.RowGUID)
		require.NoError(t, err)
		require.True(t, ok)
		require.False(t, item.Withdrawn())
	}
}

func TestAClockThatIsSetBackWithdrawsNothing(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 40}, portal.IngestConfig{PageSize: 10})
	l.pull(t, portal.ItemRows)
	l.Clock().Advance(time.Minute)
	var last portal.Progress
	require.NoError(t, l.ingest.FullPull(t.Context(), portal.ItemRows, func(p portal.Progress) {
		if last = p; p.Pages == 1 {
			l.Clock().Advance(-30 * time.Second)
		}
	}))
	require.EqualValues(t, 40, last.Rows)
	require.Zero(t, last.Withdrawn)
}

func TestAFullPullAfterOneThatWithdrewNothingReadsEverythingAnew(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, sandbox.PortalSetup{Items: 300}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	rows := l.PortalItems()
	for _, row := range rows {
		require.True(t, l.DropItem(row.RowGUID))
	}
	for _, row := range rows[150:] {
		l.FeedItem(row)
	}
	l.Clock().Advance(time.Minute)
	require.ErrorIs(t, l.ingest.FullPull(t.Context(), portal.ItemRows, nil), portal.ErrTooManyWithdrawn)
	require.Zero(t, l.pull(t, portal.ItemRows).Rows, "pulls go on from there")
	for _, row := range rows[150:] {
		require.True(t, l.DropItem(row.RowGUID))
	}
	l.Clock().Advance(-time.Hour) // they are back where they were, before what was read last
	for _, row := range rows {
		l.FeedItem(row)
	}
	l.Clock().Advance(2 * time.Hour)
	var last portal.Progress
	require.NoError(t, l.ingest.FullPull(t.Context(), portal.ItemRows, func(p portal.Progress) { last = p }))
	require.EqualValues(t, 300, last.Rows)
	require.Zero(t, last.Withdrawn)
	l.requireSame(t, portal.ItemRows)
}

func TestAnEmptyAnswerIsNoLibrary(t *testing.T) {
	t.Parallel()
	empty := newLibrary(t, sandbox.PortalSetup{Items: 40}, portal.IngestConfig{})
	empty.pull(t, portal.ItemRows)
	for _, row := range empty.PortalItems() {
		require.True(t, empty.DropItem(row.RowGUID))
	}
	empty.Clock().Advance(time.Minute)
	require.ErrorIs(t, empty.ingest.FullPull(t.Context(), portal.ItemRows, nil), portal.ErrTooManyWithdrawn, "a small one, too")

	// Of several areas in one store only the one that is read counts.
	l := newLibrary(t, sandbox.PortalSetup{Items: 1500}, portal.IngestConfig{})
	l.pull(t, portal.ItemRows)
	const area = "999998000000"
	moved := l.PortalItems()[:200]
	for _, row := range moved {
		l.FeedItem(altered(t, row, 9, map[string]any{"areaCode": area}))
	}
	l.pull(t, portal.ItemRows)
	for _, row := range moved {
		for l.DropItem(row.RowGUID) {
		}
	}
	l.Clock().Advance(time.Minute)
	county := l.open(t, portal.IngestConfig{AreaCode: area})
	require.ErrorIs(t, county.FullPull(t.Context(), portal.ItemRows, nil), portal.ErrTooManyWithdrawn)
}
