package main

import (
	"strings"

	"github.com/zwfw-go/zwfw"
)

// paperWidth is the inside of a slip, in columns.
const paperWidth = 44

// row is one line of a slip.
type row struct{ label, value zwfw.Text }

// paper prints a slip in a box: hall, number, rows, a word at the end. The frame is
// ASCII because terminals disagree on the width of drawn lines.
func (n *narrator) paper(title zwfw.Text, number string, rows []row, foot zwfw.Text) {
	edge := "+" + strings.Repeat("-", paperWidth+2) + "+"
	n.paperLine(edge)
	for _, text := range n.lang.pick(title) {
		n.boxed(centre(text, paperWidth))
	}
	n.boxed("")
	n.boxed(centre(strings.Join(strings.Split(number, ""), " "), paperWidth))
	n.boxed("")
	for _, r := range rows {
		n.paperRow(r)
	}
	n.paperLine(edge)
	for _, text := range n.lang.pick(foot) {
		n.boxed(centre(text, paperWidth))
	}
	n.paperLine(edge)
}

// paperRow prints label and value; a value that is the same in both languages is
// printed once, beside both labels.
func (n *narrator) paperRow(r row) {
	const labels = 20
	label := strings.Join(n.lang.pick(r.label), " ")
	for i, value := range n.lang.pick(r.value) {
		if i > 0 && r.value.ZH == r.value.EN {
			return
		}
		n.boxed(pad(label, labels) + value)
		label = ""
	}
}

func (n *narrator) boxed(s string) { n.paperLine("| " + pad(s, paperWidth) + " |") }

// paperLine prints one line as it is, in the column of the texts.
func (n *narrator) paperLine(s string) { n.line(strings.Repeat(" ", textColumn) + s) }
