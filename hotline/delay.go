package hotline

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// DelayRequest asks for time. DispatchID, RequestNo, Reason, Applicant and either Value
// with Unit or NewDeadline are required. Some centres ignore how much is asked for
// (public practice).
type DelayRequest struct {
	DispatchID  DispatchID
	RequestNo   string // as in FinishRequest; numbers of delays are a space of their own
	Value       int
	Unit        DelayUnit
	NewDeadline time.Time
	Reason      string // what a person wrote, at most 2000 characters
	Applicant   zwfw.PersonName
	Attachments []Attachment
}

// DelayResult is the answer to a request for time.
type DelayResult struct {
	ApplyID     string
	State       DelayState
	Standing    Standing
	NewDeadline time.Time // zero until the centre agrees
	Repeated    bool
	Receipt
}

// RequestDelay asks for time (申请延时). Work may go on meanwhile. It never leaves without a
// reason in words and the name of who asks; nothing in this package asks by itself.
//
// Errors: LimitReached (the deadline has passed, or too many requests), WrongState (one
// is open, or the dispatch is over), BadRequest (too long), Conflict, NotFound,
// PermissionDenied, and those of every call. The same call under the same RequestNo
// settles an unknown outcome.
//
// Source: DB36/T 1180 clause 4.5.2; rules: public practice elsewhere; fields: assumption.
func (c *Client) RequestDelay(ctx context.Context, r DelayRequest) (*DelayResult, error) {
	const op = "RequestDelay"
	if err := c.checkDelay(op, r); err != nil {
		return nil, err
	}
	var out wire.DelayResult
	meta, repeated, err := c.act(ctx, op, &wire.Delay{
		DispatchID: string(r.DispatchID), RequestNo: r.RequestNo, DelayValue: r.Value, DelayUnit: string(r.Unit), NewDeadline: r.NewDeadline,
		Reason: r.Reason, Applicant: r.Applicant, Attachments: wireAttachments(r.Attachments),
	}, &out)
	if err != nil {
		return nil, err
	}
	d := &DelayResult{
		ApplyID: out.ApplyID, State: DelayState(out.DelayState), NewDeadline: out.NewDeadline, Repeated: repeated, Receipt: receipt(meta),
	}
	switch {
	case out.ApprovalNeeded || d.State == DelayApplied:
		d.Standing = WaitingForApproval
	case d.State == DelayApproved || d.State == DelayDenied:
		d.Standing = Final
	}
	return d, nil
}

func (c *Client) checkDelay(op string, r DelayRequest) error {
	k := c.check(op)
	k.need("DispatchID", string(r.DispatchID), maxID)
	k.need("RequestNo", r.RequestNo, maxNumber)
	switch {
	case r.NewDeadline.IsZero():
		k.is(r.Value > 0, "Value", "must be above zero, or NewDeadline set")
		k.need("Unit", string(r.Unit), maxNumber)
	default:
		k.is(r.Value == 0 && r.Unit == "", "NewDeadline", "is set beside Value and Unit; which one counts must be plain")
	}
	k.written("Reason", r.Reason, maxReason)
	k.person("Applicant", r.Applicant)
	k.attachments("Attachments", r.Attachments)
	return k.err
}
