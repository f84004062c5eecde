package portal

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrTooManyWithdrawn: a full pull came to its end, but the platform lacks more items than
// IngestConfig.MostWithdrawn allows to withdraw. The rows that it has are stored and none
// was withdrawn; pulls go on from there, and another full pull reads everything anew.
var ErrTooManyWithdrawn = errors.New("portal: ingest: the platform lacks too many of the items in force")

// FullPull reads everything from the beginning (全量). It keeps a mark of its own: called
// again after it was cut off it goes on, also in another process, and Progress goes on
// counting. progress, if not nil, is called after each stored page by this goroutine. At
// the end items that the platform has no more are withdrawn and counted in
// Progress.Withdrawn; cases never are, because platforms clean theirs up.
//
// Errors: those of Pull, and [ErrTooManyWithdrawn].
func (i *Ingest) FullPull(ctx context.Context, kind IngestKind, progress func(Progress)) error {
	if err := i.known(kind); err != nil {
		return err
	}
	_, err := i.full(ctx, kind, progress)
	i.ended(ctx, kind, err)
	return err
}

func (i *Ingest) full(ctx context.Context, kind IngestKind, progress func(Progress)) (Progress, error) {
	name := i.fullMark(kind)
	from, under, err := i.place(ctx, name)
	if err != nil {
		return Progress{Kind: kind, Full: true}, err
	}
	// A resumed one must not take rows for gone that were read before a long silence.
	if under && i.client.Now().Sub(from.At) > i.config.CursorLife {
		from = place{}
	}
	for {
		p := Progress{Kind: kind}
		if from.Progress != nil {
			p = *from.Progress
		}
		p.Full = true
		began := from.Began
		if began.IsZero() {
			began = i.client.Now()
		}
		last, resumed, pages := from.Cursor, from.Cursor != "", p.Pages
		err := i.read(ctx, kind, from.Cursor, &p, began, func(l leaf, at Progress) []Mark {
			last = l.next
			return []Mark{i.mark(name, place{Cursor: l.next, At: i.client.Now(), Began: began, Progress: &at})}
		}, progress)
		if err != nil && resumed && p.Pages == pages && lostCursor(err) {
			from = place{} // its cursor was cleaned away meanwhile
			continue
		}
		if err != nil {
			return p, err
		}
		var refused error
		if kind == ItemRows {
			p.Withdrawn, err = i.withdraw(ctx, began)
			if errors.Is(err, ErrTooManyWithdrawn) { // what the platform has by then is read anew
				refused, err = err, nil
			}
		} else {
			err = i.ledger.recheck(ctx)
		}
		if err != nil {
			return p, err
		}
		err = i.ledger.sink.Apply(ctx, SinkChange{Kind: kind, At: i.client.Now(), Marks: []Mark{
			{Name: name}, i.mark(i.pullMark(kind), place{Cursor: last, At: i.client.Now()}),
		}})
		if err != nil {
			return p, fmt.Errorf("portal: ingest: mark: %w", err)
		}
		if refused != nil {
			return p, refused
		}
		if progress != nil {
			progress(p)
		}
		_ = i.ledger.recount(ctx, kind) // numbers for people
		return p, nil
	}
}

// enoughToWithdraw may go at any time, whatever share of the items that is, unless it is all
// of them.
const enoughToWithdraw = 100

// withdraw marks the items that a full pull has not met since it began.
func (i *Ingest) withdraw(ctx context.Context, began time.Time) (int64, error) {
	b := i.ledger.kinds[ItemRows]
	b.writer.Lock()
	defer b.writer.Unlock()
	sink, area := i.ledger.sink, i.config.AreaCode
	gone, err := sink.Unseen(ctx, area, began, false)
	if err != nil || gone == 0 {
		return 0, sinkFailure("withdrawal", err)
	}
	all, err := sink.Unseen(ctx, area, began.AddDate(1000, 0, 0), false) // those of the area in force
	if err != nil {
		return 0, sinkFailure("withdrawal", err)
	}
	if (gone > enoughToWithdraw || gone >= all) && float64(gone) > i.config.MostWithdrawn*float64(all) {
		return 0, fmt.Errorf("%w: %d of %d", ErrTooManyWithdrawn, gone, all)
	}
	n, err := sink.Unseen(ctx, area, began, true)
	return n, sinkFailure("withdrawal", err)
}

func sinkFailure(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("portal: ingest: %s: %w", what, err)
}
