package qr

import (
	"encoding/binary"
	"math/bits"
)

// view is a picture at one scale in dark and light. It keeps its memory from
// one picture to the next.
type view struct {
	grey   Plane
	dark   []byte // 1 where the picture is dark, row by row, no gaps
	scale  int    // pixels of the picture to one of the view
	small  []byte // grey values of a view that is scaled down
	blocks blocks
	runs   []int
	marks  []mark
	looks  int // places that may still be looked at in this reading
	frames map[int][]pinned
}

func (v *view) isDark(x, y int) bool { return v.dark[y*v.grey.Width+x] != 0 }

func (v *view) inside(x, y int) bool {
	return uint(x) < uint(v.grey.Width) && uint(y) < uint(v.grey.Height)
}

// use makes the view one of p, scaled down by 1, 2 or 4.
func (v *view) use(p Plane, scale int) {
	v.grey, v.scale = p, scale
	if scale > 1 {
		w, h := p.Width/scale, p.Height/scale
		v.small = grow(v.small, w*h)
		v.grey = Plane{v.small, w, w, h}
		shrink(v.grey, p, scale)
	}
	v.dark = grow(v.dark, v.grey.Width*v.grey.Height)
}

// shrink takes the mean of scale x scale pixels, which also takes out noise.
func shrink(to, from Plane, scale int) {
	shift := 2 * bits.TrailingZeros(uint(scale))
	for y := range to.Height {
		out := to.row(y)
		if scale == 2 {
			upper, lower := from.row(2 * y)[:2*len(out)], from.row(2*y + 1)[:2*len(out)]
			for x := range out {
				out[x] = byte((int(upper[2*x]) + int(upper[2*x+1]) + int(lower[2*x]) + int(lower[2*x+1])) >> 2)
			}
			continue
		}
		for x := range out {
			sum := 0
			for dy := range scale {
				for _, p := range from.row(scale*y + dy)[scale*x : scale*x+scale] {
					sum += int(p)
				}
			}
			out[x] = byte(sum >> shift)
		}
	}
}

// darkest marks the pixels of a row stretch that are not above the threshold,
// eight at a time.
func darkest(out, in []byte, threshold byte) {
	t := uint64(threshold) * 0x0101010101010101
	i := 0
	for ; i+8 <= len(out); i += 8 {
		binary.LittleEndian.PutUint64(out[i:], atMost(binary.LittleEndian.Uint64(in[i:]), t))
	}
	for ; i < len(out); i++ {
		out[i] = 0
		if in[i] <= threshold {
			out[i] = 1
		}
	}
}

// runsOf gives where the colour of a row changes: 0, each change, the end.
func runsOf(row []byte, runs []int) []int {
	runs = append(runs[:0], 0)
	x := 0
	for x < len(row) {
		colour := row[x]
		pattern := uint64(colour) * 0x0101010101010101
		for x+8 <= len(row) {
			if differs := binary.LittleEndian.Uint64(row[x:]) ^ pattern; differs != 0 {
				x += bits.TrailingZeros64(differs) / 8
				break
			}
			x += 8
		}
		for x < len(row) && row[x] == colour {
			x++
		}
		runs = append(runs, x)
	}
	return runs
}
