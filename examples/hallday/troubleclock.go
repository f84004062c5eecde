package main

import (
	"context"
	"errors"
	"time"

	"github.com/zwfw-go/zwfw"
)

// clockMinutesOff: the platform refuses the kiosk's time stamp, the client learns the
// right time from the refusal, signs anew, and the citizen notices nothing.
func (p *play) clockMinutesOff(ctx context.Context) error {
	kiosk, err := p.newStation("KIOSK-02", p.platform.LutongConfigOf(cityHall), -8*time.Minute)
	if err != nil {
		return err
	}
	c := p.citizens[7]
	seen := len(p.platform.Requests())
	p.say(citizen, textf("在二号取号机上出示鲁通码。", "Shows the code at the second kiosk."))
	t, err := p.served(ctx, kiosk, p.platform.MintCode(c), c)
	if err != nil {
		return err
	}
	tries := 0
	for _, r := range p.platform.Requests()[seen:] {
		if r.Op == "lutong.VerifyCode" {
			tries++
		}
	}
	if tries != 2 {
		return unexpected("验码请求 %d 次，应为 2 次。", "the code was sent %d times, not twice", tries)
	}
	if d := t.QueueTime.Sub(p.platform.Clock().Now()); d.Abs() > 3*time.Second {
		return unexpected("号票时间与平台差 %v。", "the ticket's time is %v off the platform's", d)
	}
	p.say(platform, textf("第一次因时间戳被拒，校正时间、重新签名后通过；码只用了一次。",
		"Refused the first request's timestamp; signed anew with the right time, it passed. The code was spent once."))
	p.say(machine, textf("号票时间 %s 是平台的时间，不是本机的 %s。", "The ticket's time is the platform's %s, not this machine's %s.",
		t.QueueTime.In(china).Format("15:04"), p.platform.Clock().Now().Add(-8*time.Minute).In(china).Format("15:04")))
	return nil
}

// clockHoursOff: beyond 15 minutes somebody has to look at the machine. Eight hours is
// the favourite: a machine set to UTC.
func (p *play) clockHoursOff(ctx context.Context) error {
	const error8h = 8 * time.Hour
	kiosk, err := p.newStation("KIOSK-02", p.platform.LutongConfigOf(cityHall), -error8h)
	if err != nil {
		return err
	}
	p.say(narrates, textf("二号取号机换了主板，时区没有设好。", "The second kiosk has a new board, and nobody set its time zone."))
	_, err = kiosk.client.Ready(ctx)
	var e *zwfw.Error
	if !errors.As(err, &e) || e.Kind != zwfw.ClockSkew || (e.ClockOffset-error8h).Abs() > 3*time.Second {
		return unexpected("自检没有指出时间差：%v", "the check does not name the clock's error: %v", err)
	}
	p.say(machine, textf("自检不通过：本机时间比平台慢 %d 小时，超出可自动修正的 15 分钟。",
		"The check fails: this machine's clock is %d hours slow, more than the 15 minutes that are corrected.", int(e.ClockOffset.Round(time.Hour)/time.Hour)))
	p.say(logs, textf("%s", "%s", err.Error()))
	c := p.citizens[8]
	code := p.platform.MintCode(c)
	p.say(citizen, textf("还是在这台机器上扫了码。", "Scans at this machine all the same."))
	if err := p.refused(ctx, kiosk, code, zwfw.ClockSkew); err != nil {
		return err
	}
	p.say(citizen, textf("码没有作废，到一号取号机再扫。", "The code is not spent; goes to the first kiosk with it."))
	_, err = p.served(ctx, p.kiosk, code, c)
	return err
}
