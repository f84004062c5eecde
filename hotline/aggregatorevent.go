package hotline

import (
	"context"
	"log/slog"
	"time"
)

// AggregateEvent tells what an [Aggregator] did or could not do.
type AggregateEvent struct {
	Kind   AggregateEventKind
	Report string        // "calls" or "seats"
	Seq    int64         // of the report
	Last   int64         // AggregateOvertaken: the province's
	Count  int           // of what the kind says
	Period time.Duration // AggregatePeriod
	Day    time.Time     // AggregateDay: 00:00 of the day
	Err    error         // why; one line without a personal datum
}

// AggregateEventKind is what an [AggregateEvent] tells.
type AggregateEventKind string

// Kinds of events. The number of a report that was lost, refused or skipped is never used
// again.
const (
	AggregateAccepted  AggregateEventKind = "accepted"  // the province has the report; Count: its remarks on the data's quality
	AggregateLost      AggregateEventKind = "lost"      // no answer says that the province has it; dropped
	AggregateRefused   AggregateEventKind = "refused"   // the province said no; dropped. RowErrors(Err) has its findings
	AggregateSkipped   AggregateEventKind = "skipped"   // not sent: the province asked to wait, or a report before it in its period failed
	AggregateOvertaken AggregateEventKind = "overtaken" // the province had a later number; the next goes above it
	AggregatePeriod    AggregateEventKind = "period"    // the province changed the period
	AggregateDay       AggregateEventKind = "day"       // another day is reported from now on

	AggregateCallsRefused AggregateEventKind = "calls-refused" // Count events of calls were refused, too late or no room, since the last period
	AggregateCallsDropped AggregateEventKind = "calls-dropped" // Count ended calls were forgotten early for room
	AggregateCallsSilent  AggregateEventKind = "calls-silent"  // Count calls went without an event and are taken to have ended
	AggregateRowsDropped  AggregateEventKind = "rows-dropped"  // Count ended calls whose detail never arrives: their report was lost, or no period had room
	AggregateStore        AggregateEventKind = "store-failed"  // the outbox took nothing, so nothing was sent in this period
)

func (a *Aggregator) tell(events []AggregateEvent) {
	for _, e := range events {
		level := slog.LevelWarn
		switch e.Kind {
		case AggregateAccepted:
			level = slog.LevelDebug
		case AggregatePeriod, AggregateDay:
			level = slog.LevelInfo
		}
		attrs := []any{"event", string(e.Kind), "city", a.config.City}
		if e.Report != "" {
			attrs = append(attrs, "report", e.Report, "seq", e.Seq)
		}
		if e.Count != 0 {
			attrs = append(attrs, "count", e.Count)
		}
		if e.Period != 0 {
			attrs = append(attrs, "period", e.Period)
		}
		if e.Err != nil {
			attrs = append(attrs, "error", e.Err)
		}
		a.logger.Log(context.Background(), level, "hotline aggregation", attrs...)
		a.config.OnEvent(e)
	}
}
