package hotline

import (
	"cmp"
	"context"
	"iter"
	"regexp"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// PendingQuery narrows the pending list. All members are optional.
type PendingQuery struct {
	UpdatedAfter   time.Time // inclusive: the moment of the newest row already read
	States         []State   // the platform's default is the open ones
	Type           SheetType
	Urgency        Urgency
	From, To       time.Time // when they were dispatched
	DeadlineBefore time.Time
}

// Sheet is a dispatched sheet (工单) as lists show it.
type Sheet struct {
	DispatchID   DispatchID
	SheetNo      SheetNo
	Round        int // higher when it was dispatched again
	Title        zwfw.PlatformText
	Type         SheetType
	Urgency      Urgency
	Channel      Channel
	Area         string
	Dispatched   time.Time
	SignDeadline time.Time // zero when there is none
	Deadline     time.Time // midnight at its beginning where a centre gives dates only
	State        State
	DelayState   DelayState
	Urges        int
	Supervised   bool
	Repeat       bool // the centre takes it for a repeated appeal
	Version      int64
	Updated      time.Time
}

// Counters counts a unit's sheets by what they wait for (public practice).
type Counters struct{ Pending, Signed, Processing, DueSoon, Overdue, Urged int }

// PendingSheets lists the sheets dispatched to this unit (下派待办列表), oldest change
// first, however many there are, while sheets come and go. A sheet that changes while the
// list is read comes again. To go on later, ask again with UpdatedAfter at the newest
// Updated seen: it is inclusive, so rows of that moment come again.
//
// The iteration ends with the first error. Errors are those of every call.
//
// Source: DB36/T 1180 clause 4.5.2 (the unit calls, nothing is delivered to it); fields:
// public practice; paging, order and updatedAfter: assumptions. A centre without times of
// change is read by pages, there and back.
func (c *Client) PendingSheets(ctx context.Context, q PendingQuery) iter.Seq2[Sheet, error] {
	const op = "PendingSheets"
	return walk(q.UpdatedAfter, listing[Sheet]{
		page: func(after time.Time, page int) ([]Sheet, int, error) {
			if err := c.checkWindow(op, q.From, q.To); err != nil {
				return nil, 0, err
			}
			in := q.wire()
			in.UpdatedAfter, in.PageNo, in.PageSize = after, page, pageSize
			var out wire.PendingPage
			if _, err := c.call(ctx, op, in, &out); err != nil {
				return nil, 0, err
			}
			rows := make([]Sheet, len(out.List))
			for i := range out.List {
				rows[i] = sheet(&out.List[i])
			}
			return rows, out.Total, nil
		},
		id:      func(s Sheet) string { return cmp.Or(string(s.DispatchID), "sheet "+string(s.SheetNo)) },
		at:      func(s Sheet) time.Time { return s.Updated },
		ignored: func() error { return c.ignored(op) },
	})
}

func (c *Client) ignored(op string) error {
	return c.useless(op, dock.Meta{}, "updatedAfter", "the platform gives rows that are older than asked for")
}

// PendingCounters asks for the counters beside the pending list alone. They are nil where
// a centre gives none.
func (c *Client) PendingCounters(ctx context.Context) (*Counters, error) {
	var out wire.PendingPage
	if _, err := c.call(ctx, "PendingSheets", &wire.PendingQuery{PageNo: 1, PageSize: 1}, &out); err != nil {
		return nil, err
	}
	return (*Counters)(out.Counters), nil
}

func (q PendingQuery) wire() *wire.PendingQuery {
	in := &wire.PendingQuery{SheetType: string(q.Type), Urgency: string(q.Urgency), BeginTime: q.From, EndTime: q.To, DeadlineBefore: q.DeadlineBefore}
	for _, s := range q.States {
		in.States = append(in.States, string(s))
	}
	return in
}

func sheet(s *wire.Sheet) Sheet {
	return Sheet{
		DispatchID: dispatchID(s.DispatchID), SheetNo: SheetNo(s.SheetNo), Round: s.Round, Title: zwfw.NewPlatformText(s.Title),
		Type: SheetType(s.SheetType), Urgency: Urgency(s.Urgency), Channel: Channel(s.Channel), Area: s.AreaCode,
		Dispatched: s.DispatchTime, SignDeadline: s.SignDeadline, Deadline: s.Deadline, State: State(s.State), DelayState: DelayState(s.DelayState),
		Urges: s.UrgeCount, Supervised: s.Supervised, Repeat: s.Repeat, Version: s.Version, Updated: s.UpdateTime,
	}
}

// dispatchID takes the number out of "ClassName,ID", in which Beijing's lists have it
// (public practice); actions name the number alone.
func dispatchID(text string) DispatchID {
	if class, id, ok := strings.Cut(text, ","); ok && id != "" && className.MatchString(class) {
		return DispatchID(id)
	}
	return DispatchID(text)
}

var className = regexp.MustCompile(`^[A-Z][A-Za-z0-9_.]*$`)
