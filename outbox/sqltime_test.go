package outbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The row says own time 10,000 ms at 50,000 ms of the database's clock.
func TestOwnTimeOfAQueueInADatabase(t *testing.T) {
	t.Parallel()
	const clock, noted, hour = 10_000, 50_000, int64(3_600_000)
	began := time.Now()
	type look struct{ wall, elapsed, own int64 } // what is asked for after so long
	for name, c := range map[string]struct {
		looks  []look
		jumped bool
	}{
		"goes on with the clock":              {[]look{{noted + 700, 0, clock + 700}, {noted + 900, 200, clock + 900}}, false},
		"counts an idle night":                {[]look{{noted + 12*hour, 0, clock + 12*hour}}, false},
		"does not count a year":               {[]look{{noted + 9000*hour, 0, clock}}, true},
		"stands still when the clock is back": {[]look{{noted - hour, 0, clock}}, true},
		"is measured when the clock is back":  {[]look{{noted + 700, 0, clock + 700}, {noted - hour, 100, clock + 800}}, true},
		"is measured by each look after it":   {[]look{{noted + 700, 0, clock + 700}, {noted + hour, 1000, clock + 1700}, {noted + hour + 500, 1500, clock + 2200}}, true},
		"follows a clock set by little once":  {[]look{{noted, 0, clock}, {noted + 21_000, 1000, clock + 21_000}, {noted + 22_000, 2000, clock + 22_000}}, false},
		"is measured when the clock is ahead": {[]look{{noted + 700, 0, clock + 700}, {noted + hour, 5000, clock + 5700}}, true},
		"follows a clock that is slewed":      {[]look{{noted, 0, clock}, {noted + 20_000, 1000, clock + 20_000}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s sqlTimes
			var jumped bool
			for _, l := range c.looks {
				var own int64
				own, jumped = s.read("q", clock, noted, l.wall, began.Add(time.Duration(l.elapsed)*time.Millisecond), 72*time.Hour)
				require.Equal(t, l.own, own)
			}
			require.Equal(t, c.jumped, jumped)
		})
	}
}

func TestOnlyTimeThatNobodyNotedIsBounded(t *testing.T) {
	t.Parallel()
	var s sqlTimes
	at := time.Now()
	s.read("q", 0, 0, 0, at, 0)
	own, jumped := s.read("q", 7_200_000, 7_200_000, 7_200_100, at, 0) // this program stood still, others did not
	require.EqualValues(t, 7_200_100, own)
	require.False(t, jumped)
}

func TestTheAgeOfAClaimIsWhatThisProgramSaw(t *testing.T) {
	t.Parallel()
	var s sqlTimes
	began := time.Now()
	after := func(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }
	s.read("q", 0, 0, 0, began, 0)
	for second := range 600 { // a claim each second
		s.saw("q", int64(second), after(second), time.Minute)
	}
	require.LessOrEqual(t, len(s.seen["q"].epochs), sqlEpochs+2)
	for epoch, want := range map[int64]int{0: 60, 530: 60, 570: 30, 599: 0, 700: 0} {
		require.InDelta(t, want, s.age("q", epoch, after(600)).Seconds(), 2, epoch)
	}
	s.saw("q", 5, after(601), time.Minute) // an old view of the row
	require.Zero(t, s.age("q", 700, after(900)))
	require.InDelta(t, 330, s.age("q", 570, after(900)).Seconds(), 2)
}

type stateError string

func (e stateError) Error() string    { return "ERROR: something" }
func (e stateError) SQLState() string { return string(e) }

func TestErrorsOfServersAreToldFromBrokenLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err              error
		conflict, broken bool
	}{
		{sqlError{stateError("40001")}, true, false},
		{fmt.Errorf("wrapped: %w", sqlError{stateError("40P01")}), true, false},
		{sqlError{stateError("42P01")}, false, false},
		{sqlError{fmt.Errorf("Error 1213 (40001): Deadlock found")}, true, false},
		{sqlError{fmt.Errorf("Error 1205: Lock wait timeout exceeded")}, true, false},
		{sqlError{fmt.Errorf("Error 1146 (42S02): no such table")}, false, false},
		{sqlError{fmt.Errorf("invalid connection")}, false, true},
		{sqlError{context.Canceled}, false, false},
		{ErrClaimLost, false, false},
	} {
		require.Equal(t, c.conflict, isConflict(c.err), c.err)
		require.Equal(t, c.broken, isBroken(c.err), c.err)
	}
}
