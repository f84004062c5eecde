package hotline

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// Notice tells what the centre decided or did.
type Notice struct {
	ID          string
	Type        NoticeType
	DispatchID  DispatchID
	ApplyID     string // of the application that it answers
	Opinion     zwfw.PlatformText
	NewDeadline time.Time // with DelayAgreed
	Time        time.Time
}

// Notices reads the notices that were not acknowledged (通知). Each comes at least once and
// again with every reading until it is acknowledged: apply it, then call AckNotices.
//
// The iteration ends with the first error. Errors are those of every call, and
// NotSupported where the city's dialect has no notices.
//
// Source: an extension, public practice of Beijing; names are assumptions.
func (c *Client) Notices(ctx context.Context) iter.Seq2[Notice, error] {
	const op = "Notices"
	return func(yield func(Notice, error) bool) {
		for cursor := ""; ; {
			var out wire.NoticePage
			if _, err := c.call(ctx, op, &wire.NoticeQuery{MaxCount: pageSize, Cursor: cursor}, &out); err != nil {
				yield(Notice{}, err)
				return
			}
			for _, n := range out.List {
				if !yield(notice(n), nil) {
					return
				}
			}
			switch {
			case out.Cursor == "" || len(out.List) == 0:
				return
			case out.Cursor == cursor:
				yield(Notice{}, c.useless(op, dock.Meta{}, "cursor", "the platform stays at one place of the list"))
				return
			}
			cursor = out.Cursor
		}
	}
}

func notice(n wire.Notice) Notice {
	return Notice{
		ID: n.NoticeID, Type: NoticeType(n.Type), DispatchID: dispatchID(n.DispatchID), ApplyID: n.ApplyID,
		Opinion: zwfw.NewPlatformText(n.Opinion), NewDeadline: n.NewDeadline, Time: n.Time,
	}
}

// AckNotices acknowledges notices by their ids, a hundred at a time; they come no more.
// It may be repeated.
//
// Errors are those of every call; the same call settles an unknown outcome.
func (c *Client) AckNotices(ctx context.Context, ids ...string) error {
	const op = "AckNotices"
	k := c.check(op)
	k.is(len(ids) > 0, "ids", "is required")
	for _, id := range ids {
		k.need("ids", id, maxID)
	}
	if k.err != nil {
		return k.err
	}
	for batch := range slices.Chunk(ids, pageSize) {
		if _, _, err := c.act(ctx, op, &wire.NoticeAck{NoticeIDs: batch}, &wire.Nothing{}); err != nil {
			return err
		}
	}
	return nil
}
