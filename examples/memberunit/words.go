package main

import (
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

func text(zh, en string) zwfw.Text { return zwfw.Text{ZH: zh, EN: en} }

var china = time.FixedZone("CST", 8*60*60)

// clock writes a time as people in the unit read it.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(china).Format("2006-01-02 15:04")
}

// meaning says a change in words.
func meaning(c hotline.SheetChange) zwfw.Text {
	at := clock(c.Deadline)
	switch c.Kind {
	case hotline.Reopened:
		return text("中心没有通过办结，请继续办理。", "the centre refused the finish: go on with it.")
	case hotline.FinishAccepted:
		return text("中心同意办结。", "the centre agreed: finished.")
	case hotline.GivenBack:
		return text("中心同意退回，本单位不再办理。", "the centre took it back as asked.")
	case hotline.StaysHere:
		return text("中心不同意退回，仍由本单位办理。", "the centre refused to take it back: it stays here.")
	case hotline.DelayGranted:
		return text("延时获准，新的限办时间 "+at+"。", "more time was granted, due "+at+".")
	case hotline.DelayNotGiven:
		return text("延时未获准，限办时间仍是 "+at+"。", "no more time: still due "+at+".")
	case hotline.DeadlineMoved:
		return text("限办时间改为 "+at+"。", "now due "+at+".")
	case hotline.TakenBack:
		return text("中心已收回，请停止办理。", "the centre took it back: stop.")
	case hotline.SentAgain:
		return text("回访未满意，将再次派来。", "the citizen was not content: it comes again.")
	case hotline.CalledBack:
		return text("已回访。", "the citizen was called back.")
	case hotline.Urged:
		return text("催办，请尽快。", "the centre urges: hurry.")
	case hotline.Supervised:
		return text("列入督办。", "it is under supervision.")
	case hotline.DueSoon:
		return text("快到期了，限办时间 "+at+"。办结、申请延时还是退回，由工作人员决定，程序不会代办。",
			"due soon, "+at+". Finish, ask for time or give back: that is for a person to decide; the program never does.")
	case hotline.Gone:
		return text("中心已查不到这张工单。", "the centre shows it no more.")
	}
	return text(fmt.Sprintf("中心通知：%s", c.Notice), fmt.Sprintf("a notice of the centre: %s", c.Notice))
}

// operation names what a person did.
func operation(op string) zwfw.Text {
	switch op {
	case "SignFor":
		return text("签收", "signing")
	case "Finish":
		return text("办结", "finish")
	case "Reject":
		return text("退回", "rejection")
	}
	return text("延时申请", "request for time")
}

// advice says what staff should do about an event.
func advice(e hotline.WorkEvent) zwfw.Text {
	if e.Error == "" {
		return zwfw.Text{}
	}
	return (&zwfw.Error{Platform: "hotline", Op: e.Op, Kind: e.Error, Outcome: zwfw.OutcomeRefused, Sent: true}).Advice().Staff
}
