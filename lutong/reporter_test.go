package lutong_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestAReportIsStoredAtOnceAndDeliveredInTheBackground(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.open()
		ticket := d.ticket("20240102000001")
		d.report(ticket)
		require.EqualValues(d, 1, d.pending())
		require.Empty(d, d.platform.Requests())

		d.after(time.Hour)
		d.run()
		d.after(time.Second)

		require.Zero(d, d.pending())
		held := d.platform.LutongTickets()
		require.Len(d, held, 1)
		require.Equal(d, ticket.QueueTime.UnixMilli(), held[0].QueueTime.UnixMilli(), "the time of the ticket, not of the report")
		require.True(d, held[0].Holder.Equal(ticket.Holder))
		require.Equal(d, "A017", held[0].QueueNo)
		require.Equal(d, []lutong.TicketEventKind{lutong.TicketDelivered}, d.happened())
	})
}

func TestTheSameNumberAndStatusIsOneReport(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.run()
		ticket := d.ticket("20240102000001")
		d.report(ticket, ticket, with(ticket, lutong.TicketWaiting))
		d.after(time.Second)
		d.report(ticket)
		d.after(time.Second)

		held := d.platform.LutongTickets()
		require.Len(d, held, 1)
		require.Equal(d, 1, held[0].Reports)
	})
}

func TestStatusesOfATicketArriveInTheirOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Next(reportOp, sandbox.Refuse(zwfw.CallerDenied), sandbox.DropAfter(), sandbox.Refuse(zwfw.Busy), sandbox.Refuse(zwfw.Busy), sandbox.Refuse(zwfw.Signature))
		d.run()
		statuses := []lutong.TicketStatus{lutong.TicketWaiting, lutong.TicketServing, lutong.TicketOnHold, lutong.TicketDone}
		for _, s := range statuses {
			for n := range 5 {
				d.report(with(d.ticket(fmt.Sprintf("2024010200000%d", n)), s))
			}
		}
		d.after(10 * time.Minute)

		require.Zero(d, d.pending())
		held := d.platform.LutongTickets()
		require.Len(d, held, 5)
		for _, h := range held {
			require.Equal(d, statuses, h.Statuses, h.Number)
			require.Equal(d, 1, h.Messages)
		}
		require.Empty(d, d.platform.Faults().Pending())
	})
}

// A status that comes back is told apart by the program.
func TestAReturningStatusIsANewReportUnderAnotherKey(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.run()
		ticket := d.ticket("20240102000001")
		d.report(with(ticket, lutong.TicketServing), with(ticket, lutong.TicketOnHold))
		m, err := d.reporter.Message(with(ticket, lutong.TicketServing))
		require.NoError(d, err)
		m.Key += "/after hold 1"
		_, err = d.box.Enqueue(d.Context(), m)
		require.NoError(d, err)
		d.after(time.Second)

		require.Equal(d, []lutong.TicketStatus{lutong.TicketServing, lutong.TicketOnHold, lutong.TicketServing}, d.platform.LutongTickets()[0].Statuses)
	})
}

// 50 tickets are taken in a ten-minute outage in which the machine is stopped five
// times; the answers of the last minute are lost on their way.
func TestFiftyTicketsThroughATenMinuteOutage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.DropBefore())
		d.run()
		taken := make(map[string]int64)
		for n := range 50 {
			ticket := d.ticket(fmt.Sprintf("20240102%06d", n+1))
			taken[ticket.Number] = ticket.QueueTime.UnixMilli()
			d.report(ticket)
			d.after(12 * time.Second)
			if n%10 == 5 {
				d.stop()
				d.run()
			}
		}
		require.EqualValues(d, 50, d.pending())
		require.Empty(d, d.platform.LutongTickets())
		d.platform.Faults().Clear()
		d.after(2 * time.Minute)

		require.Zero(d, d.pending())
		require.Empty(d, d.failed())
		held := d.platform.LutongTickets()
		require.Len(d, held, 50)
		for _, h := range held {
			require.Equal(d, 1, h.Reports, h.Number)
			require.Equal(d, taken[h.Number], h.QueueTime.UnixMilli(), h.Number)
		}
	})
}

func TestLostAnswersGiveTheCitizenOneMessage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.platform.Faults().Next(reportOp, sandbox.DropAfter(), sandbox.HTML(502), sandbox.HalfBody(), sandbox.Body(200, "上报成功"), sandbox.EmptyAnswer())
		d.run()
		d.report(d.ticket("20240102000001"))
		d.after(10 * time.Minute)

		require.Zero(d, d.pending())
		held := d.platform.LutongTickets()
		require.Len(d, held, 1)
		require.Equal(d, 1, held[0].Messages)
		require.GreaterOrEqual(d, held[0].Reports, 5, "none of these answers is a success")
		require.Empty(d, d.platform.Faults().Pending())
	})
}

func TestReportRefusesWhatReportTicketRefuses(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.open()
		for field, spoil := range map[string]func(*lutong.Ticket){
			"Number":       func(t *lutong.Ticket) { t.Number = " " },
			"Holder":       func(t *lutong.Ticket) { t.Holder = zwfw.NewIDNumber("9****************8") },
			"HolderName":   func(t *lutong.Ticket) { t.HolderName = zwfw.NewPersonName("*三") },
			"QueueTime":    func(t *lutong.Ticket) { t.QueueTime = time.Time{} },
			"MessageToken": func(t *lutong.Ticket) { t.MessageToken = zwfw.NewSecret("a\xffb") },
			"Windows":      func(t *lutong.Ticket) { t.Windows = []string{"3;4"} },
		} {
			ticket := d.ticket("20240102000001")
			spoil(&ticket)
			err := d.reporter.Report(d.Context(), ticket)
			require.ErrorIs(d, err, zwfw.BadRequest, field)
			require.ErrorContains(d, err, field)
			if field != "MessageToken" { // which is text only in an outbox
				require.Equal(d, d.client.ReportTicket(d.Context(), ticket).Error(), err.Error())
			}
			require.Equal(d, "号票有效，请留意叫号", zwfw.AdviceFor(err).Citizen.ZH)
		}
		require.Zero(d, d.pending())
	})
}

func TestAReporterIsCheckedWhenItIsMade(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	_ = p
	box, err := outbox.Open(t.Context(), filepath.Join(t.TempDir(), "outbox"), outbox.Config{Queues: []outbox.Queue{lutong.TicketQueue()}, Keys: testKey})
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = box.Close(context.Background()) })
	for _, c := range []struct {
		client *lutong.Client
		box    *outbox.Outbox
		config lutong.ReporterConfig
		says   string
	}{
		{nil, box, lutong.ReporterConfig{}, "the client is nil"},
		{client, nil, lutong.ReporterConfig{}, "the outbox is nil"},
		{client, box, lutong.ReporterConfig{DayEnds: 22}, "ReporterConfig.DayEnds: from 1m to 24h, is 22ns"},
		{client, box, lutong.ReporterConfig{DayEnds: 25 * time.Hour}, "from 1m to 24h, is 25h0m0s"},
	} {
		_, err := lutong.NewTicketReporter(c.client, c.box, c.config)
		require.ErrorContains(t, err, c.says)
	}
	r, err := lutong.NewTicketReporter(client, box, lutong.ReporterConfig{Queue: "another"})
	require.NoError(t, err)
	require.ErrorContains(t, r.Run(t.Context()), "queue another is not in Config.Queues")
	require.ErrorContains(t, r.Report(t.Context(), ticketFor(p.Citizens()[0], "1")), "another is not in Config.Queues")
}

func TestAFullOutboxRefusesAndSaysSo(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	box, err := outbox.Open(t.Context(), filepath.Join(t.TempDir(), "outbox"), outbox.Config{Queues: []outbox.Queue{lutong.TicketQueue()}, Keys: testKey, MaxCount: 2})
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = box.Close(context.Background()) })
	r, err := lutong.NewTicketReporter(client, box, lutong.ReporterConfig{})
	require.NoError(t, err)
	for n := range 2 {
		require.NoError(t, r.Report(t.Context(), ticketFor(p.Citizens()[0], fmt.Sprint(n))))
	}
	require.ErrorIs(t, r.Report(t.Context(), ticketFor(p.Citizens()[0], "9")), outbox.ErrFull)
	n, err := r.Pending(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

// One outbox serves the reporters of two organisations.
func TestReportersShareAnOutbox(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	second := lutong.TicketQueue()
	second.Name = "county.tickets"
	box, err := outbox.Open(t.Context(), filepath.Join(t.TempDir(), "outbox"), outbox.Config{Queues: []outbox.Queue{lutong.TicketQueue(), second}, Keys: testKey})
	require.NoError(t, err)
	city, err := lutong.NewTicketReporter(newClient(t, p.LutongConfigOf(0)), box, lutong.ReporterConfig{})
	require.NoError(t, err)
	county, err := lutong.NewTicketReporter(newClient(t, p.LutongConfigOf(1)), box, lutong.ReporterConfig{Queue: second.Name})
	require.NoError(t, err)
	for i, r := range []*lutong.TicketReporter{city, county} { // the same number twice: each counts for itself
		ticket := ticketFor(p.Citizens()[i], "20240102000001")
		ticket.QueueTime = time.Now()
		require.NoError(t, r.Report(t.Context(), ticket))
	}
	ended := make(chan error, 1)
	go func() {
		ended <- box.Run(context.Background(), map[string]outbox.Handler{lutong.TicketQueueName: city.Handler(), second.Name: county.Handler()})
	}()
	require.Eventually(t, func() bool { return len(p.LutongTickets()) == 2 }, time.Minute, time.Millisecond)
	_, err = box.Close(context.Background())
	require.NoError(t, err)
	require.NoError(t, <-ended)
	held := p.LutongTickets()
	require.Equal(t, p.LutongConfigOf(0).OrgID, held[0].OrgID)
	require.Equal(t, p.LutongConfigOf(1).OrgID, held[1].OrgID)
	require.True(t, held[1].Holder.Equal(p.Citizens()[1].IDNumber))
}
