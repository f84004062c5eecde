package zwfw

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Error is the error of every call. Error() is one line made of our own words: no
// platform text, header, body, secret or personal datum.
//
// errors.Is(err, zwfw.CodeExpired) compares the Kind; errors.Is also sees wrapped
// causes such as context.DeadlineExceeded.
type Error struct {
	Platform string // "lutong"
	Op       string // "VerifyCode"
	Where    string // host of the platform, "" when no attempt was made
	Kind     Kind
	Outcome  Outcome
	Sent     bool // the request may have left this machine

	Code       string       // the platform's own code, untouched
	Text       PlatformText // the platform's own words; prints masked
	Data       Raw          // what a refusal brought as data, as it arrived; prints its size
	RequestID  string       // the platform's request id, or ours when it gave none
	HTTPStatus int          // 0 when no answer arrived

	Field      string        // the field or setting that was refused locally
	Expected   string        // what was expected of it, or what went wrong
	SettledBy  string        // the query that settles an unknown outcome; "" when there is none
	RetryAfter time.Duration // how long the platform asks to wait; 0 when it did not say
	Attempts   int           // attempts made

	// ClockOffset, with ClockSkew, is the platform's time minus this machine's; 0 when
	// the platform did not tell its time.
	ClockOffset time.Duration

	Err error // the cause, without the address or any value

	advice AdviceBook
	code   CodeName
}

// Error gives one line: what was attempted, where, and what came back.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Platform)
	if e.Op != "" {
		b.WriteString(" " + e.Op)
	}
	if e.Where != "" {
		b.WriteString(" at " + e.Where)
	}
	b.WriteString(": ")
	switch {
	case e.Outcome == OutcomeDone:
		b.WriteString("done, but ")
	case e.Outcome == OutcomeUnknown:
		b.WriteString("outcome unknown, ")
	case !e.Sent:
		b.WriteString("not sent, ")
	default:
		b.WriteString("refused, ")
	}
	b.WriteString(e.Kind.Error())
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	if e.Expected != "" {
		b.WriteString(": " + e.Expected)
	}
	if c := PrintableCode(e.Code); c != "" {
		b.WriteString(" [" + c + "]")
	}
	if e.HTTPStatus != 0 && e.HTTPStatus != 200 {
		fmt.Fprintf(&b, " (HTTP %d)", e.HTTPStatus)
	}
	if id := PrintableCode(e.RequestID); id != "" {
		b.WriteString(" request " + id)
	}
	if e.Outcome == OutcomeUnknown && e.Op != "" {
		if e.SettledBy != "" {
			b.WriteString("; " + e.SettledBy + " settles it")
		} else {
			b.WriteString("; no query settles it")
		}
	}
	return b.String()
}

// GoString gives the line of Error for %#v: the fields hold the platform's code as it
// arrived.
func (e *Error) GoString() string { return e.Error() }

// MarshalJSON writes what a log may hold.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{
		"platform": e.Platform, "op": e.Op, "kind": e.Kind, "outcome": e.Outcome.String(), "sent": e.Sent, "http": e.HTTPStatus,
		"code": PrintableCode(e.Code), "request": PrintableCode(e.RequestID), "field": e.Field, "attempts": e.Attempts, "error": e.Error(),
	})
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is this error's Kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// KindOf gives the Kind of an error of this module, "" for any other.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// OutcomeOf says what an error leaves behind: OutcomeDone for nil, the error's own
// outcome for an [*Error], OutcomeUnknown for any other error.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeDone
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Outcome
	}
	return OutcomeUnknown
}

// PrintableCode gives a code or request id if it is safe to print: at most 64 of
// A-Z a-z 0-9 . _ : - of which no part has the form of a document or telephone
// number. Anything else gives "": a platform may put a whole sentence, or a citizen,
// into its code.
func PrintableCode(code string) string {
	if len(code) > 64 {
		return ""
	}
	start := 0
	for i := 0; i <= len(code); i++ {
		if i < len(code) && isAlphanumeric(code[i]) {
			continue
		}
		if i < len(code) && strings.IndexByte("._:-", code[i]) < 0 || personalNumber(code[start:i]) {
			return ""
		}
		start = i + 1
	}
	return code
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// personalNumber tells the lengths of telephone numbers (11, or 13 with 86) and of
// citizens' numbers (15, or 18 with a digit or x at the end).
func personalNumber(token string) bool {
	digits := strings.TrimRight(token, "xX")
	if strings.Trim(digits, "0123456789") != "" {
		return false
	}
	switch len(token) {
	case 11, 15, 18:
		return true
	case 13:
		return strings.HasPrefix(token, "86")
	}
	return false
}

// Problem builds the local refusal of a field: nothing was sent, the field and
// what was expected of it are named. The platform packages use it; callers that
// wrap them may too.
func Problem(platform, op, field, expected string) *Error {
	return &Error{Platform: platform, Op: op, Kind: BadRequest, Outcome: OutcomeRefused, Field: field, Expected: expected}
}
