package qr

import (
	"strings"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// Level is how much of a code may be lost before it cannot be read
// (纠错等级): about 7 % at L, 15 % at M, 25 % at Q, 30 % at H.
type Level int

// The four levels. M is what most hall codes use, L is for text that must be
// long, H for a code under a logo.
const (
	LevelL Level = iota + 1
	LevelM
	LevelQ
	LevelH
)

// String returns the letter of the level.
func (l Level) String() string {
	if !l.valid() {
		return "?"
	}
	return "LMQH"[l-1 : l]
}

func (l Level) valid() bool { return LevelL <= l && l <= LevelH }

// levels are the library's, in the order of ours.
var levels = [...]decoder.ErrorCorrectionLevel{
	decoder.ErrorCorrectionLevel_L, decoder.ErrorCorrectionLevel_M,
	decoder.ErrorCorrectionLevel_Q, decoder.ErrorCorrectionLevel_H,
}

func levelOf(level Level) decoder.ErrorCorrectionLevel { return levels[level-1] }

// Mode is how densely text is packed (编码模式).
type Mode int

// The modes that [Encode] writes. Three digits take 10 bits, two of the
// alphanumeric characters 11, a byte 8.
const (
	ModeNumeric      Mode = iota + 1 // 0 to 9
	ModeAlphanumeric                 // 0 to 9, A to Z, space and $%*+-./:
	ModeByte                         // everything
)

const (
	digits       = "0123456789"
	alphanumeric = digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
)

// modeFor is the densest mode that holds the text.
func modeFor(text string) Mode {
	switch {
	case only(text, digits):
		return ModeNumeric
	case only(text, alphanumeric):
		return ModeAlphanumeric
	default:
		return ModeByte
	}
}

func only(text, set string) bool {
	for i := range len(text) {
		if strings.IndexByte(set, text[i]) < 0 {
			return false
		}
	}
	return true
}

// countBits is how long the number of characters is written: ISO/IEC 18004,
// table 3.
func (m Mode) countBits(version int) int {
	size := 0
	if version >= 10 {
		size++
	}
	if version >= 27 {
		size++
	}
	return [...][3]int{{10, 12, 14}, {9, 11, 13}, {8, 16, 16}}[m-1][size]
}

// fit returns how many bytes of text a code holds.
func fit(mode Mode, version int, level Level) int {
	bits := 8*dataBytes(version, level) - 4 - mode.countBits(version)
	switch mode {
	case ModeNumeric:
		n := bits / 10 * 3
		switch rest := bits % 10; {
		case rest >= 7:
			n += 2
		case rest >= 4:
			n++
		}
		return n
	case ModeAlphanumeric:
		n := bits / 11 * 2
		if bits%11 >= 6 {
			n++
		}
		return n
	default:
		return bits / 8
	}
}

// dataBytes is what a code holds beside error correction.
func dataBytes(version int, level Level) int {
	v := tableOf(version)
	return v.GetTotalCodewords() - v.GetECBlocksForLevel(levelOf(level)).GetTotalECCodewords()
}

// tableOf is the library's table of a version from 1 to 40.
func tableOf(version int) *decoder.Version { return decoder.VERSIONS[version-1] }
