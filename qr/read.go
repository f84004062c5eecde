package qr

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"math"
	"slices"
)

// reading is one way to look at a picture. Which one works depends on the light
// and the camera.
type reading struct {
	scale int
	tell  func(*view) // dark from light
}

// readings stand in the order of what hall pictures need. Each finds codes as
// drawn, turned, mirrored and inverted.
var readings = [...]reading{
	{1, (*view).local},
	{2, (*view).local}, // noise, rough print
	{1, (*view).global},
	{4, (*view).local}, // large and blurred
	{1, (*view).fine},  // out of focus
}

// leastSide is the smallest code that a reading scaled down is good for, in
// pixels of the view: version 1 at one and a half pixels a module.
const leastSide = 32

// maxTriples is how many sets of three corners are tried in one reading.
const maxTriples = 40

// How well the fixed modules of a code must match: half do by chance.
const (
	leastMatch  = 0.58 // to go on with three corners
	goodMatch   = 0.75 // to read the other modules
	mirrorMatch = 0.85 // to read them mirrored, which is rare
)

// maxSettles is how many lattices are settled in one reading, which is slow.
const maxSettles = 3

// read gives the codes of the first reading that finds any.
func (v *view) read(ctx context.Context, p Plane) ([]Result, error) {
	seen := false
	for _, r := range readings {
		if r.scale > 1 && min(p.Width, p.Height)/r.scale < leastSide {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found, damaged, err := v.readAs(ctx, p, r)
		if err != nil || len(found) > 0 {
			return found, err
		}
		seen = seen || damaged
	}
	if seen {
		return nil, fmt.Errorf("%w: a code was found but is empty, or too damaged or blurred", ErrNoCode)
	}
	return nil, ErrNoCode
}

// draft is a lattice over three corners whose modules could not be read yet.
type draft struct {
	corners triple
	lattice lattice
	match   float64
}

// readAs gives the codes that one reading finds, and whether it saw one that it
// could not read. What cannot be read as it was laid is settled in the end, the
// best first.
func (v *view) readAs(ctx context.Context, p Plane, r reading) (found []Result, damaged bool, err error) {
	v.use(p, r.scale)
	r.tell(v)
	all := triples(v.findMarks(ctx))
	var taken []lattice
	var drafts []draft
	take := func(d draft) {
		if within(taken, d.corners) {
			return
		}
		code, ok := v.decode(&d.lattice, d.match, d.corners.topLeft.light)
		if !ok {
			drafts = append(drafts, d)
			return
		}
		var result Result
		if c, err := contentOf(code); err == nil {
			result = v.result(&d.lattice, code, c)
		}
		if result.Text == "" {
			damaged = true
			return
		}
		taken = append(taken, d.lattice)
		found = append(found, result)
	}
	for i, tried := 0, 0; i < len(all) && tried < maxTriples && ctx.Err() == nil; i++ {
		if within(taken, all[i]) {
			continue
		}
		tried++
		v.draft(all[i], take)
	}
	slices.SortStableFunc(drafts, func(a, b draft) int { return cmp.Compare(b.match, a.match) })
	for _, d := range drafts[:min(len(drafts), maxSettles)] {
		if ctx.Err() == nil && !within(taken, d.corners) {
			d.lattice, d.match = v.settle(d.lattice, v.frame(d.lattice.modules), d.corners.topLeft.light)
			damaged = damaged || d.match >= goodMatch
			take(d)
		}
	}
	return found, damaged, ctx.Err()
}

// draft lays the modules over three corners, in the sizes that they allow.
func (v *view) draft(t triple, take func(draft)) {
	across, down := v.legOf(t.topLeft, t.topRight), v.legOf(t.topLeft, t.bottomLeft)
	for _, modules := range sizes(across, down) {
		frame := v.frame(modules)
		l, match := v.lay(t, modules, across, down, frame)
		if match < leastMatch {
			continue
		}
		aligned := v.align(l, t)
		if m := v.match(&aligned, frame, t.topLeft.light); m >= match {
			l, match = aligned, m
		}
		take(draft{t, l, match})
	}
}

func (v *view) decode(l *lattice, match float64, light bool) (codewords, bool) {
	if match < goodMatch {
		return codewords{}, false
	}
	if code, err := correct(v.sample(l, light, false)); err == nil {
		return code, true
	}
	if match < mirrorMatch {
		return codewords{}, false
	}
	code, err := correct(v.sample(l, light, true))
	return code, err == nil
}

func (v *view) frame(modules int) []pinned {
	if v.frames == nil {
		v.frames = map[int][]pinned{}
	}
	f, ok := v.frames[modules]
	if !ok {
		f = frameOf(modules)
		v.frames[modules] = f
	}
	return f
}

// within tells corners that belong to a code already read.
func within(taken []lattice, t triple) bool {
	for i := range taken {
		l := &taken[i]
		n := float64(l.modules)
		middle := l.at(n/2, n/2)
		reach := middle.distance(l.at(0, 0))
		for _, m := range []mark{t.topLeft, t.topRight, t.bottomLeft} {
			if m.at.distance(middle) < reach {
				return true
			}
		}
	}
	return false
}

func (v *view) result(l *lattice, code codewords, c content) Result {
	text, charset := c.text()
	r := Result{
		Text: text, Bytes: c.bytes(), Charset: charset, ECI: c.marked, AIM: c.aim(), Part: c.part,
		Version: code.version, Level: code.level,
	}
	n := float64(l.modules)
	for i, p := range [4]point{{0, 0}, {n, 0}, {n, n}, {0, n}} {
		at := l.at(p.x, p.y).times(float64(v.scale))
		r.Corners[i] = image.Pt(int(math.Round(at.x)), int(math.Round(at.y)))
	}
	return r
}
