package qr

import (
	"encoding/binary"
	"hash/crc32"
)

// png draws the code in the middle of a picture of so many pixels a side, as a
// PNG of one bit a pixel: index 0 is white, 1 black.
func (s *symbol) png(side int) []byte {
	header := binary.BigEndian.AppendUint32(nil, uint32(side))
	header = binary.BigEndian.AppendUint32(header, uint32(side))
	header = append(header, 1, 3, 0, 0, 0) // one bit, palette, not interlaced
	rows, length := s.rows(side)
	out := append([]byte(nil), "\x89PNG\r\n\x1a\n"...)
	out = appendChunk(out, "IHDR", header)
	out = appendChunk(out, "PLTE", []byte{0xff, 0xff, 0xff, 0, 0, 0})
	out = appendChunk(out, "IDAT", deflate(rows, length))
	return appendChunk(out, "IEND", nil)
}

// rows are the pixels, eight to a byte, each row behind a zero: no filter.
func (s *symbol) rows(side int) (rows []byte, length int) {
	module := side / (s.size + 2*quietZone)
	border := (side - s.size*module) / 2
	length = 1 + (side+7)/8
	rows = make([]byte, side*length) // white
	for y := range s.size {
		at := (border + y*module) * length
		row := rows[at : at+length]
		for x := range s.size {
			if s.dark(x, y) {
				for px := border + x*module; px < border+(x+1)*module; px++ {
					row[1+px/8] |= 0x80 >> (px % 8)
				}
			}
		}
		for i := 1; i < module; i++ {
			copy(rows[at+i*length:], row)
		}
	}
	return rows, length
}

func appendChunk(out []byte, kind string, data []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
	start := len(out)
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[start:]))
}
