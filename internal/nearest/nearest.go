// Package nearest finds the valid name that a wrong one was probably meant to be,
// for error messages.
package nearest

import "strings"

// Of gives the candidate closest to name, or "" when none is close.
func Of(name string, candidates []string) string {
	name = strings.ToLower(name)
	best, bestDistance := "", len(name)/2+2
	for _, c := range candidates {
		lower := strings.ToLower(c)
		if max(len(name)-len(lower), len(lower)-len(name)) >= bestDistance {
			continue // the distance is no shorter; a hostile name may be very long
		}
		if d := distance(name, lower); d < bestDistance && d < max(len(name), len(lower)) {
			best, bestDistance = c, d
		}
	}
	return best
}

// Hint gives "; did you mean X?" or, when nothing is close, the valid names.
func Hint(name string, candidates []string) string {
	if n := Of(name, candidates); n != "" {
		return "; did you mean " + n + "?"
	}
	if len(candidates) == 0 {
		return ""
	}
	return "; valid: " + strings.Join(candidates, ", ")
}

// maxName bounds the work on a name that comes from outside and may be anything.
const maxName = 64

// distance is the Levenshtein distance of the heads of two names.
func distance(a, b string) int {
	a, b = a[:min(len(a), maxName)], b[:min(len(b), maxName)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left, diagonal := i+1, i
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			here := min(row[j+1]+1, left+1, diagonal+cost)
			diagonal = row[j+1]
			row[j+1], left = here, here
		}
	}
	return row[len(b)]
}
