package lutong

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/zwfw-go/zwfw/outbox"
)

// FailedTicket is a report that was given up. It prints masks only.
type FailedTicket struct {
	Sequence uint64 // for Retry and Discard
	Attempts int
	Why      outbox.Class // Why.Code is the platform's, or DAY_OVER or UNREADABLE
	DayOver  bool         // its business day has ended by now: Retry leaves it alone
	// Ticket is empty when the record is damaged, its key is not at hand, or a later
	// version wrote it; Readable tells.
	Ticket   Ticket
	Readable bool
}

// Pending counts the reports that are stored and not delivered.
func (r *TicketReporter) Pending(ctx context.Context) (int64, error) {
	queues, _, err := r.box.Stats(ctx)
	if err != nil {
		return 0, fmt.Errorf("lutong: count pending reports: %w", err)
	}
	return queues[r.config.Queue].Pending, nil
}

// Failed lists the reports that were given up, oldest first. The list may be changed
// while it is read. An error ends it.
func (r *TicketReporter) Failed(ctx context.Context) iter.Seq2[FailedTicket, error] {
	return func(yield func(FailedTicket, error) bool) {
		for letter, err := range r.box.DeadLetters(ctx, r.config.Queue) {
			if err != nil {
				yield(FailedTicket{}, fmt.Errorf("lutong: list failed reports: %w", err))
				return
			}
			if !yield(r.failed(letter), nil) {
				return
			}
		}
	}
}

func (r *TicketReporter) failed(letter outbox.DeadLetter) FailedTicket {
	f := FailedTicket{Sequence: letter.Sequence, Attempts: letter.Attempts, Why: letter.Class}
	t, err := readTicket(letter.Message.Body)
	if f.Readable = err == nil; f.Readable {
		end := r.dayEnd(t.QueueTime)
		if t.status().last() {
			end = end.Add(max(r.config.LateStatus, 0))
		}
		f.Ticket, f.DayOver = t, !r.client.Now().Before(end)
	}
	return f
}

// failedBefore reports whether a report of this ticket was given up; a Number may come
// back on another day.
func (r *TicketReporter) failedBefore(ctx context.Context, t Ticket) (bool, error) {
	for f, err := range r.Failed(ctx) {
		if err != nil || f.Readable && f.Ticket.Number == t.Number && r.dayEnd(f.Ticket.QueueTime).Equal(r.dayEnd(t.QueueTime)) {
			return true, err
		}
	}
	return false, nil
}

// Retry makes failed reports pending again and says how many: those of the given
// sequences, or all when none is given. Reports whose business day has ended and such
// as cannot be read stay as they are.
func (r *TicketReporter) Retry(ctx context.Context, sequences ...uint64) (int, error) {
	var again []uint64
	for f, err := range r.Failed(ctx) {
		if err != nil {
			return 0, err
		}
		if f.Readable && !f.DayOver && (len(sequences) == 0 || slices.Contains(sequences, f.Sequence)) {
			again = append(again, f.Sequence)
		}
	}
	if len(again) == 0 {
		return 0, nil
	}
	n, err := r.box.Replay(ctx, r.config.Queue, again...)
	if err != nil {
		return n, fmt.Errorf("lutong: retry failed reports: %w", err)
	}
	return n, nil
}

// Discard removes failed reports for good and says how many it found.
func (r *TicketReporter) Discard(ctx context.Context, sequences ...uint64) (int, error) {
	n, err := r.box.Discard(ctx, r.config.Queue, sequences...)
	if err != nil {
		return n, fmt.Errorf("lutong: discard failed reports: %w", err)
	}
	return n, nil
}
