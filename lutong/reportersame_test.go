package lutong_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Only the same ticket is the same report: a Number that comes back with other content
// is not dropped in silence.
func TestOtherContentUnderTheSameNumberIsAnotherReport(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		change  func(d *desk, t *lutong.Ticket)
		reports int
	}{
		"nothing":            {func(*desk, *lutong.Ticket) {}, 1},
		"people ahead":       {func(_ *desk, t *lutong.Ticket) { t.Waiting += 3 }, 1},
		"expected wait":      {func(_ *desk, t *lutong.Ticket) { t.ExpectWaitMinutes = new(int) }, 1},
		"a token":            {func(_ *desk, t *lutong.Ticket) { t.MessageToken = zwfw.NewSecret("0123456789abcdef") }, 1},
		"the named status":   {func(_ *desk, t *lutong.Ticket) { t.Status = new(lutong.TicketStatus) }, 1},
		"a corrected holder": {func(d *desk, t *lutong.Ticket) { t.Holder = d.platform.Citizens()[1].IDNumber }, 2},
		"a corrected name":   {func(d *desk, t *lutong.Ticket) { t.HolderName = d.platform.Citizens()[1].Name }, 2},
		"another time":       {func(_ *desk, t *lutong.Ticket) { t.QueueTime = t.QueueTime.Add(-time.Minute) }, 2},
		"another window":     {func(_ *desk, t *lutong.Ticket) { t.Windows = []string{"9"} }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				d.run()
				ticket := d.ticket("A001")
				d.report(ticket)
				x.change(d, &ticket)
				d.report(ticket)
				d.after(time.Minute)
				require.Zero(d, d.pending())
				require.Equal(d, x.reports, d.reports())
			})
		})
	}
}

func TestTheNextDaysTicketOfTheSameNumberIsReported(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.run()
		d.report(d.ticket("A001"))
		d.at(1, 9*time.Hour)
		d.report(d.ticket("A001"))
		d.after(time.Minute)
		require.Equal(d, 2, d.reports())
	})
}

func TestAReportThatWasGivenUpIsNotTakenForGranted(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.Refuse(zwfw.BadRequest))
		d.run()
		ticket := d.ticket("A001")
		d.report(ticket)
		d.after(time.Second)
		failed := d.failed()
		require.Len(d, failed, 1)

		err := d.reporter.Report(d.Context(), ticket)
		require.ErrorIs(d, err, zwfw.Conflict)
		require.ErrorContains(d, err, "Number: the same report was given up before (dead); see Failed and Retry")
		require.Equal(d, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))

		d.platform.Faults().Clear()
		_, err = d.reporter.Retry(d.Context(), failed[0].Sequence)
		require.NoError(d, err)
		require.NoError(d, d.reporter.Report(d.Context(), ticket), "it is under way")
		d.after(time.Minute)
		require.NoError(d, d.reporter.Report(d.Context(), ticket), "it has arrived")
		require.Len(d, d.platform.LutongTickets(), 1)
	})
}

// Monday's failed A001 is no reason to leave Tuesday's open on the platform.
func TestALateStatusIsHeldUpByAFailedReportOfItsOwnTicketOnly(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.Refuse(zwfw.BadRequest))
		d.run()
		d.report(d.ticket("A001"))
		d.after(time.Second)
		require.Len(d, d.failed(), 1)
		d.at(1, 9*time.Hour)
		d.platform.Faults().Clear()
		ticket := d.ticket("A001")
		d.report(ticket)
		d.at(1, 23*time.Hour)
		d.report(with(ticket, lutong.TicketDone))
		d.after(time.Minute)
		require.Len(d, d.failed(), 1)
		require.Zero(d, d.pending())
	})
}
