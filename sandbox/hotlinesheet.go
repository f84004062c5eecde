package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// dispatch is one dispatch of a sheet to one unit.
type dispatch struct {
	unit    string // App_id
	row     wire.Sheet
	sheet   wire.SheetDetail // what does not change
	partial bool
	process wire.Process
	delays  []wire.DelayRecord
	urges   []json.RawMessage
	back    *wire.Callback
	steps   []wire.FlowStep

	before   string // the state before a rejection
	applied  time.Time
	applyID  string // of the open finish or rejection
	suggest  string // unit that a rejection names
	finished time.Time
	handled  map[string]answered // by request number: finish and reject
	asked    map[string]answered // by request number: delay
}

// answered is what a request number was answered.
type answered struct {
	body string
	out  any
}

func (s *dispatch) state() hotline.State { return hotline.State(s.row.State) }

// touch marks a change. Times of change count whole seconds, as they are sent.
func (s *dispatch) touch(now time.Time, state hotline.State) {
	s.row.State, s.row.UpdateTime = string(state), now.Truncate(time.Second)
	s.row.Version++
}

func (s *dispatch) step(now time.Time, code, name, unit, operator, opinion string) {
	s.steps = append(s.steps, wire.FlowStep{
		Seq: len(s.steps) + 1, NodeCode: code, NodeName: name, UnitCode: unit, UnitName: "测试单位", Operator: zwfw.NewPersonName(operator),
		BeginTime: now, EndTime: now, Opinion: opinion, Round: s.row.Round,
	})
}

// pending is H4.
func (h *hotlineSide) pending(x *exchange, d *hotlineDesk, in *wire.PendingQuery) (any, *no) {
	if !in.BeginTime.IsZero() && !in.EndTime.IsZero() && in.BeginTime.After(in.EndTime) {
		return nil, &no{kind: zwfw.BadRequest, code: "40005", detail: detailOf(map[string]any{"field": "beginTime"})}
	}
	states := in.States
	if len(states) == 0 {
		states = []string{string(hotline.Pending), string(hotline.Signed), string(hotline.Processing)}
	}
	for _, s := range states {
		if !h.known("state", s) {
			return nil, illegal("states")
		}
	}
	counters := &wire.Counters{}
	var rows []*dispatch
	for _, s := range h.order {
		if s.unit != d.unit.AppID {
			continue
		}
		h.count(counters, s, x.now)
		if slices.Contains(states, s.row.State) && fits(in, &s.row) {
			rows = append(rows, s)
		}
	}
	slices.SortFunc(rows, func(a, b *dispatch) int {
		return cmp.Or(a.row.UpdateTime.Compare(b.row.UpdateTime), strings.Compare(a.row.DispatchID, b.row.DispatchID))
	})
	from, to, pageNo, size, refusal := h.paged(in.PageNo, in.PageSize, len(rows))
	if refusal != nil {
		return nil, refusal
	}
	out := &wire.PendingPage{PageNo: pageNo, PageSize: size, Total: len(rows), TotalPage: pagesOf(len(rows), size), Counters: counters, List: []wire.Sheet{}}
	for _, s := range rows[from:to] {
		out.List = append(out.List, s.row)
	}
	return out, nil
}

func fits(in *wire.PendingQuery, row *wire.Sheet) bool {
	return (in.SheetType == "" || in.SheetType == row.SheetType) && (in.Urgency == "" || in.Urgency == row.Urgency) &&
		(in.BeginTime.IsZero() || !row.DispatchTime.Before(in.BeginTime)) && (in.EndTime.IsZero() || !row.DispatchTime.After(in.EndTime)) &&
		(in.DeadlineBefore.IsZero() || row.Deadline.Before(in.DeadlineBefore)) && !row.UpdateTime.Before(in.UpdatedAfter)
}

func (h *hotlineSide) count(c *wire.Counters, s *dispatch, now time.Time) {
	switch s.state() {
	case hotline.Pending:
		c.Pending++
	case hotline.Signed:
		c.Signed++
	case hotline.Processing:
		c.Processing++
	}
	if s.state().Over() {
		return
	}
	switch h.schedule.LightAt(now, s.row.Deadline) {
	case hotline.Yellow:
		c.DueSoon++
	case hotline.Red:
		c.Overdue++
	}
	if s.row.UrgeCount > 0 {
		c.Urged++
	}
}

// detail is H5.
func (h *hotlineSide) detail(_ *exchange, d *hotlineDesk, in *wire.SheetQuery) (any, *no) {
	s, refusal := h.owned(d, in.DispatchID)
	if refusal != nil {
		return nil, refusal
	}
	out, r := s.sheet, s.row
	out.DispatchID, out.SheetNo, out.Round, out.Title, out.SheetType, out.Urgency = r.DispatchID, r.SheetNo, r.Round, r.Title, r.SheetType, r.Urgency
	out.Channel, out.AreaCode, out.DispatchTime, out.SignDeadline, out.Deadline = r.Channel, r.AreaCode, r.DispatchTime, r.SignDeadline, r.Deadline
	out.State, out.DelayState, out.UrgeCount, out.Supervised, out.Repeat = r.State, r.DelayState, r.UrgeCount, r.Supervised, r.Repeat
	out.Version, out.UpdateTime = r.Version, r.UpdateTime
	process := s.process
	out.Process, out.Delays, out.Urges, out.Callback, out.Partial = &process, s.delays, s.urges, s.back, s.partial
	if s.partial { // the form is not there yet
		out.Content, out.CategoryCodes = "", nil
	}
	if h.setup.MaskPersons && out.Person != nil {
		p := *out.Person
		p.Name, p.Phone = zwfw.NewPersonName(p.Name.String()), zwfw.NewPhone(p.Phone.String())
		out.Person = &p
	}
	return &out, nil
}

// flow is H6.
func (h *hotlineSide) flow(_ *exchange, d *hotlineDesk, in *wire.FlowQuery) (any, *no) {
	if in.DispatchID != "" || in.SheetNo == "" {
		s, refusal := h.owned(d, in.DispatchID)
		if refusal != nil {
			return nil, refusal
		}
		return &wire.FlowSteps{List: s.steps}, nil
	}
	out := &wire.FlowSteps{List: []wire.FlowStep{}}
	for _, s := range h.order {
		if s.row.SheetNo == in.SheetNo && s.unit == d.unit.AppID {
			for _, step := range s.steps {
				step.Seq = len(out.List) + 1
				out.List = append(out.List, step)
			}
		}
	}
	if len(out.List) == 0 {
		return nil, &no{kind: zwfw.NotFound, code: "40401"}
	}
	return out, nil
}
