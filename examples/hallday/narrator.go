package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Layout of the transcript, in columns.
const (
	lineWidth   = 78
	actorColumn = 2
	textColumn  = 12
)

// Who speaks. Eight columns at most.
var (
	citizen  = zwfw.Text{ZH: "群众", EN: "Citizen"}
	phone    = zwfw.Text{ZH: "手机", EN: "Phone"}
	stranger = zwfw.Text{ZH: "旁人", EN: "Stranger"}
	machine  = zwfw.Text{ZH: "取号机", EN: "Kiosk"}
	window   = zwfw.Text{ZH: "窗口", EN: "Window"}
	platform = zwfw.Text{ZH: "平台", EN: "Platform"}
	website  = zwfw.Text{ZH: "大厅网页", EN: "Web page"}
	hears    = zwfw.Text{ZH: "语音播报", EN: "Voice"}
	staff    = zwfw.Text{ZH: "工作人员", EN: "Staff"}
	support  = zwfw.Text{ZH: "技术支持", EN: "Support"}
	logs     = zwfw.Text{ZH: "程序日志", EN: "Log"}
	narrates = zwfw.Text{ZH: "旁白", EN: "Narrator"}
)

// china is the time zone of every hall.
var china = time.FixedZone("CST", 8*3600)

// narrator prints the transcript and keeps the first failed write.
type narrator struct {
	out  io.Writer
	lang language
	err  error
}

func (n *narrator) line(s string) {
	if n.err == nil {
		_, n.err = fmt.Fprintln(n.out, strings.TrimRight(s, " "))
	}
}

// say prints what somebody does or says, with the name in its own column. A text that
// has no translation is printed once.
func (n *narrator) say(who, what zwfw.Text) {
	names := n.lang.pick(who)
	for i, text := range n.lang.pick(what) {
		if i > 0 && what.ZH == what.EN {
			return
		}
		n.paragraph(strings.Repeat(" ", actorColumn)+names[i], text)
	}
}

func (n *narrator) paragraph(head, text string) {
	for _, line := range wrap(text, lineWidth-textColumn) {
		n.line(pad(head, textColumn) + line)
		head = ""
	}
}

// heading begins a step: its number and the time on the platform's clock.
func (n *narrator) heading(number int, at time.Time, title zwfw.Text) {
	n.line("")
	n.line(strings.Repeat("-", lineWidth))
	head := fmt.Sprintf("%3d  %s", number, at.In(china).Format("15:04"))
	for _, text := range n.lang.pick(title) {
		n.paragraph(head, text)
		head = ""
	}
	n.line("")
}

func (n *narrator) prologue() {
	for _, text := range n.lang.pick(textf(
		"大厅的一个上午：扫码取号、窗口叫号、亮码办事、扫码办事，以及各种出错的情形；接着是另一座城市的一码通和应急码；最后群众在政府网站上查看办件并评价。平台是本机上的模拟平台，群众是虚构的，个人信息一律掩码后打印。",
		"A morning in the hall: numbers, calls and codes, and what goes wrong; then another city; at the end the citizen follows the case on a website and rates it. The Lutong code is the code that citizens of Shandong show on their phones, the Yimatong code that of Hangzhou. The platform is a sandbox on this machine, the citizens are made up, and personal data prints masked.")) {
		for _, line := range wrap(text, lineWidth) {
			n.line(line)
		}
	}
}

// advise prints what an error means to the three who have to do with it.
func (n *narrator) advise(err error) {
	a := zwfw.AdviceFor(err)
	n.say(hears, textf("“%s”", `"%s"`, a.Citizen))
	n.say(staff, a.Staff)
	n.say(support, a.Support)
}

// failure says which step went wrong and why.
func (n *narrator) failure(out io.Writer, number int, title zwfw.Text, err error) {
	why := zwfw.Text{ZH: err.Error(), EN: err.Error()}
	var s surprise
	if errors.As(err, &s) {
		why = zwfw.Text(s)
	}
	for _, text := range n.lang.pick(textf("第 %d 步（%s）与预期不符：%s", "step %d (%s) did not go as expected: %s", number, title, why)) {
		_, _ = fmt.Fprintln(out, "hallday: "+text)
	}
}
