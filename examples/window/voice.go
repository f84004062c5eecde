package main

import (
	"errors"
	"fmt"
	"io"

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

// Who speaks.
var (
	citizen = zwfw.Text{ZH: "群众", EN: "Citizen"}
	phone   = zwfw.Text{ZH: "手机", EN: "Phone"}
	window  = zwfw.Text{ZH: "窗口", EN: "Window"}
	speaker = zwfw.Text{ZH: "语音播报", EN: "Voice"}
	staff   = zwfw.Text{ZH: "工作人员", EN: "Staff"}
	support = zwfw.Text{ZH: "技术支持", EN: "Support"}
)

// voice prints the transcript, a line for each language, and keeps the first failed
// write.
type voice struct {
	out  io.Writer
	lang language
	err  error
}

func (v *voice) line(text string) {
	if v.err == nil {
		_, v.err = fmt.Fprintln(v.out, text)
	}
}

// say prints what somebody does or says.
func (v *voice) say(who, what zwfw.Text) {
	if v.lang != english {
		v.line("  " + who.ZH + "：" + what.ZH)
	}
	if v.lang != chinese {
		v.line("  " + who.EN + ": " + what.EN)
	}
}

// heading begins a scene.
func (v *voice) heading(number int, title zwfw.Text) {
	v.line("")
	if v.lang != english {
		v.line(fmt.Sprintf("%d. %s", number, title.ZH))
	}
	if v.lang != chinese {
		v.line(fmt.Sprintf("%d. %s", number, title.EN))
	}
}

// advise prints what an error means to the three who have to do with it.
func (v *voice) advise(err error) {
	a := zwfw.AdviceFor(err)
	v.say(speaker, a.Citizen)
	v.say(staff, a.Staff)
	v.say(support, a.Support)
}

// surprise is a scene's finding that something is not as expected.
type surprise zwfw.Text

func (s surprise) Error() string { return s.EN }

func unexpected(zh, en string, args ...any) error { return surprise(textf(zh, en, args...)) }

// textf formats one message in both languages.
func textf(zh, en string, args ...any) zwfw.Text {
	return zwfw.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// failure says which scene went wrong and why.
func (v *voice) failure(out io.Writer, number int, title zwfw.Text, err error) {
	why := zwfw.Text{ZH: err.Error(), EN: err.Error()}
	var s surprise
	if errors.As(err, &s) {
		why = zwfw.Text(s)
	}
	if v.lang != english {
		_, _ = fmt.Fprintf(out, "window: 第 %d 步（%s）与预期不符：%s\n", number, title.ZH, why.ZH)
	}
	if v.lang != chinese {
		_, _ = fmt.Fprintf(out, "window: step %d (%s) did not go as expected: %s\n", number, title.EN, why.EN)
	}
}
