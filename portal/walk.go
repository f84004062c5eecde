package portal

import (
	"iter"

	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
)

// turn is what a page says of the next one.
type turn struct {
	meta dock.Meta
	next string
	more bool
}

// pages walks a feed with a cursor.
func pages[Page any](c *Client, op string, from Changes, read func(*portalwire.ChangesQuery) (*Page, turn, error)) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		if err := c.checkPage(op, 0, from.PageSize); err != nil {
			yield(nil, err)
			return
		}
		if err := c.check(op, field{"AreaCode", from.AreaCode, 12, false}, field{"Cursor", from.Cursor, maxText, false}); err != nil {
			yield(nil, err)
			return
		}
		in := &portalwire.ChangesQuery{AreaCode: from.AreaCode, Cursor: from.Cursor, PageSize: from.PageSize}
		for {
			page, turn, err := read(in)
			if err == nil && turn.more && (turn.next == "" || turn.next == in.Cursor) {
				err = c.engine.Useless(op, turn.meta, "nextCursor", "there is more, but the cursor does not move")
				page = nil
			}
			if !yield(page, err) || err != nil || !turn.more {
				return
			}
			in.Cursor = turn.next
		}
	}
}
