package sandbox

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// report is an appeal that a unit reported.
type report struct {
	unit string
	body string // its identity
	row  wire.ReportedSheet
}

// submit is H2.
func (h *hotlineSide) submit(x *exchange, d *hotlineDesk, in *wire.Appeal) (any, *no) {
	if refusal := h.fourParts(x, d, in); refusal != nil {
		return nil, refusal
	}
	key, body := d.id+" "+in.OutSheetNo, fingerprint(x)
	r := h.reports[key]
	receipt := func(repeated bool) *wire.AppealReceipt {
		return &wire.AppealReceipt{SheetNo: r.row.SheetNo, OutSheetNo: in.OutSheetNo, State: r.row.State, ReceiveTime: r.row.SubmitTime, Repeated: repeated}
	}
	switch {
	case r == nil:
		r = &report{unit: d.id, row: wire.ReportedSheet{SheetNo: h.sheetNo(), OutSheetNo: in.OutSheetNo, SubmitTime: x.now.Truncate(time.Second)}}
		h.reports[key] = r
	case r.body == body && h.setup.RepeatsAreErrors:
		return nil, &no{kind: zwfw.Unclassified, code: "40912", text: "重复上报"}
	case r.body == body:
		return receipt(true), nil
	case r.row.State != string(hotline.ReturnedToReport):
		return nil, &no{kind: zwfw.Conflict, code: "40902"}
	}
	r.body = body
	r.row.Title, r.row.SheetType, r.row.Channel, r.row.State = in.Title, in.SheetType, in.Channel, string(hotline.Submitted)
	r.row.UpdateTime = x.now.Truncate(time.Second)
	x.entry.Effect = true
	return receipt(false), nil
}

// fourParts checks an appeal: who, when, what type, what facts (clause 3.1), and the
// fields of the contract.
func (h *hotlineSide) fourParts(x *exchange, d *hotlineDesk, in *wire.Appeal) *no {
	named := in.Person.Anonymous == nil || !*in.Person.Anonymous
	if refusal := (lengths{
		{"outSheetNo", in.OutSheetNo, 50, true}, {"appealPerson.name", in.Person.Name.Reveal(), 100, named},
		{"appealPerson.phone", in.Person.Phone.Reveal(), 20, named}, {"sheetType", in.SheetType, 50, true}, {"title", in.Title, 200, true},
		{"content", in.Content, 4000, true}, {"channel", in.Channel, 50, true}, {"areaCode", in.AreaCode, 12, true}, {"address", in.Address, 400, false},
	}).check(); refusal != nil {
		return refusal
	}
	for _, f := range []struct{ field, table, code string }{
		{"sheetType", "sheetType", in.SheetType}, {"channel", "channel", in.Channel}, {"urgency", "urgency", cmp.Or(in.Urgency, "4")},
	} {
		if !h.known(f.table, f.code) {
			return illegal(f.field)
		}
	}
	switch {
	case in.AppealTime.IsZero():
		return lacks("appealTime")
	case strings.Trim(in.AreaCode, "0123456789") != "" || len(in.AreaCode) != 6 && len(in.AreaCode) != 12:
		return illegal("areaCode")
	}
	var findings []finding
	if in.AppealTime.After(x.now.Add(h.setup.Window)) {
		findings = append(findings, finding{"appealTime", "appealTime <= receive time"})
	}
	if in.AreaCode[:6] != d.unit.Code[:6] {
		findings = append(findings, finding{"areaCode", "area belongs to the caller's city"})
	}
	if refusal := rejected(findings); refusal != nil {
		return refusal
	}
	return h.attached(d, in.Attachments)
}

// reported is H3.
func (h *hotlineSide) reported(_ *exchange, d *hotlineDesk, in *wire.ReportedQuery) (any, *no) {
	const widest = 31 * 24 * time.Hour
	switch window := in.EndTime.Sub(in.BeginTime); {
	case in.BeginTime.IsZero() || in.EndTime.IsZero():
	case window < 0:
		return nil, &no{kind: zwfw.BadRequest, code: "40005", text: "beginTime晚于endTime", detail: detailOf(map[string]any{"field": "beginTime"})}
	case window > widest:
		return nil, &no{kind: zwfw.BadRequest, code: "40006", text: "时间跨度过大"}
	}
	var rows []wire.ReportedSheet
	for _, r := range h.reports {
		row := r.row
		if r.unit == d.id && (in.OutSheetNo == "" || in.OutSheetNo == row.OutSheetNo) && (in.SheetNo == "" || in.SheetNo == row.SheetNo) &&
			(len(in.States) == 0 || slices.Contains(in.States, row.State)) && (in.SheetType == "" || in.SheetType == row.SheetType) &&
			(in.BeginTime.IsZero() || !row.SubmitTime.Before(in.BeginTime)) && (in.EndTime.IsZero() || !row.SubmitTime.After(in.EndTime)) &&
			!row.UpdateTime.Before(in.UpdatedAfter) {
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b wire.ReportedSheet) int {
		return cmp.Or(a.UpdateTime.Compare(b.UpdateTime), strings.Compare(a.SheetNo, b.SheetNo))
	})
	from, to, pageNo, size, refusal := h.paged(in.PageNo, in.PageSize, len(rows))
	if refusal != nil {
		return nil, refusal
	}
	return &wire.ReportedPage{
		PageNo: pageNo, PageSize: size, Total: len(rows), TotalPage: pagesOf(len(rows), size), List: append([]wire.ReportedSheet{}, rows[from:to]...),
	}, nil
}
