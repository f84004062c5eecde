package hotline

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// FailedAnswer is an answer that the centre refused. One of the requests is set, unless
// the record cannot be read. It prints masks of persons; the texts are the caller's own.
type FailedAnswer struct {
	Sequence  uint64 // for Retry and Discard
	Attempts  int
	Why       outbox.Class // Why.Code is the centre's, or ROUND_OVER or UNREADABLE
	RoundOver bool         // the dispatch came again since it was written: Retry leaves it alone
	Unit      string
	Op        string

	Sign   *SignRequest
	Finish *FinishRequest
	Reject *RejectRequest
	Delay  *DelayRequest
	// Readable is false when the record is damaged, its key is not at hand, or a later
	// version wrote it.
	Readable bool
}

// Pending counts the messages that wait: for the Desk, and for the centre.
func (w *Worker) Pending(ctx context.Context) (handouts, answers int64, err error) {
	queues, _, err := w.box.Stats(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("hotline: count what waits: %w", err)
	}
	return queues[w.config.HandoutQueue].Pending, queues[w.config.AnswerQueue].Pending, nil
}

// Failed lists the answers that were refused, of all units, oldest first. The list may be
// changed while it is read. An error ends it.
func (w *Worker) Failed(ctx context.Context) iter.Seq2[FailedAnswer, error] {
	return func(yield func(FailedAnswer, error) bool) {
		for letter, err := range w.box.DeadLetters(ctx, w.config.AnswerQueue) {
			if err != nil {
				yield(FailedAnswer{}, fmt.Errorf("hotline: list failed answers: %w", err))
				return
			}
			if !yield(w.failed(ctx, letter), nil) {
				return
			}
		}
	}
}

func (w *Worker) failed(ctx context.Context, letter outbox.DeadLetter) FailedAnswer {
	f := FailedAnswer{Sequence: letter.Sequence, Attempts: letter.Attempts, Why: letter.Class}
	var a answer
	if decodeMemo(letter.Message.Body, &a) != nil {
		return f
	}
	f.Readable, f.Unit, f.Op = true, a.Unit, a.Op
	if u := w.units[a.Unit]; u != nil {
		known, err := u.now(ctx, a.ID)
		f.RoundOver = err == nil && a.Turn > 0 && known.Turn > a.Turn
	}
	person, phone := zwfw.NewPersonName(a.Person), zwfw.NewPhone(a.Phone)
	switch a.Op {
	case "SignFor":
		f.Sign = &SignRequest{DispatchID: a.ID, Signer: person, SignerPhone: phone, At: fromMilli(a.At)}
	case "Finish":
		f.Finish = &FinishRequest{
			DispatchID: a.ID, RequestNo: a.No, At: fromMilli(a.At), Handler: person, HandlerPhone: phone, Result: a.Text, Solved: Solved(a.Code),
			Contacted: a.Contacted, ContactTime: fromMilli(a.ContactTime), ContactWay: a.ContactWay, Public: a.Public, PublicText: a.PublicText,
			Attachments: a.Attachments,
		}
	case "Reject":
		f.Reject = &RejectRequest{
			DispatchID: a.ID, RequestNo: a.No, Signed: a.Signed, At: fromMilli(a.At), Handler: person, HandlerPhone: phone,
			Code: RejectReason(a.Code), Reason: a.Text, SuggestUnit: a.Suggest, Attachments: a.Attachments,
		}
	case "RequestDelay":
		f.Delay = &DelayRequest{
			DispatchID: a.ID, RequestNo: a.No, Value: a.Value, Unit: DelayUnit(a.Code), NewDeadline: fromMilli(a.Until), Reason: a.Text,
			Applicant: person, Attachments: a.Attachments,
		}
	}
	return f
}

// Retry makes failed answers pending again and says how many: those of the given
// sequences, or all when none is given. Answers of a round that is over and such as cannot
// be read stay as they are.
func (w *Worker) Retry(ctx context.Context, sequences ...uint64) (int, error) {
	var again []uint64
	for f, err := range w.Failed(ctx) {
		if err != nil {
			return 0, err
		}
		if f.Readable && !f.RoundOver && (len(sequences) == 0 || slices.Contains(sequences, f.Sequence)) {
			again = append(again, f.Sequence)
		}
	}
	if len(again) == 0 {
		return 0, nil
	}
	n, err := w.box.Replay(ctx, w.config.AnswerQueue, again...)
	if err != nil {
		return n, fmt.Errorf("hotline: retry failed answers: %w", err)
	}
	return n, nil
}

// Discard removes failed answers for good and says how many it found. Their numbers are
// free after that: the answer may be given again, corrected or as it was.
func (w *Worker) Discard(ctx context.Context, sequences ...uint64) (int, error) {
	gone := make(map[*workUnit][]answer)
	for letter, err := range w.box.DeadLetters(ctx, w.config.AnswerQueue) {
		if err != nil {
			return 0, fmt.Errorf("hotline: list failed answers: %w", err)
		}
		var a answer
		if slices.Contains(sequences, letter.Sequence) && decodeMemo(letter.Message.Body, &a) == nil && w.units[a.Unit] != nil {
			gone[w.units[a.Unit]] = append(gone[w.units[a.Unit]], a)
		}
	}
	n, err := w.box.Discard(ctx, w.config.AnswerQueue, sequences...)
	if err != nil {
		return n, fmt.Errorf("hotline: discard failed answers: %w", err)
	}
	for u, answers := range gone {
		if err := u.free(ctx, answers); err != nil {
			return n, fmt.Errorf("hotline: discard failed answers: %w", err)
		}
	}
	return n, nil
}

// free forgets answers that the centre does not have.
func (u *workUnit) free(ctx context.Context, answers []answer) error {
	_, _, err := u.change(ctx, func(e *edit) error {
		for _, a := range answers {
			if m := e.look(a.ID); m == nil || a.Op != "SignFor" && (m.Answers[a.key()].Sum != a.sum() || m.Answers[a.key()].Done) {
				continue
			}
			m := e.open(a.ID)
			if m.Freed == nil {
				m.Freed = make(map[string]int)
			}
			m.Freed[a.key()]++
			delete(m.Answers, a.key())
		}
		return nil
	})
	return err
}
