package qr

import (
	"fmt"

	"github.com/makiuchi-d/gozxing/common"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// segment is a stretch of a code in one mode.
type segment struct {
	bytes   []byte
	charset *common.CharacterSetECI // nil: the code does not say
	other   string                  // an ECI mark this package has no table for
}

// content is what the codewords of a code say, before character sets.
type content struct {
	segments []segment
	marked   bool // an ECI mark stands in the code
	fnc1     int  // 0 none, 1 first position, 2 second position
	part     Part
}

// contentOf parts the codewords into segments: ISO/IEC 18004, 7.4.
func contentOf(code codewords) (c content, err error) {
	bits := bitsOf{source: common.NewBitSource(code.data)}
	version := tableOf(code.version)
	var current segment // the ECI mark in force
	for bits.source.Available() >= 4 {
		mode, err := decoder.ModeForBits(bits.take(4))
		if err != nil {
			return c, errBlurred
		}
		if mode == decoder.Mode_TERMINATOR {
			break
		}
		add := func(charset *common.CharacterSetECI, b []byte) {
			c.segments = append(c.segments, segment{bytes: b, charset: charset})
		}
		switch mode {
		case decoder.Mode_FNC1_FIRST_POSITION:
			c.fnc1 = 1
		case decoder.Mode_FNC1_SECOND_POSITION:
			c.fnc1 = 2
			bits.take(8) // application indicator
		case decoder.Mode_STRUCTURED_APPEND:
			c.part = bits.part()
		case decoder.Mode_ECI:
			c.marked = true
			current = bits.mark()
		case decoder.Mode_NUMERIC:
			add(common.CharacterSetECI_UTF8, bits.digits(bits.take(mode.GetCharacterCountBits(version))))
		case decoder.Mode_ALPHANUMERIC:
			add(common.CharacterSetECI_UTF8, bits.capitals(bits.take(mode.GetCharacterCountBits(version)), c.fnc1 > 0))
		case decoder.Mode_BYTE:
			c.addBytes(current, bits.bytes(bits.take(mode.GetCharacterCountBits(version))))
		case decoder.Mode_KANJI:
			add(common.CharacterSetECI_SJIS, bits.pairs(bits.take(mode.GetCharacterCountBits(version)), kanji))
		case decoder.Mode_HANZI:
			bits.take(4) // the only subset is GB 2312
			add(common.CharacterSetECI_GB18030, bits.pairs(bits.take(mode.GetCharacterCountBits(version)), hanzi))
		default:
			return c, errBlurred
		}
		if bits.failed {
			return c, errBlurred
		}
	}
	return c, nil
}

// addBytes joins what two segments cut, which may be a character.
func (c *content) addBytes(current segment, b []byte) {
	if n := len(c.segments); n > 0 {
		if last := &c.segments[n-1]; last.charset == current.charset && last.other == current.other {
			last.bytes = append(last.bytes, b...)
			return
		}
	}
	current.bytes = b
	c.segments = append(c.segments, current)
}

// bitsOf reads numbers of some bits; once they run out it has failed.
type bitsOf struct {
	source *common.BitSource
	failed bool
}

func (b *bitsOf) take(n int) int {
	value, err := b.source.ReadBits(n)
	b.failed = b.failed || err != nil
	return value
}

// below takes a number that the standard keeps below a limit. This is the last
// guard against error correction that went astray, which happens in damaged
// codes: what no encoder writes fails the code.
func (b *bitsOf) below(limit, n int) int {
	value := b.take(n)
	if value >= limit {
		b.failed = true
		return 0
	}
	return value
}

// part reads the header of structured append: ISO/IEC 18004, clause 8. One that
// cannot be fails the code, whose text would pass for a whole one without it.
func (b *bitsOf) part() Part {
	p := Part{Number: b.take(4) + 1, Of: b.take(4) + 1, Parity: byte(b.take(8))}
	b.failed = b.failed || p.Of < 2 || p.Number > p.Of
	return p
}

// has asks for the bits of a segment before memory is spent on it.
func (b *bitsOf) has(n int) bool {
	b.failed = b.failed || n > b.source.Available()
	return !b.failed
}

func (b *bitsOf) digits(count int) []byte {
	if !b.has(count / 3 * 10) {
		return nil
	}
	out := make([]byte, 0, count)
	for ; count >= 3; count -= 3 {
		out = fmt.Appendf(out, "%03d", b.below(1000, 10))
	}
	switch count {
	case 2:
		out = fmt.Appendf(out, "%02d", b.below(100, 7))
	case 1:
		out = fmt.Appendf(out, "%d", b.below(10, 4))
	}
	return out
}

// capitals undoes what FNC1 does to the percent sign.
func (b *bitsOf) capitals(count int, fnc1 bool) []byte {
	if !b.has(count / 2 * 11) {
		return nil
	}
	out := make([]byte, 0, count)
	for ; count >= 2; count -= 2 {
		pair := b.below(len(alphanumeric)*len(alphanumeric), 11)
		out = append(out, alphanumeric[pair/len(alphanumeric)], alphanumeric[pair%len(alphanumeric)])
	}
	if count == 1 {
		out = append(out, alphanumeric[b.below(len(alphanumeric), 6)])
	}
	if !fnc1 {
		return out
	}
	const groupSeparator = 0x1d
	kept := out[:0]
	for i := 0; i < len(out); i++ {
		switch {
		case out[i] != '%':
			kept = append(kept, out[i])
		case i+1 < len(out) && out[i+1] == '%':
			kept = append(kept, '%')
			i++
		default:
			kept = append(kept, groupSeparator)
		}
	}
	return kept
}

func (b *bitsOf) bytes(count int) []byte {
	if !b.has(8 * count) {
		return nil
	}
	out := make([]byte, count)
	for i := range out {
		out[i] = byte(b.take(8))
	}
	return out
}

// pairs reads characters of 13 bits, each of two bytes.
func (b *bitsOf) pairs(count int, unpack func(int) int) []byte {
	if !b.has(13 * count) {
		return nil
	}
	out := make([]byte, 0, 2*count)
	for range count {
		two := unpack(b.take(13))
		out = append(out, byte(two>>8), byte(two))
	}
	return out
}

func kanji(packed int) int {
	two := packed/0xc0<<8 | packed%0xc0
	if two < 0x1f00 {
		return two + 0x8140
	}
	return two + 0xc140
}

func hanzi(packed int) int {
	two := packed/0x60<<8 | packed%0x60
	if two < 0xa00 {
		return two + 0xa1a1
	}
	return two + 0xa6a1
}

// mark reads an ECI number of one to three bytes.
func (b *bitsOf) mark() segment {
	value := b.take(8)
	switch {
	case value&0x80 == 0:
	case value&0xc0 == 0x80:
		value = value&0x3f<<8 | b.take(8)
	case value&0xe0 == 0xc0:
		value = value&0x1f<<16 | b.take(16)
	default:
		b.failed = true
	}
	// An unknown number gives neither a table nor an error.
	if charset, err := common.GetCharacterSetECIByValue(value); err == nil && charset != nil {
		return segment{charset: charset}
	}
	return segment{charset: common.CharacterSetECI_ISO8859_1, other: fmt.Sprintf("ECI %06d", value)}
}
