package hotline_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The rows of the contract's table of idempotency; submit and aggregation stand in
// hotline_test.go.
func TestARepetitionHasTheFirstAnswerAndOneEffect(t *testing.T) {
	t.Parallel()
	t.Run("sign", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{})
		first, err := s.c.SignFor(t.Context(), signing(s.id))
		require.NoError(t, err)
		s.p.Clock().Advance(1e10)
		other := hotline.SignRequest{DispatchID: s.id, Signer: zwfw.NewPersonName("王某")}
		again, err := s.c.SignFor(t.Context(), other)
		require.NoError(t, err)
		require.True(t, again.Repeated)
		require.True(t, again.Signed.Equal(first.Signed), "the first time is kept")
		states, err := s.c.SignForStatus(t.Context(), s.id)
		require.NoError(t, err)
		require.Equal(t, "李某", states[0].Signer.Reveal(), "the signer is not changed")
	})
	t.Run("finish", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{}).inState(hotline.Signed)
		first, err := s.c.Finish(t.Context(), finishing(s.id, "F1"))
		require.NoError(t, err)
		for range 2 { // while it waits, and after the end
			again, err := s.c.Finish(t.Context(), finishing(s.id, "F1"))
			require.NoError(t, err)
			require.Equal(t, first.ApplyID, again.ApplyID)
			require.Equal(t, first.State, again.State)
			changed := finishing(s.id, "F1")
			changed.Result = "别的"
			_, err = s.c.Finish(t.Context(), changed)
			requireCode(t, err, "40902", zwfw.Conflict)
			if s.look().State == hotline.FinishApplied {
				_, err = s.c.Finish(t.Context(), finishing(s.id, "F2"))
				requireCode(t, err, "40903", zwfw.WrongState)
				s.ok(s.centre.Agree(s.id, ""))
			}
		}
		_, err = s.c.Finish(t.Context(), finishing(s.id, "F2"))
		requireCode(t, err, "40901", zwfw.WrongState)
		require.Equal(t, 1, s.p.Effects("hotline.Finish"))
	})
	t.Run("reject", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{})
		for range 3 {
			r, err := s.c.Reject(t.Context(), rejecting(s.id, "R1"))
			require.NoError(t, err)
			require.Equal(t, hotline.RejectApplied, r.State)
		}
		changed := rejecting(s.id, "R1")
		changed.Reason = "别的理由"
		_, err := s.c.Reject(t.Context(), changed)
		requireCode(t, err, "40902", zwfw.Conflict)
		require.Equal(t, 1, s.p.Effects("hotline.Reject"))
	})
	t.Run("delay", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{}).inState(hotline.Signed)
		first, err := s.c.RequestDelay(t.Context(), delaying(s.id, "X1"))
		require.NoError(t, err)
		again, err := s.c.RequestDelay(t.Context(), delaying(s.id, "X1"))
		require.NoError(t, err)
		require.Equal(t, first.ApplyID, again.ApplyID)
		changed := delaying(s.id, "X1")
		changed.Value = 3
		_, err = s.c.RequestDelay(t.Context(), changed)
		requireCode(t, err, "40902", zwfw.Conflict)
		_, err = s.c.Finish(t.Context(), finishing(s.id, "X1")) // numbers of delays are a space of their own
		require.NoError(t, err)
	})
	t.Run("ack", func(t *testing.T) {
		t.Parallel()
		s := stage(t, sandbox.HotlineSetup{})
		s.ok(s.centre.Urge(s.id))
		n := s.notice(hotline.Urge)
		s.ok(s.c.AckNotices(t.Context(), n.ID))
		s.ok(s.c.AckNotices(t.Context(), n.ID))
		require.Equal(t, 1, s.p.Effects("hotline.AckNotices"))
	})
}

// forgetful is a centre that keeps no request numbers, and what its city's programs
// know of it.
var forgetful = map[string][]hotline.Repeat{
	"SignFor":      {{Code: "40911"}},
	"Finish":       {{Code: "40912", Text: "重复"}},
	"Reject":       {{Text: "重复提交"}},
	"RequestDelay": {{Code: "40912"}},
	"SubmitAppeal": {{Code: "40912"}},
}

func TestDoneBeforeIsSuccessWhereACentreSaysItAsAnError(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{RepeatsAreErrors: true, Rate: -1}))
	plain := newClient(t, p.HotlineConfig(), zwfw.WithClock(p.Clock()))
	c := p.HotlineConfig()
	c.Repeats = forgetful
	client := newClient(t, c, zwfw.WithClock(p.Clock()))
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})

	_, err := client.SignFor(t.Context(), signing(id))
	require.NoError(t, err)
	_, err = plain.SignFor(t.Context(), signing(id))
	requireCode(t, err, "40911", zwfw.Unclassified)
	signed, err := client.SignFor(t.Context(), signing(id))
	require.NoError(t, err)
	require.True(t, signed.Repeated)

	delayed, err := client.RequestDelay(t.Context(), delaying(id, "X1"))
	require.NoError(t, err)
	require.False(t, delayed.Repeated)
	delayed, err = client.RequestDelay(t.Context(), delaying(id, "X1"))
	require.NoError(t, err)
	require.True(t, delayed.Repeated)
	require.Equal(t, hotline.Applied, delayed.Standing, "the centre does not say what became of it")

	_, err = client.Finish(t.Context(), finishing(id, "F1"))
	require.NoError(t, err)
	finished, err := client.Finish(t.Context(), finishing(id, "F1"))
	require.NoError(t, err)
	require.True(t, finished.Repeated)
	require.Equal(t, "applied", finished.Standing.String())
	_, err = client.Finish(t.Context(), finishing(id, "F2"))
	requireCode(t, err, "40903", zwfw.WrongState) // no repetition: another number

	other := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	for _, want := range []bool{false, true} {
		r, err := client.Reject(t.Context(), rejecting(other, "R1"))
		require.NoError(t, err)
		require.Equal(t, want, r.Repeated)
	}

	a := appeal(p, "YC7")
	first, err := client.SubmitAppeal(t.Context(), a)
	require.NoError(t, err)
	again, err := client.SubmitAppeal(t.Context(), a)
	require.NoError(t, err)
	require.True(t, again.Repeated)
	require.Equal(t, first.SheetNo, again.SheetNo, "looked up by the caller's number")
}

// The first answer is lost; the second attempt is told that it was done before.
func TestALostAnswerIsSettledByTheRepetition(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{RepeatsAreErrors: true, Rate: -1}))
	c := p.HotlineConfig()
	c.Repeats = forgetful
	client := newClient(t, c, zwfw.WithClock(p.Clock()), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 2, BaseDelay: 1e6, MaxDelay: 1e6}))
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	p.Faults().Next("hotline.SignFor", sandbox.DropAfter())
	r, err := client.SignFor(t.Context(), signing(id))
	require.NoError(t, err)
	require.True(t, r.Repeated)
	require.Equal(t, 1, p.Effects("hotline.SignFor"))
}
