package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw/hotline"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// notice is what the centre tells a unit until the unit acknowledges it.
type notice struct {
	wire.Notice
	acked bool
}

func (h *hotlineSide) tell(s *dispatch, now time.Time, t hotline.NoticeType, applyID, opinion string) *notice {
	n := &notice{Notice: wire.Notice{
		NoticeID: fmt.Sprintf("N%d", h.number("notice")), Type: string(t), DispatchID: s.row.DispatchID, ApplyID: applyID, Opinion: opinion, Time: now,
	}}
	h.notices[s.unit] = append(h.notices[s.unit], n)
	return n
}

// listNotices is H10. The cursor is a place in one reading.
func (h *hotlineSide) listNotices(_ *exchange, d *hotlineDesk, in *wire.NoticeQuery) (any, *no) {
	const most, usual = 100, 50
	all, from := h.notices[d.id], 0
	if in.Cursor != "" {
		var err error
		if from, err = strconv.Atoi(in.Cursor); err != nil || from < 0 || from > len(all) {
			return nil, illegal("cursor")
		}
	}
	size := min(in.MaxCount, most)
	if size <= 0 {
		size = usual
	}
	out := &wire.NoticePage{List: []wire.Notice{}}
	for i := from; i < len(all) && len(out.List) < size; i++ {
		if from = i + 1; !all[i].acked {
			out.List = append(out.List, all[i].Notice)
		}
	}
	if len(out.List) > 0 {
		out.Cursor = strconv.Itoa(from)
	}
	return out, nil
}

func (h *hotlineSide) ackNotices(x *exchange, d *hotlineDesk, in *wire.NoticeAck) (any, *no) {
	if len(in.NoticeIDs) == 0 {
		return nil, lacks("noticeIds")
	}
	for _, n := range h.notices[d.id] {
		if !n.acked && slices.Contains(in.NoticeIDs, n.NoticeID) {
			n.acked, x.entry.Effect = true, true
		}
	}
	return &wire.Nothing{}, nil
}
