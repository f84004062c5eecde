package qr

import "math"

// lattice maps the modules of a code to the pixels of a view, as a picture
// taken from an angle shows them (透视变换).
type lattice struct {
	modules int // a side
	h       [8]float64
}

// at is the pixel under a place given in modules; 0.5, 0.5 is the middle of the
// first one.
func (l *lattice) at(x, y float64) point {
	w := l.h[6]*x + l.h[7]*y + 1
	return point{(l.h[0]*x + l.h[1]*y + l.h[2]) / w, (l.h[3]*x + l.h[4]*y + l.h[5]) / w}
}

// around is the pixel under a place, and the way from it to a place aside by
// some part of a module, right and down.
func (l *lattice) around(x, y, aside float64) (at, right, down point) {
	w := 1 / (l.h[6]*x + l.h[7]*y + 1)
	at = point{(l.h[0]*x + l.h[1]*y + l.h[2]) * w, (l.h[3]*x + l.h[4]*y + l.h[5]) * w}
	aside *= w
	right = point{(l.h[0] - l.h[6]*at.x) * aside, (l.h[3] - l.h[6]*at.y) * aside}
	down = point{(l.h[1] - l.h[7]*at.x) * aside, (l.h[4] - l.h[7]*at.y) * aside}
	return at, right, down
}

// latticeOf fits four places in modules to four in pixels; false when they are
// in a line.
func latticeOf(modules int, from, to [4]point) (lattice, bool) {
	var m [8][9]float64
	for i := range 4 {
		x, y, u, v := from[i].x, from[i].y, to[i].x, to[i].y
		m[2*i] = [9]float64{x, y, 1, 0, 0, 0, -u * x, -u * y, u}
		m[2*i+1] = [9]float64{0, 0, 0, x, y, 1, -v * x, -v * y, v}
	}
	for col := range 8 {
		best := col
		for row := col + 1; row < 8; row++ {
			if math.Abs(m[row][col]) > math.Abs(m[best][col]) {
				best = row
			}
		}
		m[col], m[best] = m[best], m[col]
		if math.Abs(m[col][col]) < 1e-9 {
			return lattice{}, false
		}
		for row := range 8 {
			if row == col {
				continue
			}
			f := m[row][col] / m[col][col]
			for k := col; k < 9; k++ {
				m[row][k] -= f * m[col][k]
			}
		}
	}
	l := lattice{modules: modules}
	for i := range l.h {
		l.h[i] = m[i][8] / m[i][i]
	}
	return l, true
}
