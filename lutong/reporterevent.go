package lutong

import (
	"context"
	"log/slog"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// TicketEventKind names what happened to a report.
type TicketEventKind string

const (
	TicketDelivered    TicketEventKind = "delivered"     // the platform said so
	TicketDelayed      TicketEventKind = "delayed"       // not delivered yet, or not known; it is tried again
	TicketTokenDropped TicketEventKind = "token-dropped" // the platform did not take the message token; sent without it at once
	TicketFailed       TicketEventKind = "failed"        // refused; it waits for the operator
	TicketDayOver      TicketEventKind = "day-over"      // the alarm at the end of the day: not reported in time; it waits for the operator
)

// TicketEvent tells what happened to a report. It holds no personal datum and no number
// of a ticket: Sequence finds the ticket in Failed. It is told a moment before the
// outbox notes the same.
type TicketEvent struct {
	Kind     TicketEventKind
	Sequence uint64        // of the message in its queue
	Attempt  int           // 1 for the first
	Age      time.Duration // since it was stored
	Status   TicketStatus  // that was to be reported
	Error    zwfw.Kind     // what went wrong; "" for nothing, and for an error of no platform
	Code     string        // the platform's code, if it is safe to print, or ours
}

// level of a log line; an outage is one line for each attempt, and only one report at a
// time is tried then.
func (k TicketEventKind) level() slog.Level {
	switch k {
	case TicketDelivered:
		return slog.LevelDebug
	case TicketTokenDropped:
		return slog.LevelInfo
	case TicketDelayed:
		return slog.LevelWarn
	}
	return slog.LevelError
}

// tell completes an event and hands it on.
func (r *TicketReporter) tell(e TicketEvent, d outbox.Delivery, t Ticket) {
	e.Sequence, e.Attempt, e.Age, e.Status = d.Sequence, d.Attempt, d.Age, t.status()
	r.logger.LogAttrs(context.Background(), e.Kind.level(), "lutong: report of a ticket",
		slog.String("event", string(e.Kind)), slog.Uint64("sequence", e.Sequence), slog.Int("attempt", e.Attempt),
		slog.Duration("age", e.Age), slog.Int("status", int(e.Status)), slog.String("error", string(e.Error)), slog.String("code", e.Code))
	r.config.OnEvent(e)
}
