package zwfw

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Text is one message in plain Chinese and plain English.
type Text struct{ ZH, EN string }

// Advice says what to do about an error, in three voices.
type Advice struct {
	Citizen Text // at most 20 characters, made to be spoken
	Staff   Text // what the member of staff does now
	Support Text // kind, code and request id, for the telephone
}

// CodeName is what citizens call a platform's code, such as 鲁通码. It replaces
// "{code}" in the advice texts. The other names there are {kind}, {platformCode},
// {request} and {offset}, by how much the clocks differ.
type CodeName Text

// AdviceBook is the table of all advice texts. Keys, most specific first:
// "lutong.VerifyCode/CodeExpired", "lutong.VerifyCode/*", "lutong/CodeExpired",
// "lutong/*", "CodeExpired", and "Unclassified" where nothing else fits; each voice is
// looked up by itself, so that an entry may hold one of them only. In place of the kind, "Unknown" serves outcome unknown and "Down" a platform that could not be
// reached at all. [DefaultAdvice] gives a copy to alter and hand to [WithAdvice].
type AdviceBook map[string]Advice

// AdviceFor gives the advice of an error of this module; for any other error it
// gives that of Unclassified.
func AdviceFor(err error) Advice {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Kind: Unclassified}
	}
	return e.Advice()
}

// Advice gives what citizen, staff and support should read about this error.
func (e *Error) Advice() Advice {
	book := e.advice
	if book == nil {
		book = defaultAdvice
	}
	a := book.lookup(e.Platform, e.Op, e.situation())
	code, request := PrintableCode(e.Code), PrintableCode(e.RequestID)
	name := e.code
	if name.ZH == "" {
		name.ZH = "二维码"
	}
	if name.EN == "" {
		name.EN = "code"
	}
	offset := Text{}
	if d := e.ClockOffset; d != 0 {
		offset = inWords(d.Abs())
		offset = Text{ZH: "（相差" + offset.ZH + "）", EN: " (by" + offset.EN + ")"}
	}
	kind := string(e.Kind)
	zh := strings.NewReplacer("{code}", name.ZH, "{kind}", kind, "{platformCode}", orElse(code, "无"), "{request}", orElse(request, "无"), "{offset}", offset.ZH)
	en := strings.NewReplacer("{code}", name.EN, "{kind}", kind, "{platformCode}", orElse(code, "none"), "{request}", orElse(request, "none"), "{offset}", offset.EN)
	fill := func(t Text) Text { return Text{ZH: zh.Replace(t.ZH), EN: en.Replace(t.EN)} }
	return Advice{Citizen: fill(a.Citizen), Staff: fill(a.Staff), Support: fill(a.Support)}
}

// inWords gives a duration as people say it, a space before each part.
func inWords(d time.Duration) Text {
	d = d.Round(time.Second)
	var t Text
	for _, unit := range []struct {
		size   time.Duration
		zh, en string
	}{{time.Hour, "小时", "h"}, {time.Minute, "分", "min"}, {time.Second, "秒", "s"}} {
		if n := d / unit.size; n > 0 {
			t.ZH += fmt.Sprintf(" %d %s", n, unit.zh)
			t.EN += fmt.Sprintf(" %d %s", n, unit.en)
			d -= n * unit.size
		}
	}
	return t
}

// situation is the last part of the advice key.
func (e *Error) situation() string {
	switch e.Kind {
	case Upstream, Timeout, Busy:
		if e.Outcome == OutcomeRefused {
			return "Down"
		}
	}
	if e.Outcome == OutcomeUnknown && e.Op != "" {
		return "Unknown"
	}
	return string(e.Kind)
}

// lookup finds each voice by itself: an entry may speak to one and leave the others to
// a more general one.
func (b AdviceBook) lookup(platform, op, situation string) (found Advice) {
	for _, key := range []string{
		platform + "." + op + "/" + situation, platform + "." + op + "/*", platform + "/" + situation, platform + "/*", situation, string(Unclassified),
	} {
		a := b[key]
		for _, voice := range []struct{ into, from *Text }{{&found.Citizen, &a.Citizen}, {&found.Staff, &a.Staff}, {&found.Support, &a.Support}} {
			if *voice.into == (Text{}) {
				*voice.into = *voice.from
			}
		}
	}
	if found.Support == (Text{}) {
		found.Support = supportLine
	}
	return found
}

// WithTexts attaches the advice table and the name of the platform's code. The
// platform packages call it on every error they return.
func (e *Error) WithTexts(book AdviceBook, code CodeName) *Error {
	e.advice, e.code = book, code
	return e
}

// DefaultAdvice gives a copy of the built-in table.
func DefaultAdvice() AdviceBook {
	book := make(AdviceBook, len(defaultAdvice))
	for k, v := range defaultAdvice {
		book[k] = v
	}
	return book
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
