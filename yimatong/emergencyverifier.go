package yimatong

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/codetext"
)

// EmergencyScene is one use a device accepts emergency codes for.
type EmergencyScene struct {
	Name       string         // what the record calls it; 1 to 64 bytes
	Scope      EmergencyScope // exactly one bit: the scope a code must have
	MaxPerHour int            // codes accepted in any 60 minutes; required, above zero
}

// EmergencyVerifierConfig is what a device needs to accept emergency codes. Durations of
// zero mean the defaults, which are assumptions.
type EmergencyVerifierConfig struct {
	Device string           // the device's number, for the record; 1 to 64 bytes
	Scenes []EmergencyScene // at least one
	Keys   EmergencyKeySet  // of the issuer; see LoadEmergencyKeys
	Record *EmergencyRecord // where accepted codes are written down

	// Accepting tells whether emergency codes are accepted now: OfflineMode.Accepting.
	Accepting func() bool

	// ClockSure tells whether the device's clock can be trusted: it was set by the platform
	// or a time server since the machine started. nil means that it always can.
	ClockSure func() bool

	Skew        time.Duration // allowance at both ends of a code's and a key's life; default 2 min
	UnsureSkew  time.Duration // the same while the clock is unsure; default 15 min
	MaxKeyAge   time.Duration // since the keys were refreshed; default 72 h
	MaxValidity time.Duration // the longest life of a code that is accepted; default 7 days

	// Keep is how long used codes are kept past their end and UnsureSkew; default 24 h. At
	// least 1 h, and at least UnsureSkew and Skew together: a clock that is wrong by what is
	// allowed must not bring a code back that was forgotten.
	Keep time.Duration
}

// EmergencyVerifier accepts emergency codes (应急码) on a device without a line. It
// proves that an issuer gave the code, to somebody, for this scene and time, and that
// this device has not accepted it before. It does not tell who shows the code.
// It is safe for concurrent use and starts no goroutine.
type EmergencyVerifier struct {
	config EmergencyVerifierConfig
	scenes map[string]EmergencyScene
	keys   atomic.Pointer[ecKeys]
	clock  zwfw.Clock
	voice  ecVoice
}

// EmergencyScan is a code to verify.
type EmergencyScan struct {
	Code  zwfw.CodeText // the scanned text; scanner prefix, line ends and outer spaces go
	Scene string        // the Name of a configured scene
}

// EmergencyAcceptance is an accepted code, and what the record holds of it.
type EmergencyAcceptance struct {
	Code EmergencyCode
	Use  EmergencyUse
}

// NewEmergencyVerifier checks the configuration. Of the options WithClock and WithAdvice
// are read. The key set is taken whatever its age: the clock may not be set yet.
func NewEmergencyVerifier(c EmergencyVerifierConfig, options ...zwfw.Option) (*EmergencyVerifier, error) {
	settings, err := zwfw.NewSettings(options...)
	if err != nil {
		return nil, err
	}
	v := &EmergencyVerifier{clock: settings.Clock, voice: newECVoice("EmergencyVerify", settings.Advice)}
	if v.scenes, err = c.check(); err != nil {
		return nil, err
	}
	keys, err := newECKeys(c.Keys)
	if err != nil {
		return nil, fmt.Errorf("yimatong: EmergencyVerifierConfig.Keys: %w", err)
	}
	v.keys.Store(keys)
	c.Scenes, c.Keys = nil, EmergencyKeySet{}
	v.config = c
	c.Record.serve(c.UnsureSkew + c.Keep)
	return v, nil
}

// check fills in the defaults and gives the scenes by name.
func (c *EmergencyVerifierConfig) check() (map[string]EmergencyScene, error) {
	switch {
	case !ecName(c.Device):
		return nil, errors.New("yimatong: EmergencyVerifierConfig.Device must have 1 to 64 bytes")
	case len(c.Scenes) == 0:
		return nil, errors.New("yimatong: EmergencyVerifierConfig.Scenes is empty")
	case c.Record == nil:
		return nil, errors.New("yimatong: EmergencyVerifierConfig.Record is required: what is not written down is not accepted")
	case c.Accepting == nil:
		return nil, errors.New("yimatong: EmergencyVerifierConfig.Accepting is required; give OfflineMode.Accepting")
	}
	const year = 366 * 24 * time.Hour
	for _, d := range []struct {
		name                  string
		value                 *time.Duration
		standard, least, most time.Duration
	}{
		{"Skew", &c.Skew, 2 * time.Minute, time.Second, time.Hour},
		{"UnsureSkew", &c.UnsureSkew, 15 * time.Minute, time.Second, 24 * time.Hour},
		{"MaxKeyAge", &c.MaxKeyAge, 72 * time.Hour, time.Minute, year},
		{"MaxValidity", &c.MaxValidity, 7 * 24 * time.Hour, time.Second, MaxEmergencyValidity},
		{"Keep", &c.Keep, 24 * time.Hour, time.Hour, year},
	} {
		if err := ecDuration("EmergencyVerifierConfig."+d.name, d.value, d.standard, d.least, d.most); err != nil {
			return nil, err
		}
	}
	if c.UnsureSkew < c.Skew {
		return nil, errors.New("yimatong: EmergencyVerifierConfig.UnsureSkew must not be shorter than Skew")
	}
	if least := c.UnsureSkew + c.Skew; c.Keep < least {
		return nil, fmt.Errorf("yimatong: EmergencyVerifierConfig.Keep must be at least UnsureSkew and Skew together, %v, is %v", least, c.Keep)
	}
	scenes := make(map[string]EmergencyScene)
	for i, s := range c.Scenes {
		switch _, twice := scenes[s.Name]; {
		case !ecName(s.Name):
			return nil, fmt.Errorf("yimatong: EmergencyVerifierConfig.Scenes[%d].Name must have 1 to 64 bytes", i)
		case twice:
			return nil, fmt.Errorf("yimatong: EmergencyVerifierConfig.Scenes[%d].Name stands there twice", i)
		case s.Scope == 0 || s.Scope&(s.Scope-1) != 0:
			return nil, fmt.Errorf("yimatong: EmergencyVerifierConfig.Scenes[%d].Scope must be exactly one bit", i)
		case s.MaxPerHour < 1:
			return nil, fmt.Errorf("yimatong: EmergencyVerifierConfig.Scenes[%d].MaxPerHour must be above zero", i)
		}
		scenes[s.Name] = s
	}
	return scenes, nil
}

func ecName(name string) bool { return name != "" && len(name) <= ecMaxName }

// SetKeys puts a newer key set in the place of the present one; verifications under way
// are not disturbed. Do it daily, and when it succeeds save the set with
// SaveEmergencyKeys. A set is refused whose time Refreshed is ahead of this device's clock
// by more than Skew, or UnsureSkew while the clock is unsure; so is one older than the
// present one, unless the present one is itself so far ahead of a clock that is sure.
func (v *EmergencyVerifier) SetKeys(set EmergencyKeySet) error {
	keys, err := newECKeys(set)
	if err != nil {
		return fmt.Errorf("yimatong: SetKeys: %w", err)
	}
	now := v.now()
	if ahead := keys.ahead(now); ahead > now.skew {
		return fmt.Errorf("yimatong: SetKeys: EmergencyKeySet.Refreshed is %v ahead of this device's clock, %v are allowed", ahead, now.skew)
	}
	for {
		present := v.keys.Load()
		usable := !now.sure || present.ahead(now) <= now.skew
		if usable && keys.refreshed.Before(present.refreshed) {
			return errors.New("yimatong: SetKeys: the set is older than the one in use")
		}
		if v.keys.CompareAndSwap(present, keys) {
			return nil
		}
	}
}

// Verify accepts a code and writes it down, or refuses it. It needs no network. The
// checks stand in docs/emergency-code.md in their order; nothing of a code's content is
// judged before its signature.
//
// Error.Field tells the reasons of one kind apart. Errors: EmergencyInvalid (Mode: not
// accepted now, the platform is up; Signature; KeyID: no such key; Keys: too old;
// Validity: too long; Record: cannot be written, or has forgotten codes of that time and
// cannot tell whether this one was used), CodeMalformed, CodeTypeUnsupported
// (Version), CodeExpired (Code, or KeyID: the key's time is over), CodeNotYetValid (Code,
// KeyID), CodeUsed, SceneDenied (Scene: not configured; Scope: not this code's),
// ClockSkew, LimitReached (Scene: the hour's count, with RetryAfter; Record: full),
// Canceled, Closed. The outcome is always OutcomeRefused: nothing was accepted.
func (v *EmergencyVerifier) Verify(ctx context.Context, scan EmergencyScan) (*EmergencyAcceptance, error) {
	accepted, refusal := v.verify(ctx, scan)
	if refusal != nil {
		return nil, v.voice.finish(refusal)
	}
	return accepted, nil
}

func (v *EmergencyVerifier) verify(ctx context.Context, scan EmergencyScan) (*EmergencyAcceptance, *zwfw.Error) {
	if err := ctx.Err(); err != nil {
		return nil, ecBecause(zwfw.Canceled, "", "", err)
	}
	if !v.config.Accepting() {
		return nil, ecRefuse(zwfw.EmergencyInvalid, "Mode", "the platform is up: the normal code is needed")
	}
	scene, ok := v.scenes[scan.Scene]
	if !ok {
		return nil, ecRefuse(zwfw.SceneDenied, "Scene", "is not configured for emergency codes")
	}
	p, now, refusal := v.examine(scan.Code, scene.Scope)
	if refusal != nil {
		return nil, refusal
	}
	code := p.code()
	entry := &ecEntry{used: p.used(), hash: p.hash(), end: code.Expires().Unix()}
	entry.Device, entry.Scene, entry.Time, entry.ClockSure = v.config.Device, scene.Name, now.at, now.sure
	entry.name()
	if err := ctx.Err(); err != nil {
		return nil, ecBecause(zwfw.Canceled, "", "", err)
	}
	if refusal := v.config.Record.accept(entry, ecLimits{scene.MaxPerHour, v.config.UnsureSkew}); refusal != nil {
		return nil, refusal
	}
	return &EmergencyAcceptance{Code: code, Use: entry.EmergencyUse}, nil
}

// ecNow is the device's time and how far it can be trusted.
type ecNow struct {
	at   time.Time
	sure bool
	skew time.Duration
}

func (v *EmergencyVerifier) now() ecNow {
	n := ecNow{at: time.UnixMilli(v.clock.Now().UnixMilli()), sure: true, skew: v.config.Skew}
	if v.config.ClockSure != nil && !v.config.ClockSure() {
		n.sure, n.skew = false, v.config.UnsureSkew
	}
	return n
}

// examine checks all that can be told of a code without the record. What it says of the
// content it says after the signature.
func (v *EmergencyVerifier) examine(code zwfw.CodeText, scope EmergencyScope) (p ecPayload, now ecNow, refusal *zwfw.Error) {
	p, signature, ok := ecRead(codetext.Normalize(code.Reveal()))
	if !ok {
		return p, now, ecRefuse(zwfw.CodeMalformed, "Code", "is no emergency code of format EC1")
	}
	keys := v.keys.Load()
	now = v.now()
	if refusal := keys.fresh(now, v.config.MaxKeyAge); refusal != nil {
		return p, now, refusal
	}
	key, refusal := keys.find(&p, now)
	if refusal != nil {
		return p, now, refusal
	}
	if !key.verify(p.signed(), &signature) {
		return p, now, ecRefuse(zwfw.EmergencyInvalid, "Signature", "does not match the issuer's key")
	}
	return p, now, v.content(p.code(), now, scope)
}

// ahead tells by how much the keys are younger than the clock says that it is.
func (k *ecKeys) ahead(now ecNow) time.Duration { return k.refreshed.Sub(now.at) }

// fresh holds the clock against the moment the keys came, and their age against the limit.
func (k *ecKeys) fresh(now ecNow, most time.Duration) *zwfw.Error {
	ahead := k.ahead(now)
	if ahead > now.skew {
		refusal := ecRefuse(zwfw.ClockSkew, "Clock", "is behind the moment the keys were refreshed")
		refusal.ClockOffset = ahead
		return refusal
	}
	if -ahead > most {
		return ecRefuse(zwfw.EmergencyInvalid, "Keys", fmt.Sprintf("were refreshed longer than %v ago; the device must go on line", most))
	}
	return nil
}

func (k *ecKeys) find(p *ecPayload, now ecNow) (*ecKey, *zwfw.Error) {
	key := k.byID[p.keyID()]
	switch {
	case p.version() != ecVersionP256 && p.version() != ecVersionSM2:
		return nil, ecRefuse(zwfw.CodeTypeUnsupported, "Version", "is not 1 (P-256) or 2 (SM2)")
	case key == nil:
		return nil, ecRefuse(zwfw.EmergencyInvalid, "KeyID", "names no key of this device; refresh the keys")
	case key.version != p.version():
		return nil, ecRefuse(zwfw.EmergencyInvalid, "KeyID", "names a key of the other algorithm")
	case !key.NotBefore.IsZero() && now.at.Add(now.skew).Before(key.NotBefore):
		return nil, ecRefuse(zwfw.CodeNotYetValid, "KeyID", "names a key whose time has not begun")
	case !key.NotAfter.IsZero() && now.at.Add(-now.skew).After(key.NotAfter):
		return nil, ecRefuse(zwfw.CodeExpired, "KeyID", "names a key whose time is over; the citizen must go on line")
	}
	return key, nil
}

func (v *EmergencyVerifier) content(c EmergencyCode, now ecNow, scope EmergencyScope) *zwfw.Error {
	switch {
	case c.Validity <= 0 || c.Validity > MaxEmergencyValidity || c.Scope == 0:
		return ecRefuse(zwfw.CodeMalformed, "Code", "is signed, but outside the format: validity 1 s to 31 days, scope not empty")
	case c.Validity > v.config.MaxValidity:
		return ecRefuse(zwfw.EmergencyInvalid, "Validity", fmt.Sprintf("is longer than the %v this device accepts", v.config.MaxValidity))
	case now.at.Add(now.skew).Before(c.NotBefore):
		return ecRefuse(zwfw.CodeNotYetValid, "Code", "begins later")
	case !now.at.Add(-now.skew).Before(c.Expires()):
		return ecRefuse(zwfw.CodeExpired, "Code", "is over")
	case c.Scope&scope == 0:
		return ecRefuse(zwfw.SceneDenied, "Scope", "does not hold this scene")
	}
	return nil
}
