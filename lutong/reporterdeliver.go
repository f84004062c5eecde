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
		return r.later(d, unsent(err))
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
	var o outbox.Outcome
	switch v := verdictOf(d, t, err); {
	case v == there:
		r.refusals.delivered(d.Sequence)
		e.Kind, o = TicketDelivered, outbox.Done()
	case v == refused, v == nobodyKnows && r.refusals.ofTicket(d.Sequence, d.Age):
		e.Kind, o = TicketFailed, outbox.FromError(err)
	default:
		o = r.later(d, err)
	}
	r.tell(e, d, t)
	return o
}

// later tries a report again. The whole queue rests when the platform asks for it, or
// when no report gets through: a morning's backlog would do no better.
func (r *TicketReporter) later(d outbox.Delivery, err error) outbox.Outcome {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return outbox.FromError(err)
	}
	switch e.Kind {
	case zwfw.Upstream, zwfw.Timeout, zwfw.Busy, zwfw.RateLimited, zwfw.Canceled, zwfw.Closed:
		return outbox.FromError(err)
	}
	switch all := r.refusals.ofAll(d.Sequence); {
	case all, e.RetryAfter > 0:
		resting := *e
		resting.Kind = zwfw.Upstream // for which a queue rests
		return outbox.FromError(&resting)
	case e.Outcome == zwfw.OutcomeRefused:
		return outbox.Retry(0)
	}
	return outbox.FromError(err)
}

// verdict is whose the next step is.
type verdict int

const (
	notYet      verdict = iota // the line's, or that of whoever keeps the settings
	there                      // nobody's: the platform has it
	refused                    // the operator's
	nobodyKnows                // the platform's, or the operator's
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
	case zwfw.Upstream, zwfw.Timeout, zwfw.Busy, zwfw.RateLimited, zwfw.ClockSkew, zwfw.TokenInvalid, zwfw.Canceled, zwfw.Closed,
		zwfw.Signature, zwfw.CallerDenied, zwfw.DeviceDenied, zwfw.PermissionDenied, zwfw.SceneDenied, zwfw.Replay, zwfw.NotSupported,
		zwfw.KeyMismatch, zwfw.DecryptFailed, zwfw.ProtocolMismatch:
		return notYet
	case zwfw.Unclassified:
		return nobodyKnows
	}
	if fromAGateway(err) {
		return notYet
	}
	return refused
}

// fromAGateway reports a refusal that is not in the platform's words: it has neither
// code nor text, and says nothing of the ticket.
func fromAGateway(err error) bool {
	var e *zwfw.Error
	return errors.As(err, &e) && e.HTTPStatus >= 400 && e.Code == "" && e.Text.IsZero()
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
	return r.failedBefore(ctx, t)
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

// unsent makes of an error of Ready that of a report: nothing was reported.
func unsent(err error) error {
	var asked zwfw.Error
	var e *zwfw.Error
	if errors.As(err, &e) {
		asked = *e
	}
	asked.Outcome, asked.Sent = zwfw.OutcomeRefused, false
	return &asked
}

func printableCode(err error) string {
	var e *zwfw.Error
	if errors.As(err, &e) {
		return zwfw.PrintableCode(e.Code)
	}
	return ""
}
