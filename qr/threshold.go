package qr

import (
	"encoding/binary"
	"math"
)

// blockSize is the side of the squares whose light is measured; below it the
// light of a hall or a phone does not change.
const blockSize = 8

// A block shows an edge, and not only noise, from some span of grey values on:
// leastContrast in a clean picture, more in one whose quiet places are noisy.
const (
	leastContrast = 24
	mostContrast  = 48
)

// blocks holds what local needs for each block, from one picture to the next.
type blocks struct {
	across, down int
	means, spans []byte
	sums, counts []int32 // integral over blocks with an edge: mean grey, number
}

// local tells dark from light by the mean grey of the edges around a place, so
// that shadows and reflections do not matter.
func (v *view) local() {
	v.blocks.measure(v.grey)
	v.byBlocks(2)
}

// fine is local with a look at the next blocks only, which brings back the
// contrast of small modules that are out of focus.
func (v *view) fine() {
	v.blocks.measure(v.grey)
	v.byBlocks(1)
}

func (v *view) byBlocks(near int) {
	b := &v.blocks
	whole, _ := b.mean(0, 0, b.across, b.down)
	for by := range b.down {
		for bx := range b.across {
			t, ok := b.around(bx, by, near)
			if !ok { // the inside of a large module, or plain paper
				if t, ok = b.around(bx, by, 8); !ok {
					t = whole
				}
			}
			left, right := bx*blockSize, min((bx+1)*blockSize, v.grey.Width)
			eight := uint64(t) * 0x0101010101010101
			for y := by * blockSize; y < min((by+1)*blockSize, v.grey.Height); y++ {
				out, in := v.dark[y*v.grey.Width+left:], v.grey.Pix[y*v.grey.Stride+left:]
				if right-left == blockSize {
					binary.LittleEndian.PutUint64(out, atMost(binary.LittleEndian.Uint64(in), eight))
				} else {
					darkest(out[:right-left], in, t)
				}
			}
		}
	}
}

func (b *blocks) measure(p Plane) {
	b.across, b.down = (p.Width+blockSize-1)/blockSize, (p.Height+blockSize-1)/blockSize
	b.means, b.spans = grow(b.means, b.across*b.down), grow(b.spans, b.across*b.down)
	var histogram [256]int
	for by := range b.down {
		for bx := range b.across {
			i := by*b.across + bx
			b.means[i], b.spans[i] = measureBlock(p, bx*blockSize, by*blockSize)
			histogram[b.spans[i]]++
		}
	}
	b.integrate(contrast(histogram[:], len(b.spans)))
}

// contrast takes the quietest fifth of the blocks for what noise does.
func contrast(histogram []int, blocks int) byte {
	below, noise := 0, 0
	for span, n := range histogram {
		if below += n; below > blocks/5 {
			noise = span
			break
		}
	}
	return byte(min(max(noise*3/2, leastContrast), mostContrast))
}

func (b *blocks) integrate(contrast byte) {
	n := (b.across + 1) * (b.down + 1)
	if cap(b.sums) < n {
		b.sums, b.counts = make([]int32, n), make([]int32, n)
	}
	b.sums, b.counts = b.sums[:n], b.counts[:n]
	clear(b.sums[:b.across+1])
	clear(b.counts[:b.across+1])
	for by := range b.down {
		above, at := by*(b.across+1), (by+1)*(b.across+1)
		b.sums[at], b.counts[at] = 0, 0
		var sum, count int32
		for bx := range b.across {
			if i := by*b.across + bx; b.spans[i] > contrast {
				sum += int32(b.means[i])
				count++
			}
			b.sums[at+bx+1] = b.sums[above+bx+1] + sum
			b.counts[at+bx+1] = b.counts[above+bx+1] + count
		}
	}
}

func measureBlock(p Plane, x, y int) (mean, span byte) {
	width, height := min(blockSize, p.Width-x), min(blockSize, p.Height-y)
	if width == blockSize {
		return measureEight(p.Pix[y*p.Stride+x:], p.Stride, height)
	}
	sum, least, most := 0, byte(255), byte(0)
	for i := range height {
		for _, grey := range p.Pix[(y+i)*p.Stride+x:][:width] {
			sum += int(grey)
			least, most = min(least, grey), max(most, grey)
		}
	}
	return byte(sum / (width * height)), most - least
}

// measureEight takes the eight pixels of a row at a time.
func measureEight(pix []byte, stride, height int) (mean, span byte) {
	const even = 0x00ff00ff00ff00ff
	least, most, sum := uint64(math.MaxUint64), uint64(0), uint64(0)
	for i := range height {
		row := binary.LittleEndian.Uint64(pix[i*stride:])
		least = choose(least, row, atMost(row, least))
		most = choose(most, row, atMost(most, row))
		sum += row&even + row>>8&even
	}
	low, high := byte(255), byte(0)
	for i := 0; i < 64; i += 8 {
		low, high = min(low, byte(least>>i)), max(high, byte(most>>i))
	}
	total := sum&0xffff + sum>>16&0xffff + sum>>32&0xffff + sum>>48
	return byte(int(total) / (blockSize * height)), high - low
}

// atMost gives, for each of eight bytes, 1 where a is not above b.
func atMost(a, b uint64) uint64 {
	const high = 0x8080808080808080
	low := (b | high) - (a &^ high)
	return (b&^a | ^(a^b)&low) & high >> 7
}

// choose gives, for each of eight bytes, b where ones has 1 and a elsewhere.
func choose(a, b, ones uint64) uint64 { return a ^ (a^b)&(ones*0xff) }

// around is the mean of the blocks up to reach away.
func (b *blocks) around(bx, by, reach int) (byte, bool) {
	return b.mean(max(bx-reach, 0), max(by-reach, 0), min(bx+reach+1, b.across), min(by+reach+1, b.down))
}

func (b *blocks) mean(left, top, right, bottom int) (byte, bool) {
	w := b.across + 1
	over := func(s []int32) int32 {
		return s[bottom*w+right] - s[bottom*w+left] - s[top*w+right] + s[top*w+left]
	}
	n := over(b.counts)
	if n == 0 {
		return 0, false
	}
	return byte(over(b.sums) / n), true
}

// global tells dark from light by one threshold for the picture, the one that
// parts its grey values best (Otsu's). Drawn pictures and blurred ones need it.
func (v *view) global() {
	var histogram [256]int
	for y := range v.grey.Height {
		for _, grey := range v.grey.row(y) {
			histogram[grey]++
		}
	}
	t := parting(histogram[:])
	for y := range v.grey.Height {
		darkest(v.dark[y*v.grey.Width:][:v.grey.Width], v.grey.row(y), t)
	}
}

func parting(histogram []int) byte {
	var count, sum, darkCount, darkSum, best float64
	for grey, n := range histogram {
		count += float64(n)
		sum += float64(grey * n)
	}
	at := 0
	for grey, n := range histogram {
		darkCount += float64(n)
		darkSum += float64(grey * n)
		if darkCount == 0 || darkCount == count {
			continue
		}
		apart := darkSum/darkCount - (sum-darkSum)/(count-darkCount)
		if spread := darkCount * (count - darkCount) * apart * apart; spread > best {
			best, at = spread, grey
		}
	}
	return byte(at)
}
