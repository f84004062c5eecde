package qr

// penalty says how hard a code is to read: long runs, blocks, what looks like a
// corner, and too much of one colour. ISO/IEC 18004, 7.8.3. It may stop once
// it is above enough, from 0.
func (s *symbol) penalty(enough int) int {
	total := s.imbalance()
	for i := range s.size {
		total += s.line(i*s.size, 1) + s.line(i, s.size)
		if i > 0 {
			total += s.squares(i)
		}
		if enough >= 0 && total > enough {
			break
		}
	}
	return total
}

// line goes along a row or a column. What lies outside the code counts as light.
func (s *symbol) line(at, step int) int {
	total, run, last, recent := 0, 0, byte(2), 0
	for range s.size {
		m := s.modules[at]
		at += step
		if m == last {
			run++
		} else {
			run, last = 1, m
		}
		switch {
		case run == 5:
			total += 3
		case run > 5:
			total++
		}
		if recent = recent<<1 | int(m); likeCorner(recent) {
			total += 40
		}
	}
	for range 4 {
		if recent <<= 1; likeCorner(recent) {
			total += 40
		}
	}
	return total
}

// likeCorner looks at the last fifteen modules: four, what looks like a corner,
// four; those before or behind are light.
func likeCorner(recent int) bool {
	const corner = 0b1011101
	return recent>>4&0x7f == corner && (recent>>11&0xf == 0 || recent&0xf == 0)
}

// squares counts two by two of one colour in row y and the one above.
func (s *symbol) squares(y int) int {
	above, row := s.modules[(y-1)*s.size:y*s.size], s.modules[y*s.size:(y+1)*s.size]
	total := 0
	last := byte(2) // the colour of the column before, 2 when it has both
	for x, m := range row {
		colour := m
		if above[x] != m {
			colour = 2
		}
		if colour != 2 && colour == last {
			total += 3
		}
		last = colour
	}
	return total
}

func (s *symbol) imbalance() int {
	dark := 0
	for _, m := range s.modules {
		dark += int(m)
	}
	off := max(2*dark-len(s.modules), len(s.modules)-2*dark)
	return 10 * off / len(s.modules) * 10
}
