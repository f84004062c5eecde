package hotline

import (
	"context"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// SignRequest says who signs for which dispatch. DispatchID and Signer are required.
type SignRequest struct {
	DispatchID  DispatchID
	Signer      zwfw.PersonName
	SignerPhone zwfw.Phone
	At          time.Time // sent only when set; the platform's own time counts
}

// SignResult is the answer to signing.
type SignResult struct {
	State    State
	Signed   time.Time // the first time, where the dispatch was signed for before
	Deadline time.Time // may start anew here
	Repeated bool
	Receipt
}

// SignFor takes a dispatch over (签收). It precedes every other action but a rejection
// (public practice). A repetition succeeds and keeps the first time and signer; where a
// centre refuses it as signed already, Config.Repeats makes that success, with Repeated
// set and no times: SignForStatus gives them.
//
// Errors: NotFound, PermissionDenied, WrongState (recalled or ended: read the detail),
// and those of every call. SignForStatus settles an unknown outcome.
//
// Source: DB36/T 1180 clause 4.5.2 (签收状态, read as both signing and asking).
func (c *Client) SignFor(ctx context.Context, r SignRequest) (*SignResult, error) {
	const op = "SignFor"
	if err := c.checkSign(op, r); err != nil {
		return nil, err
	}
	in := &wire.Signing{DispatchID: string(r.DispatchID), Signer: r.Signer, SignerPhone: r.SignerPhone, SignTime: r.At}
	var out wire.SigningResult
	meta, repeated, err := c.act(ctx, op, in, &out)
	if err != nil {
		return nil, err
	}
	return &SignResult{
		State: State(out.State), Signed: out.SignTime, Deadline: out.Deadline, Repeated: repeated || out.Repeated, Receipt: receipt(meta),
	}, nil
}

func (c *Client) checkSign(op string, r SignRequest) error {
	k := c.check(op)
	k.need("DispatchID", string(r.DispatchID), maxID)
	k.person("Signer", r.Signer)
	k.phone("SignerPhone", r.SignerPhone)
	return k.err
}

// SignStatus says whether a dispatch is signed for.
type SignStatus struct {
	DispatchID DispatchID
	IsSigned   bool
	Signed     time.Time // zero when it is not
	Signer     zwfw.PersonName
}

// SignForStatus asks which dispatches are signed for (签收状态). Any number of them is
// asked for a hundred at a time; a failure gives what was read up to then.
//
// Errors: NotFound, PermissionDenied, and those of every call.
func (c *Client) SignForStatus(ctx context.Context, ids ...DispatchID) ([]SignStatus, error) {
	const op = "SignForStatus"
	k := c.check(op)
	k.is(len(ids) > 0, "ids", "is required")
	for _, id := range ids {
		k.need("ids", string(id), maxID)
	}
	if k.err != nil {
		return nil, k.err
	}
	var states []SignStatus
	for batch := range slices.Chunk(ids, pageSize) {
		in := &wire.SigningQuery{}
		for _, id := range batch {
			in.DispatchIDs = append(in.DispatchIDs, string(id))
		}
		var out wire.SigningStates
		if _, err := c.call(ctx, op, in, &out); err != nil {
			return states, err
		}
		for _, s := range out.List {
			states = append(states, SignStatus{DispatchID: dispatchID(s.DispatchID), IsSigned: s.Signed, Signed: s.SignTime, Signer: s.Signer})
		}
	}
	return states, nil
}
