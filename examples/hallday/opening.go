package main

import (
	"context"
	"time"
)

// openHall: the kiosk asks for the line and the time before the first citizen comes.
func (p *play) openHall(ctx context.Context) error {
	offset, err := p.kiosk.client.Ready(ctx)
	if err != nil {
		return err
	}
	if (offset - slow).Abs() > 3*time.Second {
		return unexpected("测得的时间差是 %v，应为 %v 左右。", "the measured clock offset is %v, not about %v", offset, slow)
	}
	p.say(machine, textf("与平台通信正常。本机时间比平台慢 %d 秒，已记下，以后自动修正。",
		"The platform answers. This machine's clock is %d seconds slow; it is taken into account from now on.", seconds(offset)))
	if d := p.kiosk.client.Now().Sub(p.platform.Clock().Now()); d.Abs() > 3*time.Second {
		return unexpected("修正后仍差 %v。", "after the correction the clocks still differ by %v", d)
	}
	for _, r := range p.platform.Requests() {
		if r.Op != "lutong.Ready" {
			return unexpected("自检时调用了接口 %s。", "the check called the interface %s", r.Op)
		}
	}
	p.say(platform, textf("只收到连通检查，没有业务调用。", "Received only a connectivity check; no business call."))
	return nil
}
