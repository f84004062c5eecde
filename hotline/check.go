package hotline

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
)

// check gathers the refusals of one call's fields; the first stands.
type check struct {
	c   *Client
	op  string
	err error
}

func (c *Client) check(op string) *check { return &check{c: c, op: op} }

func (k *check) refuse(field, expected string) {
	if k.err == nil {
		k.err = k.c.engine.Refuse(k.op, field, expected)
	}
}

// is refuses the field unless ok.
func (k *check) is(ok bool, field, expected string) {
	if !ok {
		k.refuse(field, expected)
	}
}

// line wants at most so many characters and no control character; empty passes.
func (k *check) line(field, value string, most int) {
	if k.err == nil {
		k.err = k.c.engine.CheckText(k.op, field, value, most)
	}
}

// need wants a line that is not blank.
func (k *check) need(field, value string, most int) {
	k.is(strings.TrimSpace(value) != "", field, "is required")
	k.line(field, value, most)
}

// prose is a line that may be broken into several.
func (k *check) prose(field, value string, most int) {
	if n := utf8.RuneCountInString(value); n > most {
		k.refuse(field, fmt.Sprintf("at most %d characters, has %d", most, n))
	}
	for _, r := range value {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			k.refuse(field, "must hold no control character but line ends and be UTF-8")
			return
		}
	}
}

// written wants prose that somebody wrote: at least one letter or digit.
func (k *check) written(field, value string, most int) {
	said := strings.ContainsFunc(value, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	k.is(said, field, "is required, in words of the person who decides")
	k.prose(field, value, most)
}

// person wants the name of who acts, in clear.
func (k *check) person(field string, name zwfw.PersonName) {
	k.need(field, name.Reveal(), maxName)
	k.is(!name.IsMasked(), field, "must be in clear, is masked")
}

// phone takes 3 to 20 digits (service numbers and extensions exist), or nothing.
func (k *check) phone(field string, number zwfw.Phone) {
	if text := number.Reveal(); text != "" {
		digits := strings.Trim(text, "0123456789+- ") == ""
		k.is(digits && len(text) >= 3 && len(text) <= 20, field, "expected 3 to 20 digits")
	}
}

// moment wants a time.
func (k *check) moment(field string, at time.Time) { k.is(!at.IsZero(), field, "is required") }

// area wants an administrative division of 12 digits, or 6.
func (k *check) area(field, code string) {
	k.is((len(code) == 6 || len(code) == 12) && strings.Trim(code, "0123456789") == "", field, "expected 6 or 12 digits")
}

func (k *check) attachments(field string, list []Attachment) {
	const most = 10 // assumption
	k.is(len(list) <= most, field, fmt.Sprintf("at most %d, has %d", most, len(list)))
	for i, a := range list {
		k.is(a.FileID != "" || a.URL != "", fmt.Sprintf("%s[%d]", field, i), "FileID or URL is required")
		k.line(field+".Name", a.Name, 255)
	}
}

// Lengths of the proposed wire contract, in characters (assumption; opinions, names and
// addresses: public practice).
const (
	maxNumber  = 50
	maxName    = 100
	maxTitle   = 200
	maxContent = 4000
	maxReason  = 2000
	maxAddress = 400
)
