package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/qr"
)

// serve gives numbers until the scans end or ctx does.
func serve(ctx context.Context, o options, w world) int {
	m, err := newMachine(ctx, o, w)
	if err != nil {
		w.complain("%v", err)
		return exitError
	}
	source, err := openScans(o, w)
	if err == nil {
		var end func()
		if end, err = m.answerOperators(o.data); err == nil {
			m.stops = append(m.stops, end)
		}
	}
	if err != nil {
		_, _ = m.release()
		w.complain("%v", err)
		return exitError
	}
	err = m.work(ctx, source, o.wait)
	left, failed := m.release()
	if left.Pending > 0 {
		w.say("还有 %d 张号票未上报，已存好，下次启动后继续。 Left to report: %d; kept, and sent after the next start.", left.Pending, left.Pending)
	} else {
		w.say("号票已全部上报。 No ticket is left to report.")
	}
	if left.Letters > 0 {
		w.say("另有 %d 张未能上报，用 failed 查看。 Given up: %d; see failed.", left.Letters, left.Letters)
	}
	switch err = errors.Join(err, failed); {
	case err != nil:
		w.complain("%v", err)
		return exitError
	case left.Pending > 0 && ctx.Err() == nil:
		return exitLeft
	}
	return exitOK
}

// work reports in the background while it serves one scan after the other.
func (m *machine) work(ctx context.Context, source io.ReadCloser, wait time.Duration) error {
	if n, err := m.reporter.Pending(ctx); err == nil && n > 0 {
		m.say("上次留下 %d 张号票待上报。 Left to report by the last run: %d.", n, n)
	}
	if _, err := m.client.Ready(ctx); err != nil { // learns the platform's time, too
		a := zwfw.AdviceFor(err)
		m.say("%s %s\n    %v", a.Staff.ZH, a.Staff.EN, err)
	}
	reporting := make(chan error, 1)
	go func() { reporting <- m.reporter.Run(context.WithoutCancel(ctx)) }() // release ends it
	m.say("请扫码（Ctrl-C 停止）。 Ready for scans; Ctrl-C stops.")
	scans := make(chan scan)
	go read(ctx, source, scans)
	defer source.Close()
	for {
		select {
		case <-ctx.Done():
			m.say("正在停止。 Stopping.")
			return nil
		case err := <-reporting:
			return fmt.Errorf("reports have ended: %w", err)
		case s, ok := <-scans:
			switch {
			case !ok:
				return m.drain(ctx, wait)
			case errors.Is(s.err, qr.ErrScanTooLong):
				m.say("读到的内容过长，已忽略。 A scan was too long and is ignored.")
			case s.err != nil:
				return s.err
			default:
				m.take(context.WithoutCancel(ctx), s.text)
			}
		}
	}
}

type scan struct {
	text string
	err  error
}

// read may stay in a blocked Read until the program ends.
func read(ctx context.Context, source io.Reader, scans chan<- scan) {
	defer close(scans)
	for text, err := range qr.ReadScans(source) {
		select {
		case scans <- scan{text, err}:
		case <-ctx.Done():
			return
		}
	}
}

// drain waits until all is reported, but not for ever.
func (m *machine) drain(ctx context.Context, most time.Duration) error {
	const look = 50 * time.Millisecond
	for waited := time.Duration(0); waited < most; waited += look {
		n, err := m.reporter.Pending(ctx)
		if err != nil || n == 0 {
			return err
		}
		if m.clock.Sleep(ctx, look) != nil {
			return nil
		}
	}
	return nil
}

// openScans opens where scans come from. A picture is one scan.
func openScans(o options, w world) (io.ReadCloser, error) {
	switch {
	case o.picture != "":
		data, err := os.ReadFile(o.picture)
		if err != nil {
			return nil, err
		}
		code, err := qr.Decode(data)
		if err != nil {
			return nil, fmt.Errorf("-picture %s: %w", o.picture, err)
		}
		return oneScan(code.Text), nil
	case o.scans != "":
		f, err := os.Open(o.scans)
		if err != nil {
			return nil, err
		}
		info, err := f.Stat()
		if err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return struct {
				io.Reader
				io.Closer
			}{device{f}, f}, nil
		}
		return f, err
	}
	return io.NopCloser(w.in), nil
}

// device has no end: a port whose read timed out says EOF. One that says nothing else
// has gone, which ReadScans finds out.
type device struct{ io.Reader }

func (d device) Read(p []byte) (int, error) {
	n, err := d.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// oneScan is a source that holds one code.
func oneScan(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
