package qr

// pinned is a module whose colour the standard fixes.
type pinned struct {
	x, y float64 // its middle, in modules
	dark bool
}

// frameOf gives the modules that every code of a size shares: corners with
// their white edge, timing lines, alignment patterns.
func frameOf(modules int) []pinned {
	var all []pinned
	pin := func(x, y int, dark bool) { all = append(all, pinned{float64(x) + 0.5, float64(y) + 0.5, dark}) }
	for _, c := range [][2]int{{3, 3}, {modules - 4, 3}, {3, modules - 4}} {
		for y := c[1] - 4; y <= c[1]+4; y++ {
			for x := c[0] - 4; x <= c[0]+4; x++ {
				if x >= 0 && y >= 0 && x < modules && y < modules {
					ring := max(x-c[0], c[0]-x, y-c[1], c[1]-y)
					pin(x, y, ring < 2 || ring == 3)
				}
			}
		}
	}
	for i := 8; i < modules-8; i++ {
		pin(i, 6, i%2 == 0)
		pin(6, i, i%2 == 0)
	}
	for _, c := range alignmentsOf(modules) {
		for y := c[1] - 2; y <= c[1]+2; y++ {
			for x := c[0] - 2; x <= c[0]+2; x++ {
				pin(x, y, max(x-c[0], c[0]-x, y-c[1], c[1]-y) != 1)
			}
		}
	}
	return all
}

// alignmentsOf gives the middles of the alignment patterns (校正图形) in
// modules.
func alignmentsOf(modules int) [][2]int {
	line := tableOf((modules - 17) / 4).GetAlignmentPatternCenters()
	var all [][2]int
	for i, y := range line {
		for j, x := range line {
			last := len(line) - 1
			if i == 0 && (j == 0 || j == last) || i == last && j == 0 {
				continue // a corner stands there
			}
			all = append(all, [2]int{x, y})
		}
	}
	return all
}

// thin leaves some hundred modules of a large code, enough to compare lattices.
func thin(frame []pinned) []pinned {
	const enough = 300
	step := len(frame)/enough + 1
	if step == 1 {
		return frame
	}
	out := make([]pinned, 0, len(frame)/step+1)
	for i := 0; i < len(frame); i += step {
		out = append(out, frame[i])
	}
	return out
}

// match is the share of the pinned modules that the view shows as they should
// be, each looked at in four places.
func (v *view) match(l *lattice, frame []pinned, light bool) float64 {
	const aside = 0.22
	hits := 0
	for _, p := range frame {
		at, right, down := l.around(p.x, p.y, aside)
		for _, at := range [4]point{at.minus(right).minus(down), at.plus(right).minus(down), at.minus(right).plus(down), at.plus(right).plus(down)} {
			if v.darkAt(at) != light == p.dark {
				hits++
			}
		}
	}
	return float64(hits) / float64(4*len(frame))
}

// darkAt takes what lies outside the picture for light, and so what is no place
// at all: a lattice seen from its edge gives infinite ones.
func (v *view) darkAt(p point) bool {
	inside := p.x >= 0 && p.y >= 0 && p.x < float64(v.grey.Width) && p.y < float64(v.grey.Height)
	return inside && v.isDark(int(p.x), int(p.y))
}
