package main

import (
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		limit      int
		lines      []string
	}{
		{"short text stays", "号票有效", 8, []string{"号票有效"}},
		{"Chinese breaks between characters", "请使用身份证取号", 8, []string{"请使用身", "份证取号"}},
		{"a comma does not begin a line", "号票有效，请留意", 8, []string{"号票有", "效，请留", "意"}},
		{"a bracket does not end a line", "号票有（一）号", 8, []string{"号票有", "（一）号"}},
		{"English breaks between words", "one two three", 7, []string{"one two", "three"}},
		{"a word keeps together beside Chinese", "请到 A001 窗口", 8, []string{"请到", "A001 窗", "口"}},
		{"a long word stands alone", "a bbbbbbbbbb c", 4, []string{"a", "bbbbbbbbbb", "c"}},
		{"nothing is a line", "", 4, []string{""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.lines, fill(c.text, c.limit))
		})
	}
}

func TestNoSingleCharacterStandsOnTheLastLine(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"请群众在手机上刷新后再", "扫一次。"}, wrap("请群众在手机上刷新后再扫一次。", 26))
}

func TestColumnsCountChineseAsTwo(t *testing.T) {
	t.Parallel()
	require.Equal(t, 12, columns("号票 A001（1"))
	require.Equal(t, "号票  ", pad("号票", 6))
	require.Equal(t, " 号票 ", centre("号票", 6))
	require.Equal(t, "号票", centre("号票", 2))
}

func TestSerialLineDeliversEverythingInPieces(t *testing.T) {
	t.Parallel()
	line := &serialLine{rest: []byte("0123456789"), piece: 4}
	got, err := io.ReadAll(iotest.DataErrReader(line))
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(got))
	require.Equal(t, 3, line.sent)
}
