package portal

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// parkedLife is how long a row waits before it counts as rejected (assumption: 7 days).
const parkedLife = 7 * 24 * time.Hour

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
