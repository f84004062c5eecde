package hotline

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// Codes of messages that the centre has not seen.
const (
	codeUnreadable = "UNREADABLE"
	codeNoUnit     = "NO_SUCH_UNIT"
	codeRoundOver  = "ROUND_OVER" // the dispatch came again after the answer was written
)

// strayRest is the pause of a message whose unit is not configured.
const strayRest = 5 * time.Minute

// handOut is called for one message of a dispatch at a time.
func (w *Worker) handOut(ctx context.Context, d outbox.Delivery) outbox.Outcome {
	event := WorkEvent{Sequence: d.Sequence, Attempt: d.Attempt, Age: d.Age}
	var h handout
	if decodeMemo(d.Body, &h) != nil {
		event.Kind, event.Code = WorkFailed, codeUnreadable
		w.tell(event)
		return outbox.Dead(codeUnreadable)
	}
	event.Unit, event.DispatchID = h.Unit, h.ID
	u := w.units[h.Unit]
	if u == nil {
		event.Kind, event.Code = WorkWaiting, codeNoUnit
		w.tell(event)
		return outbox.Retry(strayRest)
	}
	if h.Change != nil {
		return u.tellChange(ctx, d, h, event)
	}
	return u.handSheet(ctx, d, h, event)
}

func (u *workUnit) tellChange(ctx context.Context, d outbox.Delivery, h handout, event WorkEvent) outbox.Outcome {
	s := h.Change
	event.Kind, event.Change = WorkTold, s.Kind
	err := u.w.config.Desk.Change(ctx, SheetChange{
		Unit: h.Unit, DispatchID: h.ID, SheetNo: s.No, Turn: h.Turn, Kind: s.Kind, State: s.State, Deadline: timeOf(s.Deadline), Light: s.Light,
		Opinion: zwfw.NewPlatformText(s.Opinion), ApplyID: s.ApplyID, NoticeID: s.NoticeID, Notice: s.Notice, At: timeOf(s.At), Attempt: d.Attempt,
	})
	if err != nil {
		event.Kind = WorkDeskFailed
	}
	u.w.tell(event)
	return deskOutcome(err)
}

func deskOutcome(err error) outbox.Outcome {
	if err != nil {
		return outbox.Retry(0)
	}
	return outbox.Done()
}

// handSheet reads a sheet, hands it to the Desk and lets it be signed for where the
// policy says so.
func (u *workUnit) handSheet(ctx context.Context, d outbox.Delivery, h handout, event WorkEvent) outbox.Outcome {
	known, err := u.now(ctx, h.ID)
	switch {
	case err != nil:
		event.Kind = WorkWaiting
		u.w.tell(event)
		return outbox.Retry(0)
	case known.Turn > h.Turn:
		return outbox.Done() // the message of the newer round hands it out
	}
	id := messageID{sequence: d.Sequence}
	sheet, err := u.client.SheetDetail(ctx, h.ID)
	switch {
	case hidden(err) && u.refusals.ofMessage(id, d.Age):
		return u.vanished(ctx, h, event)
	case err != nil:
		event.Kind, event.Error, event.Code = WorkWaiting, zwfw.KindOf(err), codeOf(err)
		u.w.tell(event)
		if hidden(err) {
			return outbox.Retry(0)
		}
		return u.later(id, asRead(err))
	}
	u.refusals.taken(id)
	if sheet.Partial {
		event.Kind = WorkPartial
		u.w.tell(event)
		return outbox.Retry(max(u.w.config.Every, time.Second))
	}
	sheet.DispatchID = h.ID
	if err := u.w.config.Desk.Sheet(ctx, HandedSheet{Unit: u.name, Turn: h.Turn, Attempt: d.Attempt, SheetDetail: sheet}); err != nil {
		event.Kind = WorkDeskFailed
		u.w.tell(event)
		return outbox.Retry(0)
	}
	if known.State == "" { // the list did not tell
		u.note(ctx, h.ID, func(m *memo) {
			if m.Turn == h.Turn && m.State == "" {
				m.become(sheet.State, u.client.Now())
			}
		})
	}
	if u.w.config.Sign == SignOnStored && sheet.State == Pending {
		if err := u.signStored(ctx, h); err != nil {
			event.Kind = WorkWaiting
			u.w.tell(event)
			return outbox.Retry(0)
		}
	}
	event.Kind = WorkHanded
	u.w.tell(event)
	return outbox.Done()
}

// now gives a copy of what is known of a dispatch, zero for nothing. The error is the
// store's.
func (u *workUnit) now(ctx context.Context, id DispatchID) (memo, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.load(ctx); err != nil {
		return memo{}, err
	}
	if m := u.known(id); m != nil {
		return *m.clone(), nil
	}
	return memo{}, nil
}

// vanished tells the Desk of a sheet that was dispatched and cannot be read: it was taken
// back before it was handed out.
func (u *workUnit) vanished(ctx context.Context, h handout, event WorkEvent) outbox.Outcome {
	_, _, err := u.change(ctx, func(e *edit) error {
		m := e.open(h.ID)
		if m.Ended == 0 {
			m.Ended = e.now.Unix()
			e.say(m, SheetChange{Kind: Gone, At: e.now})
		}
		return nil
	})
	event.Kind, event.Change = WorkTold, Gone
	if err != nil {
		event.Kind = WorkWaiting
	}
	u.w.tell(event)
	return deskOutcome(err)
}

// signStored stores the signing for a sheet that the Desk has taken, unless somebody has
// answered it already.
func (u *workUnit) signStored(ctx context.Context, h handout) error {
	_, _, err := u.change(ctx, func(e *edit) error {
		m := e.look(h.ID)
		if m == nil || m.Turn != h.Turn || m.State != Pending || m.answered() {
			return nil
		}
		e.sign(m)
		return nil
	})
	return err
}

// answered reports that somebody has answered the dispatch in its present turn.
func (m *memo) answered() bool {
	for _, a := range m.Answers {
		if a.Turn == m.Turn {
			return true
		}
	}
	return false
}
