package lutong_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// at waits until it is so late on the first or a later day.
func (d *desk) at(days int, clock time.Duration) {
	midnight := time.Date(2024, 1, 2+days, 0, 0, 0, 0, beijing)
	d.after(time.Until(midnight.Add(clock)))
}

func TestReportsOfADayThatHasEndedBecomeFailedOnesWithAnAlarm(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.DropBefore())
		d.open()
		d.report(d.ticket("20240102000001"), d.ticket("20240102000002"))
		d.at(0, 20*time.Hour)
		d.run()
		d.at(0, 21*time.Hour+59*time.Minute)
		require.EqualValues(d, 2, d.pending(), "it is tried to the end")
		d.happened()
		d.at(0, 22*time.Hour+2*time.Minute)
		require.Zero(d, d.pending())
		require.ElementsMatch(d, []lutong.TicketEventKind{lutong.TicketDayOver, lutong.TicketDayOver}, onlyOf(d.happened(), lutong.TicketDayOver))

		d.platform.Faults().Clear()
		failed := d.failed()
		require.Len(d, failed, 2)
		require.Equal(d, "DAY_OVER", failed[0].Why.Code)
		require.True(d, failed[0].DayOver)
		n, err := d.reporter.Retry(d.Context())
		require.NoError(d, err)
		require.Zero(d, n, "a number of a past day helps nobody")
		d.after(time.Hour)
		require.Empty(d, d.platform.LutongTickets())
	})
}

func onlyOf(kinds []lutong.TicketEventKind, kind lutong.TicketEventKind) (some []lutong.TicketEventKind) {
	for _, k := range kinds {
		if k == kind {
			some = append(some, k)
		}
	}
	return some
}

func TestTheBusinessDayEndsAtTheConfiguredHourInChina(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		ends, taken, back time.Duration // times of the first day
		arrives           bool
	}{
		"before the default":                  {0, 9 * time.Hour, 21*time.Hour + 59*time.Minute, true},
		"at the default":                      {0, 9 * time.Hour, 22 * time.Hour, false},
		"configured":                          {17*time.Hour + 30*time.Minute, 9 * time.Hour, 17*time.Hour + 30*time.Minute, false},
		"configured, a moment before":         {17*time.Hour + 30*time.Minute, 9 * time.Hour, 17*time.Hour + 29*time.Minute, true},
		"at midnight":                         {24 * time.Hour, 9 * time.Hour, 24 * time.Hour, false},
		"taken after the end, a late service": {18 * time.Hour, 19 * time.Hour, 41 * time.Hour, true},
		"and its own end":                     {18 * time.Hour, 19 * time.Hour, 42 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				d.config.DayEnds = x.ends
				d.open()
				d.at(0, x.taken)
				d.report(d.ticket("20240102000001"))
				d.stop()
				d.at(0, x.back)
				d.run()
				d.after(time.Minute)
				require.Zero(d, d.pending())
				if x.arrives {
					require.Len(d, d.platform.LutongTickets(), 1)
				} else {
					require.Len(d, d.failed(), 1)
					for _, r := range d.platform.Requests() { // it may have asked for the platform's time
						require.Equal(d, "lutong.Ready", r.Op)
					}
				}
			})
		})
	}
}

func TestALastStatusIsReportedTheNextMorning(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		status  lutong.TicketStatus
		late    time.Duration
		days    int
		first   bool // the first report arrived in time
		arrives bool
	}{
		"done":                             {lutong.TicketDone, 0, 1, true, true},
		"missed, after a weekend":          {lutong.TicketMissed, 0, 3, true, true},
		"cancelled, after a holiday":       {lutong.TicketCancelled, 0, 4, true, false},
		"being served is no last status":   {lutong.TicketServing, 0, 1, true, false},
		"switched off":                     {lutong.TicketDone, -1, 1, true, false},
		"the platform never knew it":       {lutong.TicketDone, 0, 1, false, false},
		"missed, configured to be too old": {lutong.TicketMissed, time.Hour, 1, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				d.config.LateStatus = x.late
				if x.first {
					d.run()
				} else {
					d.open()
				}
				ticket := d.ticket("20240102000001")
				d.report(ticket)
				d.after(time.Second)
				d.platform.Faults().Always(reportOp, sandbox.DropBefore())
				d.report(with(ticket, x.status))
				d.after(time.Minute)
				d.stop()
				d.platform.Faults().Clear()
				d.at(x.days, 9*time.Hour)
				d.run()
				d.after(time.Minute)

				require.Zero(d, d.pending())
				held := d.platform.LutongTickets()
				if x.arrives {
					require.Equal(d, []lutong.TicketStatus{lutong.TicketWaiting, x.status}, held[0].Statuses)
					return
				}
				require.NotEmpty(d, d.failed())
				for _, h := range held {
					require.Equal(d, []lutong.TicketStatus{lutong.TicketWaiting}, h.Statuses)
				}
			})
		})
	}
}

// setClock is a machine's clock that somebody sets.
type setClock struct{ off atomic.Int64 }

func (c *setClock) Now() time.Time { return time.Now().Round(0).Add(time.Duration(c.off.Load())) }
func (c *setClock) Sleep(ctx context.Context, d time.Duration) error {
	return zwfw.SystemClock().Sleep(ctx, d)
}

func TestASetClockEndsNoDay(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		off  time.Duration
		down bool
	}{
		"a day ahead": {24 * time.Hour, false}, "years ahead, no line": {9000 * time.Hour, true}, "behind": {-48 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				clock := new(setClock)
				d.clock = clock
				d.open()
				d.report(d.ticket("20240102000001"), d.ticket("20240102000002"))
				clock.off.Store(int64(x.off))
				if x.down {
					d.platform.Faults().Always("*", sandbox.DropBefore())
				}
				d.run()
				d.after(10 * time.Minute)
				require.Empty(d, d.failed())
				require.EqualValues(d, 2, d.pending(), "the platform does not take the time stamps")

				clock.off.Store(0)
				d.platform.Faults().Clear()
				d.after(5 * time.Minute)
				require.Zero(d, d.pending())
				require.Len(d, d.platform.LutongTickets(), 2)
			})
		})
	}
}

// After a week without power the age of a message says little; the platform's time
// decides.
func TestTicketsOfLastWeekAreNotReported(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.open()
		d.report(d.ticket("20240102000001"))
		d.stop()
		d.at(7, 9*time.Hour)
		d.platform.Faults().Always("*", sandbox.DropBefore())
		d.run()
		d.after(10 * time.Minute)
		require.EqualValues(d, 1, d.pending(), "nobody can tell the time yet")
		d.platform.Faults().Clear()
		d.after(2 * time.Minute)
		require.Zero(d, d.pending())
		require.Empty(d, d.platform.LutongTickets())
		require.Len(d, d.failed(), 1)
	})
}
