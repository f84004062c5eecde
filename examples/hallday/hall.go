package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// englishNames are what the sandbox's hall calls its things in English.
var englishNames = map[string]string{
	"测试市政务服务中心": "Test City Government Service Centre",
	"一楼大厅":      "Ground floor hall",
	"企业设立登记":    "Company registration",
	"社会保障卡申领":   "Social security card",
	"不动产登记":     "Real estate registration",
}

// named gives a name of the hall in both languages.
func named(zh string) zwfw.Text { return zwfw.Text{ZH: zh, EN: englishNames[zh]} }

// holder says who somebody is, masked: by name in Chinese, by document in English.
func holder(name zwfw.PersonName, id zwfw.IDNumber) zwfw.Text {
	return zwfw.Text{ZH: name.String(), EN: "ID " + id.String()}
}

// queue is the hall's own numbering; it needs no platform.
type queue struct {
	issued  int
	waiting int
}

// issue makes the next ticket. It is valid from here on, whatever the platform says.
func (p *play) issue(s *station, name zwfw.PersonName, id zwfw.IDNumber, token zwfw.Secret, item string) lutong.Ticket {
	at := s.client.Now()
	p.queue.issued++
	t := lutong.Ticket{
		Number: fmt.Sprintf("%s%06d", at.In(china).Format("20060102"), p.queue.issued),
		Holder: id, HolderName: name, MessageToken: token,
		Hall: p.hall.Name, Unit: p.hall.Unit, Item: item, Area: p.hall.Areas[0], Windows: p.hall.Windows,
		QueueNo: fmt.Sprintf("A%03d", p.queue.issued), QueueTime: at, Waiting: p.queue.waiting,
	}
	p.queue.waiting++
	return t
}

// serve is the way of every good scan: verify, issue, report.
func (p *play) serve(ctx context.Context, s *station, code zwfw.CodeText, c sandbox.Citizen, item string) (lutong.Ticket, error) {
	user, err := verify(ctx, s, code, lutong.SceneTakeNumber, c)
	if err != nil {
		return lutong.Ticket{}, err
	}
	t := p.issue(s, user.Name, user.IDNumber, user.MessageToken, item)
	return t, s.client.ReportTicket(ctx, t)
}

// verify asks the platform who shows a code, and checks that it is the one who does.
func verify(ctx context.Context, s *station, code zwfw.CodeText, scene lutong.Scene, c sandbox.Citizen) (*lutong.User, error) {
	user, err := s.client.VerifyCode(ctx, lutong.VerifyRequest{Code: code, Scene: scene, Device: s.device})
	if err != nil {
		return nil, err
	}
	if !user.IDNumber.Equal(c.IDNumber) || !user.Name.Equal(c.Name) || !user.Phone.Equal(c.Phone) {
		return nil, unexpected("平台返回的是另一个人。", "the platform named somebody else")
	}
	return user, nil
}

// slip is the printed ticket.
func (p *play) slip(t lutong.Ticket) {
	p.say(machine, textf("打印号票：", "Prints the ticket:"))
	p.paper(named(t.Hall), t.QueueNo, []row{
		{textf("事项", "Item"), named(t.Item)},
		{textf("姓名", "Holder"), holder(t.HolderName, t.Holder)},
		{textf("前面等候", "Ahead"), textf("%d 人", "%d waiting", t.Waiting)},
		{textf("办理窗口", "Windows"), textf("%s", "%s", strings.Join(t.Windows, " / "))},
		{textf("办理区域", "Area"), named(t.Area)},
		{textf("取号时间", "Taken at"), textf("%s", "%s", t.QueueTime.In(china).Format("2006-01-02 15:04"))},
		{textf("流水号", "Serial"), textf("%s", "%s", t.Number)},
	}, textf("请留意叫号，过号请重新取号。", "Please wait to be called."))
}

// reported finds what the platform holds under a ticket's number.
func (p *play) reported(t lutong.Ticket) (sandbox.LutongTicket, error) {
	for _, held := range p.platform.LutongTickets() {
		if held.Number == t.Number && held.QueueNo == t.QueueNo && held.Holder.Equal(t.Holder) && held.QueueTime.Sub(t.QueueTime).Abs() < time.Second {
			return held, nil
		}
	}
	return sandbox.LutongTicket{}, unexpected("平台上没有号票 %s。", "the platform does not hold ticket %s", t.QueueNo)
}
