package qr

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

// numbers are values and how many bits each takes.
type numbers [][2]int

func bytesMode(content string) numbers {
	b := numbers{{4, 4}, {len(content), 8}}
	for i := range len(content) {
		b = append(b, [2]int{int(content[i]), 8})
	}
	return b
}

// codeOf draws a code of version 5 that says just these bits.
func codeOf(parts ...numbers) []byte {
	const version, level = 5, LevelM
	w := &bitWriter{}
	for _, b := range slices.Concat(parts...) {
		w.put(b[0], b[1])
	}
	w.put(0, 4)
	for len(w.bytes) < dataBytes(version, level) {
		w.bytes = append(w.bytes, 0)
	}
	code := drawSymbol(protect(w.bytes, version, level), version, level)
	return code.png(300)
}

func TestDecodeTellsWhatTheCodeSaysOfItself(t *testing.T) {
	t.Parallel()
	const gbk = "\xd5\xfe\xce\xf1" // 政务
	tests := []struct {
		name string
		code []byte
		want Result
	}{
		{"plain", codeOf(bytesMode("abc")), Result{Text: "abc", Charset: "UTF-8", AIM: "]Q1"}},
		{"UTF-8 without a mark", codeOf(bytesMode("政务")), Result{Text: "政务", Charset: "UTF-8", AIM: "]Q1"}},
		{"GBK without a mark", codeOf(bytesMode(gbk)), Result{Text: "政务", Bytes: []byte(gbk), Charset: "GB18030", AIM: "]Q1"}},
		{"ECI GB18030", codeOf(numbers{{7, 4}, {29, 8}}, bytesMode(gbk)), Result{Text: "政务", Bytes: []byte(gbk), Charset: "GB18030", ECI: true, AIM: "]Q2"}},
		{"ECI in two bytes", codeOf(numbers{{7, 4}, {0x8000 | 26, 16}}, bytesMode("政")), Result{Text: "政", Charset: "UTF-8", ECI: true, AIM: "]Q2"}},
		{"ECI that changes", codeOf(numbers{{7, 4}, {29, 8}}, bytesMode(gbk), numbers{{7, 4}, {26, 8}}, bytesMode("厅")), Result{Text: "政务厅", Bytes: []byte(gbk + "厅"), Charset: "GB18030", ECI: true, AIM: "]Q2"}},
		{"ECI without a table", codeOf(numbers{{7, 4}, {0x8000 | 899, 16}}, bytesMode("a\xff")), Result{Text: "aÿ", Bytes: []byte("a\xff"), Charset: "ECI 000899", ECI: true, AIM: "]Q2"}},
		{"a character over two segments", codeOf(bytesMode("\xe6\x94"), bytesMode("\xbf")), Result{Text: "政", Charset: "UTF-8", AIM: "]Q1"}},
		{"the last of sixteen parts", codeOf(numbers{{3, 4}, {15, 4}, {15, 4}, {0, 8}}, bytesMode("part")), Result{Text: "part", Charset: "UTF-8", AIM: "]Q1", Part: Part{Number: 16, Of: 16}}},
		{"structured append", codeOf(numbers{{3, 4}, {1, 4}, {2, 4}, {0x5a, 8}}, bytesMode("part")), Result{Text: "part", Charset: "UTF-8", AIM: "]Q1", Part: Part{Number: 2, Of: 3, Parity: 0x5a}}},
		{"GS1", codeOf(numbers{{5, 4}, {2, 4}, {5, 9}, {10*45 + 38, 11}, {11*45 + 38, 11}, {38, 6}}), Result{Text: "A\x1dB%", Charset: "UTF-8", AIM: "]Q3"}},
		{"Hanzi", codeOf(numbers{{13, 4}, {1, 4}, {1, 8}, {(0xd5-0xa6)*0x60 + 0xfe - 0xa1, 13}}), Result{Text: "政", Bytes: []byte("\xd5\xfe"), Charset: "GB18030", AIM: "]Q1"}},
		{"Kanji", codeOf(numbers{{8, 4}, {1, 8}, {(0x93-0x81)*0xc0 + 0xfa - 0x40, 13}}), Result{Text: "日", Bytes: []byte("\x93\xfa"), Charset: "Shift_JIS", AIM: "]Q1"}},
		{"the most that a codeword says", codeOf(numbers{{1, 4}, {5, 10}, {999, 10}, {99, 7}, {1, 4}, {1, 10}, {9, 4}, {2, 4}, {3, 9}, {45*45 - 1, 11}, {44, 6}}), Result{Text: "999999:::", Charset: "UTF-8", AIM: "]Q1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode(tt.code)
			require.NoError(t, err)
			require.Equal(t, 5, got.Version)
			require.Equal(t, LevelM, got.Level)
			if tt.want.Bytes == nil && tt.want.Text != "" {
				tt.want.Bytes = []byte(tt.want.Text)
			}
			got.Version, got.Level, got.Corners = 0, 0, tt.want.Corners
			require.Equal(t, tt.want, got)
		})
	}
}

func TestCodesThatSayMoreThanTheyHoldAreRefused(t *testing.T) {
	t.Parallel()
	for name, code := range map[string][]byte{
		"more bytes":       codeOf(numbers{{4, 4}, {255, 8}}),
		"more digits":      codeOf(numbers{{1, 4}, {1023, 10}}),
		"more capitals":    codeOf(numbers{{2, 4}, {511, 9}}),
		"more kanji":       codeOf(numbers{{8, 4}, {255, 8}}),
		"no such mode":     codeOf(numbers{{15, 4}}),
		"no such ECI mark": codeOf(numbers{{7, 4}, {0xff, 8}}),
	} {
		got, err := Decode(code)
		require.Zero(t, got, name)
		require.ErrorIs(t, err, ErrNoCode, name)
	}
}

// Error correction can go astray and give codewords that no encoder writes.
func TestCodesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	part := func(number, of int) []byte {
		return codeOf(numbers{{3, 4}, {number - 1, 4}, {of - 1, 4}, {0x5a, 8}}, bytesMode("part"))
	}
	for name, code := range map[string][]byte{
		"three digits of four":        codeOf(numbers{{1, 4}, {3, 10}, {1000, 10}}),
		"three digits, the most bits": codeOf(numbers{{1, 4}, {6, 10}, {123, 10}, {1023, 10}}),
		"two digits of three":         codeOf(numbers{{1, 4}, {2, 10}, {100, 7}}),
		"two digits, the most bits":   codeOf(numbers{{1, 4}, {5, 10}, {123, 10}, {127, 7}}),
		"one digit of two":            codeOf(numbers{{1, 4}, {1, 10}, {10, 4}}),
		"one digit, the most bits":    codeOf(numbers{{1, 4}, {4, 10}, {123, 10}, {15, 4}}),
		"two capitals, one too far":   codeOf(numbers{{2, 4}, {2, 9}, {45 * 45, 11}}),
		"two capitals, the most bits": codeOf(numbers{{2, 4}, {2, 9}, {2047, 11}}),
		"one capital, one too far":    codeOf(numbers{{2, 4}, {1, 9}, {45, 6}}),
		"one capital, the most bits":  codeOf(numbers{{2, 4}, {3, 9}, {7, 11}, {63, 6}}),
		"part 6 of 2":                 part(6, 2),
		"part 3 of 2":                 part(3, 2),
		"part 1 of 1":                 part(1, 1),
		"nothing":                     codeOf(),
		"no bytes":                    codeOf(bytesMode("")),
		"only an ECI mark":            codeOf(numbers{{7, 4}, {26, 8}}),
		"a part of nothing":           codeOf(numbers{{3, 4}, {0, 4}, {1, 4}, {0, 8}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode(code)
			require.Zero(t, got)
			require.ErrorIs(t, err, ErrNoCode)
		})
	}
}

// The library's encoder is an independent one of the same standard.
func TestModulesAreThoseOfAnotherEncoder(t *testing.T) {
	t.Parallel()
	texts := map[Mode]string{
		ModeNumeric: strings.Repeat("0123456789", 709), ModeAlphanumeric: strings.Repeat("AB-12:$ ", 540), ModeByte: strings.Repeat("a+b/c=,", 430),
	}
	for version := 1; version <= 40; version++ {
		for turn := range 2 { // all levels and modes would take long
			level, mode := Level(1+(version/2+2*turn)%4), Mode(1+(version+turn)%3)
			text := texts[mode][:fit(mode, version, level)-version%2]
			theirs, err := encoder.Encoder_encode(text, levelOf(level), map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_QR_VERSION: version})
			require.NoError(t, err)
			ours, err2 := symbolOf(text, encodeSettings{level: level, version: version})
			require.NoError(t, err2)
			require.Equal(t, theirs.GetMatrix().GetWidth(), ours.size)
			for i, m := range ours.modules {
				if int8(m) != theirs.GetMatrix().Get(i%ours.size, i/ours.size) {
					require.Fail(t, "another module", "version %d level %s mode %d at %d", version, level, mode, i)
				}
			}
		}
	}
}

func TestFitIsWhatTheStandardSays(t *testing.T) {
	t.Parallel()
	// ISO/IEC 18004, table 7: version, level, then digits, capitals, bytes.
	for _, c := range [][5]int{
		{1, 1, 41, 25, 17}, {1, 4, 17, 10, 7}, {3, 2, 101, 61, 42}, {4, 2, 149, 90, 62}, {5, 2, 202, 122, 84}, {8, 2, 365, 221, 152},
		{9, 3, 312, 189, 130}, {10, 1, 652, 395, 271}, {26, 2, 2544, 1542, 1059}, {27, 4, 1501, 910, 625}, {40, 1, 7089, 4296, 2953}, {40, 4, 3057, 1852, 1273},
	} {
		for i, mode := range []Mode{ModeNumeric, ModeAlphanumeric, ModeByte} {
			require.Equal(t, c[2+i], fit(mode, c[0], Level(c[1])), "version %d level %s mode %d", c[0], Level(c[1]), mode)
		}
	}
}

func TestErrorsBeyondCorrectionAreNotText(t *testing.T) {
	t.Parallel()
	code, err := symbolOf("281234567890123456", encodeSettings{level: LevelH})
	require.NoError(t, err)
	for flips := range 200 {
		m, err := gozxing.NewSquareBitMatrix(code.size)
		require.NoError(t, err)
		for i, dark := range code.modules {
			if x, y := i%code.size, i/code.size; (dark != 0) != (x > 8 && y > 8 && i*7919%211 < flips) {
				m.Set(x, y)
			}
		}
		got, err := correct(m)
		if err != nil {
			require.Nil(t, got.data)
			continue
		}
		c, err := contentOf(got)
		require.NoError(t, err)
		text, charset := c.text()
		require.Equal(t, "281234567890123456", text)
		require.Equal(t, common.CharacterSetECI_UTF8.Name(), charset)
	}
	require.Equal(t, decoder.ErrorCorrectionLevel_H, levelOf(LevelH))
}
