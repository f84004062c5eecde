package qr

// symbol is a code as modules, without quiet zone: 1 is dark.
type symbol struct {
	size    int
	modules []byte // row by row
	fixed   []bool // what no mask may change
}

func (s *symbol) dark(x, y int) bool { return s.modules[y*s.size+x] != 0 }

// draw lays out the codewords under the mask that reads best: ISO/IEC 18004,
// 7.7 and 7.8.
func drawSymbol(codewords []byte, version int, level Level) symbol {
	size := 17 + 4*version
	s := symbol{size, make([]byte, size*size), make([]bool, size*size)}
	for _, p := range frameOf(size) {
		s.fix(int(p.x), int(p.y), p.dark)
	}
	s.drawFormat(level, 0) // keeps its place
	s.drawVersion(version)
	s.fill(codewords)
	best := s
	least := -1
	for mask := range 8 {
		masked := symbol{size, s.masked(mask), s.fixed}
		masked.drawFormat(level, mask)
		if p := masked.penalty(least); least < 0 || p < least {
			best, least = masked, p
		}
	}
	return best
}

func (s *symbol) fix(x, y int, dark bool) {
	i := y*s.size + x
	s.fixed[i], s.modules[i] = true, 0
	if dark {
		s.modules[i] = 1
	}
}

// drawFormat writes level and mask twice, around the corners.
func (s *symbol) drawFormat(level Level, mask int) {
	bits := withCheck(int(levelOf(level))<<3|mask, 10, 0x537) ^ 0x5412
	last := s.size - 1
	for i := range 15 {
		dark := bits>>i&1 == 1
		switch { // down beside the top left corner
		case i < 6:
			s.fix(8, i, dark)
		case i < 8:
			s.fix(8, i+1, dark)
		case i == 8:
			s.fix(7, 8, dark)
		default:
			s.fix(14-i, 8, dark)
		}
		if i < 8 {
			s.fix(last-i, 8, dark)
		} else {
			s.fix(8, last-14+i, dark)
		}
	}
	s.fix(8, last-7, true)
}

// drawVersion writes the version twice, from 7 on.
func (s *symbol) drawVersion(version int) {
	if version < 7 {
		return
	}
	bits := withCheck(version, 12, 0x1f25)
	for i := range 18 {
		a, b := s.size-11+i%3, i/3
		s.fix(a, b, bits>>i&1 == 1)
		s.fix(b, a, bits>>i&1 == 1)
	}
}

// withCheck appends n check bits to a value: ISO/IEC 18004, annexes C and D.
func withCheck(value, n, generator int) int {
	rest := value
	for range n {
		rest = rest<<1 ^ rest>>(n-1)*generator
	}
	return value<<n | rest
}

// fill lays the codewords in pairs of columns, up and down in turn.
func (s *symbol) fill(codewords []byte) {
	bit := 0
	upward := true
	for right := s.size - 1; right > 0; right -= 2 {
		if right == 6 {
			right-- // the timing line
		}
		for i := range s.size {
			y := i
			if upward {
				y = s.size - 1 - i
			}
			for x := right; x > right-2; x-- {
				if at := y*s.size + x; !s.fixed[at] {
					if bit < 8*len(codewords) {
						s.modules[at] = codewords[bit/8] >> (7 - bit%8) & 1
					}
					bit++
				}
			}
		}
		upward = !upward
	}
}

// masked exchanges dark and light where the mask says so.
func (s *symbol) masked(mask int) []byte {
	out := make([]byte, len(s.modules))
	copy(out, s.modules)
	for y := range s.size {
		for x := range s.size {
			if i := y*s.size + x; !s.fixed[i] && flips(mask, x, y) {
				out[i] ^= 1
			}
		}
	}
	return out
}

func flips(mask, x, y int) bool {
	switch mask {
	case 0:
		return (x+y)%2 == 0
	case 1:
		return y%2 == 0
	case 2:
		return x%3 == 0
	case 3:
		return (x+y)%3 == 0
	case 4:
		return (y/2+x/3)%2 == 0
	case 5:
		return x*y%2+x*y%3 == 0
	case 6:
		return (x*y%2+x*y%3)%2 == 0
	default:
		return ((x+y)%2+x*y%3)%2 == 0
	}
}
