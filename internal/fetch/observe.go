package fetch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/zwfw-go/zwfw"
)

func (d *download) observe(ctx context.Context, attempt int) (context.Context, func(zwfw.Result)) {
	if d.f.settings.Observer == nil {
		return ctx, func(zwfw.Result) {}
	}
	seen, ended := d.f.settings.Observer.Start(ctx, zwfw.Span{Platform: d.f.config.Platform, Op: d.op, Attempt: attempt})
	if seen != nil {
		ctx = carrying{ctx, seen}
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

func (d *download) result(began time.Time, err *zwfw.Error) zwfw.Result {
	r := zwfw.Result{Duration: d.f.settings.Clock.Now().Sub(began), Attempts: d.attempts, Outcome: zwfw.OutcomeDone, Warnings: d.warnings}
	if d.attempts > 0 {
		r.HTTPStatus = 200
	}
	if err != nil {
		r.Outcome, r.Kind, r.Code, r.HTTPStatus = err.Outcome, err.Kind, zwfw.PrintableCode(err.Code), err.HTTPStatus
	}
	return r
}

func (d *download) logAttempt(ctx context.Context, r zwfw.Result) {
	l := d.f.settings.Logger
	if l == nil || !l.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("platform", d.f.config.Platform), slog.String("op", d.op), slog.Int("attempt", r.Attempts),
		slog.String("outcome", r.Outcome.String()), slog.Duration("duration", r.Duration), slog.Int64("bytes", d.size),
	}
	if r.Kind != "" {
		attrs = append(attrs, slog.String("kind", string(r.Kind)), slog.String("code", r.Code), slog.Int("http", r.HTTPStatus))
	}
	for _, w := range r.Warnings {
		attrs = append(attrs, slog.String("quirk", w.Field+": "+w.Problem))
	}
	l.LogAttrs(ctx, slog.LevelDebug, "zwfw attempt", attrs...)
}

func (d *download) logFailure(ctx context.Context, err *zwfw.Error) {
	if l := d.f.settings.Logger; l != nil && !errors.Is(err, zwfw.Canceled) {
		l.LogAttrs(ctx, slog.LevelWarn, "zwfw call failed", slog.String("platform", err.Platform), slog.String("op", err.Op),
			slog.String("outcome", err.Outcome.String()), slog.String("kind", string(err.Kind)), slog.String("error", err.Error()))
	}
}
