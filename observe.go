package zwfw

import (
	"context"
	"time"
)

// Observer is told when an operation and each of its attempts begin and end:
// enough for spans, metrics or log lines. No value of a request or an answer
// reaches it.
//
//	func (o spans) Start(ctx context.Context, s zwfw.Span) (context.Context, func(zwfw.Result)) {
//	        ctx, span := o.tracer.Start(ctx, s.Platform+"."+s.Op)
//	        return ctx, func(r zwfw.Result) { span.SetStatus(…, r.Outcome.String()); span.End() }
//	}
//
// Start may be called from many goroutines at once. The returned context is used
// for the work; the returned function, which may be nil, is called exactly once.
type Observer interface {
	Start(ctx context.Context, s Span) (context.Context, func(Result))
}

// Span names what begins.
type Span struct {
	Platform string // "lutong"
	Op       string // "VerifyCode"
	Attempt  int    // 0 for the operation as a whole, 1 and up for its attempts
}

// Result says how it ended.
type Result struct {
	Duration   time.Duration
	Outcome    Outcome
	Kind       Kind   // "" when done
	Code       string // the platform's code, cleaned as in Error.Error
	RequestID  string
	HTTPStatus int
	Attempts   int           // attempts made, for the operation as a whole
	Offset     time.Duration // clock offset in use: platform time minus local time
	Warnings   []Warning     // quirks of an accepted answer
}

// Warning tells of an accepted answer that was not as the dialect describes it.
// It names the member, never its value.
type Warning struct {
	Field   string
	Problem string
}
