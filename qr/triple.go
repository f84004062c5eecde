package qr

import (
	"cmp"
	"math"
	"slices"
)

type point struct{ x, y float64 }

func (p point) plus(q point) point       { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point      { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point    { return point{p.x * f, p.y * f} }
func (p point) length() float64          { return math.Hypot(p.x, p.y) }
func (p point) cross(q point) float64    { return p.x*q.y - p.y*q.x }
func (p point) distance(q point) float64 { return p.minus(q).length() }

// triple is three marks that may be the corners of one code.
type triple struct {
	topLeft, topRight, bottomLeft mark
	skew                          float64 // how far from a square; 0 is none
}

// triples gives the sets of three that can be a code, the squarest first.
func triples(marks []mark) []triple {
	var all []triple
	for i, a := range marks {
		for j, b := range marks[:i] {
			if a.light != b.light {
				continue
			}
			for _, c := range marks[:j] {
				if a.light != c.light {
					continue
				}
				for _, m := range [3][3]mark{{a, b, c}, {b, c, a}, {c, a, b}} {
					if t, ok := tripleOf(m[0], m[1], m[2]); ok {
						all = append(all, t)
					}
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b triple) int { return cmp.Compare(a.skew, b.skew) })
	return all
}

// tripleOf takes a for the top left corner.
func tripleOf(a, b, c mark) (triple, bool) {
	across, down := b.at.minus(a.at), c.at.minus(a.at)
	short, long := min(across.length(), down.length()), max(across.length(), down.length())
	least, most := min(a.size, b.size, c.size), max(a.size, b.size, c.size)
	// From 14 modules (version 1) to 170 (version 40). A code that stands on
	// its corner has marks up to 1.4 times too large.
	if most > 2.5*least || long > 2.5*short || short < 7*least || long > 190*most {
		return triple{}, false
	}
	cos := math.Abs(across.x*down.x+across.y*down.y) / (short * long)
	if cos > 0.8 {
		return triple{}, false
	}
	if across.cross(down) < 0 {
		b, c = c, b
	}
	skew := cos + (long/short - 1) + (most/least - 1) + long/most/1000
	return triple{a, b, c, skew}, true
}
