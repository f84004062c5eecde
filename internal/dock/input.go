package dock

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/codetext"
)

// CheckText refuses a caller's field that is over-long, holds a control character or is
// no UTF-8. An empty text passes.
func (e *Engine) CheckText(op, field, value string, most int) error {
	if n := utf8.RuneCountInString(value); n > most {
		return e.Refuse(op, field, fmt.Sprintf("at most %d characters, has %d", most, n))
	}
	for _, r := range value {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return e.Refuse(op, field, "must hold no control character and be UTF-8")
		}
	}
	return nil
}

// CheckSecret wants a text that came in through a browser or app: not blank, not the mask
// that a Secret prints, and fit to be sent.
func (e *Engine) CheckSecret(op, field string, s zwfw.Secret, most int) error {
	switch {
	case strings.TrimSpace(s.Reveal()) == "":
		return e.Refuse(op, field, "is required")
	case s.Reveal() == s.String():
		return e.Refuse(op, field, "is masked; the value in clear is needed")
	}
	return e.CheckText(op, field, s.Reveal(), most)
}

// CodeText normalises a scanned text, refuses what can be no code, and otherwise leaves
// it as it is.
func (e *Engine) CodeText(op string, code zwfw.CodeText) (zwfw.CodeText, error) {
	text := codetext.Normalize(code.Reveal())
	if err := codetext.Check(text, codetext.DefaultMax); err != nil {
		refusal := e.Refuse(op, "Code", err.Error())
		refusal.Kind = zwfw.CodeMalformed
		return code, refusal
	}
	return zwfw.NewCodeText(text), nil
}
