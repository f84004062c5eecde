package yimatong_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/yimatong"
)

// Every reason to refuse has its kind and its field, and leaves no trace.
func TestEmergencyRefusals(t *testing.T) {
	t.Parallel()
	type shown struct {
		change  ecChange
		code    func(*yimatong.EmergencyCode)
		text    func(string) string
		scene   string
		prepare func(*testing.T, *ecRoom)
	}
	at := func(d time.Duration) func(*testing.T, *ecRoom) {
		return func(_ *testing.T, r *ecRoom) { r.clock.set(ecNoon.Add(d)) }
	}
	key := func(change func(*yimatong.EmergencyKey)) ecChange {
		return func(c *yimatong.EmergencyVerifierConfig) { change(&c.Keys.Keys[0]) }
	}
	for name, c := range map[string]struct {
		shown
		kind  zwfw.Kind
		field string
		says  string
	}{
		"the platform is up":       {shown{change: func(c *yimatong.EmergencyVerifierConfig) { c.Accepting = func() bool { return false } }}, zwfw.EmergencyInvalid, "Mode", "platform is up"},
		"a scene nobody set up":    {shown{scene: "clinic"}, zwfw.SceneDenied, "Scene", "not configured"},
		"a scope it does not have": {shown{code: func(c *yimatong.EmergencyCode) { c.Scope = yimatong.EmergencyClinic }}, zwfw.SceneDenied, "Scope", "does not hold this scene"},
		"no text":                  {shown{text: func(string) string { return "" }}, zwfw.CodeMalformed, "Code", "format EC1"},
		"another code":             {shown{text: func(string) string { return "281234567890123456" }}, zwfw.CodeMalformed, "Code", "format EC1"},
		"a character lost":         {shown{text: func(s string) string { return s[:60] + s[61:] }}, zwfw.CodeMalformed, "Code", "format EC1"},
		"a line end inside":        {shown{text: func(s string) string { return s[:60] + "\n" + s[61:] }}, zwfw.CodeMalformed, "Code", "format EC1"},
		"padding":                  {shown{text: func(s string) string { return s[:129] + "=" }}, zwfw.CodeMalformed, "Code", "format EC1"},
		"spare bits":               {shown{text: ecSpareBit}, zwfw.CodeMalformed, "Code", "format EC1"},
		"another version":          {shown{text: func(s string) string { return "EC1.Aw" + s[6:] }}, zwfw.CodeTypeUnsupported, "Version", "1 (P-256) or 2 (SM2)"},
		"the other algorithm":      {shown{text: func(s string) string { return "EC1.Ag" + s[6:] }}, zwfw.EmergencyInvalid, "KeyID", "other algorithm"},
		"a key nobody has":         {shown{change: key(func(k *yimatong.EmergencyKey) { k.ID = 9 })}, zwfw.EmergencyInvalid, "KeyID", "no key"},
		"a signature changed":      {shown{text: func(s string) string { return s[:50] + ecOther(s[50]) + s[51:] }}, zwfw.EmergencyInvalid, "Signature", "does not match"},
		"a scope changed":          {shown{text: func(s string) string { return s[:41] + ecOther(s[41]) + s[42:] }}, zwfw.EmergencyInvalid, "Signature", "does not match"},
		"a key whose time is over": {shown{change: key(func(k *yimatong.EmergencyKey) { k.NotAfter = ecNoon.Add(-3 * time.Minute) })}, zwfw.CodeExpired, "KeyID", "time is over"},
		"a key of tomorrow":        {shown{change: key(func(k *yimatong.EmergencyKey) { k.NotBefore = ecNoon.Add(3 * time.Minute) })}, zwfw.CodeNotYetValid, "KeyID", "has not begun"},
		"keys too old":             {shown{change: func(c *yimatong.EmergencyVerifierConfig) { c.Keys.Refreshed = ecNoon.Add(-73 * time.Hour) }}, zwfw.EmergencyInvalid, "Keys", "longer than 72h"},
		"a clock behind the keys":  {shown{prepare: at(-time.Hour - 3*time.Minute)}, zwfw.ClockSkew, "Clock", "behind the moment the keys"},
		"a clock behind a code accepted before": {shown{prepare: func(t *testing.T, r *ecRoom) {
			r.accept(t)
			r.clock.add(-16 * time.Minute)
		}, code: func(c *yimatong.EmergencyCode) { c.NotBefore = ecNoon.Add(-time.Hour); c.Validity = 3 * time.Hour }}, zwfw.ClockSkew, "Clock", "behind a code"},
		"a code of later":     {shown{prepare: at(-2*time.Minute - time.Second)}, zwfw.CodeNotYetValid, "Code", "begins later"},
		"a code that is over": {shown{prepare: at(time.Hour + 2*time.Minute)}, zwfw.CodeExpired, "Code", "is over"},
		"a life too long":     {shown{code: func(c *yimatong.EmergencyCode) { c.Validity = 7*24*time.Hour + time.Second }}, zwfw.EmergencyInvalid, "Validity", "168h"},
		"a full hour": {shown{scene: "park", prepare: func(t *testing.T, r *ecRoom) {
			for range 2 {
				_, err := r.show(t, r.issue(t, ecFresh()), "park")
				require.NoError(t, err)
			}
		}}, zwfw.LimitReached, "Scene", "at most 2 codes an hour"},
		"a full record": {shown{prepare: func(t *testing.T, r *ecRoom) {
			r.open(t, yimatong.EmergencyRecordOptions{Max: 1})
			r.accept(t)
		}}, zwfw.LimitReached, "Record", "upload what is pending"},
		"a closed record": {shown{prepare: func(t *testing.T, r *ecRoom) { require.NoError(t, r.record.Close()) }}, zwfw.Closed, "Record", "is closed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change, scene, fresh := c.change, c.scene, ecFresh()
			if change == nil {
				change = func(*yimatong.EmergencyVerifierConfig) {}
			}
			if scene == "" {
				scene = "hall"
			}
			r := ecSetUp(t, change)
			if c.prepare != nil {
				c.prepare(t, r)
			}
			if c.code != nil {
				c.code(&fresh)
			}
			text := r.issue(t, fresh).Reveal()
			if c.text != nil {
				text = c.text(text)
			}
			before := len(r.record.Pending())
			got, err := r.show(t, zwfw.NewCodeText(text), scene)
			require.Nil(t, got)
			e := ecRefused(t, err, c.kind, c.field)
			require.Contains(t, e.Error(), c.says)
			require.NotContains(t, e.Error(), fresh.User.Reveal())
			require.Len(t, r.record.Pending(), before)
		})
	}
}

// ecOther gives another character of the alphabet.
func ecOther(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// ecSpareBit sets a bit of the last character that no byte needs.
func ecSpareBit(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return s[:129] + string(alphabet[strings.IndexByte(alphabet, s[129])|1])
}

func TestEmergencyCodeIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	fresh := ecFresh()
	text := r.issue(t, fresh)
	got, err := r.show(t, text, "park")
	require.NoError(t, err)
	require.Equal(t, "DEV-01", got.Use.Device)
	require.Equal(t, "park", got.Use.Scene)
	require.True(t, got.Use.Time.Equal(ecNoon))
	require.True(t, got.Use.ClockSure)
	require.Equal(t, []yimatong.EmergencyUse{got.Use}, r.record.Pending())

	_, err = r.show(t, text, "hall")
	e := ecRefused(t, err, zwfw.CodeUsed, "Code")
	require.Equal(t, "此应急码已用过，请使用身份证", e.Advice().Citizen.ZH)

	// Another text for the same person and time is the same code.
	fresh.Scope = yimatong.EmergencyHall
	_, err = r.show(t, r.issue(t, fresh), "hall")
	ecRefused(t, err, zwfw.CodeUsed, "Code")

	// Of the same person at another time it is another code.
	fresh.NotBefore = fresh.NotBefore.Add(time.Second)
	_, err = r.show(t, r.issue(t, fresh), "hall")
	require.NoError(t, err)
}

func TestEmergencyScannerOrnamentsDoNoHarm(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	text := zwfw.NewCodeText("]Q1" + r.issue(t, ecFresh()).Reveal() + "\r\n")
	require.True(t, yimatong.IsEmergencyCode(text))
	require.False(t, yimatong.IsEmergencyCode(zwfw.NewCodeText("EC2.")))
	_, err := r.show(t, text, "hall")
	require.NoError(t, err)
}

func TestEmergencyHundredAtOnceAcceptOne(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	text := r.issue(t, ecFresh())
	var accepted, used atomic.Int64
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() {
			switch _, err := r.Verify(t.Context(), yimatong.EmergencyScan{Code: text, Scene: "hall"}); zwfw.KindOf(err) {
			case "":
				accepted.Add(1)
			case zwfw.CodeUsed:
				used.Add(1)
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 1, accepted.Load())
	require.EqualValues(t, 99, used.Load())
	require.Len(t, r.record.Pending(), 1)
}

// The allowance is the narrow one while the clock is trusted and the wide one while not.
func TestEmergencySkewAllowance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sure     bool
		off      time.Duration
		accepted bool
	}{
		"sure, early, within":   {true, -2 * time.Minute, true},
		"sure, early, beyond":   {true, -2*time.Minute - time.Millisecond, false},
		"sure, late, within":    {true, time.Hour + 2*time.Minute - time.Millisecond, true},
		"sure, late, beyond":    {true, time.Hour + 2*time.Minute, false},
		"unsure, early, within": {false, -15 * time.Minute, true},
		"unsure, early, beyond": {false, -15*time.Minute - time.Millisecond, false},
		"unsure, late, within":  {false, time.Hour + 15*time.Minute - time.Millisecond, true},
		"unsure, late, beyond":  {false, time.Hour + 15*time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := ecSetUp(t, func(v *yimatong.EmergencyVerifierConfig) { v.ClockSure = func() bool { return c.sure } })
			r.clock.set(ecNoon.Add(c.off))
			got, err := r.show(t, r.issue(t, ecFresh()), "hall")
			require.Equal(t, c.accepted, err == nil, "%v", err)
			if err == nil {
				require.Equal(t, c.sure, got.Use.ClockSure)
			}
		})
	}
}

func TestEmergencyHourIsAWindow(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	long := func() zwfw.CodeText { c := ecFresh(); c.Validity = 5 * time.Hour; return r.issue(t, c) }
	for range 2 {
		_, err := r.show(t, long(), "park")
		require.NoError(t, err)
		r.clock.add(20 * time.Minute)
	}
	r.open(t, yimatong.EmergencyRecordOptions{}) // a restart does not begin a new hour
	text := long()
	_, err := r.show(t, text, "park")
	require.Equal(t, 20*time.Minute, ecRefused(t, err, zwfw.LimitReached, "Scene").RetryAfter)
	r.clock.add(20 * time.Minute)
	_, err = r.show(t, text, "park")
	require.NoError(t, err)
	_, err = r.show(t, long(), "park")
	require.Equal(t, 20*time.Minute, ecRefused(t, err, zwfw.LimitReached, "Scene").RetryAfter)
}

func TestEmergencyKeysOverlap(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	vectors := ecGolden(t)
	old, next := vectors[0].key(t), vectors[1].key(t)
	old.NotAfter, next.NotBefore = ecNoon.Add(2*time.Hour), ecNoon
	require.NoError(t, r.SetKeys(yimatong.EmergencyKeySet{Refreshed: ecNoon, Keys: []yimatong.EmergencyKey{old, next}}))
	sm2 := vectors[1].issuer(t)
	late := func(i *yimatong.EmergencyIssuer) error {
		c := ecFresh()
		c.Validity = 6 * time.Hour
		text, err := i.Issue(t.Context(), c)
		require.NoError(t, err)
		_, err = r.show(t, text, "hall")
		return err
	}
	require.NoError(t, late(r.issuer))
	require.NoError(t, late(sm2))
	r.clock.add(3 * time.Hour)
	ecRefused(t, late(r.issuer), zwfw.CodeExpired, "KeyID")
	require.NoError(t, late(sm2))

	require.ErrorContains(t, r.SetKeys(yimatong.EmergencyKeySet{Refreshed: ecNoon.Add(-time.Second), Keys: []yimatong.EmergencyKey{old}}), "older than the one in use")
	require.ErrorContains(t, r.SetKeys(yimatong.EmergencyKeySet{Keys: []yimatong.EmergencyKey{old}}), "no time Refreshed")
	require.ErrorContains(t, r.SetKeys(yimatong.EmergencyKeySet{Refreshed: ecNoon}), "no key")
	require.ErrorContains(t, r.SetKeys(yimatong.EmergencyKeySet{Refreshed: ecNoon, Keys: []yimatong.EmergencyKey{old, old}}), "two keys")
	rsa, err := crypto.GenerateKey(crypto.KeyRSA, nil)
	require.NoError(t, err)
	for _, k := range []yimatong.EmergencyKey{{}, {P256: old.P256, SM2: next.SM2}, {SM2: rsa.Public()}, {P256: old.P256, NotBefore: ecNoon, NotAfter: ecNoon.Add(-1)}} {
		require.Error(t, r.SetKeys(yimatong.EmergencyKeySet{Refreshed: ecNoon, Keys: []yimatong.EmergencyKey{k}}))
	}
	require.NoError(t, late(sm2), "a set that was refused changes nothing")
}

// A set of a wrong clock at the issuer would shut every right one out.
func TestEmergencyKeysOfTheFutureAreRefused(t *testing.T) {
	t.Parallel()
	sure := true
	r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) { c.ClockSure = func() bool { return sure } })
	keys := func(at time.Duration) yimatong.EmergencyKeySet {
		return yimatong.EmergencyKeySet{Refreshed: ecNoon.Add(at), Keys: []yimatong.EmergencyKey{ecGolden(t)[0].key(t)}}
	}
	for _, ahead := range []time.Duration{365 * 24 * time.Hour, 2*time.Minute + time.Second} {
		require.EqualError(t, r.SetKeys(keys(ahead)), "yimatong: SetKeys: EmergencyKeySet.Refreshed is "+ahead.String()+" ahead of this device's clock, 2m0s are allowed")
	}
	require.NoError(t, r.SetKeys(keys(2*time.Minute)))
	r.accept(t)
	sure = false
	require.ErrorContains(t, r.SetKeys(keys(16*time.Minute)), "15m0s are allowed")
	require.NoError(t, r.SetKeys(keys(15*time.Minute)))
	r.accept(t)
}

// A device may start with a clock that is not set yet, or with a set of the future from a
// file: the set is taken as it is, and gives way to a right one.
func TestEmergencyKeysAheadOfASureClockGiveWay(t *testing.T) {
	t.Parallel()
	sure := true
	r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) {
		c.Keys.Refreshed, c.ClockSure = ecNoon.AddDate(1, 0, 0), func() bool { return sure }
	})
	_, err := r.show(t, r.issue(t, ecFresh()), "hall")
	ecRefused(t, err, zwfw.ClockSkew, "Clock")
	right := yimatong.EmergencyKeySet{Refreshed: ecNoon, Keys: []yimatong.EmergencyKey{ecGolden(t)[0].key(t)}}
	sure = false
	require.ErrorContains(t, r.SetKeys(right), "older than the one in use", "an unsure clock proves nothing")
	sure = true
	require.NoError(t, r.SetKeys(right))
	r.accept(t)
}

func TestEmergencyCancelledCallAcceptsNothing(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Verify(ctx, yimatong.EmergencyScan{Code: r.issue(t, ecFresh()), Scene: "hall"})
	ecRefused(t, err, zwfw.Canceled, "")
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, r.record.Pending())
}

func TestEmergencyVerifierNamesAWrongSetting(t *testing.T) {
	t.Parallel()
	r := ecSetUp(t)
	for field, change := range map[string]ecChange{
		"Device":         func(c *yimatong.EmergencyVerifierConfig) { c.Device = "" },
		"Scenes":         func(c *yimatong.EmergencyVerifierConfig) { c.Scenes = nil },
		"Scenes[0].Name": func(c *yimatong.EmergencyVerifierConfig) { c.Scenes = []yimatong.EmergencyScene{{}} },
		"Scenes[1].Name": func(c *yimatong.EmergencyVerifierConfig) { c.Scenes = append(c.Scenes[:1:1], c.Scenes[0]) },
		"Scenes[0].Scope": func(c *yimatong.EmergencyVerifierConfig) {
			c.Scenes = []yimatong.EmergencyScene{{Name: "a", Scope: 3, MaxPerHour: 1}}
		},
		"Scenes[0].MaxPerHour": func(c *yimatong.EmergencyVerifierConfig) { c.Scenes = []yimatong.EmergencyScene{{Name: "a", Scope: 1}} },
		"Record":               func(c *yimatong.EmergencyVerifierConfig) { c.Record = nil },
		"Accepting":            func(c *yimatong.EmergencyVerifierConfig) { c.Accepting = nil },
		"Keys":                 func(c *yimatong.EmergencyVerifierConfig) { c.Keys.Keys = nil },
		"Skew":                 func(c *yimatong.EmergencyVerifierConfig) { c.Skew = 2 },
		"UnsureSkew":           func(c *yimatong.EmergencyVerifierConfig) { c.UnsureSkew = time.Minute },
		"MaxKeyAge":            func(c *yimatong.EmergencyVerifierConfig) { c.MaxKeyAge = -1 },
		"MaxValidity":          func(c *yimatong.EmergencyVerifierConfig) { c.MaxValidity = 32 * 24 * time.Hour },
		"Keep":                 func(c *yimatong.EmergencyVerifierConfig) { c.Keep = time.Minute },
		"Keep must be at least": func(c *yimatong.EmergencyVerifierConfig) {
			c.Keep, c.UnsureSkew = time.Hour, time.Hour
		},
	} {
		c := r.config
		change(&c)
		_, err := yimatong.NewEmergencyVerifier(c)
		require.ErrorContains(t, err, "yimatong: EmergencyVerifierConfig."+field, field)
	}
}
