package yimatong_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

func ecMode(t testing.TB, c yimatong.OfflineConfig) (*yimatong.OfflineMode, *ecClock) {
	t.Helper()
	clock := &ecClock{now: ecNoon}
	m, err := yimatong.NewOfflineMode(c, zwfw.WithClock(clock))
	require.NoError(t, err)
	return m, clock
}

var (
	errECDown    = &zwfw.Error{Platform: "yimatong", Kind: zwfw.Upstream}
	errECTimeout = &zwfw.Error{Platform: "yimatong", Kind: zwfw.Timeout, Sent: true}
	errECPlanned = &zwfw.Error{Platform: "yimatong", Kind: zwfw.EmergencyAllowed, Sent: true, Code: "PY9003"}
	errECRefused = &zwfw.Error{Platform: "yimatong", Kind: zwfw.CodeExpired, Sent: true, Code: "PY2002"}
	errECDenied  = &zwfw.Error{Platform: "yimatong", Kind: zwfw.PermissionDenied, Sent: true, Code: "PY1006"}
	errECPage    = &zwfw.Error{Platform: "yimatong", Kind: zwfw.ProtocolMismatch, Outcome: zwfw.OutcomeUnknown, Sent: true, HTTPStatus: 200}
	errECOdd     = &zwfw.Error{Platform: "yimatong", Kind: zwfw.ProtocolMismatch, Outcome: zwfw.OutcomeUnknown, Sent: true, HTTPStatus: 200, Code: "PY0000"}
	errECPicture = &zwfw.Error{Platform: "yimatong", Kind: zwfw.ProtocolMismatch, Outcome: zwfw.OutcomeDone, Sent: true, HTTPStatus: 200}
	errECRelay   = &zwfw.Error{Platform: "yimatong", Kind: zwfw.BadRequest, Sent: true, HTTPStatus: 400}
)

// Each step is an outcome and how long after the last one it comes.
func TestOfflineModeOpensAndCloses(t *testing.T) {
	t.Parallel()
	type step struct {
		after time.Duration
		err   error
	}
	for name, c := range map[string]struct {
		steps []step
		wait  time.Duration
		want  yimatong.OfflineState
	}{
		"nothing happened":                        {nil, 0, yimatong.StateOnline},
		"two failures":                            {[]step{{0, errECDown}, {0, errECTimeout}}, 0, yimatong.StateOnline},
		"three failures":                          {[]step{{0, errECDown}, {10 * time.Second, errECTimeout}, {19 * time.Second, errECDown}}, 0, yimatong.StateOffline},
		"three failures, wrapped":                 {[]step{{0, errECDown}, {0, errECDown}, {0, fmt.Errorf("gate: %w", errECDown)}}, 0, yimatong.StateOffline},
		"three failures, too far apart":           {[]step{{0, errECDown}, {10 * time.Second, errECTimeout}, {20 * time.Second, errECDown}}, 0, yimatong.StateOnline},
		"an answer between":                       {[]step{{0, errECDown}, {0, errECDown}, {0, errECRefused}, {0, errECDown}}, 0, yimatong.StateOnline},
		"a success between":                       {[]step{{0, errECDown}, {0, errECDown}, {0, nil}, {0, errECDown}}, 0, yimatong.StateOnline},
		"silence between":                         {[]step{{0, errECDown}, {0, errECDown}, {0, &zwfw.Error{Kind: zwfw.Busy, Sent: true}}, {0, errors.New("x")}, {0, &zwfw.Error{Kind: zwfw.BadRequest}}, {0, context.Canceled}, {0, errECDown}}, 0, yimatong.StateOffline},
		"the platform says so":                    {[]step{{0, errECPlanned}}, 0, yimatong.StateOffline},
		"the wait is over":                        {[]step{{0, errECPlanned}}, time.Minute, yimatong.StateProbing},
		"the probe failed":                        {[]step{{0, errECPlanned}, {time.Minute, errECDown}}, 59 * time.Second, yimatong.StateOffline},
		"the probe failed, waited again":          {[]step{{0, errECPlanned}, {time.Minute, errECDown}}, time.Minute, yimatong.StateProbing},
		"the probe succeeded":                     {[]step{{0, errECPlanned}, {time.Minute, nil}}, 0, yimatong.StateOnline},
		"the probe was refused by platform":       {[]step{{0, errECPlanned}, {time.Minute, errECRefused}}, 0, yimatong.StateOnline},
		"success while offline":                   {[]step{{0, errECPlanned}, {time.Second, nil}}, 0, yimatong.StateOnline},
		"three pages that are not the platform's": {[]step{{0, errECPage}, {0, errECPage}, {0, errECPage}}, 0, yimatong.StateOffline},
		"pages and failures count together":       {[]step{{0, errECDown}, {0, errECPage}, {0, errECTimeout}}, 0, yimatong.StateOffline},
		"the probe met a page":                    {[]step{{0, errECPlanned}, {time.Minute, errECPage}}, 59 * time.Second, yimatong.StateOffline},
		"odd answers of the platform":             {[]step{{0, errECOdd}, {0, errECOdd}, {0, errECOdd}}, 0, yimatong.StateOnline},
		"pictures that cannot be read":            {[]step{{0, errECPicture}, {0, errECPicture}, {0, errECPicture}}, 0, yimatong.StateOnline},
		"an odd answer while offline":             {[]step{{0, errECPlanned}, {0, errECOdd}}, 0, yimatong.StateOffline},
		"a relay's 400 while offline":             {[]step{{0, errECPlanned}, {0, errECRelay}}, 0, yimatong.StateOffline},
		"a relay's 400 between":                   {[]step{{0, errECDown}, {0, errECDown}, {0, errECRelay}, {0, errECDown}}, 0, yimatong.StateOffline},
		"the platform denies while offline":       {[]step{{0, errECPlanned}, {0, errECDenied}}, 0, yimatong.StateOnline},
		"nobody probes":                           {[]step{{0, errECPlanned}}, 6 * time.Minute, yimatong.StateOnline},
		"one failure after nobody probed":         {[]step{{0, errECPlanned}, {6 * time.Minute, errECDown}}, 0, yimatong.StateOnline},
		"the clock was set back":                  {[]step{{0, errECPlanned}, {-time.Hour, errECRefused}}, 0, yimatong.StateOnline},
		"the clock was set back, no success":      {[]step{{0, errECPlanned}}, -time.Hour, yimatong.StateOffline},
		"failures before the clock was set back":  {[]step{{0, errECDown}, {0, errECDown}, {-time.Hour, errECDown}}, 0, yimatong.StateOnline},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, clock := ecMode(t, yimatong.OfflineConfig{})
			for _, s := range c.steps {
				clock.add(s.after)
				m.Observe(s.err)
			}
			clock.add(c.wait)
			require.Equal(t, c.want.String(), m.State().String())
			require.Equal(t, c.want != yimatong.StateOnline, m.Accepting())
		})
	}
}

// A clock that was set back does not hold the mode open longer than its times.
func TestOfflineModeEndsAfterAClockSetBack(t *testing.T) {
	t.Parallel()
	m, clock := ecMode(t, yimatong.OfflineConfig{})
	m.Observe(errECPlanned)
	clock.add(-24 * time.Hour)
	require.Equal(t, yimatong.StateOffline, m.State())
	clock.add(6 * time.Minute)
	require.Equal(t, yimatong.StateOnline, m.State())
}

func TestOfflineModeSettings(t *testing.T) {
	t.Parallel()
	m, _ := ecMode(t, yimatong.OfflineConfig{Failures: 1, Codes: []string{"E503"}})
	m.Observe(errECRefused)
	require.False(t, m.Accepting())
	m.Observe(&zwfw.Error{Kind: zwfw.Unclassified, Sent: true, Code: "e503"})
	require.True(t, m.Accepting())
	for field, c := range map[string]yimatong.OfflineConfig{
		"Failures": {Failures: -1},
		"Within":   {Within: 5},
		"Wait":     {Wait: -1},
		"Probe":    {Probe: 25 * time.Hour},
		"Codes[0]": {Codes: []string{" "}},
	} {
		_, err := yimatong.NewOfflineMode(c)
		require.ErrorContains(t, err, "yimatong: OfflineConfig."+field)
	}
}

// The whole way: the line breaks, emergency codes are taken, the line comes back.
func TestEmergencyOutage(t *testing.T) {
	t.Parallel()
	m, modeClock := ecMode(t, yimatong.OfflineConfig{})
	r := ecSetUp(t, func(c *yimatong.EmergencyVerifierConfig) { c.Accepting = m.Accepting })
	text := r.issue(t, ecFresh())
	_, err := r.show(t, text, "hall")
	require.Equal(t, "应急码不可用，请出示一码通或身份证", ecRefused(t, err, zwfw.EmergencyInvalid, "Mode").Advice().Citizen.ZH)
	for range 3 {
		m.Observe(errECTimeout)
	}
	_, err = r.show(t, text, "hall")
	require.NoError(t, err)
	modeClock.add(time.Minute)
	_, err = r.show(t, r.issue(t, ecFresh()), "hall")
	require.NoError(t, err, "probing still accepts")
	m.Observe(nil)
	_, err = r.show(t, r.issue(t, ecFresh()), "hall")
	ecRefused(t, err, zwfw.EmergencyInvalid, "Mode")
	for _, use := range r.record.Pending() {
		require.NoError(t, r.record.Uploaded(use.ID))
	}
	require.Empty(t, r.record.Pending())
}

func TestOfflineModeIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	m, clock := ecMode(t, yimatong.OfflineConfig{})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				m.Observe(errECDown)
				clock.add(time.Millisecond)
				_ = m.Accepting()
			}
		})
	}
	wait.Wait()
	require.Equal(t, yimatong.StateOffline, m.State())
}

// What a client reports of a real line: pages of a gateway open the mode, and what a relay
// says by itself does not close it.
func TestOfflineModeOnALineOfPages(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	m, err := yimatong.NewOfflineMode(yimatong.OfflineConfig{})
	require.NoError(t, err)
	scan := func(f sandbox.Fault) {
		p.Faults().Next("yimatong.DecodeQRCode", f)
		_, err := decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
		m.Observe(err)
	}
	for range 3 {
		require.False(t, m.Accepting())
		scan(sandbox.Maintenance())
	}
	require.True(t, m.Accepting())
	for _, f := range []sandbox.Fault{sandbox.HTML(400), sandbox.HTML(403), sandbox.HTML(422), sandbox.HTML(502), sandbox.EmptyAnswer(), sandbox.Refuse(zwfw.RateLimited)} {
		scan(f)
		require.True(t, m.Accepting(), f.String())
	}
	scan(sandbox.Refuse(zwfw.CodeExpired))
	require.False(t, m.Accepting(), "the platform itself answers")
}
