package main

import (
	"context"
	"slices"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
)

// callNumber: the window serves the first ticket, and the platform is told twice.
func (p *play) callNumber(ctx context.Context) error {
	t := p.first
	p.say(window, textf("请 %s 号到 %s 号窗口。", "Number %s to window %s, please.", t.QueueNo, t.Windows[0]))
	for _, s := range []struct {
		status lutong.TicketStatus
		name   zwfw.Text
	}{
		{lutong.TicketServing, textf("正在处理", "being served")},
		{lutong.TicketDone, textf("处理完成", "done")},
	} {
		t.Status = &s.status
		if err := p.desk.client.ReportTicket(ctx, t); err != nil {
			return err
		}
		p.say(window, textf("用同一流水号上报：%s。", "Reports under the same number: %s.", s.name))
	}
	p.queue.waiting--
	held, err := p.reported(t)
	if err != nil {
		return err
	}
	if !slices.Equal(held.Statuses, []lutong.TicketStatus{lutong.TicketWaiting, lutong.TicketServing, lutong.TicketDone}) || held.Reports != 3 || held.Messages != 1 {
		return unexpected("平台记录的是状态 %v、上报 %d 次、消息 %d 条。", "the platform holds statuses %v, %d reports, %d messages", held.Statuses, held.Reports, held.Messages)
	}
	p.say(platform, textf("号票 %s 上报 %d 次：等候、正在处理、处理完成；消息仍只有 %d 条。",
		"Ticket %s, %d reports: waiting, being served, done; still %d message.", held.QueueNo, held.Reports, held.Messages))
	return nil
}

// handle (亮码办事): the code says who stands at the window; no number is taken.
func (p *play) handle(ctx context.Context) error {
	c := p.citizens[2]
	file, err := p.album.draw("phone-at-window", p.platform.MintCode(c).Reveal())
	if err != nil {
		return err
	}
	p.say(citizen, textf("没带身份证，出示鲁通码。（图片 %s）", "Has no ID card with them and shows the Lutong code. (picture %s)", file))
	code, err := p.album.read(file)
	if err != nil {
		return err
	}
	user, err := verify(ctx, p.desk, code, lutong.SceneHandle, c)
	if err != nil {
		return err
	}
	p.say(window, textf("您好，%s。资料已自动填好：证件 %s，手机 %s。",
		"Good morning. The form is filled in: %[1]s, phone %[3]s.", holder(user.Name, user.IDNumber), user.IDNumber, user.Phone))
	// The window opens the form again within the minute that the code lives: SceneHandle
	// does not spend it.
	if _, err := verify(ctx, p.desk, code, lutong.SceneHandle, c); err != nil {
		return err
	}
	p.say(window, textf("一分钟内再读同一个码，仍然有效：窗口办事不会用掉码，取号才会。", "The same code read again within its minute is still good: handling at a window does not spend a code, taking a number does."))
	if n := len(p.platform.LutongTickets()); n != p.queue.issued {
		return unexpected("平台上有 %d 张号票，应为 %d 张。", "the platform holds %d tickets, not %d", n, p.queue.issued)
	}
	return nil
}
