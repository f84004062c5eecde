// Package marker is for the tests that plant personal data and secrets and look for them
// in whatever leaves the module beside the requests.
package marker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/zwfw-go/zwfw"
)

// Notebook collects log lines, spans, printed errors and printed values.
type Notebook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the notebook: it is the place that loggers write to.
func (n *Notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

// Start notes a span.
func (n *Notebook) Start(ctx context.Context, s zwfw.Span) (context.Context, func(zwfw.Result)) {
	return ctx, func(r zwfw.Result) { _, _ = fmt.Fprintf(n, "%+v %+v\n", s, r) }
}

// Options make a client write everything it can into the notebook.
func (n *Notebook) Options() []zwfw.Option {
	handler := slog.NewJSONHandler(n, &slog.HandlerOptions{Level: slog.LevelDebug})
	return []zwfw.Option{zwfw.WithObserver(n), zwfw.WithLogger(slog.New(handler))}
}

// Note prints a call's value and error in every way a program prints them.
func (n *Notebook) Note(value any, err error) {
	_, _ = fmt.Fprintf(n, "%v %+v %#v %s %d %v\n", value, value, value, value, value, err)
	if data, failed := json.Marshal(value); failed == nil {
		_, _ = n.Write(data)
	}
	slog.New(slog.NewTextHandler(n, nil)).Info("value", "value", value)
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		_, _ = fmt.Fprintf(n, "%v %+v %#v\n", cause, cause, cause)
	}
	if err != nil {
		_, _ = fmt.Fprintf(n, "%+v\n", zwfw.AdviceFor(err))
	}
}

// Check fails the test when a marker is found, or when hardly anything was noted.
func (n *Notebook) Check(tb testing.TB, markers ...string) {
	tb.Helper()
	n.mu.Lock()
	text := n.text.String()
	n.mu.Unlock()
	const least = 20 << 10
	if len(text) < least {
		tb.Errorf("only %d bytes were noted", len(text))
	}
	for _, marker := range markers {
		if marker == "" {
			tb.Error("an empty marker proves nothing")
		}
		if at := strings.Index(text, marker); at >= 0 && marker != "" {
			tb.Errorf("found %q in: …%s…", marker, text[max(0, at-300):min(len(text), at+100)])
		}
	}
}
