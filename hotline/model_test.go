package hotline_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// model is what the contract says of one dispatch, written down a second time: the table
// of transitions, the table of idempotency, and the order of their codes.
type model struct {
	setup    sandbox.HotlineSetup
	schedule hotline.Schedule
	state    hotline.State
	before   hotline.State // a rejection
	delay    hotline.DelayState
	signed   bool
	delays   int
	deadline time.Time
	asked    time.Time
	handled  map[string]string // request number: content
	delayed  map[string]string
	urges    int
	notices  int
}

const done = "0"

func (m *model) wrong() string {
	if m.state == hotline.Recalled {
		return "40906"
	}
	return "40901"
}

func (m *model) sign() string {
	switch {
	case m.state.Over(), !m.signed && m.state != hotline.Pending:
		return m.wrong()
	case !m.signed:
		m.state, m.signed = hotline.Signed, true
	}
	return done
}

// repeated looks a request number up: "" when it is new.
func repeated(known map[string]string, number, content string) string {
	switch was, seen := known[number]; {
	case !seen:
		return ""
	case was == content:
		return done
	}
	return "40902"
}

func (m *model) finish(number, content string) string {
	if code := repeated(m.handled, number, content); code != "" {
		return code
	}
	switch {
	case m.state.Waiting():
		return "40903"
	case m.state != hotline.Signed && m.state != hotline.Processing:
		return m.wrong()
	}
	m.handled[number] = content
	if m.delay == hotline.DelayApplied {
		m.delay = hotline.NoDelay
	}
	m.state = hotline.FinishApplied
	if m.setup.NoApproval {
		m.state = hotline.Finished
	}
	return done
}

func (m *model) busy() bool {
	return m.state.Waiting() || m.state.Open() && m.delay == hotline.DelayApplied
}

func (m *model) reject(number, content string) string {
	if code := repeated(m.handled, number, content); code != "" {
		return code
	}
	switch {
	case m.busy():
		return "40903"
	case !m.state.Open(), m.state != hotline.Pending && m.setup.NoRejectAfterSign:
		return m.wrong()
	}
	m.handled[number] = content
	m.before, m.state = m.state, hotline.RejectApplied
	if m.setup.NoApproval {
		m.state = hotline.Returned
	}
	return done
}

func (m *model) requestDelay(number, content string, now time.Time) string {
	if code := repeated(m.delayed, number, content); code != "" {
		return code
	}
	switch {
	case m.busy():
		return "40903"
	case !m.state.Open(), m.state == hotline.Pending && !m.setup.DelayInPending:
		return m.wrong()
	case now.After(m.deadline):
		return "40905"
	case m.delays >= 2:
		return "40904"
	}
	m.delayed[number] = content
	m.delays++
	m.asked, m.delay = m.schedule.Extend(m.deadline, hotline.Term{Value: 2, Unit: hotline.WorkingDays}), hotline.DelayApplied
	if m.setup.NoApproval {
		m.deadline, m.delay = m.asked, hotline.DelayApproved
	}
	return done
}

// centre does what people there may do; false when they may not.
func (m *model) centre(act string) bool {
	at := func(states ...hotline.State) bool { return slices.Contains(states, m.state) }
	switch act {
	case "agree":
		next := map[hotline.State]hotline.State{hotline.FinishApplied: hotline.Finished, hotline.RejectApplied: hotline.Returned}
		if !at(hotline.FinishApplied, hotline.RejectApplied) {
			return false
		}
		m.state, m.notices = next[m.state], m.notices+1
	case "refuse":
		next := map[hotline.State]hotline.State{hotline.FinishApplied: hotline.Processing, hotline.RejectApplied: m.before}
		if !at(hotline.FinishApplied, hotline.RejectApplied) {
			return false
		}
		m.state, m.notices = next[m.state], m.notices+1
	case "agree delay", "refuse delay":
		if m.delay != hotline.DelayApplied || m.state.Over() {
			return false
		}
		m.notices++
		if m.delay = hotline.DelayDenied; act == "agree delay" {
			m.delay, m.deadline = hotline.DelayApproved, m.asked
		}
	case "recall", "urge":
		if !at(hotline.Pending, hotline.Signed, hotline.Processing, hotline.FinishApplied) {
			return false
		}
		m.notices++
		if act == "urge" {
			m.urges++
		} else {
			m.state = hotline.Recalled
		}
	case "progress":
		if !at(hotline.Signed, hotline.Processing) {
			return false
		}
		m.state = hotline.Processing
	case "satisfied":
		if !at(hotline.Finished) {
			return false
		}
		m.state, m.notices = hotline.Archived, m.notices+1
	case "dissatisfied":
		if !at(hotline.Finished) {
			return false
		}
		m.state, m.notices = hotline.Recalled, m.notices+2
	}
	return true
}

func doCentre(c *sandbox.HotlineCentre, id hotline.DispatchID, act string) error {
	switch act {
	case "agree":
		return c.Agree(id, "")
	case "refuse":
		return c.Refuse(id, "重办")
	case "agree delay":
		return c.AgreeDelay(id)
	case "refuse delay":
		return c.RefuseDelay(id, "不同意")
	case "recall":
		return c.Recall(id)
	case "urge":
		return c.Urge(id)
	case "progress":
		return c.Progress(id)
	case "satisfied":
		_, err := c.Callback(id, hotline.IsSolved, "5")
		return err
	}
	_, err := c.Callback(id, hotline.IsUnsolved, "1")
	return err
}

// codeOf is what a call was answered.
func codeOf(t require.TestingT, err error) string {
	if err == nil {
		return done
	}
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
	require.Equal(t, errorTable[e.Code], e.Kind)
	return e.Code
}

// Random legal and illegal acts of the unit, through the client, and of the centre leave
// the platform where the model is.
func TestRandomActsEndWhereTheModelEnds(t *testing.T) {
	t.Parallel()
	type world struct {
		setup  sandbox.HotlineSetup
		p      *sandbox.Platform
		client *hotline.Client
	}
	worlds := make([]world, 8)
	for i := range worlds {
		w := &worlds[i]
		w.setup = sandbox.HotlineSetup{NoApproval: i&1 != 0, NoRejectAfterSign: i&2 != 0, DelayInPending: i&4 != 0}
		w.p, w.client = startWith(t, w.setup, patient...)
	}
	rapid.Check(t, func(rt *rapid.T) {
		w := worlds[rapid.IntRange(0, len(worlds)-1).Draw(rt, "set-up")]
		walkModel(rt, w.p, w.client, w.setup)
	})
}

func walkModel(rt *rapid.T, p *sandbox.Platform, client *hotline.Client, setup sandbox.HotlineSetup) {
	ctx, centre := rt.Context(), p.Hotline()
	id := centre.Dispatch(sandbox.HotlineSheet{})
	m := &model{
		setup: setup, schedule: hotline.NewSchedule(hotline.DefaultCalendar(func(int) {})), state: hotline.Pending, delay: hotline.NoDelay,
		deadline: centre.Look(id).Deadline, handled: map[string]string{}, delayed: map[string]string{},
	}
	number := rapid.SampledFrom([]string{"1", "2", "3"})
	words := rapid.SampledFrom([]string{"甲", "乙"})
	acts := rapid.SampledFrom([]string{"agree", "refuse", "agree delay", "refuse delay", "recall", "urge", "progress", "satisfied", "dissatisfied"})
	rt.Repeat(map[string]func(*rapid.T){
		"sign": func(t *rapid.T) {
			_, err := client.SignFor(ctx, signing(id))
			require.Equal(t, m.sign(), codeOf(t, err))
		},
		"finish": func(t *rapid.T) {
			r := finishing(id, number.Draw(t, "number"))
			r.Result = words.Draw(t, "words")
			_, err := client.Finish(ctx, r)
			require.Equal(t, m.finish(r.RequestNo, "finish "+r.Result), codeOf(t, err))
		},
		"reject": func(t *rapid.T) {
			r := rejecting(id, number.Draw(t, "number"))
			r.Reason = words.Draw(t, "words")
			r.Signed = m.signed
			_, err := client.Reject(ctx, r)
			require.Equal(t, m.reject(r.RequestNo, "reject "+r.Reason), codeOf(t, err))
		},
		"delay": func(t *rapid.T) {
			r := delaying(id, number.Draw(t, "number"))
			r.Reason = words.Draw(t, "words")
			_, err := client.RequestDelay(ctx, r)
			require.Equal(t, m.requestDelay(r.RequestNo, r.Reason, p.Clock().Now()), codeOf(t, err))
		},
		"centre": func(t *rapid.T) {
			act := acts.Draw(t, "act")
			require.Equal(t, m.centre(act), doCentre(centre, id, act) == nil, act)
		},
		"a day passes": func(*rapid.T) { p.Clock().Advance(24 * time.Hour) },
		"": func(t *rapid.T) {
			look := centre.Look(id)
			require.Equal(t, m.state, look.State)
			require.Equal(t, m.delay, look.Delay)
			require.Equal(t, m.signed, !look.Signed.IsZero())
			require.Equal(t, m.urges, look.Urges)
			require.True(t, m.deadline.Equal(look.Deadline), "%v %v", m.deadline, look.Deadline)
		},
	})
	d, err := client.SheetDetail(ctx, id)
	require.NoError(rt, err)
	require.Equal(rt, m.state, d.State)
	require.Len(rt, d.Delays, m.delays)
	var mine []string
	for n, err := range client.Notices(ctx) {
		require.NoError(rt, err)
		if n.DispatchID == id {
			mine = append(mine, n.ID)
		}
	}
	require.Len(rt, mine, m.notices)
	if len(mine) > 0 {
		require.NoError(rt, client.AckNotices(ctx, mine...))
	}
	if m.state.Open() || m.state.Waiting() { // the next walk's list is not this one's
		_ = centre.Recall(id)
	}
}
