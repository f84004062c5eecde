package hotline_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestWhatHappenedToASheetWaitsForItWhileTheListIsAway(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.platform.Faults().Always("hotline.PendingSheets", sandbox.DropBefore())
		w.run()
		id := w.centre.Dispatch(sandbox.HotlineSheet{ID: "D1"})
		require.NoError(w, w.centre.Supervise(id))
		w.after(15 * time.Minute)
		require.Empty(w, w.told(), "a change comes behind its sheet")
		w.platform.Faults().Clear()
		w.after(4 * time.Minute)
		require.Equal(w, []string{"D1 turn 1"}, w.handed())
		require.Equal(w, []hotline.ChangeKind{hotline.Supervised}, w.told())
	})
}

// The new round is read from the list before the notice that ends the old one.
func TestTheNoticeOfANewRoundDoesNotEndIt(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{SameDispatchID: true}, func(w *workplace) {
		w.run()
		id := w.dispatch("D1")
		w.finish(id, "F1")
		require.NoError(w, w.centre.Agree(id, ""))
		w.after(75 * time.Second)
		require.Equal(w, []hotline.ChangeKind{hotline.FinishAccepted}, w.told())
		_, err := w.centre.Callback(id, hotline.IsUnsolved, "1")
		require.NoError(w, err)
		w.platform.Faults().Next("hotline.Notices", sandbox.Body(200, `{"code":"0","data":{"list":[]}}`))
		w.after(75 * time.Second)
		require.Equal(w, []string{"D1 turn 2"}, w.handed())
		w.after(5 * time.Minute)
		w.mu.Lock()
		for _, c := range w.changes {
			require.Equal(w, 1, c.Turn, c.Kind)
		}
		w.mu.Unlock()
		require.Equal(w, []hotline.ChangeKind{hotline.CalledBack, hotline.SentAgain}, w.told())
		open := w.sheetsOpen()
		require.Len(w, open, 1)
		require.Equal(w, hotline.Signed, open[0].State)
	})
}

// The first attempt had its effect and its answer was lost; the centre decides before the
// next one, whose answer says how things stood at the first.
func TestAnOldAnswerOfTheCentreDoesNotUndoItsDecision(t *testing.T) {
	t.Parallel()
	type do = func(w *workplace, id hotline.DispatchID) error
	finish := do(func(w *workplace, id hotline.DispatchID) error {
		return w.worker.Finish(w.Context(), "water", finishing(id, "F2"))
	})
	delay := do(func(w *workplace, id hotline.DispatchID) error {
		return w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1"))
	})
	for name, c := range map[string]struct {
		op             string
		answer, decide do
		want           hotline.ChangeKind
		state          hotline.State
		delay          hotline.DelayState
	}{
		"refused": {"Finish", finish, func(w *workplace, id hotline.DispatchID) error { return w.centre.Refuse(id, "") }, hotline.Reopened, hotline.Processing, hotline.NoDelay},
		"agreed":  {"Finish", finish, func(w *workplace, id hotline.DispatchID) error { return w.centre.Agree(id, "") }, hotline.FinishAccepted, "", ""},
		"granted": {"RequestDelay", delay, func(w *workplace, id hotline.DispatchID) error { return w.centre.AgreeDelay(id) }, hotline.DelayGranted, hotline.Processing, hotline.DelayApproved},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
				w.run()
				id := w.dispatch("D1")
				w.finish(id, "F1")
				require.NoError(w, w.centre.Refuse(id, "")) // an application was decided before
				w.after(75 * time.Second)
				require.Equal(w, []hotline.ChangeKind{hotline.Reopened}, w.told())

				w.platform.Faults().Next("hotline."+c.op, sandbox.DropAfter())
				w.platform.Faults().Always("hotline."+c.op, sandbox.DropBefore())
				require.NoError(w, c.answer(w, id))
				w.after(time.Second)
				require.NoError(w, c.decide(w, id))
				w.after(5 * time.Minute)
				require.Equal(w, []hotline.ChangeKind{c.want}, w.told())
				w.platform.Faults().Clear()
				w.after(10 * time.Minute)
				require.Len(w, w.happened(hotline.WorkDelivered), 3, "with the signing")
				if open := w.sheetsOpen(); c.state == "" {
					require.Empty(w, open)
				} else {
					require.Len(w, open, 1)
					require.Equal(w, c.state, open[0].State)
					require.Equal(w, c.delay, open[0].Delay)
				}
				w.after(7 * time.Hour)
				require.Empty(w, w.told(), "once")
			})
		})
	}
}

func TestNoticesThatCannotBeAcknowledgedDoNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.platform.Faults().Always("hotline.AckNotices", sandbox.RefuseCode("E1", ""))
		w.run()
		id := w.dispatch("D1")
		for range 150 {
			require.NoError(w, w.centre.Urge(id))
		}
		w.after(10 * time.Minute)
		require.Len(w, w.told(), 150)
	})
}

func TestASheetThatCannotBeReadDoesNotHoldUpTheList(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		w.dispatch("D1")
		row := func(id string) string { return `{"dispatchId":"` + id + `","round":"1","state":"10"}` }
		w.platform.Faults().Always("hotline.PendingSheets", sandbox.Body(200, `{"code":"0","data":{"list":[`+row("D1")+`,`+row("D2")+`]}}`))
		w.platform.Faults().Always("hotline.SheetDetail", sandbox.RefuseCode("E9", ""))
		w.after(5 * time.Minute)
		require.Len(w, w.sheetsOpen(), 2)
	})
}

func TestWhatTheCentreHasIsKnownAfterACrash(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.every = 10 * time.Minute
		w.run()
		id := w.dispatch("D1")
		w.finish(id, "F1")
		require.Equal(w, hotline.FinishApplied, w.state(id))
		w.away(time.Second) // the outbox closes first: what was only noted is lost
		require.Zero(w, w.sheetsOpen()[0].Answers)
		w.away(9 * 24 * time.Hour) // the outbox knows its key no more
		require.NoError(w, w.worker.Finish(w.Context(), "water", finishing(id, "F1")))
		_, waiting, err := w.worker.Pending(w.Context())
		require.NoError(w, err)
		require.Zero(w, waiting, "it is not sent again")
	})
}

func TestNumbersThatLookAlikeAreTwoAnswers(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		a, b := w.dispatch("D1"), w.dispatch("D1/h/2")
		w.finish(a, "2/h/F1")
		w.finish(b, "F1")
		for _, id := range []hotline.DispatchID{a, b} {
			require.Equal(w, hotline.FinishApplied, w.state(id), fmt.Sprint(id))
		}
	})
}

// The centre took a sheet back and dispatched it anew under its number while the line was
// down: the first thing that gets through again is the answer to the old round.
func TestAnAnswerThatWaitedAsksWhetherItsRoundIsOver(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.every = 3 * time.Hour
		w.run()
		id := w.dispatch("D1")
		w.platform.Faults().Always("*", sandbox.DropBefore())
		require.NoError(w, w.worker.Reject(w.Context(), "water", rejecting(id, "R1")))
		w.after(8 * time.Hour)
		require.NoError(w, w.centre.Recall(id))
		w.centre.Dispatch(sandbox.HotlineSheet{ID: id})
		w.platform.Faults().Clear()
		w.after(10 * time.Hour)
		require.Zero(w, w.platform.Effects("hotline.Reject")+w.platform.Effects("hotline.RejectSigned"))
		require.Equal(w, []string{"D1 turn 2"}, w.handed())
		require.Equal(w, hotline.Signed, w.state(id))
		require.Len(w, w.failed(), 1)
		require.True(w, w.failed()[0].RoundOver)
	})
}

// Which sheets are in the list is all that some lists say of their state.
func TestASheetIsSignedForWhereTheListTellsNoState(t *testing.T) {
	t.Parallel()
	state := regexp.MustCompile(`"state":"[0-9]*",`)
	for _, notices := range []bool{true, false} {
		t.Run(fmt.Sprintf("notices %v", notices), func(t *testing.T) {
			t.Parallel()
			setup := sandbox.HotlineSetup{}
			if !notices {
				setup.Dialect = withoutNotices(t)
			}
			inBubble(t, setup, func(w *workplace) {
				w.platform.Faults().Always("hotline.PendingSheets", sandbox.Mangle("without states", func(b []byte) []byte { return state.ReplaceAll(b, nil) }))
				w.run()
				id := w.dispatch("D1")
				require.Equal(w, hotline.Signed, w.state(id))
				w.after(10 * time.Minute)
				require.Equal(w, hotline.Signed, w.sheetsOpen()[0].State)
				w.finish(id, "F1")
				require.NoError(w, w.centre.Refuse(id, ""))
				w.after(7 * time.Hour)
				require.Equal(w, []hotline.ChangeKind{hotline.Reopened}, w.told())
				require.Equal(w, hotline.Processing, w.sheetsOpen()[0].State)
				require.Empty(w, w.handed())
			})
		})
	}
}

func TestSigningWhileARejectionWaitsIsNoSuccess(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.alter = func(c *hotline.WorkerConfig) { c.Sign, c.Signer = hotline.SignManually, zwfw.PersonName{} }
		w.run()
		id := w.dispatch("D1")
		require.NoError(w, w.worker.Reject(w.Context(), "water", rejecting(id, "R1")))
		w.after(time.Second)
		require.Equal(w, hotline.RejectApplied, w.state(id))
		require.ErrorIs(w, w.worker.SignFor(w.Context(), "water", signing(id)), zwfw.WrongState)
		require.NoError(w, w.centre.Refuse(id, ""))
		w.after(75 * time.Second)
		require.NoError(w, w.worker.SignFor(w.Context(), "water", signing(id)))
		w.after(time.Second)
		require.Equal(w, hotline.Signed, w.state(id))
	})
}
