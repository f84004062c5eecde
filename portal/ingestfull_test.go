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
