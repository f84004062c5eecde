package qr

import (
	"encoding/binary"
	"hash/adler32"
	"math/bits"
)

// deflater packs a drawn picture (RFC 1950 and 1951) with the fixed codes, and
// looks back by one byte and by one row only: a code is drawn in large squares.
// The general packer takes a megabyte of memory to begin with, and longer than
// all the rest of drawing.
type deflater struct {
	out  []byte
	hold uint64
	held int
}

func deflate(data []byte, row int) []byte {
	d := &deflater{out: []byte{0x78, 0x01}}
	d.put(1, 1) // the last block
	d.put(1, 2) // fixed codes
	for i := 0; i < len(data); {
		distance, length := 1, repeats(data, i, 1)
		if n := repeats(data, i, row); n > length {
			distance, length = row, n
		}
		if length < 3 {
			d.symbol(int(data[i]))
			i++
			continue
		}
		d.copy(distance, length)
		i += length
	}
	d.symbol(256) // the end
	d.put(0, 7)   // fills the last byte
	return binary.BigEndian.AppendUint32(d.out, adler32.Checksum(data))
}

// repeats counts the bytes from i on that are those a distance before.
func repeats(data []byte, i, distance int) int {
	const longest = 258
	n := 0
	for i >= distance && i+n < len(data) && n < longest && data[i+n] == data[i+n-distance] {
		n++
	}
	return n
}

// put writes bits, the lowest first.
func (d *deflater) put(value uint64, n int) {
	d.hold |= value << d.held
	for d.held += n; d.held >= 8; d.held -= 8 {
		d.out = append(d.out, byte(d.hold))
		d.hold >>= 8
	}
}

// symbol writes a literal, the end or a length in the fixed code, whose highest
// bit comes first.
func (d *deflater) symbol(s int) {
	code, n := uint16(s-256), 7
	switch {
	case s < 144:
		code, n = uint16(0x30+s), 8
	case s < 256:
		code, n = uint16(0x190+s-144), 9
	case s >= 280:
		code, n = uint16(0xc0+s-280), 8
	}
	d.put(uint64(bits.Reverse16(code)>>(16-n)), n)
}

func (d *deflater) copy(distance, length int) {
	if length == 258 {
		d.symbol(285)
	} else {
		l := length - 3
		extra := max(bits.Len(uint(l))-3, 0)
		d.symbol(257 + 4*extra + l>>extra)
		d.put(uint64(l&(1<<extra-1)), extra)
	}
	back := distance - 1
	extra := max(bits.Len(uint(back))-2, 0)
	d.put(uint64(bits.Reverse8(byte(2*extra+back>>extra))>>3), 5)
	d.put(uint64(back&(1<<extra-1)), extra)
}
