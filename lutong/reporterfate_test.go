package lutong_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// What the platform refuses for the ticket's sake is the operator's; what it refuses
// because of settings waits until they are right.
func TestARefusalIsTheTicketsOrTheSettings(t *testing.T) {
	t.Parallel()
	for kind, waits := range map[zwfw.Kind]bool{
		zwfw.BadRequest: false, zwfw.UserNotFound: false, zwfw.ConsentRequired: false, zwfw.NotRealName: false, zwfw.DuplicateTicket: false,
		zwfw.Signature: true, zwfw.CallerDenied: true, zwfw.SceneDenied: true, zwfw.DeviceDenied: true, zwfw.DecryptFailed: true,
		zwfw.TokenInvalid: true, zwfw.Busy: true, zwfw.RateLimited: true, zwfw.Unclassified: true,
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				d.platform.Faults().Always(reportOp, sandbox.Refuse(kind))
				d.run()
				d.report(d.ticket("20240102000001"))
				d.after(5 * time.Minute)

				if !waits {
					failed := d.failed()
					require.Len(d, failed, 1)
					require.Equal(d, kind, failed[0].Why.Kind)
					require.Equal(d, []lutong.TicketEventKind{lutong.TicketFailed}, d.happened())
					return
				}
				require.EqualValues(d, 1, d.pending())
				require.Greater(d, len(d.platform.Requests()), 2)
				require.NotContains(d, d.happened(), lutong.TicketFailed)
				d.platform.Faults().Clear()
				d.after(2 * time.Minute)
				require.Zero(d, d.pending())
				require.Len(d, d.platform.LutongTickets(), 1)
			})
		})
	}
}

// 重复取号 answers a repeated report whose first answer was lost: the platform has it.
func TestADuplicateTicketIsDeliveredOnlyIfAnEarlierReportMayHaveArrived(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		before []sandbox.Fault
		status lutong.TicketStatus
		failed int
	}{
		"nothing was sent before":        {nil, lutong.TicketWaiting, 1},
		"a first report got no answer":   {[]sandbox.Fault{sandbox.DropAfter()}, lutong.TicketWaiting, 0},
		"no answer in three calls":       {lost(9), lutong.TicketWaiting, 0},
		"a change of status, no answer":  {lost(9), lutong.TicketServing, 1},
		"a change of status, first time": {nil, lutong.TicketServing, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				d.platform.Faults().Next(reportOp, x.before...)
				d.platform.Faults().Always(reportOp, sandbox.Refuse(zwfw.DuplicateTicket))
				d.run()
				d.report(with(d.ticket("20240102000001"), x.status))
				d.after(10 * time.Minute)
				require.Zero(d, d.pending())
				require.Len(d, d.failed(), x.failed)
			})
		})
	}
}

func lost(n int) (faults []sandbox.Fault) {
	for range n {
		faults = append(faults, sandbox.DropAfter())
	}
	return faults
}

// sentTokens tells of each report that reached the platform whether it had a token.
func (d *desk) sentTokens() (sent []bool) {
	for _, r := range d.platform.Requests() {
		if r.Op == reportOp {
			sent = append(sent, strings.Contains(r.Body, `"msgToken"`))
		}
	}
	return sent
}

func TestAMessageTokenIsLeftOutWhenItHasExpired(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		life, outage time.Duration // life 0: the platform did not say
		sent         bool
	}{
		"alive":                       {time.Hour, 30 * time.Minute, true},
		"expired":                     {time.Hour, 61 * time.Minute, false},
		"alive by what is usual":      {0, 119 * time.Minute, true},
		"expired by what is usual":    {0, 2 * time.Hour, false},
		"lives longer than is usual":  {4 * time.Hour, 3 * time.Hour, true},
		"expired before it is stored": {-time.Second, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				d.open()
				ticket := d.ticket("20240102000001")
				ticket.MessageToken = zwfw.NewSecret("0123456789abcdef0123456789abcdef")
				if x.life != 0 {
					ticket.MessageTokenExpires = time.Now().Add(x.life)
				}
				d.report(ticket)
				d.after(x.outage)
				d.platform.PutMessageToken(ticket.MessageToken.Reveal(), d.platform.Citizens()[0])
				d.run()
				d.after(time.Second)
				require.Equal(d, []bool{x.sent}, d.sentTokens())
				require.Len(d, d.platform.LutongTickets(), 1)
			})
		})
	}
}

func TestAMessageTokenThatIsRefusedIsLeftOutAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.run()
		ticket := d.ticket("20240102000001")
		ticket.MessageToken = zwfw.NewSecret("0123456789abcdef0123456789abcdef") // the platform does not know it
		began := time.Now()
		d.report(ticket)
		d.after(time.Millisecond)
		require.Equal(d, []bool{true, false}, d.sentTokens())
		require.Less(d, time.Since(began), time.Second)
		require.Zero(d, d.pending())
		require.Equal(d, []lutong.TicketEventKind{lutong.TicketTokenDropped, lutong.TicketDelivered}, d.happened())
	})
}

func TestTheOperatorRetriesAndDiscardsByNumber(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.Refuse(zwfw.BadRequest))
		d.run()
		for _, number := range []string{"20240102000001", "20240102000002", "20240102000003"} {
			d.report(d.ticket(number))
			d.after(time.Second)
		}
		failed := d.failed()
		require.Len(d, failed, 3)
		require.Equal(d, "20240102000002", failed[1].Ticket.Number)
		require.True(d, failed[1].Readable)
		require.False(d, failed[1].DayOver)

		d.platform.Faults().Clear()
		n, err := d.reporter.Retry(d.Context(), failed[1].Sequence, 777)
		require.NoError(d, err)
		require.Equal(d, 1, n)
		d.after(time.Second)
		require.Equal(d, "20240102000002", d.platform.LutongTickets()[0].Number)

		n, err = d.reporter.Discard(d.Context(), failed[0].Sequence, 777)
		require.NoError(d, err)
		require.Equal(d, 1, n)
		failed = d.failed()
		require.Len(d, failed, 1)
		require.Equal(d, "20240102000003", failed[0].Ticket.Number)

		n, err = d.box.Purge(d.Context(), failed[0].Ticket.Holder.Reveal())
		require.NoError(d, err)
		require.Equal(d, 1, n)
		n, err = d.reporter.Retry(d.Context())
		require.NoError(d, err)
		require.Zero(d, n)
	})
}
