package hotline_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestASheetIsHandedOutSignedForAndFinished(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		id := w.centre.Dispatch(sandbox.HotlineSheet{ID: "D1", Title: "路灯不亮", Content: "三天了"})
		w.after(75 * time.Second)

		require.Len(w, w.sheets, 1)
		s := w.sheets[0]
		require.Equal(w, "water", s.Unit)
		require.Equal(w, 1, s.Turn)
		require.Equal(w, 1, s.Attempt)
		require.Equal(w, "路灯不亮", s.Title.Reveal())
		require.Equal(w, "三天了", s.Content.Reveal())
		require.Equal(w, hotline.Signed, w.state(id), "by policy, as the desk has it")

		w.after(5 * time.Minute)
		require.Len(w, w.sheets, 1, "once")
		open := w.sheetsOpen()
		require.Len(w, open, 1)
		require.Equal(w, hotline.Signed, open[0].State)
		require.Equal(w, s.Deadline, open[0].Deadline)

		w.finish(id, "F1")
		require.Equal(w, hotline.FinishApplied, w.state(id))
		require.NoError(w, w.centre.Agree(id, "同意"))
		w.after(75 * time.Second)
		require.Equal(w, []hotline.ChangeKind{hotline.FinishAccepted}, w.told())
		require.Empty(w, w.sheetsOpen())
		require.Equal(w, 1, w.platform.Effects("hotline.SignFor"))
		require.Equal(w, 1, w.platform.Effects("hotline.Finish"))
	})
}

func TestAFormThatIsNotThereYetIsWaitedForAndNotSigned(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		id := w.centre.Dispatch(sandbox.HotlineSheet{ID: "D1", Content: "三天了", Partial: true})
		w.after(10 * time.Minute)
		require.Empty(w, w.handed())
		require.Equal(w, hotline.Pending, w.state(id))
		require.NotEmpty(w, w.happened(hotline.WorkPartial))

		require.NoError(w, w.centre.Complete(id))
		w.after(2 * time.Minute)
		require.Len(w, w.sheets, 1)
		require.Equal(w, "三天了", w.sheets[0].Content.Reveal())
		require.Equal(w, hotline.Signed, w.state(id))
	})
}

func TestWithManualSigningNobodySignsByHimself(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.alter = func(c *hotline.WorkerConfig) { c.Sign, c.Signer = hotline.SignManually, zwfw.PersonName{} }
		w.every = 10 * time.Minute
		w.run()
		id := w.dispatch("D1")
		w.after(24 * time.Hour)
		require.Equal(w, hotline.Pending, w.state(id))
		for range 3 {
			require.NoError(w, w.worker.SignFor(w.Context(), "water", signing(id)))
			w.after(time.Second)
		}
		require.Equal(w, hotline.Signed, w.state(id))
		require.Equal(w, 1, w.platform.Effects("hotline.SignFor"))
	})
}

func TestTheNextPollComesAMinuteAfterTheFormerEnded(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.platform.Faults().Always("hotline.Notices", sandbox.Delay(20*time.Second))
		w.alter = func(c *hotline.WorkerConfig) { c.Clock = zwfw.SystemClock() }
		start := time.Now()
		w.run()
		w.after(time.Hour)
		polls := len(w.happened(hotline.WorkPolled)) + len(w.happened(hotline.WorkPollFailed))
		require.Positive(w, polls)
		each := time.Since(start) / time.Duration(polls)
		require.Greater(w, each, 55*time.Second, "the pause begins at the end")
	})
}

func TestADeskThatFailsIsCalledAgainAndTheRestWaits(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.trouble = errors.New("the database is away")
		w.run()
		id := w.centre.Dispatch(sandbox.HotlineSheet{ID: "D1"})
		w.after(75 * time.Second)
		require.NoError(w, w.centre.Urge(id))
		w.after(10 * time.Minute)
		require.Equal(w, hotline.Pending, w.state(id), "not signed for: the desk does not have it")
		require.Empty(w, w.told(), "a change waits behind its sheet")
		require.NotEmpty(w, w.happened(hotline.WorkDeskFailed))

		w.mu.Lock()
		calls := len(w.sheets)
		require.Greater(w, calls, 3)
		require.Equal(w, calls, w.sheets[calls-1].Attempt)
		w.trouble = nil
		w.mu.Unlock()
		w.after(2 * time.Minute)
		require.Len(w, w.sheets, calls+1)
		require.Equal(w, []hotline.ChangeKind{hotline.Urged}, w.told())
		require.Equal(w, hotline.Signed, w.state(id))
	})
}

func TestWhatTheCentreDoesReachesTheDesk(t *testing.T) {
	t.Parallel()
	type step = func(w *workplace, id hotline.DispatchID)
	ok := func(do func(w *workplace, id hotline.DispatchID) error) step {
		return func(w *workplace, id hotline.DispatchID) { require.NoError(w, do(w, id)) }
	}
	finish := step(func(w *workplace, id hotline.DispatchID) { w.finish(id, "F1") })
	reject := ok(func(w *workplace, id hotline.DispatchID) error {
		defer w.after(time.Second)
		return w.worker.Reject(w.Context(), "water", rejecting(id, "R1"))
	})
	delay := ok(func(w *workplace, id hotline.DispatchID) error {
		defer w.after(time.Second)
		return w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1"))
	})
	cases := map[string]struct {
		steps []step
		want  []hotline.ChangeKind
		state hotline.State // as the worker has it, "" for ended
	}{
		"a finish refused reopens": {[]step{finish, ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Refuse(id, "重办") })},
			[]hotline.ChangeKind{hotline.Reopened}, hotline.Processing},
		"a finish agreed ends": {[]step{finish, ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Agree(id, "") })},
			[]hotline.ChangeKind{hotline.FinishAccepted}, ""},
		"a rejection agreed ends": {[]step{reject, ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Agree(id, "") })},
			[]hotline.ChangeKind{hotline.GivenBack}, ""},
		"a rejection refused stays": {[]step{reject, ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Refuse(id, "") })},
			[]hotline.ChangeKind{hotline.StaysHere}, hotline.Signed},
		"a delay granted moves the deadline": {[]step{delay, ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.AgreeDelay(id) })},
			[]hotline.ChangeKind{hotline.DelayGranted}, hotline.Signed},
		"a delay refused": {[]step{delay, ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.RefuseDelay(id, "") })},
			[]hotline.ChangeKind{hotline.DelayNotGiven}, hotline.Signed},
		"a recall ends":            {[]step{ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Recall(id) })}, []hotline.ChangeKind{hotline.TakenBack}, ""},
		"urging":                   {[]step{ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Urge(id) })}, []hotline.ChangeKind{hotline.Urged}, hotline.Signed},
		"supervision":              {[]step{ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Supervise(id) })}, []hotline.ChangeKind{hotline.Supervised}, hotline.Signed},
		"progress is no change":    {[]step{ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Progress(id) })}, nil, hotline.Processing},
		"finish refused, and urge": {[]step{finish, ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Refuse(id, "") }), ok(func(w *workplace, id hotline.DispatchID) error { return w.centre.Urge(id) })}, []hotline.ChangeKind{hotline.Reopened, hotline.Urged}, hotline.Processing},
	}
	for _, source := range []string{"by notices", "by the list alone", "where notices are lost"} {
		for name, c := range cases {
			t.Run(source+"/"+name, func(t *testing.T) {
				t.Parallel()
				setup, patience := sandbox.HotlineSetup{}, 26*time.Minute
				if source == "by the list alone" {
					setup.Dialect = withoutNotices(t)
					patience = 7 * time.Hour // what is in no list of open sheets is looked up
				}
				inBubble(t, setup, func(w *workplace) {
					w.every = 10 * time.Minute
					if source == "where notices are lost" {
						w.platform.Faults().Always("hotline.Notices", sandbox.Body(200, `{"code":"0","data":{"list":[]}}`))
						patience = 7 * time.Hour
					}
					w.run()
					id := w.dispatch("D1")
					for _, step := range c.steps {
						step(w, id)
					}
					w.after(patience)
					w.mu.Lock()
					for _, change := range w.changes {
						require.Equal(w, id, change.DispatchID)
						require.Equal(w, 1, change.Turn)
						require.Equal(w, source == "by notices", change.NoticeID != "")
						if change.Kind == hotline.DelayGranted {
							require.Equal(w, w.centre.Look(id).Deadline.Unix(), change.Deadline.Unix())
						}
					}
					w.mu.Unlock()
					require.ElementsMatch(w, c.want, w.told())
					if open := w.sheetsOpen(); c.state == "" {
						require.Empty(w, open)
					} else {
						require.Len(w, open, 1)
						require.Equal(w, c.state, open[0].State)
						require.Equal(w, w.centre.Look(id).Deadline.Unix(), open[0].Deadline.Unix())
					}
					w.after(13 * time.Hour)
					require.Empty(w, w.told(), "each once")
					require.Empty(w, w.handed())
				})
			})
		}
	}
}

// withoutNotices is the dialect of a centre that has none.
func withoutNotices(t *testing.T) *zwfw.Dialect {
	d, err := hotline.Dialect(hotline.DialectJiangxi)
	require.NoError(t, err)
	d = d.Clone()
	d.Name = "plain@1"
	delete(d.Ops, "Notices")
	delete(d.Ops, "AckNotices")
	return d
}

func TestANewRoundIsHandedOutAgain(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{false, true} {
		for _, notices := range []bool{true, false} {
			t.Run(fmt.Sprintf("same number %v, notices %v", same, notices), func(t *testing.T) {
				t.Parallel()
				setup := sandbox.HotlineSetup{SameDispatchID: same}
				if !notices {
					setup.Dialect = withoutNotices(t)
				}
				inBubble(t, setup, func(w *workplace) {
					w.run()
					id := w.dispatch("D1")
					w.finish(id, "F1")
					require.NoError(w, w.centre.Agree(id, ""))
					again, err := w.centre.Callback(id, hotline.IsUnsolved, "1")
					require.NoError(w, err)
					w.after(3 * time.Minute)
					turn := 1
					if same {
						turn = 2
					}
					require.Equal(w, []string{fmt.Sprintf("%s turn %d", again, turn)}, w.handed())
					require.Equal(w, hotline.Signed, w.state(again))
					if notices {
						require.Equal(w, []hotline.ChangeKind{hotline.FinishAccepted, hotline.CalledBack, hotline.SentAgain}, w.told())
					}

					require.NoError(w, w.worker.Finish(w.Context(), "water", finishing(again, "F2")))
					w.after(time.Second)
					require.Equal(w, hotline.FinishApplied, w.state(again))
					require.Equal(w, 2, w.platform.Effects("hotline.Finish"))
					require.Empty(w, w.failed())
				})
			})
		}
	}
}

// The centre counts no rounds and its list shows no later time of dispatch (quirk 9).
func TestASheetThatIsUnsignedAgainIsANewRound(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		id := w.dispatch("D1")
		at := time.Now().In(china("2026-11-23 09:00").Location()).Add(time.Hour).Format(time.DateTime)
		row := `{"dispatchId":"D1","sheetNo":"S1","round":1,"state":"10","delayState":"0","updateTime":"` + at + `"}`
		w.after(time.Hour)
		w.platform.Faults().Next("hotline.PendingSheets", sandbox.Body(200, `{"code":"0","data":{"total":1,"list":[`+row+`]}}`))
		w.after(75 * time.Second)
		require.Empty(w, w.handed(), "the detail says that it is signed for: the list lags behind")

		w.platform.Faults().Next("hotline.PendingSheets", sandbox.Body(200, `{"code":"0","data":{"total":1,"list":[`+row+`]}}`))
		w.platform.Faults().Always("hotline.SheetDetail", sandbox.Body(200, `{"code":"0","data":`+row+`}`))
		w.after(75 * time.Second)
		require.Equal(w, []string{"D1 turn 2"}, w.handed())
		require.Equal(w, hotline.Signed, w.state(id))
	})
}

func TestNobodyFilesADelayNearADeadline(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.every = 40 * time.Minute
		w.run()
		id := w.dispatch("D1") // a complaint of Monday is due on the Monday after
		w.away(62 * time.Hour)
		require.Empty(w, w.happened(hotline.WorkDueSoon))
		w.after(3 * time.Hour)
		w.away(6 * 24 * time.Hour)
		w.after(3 * time.Hour)
		events := w.happened(hotline.WorkDueSoon)
		require.Len(w, events, 1, "once for a deadline")
		require.Equal(w, id, events[0].DispatchID)
		w.mu.Lock()
		require.Len(w, w.changes, 1)
		require.Equal(w, hotline.DueSoon, w.changes[0].Kind)
		require.Equal(w, hotline.Yellow, w.changes[0].Light)
		require.Equal(w, "2026-11-26", w.changes[0].At.In(handledAt.Location()).Format(time.DateOnly), "two working days left")
		w.mu.Unlock()
		require.Equal(w, hotline.Red, w.sheetsOpen()[0].Light)
		for _, r := range w.platform.Requests() {
			require.NotContains(w, []string{"hotline.RequestDelay", "hotline.Reject", "hotline.Finish"}, r.Op)
		}
	})
}

func TestANewDeadlineIsWarnedOfAnew(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.every = time.Hour
		w.run()
		id := w.dispatch("D1")
		w.away(62 * time.Hour)
		w.after(3 * time.Hour)
		require.Equal(w, []hotline.ChangeKind{hotline.DueSoon}, w.told())
		require.NoError(w, w.worker.RequestDelay(w.Context(), "water", delaying(id, "X1")))
		w.after(time.Minute)
		require.NoError(w, w.centre.AgreeDelay(id))
		w.away(time.Hour)
		w.after(3 * time.Hour)
		w.away(4 * 24 * time.Hour)
		w.after(3 * time.Hour)
		require.Equal(w, []hotline.ChangeKind{hotline.DelayGranted, hotline.DueSoon}, w.told())
	})
}

func TestAWorkerThatWasAwayGoesOn(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		first := w.dispatch("D1")
		w.stop()
		w.after(2 * 24 * time.Hour)
		second := w.centre.Dispatch(sandbox.HotlineSheet{ID: "D2"})
		w.run()
		w.after(75 * time.Second)
		require.Equal(w, []string{"D2 turn 1"}, w.handed(), "D1 is known")
		w.finish(first, "F1")
		w.finish(second, "F1")
		require.Equal(w, hotline.FinishApplied, w.state(first))
		require.Equal(w, hotline.FinishApplied, w.state(second), "a number is a dispatch's")
	})
}

func TestAPairThatDisagreesIsFound(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.run()
		w.dispatch("D1")
		w.platform.Faults().Next("hotline.PendingSheets", sandbox.Pass())
		w.platform.Faults().Always("hotline.PendingSheets", sandbox.Body(200, `{"code":"0","data":{"total":0,"list":[]}}`))
		w.platform.Faults().Always("hotline.SheetDetail", sandbox.RefuseCode("40401", ""))
		w.after(7 * time.Hour)
		require.Equal(w, []hotline.ChangeKind{hotline.Gone}, w.told())
		require.Empty(w, w.sheetsOpen())
		w.platform.Faults().Clear()
		w.after(7 * time.Hour)
		require.Equal(w, []string{"D1 turn 2"}, w.handed(), "it came back")
	})
}

func TestASheetThatCannotBeReadIsNotLost(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		for _, f := range []sandbox.Fault{sandbox.RefuseCode("40401", ""), sandbox.Maintenance(), sandbox.EmptyAnswer(), sandbox.HalfBody(), sandbox.Refuse(zwfw.Signature), sandbox.DropAfter()} {
			w.platform.Faults().Next("hotline.SheetDetail", f, f, f)
		}
		w.run()
		w.centre.Dispatch(sandbox.HotlineSheet{ID: "D1"})
		w.after(2 * time.Hour)
		require.Equal(w, []string{"D1 turn 1"}, w.handed())
	})
}

func TestASheetThatWasTakenAwayUnreadIsSaidToBeGone(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.platform.Faults().Always("hotline.SheetDetail", sandbox.RefuseCode("40302", ""))
		w.run()
		w.centre.Dispatch(sandbox.HotlineSheet{ID: "D1"})
		w.after(5 * time.Minute)
		require.Empty(w, w.told(), "it may be anything")
		w.after(time.Hour)
		require.Equal(w, []hotline.ChangeKind{hotline.Gone}, w.told())
		require.Empty(w, w.handed())
	})
}

func TestOneWorkerServesManyUnits(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{}, func(w *workplace) {
		w.units = map[string]int{"water": 0, "city": 1}
		w.run()
		a := w.centre.Dispatch(sandbox.HotlineSheet{ID: "D1"})
		b := w.centre.Dispatch(sandbox.HotlineSheet{ID: "D2", Unit: w.platform.HotlineConfigOf(1).AppID})
		w.after(2 * time.Minute)
		w.mu.Lock()
		got := map[hotline.DispatchID]string{}
		for _, s := range w.sheets {
			got[s.DispatchID] = s.Unit
		}
		w.mu.Unlock()
		require.Equal(w, map[hotline.DispatchID]string{a: "water", b: "city"}, got)
		require.NoError(w, w.worker.Finish(w.Context(), "city", finishing(b, "F1")))
		require.ErrorIs(w, w.worker.Finish(w.Context(), "fire", finishing(b, "F1")), zwfw.BadRequest)
		w.after(time.Second)
		require.Equal(w, hotline.FinishApplied, w.state(b))
	})
}

func TestAWorkerIsMadeOfWhatWorks(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	box, err := outbox.Open(t.Context(), t.TempDir()+"/outbox", outbox.Config{Queues: hotline.WorkQueues(), Keys: workKey})
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = box.Close(t.Context()) })
	desk := &workplace{}
	for want, alter := range map[string]func(c *hotline.WorkerConfig){
		"Units is required":            func(c *hotline.WorkerConfig) { c.Units = nil },
		"has a name that":              func(c *hotline.WorkerConfig) { c.Units = map[string]*hotline.Client{"Wasser": client} },
		"Units[x] is nil":              func(c *hotline.WorkerConfig) { c.Units = map[string]*hotline.Client{"x": nil} },
		"Desk is required":             func(c *hotline.WorkerConfig) { c.Desk = nil },
		"SignOnStored or SignManually": func(c *hotline.WorkerConfig) { c.Sign = 0 },
		"is neither":                   func(c *hotline.WorkerConfig) { c.Sign = 9 },
		"Signer is required":           func(c *hotline.WorkerConfig) { c.Signer = zwfw.PersonName{} },
		"Signer is no name":            func(c *hotline.WorkerConfig) { c.Signer = zwfw.NewPersonName("张*") },
		"Every must be":                func(c *hotline.WorkerConfig) { c.Every = -1 },
		"Schedule has no Calendar":     func(c *hotline.WorkerConfig) { c.Schedule = new(hotline.Schedule) },
		"HandoutQueue must be":         func(c *hotline.WorkerConfig) { c.HandoutQueue = "A" },
		"AnswerQueue must be":          func(c *hotline.WorkerConfig) { c.AnswerQueue = "A" },
		"another than HandoutQueue":    func(c *hotline.WorkerConfig) { c.HandoutQueue, c.AnswerQueue = "q", "q" },
		"dialect has no PendingSheets": func(c *hotline.WorkerConfig) {
			c.Units["x"] = newClient(t, hotline.Config{BaseURL: "http://127.0.0.1:1", AppID: "a", AppKey: zwfw.NewSecret("b")}, zwfw.WithDialect(onlyReports(t)))
		},
	} {
		c := hotline.WorkerConfig{Units: map[string]*hotline.Client{"water": client}, Desk: desk, Sign: hotline.SignOnStored, Signer: clerk}
		alter(&c)
		_, err := hotline.NewWorker(box, c)
		require.ErrorContains(t, err, want)
	}
	_, err = hotline.NewWorker(nil, hotline.WorkerConfig{Units: map[string]*hotline.Client{"water": client}, Desk: desk, Sign: hotline.SignManually})
	require.ErrorContains(t, err, "outbox is nil")
}

func onlyReports(t *testing.T) *zwfw.Dialect {
	d := withoutNotices(t)
	delete(d.Ops, "PendingSheets")
	return d
}

// The centre takes fifty calls a second of a unit.
func TestAWorkerKeepsToTheCentresRate(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{Rate: 50}, func(w *workplace) {
		w.centre.Storm(sandbox.HotlineSheet{}, 150, time.Second)
		w.run()
		w.after(10 * time.Minute)
		require.Len(w, w.handed(), 150)
		require.Equal(w, 150, w.platform.Effects("hotline.SignFor"))
		require.Empty(w, w.failed())
	})
}

// A centre that gives neither rounds, times of change nor notices.
func TestABareCentreIsReadFromTheBeginningEachTime(t *testing.T) {
	t.Parallel()
	inBubble(t, sandbox.HotlineSetup{Dialect: withoutNotices(t)}, func(w *workplace) {
		list := func(state string) {
			row := func(id string) string {
				return `{"dispatchId":"` + id + `","state":"` + state + `","round":"0"}`
			}
			w.platform.Faults().Always("hotline.PendingSheets", sandbox.Body(200, `{"code":"0","data":{"list":[`+row("D1")+`,`+row("D2")+`]}}`))
			w.platform.Faults().Always("hotline.SheetDetail", sandbox.Body(200, `{"code":"0","data":`+row("D1")+`}`))
		}
		w.platform.Faults().Always("hotline.SignFor", sandbox.Body(200, `{"code":"0","data":{"state":"20"}}`))
		list("10")
		w.run()
		w.after(2 * time.Second)
		list("20")
		w.after(10 * time.Minute)
		require.ElementsMatch(w, []string{"D1 turn 1", "D2 turn 1"}, w.handed())
		require.Len(w, w.sheetsOpen(), 2)
		require.Empty(w, w.told())
	})
}
