package qr

import "image"

// Result is one code found in a picture.
type Result struct {
	// Text is what the code says, never empty. Bytes without an ECI mark are
	// read as UTF-8, else as GBK (older Chinese encoders), else as Latin-1. It
	// is as the code has it: call [Normalize] before use, which may leave
	// nothing, and do not log it.
	Text string
	// Bytes is the content as it stands in the code, for binary codes and for
	// those who know the character set better: byte mode byte for byte, digits
	// and capitals as ASCII, Kanji as Shift_JIS, Hanzi as GB 2312.
	Bytes []byte
	// Charset names the character set that Text was read in: "UTF-8" (also for
	// plain ASCII), "GB18030", "ISO-8859-1", "Shift_JIS" or what an ECI mark
	// names. A mark without a table here stands as its number ("ECI 000899");
	// Text then has one character for each byte. Of several sets the last that
	// is not UTF-8 is named.
	Charset string
	// ECI tells that the code itself names its character set.
	ECI bool
	// AIM is the identifier that a scanner puts before the text ("]Q1"):
	// ISO/IEC 18004, annex F. It is no part of Text.
	AIM string
	// Part says which part of a longer text this is; zero for a whole one.
	Part Part
	// Version (1 to 40) and Level are how the code was written.
	Version int
	Level   Level
	// Corners are the corners of the code in pixels of the picture, clockwise
	// there, from the one that is the code's top left.
	Corners [4]image.Point
}

// Part (结构链接) is one code of several that hold a text together (structured
// append). Whoever joins them puts the Bytes of all parts in order and compares
// the exclusive or of all bytes with Parity. A code whose header cannot be, a
// part 6 of 2 or the only part of 1, is not read: its text might be a fragment.
type Part struct {
	Number int // 1 to Of
	Of     int // 2 to 16; 0 for a code that stands alone
	Parity byte
}
