package qr_test

import (
	"bytes"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

func requireReads(t *testing.T, want string, data []byte) {
	t.Helper()
	got, err := qr.Decode(data)
	require.NoError(t, err)
	require.Equal(t, want, got.Text)
}

func TestEncodedTextIsReadBackByteForByte(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"one digit":             "7",
		"payment digits":        "281234567890123456",
		"leading zeros":         "000000000000",
		"health card":           strings.Repeat("0123456789ABCDEF", 4) + ":1",
		"signs of base64":       "QUJD+/==",
		"URL":                   sample,
		"one Chinese character": "你",
		"Chinese":               "政务服务大厅取号码",
		"rare Chinese":          "𠮷喆镕㐂",
		"emoji":                 "办事😀👩‍👩‍👧",
		"Latin letters":         "für Zoë",
		"Japanese":              "モバイル ﾃﾞｻﾞｲﾝ",
		"line ends and tabs":    "BEGIN:VCARD\r\nN:张三\r\n\tEND",
		"byte order mark":       "\ufeffABC",
		"spaces at the ends":    "  a b  ",
		"JSON":                  `{"token":"a+b/c==","id":"1"}`,
		"most digits":           strings.Repeat("0123456789", 708) + "123456789",
		"most capitals":         strings.Repeat("ABCDEFGHIJKL", 358),
		"most bytes":            strings.Repeat("a", 2953),
		"most Chinese":          strings.Repeat("政", 984),
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			requireReads(t, text, encode(t, text, qr.WithLevel(qr.LevelL), qr.WithModuleSize(4)))
		})
	}
}

func TestRandomASCIIIsReadBackAtEveryLevel(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(20240101, 7))
	fits := map[qr.Level]int{qr.LevelL: 2953, qr.LevelM: 2331, qr.LevelQ: 1663, qr.LevelH: 1273}
	for level, most := range fits {
		lengths := []int{1, 17, 66, 108, most}
		for range 25 {
			lengths = append(lengths, 1+r.IntN(400))
		}
		for _, n := range lengths {
			text := make([]byte, n)
			for i := range text {
				text[i] = byte(' ' + r.IntN(95))
			}
			requireReads(t, string(text), encode(t, string(text), qr.WithLevel(level), qr.WithModuleSize(1+r.IntN(5))))
		}
	}
}

func TestEncodeDrawsAOneBitPNGWithAQuietZoneOfFourModules(t *testing.T) {
	t.Parallel()
	for _, px := range []int{1, 3, 8} {
		data := encode(t, "HELLO", qr.WithModuleSize(px))
		require.Equal(t, []byte{1, 3}, data[24:26], "bit depth 1, palette")
		img := picture(t, "HELLO", qr.WithModuleSize(px))
		require.Equal(t, (21+8)*px, img.Bounds().Dx())
		code := image.Rect(4*px, 4*px, (4+21)*px, (4+21)*px)
		dark := image.Rectangle{}
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				p := img.GrayAt(x, y).Y
				require.Contains(t, []byte{0, 255}, p)
				if p == 0 {
					dark = dark.Union(image.Rect(x, y, x+1, y+1))
				}
			}
		}
		require.Equal(t, code, dark, "dark modules fill the code and nothing of the quiet zone")
	}
	byDefault, err := png.DecodeConfig(bytes.NewReader(encode(t, "HELLO")))
	require.NoError(t, err)
	require.Equal(t, (21+8)*8, byDefault.Width)
}

func TestEncodeKeepsTheLevelItWasGiven(t *testing.T) {
	t.Parallel()
	// 17, 14, 11, 7 bytes are what version 1 holds: one more needs version 2.
	for level, most := range map[qr.Level]int{qr.LevelL: 17, qr.LevelM: 14, qr.LevelQ: 11, qr.LevelH: 7} {
		require.Equal(t, 29, picture(t, strings.Repeat("a", most), qr.WithLevel(level), qr.WithModuleSize(1)).Bounds().Dx())
		require.Equal(t, 33, picture(t, strings.Repeat("a", most+1), qr.WithLevel(level), qr.WithModuleSize(1)).Bounds().Dx())
	}
	require.Equal(t, encode(t, "abc"), encode(t, "abc", qr.WithLevel(qr.LevelM)))
}

func TestEncodeKeepsModeVersionAndSide(t *testing.T) {
	t.Parallel()
	for _, version := range []int{2, 7, 40} {
		for mode, text := range map[qr.Mode]string{qr.ModeNumeric: "0012", qr.ModeAlphanumeric: "0012", qr.ModeByte: "0012"} {
			data := encode(t, text, qr.WithVersion(version), qr.WithMode(mode), qr.WithModuleSize(2))
			got, err := qr.Decode(data)
			require.NoError(t, err)
			require.Equal(t, text, got.Text)
			require.Equal(t, version, got.Version)
		}
	}
	// 41 digits fill version 1 at level L; as bytes they need version 3.
	require.Equal(t, 29, picture(t, strings.Repeat("1", 41), qr.WithLevel(qr.LevelL), qr.WithModuleSize(1)).Bounds().Dx())
	require.Equal(t, 37, picture(t, strings.Repeat("1", 41), qr.WithLevel(qr.LevelL), qr.WithMode(qr.ModeByte), qr.WithModuleSize(1)).Bounds().Dx())

	for _, side := range []int{29, 30, 57, 58, 300, 1000} {
		img := picture(t, "HELLO", qr.WithSide(side))
		require.Equal(t, image.Pt(side, side), img.Bounds().Size())
		module := side / 29
		border := (side - 21*module) / 2
		require.GreaterOrEqual(t, border, 4*module)
		require.Equal(t, byte(255), img.GrayAt(border-1, border-1).Y)
		require.Equal(t, byte(0), img.GrayAt(border, border).Y)
		require.Equal(t, byte(0), img.GrayAt(border+21*module-1, border).Y)
		require.Equal(t, byte(255), img.GrayAt(border+21*module, border).Y)
		got, err := qr.DecodeImage(img)
		require.NoError(t, err)
		require.Equal(t, "HELLO", got.Text)
	}
}

func TestEncodeWritesNoECIMark(t *testing.T) {
	t.Parallel()
	// 14 bytes fill version 1 at level M; a mark of 12 bits would need version 2.
	for _, text := range []string{"abcdefghijklmn", "政务服务ab"} {
		require.Len(t, text, 14)
		require.Equal(t, 29, picture(t, text, qr.WithModuleSize(1)).Bounds().Dx())
	}
}

func TestEncodeRefusesAndSaysWhy(t *testing.T) {
	t.Parallel()
	const marker = "secret7731"
	tests := []struct {
		name string
		text string
		opts []qr.EncodeOption
		is   error
		says string
	}{
		{"empty text", "", nil, qr.ErrEmptyText, "empty"},
		{"one byte too many at L", strings.Repeat("a", 2954), []qr.EncodeOption{qr.WithLevel(qr.LevelL)}, qr.ErrTextTooLong, "2954 bytes given, 2953 bytes fit at level L"},
		{"one byte too many at M", strings.Repeat("a", 2332), nil, qr.ErrTextTooLong, "2332 bytes given, 2331 bytes fit at level M"},
		{"one byte too many at Q", strings.Repeat("a", 1664), []qr.EncodeOption{qr.WithLevel(qr.LevelQ)}, qr.ErrTextTooLong, "1663 bytes fit at level Q"},
		{"one byte too many at H", strings.Repeat("a", 1274), []qr.EncodeOption{qr.WithLevel(qr.LevelH)}, qr.ErrTextTooLong, "1273 bytes fit at level H"},
		{"one digit too many", strings.Repeat("1", 5597), nil, qr.ErrTextTooLong, "5597 bytes given, 5596 bytes fit"},
		{"one capital too many", strings.Repeat("A", 3392), nil, qr.ErrTextTooLong, "3392 bytes given, 3391 bytes fit"},
		{"too much Chinese", strings.Repeat("政", 778), nil, qr.ErrTextTooLong, "2334 bytes given"},
		{"a megabyte", strings.Repeat(marker, 100_000), nil, qr.ErrTextTooLong, "1000000 bytes given, 2331 bytes fit"},
		{"GBK bytes", marker + "\xd5\xfe", nil, qr.ErrNotUTF8, "UTF-8"},
		{"picture too large", marker, []qr.EncodeOption{qr.WithModuleSize(142)}, qr.ErrTooLarge, "4118 pixels a side, at most 4096"},
		{"module size 0", marker, []qr.EncodeOption{qr.WithModuleSize(0)}, nil, "module size is 0"},
		{"module size beyond any picture", marker, []qr.EncodeOption{qr.WithModuleSize(math.MaxInt)}, nil, "expected 1 to 4096"},
		{"level 0", marker, []qr.EncodeOption{qr.WithLevel(0)}, nil, "level is 0, expected"},
		{"level 5", marker, []qr.EncodeOption{qr.WithLevel(5)}, nil, "level is 5"},
		{"no such mode", marker, []qr.EncodeOption{qr.WithMode(4)}, nil, "mode is 4"},
		{"letters in numeric mode", marker, []qr.EncodeOption{qr.WithMode(qr.ModeNumeric)}, nil, "characters that the mode does not hold"},
		{"small letters in alphanumeric mode", marker, []qr.EncodeOption{qr.WithMode(qr.ModeAlphanumeric)}, nil, "characters that the mode does not hold"},
		{"version 41", marker, []qr.EncodeOption{qr.WithVersion(41)}, nil, "version is 41, expected 1 to 40"},
		{"version too small", strings.Repeat("a", 15), []qr.EncodeOption{qr.WithVersion(1)}, qr.ErrTextTooLong, "15 bytes given, 14 bytes fit at level M into version 1"},
		{"side too small", marker, []qr.EncodeOption{qr.WithSide(28)}, nil, "side is 28 pixels, this text needs 29 or more"},
		{"side beyond any picture", marker, []qr.EncodeOption{qr.WithSide(4097)}, nil, "expected 1 to 4096"},
		{"side and module size", marker, []qr.EncodeOption{qr.WithSide(300), qr.WithModuleSize(3)}, nil, "exclude each other"},
		{"option of Terminal", marker, []qr.EncodeOption{qr.WithLightBackground()}, nil, "Terminal only"},
		{"nil option", marker, []qr.EncodeOption{nil}, nil, "option is nil"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := qr.Encode(tt.text, tt.opts...)
			require.Nil(t, data)
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, "qr: encode: ")
			require.NotContains(t, err.Error(), marker)
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
}

func TestLevelPrintsItsLetter(t *testing.T) {
	t.Parallel()
	require.Equal(t, "L M Q H ?", strings.Join([]string{
		qr.LevelL.String(), qr.LevelM.String(), qr.LevelQ.String(), qr.LevelH.String(), qr.Level(0).String(),
	}, " "))
}
