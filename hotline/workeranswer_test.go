package hotline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestANumberIsOneAnswer(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.every = time.Hour
		w.run()
		id := w.dispatch("D1")
		other := func(no string) hotline.FinishRequest {
			r := finishing(id, no)
			r.Result = "别的"
			return r
		}
		check := func() {
			w.Helper()
			require.NoError(w, w.worker.Finish(w.Context(), "water", finishing(id, "F1")))
			require.ErrorIs(w, w.worker.Finish(w.Context(), "water", other("F1")), zwfw.Conflict)
			r := rejecting(id, "F1")
			require.ErrorIs(w, w.worker.Reject(w.Context(), "water", r), zwfw.Conflict, "finish and rejection share their numbers")
			require.NoError(w, w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1")))
			w.after(time.Second)
		}
		require.NoError(w, w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1")), "numbers of delays are a space of their own")
		check()
		check()
		w.stop()
		w.after(40 * 24 * time.Hour) // longer than the outbox keeps keys
		w.run()
		check()
		w.after(time.Hour)
		require.Empty(w, w.failed())
		require.Equal(w, 1, w.platform.Effects("hotline.Finish"))
		require.Equal(w, 1, w.platform.Effects("hotline.RequestDelay"))
		require.Equal(w, 1, sent(w, "hotline.Finish"))
	})
}

// sent counts the requests of an operation.
func sent(w *workplace, op string) (n int) {
	for _, r := range w.platform.Requests() {
		if r.Op == op {
			n++
		}
	}
	return n
}

func TestAnswersGivenInAnOutageOfDaysArriveOnceAndInOrder(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{MaxDelayDays: 60}, func(w *workplace) {
		w.every = time.Hour
		w.run()
		var ids []hotline.DispatchID
		for i := range 10 {
			ids = append(ids, w.dispatch(fmt.Sprint("D", i)))
		}
		w.after(time.Minute)
		w.platform.Faults().Always("*", sandbox.DropBefore())
		for i, id := range ids {
			require.NoError(w, w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1")))
			require.NoError(w, w.worker.Finish(w.Context(), "water", finishing(id, "F1")))
			w.after(7 * time.Hour)
			if i%3 == 0 { // the program is started anew
				w.stop()
				w.run()
			}
		}
		require.Zero(w, w.platform.Effects("hotline.Finish"))
		require.Empty(w, w.failed())
		_, answers, err := w.worker.Pending(w.Context())
		require.NoError(w, err)
		require.EqualValues(w, 20, answers)

		w.platform.Faults().Clear()
		w.platform.Faults().Next("hotline.RequestDelay", sandbox.DropAfter(), sandbox.Maintenance(), sandbox.DropAfter(), sandbox.Refuse(zwfw.Busy), sandbox.Refuse(zwfw.Signature))
		w.platform.Faults().Next("hotline.Finish", sandbox.HalfBody(), sandbox.DropAfter(), sandbox.DropBefore(), sandbox.DropAfter())
		w.after(6 * time.Hour)
		_, answers, err = w.worker.Pending(w.Context())
		require.NoError(w, err)
		require.Zero(w, answers)
		require.Empty(w, w.failed())
		require.Equal(w, 10, w.platform.Effects("hotline.RequestDelay"))
		require.Equal(w, 10, w.platform.Effects("hotline.Finish"))
		for _, id := range ids {
			look := w.centre.Look(id)
			require.Equal(w, hotline.FinishApplied, look.State)
			require.Equal(w, hotline.NoDelay, look.Delay, "the delay came first: the finish closed it")
		}
	})
}

// The centre calls a repetition an error, and nobody has told the program so.
func TestALostAnswerIsFoundOnTheSheet(t *testing.T) {
	t.Parallel()
	for _, repeats := range []map[string][]hotline.Repeat{nil, forgetful} {
		inBubble(t, sandbox.HotlineSetup{RepeatsAreErrors: true}, func(w *workplace) {
			w.repeats = repeats
			for _, op := range []string{"SignFor", "RequestDelay", "Finish", "Reject"} {
				w.platform.Faults().Next("hotline."+op, sandbox.DropAfter(), sandbox.DropBefore(), sandbox.DropBefore())
			}
			w.run()
			id, other := w.dispatch("D1"), w.dispatch("D2")
			require.NoError(w, w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1")))
			w.after(time.Minute)
			w.finish(id, "F1")
			require.NoError(w, w.worker.Reject(w.Context(), "water", rejecting(other, "R1")))
			w.after(10 * time.Minute)
			require.Empty(w, w.failed())
			require.Equal(w, hotline.FinishApplied, w.state(id))
			require.Equal(w, hotline.RejectApplied, w.state(other))
			require.Equal(w, 1, w.platform.Effects("hotline.Finish"))
			require.Equal(w, 1, w.platform.Effects("hotline.RequestDelay"))
			require.Equal(w, 1, w.platform.Effects("hotline.Reject"))
			for _, s := range w.sheetsOpen() {
				require.Zero(w, s.Answers)
			}
		})
	}
}

func TestARefusedAnswerWaitsForTheStaff(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		id := w.dispatch("D1")
		require.NoError(w, w.centre.Recall(id))
		r := finishing(id, "F1")
		yes := true
		r.Contacted, r.ContactTime, r.ContactWay, r.HandlerPhone = &yes, handledAt, "电话", zwfw.NewPhone("02000000000")
		r.Attachments = []hotline.Attachment{{URL: "https://files.example.invalid/a.jpg", Name: "a.jpg", Size: 3}}
		require.NoError(w, w.worker.Finish(w.Context(), "water", r))
		w.after(time.Second)

		events := w.happened(hotline.WorkFailed)
		require.Len(w, events, 1)
		require.Equal(w, zwfw.WrongState, events[0].Error)
		require.Equal(w, "Finish", events[0].Op)
		require.Equal(w, id, events[0].DispatchID)
		failed := w.failed()
		require.Len(w, failed, 1)
		require.Equal(w, events[0].Sequence, failed[0].Sequence)
		require.True(w, failed[0].Readable)
		require.Equal(w, "water", failed[0].Unit)
		require.Equal(w, r.Result, failed[0].Finish.Result)
		require.True(w, r.At.Equal(failed[0].Finish.At))
		require.True(w, r.Handler.Equal(failed[0].Finish.Handler))
		require.Equal(w, "电话", failed[0].Finish.ContactWay)
		require.Equal(w, r.Attachments, failed[0].Finish.Attachments)

		require.ErrorIs(w, w.worker.Finish(w.Context(), "water", r), zwfw.Conflict, "given again it is not taken in silence")
		n, err := w.worker.Retry(w.Context())
		require.NoError(w, err)
		require.Equal(w, 1, n)
		w.after(time.Second)
		require.Len(w, w.failed(), 1, "the centre has not changed its mind")

		n, err = w.worker.Discard(w.Context(), w.failed()[0].Sequence)
		require.NoError(w, err)
		require.Equal(w, 1, n)
		require.Empty(w, w.failed())
		r.Result = "已更正"
		require.NoError(w, w.worker.Finish(w.Context(), "water", r), "its number is free")
		w.after(time.Second)
		require.Len(w, w.failed(), 1)
		require.Equal(w, "已更正", w.failed()[0].Finish.Result)
		w.stop()
		w.run()
		_, err = w.worker.Discard(w.Context(), w.failed()[0].Sequence)
		require.NoError(w, err)
		require.NoError(w, w.worker.Finish(w.Context(), "water", r))
		w.after(time.Second)
		require.Len(w, w.failed(), 1)
	})
}

func TestTheSettingsFaultsOfTheUnitItselfWait(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{
		"signature": sandbox.RefuseCode("40104", ""), "blocked": sandbox.RefuseCode("40107", ""), "maintenance": sandbox.Maintenance(),
		"gateway": sandbox.HTML(403), "no right": sandbox.RefuseCode("40301", ""), "down": sandbox.DropBefore(), "internal": sandbox.RefuseCode("50000", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
				w.every = 20 * time.Minute
				w.run()
				id := w.dispatch("D1")
				w.after(time.Minute)
				w.platform.Faults().Always("*", fault)
				w.finish(id, "F1")
				w.after(6 * time.Hour)
				require.Empty(w, w.failed())
				w.platform.Faults().Clear()
				w.after(30 * time.Minute)
				require.Equal(w, hotline.FinishApplied, w.state(id))
			})
		})
	}
}

func TestARefusalThatNoTableKnowsBecomesTheSheetsOwn(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		id := w.dispatch("D1")
		w.platform.Faults().Always("hotline.Finish", sandbox.RefuseCode("E77", "不行"))
		w.finish(id, "F1")
		w.after(5 * time.Minute)
		require.Empty(w, w.failed())
		w.after(20 * time.Minute)
		require.Len(w, w.failed(), 1, "the centre answers other calls well")
		require.Equal(w, "E77", w.failed()[0].Why.Code)
	})
}

func TestAnAnswerOfOneRoundIsNotSentIntoTheNext(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{SameDispatchID: true}, func(w *workplace) {
		w.run()
		id := w.dispatch("D1")
		w.finish(id, "F1")
		w.platform.Faults().Always("hotline.RequestDelay", sandbox.DropBefore())
		require.NoError(w, w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1")))
		require.NoError(w, w.centre.Agree(id, ""))
		_, err := w.centre.Callback(id, hotline.IsUnsolved, "1")
		require.NoError(w, err)
		w.after(10 * time.Minute)
		require.Equal(w, []string{"D1 turn 2"}, w.handed())

		require.NoError(w, w.worker.Finish(w.Context(), "water", finishing(id, "F1")), "the program repeats itself")
		w.platform.Faults().Clear()
		w.after(10 * time.Minute)
		require.Equal(w, hotline.Signed, w.state(id), "and nothing of that reaches the new round")
		failed := w.failed()
		require.Len(w, failed, 1)
		require.Equal(w, "ROUND_OVER", failed[0].Why.Code)
		require.True(w, failed[0].RoundOver)
		require.Equal(w, "案情复杂", failed[0].Delay.Reason)
		n, err := w.worker.Retry(w.Context())
		require.NoError(w, err)
		require.Zero(w, n)
	})
}

func TestAnAnswerThatComesBeforeTheSigningWaitsForIt(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.onSheets = func(s hotline.HandedSheet) { // the unit's system answers at once
			var err error
			switch s.DispatchID {
			case "D1":
				err = w.worker.Finish(w.Context(), "water", finishing(s.DispatchID, "F1"))
			case "D2":
				err = w.worker.Reject(w.Context(), "water", rejecting(s.DispatchID, "R1"))
			}
			require.NoError(w, err)
		}
		w.run()
		a, b := w.dispatch("D1"), w.dispatch("D2")
		require.Equal(w, hotline.FinishApplied, w.state(a))
		require.Equal(w, hotline.RejectApplied, w.state(b))
		require.Equal(w, 1, w.platform.Effects("hotline.SignFor"), "what is given back is not signed for")
		require.NoError(w, w.centre.Refuse(b, "归你办"))
		w.after(2 * time.Minute)
		require.Equal(w, []hotline.ChangeKind{hotline.StaysHere}, w.told())
		require.Equal(w, hotline.Signed, w.state(b), "now it is")
		require.Empty(w, w.failed())
	})
}

func TestAnswersAreCheckedLikeTheClientsCalls(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.open()
		for field, give := range map[string]func() error{
			"Signer": func() error { return w.worker.SignFor(w.Context(), "water", hotline.SignRequest{DispatchID: "D1"}) },
			"Result": func() error {
				r := finishing("D1", "F1")
				r.Result = "…"
				return w.worker.Finish(w.Context(), "water", r)
			},
			"RequestNo": func() error { return w.worker.Finish(w.Context(), "water", finishing("D1", "")) },
			"Reason": func() error {
				r := delaying("D1", "X1")
				r.Reason = " "
				return w.worker.RequestDelay(w.Context(), "water", r)
			},
			"Handler": func() error {
				r := rejecting("D1", "R1")
				r.Handler = zwfw.PersonName{}
				return w.worker.Reject(w.Context(), "water", r)
			},
			"DispatchID": func() error { return w.worker.Reject(w.Context(), "water", rejecting("", "R1")) },
		} {
			var e *zwfw.Error
			require.ErrorAs(w, give(), &e)
			require.Equal(w, field, e.Field)
			require.Equal(w, zwfw.BadRequest, e.Kind)
		}
		_, answers, err := w.worker.Pending(w.Context())
		require.NoError(w, err)
		require.Zero(w, answers)
		require.Empty(w, w.platform.Requests())
	})
}

func TestAnOperationThatACityLacksIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	d := withoutNotices(t)
	delete(d.Ops, "RequestDelay")
	inBubble(t, sandbox.HotlineSetup{Dialect: d}, func(w *workplace) {
		w.open()
		require.ErrorIs(w, w.worker.RequestDelay(w.Context(), "water", delaying("D1", "X1")), zwfw.NotSupported)
	})
}

func TestAFullOutboxRefusesAnAnswerAndSaysSo(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.open()
		_, err := w.box.Close(w.Context())
		require.NoError(w, err)
		w.box, err = outbox.Open(w.Context(), w.file, outbox.Config{Queues: hotline.WorkQueues(), Keys: workKey, MaxCount: 2})
		require.NoError(w, err)
		w.worker, err = hotline.NewWorker(w.box, hotline.WorkerConfig{Units: map[string]*hotline.Client{"water": w.clients[0]}, Desk: w, Sign: hotline.SignManually})
		require.NoError(w, err)
		for _, id := range []hotline.DispatchID{"D1", "D2"} {
			require.NoError(w, w.worker.Finish(w.Context(), "water", finishing(id, "F1")))
		}
		require.ErrorIs(w, w.worker.Finish(w.Context(), "water", finishing("D3", "F1")), outbox.ErrFull)
		require.NoError(w, w.worker.Finish(w.Context(), "water", finishing("D2", "F1")), "it is there")
	})
}

// Whatever happens, what leaves unasked is a read, a signing by policy or an
// acknowledgement.
func TestNothingLeavesThatNobodyWrote(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{MaxDelays: 1}, func(w *workplace) {
		w.every = 20 * time.Minute
		w.run()
		var ids []hotline.DispatchID
		for i := range 6 {
			ids = append(ids, w.dispatch(fmt.Sprint("D", i)))
		}
		for _, id := range ids[:3] {
			require.NoError(w, w.centre.Urge(id))
			require.NoError(w, w.centre.Supervise(id))
		}
		require.NoError(w, w.centre.Recall(ids[0]))
		w.platform.Faults().Next("hotline.SheetDetail", sandbox.HTML(502))
		for range 4 {
			w.after(3 * time.Hour)
			w.away(2 * 24 * time.Hour)
		}
		allowed := []string{"hotline.Authenticate", "hotline.PendingSheets", "hotline.SheetDetail", "hotline.Notices", "hotline.AckNotices", "hotline.SignFor", "hotline.SignForStatus"}
		for _, r := range w.platform.Requests() {
			require.True(w, slices.Contains(allowed, r.Op), r.Op)
		}
	})
}
