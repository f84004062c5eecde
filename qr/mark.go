package qr

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// mark is a place that looks like the corner of a code (寻像图形): rings whose
// section is one, one, three, one and one modules in turn.
type mark struct {
	at    point
	size  float64 // pixels a module, as the rows and columns of the picture cut it
	seen  int     // rows that crossed it
	off   float64 // how far its sections are from what they should be
	light bool    // light on dark: the code is inverted
}

// Of the places that look like corners, the dense part of a large code has
// some dozens by chance. maxMarks are kept while looking, and bestMarks
// compared, every three of them.
const (
	maxMarks  = 64
	bestMarks = 20
)

// findMarks goes through every third row, or every row of a small picture. A
// corner is three modules high in its middle. The best come first. What it does
// for a picture full of corners, or of noise, grows with the pixels only.
func (v *view) findMarks(ctx context.Context) []mark {
	v.marks = v.marks[:0]
	v.looks = 20_000 + len(v.dark)/100
	step := 3
	if v.grey.Height < 240 {
		step = 1
	}
	for y := step / 2; y < v.grey.Height && v.looks > 0; y += step {
		if y%64 < step && ctx.Err() != nil {
			return nil
		}
		row := v.dark[y*v.grey.Width:][:v.grey.Width]
		v.runs = runsOf(row, v.runs)
		r := v.runs
		for i := 0; i+5 < len(r); i++ {
			s := section{r[i+1] - r[i], r[i+2] - r[i+1], r[i+3] - r[i+2], r[i+4] - r[i+3], r[i+5] - r[i+4]}
			if s.off() < 0.5 {
				if len(v.marks) >= maxMarks {
					v.keepBest(maxMarks/2, step)
				}
				v.addMark((r[i+2]+r[i+3])/2, y, float64(r[i+5]-r[i])/7)
			}
		}
	}
	v.keepBest(bestMarks, step)
	return v.marks
}

// keepBest puts the marks in order; a row less than should have crossed one
// weighs as much as a bad section.
func (v *view) keepBest(n, step int) {
	rank := func(m mark) float64 { return m.off - min(1, float64(m.seen*step)/(2*m.size)) }
	slices.SortStableFunc(v.marks, func(a, b mark) int { return cmp.Compare(rank(a), rank(b)) })
	v.marks = v.marks[:min(len(v.marks), n)]
}

func (v *view) addMark(x, y int, size float64) {
	if v.knows(float64(x), float64(y), size) {
		return
	}
	v.looks--
	if m, ok := v.confirm(x, y, size); ok && !v.knows(m.at.x, m.at.y, m.size) {
		v.marks = append(v.marks, m)
	}
}

// knows counts a row that crosses a mark already found.
func (v *view) knows(x, y, size float64) bool {
	for i := range v.marks {
		m := &v.marks[i]
		if math.Abs(m.at.x-x) < 2*m.size && math.Abs(m.at.y-y) < 2*m.size && size < 1.6*m.size && m.size < 1.6*size {
			m.seen++
			return true
		}
	}
	return false
}

// confirm looks at a place in the other directions as well: however a corner is
// turned and tilted, every line through its middle cuts it alike.
func (v *view) confirm(x, y int, size float64) (mark, bool) {
	light := !v.isDark(x, y)
	limit := int(6*size) + 2 // for half of the middle, which is 1.5 where nothing is tilted
	column, dy, ok := v.cross(x, y, 0, 1, limit)
	if !ok || column.off() > 0.7 {
		return mark{}, false
	}
	cy := float64(y) + dy
	row, dx, ok := v.cross(x, int(cy), 1, 0, limit)
	if !ok || row.off() > 0.7 {
		return mark{}, false
	}
	cx, off := float64(x)+dx, max(row.off(), column.off())
	for _, slope := range [2]int{1, -1} {
		s, _, ok := v.cross(int(cx), int(cy), 1, slope, limit)
		if !ok || s.off() > 0.9 {
			return mark{}, false
		}
		off = max(off, s.off())
	}
	width, height := float64(row.length()), float64(column.length())
	if width > 3*height || height > 3*width {
		return mark{}, false
	}
	return mark{at: point{cx, cy}, size: (width + height) / 14, seen: 1, off: off, light: light}, true
}

// section is the length of five runs in a line.
type section [5]int

func (s section) length() int { return s[0] + s[1] + s[2] + s[3] + s[4] }

// off is how far the runs are from one, one, three, one, one, in modules; half
// a pixel is nothing. Ink that ran, and light that outshines it, make all dark
// runs longer and all light ones shorter, or the other way, so each kind has a
// module of its own.
func (s section) off() float64 {
	const far = 9
	if 3*s[2] < 4*s[0] || 3*s[2] < 4*s[4] || s[2] < s[1] || s[2] < s[3] {
		return far
	}
	outer, inner := float64(s[0]+s[2]+s[4])/5, float64(s[1]+s[3])/2
	if outer > 3*inner || inner > 3*outer {
		return far
	}
	edges := max(math.Abs(float64(s[0])-outer), math.Abs(float64(s[4])-outer), math.Abs(float64(s[2])-3*outer)/2)
	gap := math.Abs(float64(s[1]-s[3])) / 2
	return max((edges-0.5)/outer, (gap-0.5)/inner, 0)
}

// cross measures the runs through x, y along a direction, and how far the
// middle of the middle run lies from the pixel's first corner.
func (v *view) cross(x, y, dx, dy, limit int) (s section, middle float64, ok bool) {
	if !v.inside(x, y) {
		return s, 0, false
	}
	ahead, ok1 := v.tail(x, y, dx, dy, limit)
	behind, ok2 := v.tail(x, y, -dx, -dy, limit)
	s = section{behind[2], behind[1], behind[0] + ahead[0] - 1, ahead[1], ahead[2]}
	return s, float64(ahead[0]-behind[0]+1) / 2, ok1 && ok2
}

// tail measures three runs from x, y on; none may be longer than the limit. The
// last may end with the picture.
func (v *view) tail(x, y, dx, dy, limit int) (runs [3]int, ok bool) {
	colour := v.isDark(x, y)
	for i := range runs {
		for v.inside(x, y) && v.isDark(x, y) == colour {
			if runs[i]++; runs[i] > limit {
				return runs, false
			}
			x, y = x+dx, y+dy
		}
		if runs[i] == 0 {
			return runs, false
		}
		colour = !colour
		if i == 0 {
			limit = runs[0]*2 + 2
		}
	}
	return runs, true
}
