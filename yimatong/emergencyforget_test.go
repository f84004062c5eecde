package yimatong_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/yimatong"
)

// ecLax is a second verifier over a room's record: its clock is never sure and may be a
// day wrong.
func ecLax(t *testing.T, r *ecRoom) *yimatong.EmergencyVerifier {
	t.Helper()
	c := r.config
	c.UnsureSkew, c.Keep, c.MaxKeyAge, c.ClockSure = 24*time.Hour, 25*time.Hour, 1000*time.Hour, func() bool { return false }
	v, err := yimatong.NewEmergencyVerifier(c, zwfw.WithClock(r.clock))
	require.NoError(t, err)
	return v
}

// ecForgetting makes a room that forgets early.
func ecForgetting(t *testing.T) *ecRoom {
	t.Helper()
	return ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) { c.Keep, c.MaxKeyAge = time.Hour, 1000*time.Hour })
}

func (r *ecRoom) upload(t *testing.T) {
	t.Helper()
	for _, use := range r.record.Pending() {
		require.NoError(t, r.record.Uploaded(use.ID))
	}
}

// Verifiers that share a record forget as late as the most generous one needs it.
func TestEmergencySharedRecordKeepsForTheLongestAllowance(t *testing.T) {
	t.Parallel()
	r := ecForgetting(t)
	lax := ecLax(t, r)
	old := r.accept(t)
	r.upload(t)
	r.clock.add(3 * time.Hour)
	r.acceptNow(t)
	r.clock.set(ecNoon.Add(time.Minute))
	_, err := lax.Verify(t.Context(), yimatong.EmergencyScan{Code: old, Scene: "hall"})
	ecRefused(t, err, zwfw.CodeUsed, "Code")
}

// A code that was forgotten before a more generous verifier came is refused too.
func TestEmergencyForgottenCodeIsRefusedByALaterVerifier(t *testing.T) {
	t.Parallel()
	r := ecForgetting(t)
	old := r.accept(t)
	r.upload(t)
	r.clock.add(3 * time.Hour)
	r.acceptNow(t)
	r.clock.set(ecNoon.Add(time.Minute))
	_, err := ecLax(t, r).Verify(t.Context(), yimatong.EmergencyScan{Code: old, Scene: "hall"})
	e := ecRefused(t, err, zwfw.EmergencyInvalid, "Record")
	require.Contains(t, e.Error(), "forgotten")
}

// A code accepted while the clock was two days ahead does not shut the device for two days.
func TestEmergencyClockSetRight(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	long := func() zwfw.CodeText {
		c := ecFresh()
		c.NotBefore, c.Validity = ecNoon.Add(-time.Hour), 72*time.Hour
		return r.issue(t, c)
	}
	r.clock.add(48 * time.Hour)
	ahead := []zwfw.CodeText{long(), long()}
	for _, text := range ahead {
		_, err := r.show(t, text, "park")
		require.NoError(t, err)
	}
	now := ecNoon.Add(time.Minute)
	r.clock.set(now)
	_, err := r.show(t, long(), "hall")
	require.Equal(t, 48*time.Hour-time.Minute, ecRefused(t, err, zwfw.ClockSkew, "Clock").ClockOffset)

	require.EqualError(t, r.record.ClockSet(now), "yimatong: emergency record: ClockSet: 2 uses are not uploaded: their times are needed until then")
	r.upload(t)
	_, err = r.show(t, long(), "hall")
	ecRefused(t, err, zwfw.ClockSkew, "Clock")
	require.ErrorContains(t, r.record.ClockSet(time.Time{}), "must lie after 1970")
	require.NoError(t, r.record.ClockSet(now))
	for range 2 { // and after a restart
		_, err = r.show(t, long(), "hall")
		require.NoError(t, err)
		for _, text := range ahead {
			_, err = r.show(t, text, "hall")
			ecRefused(t, err, zwfw.CodeUsed, "Code")
		}
		_, err = r.show(t, long(), "park")
		require.Equal(t, time.Hour, ecRefused(t, err, zwfw.LimitReached, "Scene").RetryAfter, "the hour's count begins at the set clock")
		r.open(t, yimatong.EmergencyRecordOptions{})
	}
	r.clock.add(-16 * time.Minute)
	_, err = r.show(t, long(), "hall")
	ecRefused(t, err, zwfw.ClockSkew, "Clock")
	r.clock.add(16*time.Minute + time.Hour)
	_, err = r.show(t, long(), "park")
	require.NoError(t, err)
	require.NoError(t, r.record.Close())
	require.ErrorContains(t, r.record.ClockSet(now), "is closed")
}

// A floor that is not ahead stays where it is, and no upload is needed for that.
func TestEmergencyClockSetNeverRaisesTheFloor(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	r.accept(t)
	require.NoError(t, r.record.ClockSet(ecNoon.Add(24*time.Hour)))
	r.accept(t)
	require.Len(t, r.record.Pending(), 2)
}

// What was forgotten while the clock was ahead stays refused when it is right again.
func TestEmergencyClockSetBringsNoForgottenCodeBack(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	old := r.accept(t)
	r.upload(t)
	r.clock.add(48 * time.Hour)
	r.acceptNow(t)
	r.upload(t)
	now := ecNoon.Add(time.Minute)
	r.clock.set(now)
	require.NoError(t, r.record.ClockSet(now))
	_, err := r.show(t, old, "hall")
	ecRefused(t, err, zwfw.EmergencyInvalid, "Record")
	later := ecFresh()
	later.Validity += time.Second
	_, err = r.show(t, r.issue(t, later), "hall")
	require.NoError(t, err, "what ends later than all that was forgotten is accepted")
}
