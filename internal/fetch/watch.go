package fetch

import (
	"errors"
	"io"
	"time"
)

// minProgress is what must arrive in each idle time: a byte now and then is no download.
const minProgress = 4 << 10

var (
	errSlow = errors.New("the file does not come: too little arrives")
	errHead = errors.New("the answer does not begin")
)

// watch ends an exchange that stands still. It counts only while something is awaited
// from the line: a slow disk is not the server's fault.
type watch struct {
	idle    time.Duration
	left    time.Duration // of the present idle time
	arrived int
	end     func(error)
}

func newWatch(idle time.Duration, end func(error)) *watch {
	return &watch{idle: idle, left: idle, end: end}
}

// head waits for the beginning of the answer.
func (w *watch) head(limit time.Duration) (arrived func()) {
	timer := time.AfterFunc(limit, func() { w.end(errHead) })
	return func() { timer.Stop() }
}

// lineError is a failure of the line, as against one of what came over it.
type lineError struct{ error }

func (e lineError) Unwrap() error { return e.error }

// watched is a body whose reads are watched. Its errors are io.EOF and lineError, and
// the first one stays.
type watched struct {
	*watch
	body io.Reader
	err  error
}

func (w *watched) Read(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	began := time.Now()
	timer := time.AfterFunc(w.left, func() { w.end(errSlow) })
	n, err := w.body.Read(p)
	timer.Stop()
	w.left -= time.Since(began)
	if w.arrived += n; w.arrived >= minProgress {
		w.arrived, w.left = 0, w.idle
	}
	w.left = max(w.left, time.Nanosecond) // a timer that fired late
	if err != nil && err != io.EOF {
		err = lineError{err}
	}
	w.err = err
	return n, err
}
