package hotline

import (
	"context"
	"iter"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// ReportedQuery narrows the list of reports. All members are optional.
type ReportedQuery struct {
	From, To     time.Time // when they were submitted; platforms allow 31 days (assumption)
	UpdatedAfter time.Time // inclusive: the moment of the newest row already read
	States       []ReportState
	Type         SheetType
	Number       string // the caller's
	SheetNo      SheetNo
}

// ReportedSheet is an appeal that this unit reported and what became of it.
type ReportedSheet struct {
	SheetNo    SheetNo
	Number     string // the caller's
	Title      zwfw.PlatformText
	Type       SheetType
	Channel    Channel
	State      ReportState
	Submitted  time.Time
	Updated    time.Time
	HandleUnit string
	Finished   time.Time         // zero until it is
	Result     zwfw.PlatformText // in short
	WhyBack    zwfw.PlatformText // why it came back for completion, or was not accepted
}

// ReportedSheets lists what this unit reported (上报工单列表), oldest change first, however
// many there are. To go on later, ask again with UpdatedAfter at the newest Updated seen:
// it is inclusive, so rows of that moment come again.
//
// The iteration ends with the first error. Errors are those of every call, and BadRequest
// for a window that is too wide or runs backwards.
//
// Source: DB36/T 1180 clause 4.5.1; paging and order are assumptions.
func (c *Client) ReportedSheets(ctx context.Context, q ReportedQuery) iter.Seq2[ReportedSheet, error] {
	const op = "ReportedSheets"
	in := wire.ReportedQuery{
		BeginTime: q.From, EndTime: q.To, SheetType: string(q.Type), OutSheetNo: q.Number, SheetNo: string(q.SheetNo), PageSize: pageSize,
	}
	for _, s := range q.States {
		in.States = append(in.States, string(s))
	}
	return walk(q.UpdatedAfter, listing[ReportedSheet]{
		page: func(after time.Time, page int) ([]ReportedSheet, int, error) {
			if err := c.checkWindow(op, q.From, q.To); err != nil {
				return nil, 0, err
			}
			in := in
			in.UpdatedAfter, in.PageNo = after, page
			var out wire.ReportedPage
			if _, err := c.call(ctx, op, &in, &out); err != nil {
				return nil, 0, err
			}
			rows := make([]ReportedSheet, len(out.List))
			for i, r := range out.List {
				rows[i] = reported(r)
			}
			return rows, out.Total, nil
		},
		id:      func(r ReportedSheet) string { return string(r.SheetNo) },
		at:      func(r ReportedSheet) time.Time { return r.Updated },
		ignored: func() error { return c.ignored(op) },
	})
}

func (c *Client) checkWindow(op string, from, to time.Time) error {
	if !from.IsZero() && !to.IsZero() && from.After(to) {
		return c.engine.Refuse(op, "From", "must not be after To")
	}
	return nil
}

func reported(r wire.ReportedSheet) ReportedSheet {
	return ReportedSheet{
		SheetNo: SheetNo(r.SheetNo), Number: r.OutSheetNo, Title: zwfw.NewPlatformText(r.Title), Type: SheetType(r.SheetType), Channel: Channel(r.Channel),
		State: ReportState(r.State), Submitted: r.SubmitTime, Updated: r.UpdateTime, HandleUnit: r.HandleUnit, Finished: r.FinishTime,
		Result: zwfw.NewPlatformText(r.ResultSummary), WhyBack: zwfw.NewPlatformText(r.ReturnReason),
	}
}
