package dock

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
)

// Engine calls the operations of one platform for one caller. It is immutable but for
// the learned clock, and safe for concurrent use.
type Engine struct {
	manifest Manifest
	dialect  *zwfw.Dialect
	party    Party
	bases    map[string]*url.URL
	settings *zwfw.Settings
	ops      map[string]*operation
	uses     []use
	random   *lockedReader
	sender   *sender
	budget   *budget
	limiter  *limiter
	breaker  *breaker
	clock    *clock
	closed   atomic.Bool
}

// Meta is what a successful call brings beside its data.
type Meta struct {
	RequestID string
	Raw       zwfw.Raw // the data as it arrived
	Warnings  []zwfw.Warning
	Received  time.Time // on the platform's clock
}

// attemptTimeout keeps room for a second attempt within the usual fifteen seconds.
const attemptTimeout = 8 * time.Second

// New joins manifest, party and settings. Whatever is wrong with them is said here,
// with the setting's name, and never at the first call in a hall.
func New(m Manifest, p Party, s *zwfw.Settings) (*Engine, error) {
	dialect, err := resolve(m, s.Dialect)
	if err != nil {
		return nil, err
	}
	e := &Engine{manifest: m, dialect: dialect, party: p, settings: s, random: &lockedReader{src: s.Random}}
	if e.bases, err = parseBases(p, m.Platform); err != nil {
		return nil, err
	}
	if err := checkCreds(p, m.Platform); err != nil {
		return nil, err
	}
	c := compiler{manifest: m, dialect: dialect, party: p, bases: e.bases, side: caller, random: e.random, weak: s.WeakCrypto != ""}
	if err := c.missing(); err != nil {
		return nil, err
	}
	if e.ops, err = c.operations(); err != nil {
		return nil, err
	}
	e.uses = c.uses
	if err := e.refuseWeak(); err != nil {
		return nil, err
	}
	e.sender = newSender(s)
	e.clock = &clock{now: s.Clock.Now}
	e.budget, e.limiter = newBudget(), newLimiter(s.Limit, s.Clock)
	e.breaker = &breaker{clock: s.Clock, policy: s.Breaker}
	return e, nil
}

// refuseWeak refuses what can be forged or broken unless somebody signed for it.
func (e *Engine) refuseWeak() error {
	if e.settings.WeakCrypto != "" {
		return nil
	}
	for _, use := range e.uses {
		for _, entry := range use.report() {
			if entry.Grade != crypto.Weak {
				continue
			}
			what := entry.Suite
			if suite, _ := crypto.FindSuite(entry.Suite); suite.Grade != crypto.Weak {
				what = fmt.Sprintf("%s with an %s key of %d bits (2048 are needed)", entry.Suite, entry.KeyKind, entry.KeyBits)
			}
			return fmt.Errorf("%s: dialect %s: %s uses %s, which is weak; accept it with zwfw.WithWeakCrypto(reason) or ask the platform for a better one",
				e.manifest.Platform, e.dialect.Name, use.where, what)
		}
	}
	return nil
}

// Now is the platform's time as far as it is known.
func (e *Engine) Now() time.Time { return e.clock.Now() }

// Offset is platform time minus local time, zero until one was learned.
func (e *Engine) Offset() time.Duration { return e.clock.Offset() }

// Dialect gives a copy of the resolved dialect.
func (e *Engine) Dialect() *zwfw.Dialect { return e.dialect.Clone() }

// Timeout is how long an operation may take in all.
func (e *Engine) Timeout(op string) time.Duration {
	if e.settings.Timeout > 0 {
		return e.settings.Timeout
	}
	return e.ops[op].Timeout
}

// CryptoReport lists what signs and seals here, each once.
func (e *Engine) CryptoReport() crypto.Report {
	var report crypto.Report
	for _, use := range e.uses {
		for _, entry := range use.report() {
			if !slices.Contains(report, entry) {
				report = append(report, entry)
			}
		}
	}
	return report
}

// Close makes later calls fail with Closed and drops idle connections. Calls under way
// go on. It may be called again.
func (e *Engine) Close() error {
	e.closed.Store(true)
	e.sender.close()
	return nil
}

// Call runs one operation: in and out are pointers to the structs of its manifest;
// out may be nil. The error is always a *zwfw.Error.
func (e *Engine) Call(ctx context.Context, op string, in, out any) (Meta, error) {
	o, err := e.find(op)
	if err != nil {
		return Meta{}, e.finish(err, op)
	}
	return e.run(ctx, o, e.Timeout(op), func(ctx, parent context.Context, refused zwfw.Secret) result {
		return e.attempt(ctx, parent, o, refused, in, out)
	})
}

func (e *Engine) find(op string) (*operation, *zwfw.Error) {
	o := e.ops[op]
	refuse := func(kind zwfw.Kind, why string) *zwfw.Error {
		return &zwfw.Error{Kind: kind, Outcome: zwfw.OutcomeRefused, Expected: why}
	}
	switch {
	case e.closed.Load():
		return nil, refuse(zwfw.Closed, "")
	case o == nil:
		return nil, refuse(zwfw.NotSupported, "dialect "+e.dialect.Name+" has no such operation")
	case o.missing != "":
		return nil, refuse(zwfw.NotSupported, o.missing)
	}
	return o, nil
}

// result is one attempt's.
type result struct {
	meta     Meta
	err      *zwfw.Error
	measured measured
	offset   time.Duration // clock offset that the attempt was signed with
	token    zwfw.Secret   // token that it was sent with
	final    bool          // another attempt makes no sense now
}

// run repeats attempts as the operation's class allows.
func (e *Engine) run(parent context.Context, o *operation, timeout time.Duration, attempt func(ctx, parent context.Context, refused zwfw.Secret) result) (Meta, error) {
	ctx, ended := e.observe(parent, zwfw.Span{Platform: e.manifest.Platform, Op: o.Name})
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := e.settings.Clock.Now()
	healed := make(map[zwfw.Kind]bool)
	unsettled := false // an earlier attempt may have had its effect
	var refused zwfw.Secret
	for n := 1; ; n++ {
		r := e.attemptOnce(ctx, parent, o, n, refused, attempt)
		if n == 1 && !unanswered(r.err) {
			e.budget.refund()
		}
		if r.err == nil {
			ended(e.observed(began, n, r))
			return r.meta, nil
		}
		r.err.Attempts, r.err.Where = n, o.url.Host
		pause, again := e.again(ctx, o, r, n, healed)
		if unsettled && o.Class != Read {
			// What came last says nothing of what an earlier attempt may have done.
			r.err.Sent = true
			if r.err.Outcome == zwfw.OutcomeRefused {
				r.err.Outcome = zwfw.OutcomeUnknown
			}
		}
		unsettled = r.err.Outcome == zwfw.OutcomeUnknown
		if again && e.settings.Clock.Sleep(ctx, pause) == nil {
			refused = zwfw.Secret{}
			if r.err.Kind == zwfw.TokenInvalid {
				refused = r.token
			}
			continue
		}
		if again && errors.Is(parent.Err(), context.Canceled) {
			r.err.Kind, r.err.Err = zwfw.Canceled, context.Canceled
		}
		if e.closed.Load() {
			e.sender.close() // the connection of a call that Close did not wait for
		}
		err := e.finish(r.err, o.Name)
		ended(e.observed(began, n, r))
		e.logFailure(ctx, err)
		return Meta{}, err
	}
}

func (e *Engine) attemptOnce(ctx, parent context.Context, o *operation, n int, refused zwfw.Secret, attempt func(ctx, parent context.Context, refused zwfw.Secret) result) result {
	limit := e.settings.AttemptTimeout
	if limit == 0 {
		limit = attemptTimeout
	}
	ctx, ended := e.observe(ctx, zwfw.Span{Platform: e.manifest.Platform, Op: o.Name, Attempt: n})
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := e.settings.Clock.Now()
	r := e.guarded(ctx, parent, refused, attempt)
	seen := e.observed(began, n, r)
	ended(seen)
	e.logAttempt(ctx, o.Name, n, seen)
	return r
}

// guarded lets an attempt through breaker and limit.
func (e *Engine) guarded(ctx, parent context.Context, refused zwfw.Secret, attempt func(ctx, parent context.Context, refused zwfw.Secret) result) result {
	if !e.breaker.allow() {
		return result{final: true, err: &zwfw.Error{Kind: zwfw.Upstream, Outcome: zwfw.OutcomeRefused, Expected: "the breaker is open: the platform did not answer lately"}}
	}
	leave, err := e.limiter.enter(ctx)
	if err != nil {
		return result{final: true, err: err}
	}
	defer leave()
	r := attempt(ctx, parent, refused)
	canceled := r.err != nil && (r.err.Kind == zwfw.Canceled || !r.err.Sent && !unanswered(r.err))
	e.breaker.report(!unanswered(r.err), canceled)
	return r
}

// again decides whether a failed attempt is followed by another, and after what
// pause.
func (e *Engine) again(ctx context.Context, o *operation, r result, n int, healed map[zwfw.Kind]bool) (time.Duration, bool) {
	moved := r.err.Kind == zwfw.ClockSkew && e.learnClock(r)
	if r.final || ctx.Err() != nil || o.Retry == "never" || e.closed.Load() {
		return 0, false
	}
	// A refusal that precedes any effect is healed and resent once, in every class.
	if r.err.Outcome == zwfw.OutcomeRefused && r.err.Sent && !healed[r.err.Kind] {
		switch r.err.Kind {
		case zwfw.ClockSkew:
			healed[zwfw.ClockSkew] = true
			return 0, moved
		case zwfw.TokenInvalid:
			healed[zwfw.TokenInvalid] = true
			// A citizen's token is the caller's to renew, and one that never changes nobody's.
			_, fixed := e.party.Token.(StaticToken)
			return 0, o.token && !fixed
		case zwfw.Busy:
			healed[zwfw.Busy] = true
			return e.pause(ctx, r.err, n, busyPauses*e.settings.Retry.BaseDelay)
		}
	}
	if n >= e.settings.Retry.MaxAttempts || !repeatable(o, r.err) || !e.budget.spend() {
		return 0, false
	}
	return e.pause(ctx, r.err, n, 0)
}

// busyPauses is how many base delays a platform that is busy with the same thing gets, a
// second by default.
const busyPauses = 5

// learnClock takes the platform's time from its refusal. When that is no help, the
// error says by how much the clocks differ.
func (e *Engine) learnClock(r result) bool {
	moved := e.clock.correct(r.measured, r.offset)
	if r.measured.known && !moved {
		skewed(r.err, r.measured)
	}
	return moved
}

// repeatable: what never left may be sent by every class; what may have left only
// where a second arrival does no harm.
func repeatable(o *operation, err *zwfw.Error) bool {
	switch err.Kind {
	case zwfw.Upstream, zwfw.Timeout:
		return !err.Sent || o.Class != OneShot
	case zwfw.RateLimited:
		return o.Class != OneShot
	}
	return false
}

// pause is full jitter, or what the platform asks for when that is longer. A pause
// that outlasts the call is none: the answer at hand is better than a late one.
func (e *Engine) pause(ctx context.Context, err *zwfw.Error, n int, least time.Duration) (time.Duration, bool) {
	retry := e.settings.Retry
	top := min(retry.BaseDelay<<min(n-1, 16), retry.MaxDelay)
	pause := max(rand.N(top+1), min(max(err.RetryAfter, least), retry.MaxDelay))
	deadline, ok := ctx.Deadline()
	return pause, !ok || pause < time.Until(deadline)
}

// finish completes an error with what only the engine knows.
func (e *Engine) finish(err *zwfw.Error, op string) *zwfw.Error {
	err.Platform, err.Op = e.manifest.Platform, op
	if o := e.ops[op]; o != nil && err.Outcome == zwfw.OutcomeUnknown {
		err.SettledBy = o.SettledBy
	}
	return err.WithTexts(e.settings.Advice, e.manifest.CodeName)
}

// Refuse makes the client's own refusal of a field, finished like every other error.
func (e *Engine) Refuse(op, field, expected string) *zwfw.Error {
	return e.finish(zwfw.Problem(e.manifest.Platform, op, field, expected), op)
}

// Useless makes the error of an answer that says done and that only the client can tell
// to be of no use: the span of the call has ended as done. Where the answer alone shows it,
// its struct is [Checked].
func (e *Engine) Useless(op string, m Meta, field, problem string) *zwfw.Error {
	return e.finish(&zwfw.Error{
		Kind: zwfw.ProtocolMismatch, Outcome: zwfw.OutcomeDone, Sent: true, RequestID: m.RequestID, Field: field, Expected: problem,
		Data: m.Raw, HTTPStatus: 200, Attempts: 1,
	}, op)
}

// Lifetime turns the seconds that a platform gives into a time on its clock. No number,
// or one that no token lives for, gives the zero time, the second with a warning: some
// platforms mean milliseconds or a date.
func (m *Meta) Lifetime(field string, seconds int64) time.Time {
	const most = 10 * 365 * 24 * 3600
	switch {
	case seconds <= 0:
		return time.Time{}
	case seconds > most:
		m.Warnings = append(m.Warnings, zwfw.Warning{Field: field, Problem: "is no number of seconds that a token lives"})
		return time.Time{}
	}
	return m.Received.Round(0).Add(time.Duration(seconds) * time.Second)
}

func (e *Engine) observe(ctx context.Context, s zwfw.Span) (context.Context, func(zwfw.Result)) {
	if e.settings.Observer == nil {
		return ctx, func(zwfw.Result) {}
	}
	observed, ended := e.settings.Observer.Start(ctx, s)
	if observed != nil {
		ctx = carrying{ctx, observed}
	}
	if ended == nil {
		ended = func(zwfw.Result) {}
	}
	return ctx, ended
}

// carrying takes an observer's values and nothing else of its context: the call's own
// deadline and cancellation hold.
type carrying struct {
	context.Context
	values context.Context
}

func (c carrying) Value(key any) any {
	if v := c.values.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}

func (e *Engine) observed(began time.Time, n int, r result) zwfw.Result {
	seen := zwfw.Result{
		Duration: e.settings.Clock.Now().Sub(began), Attempts: n, Offset: e.clock.Offset(),
		Outcome: zwfw.OutcomeDone, RequestID: zwfw.PrintableCode(r.meta.RequestID), Warnings: r.meta.Warnings, HTTPStatus: 200,
	}
	if r.err != nil {
		seen.Outcome, seen.Kind, seen.HTTPStatus = r.err.Outcome, r.err.Kind, r.err.HTTPStatus
		seen.Code, seen.RequestID = zwfw.PrintableCode(r.err.Code), zwfw.PrintableCode(r.err.RequestID)
	}
	return seen
}

func (e *Engine) logAttempt(ctx context.Context, op string, n int, r zwfw.Result) {
	if l := e.settings.Logger; l != nil && l.Enabled(ctx, slog.LevelDebug) {
		attrs := []slog.Attr{
			slog.String("platform", e.manifest.Platform), slog.String("op", op), slog.Int("attempt", n),
			slog.String("outcome", r.Outcome.String()), slog.Duration("duration", r.Duration), slog.String("request", r.RequestID),
		}
		if r.Kind != "" {
			attrs = append(attrs, slog.String("kind", string(r.Kind)), slog.String("code", r.Code), slog.Int("http", r.HTTPStatus))
		}
		for _, w := range r.Warnings {
			attrs = append(attrs, slog.String("quirk", w.Field+": "+w.Problem))
		}
		l.LogAttrs(ctx, slog.LevelDebug, "zwfw attempt", attrs...)
	}
}

func (e *Engine) logFailure(ctx context.Context, err *zwfw.Error) {
	if l := e.settings.Logger; l != nil && !errors.Is(err, zwfw.Canceled) {
		l.LogAttrs(ctx, slog.LevelWarn, "zwfw call failed", slog.String("platform", err.Platform), slog.String("op", err.Op),
			slog.String("outcome", err.Outcome.String()), slog.String("kind", string(err.Kind)), slog.String("error", err.Error()))
	}
}
