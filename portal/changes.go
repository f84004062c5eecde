package portal

import (
	"context"
	"iter"

	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// Changes says from where a reading of changes goes on.
type Changes struct {
	AreaCode string // optional
	Cursor   string // Next of the last page that was kept; "" is the beginning
	PageSize int    // 1 to 100; 0 is the platform's default
}

// ItemChanges (事项变更) reads what changed, oldest first, page by page until there is no
// more. Keep a page and its Next together, and begin with that cursor next time: nothing is
// lost and at most one page comes twice. A withdrawn item is a row like others, with
// Operation D. The loop ends with the first error; the cursor in hand is still good.
//
//	for page, err := range client.ItemChanges(ctx, portal.Changes{Cursor: saved}) {
//
// Errors: those of every call, and ProtocolMismatch for a cursor that does not move.
//
// Source: practice of the national exchange tables; the cursor is an assumption.
func (c *Client) ItemChanges(ctx context.Context, from Changes) iter.Seq2[*ItemPage, error] {
	return pages(c, "ItemChanges", from, func(in *portalwire.ChangesQuery) (*ItemPage, turn, error) {
		out, answer, meta, err := call[portalwire.ItemPage](ctx, c, "ItemChanges", in)
		if err != nil {
			return nil, turn{}, err
		}
		return itemPage(out, answer), turn{meta, out.NextCursor, out.HasMore}, nil
	})
}

// CasePage is one page of changed cases.
type CasePage struct {
	Cases []Case
	Next  string // the cursor of what follows
	More  bool

	Answer
}

// CaseChanges (办件变更) reads the cases that changed, like ItemChanges: each row is the
// whole case as it is now.
//
// Source: assumption on the national exchange tables.
func (c *Client) CaseChanges(ctx context.Context, from Changes) iter.Seq2[*CasePage, error] {
	return pages(c, "CaseChanges", from, func(in *portalwire.ChangesQuery) (*CasePage, turn, error) {
		out, answer, meta, err := call[portalwire.CasePage](ctx, c, "CaseChanges", in)
		if err != nil {
			return nil, turn{}, err
		}
		p := &CasePage{Cases: make([]Case, len(out.List)), Next: out.NextCursor, More: out.HasMore, Answer: answer}
		for i := range out.List {
			p.Cases[i] = c.caseOf(&out.List[i])
		}
		return p, turn{meta, out.NextCursor, out.HasMore}, nil
	})
}
