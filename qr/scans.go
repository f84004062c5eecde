package qr

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw/internal/codetext"
)

// DefaultMaxScan is the longest scan in bytes: more than a QR code holds of
// free text (2,953), so that only a stuck key or glued scans pass it.
const DefaultMaxScan = codetext.DefaultMax

// readSize is one read of the device; at 115200 baud a third of a second.
const readSize = 4096

// A serial port answers "nothing" after its timeout, which is no fault. A
// reader that does so a hundred times within a moment does not wait at all
// and would keep a processor busy for ever.
const (
	maxIdleReads = 100
	idleMoment   = 10 * time.Millisecond
)

// Normalize (归一) removes what scanners and shells put around a code: byte
// order marks, NULs, white space, line ends and control characters at both
// ends, and one leading AIM identifier such as "]Q1". Inner characters, case
// and '=' stay as they are.
func Normalize(s string) string { return codetext.Normalize(s) }

// ScanOption changes how [ReadScans] cuts its input.
type ScanOption func(*scanSettings) error

type scanSettings struct {
	terminators string
	limit       int
	prefixes    []string
}

// WithTerminators sets the bytes that end a scan, each of them by itself;
// CR, LF and Tab without it. Letters, digits and bytes beyond ASCII are
// refused.
func WithTerminators(set string) ScanOption {
	return func(s *scanSettings) error {
		if set == "" {
			return errors.New("no terminators given, expected at least one")
		}
		s.terminators = set
		return nil
	}
}

// WithMaxScan sets the longest scan in bytes, from 1; [DefaultMaxScan] without
// it.
func WithMaxScan(bytes int) ScanOption {
	return func(s *scanSettings) error {
		if bytes < 1 {
			return fmt.Errorf("longest scan is %d bytes, expected 1 or more", bytes)
		}
		s.limit = bytes
		return nil
	}
}

// WithPrefixes names what this scanner puts before every code of a kind, such
// as "YKA" and "WDM" (public practice of vendors: three letters); it is taken
// off, once, behind an AIM identifier if there is one. None is known without
// it, because a code may begin with the same letters.
func WithPrefixes(prefixes ...string) ScanOption {
	return func(s *scanSettings) error {
		for i, p := range prefixes {
			if p == "" || codetext.Normalize(p) != p {
				return fmt.Errorf("prefix %d is empty or has what is trimmed off, expected letters as the scanner sends them", i+1)
			}
		}
		s.prefixes = append(s.prefixes, prefixes...)
		return nil
	}
}

func applyScans(opts []ScanOption) (s scanSettings, split *codetext.Splitter, err error) {
	for _, opt := range opts {
		if opt == nil {
			return s, nil, errNilOption
		}
		if err := opt(&s); err != nil {
			return s, nil, err
		}
	}
	split, err = codetext.NewSplitter(s.limit, s.terminators)
	return s, split, err
}

// clean is what a scan says without what the scanner added.
func (s scanSettings) clean(scan string) string {
	text := codetext.Normalize(scan)
	for _, p := range s.prefixes {
		if rest, ok := strings.CutPrefix(text, p); ok {
			return codetext.Normalize(rest)
		}
	}
	return text
}

// ReadScans reads codes from a scanner (扫码输入): a serial or virtual COM
// port, a keyboard wedge, a file. Fragments are joined, codes are split at
// CR, LF, CR LF and Tab, each is normalised as by [Normalize], and empty ones
// are left out. What stands after the last terminator when r ends is a code
// too.
//
// A scan over the limit yields an error for [ErrScanTooLong] as soon as it
// passes the limit, its rest is discarded, and reading goes on with the next:
// treat it as a bad scan, not as the end. A failed read and a refused option
// yield their error once, as the last pair; io.EOF ends the sequence without
// one. Memory is bounded by the limit, however long r sends no terminator.
//
// The caller owns r: ReadScans does not close it, and a blocked Read ends only
// when the caller closes r. An empty read (a serial port's timeout) is waited
// out. After a break, bytes already read and not yet yielded are lost.
func ReadScans(r io.Reader, opts ...ScanOption) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		settings, split, err := applyScans(opts)
		if err == nil && r == nil {
			err = errors.New("reader is nil")
		}
		if err != nil {
			yield("", fmt.Errorf("qr: read scans: %w", err))
			return
		}
		buf := make([]byte, readSize)
		// The buffer may live long after this; codes should not.
		defer clear(buf)
		var idle idleReads
		for {
			n, err := r.Read(buf)
			for _, scan := range split.Feed(buf[:n]) {
				if !settings.yield(scan, yield) {
					return
				}
			}
			if err == nil && idle.stuck(n) {
				err = io.ErrNoProgress
			}
			switch {
			case err == nil:
			case errors.Is(err, io.EOF):
				if last, ok := split.Flush(); ok {
					settings.yield(last, yield)
				}
				return
			default:
				// A code cut by a fault of the line is not a code.
				yield("", fmt.Errorf("qr: read scans: %w", err))
				return
			}
		}
	}
}

func (s scanSettings) yield(scan codetext.Scan, yield func(string, error) bool) bool {
	if scan.Err != nil {
		return yield("", fmt.Errorf("qr: read scans: %w", scan.Err))
	}
	text := s.clean(scan.Text)
	return text == "" || yield(text, nil)
}

// idleReads counts empty reads in a row and when they began.
type idleReads struct {
	count int
	since time.Time
}

func (i *idleReads) stuck(n int) bool {
	if n > 0 {
		i.count = 0
		return false
	}
	if i.count == 0 {
		i.since = time.Now() // only measured, never shown
	}
	i.count++
	if i.count < maxIdleReads {
		return false
	}
	i.count = 0
	return time.Since(i.since) < idleMoment
}
