package main

import (
	"context"
	"net"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// lineDrops: the platform has spent the code and its answer is lost. The client does
// not send it a second time; only a fresh code helps.
func (p *play) lineDrops(ctx context.Context) error {
	const op = "lutong.VerifyCode"
	c := p.citizens[9]
	code := p.platform.MintCode(c)
	p.platform.Faults().Next(op, sandbox.DropAfter())
	requests, effects := len(p.platform.Requests()), p.platform.Effects(op)
	p.say(citizen, textf("出示鲁通码。", "Shows the code."))
	p.say(machine, textf("请求已发出，未收到答复，网络就断了，结果未知。", "The request has left, the line drops before the answer: outcome unknown."))
	_, err := p.kiosk.client.VerifyCode(ctx, lutong.VerifyRequest{Code: code, Scene: lutong.SceneTakeNumber, Device: p.kiosk.device})
	if err := p.goesWrong(err, zwfw.Upstream, zwfw.OutcomeUnknown); err != nil {
		return err
	}
	if sent, spent := len(p.platform.Requests())-requests, p.platform.Effects(op)-effects; sent != 1 || spent != 1 {
		return unexpected("验码请求 %d 次，生效 %d 次，应各为 1 次。", "the code was sent %d times and spent %d times; once each was due", sent, spent)
	}
	p.say(platform, textf("其实已收到请求，这个码已作废；取号机没有自行重发。", "Did get the request, and the code is spent; the kiosk did not resend it by itself."))
	p.say(citizen, textf("刷新鲁通码，再扫一次。", "Refreshes the code and scans again."))
	_, err = p.served(ctx, p.kiosk, p.platform.MintCode(c), c)
	return err
}

// platformDown: nothing can be sent at all, and the hall goes on with ID cards.
func (p *play) platformDown(ctx context.Context) error {
	config := p.platform.LutongConfigOf(cityHall)
	address, err := closedPort()
	if err != nil {
		return err
	}
	config.BaseURL = "http://" + address + "/sd/seg001"
	cut, err := p.newStation("KIOSK-01", config, 0)
	if err != nil {
		return err
	}
	c := p.citizens[10]
	p.say(citizen, textf("出示鲁通码。", "Shows the code."))
	if err := p.refused(ctx, cut, p.platform.MintCode(c), zwfw.Upstream); err != nil {
		return err
	}
	// The card reader is the hall's own; what it reads is the same person.
	t := p.issue(cut, c.Name, c.IDNumber, zwfw.Secret{}, p.hall.Items[1])
	p.say(citizen, textf("改用身份证取号：%s，前面 %d 人。", "Takes number %s with the ID card, %d waiting ahead.", t.QueueNo, t.Waiting))
	if err := p.goesWrong(cut.client.ReportTicket(ctx, t), zwfw.Upstream, zwfw.OutcomeRefused); err != nil {
		return err
	}
	if err := p.kiosk.client.ReportTicket(ctx, t); err != nil {
		return err
	}
	p.say(machine, textf("线路恢复，用原流水号补报，成功。", "The line is back; the ticket is reported under its own number."))
	_, err = p.reported(t)
	return err
}

// closedPort gives a loopback address where nobody listens.
func closedPort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// reportThroughOutage: reports arrive and their answers are lost, three times over.
// The same number makes repeating harmless.
func (p *play) reportThroughOutage(ctx context.Context) error {
	c := p.citizens[11]
	p.platform.Faults().Next("lutong.ReportTicket", sandbox.DropAfter(), sandbox.DropAfter(), sandbox.DropAfter())
	p.say(citizen, textf("出示鲁通码。", "Shows the code."))
	t, err := p.serve(ctx, p.kiosk, p.platform.MintCode(c), c, p.hall.Items[2])
	if t.Number == "" {
		return err
	}
	p.say(machine, textf("打印号票 %s；上报时线路反复中断，试了三次都没有答复。", "Prints ticket %s; its report gets no answer in three attempts.", t.QueueNo))
	if err := p.goesWrong(err, zwfw.Upstream, zwfw.OutcomeUnknown); err != nil {
		return err
	}
	if err := p.kiosk.client.ReportTicket(ctx, t); err != nil {
		return err
	}
	p.say(machine, textf("线路恢复，用同一流水号再报一次，成功。", "The line is back; reported once more under the same number: done."))
	held, err := p.reported(t)
	if err != nil {
		return err
	}
	if held.Reports != 4 || held.Messages != 1 {
		return unexpected("平台记录上报 %d 次、消息 %d 条，应为 4 次、1 条。", "the platform holds %d reports and %d messages, not 4 and 1", held.Reports, held.Messages)
	}
	p.say(platform, textf("同一号票收到 %d 次，群众只收到 %d 条消息。", "Got this ticket %d times; the citizen got %d message.", held.Reports, held.Messages))
	return nil
}
