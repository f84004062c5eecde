package portal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// parkedLife is how long a row waits before it counts as rejected (assumption: 7 days).
const parkedLife = 7 * 24 * time.Hour

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
	seen  bool               // note rows that are unchanged, too
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
	d := &draft{ledger: l, kind: kind, change: SinkChange{Kind: kind, At: l.now()}, seen: x.seen}
	fates := make([]fate, len(rows))
	var pending []candidate
	for i, in := range rows {
		if kind == ItemRows {
			fates[i].reject = l.rules.checkItem(in)
		} else {
			fates[i].reject = l.rules.checkCase(in)
		}
		if fates[i].reject != nil {
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
	row, err := itemRow(in.item)
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

// candidate is one row on its way through the rules.
type candidate struct {
	row  Row
	name string
	bare bool
	fate *fate
	// since is when a parked row began to wait; zero for one that has just come.
	since time.Time
}

// draft is a change in the making.
type draft struct {
	*ledger
	kind    IngestKind
	change  SinkChange
	seen    bool
	added   int64    // items or cases that were not there
	arrived []string // what parked rows may have waited for

	known map[string]RowState
	items map[string]int64
	at    map[string]int // where a key stands in change.Rows
}

// judge applies the rules to candidates in their order.
func (d *draft) judge(ctx context.Context, pending []candidate) error {
	if err := d.look(ctx, pending); err != nil {
		return err
	}
	// Acceptances first: a page may have a case's result before them.
	slices.SortStableFunc(pending, func(a, b candidate) int { return rank(&a.row) - rank(&b.row) })
	for i := range pending {
		if err := d.one(&pending[i]); err != nil {
			return err
		}
	}
	return nil
}

func rank(r *Row) int {
	if r.Case == nil || r.Case.Acceptance != nil {
		return 0
	}
	return 1
}

// look reads what is stored of the candidates and of what they need.
func (d *draft) look(ctx context.Context, pending []candidate) (err error) {
	d.at = make(map[string]int)
	keys, codes := make(map[string]bool), make(map[string]bool)
	for i := range pending {
		row := &pending[i].row
		keys[row.Key] = true
		if row.Case == nil {
			continue
		}
		keys[acceptKey(row.Case.ProjectNo)] = true
		if a := row.Case.Acceptance; a != nil {
			for _, code := range d.rules.awaited(a) {
				codes[code] = true
			}
		}
	}
	if len(keys) > 0 {
		if d.known, err = d.sink.Known(ctx, d.kind, sortedKeys(keys)); err != nil {
			return fmt.Errorf("portal: ingest: store of %s: %w", d.kind, err)
		}
	}
	if len(codes) > 0 {
		if d.items, err = d.sink.ItemVersions(ctx, sortedKeys(codes)); err != nil {
			return fmt.Errorf("portal: ingest: store of %s: %w", d.kind, err)
		}
	}
	if d.known == nil {
		d.known = make(map[string]RowState)
	}
	return nil
}

func acceptKey(projectNo string) string { return projectNo + "/accept" }

func (d *draft) one(c *candidate) error {
	row := &c.row
	stored, known := d.known[row.Key]
	if c.bare && known {
		row.Item, row.Area = nil, ""
	}
	v := judge(row, stored, known)
	if v == put || v == raise {
		if wait := d.missing(row); wait != "" && v == put {
			return d.park(c, wait)
		}
	}
	switch v {
	case put, raise:
		d.accept(c, v, known)
	case tooOld:
		c.fate.older = true
	case falls:
		c.fate.reject = &Reject{c.name, rejectState, "accept.proStatus"}
	default:
		c.fate.same = true
		if d.seen && d.kind == ItemRows {
			d.change.Seen = append(d.change.Seen, row.Key)
		}
	}
	if d.kind == CaseRows && (v != put && v != raise) && !c.since.IsZero() {
		d.unpark(row) // it was parked, and is not needed any more
	}
	return nil
}

// accept puts a row into the change.
func (d *draft) accept(c *candidate, v verdict, known bool) {
	row := &c.row
	if i, twice := d.at[row.Key]; twice {
		if row.Item == nil && row.Case == nil {
			row.Item = d.change.Rows[i].Item
		}
		d.change.Rows[i] = *row
	} else {
		d.at[row.Key] = len(d.change.Rows)
		d.change.Rows = append(d.change.Rows, *row)
	}
	if v == put {
		c.fate.put = true
	} else {
		c.fate.same = true
	}
	d.known[row.Key] = stateOf(row)
	switch {
	case d.kind == ItemRows:
		if row.Item != nil {
			for _, code := range codesOf(row.Item) {
				d.arrived = append(d.arrived, waitsForItem(code))
			}
		}
		if !known && !row.Withdrawn {
			d.added++
		}
	case row.Case.Acceptance != nil:
		if !known {
			d.added++
			d.arrived = append(d.arrived, waitsForCase(row.Case.ProjectNo))
		}
		d.unpark(row)
	default:
		d.unpark(row)
	}
}

func (d *draft) unpark(row *Row) {
	d.change.Unpark = append(d.change.Unpark, RowVersion{row.Key, row.Version})
}

// missing names what a part of a case has to wait for, "" for nothing: its item's version,
// or its acceptance. A result waits for no stage: a case may end without one, as that which
// is not accepted does.
func (d *draft) missing(row *Row) string {
	if row.Case == nil {
		return ""
	}
	a := row.Case.Acceptance
	if a == nil {
		if _, ok := d.known[acceptKey(row.Case.ProjectNo)]; ok {
			return ""
		}
		return waitsForCase(row.Case.ProjectNo)
	}
	codes := d.rules.awaited(a)
	for _, code := range codes {
		if version, ok := d.items[code]; ok && version >= a.TaskVersion {
			return ""
		}
	}
	if len(codes) == 0 {
		return ""
	}
	return waitsForItem(codes[0])
}

// park keeps a row that came early.
func (d *draft) park(c *candidate, wait string) error {
	c.fate.parked = true
	if !c.since.IsZero() {
		return nil // it is parked already
	}
	data, err := encodeRow(&c.row)
	if err != nil {
		return fmt.Errorf("portal: ingest: a row of %s cannot be written: %w", d.kind, err)
	}
	p := ParkedRow{Key: c.row.Key, Version: c.row.Version, WaitsFor: wait, Since: d.change.At, Data: data}
	if i := slices.IndexFunc(d.change.Park, func(o ParkedRow) bool { return o.Key == p.Key }); i >= 0 {
		if d.change.Park[i].Version <= p.Version {
			d.change.Park[i] = p
		}
		return nil
	}
	d.change.Park = append(d.change.Park, p)
	return nil
}

// parkedPage is how many parked rows are looked at in one go.
const parkedPage = 200

// release lets parked rows go that waited for what has arrived, and those that waited for
// them.
func (l *ledger) release(ctx context.Context, arrived []string) error {
	slices.Sort(arrived)
	arrived = slices.Compact(arrived)
	for len(arrived) > 0 {
		n := min(len(arrived), parkedPage)
		next, err := l.releaseSome(ctx, arrived[:n])
		if err != nil {
			return err
		}
		arrived = append(next, arrived[n:]...)
	}
	return nil
}

func (l *ledger) releaseSome(ctx context.Context, arrived []string) (next []string, err error) {
	for after := ""; ; {
		page, more, err := l.releasePage(ctx, ParkedQuery{WaitsFor: arrived, After: after, Limit: parkedPage})
		if err != nil {
			return nil, err
		}
		next = append(next, more...)
		if len(page) < parkedPage {
			return next, nil
		}
		after = page[len(page)-1].Key
	}
}

// releasePage holds the writer for one page only: others want to write meanwhile.
func (l *ledger) releasePage(ctx context.Context, q ParkedQuery) (page []ParkedRow, arrived []string, err error) {
	b := l.kinds[CaseRows]
	b.writer.Lock()
	defer b.writer.Unlock()
	if page, err = l.sink.Parked(ctx, q); err != nil {
		return nil, nil, fmt.Errorf("portal: ingest: parked rows: %w", err)
	}
	arrived, _, err = l.settle(ctx, page)
	return page, arrived, err
}

// settle judges parked rows anew. Called by the writer of cases.
func (l *ledger) settle(ctx context.Context, page []ParkedRow) (arrived []string, released int64, err error) {
	now := l.now()
	d := &draft{ledger: l, kind: CaseRows, change: SinkChange{Kind: CaseRows, At: now}}
	fates := make([]fate, len(page))
	var pending []candidate
	var broken []int
	for i, p := range page {
		row, err := decodeRow(p.Key, p.Data)
		if err != nil { // damaged in the store: it can never be released
			broken = append(broken, i)
			continue
		}
		pending = append(pending, candidate{row: *row, name: row.Case.ProjectNo, fate: &fates[i], since: p.Since})
	}
	if err := d.judge(ctx, pending); err != nil {
		return nil, 0, err
	}
	var rejected int64
	for i, p := range page {
		switch {
		case slices.Contains(broken, i), fates[i].parked && now.Sub(p.Since) >= parkedLife:
			p.Rejected = true
			d.change.Park = append(d.change.Park, p)
			rejected++
		case !fates[i].parked:
			if fates[i].reject != nil {
				rejected++
			}
			released++
		}
	}
	if err := l.apply(ctx, d); err != nil {
		return nil, 0, err
	}
	b := l.kinds[CaseRows]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moved = b.moved || released+rejected > 0
	b.fresh.Rejected += rejected
	return d.arrived, released, nil
}

// maxLooked bounds how many parked rows one look goes through in vain.
const maxLooked = 2000

// recheck looks at rows that are parked: what they wait for may have come by another
// process, or this one ended before it released them; and what has waited for 7 days is
// rejected. It goes on from where it was for as long as rows are released.
func (l *ledger) recheck(ctx context.Context) error {
	var arrived []string
	for vain := 0; vain < maxLooked/parkedPage; {
		more, released, end, err := l.recheckPage(ctx)
		if err != nil {
			return err
		}
		arrived = append(arrived, more...)
		if released == 0 {
			vain++
		}
		if end {
			break
		}
		if len(arrived) >= parkedPage {
			if err := l.release(ctx, arrived); err != nil {
				return err
			}
			arrived = nil
		}
	}
	return l.release(ctx, arrived)
}

func (l *ledger) recheckPage(ctx context.Context) (arrived []string, released int64, end bool, err error) {
	b := l.kinds[CaseRows]
	b.writer.Lock()
	defer b.writer.Unlock()
	page, err := l.sink.Parked(ctx, ParkedQuery{After: b.looked, Limit: parkedPage})
	if err != nil {
		return nil, 0, false, fmt.Errorf("portal: ingest: parked rows: %w", err)
	}
	if arrived, released, err = l.settle(ctx, page); err != nil {
		return nil, 0, false, err
	}
	if b.looked = ""; len(page) == parkedPage {
		b.looked = page[len(page)-1].Key
	}
	return arrived, released, b.looked == "", nil
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
