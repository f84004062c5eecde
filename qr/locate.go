package qr

import "math"

// leg is the line from the top left corner to one of the others.
type leg struct {
	modules   float64 // its length
	narrowing float64 // how much farther away its end is than its start, from perspective
}

// legOf measures a module at both ends: under perspective its size along a line
// falls with the square of the distance.
func (v *view) legOf(from, to mark) leg {
	d := to.at.minus(from.at)
	step := d.times(1 / d.length())
	near, far := v.along(from, step), v.along(to, step)
	return leg{d.length() / math.Sqrt(near*far), math.Sqrt(near / far)}
}

// sizes gives the numbers of modules a side that the distances of three corners
// allow, the likeliest first. Both sides of a code are as long.
func sizes(across, down leg) []int {
	if across.modules > 1.4*down.modules || down.modules > 1.4*across.modules {
		return nil
	}
	estimate := (across.modules+down.modules)/2 + 7
	version := int(math.Round((estimate - 17) / 4))
	next := version + 1
	if estimate < float64(17+4*version) {
		next = version - 1
	}
	var sizes []int
	for _, n := range []int{version, next} {
		if 1 <= n && n <= 40 {
			sizes = append(sizes, 17+4*n)
		}
	}
	return sizes
}

// along measures a module of a corner in one direction.
func (v *view) along(m mark, step point) float64 {
	ahead, ok1 := v.reach(m, step)
	behind, ok2 := v.reach(m, step.times(-1))
	switch {
	case ok1 && ok2:
		return (ahead + behind) / 7
	case ok1:
		return ahead / 3.5
	case ok2:
		return behind / 3.5
	default:
		return m.size
	}
}

// reach is how far the outer edge of a corner lies from its middle.
func (v *view) reach(m mark, step point) (float64, bool) {
	const fine = 0.5
	colour, changes := !m.light, 0
	for d := fine; d < 8*m.size; d += fine {
		if v.darkAt(m.at.plus(step.times(d))) == colour {
			continue
		}
		colour = !colour
		if changes++; changes == 3 {
			return d - fine/2, d > m.size
		}
	}
	return 0, false
}

// lay puts the modules over three corners: as if the picture were taken from
// straight above, or tilted as the corners' sizes say, whichever matches better.
func (v *view) lay(t triple, modules int, across, down leg, frame []pinned) (best lattice, match float64) {
	a, b, c := t.topLeft.at, t.topRight.at, t.bottomLeft.at
	straight := b.plus(c).minus(a)
	tilted := straight
	if w := across.narrowing + down.narrowing - 1; w > 0.3 {
		tilted = b.times(across.narrowing).plus(c.times(down.narrowing)).minus(a).times(1 / w)
	}
	for _, fourth := range [2]point{straight, tilted} {
		if l, ok := latticeOf(modules, centres(modules), [4]point{a, b, c, fourth}); ok {
			if m := v.match(&l, frame, t.topLeft.light); m > match {
				best, match = l, m
			}
		}
	}
	return best, match
}

// centres are the middles of the three corners, and of the one a code has not.
func centres(modules int) [4]point {
	n := float64(modules) - 3.5
	return [4]point{{3.5, 3.5}, {n, 3.5}, {3.5, n}, {n, n}}
}

// align corrects a lattice by the alignment pattern (校正图形) farthest from the
// corners.
func (v *view) align(l lattice, t triple) lattice {
	n := float64(l.modules) - 6.5
	if l.modules < 25 {
		return l
	}
	p, found := v.alignment(&l, n, n, t.topLeft.light)
	if !found {
		return l
	}
	from := centres(l.modules)
	from[3] = point{n, n}
	aligned, ok := latticeOf(l.modules, from, [4]point{t.topLeft.at, t.topRight.at, t.bottomLeft.at, p})
	if !ok {
		return l
	}
	return aligned
}

// alignment looks for the alignment pattern nearest to where the lattice has
// it.
func (v *view) alignment(l *lattice, x, y float64, light bool) (point, bool) {
	const step = 0.5
	middle := l.at(x, y)
	right, down := l.at(x+1, y).minus(middle), l.at(x, y+1).minus(middle)
	for _, reach := range []float64{2, 4.5, 9} {
		best, sum, n := 0, point{}, 0.0
		for dy := -reach; dy <= reach; dy += step {
			for dx := -reach; dx <= reach; dx += step {
				p := middle.plus(right.times(dx)).plus(down.times(dy))
				hits := v.rings(p, right, down, light)
				if hits > best {
					best, sum, n = hits, point{}, 0
				}
				if hits == best && (n == 0 || sum.times(1/n).distance(p) < 1.5*right.length()) {
					sum, n = sum.plus(p), n+1
				}
			}
		}
		if best >= 23 {
			return sum.times(1 / n), true
		}
	}
	return middle, false
}

// rings counts the modules of an alignment pattern around p that are right, of
// 25.
func (v *view) rings(p, right, down point, light bool) int {
	hits := 0
	for y := -2; y <= 2; y++ {
		for x := -2; x <= 2; x++ {
			at := p.plus(right.times(float64(x))).plus(down.times(float64(y)))
			if dark := max(x, -x, y, -y) != 1; v.darkAt(at) != light == dark {
				hits++
			}
		}
	}
	return hits
}

// settle moves the fourth place, then all, while the view matches better.
func (v *view) settle(l lattice, frame []pinned, light bool) (lattice, float64) {
	from := centres(l.modules)
	var to [4]point
	for i, p := range from {
		to[i] = l.at(p.x, p.y)
	}
	unit := to[1].distance(to[0]) / float64(l.modules-7)
	some := thin(frame)
	best := v.match(&l, some, light)
	for step := unit; step > unit/8; step /= 2 {
		for better := true; better; {
			better = false
			for i := 3; i >= 0; i-- {
				for _, d := range [4]point{{step, 0}, {-step, 0}, {0, step}, {0, -step}} {
					moved := to
					moved[i] = moved[i].plus(d)
					tried, ok := latticeOf(l.modules, from, moved)
					if !ok {
						continue
					}
					if m := v.match(&tried, some, light); m > best {
						best, to, l, better = m, moved, tried, true
					}
				}
			}
		}
	}
	return l, v.match(&l, frame, light)
}
