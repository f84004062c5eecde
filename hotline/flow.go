package hotline

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// FlowStep is one step of a sheet's way (处理流程).
type FlowStep struct {
	Seq      int
	NodeCode string
	NodeName string // 派发, 签收, 办结 …: the centre's word
	Unit     string
	UnitName string
	Operator zwfw.PersonName
	Begin    time.Time
	End      time.Time // zero while it goes on
	Opinion  zwfw.PlatformText
	Round    int
}

// Flow reads what happened in one dispatch, in order; steps are only ever added.
//
// Errors: NotFound, PermissionDenied, and those of every call.
//
// Source: DB36/T 1180 clause 4.5.2; fields: public practice.
func (c *Client) Flow(ctx context.Context, id DispatchID) ([]FlowStep, error) {
	return c.flow(ctx, "id", string(id), wire.FlowQuery{DispatchID: string(id)})
}

// SheetFlow reads what happened to a sheet in all its dispatches to this unit.
func (c *Client) SheetFlow(ctx context.Context, no SheetNo) ([]FlowStep, error) {
	return c.flow(ctx, "no", string(no), wire.FlowQuery{SheetNo: string(no)})
}

func (c *Client) flow(ctx context.Context, field, value string, in wire.FlowQuery) ([]FlowStep, error) {
	const op = "Flow"
	k := c.check(op)
	k.need(field, value, maxID)
	if k.err != nil {
		return nil, k.err
	}
	var out wire.FlowSteps
	if _, err := c.call(ctx, op, &in, &out); err != nil {
		return nil, err
	}
	steps := make([]FlowStep, len(out.List))
	for i, s := range out.List {
		steps[i] = FlowStep{
			Seq: s.Seq, NodeCode: s.NodeCode, NodeName: s.NodeName, Unit: s.UnitCode, UnitName: s.UnitName, Operator: s.Operator,
			Begin: s.BeginTime, End: s.EndTime, Opinion: zwfw.NewPlatformText(s.Opinion), Round: s.Round,
		}
	}
	return steps, nil
}
