package codetext_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/codetext"
)

func newSplitter(t *testing.T, limit int, terminators string) *codetext.Splitter {
	t.Helper()
	s, err := codetext.NewSplitter(limit, terminators)
	require.NoError(t, err)
	return s
}

// scan feeds the chunks and flushes; an error stands as "!" in the result.
func scan(s *codetext.Splitter, chunks ...string) []string {
	var got []string
	take := func(scans ...codetext.Scan) {
		for _, one := range scans {
			if one.Err != nil {
				one.Text += "!"
			}
			got = append(got, one.Text)
		}
	}
	for _, chunk := range chunks {
		take(s.Feed([]byte(chunk))...)
	}
	if last, ok := s.Flush(); ok {
		take(last)
	}
	return got
}

func TestSplitter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		limit       int
		terminators string
		chunks      []string
		want        []string
	}{
		{"fragments are joined", 0, "", []string{"AB", "CD", "E\r"}, []string{"ABCDE"}},
		{"a character cut by the port is joined", 0, "", []string{"\xe6\x94", "\xbf\r"}, []string{"政"}},
		{"codes in one chunk are split", 0, "", []string{"A\rB\nC\tD\r\n"}, []string{"A", "B", "C", "D"}},
		{"CRLF counts once", 0, "", []string{"A\r\nB\r\n"}, []string{"A", "B"}},
		{"CRLF cut by the port counts once", 0, "", []string{"A\r", "\nB\r", "\n"}, []string{"A", "B"}},
		{"empty codes are dropped", 0, "", []string{"\r\r\n\t\tA\n\n\n"}, []string{"A"}},
		{"last code without terminator is flushed", 0, "", []string{"A\rB"}, []string{"A", "B"}},
		{"nothing gives nothing", 0, "", []string{"", ""}, nil},
		{"text is not normalised", 0, "", []string{" ]Q1A \r"}, []string{" ]Q1A "}},
		{"a code as long as the limit is whole", 4, "", []string{"ABCD\r"}, []string{"ABCD"}},
		{"too long in one chunk, next is whole", 4, "", []string{"ABCDE\rF\r"}, []string{"!", "F"}},
		{"too long in fragments, next is whole", 4, "", []string{"ABC", "DEF", "GHI", "JK\r", "L\r"}, []string{"!", "L"}},
		{"too long and CRLF is one error", 4, "", []string{"ABCDE\r\nF\r\n"}, []string{"!", "F"}},
		{"too long at the end is one error", 4, "", []string{"ABCDE"}, []string{"!"}},
		{"each too long code has its own error", 1, "", []string{"AB\rCD\rE"}, []string{"!", "!", "E"}},
		{"given terminators replace the default", 0, ";", []string{"A\tB;C;"}, []string{"A\tB", "C"}},
		{"several given terminators", 0, "\x03;", []string{"A\x03B;"}, []string{"A", "B"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, scan(newSplitter(t, tt.limit, tt.terminators), tt.chunks...))
		})
	}
}

func TestSplitterErrorIsTypedAndSilentAboutTheText(t *testing.T) {
	t.Parallel()
	scans := newSplitter(t, 8, "").Feed([]byte("SECRET7731\r"))
	require.Len(t, scans, 1)
	require.Empty(t, scans[0].Text)
	require.ErrorIs(t, scans[0].Err, codetext.ErrTooLong)
	require.NotContains(t, scans[0].Err.Error(), "SECRET")
	require.ErrorContains(t, scans[0].Err, "at most 8")
}

func TestSplitterReportsAnEndlessCodeBeforeItsTerminator(t *testing.T) {
	t.Parallel()
	s := newSplitter(t, 0, "")
	chunk := []byte(strings.Repeat("x", 1024))
	var failed int
	for range 1024 {
		failed += len(s.Feed(chunk))
	}
	require.Equal(t, 1, failed)
	require.Equal(t, []string{"A"}, scan(s, "\rA"))
}

func TestSplitterKeepsNoCallersBytes(t *testing.T) {
	t.Parallel()
	s := newSplitter(t, 0, "")
	chunk := []byte("ABC")
	s.Feed(chunk)
	clear(chunk)
	require.Equal(t, []string{"ABC"}, scan(s))
}

func TestNewSplitterRefusesWrongSettings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		limit       int
		terminators string
		says        string
	}{
		"negative limit":           {-1, "", "limit is -1"},
		"letter as terminator":     {0, "\rQ", "terminator 2"},
		"digit as terminator":      {0, "1", "terminator 1"},
		"character beyond ASCII":   {0, "。", "terminator 1"},
		"limit before terminators": {-5, "Q", "limit is -5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := codetext.NewSplitter(tt.limit, tt.terminators)
			require.Nil(t, s)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func FuzzSplitter(f *testing.F) {
	f.Fuzz(func(t *testing.T, stream []byte, cut, limit uint8) {
		whole := scan(newSplitter(t, int(limit), ""), string(stream))
		var chunks []string
		for rest := stream; len(rest) > 0; {
			n := min(int(cut)%7+1, len(rest))
			chunks = append(chunks, string(rest[:n]))
			rest = rest[n:]
		}
		require.Equal(t, whole, scan(newSplitter(t, int(limit), ""), chunks...),
			"where the port cuts the stream makes no difference")
		for _, code := range whole {
			require.NotEmpty(t, code)
			require.NotContains(t, code, "\r")
			require.LessOrEqual(t, len(code), codetext.DefaultMax)
		}
	})
}
