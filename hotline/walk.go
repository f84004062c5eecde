package hotline

import (
	"hash/maphash"
	"iter"
	"time"
)

// pageSize is what platforms allow; Beijing's silently cuts larger ones to it.
const pageSize = 100

// listing is a list that a platform gives in pages, ordered by time of change and then
// by number.
type listing[T any] struct {
	page func(after time.Time, page int) (rows []T, total int, err error) // after is inclusive
	id   func(T) string
	at   func(T) time.Time
	// ignored makes the error of a platform that gives rows older than asked for.
	ignored func() error
}

// walk reads a whole list while rows leave it. Page numbers shift under a reader when a
// row goes; a moment in time does not. So it asks for what changed since the last row
// it saw, always the first page, and passes over the rows of that moment that it had. A
// row that changes while the list is read comes again with its new time.
//
// It remembers the rows of one moment only, however long the list is.
func walk[T any](after time.Time, l listing[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		w := walker[T]{listing: l, after: after.Truncate(time.Second), seen: make(map[uint64]struct{}), seed: maphash.MakeSeed(), yield: yield}
		if err := w.run(); err != nil {
			var none T
			yield(none, err)
		}
	}
}

type walker[T any] struct {
	listing[T]
	after time.Time           // whole seconds, as it is sent
	seen  map[uint64]struct{} // rows of that moment
	seed  maphash.Seed
	yield func(T, error) bool
	over  bool // the consumer has enough
}

// run reads first pages while they bring the list forward in time.
func (w *walker[T]) run() error {
	for !w.over {
		rows, total, err := w.page(w.after, 1)
		if err != nil {
			return err
		}
		if len(rows) > 0 && !w.at(rows[0]).IsZero() && w.at(rows[0]).Truncate(time.Second).Before(w.after) {
			return w.ignored()
		}
		last := w.take(rows)
		switch {
		case w.over || len(rows) == 0 || total > 0 && len(rows) >= total:
			return nil
		case last.After(w.after):
			w.after = last
		default:
			next, err := w.sweep()
			if err != nil || next.IsZero() {
				return err
			}
			w.after = next
			clear(w.seen)
		}
	}
	return nil
}

// take hands out the rows that are new and remembers those of the latest moment.
func (w *walker[T]) take(rows []T) (last time.Time) {
	last = w.after
	for _, row := range rows {
		key := maphash.String(w.seed, w.id(row))
		at := w.at(row).Truncate(time.Second)
		if at.After(last) {
			last = at
			clear(w.seen)
		}
		if _, had := w.seen[key]; had {
			continue
		}
		w.seen[key] = struct{}{}
		if !w.yield(row, nil) {
			w.over = true
			return last
		}
	}
	return last
}

// sweep reads all pages of one moment (or of a platform that knows no times) when they
// are more than one: forwards to the end of the moment, then backwards.
// A row that leaves shifts the later ones towards the front, so going backwards meets
// every row that was passed over. It gives the next moment, zero at the end of the list.
func (w *walker[T]) sweep() (next time.Time, err error) {
	pages := 1
	for next.IsZero() && !w.over {
		rows, _, err := w.page(w.after, pages+1)
		if err != nil || len(rows) == 0 {
			if err != nil {
				return next, err
			}
			break
		}
		had := len(w.seen)
		now, later := w.split(rows)
		if w.take(now); len(later) > 0 {
			next = w.at(later[0]).Truncate(time.Second)
		}
		if pages++; len(later) == 0 && len(w.seen) == had {
			break // a platform that gives its last page again and again
		}
	}
	for ; pages >= 1 && !w.over; pages-- {
		rows, _, err := w.page(w.after, pages)
		if err != nil {
			return next, err
		}
		now, _ := w.split(rows)
		w.take(now)
	}
	return next, nil
}

// split cuts a page where the moment ends.
func (w *walker[T]) split(rows []T) (now, later []T) {
	for i, row := range rows {
		if w.at(row).Truncate(time.Second).After(w.after) {
			return rows[:i], rows[i:]
		}
	}
	return rows, nil
}
