package lutong

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wiretime"
	"github.com/zwfw-go/zwfw/outbox"
)

// Codes of dead letters that the platform has not seen.
const (
	codeDayOver    = "DAY_OVER"
	codeUnreadable = "UNREADABLE"
)

// unknownRefusals is how long a refusal that no table knows is taken for trouble of the
// platform and not of the ticket.
const unknownRefusals = 10 * time.Minute

// deliver is called for one report of a ticket at a time.
func (r *TicketReporter) deliver(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	t, err := readTicket(d.Body)
	if err != nil {
		r.tell(TicketEvent{Kind: TicketFailed, Code: codeUnreadable}, d, t)
		return outbox.Dead(codeUnreadable)
	}
	switch over, err := r.over(ctx, d, t); {
	case err != nil:
		r.tell(TicketEvent{Kind: TicketDelayed, Error: zwfw.KindOf(err)}, d, t)
		return unsent(err)
	case over:
		r.tell(TicketEvent{Kind: TicketDayOver, Code: codeDayOver}, d, t)
		return outbox.Dead(codeDayOver)
	}
	err = r.client.ReportTicket(ctx, t)
	if errors.Is(err, zwfw.TokenInvalid) && !t.MessageToken.IsZero() {
		r.tell(TicketEvent{Kind: TicketTokenDropped}, d, t)
		t.MessageToken = zwfw.Secret{}
		err = r.client.ReportTicket(ctx, t)
	}
	return r.judge(d, t, err)
}

// judge says what becomes of a report after the platform's answer, or the lack of one.
func (r *TicketReporter) judge(d outbox.Delivery, t Ticket, err error) outbox.Outcome {
	e := TicketEvent{Kind: TicketDelayed, Error: zwfw.KindOf(err), Code: printableCode(err)}
	o := outbox.FromError(err)
	switch v := verdictOf(d, t, err); v {
	case there:
		e.Kind, o = TicketDelivered, outbox.Done()
	case refused:
		e.Kind = TicketFailed
	case ours:
		o = outbox.Retry(0)
	}
	r.tell(e, d, t)
	return o
}

// verdict is whose the next step is.
type verdict int

const (
	notYet  verdict = iota // the line's
	there                  // nobody's: the platform has it
	refused                // the operator's
	ours                   // that of whoever keeps the settings, or the platform's
)

func verdictOf(d outbox.Delivery, t Ticket, err error) verdict {
	if zwfw.OutcomeOf(err) == zwfw.OutcomeDone {
		return there
	}
	kind := zwfw.KindOf(err)
	// The platform has a first report whose answer was lost. Of a change of status the
	// same words may mean that it takes none.
	if kind == zwfw.DuplicateTicket && t.status() == TicketWaiting && (d.Unsettled || zwfw.OutcomeOf(err) == zwfw.OutcomeUnknown) {
		return there
	}
	if zwfw.OutcomeOf(err) != zwfw.OutcomeRefused {
		return notYet
	}
	switch kind {
	case zwfw.Upstream, zwfw.Timeout, zwfw.Busy, zwfw.RateLimited, zwfw.ClockSkew, zwfw.TokenInvalid, zwfw.Canceled, zwfw.Closed:
		return notYet
	case zwfw.Signature, zwfw.CallerDenied, zwfw.DeviceDenied, zwfw.PermissionDenied, zwfw.SceneDenied, zwfw.Replay, zwfw.NotSupported,
		zwfw.KeyMismatch, zwfw.DecryptFailed, zwfw.ProtocolMismatch:
		return ours
	case zwfw.Unclassified:
		if d.Age < unknownRefusals {
			return ours
		}
	}
	return refused
}

// over reports that the business day of a ticket has ended and its report is not wanted
// any more. An error says that this cannot be told now.
func (r *TicketReporter) over(ctx context.Context, d outbox.Delivery, t Ticket) (bool, error) {
	end := r.dayEnd(t.QueueTime)
	if r.client.Now().Before(end) {
		return false, nil
	}
	// Two clocks have to agree: this machine's, which may have been set, and the age of
	// the message, which counts no longer time without power. If not, the platform's decides.
	if d.Enqueued.Add(d.Age + slack).Before(end) {
		if _, err := r.client.Ready(ctx); err != nil {
			return false, err
		}
		if r.client.Now().Before(end) {
			return false, nil
		}
	}
	if !t.status().last() || !r.client.Now().Before(end.Add(r.config.LateStatus)) {
		return true, nil
	}
	return r.failedBefore(ctx, t.Number)
}

// slack is what two clocks may differ by without one of them having been set.
const slack = 5 * time.Minute

// dayEnd is the end of the business day of a ticket taken at a time.
func (r *TicketReporter) dayEnd(taken time.Time) time.Time {
	year, month, day := taken.In(wiretime.China).Date()
	end := time.Date(year, month, day, 0, 0, 0, 0, wiretime.China).Add(r.config.DayEnds)
	if !end.After(taken) {
		end = end.Add(24 * time.Hour) // no summer time
	}
	return end
}

// unsent makes an outcome of an error of Ready: nothing was reported.
func unsent(err error) outbox.Outcome {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return outbox.Retry(0)
	}
	asked := *e
	asked.Outcome, asked.Sent = zwfw.OutcomeRefused, false
	if k := asked.Kind; k != zwfw.Upstream && k != zwfw.Timeout && k != zwfw.Busy && k != zwfw.RateLimited {
		return outbox.Retry(0)
	}
	return outbox.FromError(&asked)
}

func printableCode(err error) string {
	var e *zwfw.Error
	if errors.As(err, &e) {
		return zwfw.PrintableCode(e.Code)
	}
	return ""
}
