package codetext

import (
	"fmt"
	"strings"
)

// DefaultTerminators end a code: the suffixes that scanners are delivered
// with. CR LF counts once, because an empty code is dropped.
const DefaultTerminators = "\r\n\t"

// Scan is one code as the device sent it, or the error that stands in its
// place. Exactly one of the two is set.
type Scan struct {
	Text string // as sent, without terminator and not normalised
	Err  error  // an [*Error] with ErrTooLong
}

// Splitter joins the fragments a serial port or keyboard wedge delivers and
// cuts them into codes (拼接与切分). It holds at most the length limit, however
// long the stream. Build one with [NewSplitter] for each device; it is not
// safe for concurrent use.
type Splitter struct {
	terminators string
	limit       int
	pending     []byte
	skipping    bool // the code in hand was refused; wait for its terminator
}

// NewSplitter returns a Splitter for codes of at most limit bytes (0 means
// [DefaultMax]), ended by any one byte of terminators ("" means
// [DefaultTerminators]). It refuses a negative limit and terminators that
// occur in code text: letters, digits, and bytes outside ASCII.
func NewSplitter(limit int, terminators string) (*Splitter, error) {
	if limit < 0 {
		return nil, fmt.Errorf("codetext: limit is %d, expected 0 or more", limit)
	}
	if limit == 0 {
		limit = DefaultMax
	}
	if terminators == "" {
		terminators = DefaultTerminators
	}
	for i := range len(terminators) {
		if b := terminators[i]; isLetter(b) || isDigit(b) || b >= 0x80 {
			return nil, fmt.Errorf("codetext: terminator %d is byte %#02x, expected an ASCII control or punctuation character", i+1, b)
		}
	}
	return &Splitter{terminators: terminators, limit: limit}, nil
}

// Feed takes the next bytes of the device and returns the codes they complete,
// in order; often none. A code that passes the limit yields one error at once,
// and its rest up to the next terminator is discarded; the codes after it are
// whole. chunk is not kept.
func (s *Splitter) Feed(chunk []byte) []Scan {
	var scans []Scan
	for len(chunk) > 0 {
		n := s.indexTerminator(chunk)
		ended := n >= 0
		if !ended {
			n = len(chunk)
		}
		if scan, ok := s.add(chunk[:n]); ok {
			scans = append(scans, scan)
		}
		if !ended {
			return scans
		}
		if scan, ok := s.Flush(); ok {
			scans = append(scans, scan)
		}
		chunk = chunk[n+1:]
	}
	return scans
}

// Flush ends the code in hand as a terminator would and returns it; ok is
// false when there is none. Call it at the end of the input, or after a pause
// when a scanner sends no suffix.
func (s *Splitter) Flush() (scan Scan, ok bool) {
	s.skipping = false
	if len(s.pending) == 0 {
		return Scan{}, false
	}
	scan.Text = string(s.pending)
	s.drop()
	return scan, true
}

func (s *Splitter) add(part []byte) (Scan, bool) {
	if s.skipping {
		return Scan{}, false
	}
	length := len(s.pending) + len(part)
	if length > s.limit {
		s.skipping = true
		s.drop()
		return Scan{Err: &Error{Problem: ErrTooLong, Length: length, Limit: s.limit}}, true
	}
	s.pending = append(s.pending, part...)
	return Scan{}, false
}

// drop wipes the buffer: what it held is worth a citizen's signature.
func (s *Splitter) drop() {
	clear(s.pending)
	s.pending = s.pending[:0]
}

func (s *Splitter) indexTerminator(chunk []byte) int {
	for i, b := range chunk {
		if strings.IndexByte(s.terminators, b) >= 0 {
			return i
		}
	}
	return -1
}
