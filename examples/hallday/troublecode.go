package main

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
)

// expiredCode: a code lives 60 seconds.
func (p *play) expiredCode(ctx context.Context) error {
	c := p.citizens[4]
	code := p.platform.MintCode(c)
	p.platform.Clock().Advance(61 * time.Second)
	p.say(citizen, textf("打开鲁通码，过了 61 秒才扫码。", "Opened the code 61 seconds ago and shows it only now."))
	if err := p.refused(ctx, p.kiosk, code, zwfw.CodeExpired); err != nil {
		return err
	}
	p.say(citizen, textf("刷新鲁通码，再扫一次。", "Refreshes the code and scans again."))
	_, err := p.served(ctx, p.kiosk, p.platform.MintCode(c), c)
	return err
}

// usedCode: one code, one number.
func (p *play) usedCode(ctx context.Context) error {
	c := p.citizens[5]
	code := p.platform.MintCode(c)
	p.say(citizen, textf("出示鲁通码。", "Shows the code."))
	t, err := p.served(ctx, p.kiosk, code, c)
	if err != nil {
		return err
	}
	p.say(citizen, textf("没注意号票已打出，用同一个码又扫了一次。", "Does not notice the ticket and scans the same code again."))
	if err := p.refused(ctx, p.kiosk, code, zwfw.CodeUsed); err != nil {
		return err
	}
	p.say(window, textf("查到已取过号 %s，请群众取走号票。", "Finds that number %s was taken, and hands the ticket over.", t.QueueNo))
	return nil
}

// deniedScene: a county's hall puts up a kiosk before the platform has granted it.
func (p *play) deniedScene(ctx context.Context) error {
	county, err := p.newStation("KIOSK-11", p.platform.LutongConfigOf(countyHall), 0)
	if err != nil {
		return err
	}
	c := p.citizens[6]
	code := p.platform.MintCode(c)
	p.say(narrates, textf("县便民服务中心新装了取号机，平台还没有给它开通扫码取号。",
		"The county's hall has a new kiosk; the platform has not granted it taking numbers by code."))
	p.say(citizen, textf("在县里的取号机上扫码。", "Shows the code at the county's kiosk."))
	if err := p.refused(ctx, county, code, zwfw.SceneDenied); err != nil {
		return err
	}
	user, err := verify(ctx, county, code, lutong.SceneHandle, c)
	if err != nil {
		return err
	}
	p.say(window, textf("这个码没有作废，可以在县里的窗口亮码办事：%[1]s。", "The code is not spent: at the county's window it is good. Holder's ID: %[2]s.", user.Name, user.IDNumber))
	return nil
}

// unreadyCitizens: the last two in the sandbox's list are the ones testers forget.
func (p *play) unreadyCitizens(ctx context.Context) error {
	n := len(p.citizens)
	p.say(citizen, textf("注册了账号，但没有做过实名认证。", "Has an account, but was never real-name verified."))
	if err := p.refused(ctx, p.kiosk, p.platform.MintCode(p.citizens[n-1]), zwfw.NotRealName); err != nil {
		return err
	}
	p.line("")
	p.say(citizen, textf("另一位：没有同意使用个人信息。", "A second citizen has not agreed to the use of personal data."))
	return p.refused(ctx, p.kiosk, p.platform.MintCode(p.citizens[n-2]), zwfw.ConsentRequired)
}
