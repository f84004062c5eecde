package portal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/zwfw-go/zwfw"
)

// place is where a reading of changes stands, as its mark keeps it.
type place struct {
	Cursor string
	At     time.Time // when the page was read
	// Of a full pull: when it began, and what it has done.
	Began    time.Time `json:",omitzero"`
	Progress *Progress `json:",omitempty"`
}

func (i *Ingest) pullMark(kind IngestKind) string {
	return markName("pull", string(kind), i.config.AreaCode)
}

func (i *Ingest) fullMark(kind IngestKind) string {
	return markName("full", string(kind), i.config.AreaCode)
}

func (i *Ingest) place(ctx context.Context, mark string) (p place, ok bool, err error) {
	value, err := i.ledger.sink.Mark(ctx, mark)
	if err != nil {
		return p, false, fmt.Errorf("portal: ingest: mark: %w", err)
	}
	if value == nil || json.Unmarshal(value, &p) != nil {
		return place{}, false, nil // one that cannot be read is none
	}
	return p, true, nil
}

// leaf is a page of either kind.
type leaf struct {
	rows []incoming
	next string
}

// feed reads changes of a kind.
func (i *Ingest) feed(ctx context.Context, kind IngestKind, cursor string) iter.Seq2[leaf, error] {
	from := Changes{AreaCode: i.config.AreaCode, Cursor: cursor, PageSize: i.config.PageSize}
	return func(yield func(leaf, error) bool) {
		if kind == ItemRows {
			for page, err := range i.client.ItemChanges(ctx, from) {
				if err != nil {
					yield(leaf{}, err)
					return
				}
				if !yield(itemLeaf(page), nil) {
					return
				}
			}
			return
		}
		for page, err := range i.client.CaseChanges(ctx, from) {
			if err != nil {
				yield(leaf{}, err)
				return
			}
			if !yield(caseLeaf(page), nil) {
				return
			}
		}
	}
}

func itemLeaf(page *ItemPage) leaf {
	l := leaf{next: page.Next, rows: make([]incoming, len(page.Items))}
	for n := range page.Items {
		item := &page.Items[n]
		l.rows[n] = incoming{name: item.RowGUID, item: item, bare: item.Withdrawn() && item.TaskCode == "" && item.Name == ""}
	}
	return l
}

func caseLeaf(page *CasePage) leaf {
	l := leaf{next: page.Next, rows: make([]incoming, len(page.Cases))}
	for n := range page.Cases {
		k := &page.Cases[n]
		l.rows[n] = incoming{name: k.ProjectNo, kase: k}
	}
	return l
}

// lostCursor reports that the platform does not know a cursor. Which of its codes says so
// is an assumption; when it means something else, reading from the beginning meets it again.
func lostCursor(err error) bool {
	var e *zwfw.Error
	if !errors.As(err, &e) || !e.Sent || e.Outcome != zwfw.OutcomeRefused {
		return false
	}
	switch e.Kind {
	case zwfw.BadRequest, zwfw.NotFound, zwfw.Stale:
		return true
	}
	return false
}

// Pull reads once, now, what has changed since the last page that was stored, and gives
// what it did, also with an error: what was stored stays. It looks at parked rows, too.
// Without a mark it begins at the beginning. A cursor that the platform does not know any
// more, and a silence longer than IngestConfig.CursorLife, lead to a full pull.
//
// Errors: those of ItemChanges and CaseChanges, and the Sink's.
func (i *Ingest) Pull(ctx context.Context, kind IngestKind) (Progress, error) {
	if err := i.known(kind); err != nil {
		return Progress{}, err
	}
	p, err := i.pull(ctx, kind)
	i.ended(ctx, kind, err)
	return p, err
}

func (i *Ingest) pull(ctx context.Context, kind IngestKind) (Progress, error) {
	p := Progress{Kind: kind}
	from, known, err := i.place(ctx, i.pullMark(kind))
	if err != nil {
		return p, err
	}
	if _, under, err := i.place(ctx, i.fullMark(kind)); err != nil {
		return p, err
	} else if under && !known {
		return i.full(ctx, kind, nil) // it was cut off
	}
	if known && i.client.Now().Sub(from.At) > i.config.CursorLife {
		return i.full(ctx, kind, nil)
	}
	err = i.read(ctx, kind, from.Cursor, &p, time.Time{}, func(l leaf, _ Progress) []Mark {
		return []Mark{i.mark(i.pullMark(kind), place{Cursor: l.next, At: i.client.Now()})}
	}, nil)
	if err != nil && p.Pages == 0 && from.Cursor != "" && lostCursor(err) {
		return i.full(ctx, kind, nil)
	}
	if err == nil && kind == CaseRows {
		err = i.ledger.recheck(ctx)
	}
	return p, err
}

func (i *Ingest) mark(name string, p place) Mark {
	value, _ := json.Marshal(p) // texts, numbers and times cannot fail
	return Mark{Name: name, Value: value}
}

// read stores page after page, each with its marks. since, of a full pull, is when it began.
func (i *Ingest) read(ctx context.Context, kind IngestKind, cursor string, p *Progress, since time.Time, marks func(leaf, Progress) []Mark, progress func(Progress)) error {
	for page, err := range i.feed(ctx, kind, cursor) {
		if err != nil {
			return err
		}
		if page.next == "" {
			page.next = cursor // a last page of a platform that gives none
		}
		cursor = page.next
		var ahead Progress // as it is once the page is stored
		t, err := i.ledger.take(ctx, kind, page.rows, extra{since: since, marks: func(t taken) []Mark {
			ahead = *p
			ahead.add(len(page.rows), t)
			return marks(page, ahead)
		}})
		if err != nil {
			return err
		}
		*p = ahead
		i.report(ctx, kind, t)
		if progress != nil {
			progress(*p)
		}
	}
	return nil
}

// report logs rejections by code and field: keys of cases are nobody's business.
func (i *Ingest) report(ctx context.Context, kind IngestKind, t taken) {
	if t.rejected == 0 {
		return
	}
	for n, r := range t.rejects {
		if r.Code == rejectOlder {
			continue
		}
		if n == 10 {
			break
		}
		i.config.Logger.WarnContext(ctx, "zwfw ingest", "event", "row rejected", "kind", string(kind), "code", r.Code, "field", r.Field)
	}
}
