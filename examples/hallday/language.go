package main

import (
	"errors"
	"fmt"

	"github.com/zwfw-go/zwfw"
)

// language says which of the two languages are printed.
type language string

const (
	both    language = "both"
	chinese language = "zh"
	english language = "en"
)

// String and Set make it a flag.Value.
func (l *language) String() string { return string(*l) }

func (l *language) Set(text string) error {
	switch v := language(text); v {
	case both, chinese, english:
		*l = v
		return nil
	}
	return errors.New("expected both, zh or en")
}

// pick gives the texts of the chosen languages, Chinese first.
func (l language) pick(t zwfw.Text) []string {
	switch {
	case l == chinese:
		return []string{t.ZH}
	case l == english:
		return []string{t.EN}
	}
	return []string{t.ZH, t.EN}
}

// textf formats one message in both languages. Arguments that are a zwfw.Text
// themselves give each message its own language.
func textf(zh, en string, args ...any) zwfw.Text {
	zhArgs, enArgs := make([]any, len(args)), make([]any, len(args))
	for i, a := range args {
		zhArgs[i], enArgs[i] = a, a
		if t, ok := a.(zwfw.Text); ok {
			zhArgs[i], enArgs[i] = t.ZH, t.EN
		}
	}
	return zwfw.Text{ZH: fmt.Sprintf(zh, zhArgs...), EN: fmt.Sprintf(en, enArgs...)}
}

// surprise is a step's finding that something is not as expected.
type surprise zwfw.Text

func (s surprise) Error() string { return s.EN }

func unexpected(zh, en string, args ...any) error { return surprise(textf(zh, en, args...)) }
