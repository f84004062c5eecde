package hotline

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

func asError(err error, into **zwfw.Error) bool { return errors.As(err, into) }

// deliver is called for one answer to a dispatch at a time.
func (w *Worker) deliver(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	event := WorkEvent{Sequence: d.Sequence, Attempt: d.Attempt, Age: d.Age}
	var a answer
	if decodeMemo(d.Body, &a) != nil {
		event.Kind, event.Code = WorkFailed, codeUnreadable
		w.tell(event)
		return outbox.Dead(codeUnreadable)
	}
	event.Unit, event.DispatchID, event.Op = a.Unit, a.ID, a.Op
	u := w.units[a.Unit]
	if u == nil {
		event.Kind, event.Code = WorkDelayed, codeNoUnit
		w.tell(event)
		return outbox.Retry(strayRest)
	}
	known, err := u.roundOf(ctx, a)
	if err != nil {
		event.Kind, event.Error, event.Code = WorkDelayed, zwfw.KindOf(err), codeOf(err)
		w.tell(event)
		return u.later(messageID{answer: true, sequence: d.Sequence}, err)
	}
	if a.Turn > 0 && known.Turn > a.Turn {
		if a.Op == "SignFor" { // the new round has its own
			return outbox.Done()
		}
		event.Kind, event.Code = WorkFailed, codeRoundOver
		w.tell(event)
		return outbox.Dead(codeRoundOver)
	}
	effect, err := u.send(ctx, a)
	if err != nil && zwfw.OutcomeOf(err) == zwfw.OutcomeRefused {
		effect, err = u.settle(ctx, a, d.Unsettled, err)
	}
	return u.judge(ctx, d, a, effect, err, event)
}

// roundOf gives what is known of an answer's dispatch. When the list was not read of late,
// after an outage or a start, it asks whether the dispatch came again meanwhile: what waited
// for the line must not reach a round for which it was not written.
func (u *workUnit) roundOf(ctx context.Context, a answer) (memo, error) {
	known, err := u.now(ctx, a.ID)
	if err != nil {
		return known, asRead(err)
	}
	u.mu.Lock()
	tick, age := u.tick, u.client.Now().Sub(u.listed)
	u.mu.Unlock()
	if a.Turn == 0 || known.Turn > a.Turn || age >= 0 && age <= 2*u.w.config.Every+time.Minute {
		return known, nil
	}
	d, err := u.client.SheetDetail(ctx, a.ID)
	switch {
	case err != nil && ofTheSheet(err): // the answer itself will tell
		return known, nil
	case err != nil:
		return known, asRead(err)
	}
	_, e, err := u.change(ctx, func(e *edit) error {
		m := e.look(a.ID)
		if m == nil || m.tick > tick || !m.newer(d.Sheet) && !m.unsigned(d.Sheet) {
			return nil
		}
		d.DispatchID = a.ID
		e.handOut(d.Sheet)
		u.tick++
		e.open(a.ID).tick = u.tick // a list that was asked for before shows the old round
		return nil
	})
	if err != nil {
		return known, asRead(err)
	}
	if m := e.sheets[a.ID]; m != nil {
		return *m.clone(), nil
	}
	return known, nil
}

// effect is what an answer does to what is known of its dispatch.
type effect func(m *memo)

// send makes the call of an answer.
func (u *workUnit) send(ctx context.Context, a answer) (effect, error) {
	switch a.Op {
	case "SignFor":
		r, err := u.client.SignFor(ctx, SignRequest{
			DispatchID: a.ID, Signer: zwfw.NewPersonName(a.Person), SignerPhone: zwfw.NewPhone(a.Phone), At: fromMilli(a.At),
		})
		if err != nil {
			return signed, err
		}
		return func(m *memo) {
			if signed(m); r.State.Open() && r.State != Pending {
				m.State = r.State
			}
		}, nil
	case "Finish":
		r, err := u.client.Finish(ctx, FinishRequest{
			DispatchID: a.ID, RequestNo: a.No, At: fromMilli(a.At), Handler: zwfw.NewPersonName(a.Person), HandlerPhone: zwfw.NewPhone(a.Phone),
			Result: a.Text, Solved: Solved(a.Code), Contacted: a.Contacted, ContactTime: fromMilli(a.ContactTime), ContactWay: a.ContactWay,
			Public: a.Public, PublicText: a.PublicText, Attachments: a.Attachments,
		})
		return u.handled(FinishApplied, r), err
	case "Reject":
		r, err := u.client.Reject(ctx, RejectRequest{
			DispatchID: a.ID, RequestNo: a.No, Signed: u.signedBy(ctx, a), At: fromMilli(a.At), Handler: zwfw.NewPersonName(a.Person),
			HandlerPhone: zwfw.NewPhone(a.Phone), Code: RejectReason(a.Code), Reason: a.Text, SuggestUnit: a.Suggest, Attachments: a.Attachments,
		})
		return u.handled(RejectApplied, r), err
	}
	r, err := u.client.RequestDelay(ctx, DelayRequest{
		DispatchID: a.ID, RequestNo: a.No, Value: a.Value, Unit: DelayUnit(a.Code), NewDeadline: fromMilli(a.Until), Reason: a.Text,
		Applicant: zwfw.NewPersonName(a.Person), Attachments: a.Attachments,
	})
	return func(m *memo) {
		if r != nil && r.ApplyID != "" && r.ApplyID == m.DelayDecided {
			return
		}
		m.Delay = DelayApplied
		if r != nil && r.State != "" {
			m.Delay = r.State
		}
	}, err
}

func signed(m *memo) {
	if m.State == Pending {
		m.State = Signed
	}
}

// handled is the effect of a finish or a rejection: a repetition may say nothing of the
// state.
func (u *workUnit) handled(usual State, r *HandleResult) effect {
	now := u.client.Now()
	return func(m *memo) {
		if r != nil && r.ApplyID != "" && r.ApplyID == m.Decided {
			return
		}
		if usual == RejectApplied && m.State.Open() {
			m.Before = m.State
		}
		state := usual
		if r != nil && (r.State.Waiting() || r.State.Over()) {
			state = r.State
		}
		if m.Apply = ""; r != nil {
			m.Apply = r.ApplyID
		}
		m.become(state, now)
	}
}

// signedBy says whether the dispatch of a rejection is signed for by now: some centres
// have another call then.
func (u *workUnit) signedBy(ctx context.Context, a answer) bool {
	m, err := u.now(ctx, a.ID)
	if err != nil || m.Turn == 0 || m.State == "" {
		return a.Signed
	}
	return m.State != Pending && (m.State != RejectApplied || m.Before != Pending)
}

// settle asks whether the sheet shows an answer that was refused: an earlier attempt may
// have had its effect, and many centres call that an error. Signing may be asked for by
// anybody, so that it is always looked for.
func (u *workUnit) settle(ctx context.Context, a answer, unsettled bool, refusal error) (effect, error) {
	switch zwfw.KindOf(refusal) {
	case zwfw.WrongState, zwfw.Conflict, zwfw.Unclassified, zwfw.LimitReached:
	default:
		return nil, refusal
	}
	if a.Op == "SignFor" {
		states, err := u.client.SignForStatus(ctx, a.ID)
		if err == nil && len(states) == 1 && states[0].IsSigned {
			return signed, nil
		}
		if err == nil || !unsettled {
			return nil, refusal
		}
		return nil, unsure(err)
	}
	if !unsettled {
		return nil, refusal
	}
	d, err := u.client.SheetDetail(ctx, a.ID)
	switch {
	case hidden(err):
		return nil, refusal
	case err != nil:
		return nil, unsure(err)
	case a.shownBy(d):
		return u.handledOr(a), nil
	}
	return nil, refusal
}

func (u *workUnit) handledOr(a answer) effect {
	switch a.Op {
	case "Finish":
		return u.handled(FinishApplied, nil)
	case "Reject":
		return u.handled(RejectApplied, nil)
	}
	return func(m *memo) { m.Delay = DelayApplied }
}

// unsure is the error of a question that was not answered: what it asked about stays
// unknown.
func unsure(err error) error {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return err
	}
	open := *e
	open.Outcome = zwfw.OutcomeUnknown
	return &open
}

// shownBy reports that a sheet shows the answer.
func (a answer) shownBy(d *SheetDetail) bool {
	switch a.Op {
	case "Finish":
		return (d.State == FinishApplied || d.State == Finished || d.State == Archived) && (d.Process == nil || d.Process.Result.Reveal() == a.Text)
	case "Reject":
		return d.State == RejectApplied || d.State == Returned
	}
	for _, r := range d.Delays {
		if r.RequestNo == a.No {
			return true
		}
	}
	return false
}

// judge says what becomes of an answer.
func (u *workUnit) judge(ctx context.Context, d outbox.Delivery, a answer, effect effect, err error, event WorkEvent) outbox.Outcome {
	id := messageID{answer: true, sequence: d.Sequence}
	event.Error, event.Code = zwfw.KindOf(err), codeOf(err)
	var o outbox.Outcome
	switch v := verdictOf(err); {
	case v == there:
		u.refusals.taken(id)
		u.note(ctx, a.ID, func(m *memo) {
			if was, ok := m.Answers[a.key()]; ok && a.Op != "SignFor" {
				was.Done = true
				m.Answers[a.key()] = was
			}
			if m.Turn == a.Turn && effect != nil {
				effect(m)
			}
		})
		if a.Op != "SignFor" {
			u.keep(ctx, a.ID)
		}
		event.Kind, o = WorkDelivered, outbox.Done()
	case v == refused, v == nobodyKnows && u.refusals.ofMessage(id, d.Age):
		event.Kind, o = WorkFailed, deadFrom(err)
	default:
		event.Kind, o = WorkDelayed, u.later(id, err)
	}
	u.w.tell(event)
	return o
}

// deadFrom keeps kind and code of a refusal with the dead letter.
func deadFrom(err error) outbox.Outcome {
	var e *zwfw.Error
	if !errors.As(err, &e) {
		return outbox.Dead("")
	}
	dead := *e
	dead.Outcome, dead.RetryAfter = zwfw.OutcomeRefused, 0
	return outbox.FromError(&dead)
}

// verdict is whose the next step is.
type verdict int

const (
	notYet      verdict = iota // the line's, or that of whoever keeps the settings
	there                      // nobody's: the centre has it
	refused                    // the staff's
	nobodyKnows                // the centre's, or the staff's
)

func verdictOf(err error) verdict {
	switch zwfw.OutcomeOf(err) {
	case zwfw.OutcomeDone:
		return there
	case zwfw.OutcomeUnknown:
		return notYet
	}
	switch zwfw.KindOf(err) {
	case zwfw.Upstream, zwfw.Timeout, zwfw.Busy, zwfw.RateLimited, zwfw.ClockSkew, zwfw.TokenInvalid, zwfw.Canceled, zwfw.Closed,
		zwfw.Signature, zwfw.CallerDenied, zwfw.DeviceDenied, zwfw.SceneDenied, zwfw.Replay, zwfw.NotSupported, zwfw.KeyMismatch,
		zwfw.DecryptFailed, zwfw.ProtocolMismatch:
		return notYet
	case zwfw.Unclassified, zwfw.PermissionDenied: // the second: the sheet is another unit's now, or the right was taken away
		return nobodyKnows
	}
	var e *zwfw.Error
	if errors.As(err, &e) && e.HTTPStatus >= 400 && e.Code == "" && e.Text.IsZero() {
		return notYet // a gateway's words: they say nothing of the sheet
	}
	return refused
}
