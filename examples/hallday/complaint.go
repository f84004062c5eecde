package main

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

var (
	province = zwfw.Text{ZH: "省中心", EN: "Centre"}
	unit     = zwfw.Text{ZH: "成员单位", EN: "Unit"}
)

// matter is what the citizen complains of, and mended what the unit answers. They go over
// the line in Chinese.
var (
	matter = zwfw.Text{ZH: "大厅门口的井盖松动，踩上去会翻", EN: "the manhole cover at the hall's door is loose and tips over"}
	mended = zwfw.Text{ZH: "井盖已更换并加固，现场已恢复通行", EN: "the cover is replaced and fixed, and people can pass again"}
)

const appealNumber = "HALL-20260302-001" // the hall's own, kept with the case

// complainAtWindow (窗口投诉): the window reports an appeal to the province's hotline, the
// centre dispatches it, a member unit's worker takes it, signs and sends the answer, the
// centre agrees, and the window tells the citizen.
func (p *play) complainAtWindow(ctx context.Context) error {
	hall, err := p.newHotlineClient(hallUnit)
	if err != nil {
		return err
	}
	u, err := p.newMemberUnit(ctx)
	if err != nil {
		return err
	}
	no, err := p.reportComplaint(ctx, hall)
	if err != nil {
		return err
	}
	id, err := p.dispatchComplaint(ctx, u, no)
	if err != nil {
		return err
	}
	if err := p.mendAndAnswer(ctx, u, id); err != nil {
		return err
	}
	return p.tellCitizen(ctx, hall, no)
}

// reportComplaint (上报诉求) is the window's part.
func (p *play) reportComplaint(ctx context.Context, hall *hotline.Client) (hotline.SheetNo, error) {
	c := p.citizens[9]
	p.say(citizen, textf("“%s。”", `"%s."`, matter))
	yes := true
	appeal := hotline.Appeal{
		Number: appealNumber, Person: hotline.Person{Name: c.Name, Phone: c.Phone}, At: hall.Now(), Type: hotline.Complaint,
		Title: "井盖松动", Content: matter.ZH, Channel: hotline.ByVisit, Area: "999999", Urgency: hotline.Urgent, WantsReply: &yes,
	}
	first, err := hall.SubmitAppeal(ctx, appeal)
	if err != nil {
		return "", err
	}
	again, err := hall.SubmitAppeal(ctx, appeal) // a second click
	if err != nil {
		return "", err
	}
	if again.SheetNo != first.SheetNo {
		return "", unexpected("点了两次，成了两张工单。", "two clicks made two sheets")
	}
	p.say(window, textf("按本厅编号上报 12345，多点了一次，仍是一张工单：%s。", "Reports it to the hotline under the hall's own number; a second click makes no second sheet: %s.", first.SheetNo))
	return first.SheetNo, nil
}

// dispatchComplaint (下派) is the centre's part, and the unit's worker takes the sheet.
func (p *play) dispatchComplaint(ctx context.Context, u *memberUnit, no hotline.SheetNo) (hotline.DispatchID, error) {
	if err := p.platform.Hotline().Report(no, hotline.InHand, ""); err != nil {
		return "", err
	}
	id := p.platform.Hotline().Dispatch(sandbox.HotlineSheet{
		Unit: p.platform.HotlineConfigOf(roadsUnit).AppID, SheetNo: no, Type: hotline.Complaint, Urgency: hotline.Urgent,
		Title: "井盖松动", Content: matter.ZH,
	})
	p.say(province, textf("受理，加急，派给市政养护处。", "Takes it as urgent and dispatches it to the roads office."))
	sheet, err := arrives(ctx, u, u.sheets)
	if err != nil {
		return "", err
	}
	if sheet.SheetNo != no || sheet.Content.Reveal() != matter.ZH {
		return "", unexpected("成员单位收到的是另一张工单。", "the unit got another sheet")
	}
	p.say(unit, textf("每分钟收取一次，收到这张工单，先存入本单位系统。", "Asks for its sheets every minute, gets this one and stores it first."))
	if err := p.becomes(ctx, u, id, hotline.Signed); err != nil {
		return "", err
	}
	p.say(unit, textf("存好之后才签收；限 %s 前办结。", "Signs for it only now that it is stored; due %s.", sheet.Deadline.In(china).Format("01-02 15:04")))
	due, err := arrives(ctx, u, u.changes)
	if err != nil {
		return "", err
	}
	if due.Kind != hotline.DueSoon || due.Light != hotline.Yellow {
		return "", unexpected("应当提醒临期，却是 %s。", "a warning of the deadline was due, not %s", due.Kind)
	}
	p.say(unit, textf("加急件，亮黄灯提醒；要不要申请延时由人决定，程序不会代写。", "An urgent one: a yellow light. Whether to ask for time is for a person to decide; the program writes nothing."))
	return id, nil
}

// mendAndAnswer: the answer is written while the line is down, and arrives once.
func (p *play) mendAndAnswer(ctx context.Context, u *memberUnit, id hotline.DispatchID) error {
	p.platform.Clock().Advance(25 * time.Minute)
	p.platform.Faults().Next("hotline.Finish", sandbox.DropAfter())
	if err := u.worker.Finish(ctx, roads, hotline.FinishRequest{
		DispatchID: id, RequestNo: "ROADS-20260302-001", At: p.platform.Clock().Now(), Handler: zwfw.NewPersonName("测试经办"),
		Result: mended.ZH, Solved: hotline.IsSolved,
	}); err != nil {
		return err
	}
	p.say(unit, textf("25 分钟后答复：“%s。”答复先落盘，再送出；中心收到了，回执却断在路上。", `25 minutes later: "%s." The answer is on the disk before it is sent. The centre gets it, and its reply is lost on the way.`, mended))
	if err := p.becomes(ctx, u, id, hotline.FinishApplied); err != nil {
		return err
	}
	if err := p.platform.Hotline().Agree(id, ""); err != nil {
		return err
	}
	change, err := arrives(ctx, u, u.changes)
	if err != nil {
		return err
	}
	if n := p.platform.Effects("hotline.Finish"); change.Kind != hotline.FinishAccepted || n != 1 {
		return unexpected("中心记了 %d 次办结，通知是 %s。", "the centre counts %d finishes, and its notice is %s", n, change.Kind)
	}
	p.say(province, textf("同一编号重送，只算一次；同意办结。", "The answer comes again under its number and counts once. The centre agrees."))
	return nil
}

// tellCitizen closes the circle.
func (p *play) tellCitizen(ctx context.Context, hall *hotline.Client, no hotline.SheetNo) error {
	if err := p.platform.Hotline().Report(no, hotline.ReportFinished, mended.ZH); err != nil {
		return err
	}
	for r, err := range hall.ReportedSheets(ctx, hotline.ReportedQuery{Number: appealNumber}) {
		if err != nil {
			return err
		}
		if r.State != hotline.ReportFinished || r.Result.Reveal() != mended.ZH {
			return unexpected("窗口看到的状态是 %s。", "the window sees state %s", r.State)
		}
		p.say(window, textf("查到已办结，告诉群众：“%s。”", `Sees that it is finished and tells the citizen: "%s."`, mended))
		return nil
	}
	return unexpected("窗口查不到自己上报的工单。", "the window does not find what it reported")
}
