package qr_test

import (
	"image"
	"image/color"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

// screen paints terminal output as a terminal would, 4 pixels a module.
func screen(t *testing.T, text string, background, ink byte) *image.Gray {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	width := len([]rune(lines[0]))
	img := image.NewGray(image.Rect(0, 0, 4*width, 8*len(lines)))
	for i := range img.Pix {
		img.Pix[i] = background
	}
	for row, line := range lines {
		cells := []rune(line)
		require.Len(t, cells, width, "every line is as wide")
		for col, cell := range cells {
			require.Contains(t, "█▀▄ ", string(cell))
			for half, painted := range []bool{cell == '█' || cell == '▀', cell == '█' || cell == '▄'} {
				for i := range 16 {
					if painted {
						img.SetGray(4*col+i%4, 8*row+4*half+i/4, color.Gray{Y: ink})
					}
				}
			}
		}
	}
	return img
}

func TestTerminalShowsAReadableCode(t *testing.T) {
	t.Parallel()
	dark, err := qr.Terminal(sample)
	require.NoError(t, err)
	got, err := qr.DecodeImage(screen(t, dark, 0, 255))
	require.NoError(t, err)
	require.Equal(t, sample, got.Text)

	light, err := qr.Terminal(sample, qr.WithLightBackground(), qr.WithLevel(qr.LevelQ))
	require.NoError(t, err)
	got, err = qr.DecodeImage(screen(t, light, 255, 0))
	require.NoError(t, err)
	require.Equal(t, sample, got.Text)
}

func TestTerminalIsDrawnAsBefore(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/terminal-HELLO.txt")
	require.NoError(t, err)
	got, err := qr.Terminal("HELLO")
	require.NoError(t, err)
	require.Equal(t, string(want), got)
	lines := strings.Split(got, "\n")
	require.Equal(t, strings.Repeat("█", 29), lines[0], "two rows of the quiet zone")
	require.Equal(t, strings.Repeat("█", 29), lines[1], "four rows of the quiet zone")
	require.True(t, strings.HasPrefix(lines[2], "████ "), "four columns of the quiet zone, then the code")
}

func TestTerminalRefusesAndSaysWhy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		opt  qr.EncodeOption
		says string
	}{
		"empty text":       {"", qr.WithLevel(qr.LevelM), "qr: terminal: text is empty"},
		"too long":         {strings.Repeat("a", 3000), qr.WithLevel(qr.LevelM), "3000 bytes given, 2331 bytes fit"},
		"option of Encode": {"a", qr.WithModuleSize(3), "Encode only"},
		"wrong level":      {"a", qr.WithLevel(9), "level is 9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := qr.Terminal(tt.text, tt.opt)
			require.Empty(t, got)
			require.ErrorContains(t, err, tt.says)
		})
	}
}
