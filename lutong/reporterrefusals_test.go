package lutong_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

// backlog stores the reports of n tickets.
func (d *desk) backlog(n int) {
	d.Helper()
	for i := range n {
		d.report(d.ticket(fmt.Sprintf("20240102%06d", i+1)))
	}
}

func TestRefusalsThatNoTableKnowsFailNoBacklog(t *testing.T) {
	t.Parallel()
	for _, starting := range []time.Duration{2 * time.Minute, 30 * time.Minute} {
		inBubble(t, func(d *desk) {
			d.platform.Faults().Always(reportOp, sandbox.DropBefore())
			d.run()
			d.backlog(20)
			d.after(11 * time.Minute)
			d.platform.Faults().Clear()
			d.platform.Faults().Always(reportOp, sandbox.RefuseCode("E-STARTING", "系统启动中"))
			d.after(starting)
			require.Empty(d, d.failed(), "the platform refuses all: it is not for the tickets' sake")
			d.platform.Faults().Clear()
			d.after(3 * time.Minute)
			require.Zero(d, d.pending())
			require.Len(d, d.platform.LutongTickets(), 20)
		})
	}
}

func TestARefusalThatNoTableKnowsIsTheOperatorsWhenOthersAreTakenForTenMinutes(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		strange := sandbox.RefuseCode("E-77", "姓名 张三 不符")
		d.platform.Faults().Always(reportOp, strange)
		d.run()
		d.report(d.ticket("20240102000001"))
		d.after(time.Millisecond)
		d.platform.Faults().Clear()
		d.report(d.ticket("20240102000002")) // while the first rests
		d.after(time.Millisecond)
		require.Len(d, d.platform.LutongTickets(), 1)
		d.platform.Faults().Always(reportOp, strange)
		d.after(9 * time.Minute)
		require.Empty(d, d.failed())
		d.after(3 * time.Minute)
		failed := d.failed()
		require.Len(d, failed, 1)
		require.Equal(d, "E-77", failed[0].Why.Code)

		d.platform.Faults().Clear()
		n, err := d.reporter.Retry(d.Context())
		require.NoError(d, err)
		require.Equal(d, 1, n)
		d.after(time.Minute)
		require.Empty(d, d.failed())
		require.Len(d, d.platform.LutongTickets(), 2)
	})
}

// A refusal that is not in the platform's envelope is a gateway's.
func TestAGatewaysRefusalFailsNoTicket(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 409, 413, 422} {
		inBubble(t, func(d *desk) {
			d.platform.Faults().Always(reportOp, sandbox.HTML(status))
			d.run()
			d.backlog(20)
			d.after(30 * time.Minute)
			require.Empty(d, d.failed(), status)
			require.EqualValues(d, 20, d.pending(), status)
			d.platform.Faults().Clear()
			d.after(3 * time.Minute)
			require.Zero(d, d.pending(), status)
		})
	}
}

// reports counts the calls that the platform has seen.
func (d *desk) reports() int { return len(d.sentTokens()) }

func TestTheQueueRestsWhileNoReportGetsThrough(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"settings":          sandbox.Refuse(zwfw.CallerDenied),
		"a gateway":         sandbox.HTML(400),
		"nobody knows":      sandbox.RefuseCode("E-STARTING", "系统启动中"),
		"a page with a yes": sandbox.HTML(200),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(d *desk) {
				d.platform.Faults().Always(reportOp, fault)
				d.open()
				d.backlog(100)
				d.run()
				d.after(30 * time.Minute)
				require.Greater(d, d.reports(), 20)
				require.Less(d, d.reports(), 100, "one at a time, about one a minute")
				d.platform.Faults().Clear()
				d.after(2 * time.Minute)
				require.Zero(d, d.pending())
			})
		})
	}
}

// One ticket that a gateway does not let through holds up no other.
func TestARefusalOfOneTicketDoesNotRestTheQueue(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.Refuse(zwfw.SceneDenied))
		d.run()
		d.report(d.ticket("20240102000001"))
		d.after(10 * time.Minute)
		d.platform.Faults().Clear()
		d.report(d.ticket("20240102000002"))
		d.after(time.Millisecond)
		require.Len(d, d.platform.LutongTickets(), 1)
		require.Equal(d, "20240102000002", d.platform.LutongTickets()[0].Number)
	})
}
