package crypto

import "strings"

// nearest returns the candidate closest to word, so that an error can name
// what was probably meant. Profiles are edited by hand in halls: the usual
// mistake is one letter, a case or an underscore.
func nearest(word string, candidates []string) string {
	best, least := "", -1
	for _, c := range candidates {
		d := distance(strings.ToLower(word), strings.ToLower(c))
		if least < 0 || d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete or change. Only the head
// of a long word is compared: the word comes from outside and may be anything.
func distance(a, b string) int {
	const most = 64
	a, b = a[:min(len(a), most)], b[:min(len(b), most)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
