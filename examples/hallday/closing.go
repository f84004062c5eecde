package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/zwfw-go/zwfw/sandbox"
)

// closeHall compares the hall's books with the platform's.
func (p *play) closeHall(context.Context) error {
	tickets := p.platform.LutongTickets()
	if len(tickets) != p.queue.issued {
		return unexpected("大厅发了 %d 张号票，平台有 %d 张。", "the hall issued %d tickets, the platform holds %d", p.queue.issued, len(tickets))
	}
	if left := p.platform.Faults().Pending(); len(left) > 0 {
		return unexpected("还有没用上的故障：%v", "faults were left unused: %v", left)
	}
	p.say(platform, textf("今天上午的号票：", "This morning's tickets:"))
	for _, t := range tickets {
		if t.Messages != 1 {
			return unexpected("号票 %s 发了 %d 条消息。", "ticket %s made %d messages", t.QueueNo, t.Messages)
		}
	}
	p.ledger(tickets)
	p.say(narrates, textf("大厅发出 %d 张号票，平台一张不少；每位群众只收到一条消息。全部步骤符合预期。",
		"The hall issued %d tickets and the platform holds every one; no citizen got a message twice. All steps went as expected.", p.queue.issued))
	return nil
}

// ledger prints the tickets as a table; its words stand in each chosen language.
func (p *play) ledger(tickets []sandbox.LutongTicket) {
	line := func(cells ...string) {
		text := ""
		for _, c := range cells[:len(cells)-1] {
			text += pad(c, 10)
		}
		p.paperLine(text + cells[len(cells)-1])
	}
	for _, head := range p.lang.pick(textf("号码,上报次数,消息条数,状态", "Number,Reports,Messages,Status")) {
		line(strings.Split(head, ",")...)
	}
	for _, t := range tickets {
		last := t.Statuses[len(t.Statuses)-1].Name()
		line(t.QueueNo, fmt.Sprint(t.Reports), fmt.Sprint(t.Messages), strings.Join(p.lang.pick(last), "  "))
	}
}
