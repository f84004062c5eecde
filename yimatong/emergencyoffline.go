package yimatong

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
)

// OfflineState is what an [OfflineMode] takes the line for.
type OfflineState uint8

const (
	// StateOnline: codes go to the platform, emergency codes are refused.
	StateOnline OfflineState = iota
	// StateOffline: the platform is down; emergency codes are accepted.
	StateOffline
	// StateProbing: emergency codes are accepted, and the next call to the platform
	// decides.
	StateProbing
)

// String gives "online", "offline" or "probing".
func (s OfflineState) String() string {
	switch s {
	case StateOnline:
		return "online"
	case StateOffline:
		return "offline"
	case StateProbing:
		return "probing"
	}
	return fmt.Sprintf("state %d", uint8(s))
}

// OfflineConfig says when an [OfflineMode] opens and closes. Zero members mean the
// defaults, which are assumptions.
type OfflineConfig struct {
	Failures int           // failures that open it; default 3
	Within   time.Duration // the time they must fall in; default 30 s

	// Wait is how long the platform is left alone after the last failure; default 60 s.
	Wait time.Duration
	// Probe is how long after that a call is waited for. When none is made, there is no
	// sign of an outage any more and the mode ends. Default 5 min.
	Probe time.Duration

	// Codes open it at once, beside the kind EmergencyAllowed (PY9003, assumption): the
	// platform says itself that emergency codes are welcome. Optional. Case and outer
	// spaces do not matter.
	Codes []string
}

// OfflineMode (离线模式) decides whether emergency codes are accepted: only while the
// platform is down. It opens after some failures in a row or when the platform says so,
// and closes by itself with the first answer. It starts online, keeps nothing on disk,
// starts no goroutine, and is safe for concurrent use.
//
// Report every call of an interface with Observe, but not Ready: that the address answers
// does not mean that the interfaces do, and a gate that polls it would open and close the
// mode in turn. Ask State before a call: in StateOffline the call may be spared. Without the line nothing closes the mode but time:
// whoever cuts the network of a device opens it.
type OfflineMode struct {
	config OfflineConfig
	clock  zwfw.Clock

	mu       sync.Mutex
	failures []time.Time // the last ones, while online
	offline  bool
	last     time.Time // the last failure
}

// NewOfflineMode checks the configuration. Of the options WithClock is read.
func NewOfflineMode(c OfflineConfig, options ...zwfw.Option) (*OfflineMode, error) {
	settings, err := zwfw.NewSettings(options...)
	if err != nil {
		return nil, err
	}
	if c.Failures == 0 {
		c.Failures = 3
	}
	if c.Failures < 1 || c.Failures > 1000 {
		return nil, fmt.Errorf("yimatong: OfflineConfig.Failures must be 1 to 1000, is %d", c.Failures)
	}
	for _, d := range []struct {
		name     string
		value    *time.Duration
		standard time.Duration
	}{{"Within", &c.Within, 30 * time.Second}, {"Wait", &c.Wait, time.Minute}, {"Probe", &c.Probe, 5 * time.Minute}} {
		if err := ecDuration("OfflineConfig."+d.name, d.value, d.standard, time.Second, 24*time.Hour); err != nil {
			return nil, err
		}
	}
	c.Codes = slices.Clone(c.Codes)
	for i, code := range c.Codes {
		if c.Codes[i] = strings.TrimSpace(code); c.Codes[i] == "" {
			return nil, fmt.Errorf("yimatong: OfflineConfig.Codes[%d] is empty: every answer without a code would open the mode", i)
		}
	}
	return &OfflineMode{config: c, clock: settings.Clock}, nil
}

// ecDuration fills in a default and checks the bounds.
func ecDuration(name string, value *time.Duration, standard, least, most time.Duration) error {
	if *value == 0 {
		*value = standard
	}
	if *value < least || *value > most {
		return fmt.Errorf("yimatong: %s must be %v to %v, is %v", name, least, most, *value)
	}
	return nil
}

// Observe takes in how a call to the platform ended: nil or its error.
//
// Upstream and Timeout are failures, sent or not; so is an answer that is not the
// platform's (ProtocolMismatch without a platform's code): a maintenance page, a login
// page of the network. EmergencyAllowed, and each of the configured codes whatever its
// kind, open the mode at once. Success, and any other refusal with a code of the platform,
// close it. All else says nothing about the line: a call that was refused here or
// cancelled, a refusal without a code (a relay's page with status 400, 403 or 422), Busy,
// RateLimited, an odd answer of the platform itself (ProtocolMismatch with a code, or with
// OutcomeDone), and errors of other packages.
func (m *OfflineMode) Observe(err error) {
	var e *zwfw.Error
	if err != nil && !errors.As(err, &e) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	switch {
	case err == nil:
		m.close()
	case e.Kind == zwfw.EmergencyAllowed, slices.ContainsFunc(m.config.Codes, func(c string) bool {
		return strings.EqualFold(c, strings.TrimSpace(e.Code))
	}):
		m.offline, m.last = true, now
	case e.Kind == zwfw.Upstream, e.Kind == zwfw.Timeout:
		m.fail(now)
	case e.Kind == zwfw.ProtocolMismatch:
		if e.Code == "" && e.Outcome != zwfw.OutcomeDone {
			m.fail(now)
		}
	case e.Code != "" && e.Kind != zwfw.Busy && e.Kind != zwfw.RateLimited:
		m.close()
	}
}

func (m *OfflineMode) close() { m.offline, m.failures = false, nil }

func (m *OfflineMode) fail(now time.Time) {
	if m.state(now) != StateOnline {
		m.last = now // the wait begins anew
		return
	}
	// Failures of a clock that was set back since would never leave: they go too.
	m.failures = slices.DeleteFunc(m.failures, func(t time.Time) bool {
		return now.Sub(t) >= m.config.Within || t.After(now)
	})
	m.failures = append(m.failures, now)
	if len(m.failures) >= m.config.Failures {
		m.offline, m.last, m.failures = true, now, nil
	}
}

// State tells what the line is taken for now.
func (m *OfflineMode) State() OfflineState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state(m.clock.Now())
}

func (m *OfflineMode) state(now time.Time) OfflineState {
	if !m.offline {
		return StateOnline
	}
	switch quiet := now.Sub(m.last); {
	case quiet < 0: // the clock was set back: begin the wait anew
		m.last = now
		return StateOffline
	case quiet < m.config.Wait:
		return StateOffline
	case quiet < m.config.Wait+m.config.Probe:
		return StateProbing
	}
	m.close()
	return StateOnline
}

// Accepting reports whether emergency codes are accepted: offline and probing. It is made
// for [EmergencyVerifierConfig].
func (m *OfflineMode) Accepting() bool { return m.State() != StateOnline }
