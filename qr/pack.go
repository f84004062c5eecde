package qr

import "strings"

// bitWriter puts numbers of some bits one behind the other.
type bitWriter struct {
	bytes []byte
	free  int // bits of the last byte
}

func (w *bitWriter) put(value, bits int) {
	for bits > 0 {
		if w.free == 0 {
			w.bytes, w.free = append(w.bytes, 0), 8
		}
		n := min(bits, w.free)
		part := value >> (bits - n) & (1<<n - 1)
		w.bytes[len(w.bytes)-1] |= byte(part << (w.free - n))
		bits -= n
		w.free -= n
	}
}

// pack writes the text, which fits, as the data of a code: ISO/IEC 18004, 7.4.
func pack(text string, mode Mode, version int, level Level) []byte {
	w := &bitWriter{}
	w.put(1<<(mode-1), 4)
	w.put(len(text), mode.countBits(version))
	switch mode {
	case ModeNumeric:
		for ; len(text) >= 3; text = text[3:] {
			w.put(100*int(text[0]-'0')+10*int(text[1]-'0')+int(text[2]-'0'), 10)
		}
		switch len(text) {
		case 2:
			w.put(10*int(text[0]-'0')+int(text[1]-'0'), 7)
		case 1:
			w.put(int(text[0]-'0'), 4)
		}
	case ModeAlphanumeric:
		value := func(i int) int { return strings.IndexByte(alphanumeric, text[i]) }
		for ; len(text) >= 2; text = text[2:] {
			w.put(len(alphanumeric)*value(0)+value(1), 11)
		}
		if len(text) == 1 {
			w.put(value(0), 6)
		}
	default:
		for i := range len(text) {
			w.put(int(text[i]), 8)
		}
	}
	size := dataBytes(version, level)
	w.put(0, min(4, 8*(size-len(w.bytes))+w.free)) // the end, as far as there is room
	for pad := 0xec; len(w.bytes) < size; pad ^= 0xec ^ 0x11 {
		w.bytes, w.free = append(w.bytes, byte(pad)), 0
	}
	return w.bytes
}
