package codetext_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/codetext"
)

func TestCheckAcceptsCodes(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"one byte":                "1",
		"payment digits":          "281234567890123456",
		"health card":             strings.Repeat("0123456789ABCDEF", 4) + ":1",
		"URL":                     "https://example.cn/c?t=a+b/c==&x=%E4%B8%80",
		"inner spaces":            "a b  c",
		"Chinese":                 "政务服务码",
		"emoji":                   "码😀",
		"replacement character":   "a\ufffdb",
		"as long as the limit is": strings.Repeat("a", codetext.DefaultMax),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, codetext.Check(text, codetext.DefaultMax))
		})
	}
}

func TestCheckRefusesAndSaysWhy(t *testing.T) {
	t.Parallel()
	const marker = "SECRET7731"
	long := strings.Repeat(marker, 1000)
	tests := []struct {
		name string
		text string
		max  int
		want codetext.Error
		says string
	}{
		{"empty text", "", 0, codetext.Error{Problem: codetext.ErrEmpty, Limit: 4096}, "1 to 4096 bytes"},
		{"10 kB of text", long, 0, codetext.Error{Problem: codetext.ErrTooLong, Length: 10000, Limit: 4096}, "at most 4096"},
		{"one byte over a limit of the caller's", marker, 9, codetext.Error{Problem: codetext.ErrTooLong, Length: 10, Limit: 9}, "at most 9"},
		{"a negative limit means the default", long, -1, codetext.Error{Problem: codetext.ErrTooLong, Length: 10000, Limit: 4096}, "at most 4096"},
		{"GBK bytes", marker + "\xd5\xfe", 0, codetext.Error{Problem: codetext.ErrNotUTF8, Length: 12, Limit: 4096, Offset: 10}, "at byte 10, expected UTF-8"},
		{"cut character", marker + "政"[:2], 0, codetext.Error{Problem: codetext.ErrNotUTF8, Length: 12, Limit: 4096, Offset: 10}, "expected UTF-8"},
		{"inner CR", marker + "\r" + marker, 0, codetext.Error{Problem: codetext.ErrControl, Length: 21, Limit: 4096, Offset: 10, Char: '\r'}, "U+000D at byte 10"},
		{"trailing LF", marker + "\n", 0, codetext.Error{Problem: codetext.ErrControl, Length: 11, Limit: 4096, Offset: 10, Char: '\n'}, "U+000A"},
		{"NUL", "\x00" + marker, 0, codetext.Error{Problem: codetext.ErrControl, Length: 11, Limit: 4096, Offset: 0, Char: 0}, "U+0000 at byte 0"},
		{"DEL", marker + "\x7f", 0, codetext.Error{Problem: codetext.ErrControl, Length: 11, Limit: 4096, Offset: 10, Char: 0x7f}, "U+007F"},
		{"C1", "一\u0085", 0, codetext.Error{Problem: codetext.ErrControl, Length: 5, Limit: 4096, Offset: 3, Char: 0x85}, "U+0085"},
		{"line separator", marker + "\u2028", 0, codetext.Error{Problem: codetext.ErrControl, Length: 13, Limit: 4096, Offset: 10, Char: 0x2028}, "U+2028"},
		{"paragraph separator", marker + "\u2029", 0, codetext.Error{Problem: codetext.ErrControl, Length: 13, Limit: 4096, Offset: 10, Char: 0x2029}, "printable characters only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := codetext.Check(tt.text, tt.max)
			require.ErrorIs(t, err, tt.want.Problem)
			var got *codetext.Error
			require.ErrorAs(t, err, &got)
			require.Equal(t, tt.want, *got)
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, err.Error(), marker)
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func FuzzCheck(f *testing.F) {
	f.Fuzz(func(t *testing.T, s string, max int) {
		err := codetext.Check(s, max)
		if err != nil {
			var typed *codetext.Error
			require.ErrorAs(t, err, &typed)
			require.NotNil(t, typed.Problem)
			return
		}
		require.NotEmpty(t, s)
		require.True(t, utf8.ValidString(s))
		require.NotContains(t, s, "\n")
		if max > 0 {
			require.LessOrEqual(t, len(s), max)
		} else {
			require.LessOrEqual(t, len(s), codetext.DefaultMax)
		}
	})
}
