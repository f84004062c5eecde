package certificate

import (
	"errors"

	"github.com/zwfw-go/zwfw"
)

// identifier checks an identifier that is about to be sent.
func (k *checker) identifier(id zwfw.IDNumber) {
	k.needed("ID", id.Reveal(), maxIdentifier)
	k.clear("ID", id, maxIdentifier)
	if k.c.rules == nil || k.err != nil {
		return
	}
	var wrong *NumberError
	if _, err := k.c.rules.Parse(id.Reveal()); errors.As(err, &wrong) {
		k.refuse("ID", wrong.Error())
	}
}

// checked warns of an identifier whose check character is wrong. Platforms send such ones,
// made by an old utility, so it is no error.
func (a *Answer) checked(id zwfw.IDNumber) {
	if parsed, err := ParseIdentifier(id.Reveal()); err == nil && parsed.Check() == CheckWrong {
		a.Warnings = append(a.Warnings, zwfw.Warning{Field: "list.certificateID", Problem: "the identifier's check character is wrong"})
	}
}
