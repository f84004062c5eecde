package main

import (
	"strings"

	"golang.org/x/text/width"
)

// columns is how wide a text stands on a terminal: a Chinese character takes two.
// Characters that some terminals draw wide and some narrow are counted as wide, so
// that no line is longer than it is said to be.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth, width.EastAsianAmbiguous:
		return 2
	}
	return 1
}

// pad fills a text up with spaces.
func pad(s string, to int) string { return s + strings.Repeat(" ", max(0, to-columns(s))) }

// centre sets a text in the middle.
func centre(s string, in int) string {
	return pad(strings.Repeat(" ", max(0, (in-columns(s))/2))+s, in)
}

// closers may not begin a line, openers not end one.
const (
	closers = "，。；：！？、）》”"
	openers = "（《“"
)

// shortest is the shortest last line of a paragraph, so that no single character
// stands alone.
const shortest = 8

// wrap breaks a text into lines of at most the given columns: English between words,
// Chinese between characters.
func wrap(s string, limit int) []string {
	lines := fill(s, limit)
	for narrower := limit - 2; len(lines) > 1 && columns(lines[len(lines)-1]) < shortest && narrower > limit-2*shortest; narrower -= 2 {
		lines = fill(s, narrower)
	}
	return lines
}

func fill(s string, limit int) []string {
	var lines []string
	line := ""
	for _, piece := range pieces(s) {
		if line != "" && columns(line)+columns(strings.TrimRight(piece, " ")) > limit {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		line += piece
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pieces cuts a text where a line may break.
func pieces(s string) []string {
	var all []string
	glued := false // to the piece before
	for _, r := range s {
		last := len(all) - 1
		wide := runeColumns(r) == 2
		switch {
		case last < 0:
			all = append(all, string(r))
		case glued, r == ' ', strings.ContainsRune(closers, r):
			all[last] += string(r)
		case wide, strings.HasSuffix(all[last], " "), endsWide(all[last]):
			all = append(all, string(r))
		default:
			all[last] += string(r)
		}
		glued = strings.ContainsRune(openers, r)
	}
	return all
}

func endsWide(s string) bool {
	r := []rune(s)
	return runeColumns(r[len(r)-1]) == 2
}
