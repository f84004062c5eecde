package codetext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/codetext"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain text is unchanged", "281234567890123456", "281234567890123456"},
		{"CR suffix is removed", "ABC\r", "ABC"},
		{"LF suffix is removed", "ABC\n", "ABC"},
		{"CRLF suffix is removed", "ABC\r\n", "ABC"},
		{"Tab suffix is removed", "ABC\t", "ABC"},
		{"spaces at both ends are removed", "  ABC  ", "ABC"},
		{"full-width and no-break spaces at the ends are removed", "\u3000\u00a0ABC\u3000", "ABC"},
		{"byte order mark is removed", "\ufeffABC", "ABC"},
		{"NULs at both ends are removed", "\x00\x00ABC\x00", "ABC"},
		{"control characters at both ends are removed", "\x02ABC\x03\x7f\u0085", "ABC"},
		{"Unicode line separators at the ends are removed", "\u2028ABC\u2029", "ABC"},
		{"AIM identifier is dropped", "]Q1ABC", "ABC"},
		{"AIM identifier behind a mark and spaces is dropped", "\ufeff ]Q3ABC", "ABC"},
		{"white space behind the AIM identifier is removed", "]Q1\ufeff ABC\r", "ABC"},
		{"AIM modifier may be a letter", "]eAABC", "ABC"},
		{"only the first AIM identifier is the scanner's", "]Q1]Q1ABC", "]Q1ABC"},
		{"AIM identifier alone is no code", "]Q1\r\n", ""},
		{"bracket without a letter stays", "]11ABC", "]11ABC"},
		{"bracket without a modifier stays", "]Q-ABC", "]Q-ABC"},
		{"short text with a bracket stays", "]Q", "]Q"},
		{"AIM identifier inside stays", "A]Q1BC", "A]Q1BC"},
		{"inner spaces and case stay", " aB  cD ", "aB  cD"},
		{"inner control characters stay for Check to refuse", "A\r\nB", "A\r\nB"},
		{"equals signs stay", "QUJD==\r", "QUJD=="},
		{"vendor prefix stays", "YKA123", "YKA123"},
		{"Chinese stays", "政务服务码 一", "政务服务码 一"},
		{"bytes that are not UTF-8 stay", "\xd5\xfe", "\xd5\xfe"},
		{"nothing stays nothing", "", ""},
		{"white space alone is nothing", " \r\n\t\x00\ufeff", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, codetext.Normalize(tt.in))
		})
	}
}

func FuzzNormalize(f *testing.F) {
	f.Fuzz(func(t *testing.T, s string) {
		once := codetext.Normalize(s)
		require.Contains(t, s, once, "a normalised text is a part of what came in")
		if utf8.ValidString(s) {
			require.True(t, utf8.ValidString(once))
		}
		require.Equal(t, once, strings.TrimSpace(once))
		twice := codetext.Normalize(once)
		if !strings.HasPrefix(once, "]") {
			require.Equal(t, once, twice)
		}
		if codetext.Check(once, 0) == nil {
			require.Equal(t, once, codetext.Normalize("\ufeff]Q1"+once+"\r\n"))
		}
	})
}
