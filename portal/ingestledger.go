package portal

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ledger applies the rules for rows, whether they are read or pushed. One writer for each
// kind is at work in a process; writers of other processes do no harm, because a Sink never
// lowers a version.
type ledger struct {
	sink  Sink
	rules RowRules
	now   func() time.Time
	kinds map[IngestKind]*book
}

// book is what a process knows of a kind.
type book struct {
	writer sync.Mutex // held while rows of the kind are judged and applied
	looked string     // the parked row at which the next look at them begins

	mu    sync.Mutex
	fresh Freshness
	moved bool // parked rows have come or gone since they were counted
}

func newLedger(sink Sink, rules RowRules, now func() time.Time) *ledger {
	l := &ledger{sink: sink, rules: rules, now: now, kinds: make(map[IngestKind]*book)}
	for _, kind := range []IngestKind{ItemRows, CaseRows} {
		l.kinds[kind] = &book{fresh: Freshness{Kind: kind}}
	}
	return l
}

// rowCounts are what became of rows: each counts once.
type rowCounts struct {
	accepted, unchanged, parked, older, rejected int64
}

// fate is what became of one incoming row.
type fate struct {
	put, parked, older, same bool
	reject                   *Reject
}

// taken is what became of a page or batch.
type taken struct {
	rowCounts
	rejects []Reject // older rows are among them
}

// extra goes into the transaction of a page or batch.
type extra struct {
	marks func(taken) []Mark // made when the rows are judged
	// since, of a full pull, is when it began: rows that are not put are noted too, at a time
	// not before it, whatever the clock does meanwhile.
	since time.Time
}

// take stores rows and releases what waited for them.
func (l *ledger) take(ctx context.Context, kind IngestKind, rows []incoming, x extra) (taken, error) {
	t, arrived, err := l.write(ctx, kind, rows, x)
	if err != nil {
		return taken{}, err
	}
	return t, l.release(ctx, arrived)
}

// write judges rows and applies what is new together with marks; arrived names what parked
// rows may wait for.
func (l *ledger) write(ctx context.Context, kind IngestKind, rows []incoming, x extra) (t taken, arrived []string, err error) {
	b := l.kinds[kind]
	b.writer.Lock()
	defer b.writer.Unlock()
	d := &draft{ledger: l, kind: kind, change: SinkChange{Kind: kind, At: l.now()}, seen: !x.since.IsZero()}
	if d.change.At.Before(x.since) {
		d.change.At = x.since
	}
	fates := make([]fate, len(rows))
	var pending []candidate
	for i, in := range rows {
		if kind == ItemRows {
			fates[i].reject = l.rules.checkItem(in)
		} else {
			fates[i].reject = l.rules.checkCase(in)
		}
		if fates[i].reject != nil {
			if kind == ItemRows && checkTexts("", text{"rowGuid", in.item.RowGUID, 50, true}) == nil {
				d.met(in.item.RowGUID) // the platform has it, however wrong
			}
			continue
		}
		made, err := in.rows(kind)
		if err != nil {
			return taken{}, nil, fmt.Errorf("portal: ingest: a row of %s cannot be written: %w", kind, err)
		}
		for _, row := range made {
			pending = append(pending, candidate{row: row, name: in.name, bare: in.bare, fate: &fates[i]})
		}
	}
	if err := d.judge(ctx, pending); err != nil {
		return taken{}, nil, err
	}
	for i := range fates {
		t.count(&fates[i], rows[i].name)
	}
	if x.marks != nil {
		d.change.Marks = x.marks(t)
	}
	if err := l.apply(ctx, d); err != nil {
		return taken{}, nil, err
	}
	l.note(kind, t.rowCounts)
	return t, d.arrived, nil
}

// rows makes the rows of what came.
func (in incoming) rows(kind IngestKind) ([]Row, error) {
	if kind == CaseRows {
		return caseRows(in.kase)
	}
	item := in.item
	if in.bare { // what else may stand in it has passed no rule
		item = &Item{RowGUID: item.RowGUID, Version: item.Version, Operation: item.Operation, Updated: item.Updated}
	}
	row, err := itemRow(item)
	return []Row{row}, err
}

// count sorts a row by what became of its parts: the gravest counts.
func (t *taken) count(f *fate, name string) {
	switch {
	case f.reject != nil:
		t.rejected++
		t.rejects = append(t.rejects, *f.reject)
	case f.put:
		t.accepted++
	case f.parked:
		t.parked++
	case f.older:
		t.older++
		t.rejects = append(t.rejects, Reject{name, rejectOlder, "version"})
	default:
		t.unchanged++
	}
}

// apply makes the change of a draft, if it has one.
func (l *ledger) apply(ctx context.Context, d *draft) error {
	c := &d.change
	if len(c.Rows)+len(c.Seen)+len(c.Park)+len(c.Unpark)+len(c.Marks) == 0 {
		return nil
	}
	if err := l.sink.Apply(ctx, *c); err != nil {
		return fmt.Errorf("portal: ingest: store of %s: %w", d.kind, err)
	}
	b := l.kinds[d.kind]
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, row := range c.Rows {
		if row.Updated.After(b.fresh.Newest) {
			b.fresh.Newest = row.Updated
		}
	}
	b.fresh.Rows += d.added
	return nil
}

// note adds to the counts of a kind.
func (l *ledger) note(kind IngestKind, c rowCounts) {
	b := l.kinds[kind]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moved = b.moved || c.parked > 0
	b.fresh.Rejected += c.rejected
	b.fresh.Older += c.older
}

// counted takes the numbers from the store if need be. They are for people: nothing fails
// for them.
func (l *ledger) counted(ctx context.Context, kind IngestKind) {
	b := l.kinds[kind]
	b.mu.Lock()
	need := b.moved || b.fresh.Success.IsZero()
	b.mu.Unlock()
	if need {
		_ = l.recount(ctx, kind)
	}
}

// recount takes the numbers from the store.
func (l *ledger) recount(ctx context.Context, kind IngestKind) error {
	counts, err := l.sink.Counts(ctx, kind)
	if err != nil {
		return fmt.Errorf("portal: ingest: counts of %s: %w", kind, err)
	}
	b := l.kinds[kind]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moved = false
	b.fresh.Rows, b.fresh.Parked = counts.Rows, counts.Parked
	return nil
}

// markName joins the words of a mark's name.
func markName(words ...string) string { return strings.Join(words, "/") }
