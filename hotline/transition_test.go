package hotline_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// scene is one dispatch at the beginning of a transition.
type scene struct {
	*testing.T
	p      *sandbox.Platform
	c      *hotline.Client
	centre *sandbox.HotlineCentre
	id     hotline.DispatchID
}

func (s scene) sign()   { s.do(s.c.SignFor(s.Context(), signing(s.id))) }
func (s scene) finish() { s.do(s.c.Finish(s.Context(), finishing(s.id, "F1"))) }
func (s scene) reject() { s.do(s.c.Reject(s.Context(), rejecting(s.id, "R1"))) }
func (s scene) delay()  { s.do(s.c.RequestDelay(s.Context(), delaying(s.id, "X1"))) }
func (s scene) do(_ any, err error) {
	s.Helper()
	require.NoError(s, err)
}
func (s scene) ok(err error)              { s.Helper(); require.NoError(s, err) }
func (s scene) look() sandbox.HotlineLook { return s.centre.Look(s.id) }

// inState brings a fresh dispatch to a state.
func (s scene) inState(state hotline.State) scene {
	s.Helper()
	switch state {
	case hotline.Signed:
		s.sign()
	case hotline.Processing:
		s.sign()
		s.ok(s.centre.Progress(s.id))
	case hotline.FinishApplied:
		s.sign()
		s.finish()
	case hotline.Finished:
		s.sign()
		s.finish()
		s.ok(s.centre.Agree(s.id, ""))
	case hotline.Archived:
		s.inState(hotline.Finished)
		_, err := s.centre.Callback(s.id, hotline.IsSolved, "5")
		s.ok(err)
	case hotline.RejectApplied:
		s.reject()
	case hotline.Returned:
		s.reject()
		s.ok(s.centre.Agree(s.id, ""))
	case hotline.Recalled:
		s.ok(s.centre.Recall(s.id))
	}
	require.Equal(s, state, s.look().State)
	return s
}

func stage(t *testing.T, setup sandbox.HotlineSetup) scene {
	t.Helper()
	p, c := startWith(t, setup)
	centre := p.Hotline()
	return scene{t, p, c, centre, centre.Dispatch(sandbox.HotlineSheet{})}
}

func (s scene) notice(kind hotline.NoticeType) hotline.Notice {
	s.Helper()
	for _, n := range all(s.T, s.c.Notices(s.Context())) {
		if n.Type == kind {
			require.Equal(s, s.id, n.DispatchID)
			return n
		}
	}
	require.Fail(s, "no notice", "%s", kind)
	return hotline.Notice{}
}

// transitions are the rows of the contract's table.
var transitions = []struct {
	name  string
	from  hotline.State
	setup sandbox.HotlineSetup
	event func(s scene)
	to    hotline.State
	after func(s scene)
}{
	{name: "dispatch", from: hotline.Pending, event: func(scene) {}, to: hotline.Pending, after: func(s scene) {
		require.Equal(s, 1, s.look().Round)
		require.False(s, s.look().SignDeadline.IsZero())
		require.False(s, s.look().Deadline.IsZero())
	}},
	{name: "sign", from: hotline.Pending, event: scene.sign, to: hotline.Signed, after: func(s scene) { require.False(s, s.look().Signed.IsZero()) }},
	{name: "sign starts the clock", from: hotline.Pending, setup: signedClock(), event: func(s scene) {
		require.True(s, s.look().Deadline.IsZero())
		s.sign()
	}, to: hotline.Signed, after: func(s scene) { require.False(s, s.look().Deadline.IsZero()) }},
	{name: "reject before signing", from: hotline.Pending, event: scene.reject, to: hotline.RejectApplied},
	{name: "reject before signing, no approval", from: hotline.Pending, setup: sandbox.HotlineSetup{NoApproval: true}, event: func(s scene) {
		r, err := s.c.Reject(s.Context(), rejecting(s.id, "R1"))
		s.do(r, err)
		require.Equal(s, hotline.Final, r.Standing)
	}, to: hotline.Returned},
	{name: "feedback", from: hotline.Signed, event: func(s scene) { s.ok(s.centre.Progress(s.id)) }, to: hotline.Processing},
	{name: "feedback again", from: hotline.Processing, event: func(s scene) { s.ok(s.centre.Progress(s.id)) }, to: hotline.Processing},
	{name: "finish when signed", from: hotline.Signed, event: scene.finish, to: hotline.FinishApplied},
	{name: "finish when processing", from: hotline.Processing, event: scene.finish, to: hotline.FinishApplied},
	{name: "finish, no approval", from: hotline.Signed, setup: sandbox.HotlineSetup{NoApproval: true}, event: func(s scene) {
		r, err := s.c.Finish(s.Context(), finishing(s.id, "F1"))
		s.do(r, err)
		require.Equal(s, hotline.Final, r.Standing)
	}, to: hotline.Finished},
	{name: "reject after signing", from: hotline.Signed, event: scene.rejectSigned, to: hotline.RejectApplied},
	{name: "reject when processing", from: hotline.Processing, event: scene.rejectSigned, to: hotline.RejectApplied},
	{name: "delay when signed", from: hotline.Signed, event: scene.delay, to: hotline.Signed, after: delayIs(hotline.DelayApplied)},
	{name: "delay when processing", from: hotline.Processing, event: scene.delay, to: hotline.Processing, after: delayIs(hotline.DelayApplied)},
	{name: "delay before signing by switch", from: hotline.Pending, setup: sandbox.HotlineSetup{DelayInPending: true}, event: scene.delay, to: hotline.Pending, after: delayIs(hotline.DelayApplied)},
	{name: "delay, no approval", from: hotline.Signed, setup: sandbox.HotlineSetup{NoApproval: true}, event: func(s scene) {
		was := s.look().Deadline
		r, err := s.c.RequestDelay(s.Context(), delaying(s.id, "X1"))
		s.do(r, err)
		require.Equal(s, hotline.Final, r.Standing)
		require.True(s, r.NewDeadline.After(was))
	}, to: hotline.Signed, after: delayIs(hotline.DelayApproved)},
	{name: "delay agreed", from: hotline.Signed, event: func(s scene) {
		was := s.look().Deadline
		s.delay()
		s.ok(s.centre.AgreeDelay(s.id))
		require.True(s, s.look().Deadline.After(was))
		require.True(s, s.notice(hotline.DelayAgreed).NewDeadline.Equal(s.look().Deadline))
	}, to: hotline.Signed, after: delayIs(hotline.DelayApproved)},
	{name: "delay refused", from: hotline.Signed, event: func(s scene) {
		was := s.look().Deadline
		s.delay()
		s.ok(s.centre.RefuseDelay(s.id, "不同意"))
		require.True(s, s.look().Deadline.Equal(was))
		require.Equal(s, "不同意", s.notice(hotline.DelayRefused).Opinion.Reveal())
	}, to: hotline.Signed, after: delayIs(hotline.DelayDenied)},
	{name: "finish closes an open delay", from: hotline.Signed, event: func(s scene) { s.delay(); s.finish() }, to: hotline.FinishApplied, after: delayIs(hotline.NoDelay)},
	{name: "finish agreed", from: hotline.FinishApplied, event: func(s scene) { s.ok(s.centre.Agree(s.id, "")); s.notice(hotline.FinishAgreed) }, to: hotline.Finished},
	{name: "finish refused", from: hotline.FinishApplied, event: func(s scene) {
		was := s.look().Deadline
		s.ok(s.centre.Refuse(s.id, "重办"))
		require.True(s, s.look().Deadline.Equal(was), "the clock did not stop")
		s.notice(hotline.FinishRefused)
	}, to: hotline.Processing},
	{name: "return agreed", from: hotline.RejectApplied, event: func(s scene) { s.ok(s.centre.Agree(s.id, "")); s.notice(hotline.RejectAgreed) }, to: hotline.Returned},
	{name: "return goes to the suggested unit", from: hotline.Pending, event: func(s scene) {
		r := rejecting(s.id, "R1")
		r.SuggestUnit = "999999000000"
		s.do(s.c.Reject(s.Context(), r))
		s.ok(s.centre.Agree(s.id, ""))
		rows := all(s.T, city(s.T, s.p).PendingSheets(s.Context(), hotline.PendingQuery{}))
		require.Len(s, rows, 1)
		require.NotEqual(s, s.id, rows[0].DispatchID)
		require.Equal(s, 2, rows[0].Round)
	}, to: hotline.Returned},
	{name: "return refused before signing", from: hotline.RejectApplied, event: func(s scene) { s.ok(s.centre.Refuse(s.id, "应办")); s.notice(hotline.RejectRefused) }, to: hotline.Pending},
	{name: "return refused after signing", from: hotline.Signed, event: func(s scene) { s.rejectSigned(); s.ok(s.centre.Refuse(s.id, "应办")) }, to: hotline.Signed},
	{name: "callback, satisfied", from: hotline.Finished, event: func(s scene) {
		_, err := s.centre.Callback(s.id, hotline.IsSolved, "4")
		s.ok(err)
		s.notice(hotline.CallbackDone)
	}, to: hotline.Archived},
	{name: "callback, unsolved", from: hotline.Finished, event: func(s scene) {
		again, err := s.centre.Callback(s.id, hotline.IsUnsolved, "1")
		s.ok(err)
		s.notice(hotline.Redispatched)
		require.NotEqual(s, s.id, again)
		require.Equal(s, hotline.Pending, s.centre.Look(again).State)
		require.Equal(s, 2, s.centre.Look(again).Round)
		s.do(s.c.SignFor(s.Context(), signing(again)))
	}, to: hotline.Recalled},
	{name: "callback, unsolved, same number again", from: hotline.Finished, setup: sandbox.HotlineSetup{SameDispatchID: true}, event: func(s scene) {
		again, err := s.centre.Callback(s.id, hotline.IsUnsolved, "1")
		s.ok(err)
		require.Equal(s, s.id, again)
		require.Equal(s, 2, s.look().Round)
	}, to: hotline.Pending},
	{name: "recall", from: hotline.Pending, event: func(s scene) { s.ok(s.centre.Recall(s.id)); s.notice(hotline.RecalledNote) }, to: hotline.Recalled},
	{name: "recall when signed", from: hotline.Signed, event: func(s scene) { s.ok(s.centre.Recall(s.id)) }, to: hotline.Recalled},
	{name: "recall when processing", from: hotline.Processing, event: func(s scene) { s.ok(s.centre.Recall(s.id)) }, to: hotline.Recalled},
	{name: "recall while a finish waits", from: hotline.FinishApplied, event: func(s scene) { s.ok(s.centre.Recall(s.id)) }, to: hotline.Recalled},
	{name: "urge", from: hotline.Signed, event: func(s scene) { s.ok(s.centre.Urge(s.id)); s.notice(hotline.Urge) }, to: hotline.Signed, after: func(s scene) {
		require.Equal(s, 1, s.look().Urges)
		counters, err := s.c.PendingCounters(s.Context())
		s.do(counters, err)
		require.Equal(s, 1, counters.Urged)
	}},
	{name: "supervise", from: hotline.FinishApplied, event: func(s scene) { s.ok(s.centre.Supervise(s.id)); s.notice(hotline.Supervise) }, to: hotline.FinishApplied,
		after: func(s scene) { require.True(s, s.look().Supervised) }},
	{name: "time passes the deadline", from: hotline.Signed, event: func(s scene) {
		s.p.Clock().Advance(60 * 24 * time.Hour)
		counters, err := s.c.PendingCounters(s.Context())
		s.do(counters, err)
		require.Equal(s, 1, counters.Overdue)
		require.Equal(s, hotline.Red, s.look().Light)
		_, err = s.c.RequestDelay(s.Context(), delaying(s.id, "X1"))
		requireCode(s.T, err, "40905", zwfw.LimitReached)
		s.finish() // still can finish
		require.False(s, s.look().InTime)
	}, to: hotline.FinishApplied},
	{name: "days without a callback", from: hotline.Finished, setup: sandbox.HotlineSetup{ArchiveAfter: 7 * 24 * time.Hour},
		event: func(s scene) { s.p.Clock().Advance(8 * 24 * time.Hour) }, to: hotline.Archived},
}

func (s scene) rejectSigned() {
	s.Helper()
	r := rejecting(s.id, "R1")
	r.Signed = true
	s.do(s.c.Reject(s.Context(), r))
}

func delayIs(state hotline.DelayState) func(scene) {
	return func(s scene) { require.Equal(s, state, s.look().Delay) }
}

func signedClock() sandbox.HotlineSetup {
	schedule := hotline.NewSchedule(hotline.DefaultCalendar(func(int) {}))
	schedule.Rules.StartAtSigning = true
	return sandbox.HotlineSetup{Schedule: &schedule}
}

func TestEveryTransitionOfTheTable(t *testing.T) {
	t.Parallel()
	for _, x := range transitions {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			s := stage(t, x.setup).inState(x.from)
			x.event(s)
			require.Equal(t, x.to, s.look().State)
			if x.after != nil {
				x.after(s)
			}
		})
	}
}

// What no row of the table allows is refused with the contract's code, and changes
// nothing.
func TestWhatTheTableDoesNotAllowIsRefused(t *testing.T) {
	t.Parallel()
	over := []hotline.State{hotline.Finished, hotline.Archived, hotline.Returned}
	type row struct {
		from []hotline.State
		act  func(s scene) error
		code string
	}
	signs := func(s scene) error { _, err := s.c.SignFor(s.Context(), signing(s.id)); return err }
	finishes := func(s scene) error { _, err := s.c.Finish(s.Context(), finishing(s.id, "F9")); return err }
	rejects := func(s scene) error { _, err := s.c.Reject(s.Context(), rejecting(s.id, "R9")); return err }
	delays := func(s scene) error { _, err := s.c.RequestDelay(s.Context(), delaying(s.id, "X9")); return err }
	p, c := start(t, patient...) // one sandbox, a dispatch for each
	waiting := []hotline.State{hotline.FinishApplied, hotline.RejectApplied}
	recalled := []hotline.State{hotline.Recalled}
	for name, r := range map[string]row{
		"sign when over":       {over, signs, "40901"},
		"sign when recalled":   {recalled, signs, "40906"},
		"sign while rejecting": {[]hotline.State{hotline.RejectApplied}, signs, "40901"},
		"finish unsigned":      {[]hotline.State{hotline.Pending}, finishes, "40901"},
		"finish when over":     {over, finishes, "40901"},
		"finish when recalled": {recalled, finishes, "40906"},
		"finish while waiting": {waiting, finishes, "40903"},
		"reject when over":     {over, rejects, "40901"},
		"reject when recalled": {recalled, rejects, "40906"},
		"reject while waiting": {waiting, rejects, "40903"},
		"delay unsigned":       {[]hotline.State{hotline.Pending}, delays, "40901"},
		"delay when over":      {over, delays, "40901"},
		"delay when recalled":  {recalled, delays, "40906"},
		"delay while waiting":  {waiting, delays, "40903"},
	} {
		for _, from := range r.from {
			t.Run(name+" "+string(from), func(t *testing.T) {
				t.Parallel()
				s := scene{t, p, c, p.Hotline(), p.Hotline().Dispatch(sandbox.HotlineSheet{})}.inState(from)
				requireCode(t, r.act(s), r.code, zwfw.WrongState)
				require.Equal(t, from, s.look().State)
			})
		}
	}
}

func TestRulesBesideTheStates(t *testing.T) {
	t.Parallel()
	t.Run("no reject after signing by switch", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{NoRejectAfterSign: true}).inState(hotline.Signed)
		_, err := s.c.Reject(t.Context(), rejecting(s.id, "R1"))
		requireCode(t, err, "40901", zwfw.WrongState)
	})
	t.Run("reject while a delay is open", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{}).inState(hotline.Signed)
		s.delay()
		_, err := s.c.Reject(t.Context(), rejecting(s.id, "R1"))
		requireCode(t, err, "40903", zwfw.WrongState)
		_, err = s.c.RequestDelay(t.Context(), delaying(s.id, "X2"))
		requireCode(t, err, "40903", zwfw.WrongState)
	})
	t.Run("delays are counted and bounded", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{}).inState(hotline.Signed)
		long := delaying(s.id, "X0")
		long.Value = 6
		_, err := s.c.RequestDelay(t.Context(), long)
		requireCode(t, err, "40003", zwfw.BadRequest)
		for _, no := range []string{"X1", "X2"} {
			s.do(s.c.RequestDelay(t.Context(), delaying(s.id, no)))
			s.ok(s.centre.RefuseDelay(s.id, ""))
		}
		_, err = s.c.RequestDelay(t.Context(), delaying(s.id, "X3"))
		requireCode(t, err, "40904", zwfw.LimitReached)
	})
	t.Run("time may be asked for by a day", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{NoApproval: true}).inState(hotline.Signed)
		want := s.look().Deadline.AddDate(0, 0, 1)
		r, err := s.c.RequestDelay(t.Context(), hotline.DelayRequest{DispatchID: s.id, RequestNo: "X1", NewDeadline: want, Reason: "待勘查", Applicant: clerk})
		require.NoError(t, err)
		require.True(t, r.NewDeadline.Equal(want))
	})
	t.Run("waiting for the centre stops the clock by switch", func(t *testing.T) {
		t.Parallel()
		schedule := hotline.NewSchedule(hotline.DefaultCalendar(func(int) {}))
		schedule.Rules.ApprovalStopsClock = true
		s := stage(t, sandbox.HotlineSetup{Schedule: &schedule}).inState(hotline.FinishApplied)
		was := s.look().Deadline
		s.p.Clock().Advance(5 * time.Hour)
		s.ok(s.centre.Refuse(s.id, ""))
		require.WithinDuration(t, was.Add(5*time.Hour), s.look().Deadline, time.Minute)
	})
	t.Run("another unit's sheet", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{})
		other := city(t, s.p)
		_, err := other.SignFor(t.Context(), signing(s.id))
		requireCode(t, err, "40302", zwfw.PermissionDenied)
		_, err = other.SheetDetail(t.Context(), "D-unknown")
		requireCode(t, err, "40401", zwfw.NotFound)
		require.Empty(t, all(t, other.PendingSheets(t.Context(), hotline.PendingQuery{})), "a list shows only the caller's own")
	})
}
