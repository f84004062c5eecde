package sandbox

import (
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// sign is H7's act.
func (h *hotlineSide) sign(x *exchange, d *hotlineDesk, in *wire.Signing) (any, *no) {
	s, refusal := h.owned(d, in.DispatchID)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := (lengths{{"signer", in.Signer.Reveal(), 100, true}, {"signerPhone", in.SignerPhone.Reveal(), 20, false}}).check(); refusal != nil {
		return nil, refusal
	}
	signed := !s.process.SignTime.IsZero()
	switch {
	case s.state().Over():
		return nil, s.wrong()
	case signed && h.setup.RepeatsAreErrors:
		return nil, &no{kind: zwfw.Unclassified, code: "40911", text: "工单已签收"}
	case !signed && s.state() != hotline.Pending:
		return nil, s.wrong()
	case !signed:
		s.process.SignTime, s.process.Signer = x.now.Truncate(time.Second), in.Signer
		if h.schedule.Rules.StartAtSigning {
			s.row.Deadline = h.schedule.FinishBy(hotline.SheetType(s.row.SheetType), hotline.Urgency(s.row.Urgency), s.row.DispatchTime, x.now)
		}
		s.step(x.now, "03", "签收", d.unit.Code, in.Signer.Reveal(), "")
		s.touch(x.now, hotline.Signed)
		x.entry.Effect = true
	}
	return &wire.SigningResult{State: s.row.State, SignTime: s.process.SignTime, Deadline: s.row.Deadline, Repeated: signed}, nil
}

// wrong is the refusal of a state that does not allow an action.
func (s *dispatch) wrong() *no {
	refusal := &no{kind: zwfw.WrongState, code: "40901", detail: detailOf(map[string]any{"state": s.row.State})}
	if s.state() == hotline.Recalled {
		refusal.code, refusal.text = "40906", "工单已收回或改派"
	}
	return refusal
}

// open is the refusal while an application is open.
func (s *dispatch) open() *no {
	return &no{kind: zwfw.WrongState, code: "40903", text: "已有未审结的申请", detail: detailOf(map[string]any{"state": s.row.State})}
}

// repeated looks a request number up.
func (h *hotlineSide) repeated(x *exchange, known map[string]answered, number string) (any, *no, bool) {
	was, seen := known[number]
	switch {
	case !seen:
		return nil, nil, false
	case h.setup.RepeatsAreErrors:
		return nil, &no{kind: zwfw.Unclassified, code: "40912", text: "重复提交"}, true
	case was.body != fingerprint(x):
		return nil, &no{kind: zwfw.Conflict, code: "40902"}, true
	}
	return was.out, nil, true
}

// finish is H8 with action 1.
func (h *hotlineSide) finish(x *exchange, d *hotlineDesk, in *wire.Finishing) (any, *no) {
	s, refusal := h.owned(d, in.DispatchID)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := (lengths{
		{"requestNo", in.RequestNo, 50, true}, {"handler", in.Handler.Reveal(), 100, true}, {"result", in.Result, 4000, true}, {"solved", in.Solved, 50, true},
	}).check(); refusal != nil {
		return nil, refusal
	}
	switch {
	case in.HandleTime.IsZero():
		return nil, lacks("handleTime")
	case !h.known("solved", in.Solved):
		return nil, illegal("solved")
	}
	if refusal := h.attached(d, in.Attachments); refusal != nil {
		return nil, refusal
	}
	if out, refusal, was := h.repeated(x, s.handled, in.RequestNo); was {
		return out, refusal
	}
	switch state := s.state(); {
	case state.Waiting():
		return nil, s.open()
	case state != hotline.Signed && state != hotline.Processing:
		return nil, s.wrong()
	}
	if s.row.DelayState == string(hotline.DelayApplied) { // finishing makes the application pointless
		s.row.DelayState = string(hotline.NoDelay)
		s.delays[len(s.delays)-1].State = "CLOSED"
	}
	inTime := !x.now.After(s.row.Deadline) || s.row.Deadline.IsZero()
	s.process.Result, s.process.Solved, s.process.Handler = in.Result, in.Solved, in.Handler
	s.process.FinishTime, s.process.InTime = x.now.Truncate(time.Second), &inTime
	s.step(x.now, "05", "办结", d.unit.Code, in.Handler.Reveal(), in.Result)
	return h.apply(x, s, in.RequestNo, hotline.FinishApplied, hotline.Finished), nil
}

// reject is H8 with action 2.
func (h *hotlineSide) reject(x *exchange, d *hotlineDesk, in *wire.Rejection) (any, *no) {
	s, refusal := h.owned(d, in.DispatchID)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := (lengths{
		{"requestNo", in.RequestNo, 50, true}, {"handler", in.Handler.Reveal(), 100, true}, {"reasonCode", in.ReasonCode, 50, true},
		{"reason", in.Reason, 2000, true}, {"suggestUnit", in.SuggestUnit, 200, false},
	}).check(); refusal != nil {
		return nil, refusal
	}
	switch {
	case in.HandleTime.IsZero():
		return nil, lacks("handleTime")
	case !h.known("rejectReason", in.ReasonCode):
		return nil, illegal("reasonCode")
	}
	if out, refusal, was := h.repeated(x, s.handled, in.RequestNo); was {
		return out, refusal
	}
	state := s.state()
	switch {
	case state.Waiting() || s.row.DelayState == string(hotline.DelayApplied) && state.Open():
		return nil, s.open()
	case !state.Open() || state != hotline.Pending && h.setup.NoRejectAfterSign:
		return nil, s.wrong()
	}
	s.before, s.suggest = s.row.State, in.SuggestUnit
	s.step(x.now, "06", "驳回", d.unit.Code, in.Handler.Reveal(), in.Reason)
	return h.apply(x, s, in.RequestNo, hotline.RejectApplied, hotline.Returned), nil
}

// apply makes an application of an action, or puts it in force at once.
func (h *hotlineSide) apply(x *exchange, s *dispatch, requestNo string, waiting, done hotline.State) *wire.HandlingResult {
	out := &wire.HandlingResult{State: string(done)}
	if h.setup.NoApproval {
		s.touch(x.now, done)
		s.finished = x.now
	} else {
		s.applyID, s.applied = fmt.Sprintf("A%d", h.number("apply")), x.now
		out = &wire.HandlingResult{State: string(waiting), ApprovalNeeded: true, ApplyID: s.applyID}
		s.touch(x.now, waiting)
	}
	s.handled[requestNo] = answered{fingerprint(x), out}
	x.entry.Effect = true
	return out
}

// delay is H9.
func (h *hotlineSide) delay(x *exchange, d *hotlineDesk, in *wire.Delay) (any, *no) {
	s, refusal := h.owned(d, in.DispatchID)
	if refusal != nil {
		return nil, refusal
	}
	if refusal := (lengths{{"requestNo", in.RequestNo, 50, true}, {"reason", in.Reason, 2000, true}, {"applicant", in.Applicant.Reveal(), 100, true}}).check(); refusal != nil {
		return nil, refusal
	}
	if out, refusal, was := h.repeated(x, s.asked, in.RequestNo); was {
		return out, refusal
	}
	state := s.state()
	switch {
	case state.Waiting() || s.row.DelayState == string(hotline.DelayApplied) && state.Open():
		return nil, s.open()
	case !state.Open() || state == hotline.Pending && !h.setup.DelayInPending:
		return nil, s.wrong()
	case x.now.After(s.row.Deadline):
		return nil, &no{kind: zwfw.LimitReached, code: "40905", text: "已超过办理期限"}
	case len(s.delays) >= h.setup.MaxDelays:
		return nil, &no{kind: zwfw.LimitReached, code: "40904"}
	}
	until, refusal := h.until(s, in)
	if refusal != nil {
		return nil, refusal
	}
	record := wire.DelayRecord{
		ApplyID: fmt.Sprintf("A%d", h.number("apply")), RequestNo: in.RequestNo, Reason: in.Reason, Applicant: in.Applicant, Asked: until, State: "OPEN",
	}
	out := &wire.DelayResult{ApplyID: record.ApplyID, DelayState: string(hotline.DelayApplied), ApprovalNeeded: true}
	if h.setup.NoApproval {
		record.State = "AGREED"
		s.row.Deadline = until
		out = &wire.DelayResult{ApplyID: record.ApplyID, DelayState: string(hotline.DelayApproved), NewDeadline: until}
	}
	s.delays, s.row.DelayState = append(s.delays, record), out.DelayState
	s.step(x.now, "07", "申请延时", d.unit.Code, in.Applicant.Reveal(), in.Reason)
	s.touch(x.now, state)
	s.asked[in.RequestNo] = answered{fingerprint(x), out}
	x.entry.Effect = true
	return out, nil
}

// until is the deadline that is asked for.
func (h *hotlineSide) until(s *dispatch, in *wire.Delay) (time.Time, *no) {
	most := h.setup.MaxDelayDays
	if !in.NewDeadline.IsZero() {
		const far = 366 * 24 * time.Hour // no calendar is counted through for a date that nobody means
		if gain := in.NewDeadline.Sub(s.row.Deadline); gain <= 0 || gain > far || h.schedule.Calendar.WorkdaysBetween(s.row.Deadline, in.NewDeadline) > most {
			return time.Time{}, illegal("newDeadline")
		}
		return in.NewDeadline, nil
	}
	unit := hotline.DelayUnit(in.DelayUnit)
	limits := map[hotline.DelayUnit]int{hotline.Hours: 24 * most, hotline.Days: most, hotline.WorkingDays: most}
	switch {
	case limits[unit] == 0:
		return time.Time{}, illegal("delayUnit")
	case in.DelayValue <= 0 || in.DelayValue > limits[unit]:
		return time.Time{}, illegal("delayValue")
	}
	return h.schedule.Extend(s.row.Deadline, hotline.Term{Value: in.DelayValue, Unit: unit}), nil
}
