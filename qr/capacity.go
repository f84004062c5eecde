package qr

import "strings"

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

// What the largest code (version 40) holds at L, M, Q, H: ISO/IEC 18004,
// table 7. Digits, and capitals with nine signs, are packed more densely.
var (
	fitDigits       = [4]int{7089, 5596, 3993, 3057}
	fitAlphanumeric = [4]int{4296, 3391, 2420, 1852}
	fitBytes        = [4]int{2953, 2331, 1663, 1273}
)

const (
	digits       = "0123456789"
	alphanumeric = digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
)

// fit returns how many bytes of a text of this kind a code holds.
func fit(text string, level Level) int {
	switch {
	case only(text, digits):
		return fitDigits[level-1]
	case only(text, alphanumeric):
		return fitAlphanumeric[level-1]
	default:
		return fitBytes[level-1]
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
