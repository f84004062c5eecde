package lutong_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestAWrongClockStillServesTheFirstCitizen(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-14 * time.Minute, -6 * time.Minute, -time.Minute, 0, time.Minute, 6 * time.Minute, 14 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			p, client := start(t, zwfw.WithClock(wrongClock{off}))
			_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
			require.NoError(t, err)
			attempts := 1
			if off.Abs() > 5*time.Minute {
				attempts = 2 // refused, measured, signed anew
				require.WithinDuration(t, time.Now(), client.Now(), 3*time.Second)
			}
			require.Len(t, p.Requests(), attempts)

			_, err = verify(t, client, p.MintCode(p.Citizens()[1]))
			require.NoError(t, err)
			require.Len(t, p.Requests(), attempts+1, "the offset is kept")
		})
	}
}

func TestReadyLearnsTheOffsetBeforeTheFirstScan(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithClock(wrongClock{-14 * time.Minute}))
	offset, err := client.Ready(t.Context())
	require.NoError(t, err)
	require.InDelta(t, 14*time.Minute, offset, float64(3*time.Second))
	_, err = verify(t, client, p.MintCode(p.Citizens()[0]))
	require.NoError(t, err)
	require.Len(t, p.Requests(), 2, "one head, one call")
}

func TestAClockHoursOffIsNotHealedAndTheOffsetIsNamed(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-8 * time.Hour, 8 * time.Hour, 16 * time.Minute} {
		p, client := start(t, zwfw.WithClock(wrongClock{off}))
		want := "8h0m0s behind"
		switch {
		case off > time.Hour:
			want = "8h0m0s ahead of"
		case off > 0:
			want = "16m0s ahead of"
		}
		for range 2 {
			_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
			require.ErrorIs(t, err, zwfw.ClockSkew)
			require.Regexp(t, roughly(want), err.Error())
		}
		_, err := client.Ready(t.Context())
		require.ErrorIs(t, err, zwfw.ClockSkew)
		require.Regexp(t, roughly(want), err.Error())
		require.Zero(t, p.Effects("lutong.VerifyCode"))
	}
}

// roughly lets a second more or less pass.
func roughly(duration string) string {
	switch duration {
	case "8h0m0s behind":
		return `(8h0m[012]s|7h59m5[789]s) behind`
	case "8h0m0s ahead of":
		return `(8h0m[012]s|7h59m5[789]s) ahead of`
	}
	return `(16m[012]s|15m5[789]s) ahead of`
}

func TestTheOffsetIsHealedBackWhenThePlatformsClockIsSetRight(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client := newClient(t, p.LutongConfig())
	for _, platform := range []time.Duration{10 * time.Minute, 0, -10 * time.Minute} {
		p.Clock().Set(time.Now().Add(platform))
		_, err := verify(t, client, p.MintCode(p.Citizens()[0]))
		require.NoError(t, err, platform)
		require.WithinDuration(t, p.Clock().Now(), client.Now(), 3*time.Second)
	}
}

func TestReadyLeavesNothingUnknown(t *testing.T) {
	t.Parallel()
	for _, fault := range []sandbox.Fault{sandbox.DropBefore(), sandbox.HTML(502), sandbox.Delay(time.Minute), sandbox.HTML(302)} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			p, client := start(t, zwfw.WithTimeout(time.Second))
			p.Faults().Always("lutong.Ready", fault)
			_, err := client.Ready(t.Context())
			var e *zwfw.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
			require.Contains(t, p.URL, e.Where)
			require.NotEmpty(t, e.Where)
		})
	}
}
