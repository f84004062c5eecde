package qr_test

import (
	"errors"
	"io"
	"iter"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

// port delivers its fragments one for each read, as a serial port does, then
// the error, for ever; an empty fragment is a timeout.
type port struct {
	fragments []string
	err       error
	reads     int
}

func (p *port) Read(b []byte) (int, error) {
	p.reads++
	if len(p.fragments) == 0 {
		return 0, p.err
	}
	n := copy(b, p.fragments[0])
	p.fragments[0] = p.fragments[0][n:]
	if p.fragments[0] == "" {
		p.fragments = p.fragments[1:]
	}
	return n, nil
}

// all collects a sequence; a scan that was too long stands as "!".
func all(seq iter.Seq2[string, error]) (scans []string, last error) {
	for text, err := range seq {
		switch {
		case errors.Is(err, qr.ErrScanTooLong):
			scans = append(scans, "!"+text)
		case err != nil:
			last = errors.Join(last, err)
		default:
			scans = append(scans, text)
		}
	}
	return scans, last
}

func TestReadScans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		fragments []string
		opts      []qr.ScanOption
		want      []string
	}{
		{"fragments are joined", []string{"2812", "3456", "", "7890\r"}, nil, []string{"281234567890"}},
		{"CR, LF, CRLF and Tab end a scan", []string{"A\rB\nC\r\nD\t"}, nil, []string{"A", "B", "C", "D"}},
		{"CRLF cut by the port counts once", []string{"A\r", "\nB\r", "\n"}, nil, []string{"A", "B"}},
		{"empty scans are left out", []string{"\r\n\r\n \x00 \r\n]Q1\r\nA\r\n"}, nil, []string{"A"}},
		{"the last scan needs no terminator", []string{"A\rB"}, nil, []string{"A", "B"}},
		{"each scan is normalised", []string{"\ufeff]Q1 a B== \x03\r"}, nil, []string{"a B=="}},
		{"a character cut by the port is joined", []string{"\xe6\x94", "\xbf\r"}, nil, []string{"政"}},
		{"an endless scan is refused and the next is whole", []string{strings.Repeat("x", 9000), strings.Repeat("x", 9000) + "\rA\r"}, nil, []string{"!", "A"}},
		{"a limit of the caller's", []string{"ABCDE\rABCD\r"}, []qr.ScanOption{qr.WithMaxScan(4)}, []string{"!", "ABCD"}},
		{"terminators of the caller's", []string{"A\tB;C"}, []qr.ScanOption{qr.WithTerminators(";")}, []string{"A\tB", "C"}},
		{"a vendor's prefix is taken off once", []string{"YKAYKA1\r]Q1YKU2\rXYKA3\rYKA\r"}, []qr.ScanOption{qr.WithPrefixes("YKA", "YKU")}, []string{"YKA1", "2", "XYKA3"}},
		{"no prefix is known by itself", []string{"YKA1\r"}, nil, []string{"YKA1"}},
		{"nothing", nil, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := all(qr.ReadScans(&port{fragments: tt.fragments, err: io.EOF}, tt.opts...))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestReadScansIsTheSameHoweverTheStreamIsCut(t *testing.T) {
	t.Parallel()
	const stream = "]Q1政务\r\n" + sample + "\t\t  ABC==\n" + "last"
	want := []string{"政务", sample, "ABC==", "last"}
	for name, r := range map[string]io.Reader{
		"whole":                  strings.NewReader(stream),
		"byte by byte":           iotest.OneByteReader(strings.NewReader(stream)),
		"halves":                 iotest.HalfReader(strings.NewReader(stream)),
		"end with the last data": iotest.DataErrReader(strings.NewReader(stream)),
	} {
		got, err := all(qr.ReadScans(r))
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}

func TestReadScansYieldsAReadErrorOnceAtTheEnd(t *testing.T) {
	t.Parallel()
	gone := errors.New("device is gone")
	p := &port{fragments: []string{"A\rcut"}, err: gone}
	got, err := all(qr.ReadScans(p))
	require.Equal(t, []string{"A"}, got, "a scan cut by the fault is no scan")
	require.ErrorIs(t, err, gone)
	require.EqualError(t, err, "qr: read scans: device is gone")
}

func TestReadScansSaysNothingOfARefusedScan(t *testing.T) {
	t.Parallel()
	for text, err := range qr.ReadScans(strings.NewReader("secret7731\r"), qr.WithMaxScan(8)) {
		require.Empty(t, text)
		require.ErrorIs(t, err, qr.ErrScanTooLong)
		require.ErrorContains(t, err, "at most 8")
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestReadScansStopsWhenTheConsumerDoes(t *testing.T) {
	t.Parallel()
	p := &port{fragments: []string{"A\rB\rC\r", "D\r"}, err: io.EOF}
	for text, err := range qr.ReadScans(p) {
		require.NoError(t, err)
		require.Equal(t, "A", text)
		break
	}
	require.Equal(t, 1, p.reads, "nothing is read after the break")
	rest, err := all(qr.ReadScans(p))
	require.NoError(t, err)
	require.Equal(t, []string{"D"}, rest)
}

// endless never sends a terminator, and fails after n bytes.
type endless struct{ left int }

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for i := range b {
		b[i] = 'x'
	}
	e.left -= len(b)
	return len(b), nil
}

// Not parallel: it counts what the whole process allocates.
func TestReadScansHoldsLittleOfAnEndlessStream(t *testing.T) {
	allocated := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			got, err := all(qr.ReadScans(&endless{left: 1 << 20}))
			if err != nil || len(got) != 1 || got[0] != "!" {
				b.Fatal(got, err)
			}
		}
	}).AllocedBytesPerOp()
	require.Positive(t, allocated)
	require.Less(t, allocated, int64(32<<10), "a megabyte without terminator")
}

// slow answers every read with nothing after its timeout, then with a scan.
type slow struct {
	timeouts int
	timeout  time.Duration
}

func (s *slow) Read(b []byte) (int, error) {
	if s.timeouts--; s.timeouts >= 0 {
		time.Sleep(s.timeout) // the bubble's clock, not the wall's
		return 0, nil
	}
	return copy(b, "A"), io.EOF
}

func TestReadScansWaitsOutASerialPortsTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, err := all(qr.ReadScans(&slow{timeouts: 5000, timeout: 100 * time.Millisecond}))
		require.NoError(t, err)
		require.Equal(t, []string{"A"}, got)
	})
}

func TestReadScansGivesUpOnAReaderThatNeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got, err := all(qr.ReadScans(&port{fragments: []string{"A\r"}}))
		require.Equal(t, []string{"A"}, got)
		require.ErrorIs(t, err, io.ErrNoProgress)
	})
}

func TestReadScansRefusesWrongSettings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		r    io.Reader
		opt  qr.ScanOption
		says string
	}{
		"nil reader":           {nil, qr.WithMaxScan(1), "reader is nil"},
		"limit 0":              {strings.NewReader("A"), qr.WithMaxScan(0), "longest scan is 0 bytes"},
		"no terminators":       {strings.NewReader("A"), qr.WithTerminators(""), "no terminators"},
		"letter as terminator": {strings.NewReader("A"), qr.WithTerminators("\rQ"), "terminator 2"},
		"empty prefix":         {strings.NewReader("A"), qr.WithPrefixes("YKA", ""), "prefix 2"},
		"nil option":           {strings.NewReader("A"), nil, "option is nil"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scans, err := all(qr.ReadScans(tt.r, tt.opt))
			require.Empty(t, scans)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestNormalizeIsWhatScansGet(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a B==", qr.Normalize("\ufeff]Q1 a B== \r\n"))
}
