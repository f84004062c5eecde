package hotline

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// SignFor stores that a person signs for a dispatch (签收) and returns. Needed with
// [SignManually] only; a dispatch is signed for once in each round, however often it is
// asked for.
//
// Errors are those of Finish, and WrongState while the centre has not decided on a rejection
// that came before the signing.
func (w *Worker) SignFor(ctx context.Context, unit string, r SignRequest) error {
	const op = "SignFor"
	u, err := w.ready(op, unit, func(c *Client) error { return c.checkSign(op, r) })
	if err != nil {
		return err
	}
	return u.answer(ctx, answer{Op: op, ID: r.DispatchID, At: milli(r.At), Person: r.Signer.Reveal(), Phone: r.SignerPhone.Reveal()})
}

// Finish stores a unit's answer (办结) and returns; it does not wait for the centre. Without
// an error it will be sent, once and days later if need be, or has been. The same request
// again is no error and changes nothing. With [SignOnStored] a signing that has not been
// stored yet goes before it.
//
// Errors: those of [Client.Finish] for a field (BadRequest, the field is named);
// BadRequest of unit; NotSupported where the city has no such call; Conflict of RequestNo
// when the number was given another answer for this dispatch, or when this answer was
// refused before: see Failed and Retry; [outbox.ErrFull]; [outbox.ErrUncertain], after which
// Finish is to be called again with the same request; others of a disk that does not take it.
func (w *Worker) Finish(ctx context.Context, unit string, r FinishRequest) error {
	const op = "Finish"
	u, err := w.ready(op, unit, func(c *Client) error { return c.checkFinish(op, r) })
	if err != nil {
		return err
	}
	return u.answer(ctx, answer{
		Op: op, ID: r.DispatchID, No: r.RequestNo, At: milli(r.At), Person: r.Handler.Reveal(), Phone: r.HandlerPhone.Reveal(), Text: r.Result,
		Code: string(r.Solved), Contacted: r.Contacted, ContactTime: milli(r.ContactTime), ContactWay: r.ContactWay, Public: r.Public,
		PublicText: r.PublicText, Attachments: r.Attachments,
	})
}

// Reject stores that a person gives a sheet back (驳回), with the reason which that person
// wrote, and returns; see Finish. Whether the dispatch is signed for by then the worker
// knows: where it knows the dispatch, it sets Signed itself.
func (w *Worker) Reject(ctx context.Context, unit string, r RejectRequest) error {
	const op = "Reject"
	u, err := w.ready(op, unit, func(c *Client) error { return c.checkReject(op, r) })
	if err != nil {
		return err
	}
	return u.answer(ctx, answer{
		Op: op, ID: r.DispatchID, No: r.RequestNo, At: milli(r.At), Person: r.Handler.Reveal(), Phone: r.HandlerPhone.Reveal(), Text: r.Reason,
		Code: string(r.Code), Suggest: r.SuggestUnit, Attachments: r.Attachments, Signed: r.Signed,
	})
}

// RequestDelay stores that a person asks for time (申请延时), with the reason which that
// person wrote, and returns; see Finish. Numbers of delays are a space of their own.
func (w *Worker) RequestDelay(ctx context.Context, unit string, r DelayRequest) error {
	const op = "RequestDelay"
	u, err := w.ready(op, unit, func(c *Client) error { return c.checkDelay(op, r) })
	if err != nil {
		return err
	}
	return u.answer(ctx, answer{
		Op: op, ID: r.DispatchID, No: r.RequestNo, Person: r.Applicant.Reveal(), Text: r.Reason, Value: r.Value, Code: string(r.Unit),
		Until: milli(r.NewDeadline), Attachments: r.Attachments,
	})
}

// ready finds the unit of an answer and checks the request as its client does.
func (w *Worker) ready(op, unit string, check func(c *Client) error) (*workUnit, error) {
	u, err := w.unit(op, unit)
	if err != nil {
		return nil, err
	}
	if err := check(u.client); err != nil {
		return nil, err
	}
	if !u.has(op) && (op != "Reject" || !u.has("RejectSigned")) {
		e := u.client.engine.Refuse(op, "", "the client's dialect has no such operation")
		e.Kind = zwfw.NotSupported
		return nil, e
	}
	return u, nil
}

// answer is what a person, or the signing policy, answers a dispatch. Its values are
// clear: the outbox seals them, and protected types would write their masks.
type answer struct {
	Unit        string       `json:"unit"`
	Op          string       `json:"op"`
	Turn        int          `json:"turn,omitempty"` // 0: the dispatch was not known
	ID          DispatchID   `json:"id"`
	No          string       `json:"no,omitempty"`
	At          int64        `json:"at,omitempty"` // ms since 1970
	Person      string       `json:"person"`
	Phone       string       `json:"phone,omitempty"`
	Text        string       `json:"text,omitempty"`
	Code        string       `json:"code,omitempty"` // what became of it, the reason's code, or the unit of time
	Suggest     string       `json:"suggest,omitempty"`
	Signed      bool         `json:"signed,omitempty"`
	Contacted   *bool        `json:"contacted,omitempty"`
	ContactTime int64        `json:"contactTime,omitempty"`
	ContactWay  string       `json:"contactWay,omitempty"`
	Public      *bool        `json:"public,omitempty"`
	PublicText  string       `json:"publicText,omitempty"`
	Value       int          `json:"value,omitempty"`
	Until       int64        `json:"until,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMilli(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).In(china)
}

// key tells answers to one dispatch apart: finish and rejection share their numbers.
func (a answer) key() string {
	switch a.Op {
	case "SignFor":
		return "s/"
	case "RequestDelay":
		return "d/" + a.No
	}
	return "h/" + a.No
}

// sum tells two answers of one number apart.
func (a answer) sum() string {
	a.Turn, a.Signed = 0, false
	text, _ := json.Marshal(a)
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// answer stores an answer with what is known of it, in one transaction.
func (u *workUnit) answer(ctx context.Context, a answer) error {
	a.Unit = u.name
	var own int // its place among the messages
	receipts, _, err := u.change(ctx, func(e *edit) error {
		if a.Op == "SignFor" {
			m := e.look(a.ID)
			if m == nil {
				m = e.open(a.ID)
			}
			switch {
			case m.State == RejectApplied && m.Before == Pending:
				refused := u.client.engine.Refuse(a.Op, "DispatchID", "the centre has not decided on its rejection")
				refused.Kind = zwfw.WrongState
				return refused
			case m.State == Pending || m.State == "" || m.State.Over():
				e.signAs(m, a)
			}
			return nil // or signed for
		}
		m := e.look(a.ID)
		if m != nil {
			switch was, seen := m.Answers[a.key()]; {
			case seen && was.Sum != a.sum():
				return u.conflict(a, "the number was given another answer for this dispatch")
			case seen && was.Done:
				return nil
			}
		}
		m = e.open(a.ID)
		if m.Answers == nil {
			m.Answers = make(map[string]answerMemo)
		}
		a.Turn = m.Turn
		if was, seen := m.Answers[a.key()]; seen {
			a.Turn = was.Turn // of the round in which it was written
		}
		m.Answers[a.key()] = answerMemo{Sum: a.sum(), Turn: a.Turn}
		if u.w.config.Sign == SignOnStored && a.Op != "Reject" && m.Turn > 0 && m.State == Pending {
			e.sign(m)
		}
		own = len(e.messages)
		e.messages = append(e.messages, u.message(m, a, u.lane(a.ID)+"/"+short(a.key())))
		return nil
	})
	if err != nil {
		var refused *zwfw.Error
		if asError(err, &refused) {
			return err
		}
		return fmt.Errorf("hotline: store an answer: %w", err)
	}
	if own < len(receipts) {
		if s := receipts[own].State; s != outbox.StatePending && s != outbox.StateDelivered {
			return u.conflict(a, "this answer was refused before; see Failed and Retry")
		}
	}
	return nil
}

// conflict makes the error of a number that cannot be used.
func (u *workUnit) conflict(a answer, problem string) error {
	field := "RequestNo"
	if a.Op == "SignFor" {
		field = "DispatchID"
	}
	e := u.client.engine.Refuse(a.Op, field, problem)
	e.Kind = zwfw.Conflict
	return e
}

// sign queues the signing of the policy.
func (e *edit) sign(m *memo) {
	e.signAs(m, answer{Unit: e.u.name, Op: "SignFor", ID: m.ID, Person: e.u.w.config.Signer.Reveal()})
}

// signAs queues a signing; there is one for each turn.
func (e *edit) signAs(m *memo, a answer) {
	a.Turn = m.Turn
	e.messages = append(e.messages, e.u.message(m, a, "sign/"+e.turnOf(m)))
}

// message makes of an answer what the outbox keeps. It remembers the key of a message that
// was discarded, so that the answer needs another one when it is given again.
func (u *workUnit) message(m *memo, a answer, key string) outbox.Message {
	if n := m.Freed[a.key()]; n > 0 {
		key += fmt.Sprintf("/again %d", n)
	}
	return outbox.Message{Queue: u.w.config.AnswerQueue, Key: key, Order: u.lane(a.ID), Body: encodeMemo(a)}
}
