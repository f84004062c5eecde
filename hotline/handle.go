package hotline

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// FinishRequest is a unit's answer to a sheet. DispatchID, RequestNo, At, Handler, Result
// and Solved are required.
type FinishRequest struct {
	DispatchID DispatchID
	// RequestNo is the caller's number of this action, kept with it and sent again with
	// every repetition, days later if need be. The client never makes one.
	RequestNo    string
	At           time.Time // when it was handled
	Handler      zwfw.PersonName
	HandlerPhone zwfw.Phone
	Result       string // at most 4000 characters
	Solved       Solved

	Contacted   *bool // the citizen was told
	ContactTime time.Time
	ContactWay  string
	Public      *bool // may be published
	PublicText  string
	Attachments []Attachment
}

// RejectRequest gives a sheet back. DispatchID, RequestNo, At, Handler, Code and Reason
// are required.
type RejectRequest struct {
	DispatchID DispatchID
	RequestNo  string // as in FinishRequest
	// Signed tells that the dispatch is signed for: some centres have another call then.
	Signed       bool
	At           time.Time
	Handler      zwfw.PersonName // who decides
	HandlerPhone zwfw.Phone
	Code         RejectReason
	Reason       string // what that person wrote, at most 2000 characters
	SuggestUnit  string // whose the sheet is instead
	Attachments  []Attachment
}

// HandleResult is the answer to a finish or a rejection.
type HandleResult struct {
	State    State
	Standing Standing
	ApplyID  string // of the application, where there is one; notices name it
	Repeated bool   // done before; the other members are empty then unless the platform gave them
	Receipt
}

// Finish sends a unit's answer (办结). In most places the centre then agrees or sends the
// sheet back: see Standing.
//
// Errors: WrongState (not signed for, recalled, ended, or another application is open:
// read the detail), Conflict (the number is taken by another content), NotFound,
// PermissionDenied, and those of every call. The same call under the same RequestNo
// settles an unknown outcome.
//
// Source: DB36/T 1180 clause 4.5.2; that approval follows: public practice; RequestNo:
// assumption.
func (c *Client) Finish(ctx context.Context, r FinishRequest) (*HandleResult, error) {
	const op = "Finish"
	if err := c.checkFinish(op, r); err != nil {
		return nil, err
	}
	return c.handle(ctx, op, &wire.Finishing{
		DispatchID: string(r.DispatchID), HandleTime: r.At, Handler: r.Handler, HandlerPhone: r.HandlerPhone, Result: r.Result,
		Solved: string(r.Solved), Contacted: r.Contacted, ContactTime: r.ContactTime, ContactWay: r.ContactWay, Public: r.Public,
		PublicText: r.PublicText, Attachments: wireAttachments(r.Attachments), RequestNo: r.RequestNo,
	})
}

// Reject gives a sheet back to the centre (驳回), before or after signing for it. It never
// leaves without a reason in words and the name of who decided.
//
// Errors are those of Finish; WrongState too where a city forbids it after signing.
//
// Source: DB36/T 1180 clause 4.5.2; a call of its own after signing: public practice.
func (c *Client) Reject(ctx context.Context, r RejectRequest) (*HandleResult, error) {
	op := "Reject"
	if r.Signed {
		op = "RejectSigned"
	}
	if err := c.checkReject(op, r); err != nil {
		return nil, err
	}
	return c.handle(ctx, op, &wire.Rejection{
		DispatchID: string(r.DispatchID), HandleTime: r.At, Handler: r.Handler, HandlerPhone: r.HandlerPhone, ReasonCode: string(r.Code),
		Reason: r.Reason, SuggestUnit: r.SuggestUnit, Attachments: wireAttachments(r.Attachments), RequestNo: r.RequestNo,
	})
}

func (c *Client) checkFinish(op string, r FinishRequest) error {
	k := c.check(op)
	k.handled(r.DispatchID, r.RequestNo, r.At, r.Handler, r.HandlerPhone)
	k.written("Result", r.Result, maxContent)
	k.need("Solved", string(r.Solved), maxNumber)
	k.line("ContactWay", r.ContactWay, maxName)
	k.prose("PublicText", r.PublicText, maxContent)
	k.attachments("Attachments", r.Attachments)
	return k.err
}

func (c *Client) checkReject(op string, r RejectRequest) error {
	k := c.check(op)
	k.handled(r.DispatchID, r.RequestNo, r.At, r.Handler, r.HandlerPhone)
	k.need("Code", string(r.Code), maxNumber)
	k.written("Reason", r.Reason, maxReason)
	k.line("SuggestUnit", r.SuggestUnit, maxTitle)
	k.attachments("Attachments", r.Attachments)
	return k.err
}

func (k *check) handled(id DispatchID, requestNo string, at time.Time, handler zwfw.PersonName, phone zwfw.Phone) {
	k.need("DispatchID", string(id), maxID)
	k.need("RequestNo", requestNo, maxNumber)
	k.moment("At", at)
	k.person("Handler", handler)
	k.phone("HandlerPhone", phone)
}

func (c *Client) handle(ctx context.Context, op string, in any) (*HandleResult, error) {
	var out wire.HandlingResult
	meta, repeated, err := c.act(ctx, op, in, &out)
	if err != nil {
		return nil, err
	}
	r := &HandleResult{State: State(out.State), ApplyID: out.ApplyID, Repeated: repeated, Receipt: receipt(meta)}
	switch {
	case out.ApprovalNeeded || r.State.Waiting():
		r.Standing = WaitingForApproval
	case r.State.Over():
		r.Standing = Final
	}
	return r, nil
}
