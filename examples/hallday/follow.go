package main

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

var site = zwfw.Text{ZH: "政府网站", EN: "Website"}

// The page of a case that has gone its way shows this.
const wholeWay = "受理、审查、决定、办结：准予"

// followAndRate (我的办件、好差评): at home the citizen signs in at the city's website, sees
// how the case went and rates the service.
func (p *play) followAndRate(ctx context.Context) error {
	c := p.citizens[3]
	number, err := p.completeCase(c)
	if err != nil {
		return err
	}
	address, err := p.openSite()
	if err != nil {
		return err
	}
	own, other := newBrowser(), newBrowser()
	defer own.close()
	defer other.close()
	p.say(citizen, textf("到家后打开政府网站的“我的办件”，转到平台登录。", "At home, opens My Cases on the city's website and is sent to the platform to sign in."))
	mine, err := p.signIn(ctx, own, address+"/my", c)
	if err != nil {
		return err
	}
	if mine.address != address+"/my" || !strings.Contains(mine.body, number) {
		return unexpected("登录后没有回到“我的办件”，或没有这个办件（HTTP %d）。", "the sign-in did not lead back to the cases, or this one is missing (HTTP %d)", mine.status)
	}
	p.say(site, textf("%s 登录成功，列出办件；地址里已没有票据。", "%s is signed in and sees the cases; the one-time ticket is gone from the address.", holder(c.Name, c.IDNumber)))
	shown, err := own.open(ctx, address+"/my/case?"+query("number", number))
	if err != nil {
		return err
	}
	if !strings.Contains(shown.body, wholeWay) {
		return unexpected("办件 %s 的过程不完整（HTTP %d）。", "the stages of case %s are not complete (HTTP %d)", number, shown.status)
	}
	p.say(site, textf("办件 %s：受理、审查、决定、办结，结果为准予。", "Case %s: accepted, reviewed, decided, completed; granted.", number))
	if err := p.rate(ctx, own, address, number); err != nil {
		return err
	}
	return p.strangerLooks(ctx, other, address, number)
}

// completeCase lets the window take an application and finish it on the spot.
func (p *play) completeCase(c sandbox.Citizen) (number string, err error) {
	const atOnce = 5 // 即办件
	number, _ = p.platform.ApplyForItem(c, atOnce)
	for _, event := range []sandbox.CaseEvent{sandbox.CaseAccept, sandbox.CaseReview, sandbox.CaseReview, sandbox.CaseGrant} {
		p.platform.Clock().Advance(time.Minute)
		if err := p.platform.MoveCase(number, event); err != nil {
			return "", err
		}
	}
	if p.platform.PutEvaluationPoint(number, completion).IsZero() {
		return "", unexpected("平台没有办件 %s。", "the platform has no case %s", number)
	}
	p.say(window, textf("当场受理并办结，办件编号 %s，请群众评价。", "Takes the application and completes it on the spot: case %s. The citizen is asked to rate the service.", number))
	p.platform.Clock().Advance(5 * time.Minute) // the way home
	return number, nil
}

// signIn opens a page that needs a user and picks the citizen on the platform's login page.
func (p *play) signIn(ctx context.Context, b *browser, address string, c sandbox.Citizen) (page, error) {
	login, err := b.open(ctx, address)
	if err != nil {
		return page{}, err
	}
	if !strings.HasPrefix(login.address, p.platform.URL) {
		return page{}, unexpected("没有转到平台登录（HTTP %d）。", "the platform's login page was not reached (HTTP %d)", login.status)
	}
	return b.open(ctx, login.address+"&"+query("pick", c.UserID))
}

// rate sends a rating twice: a button is soon pressed twice, and it counts once.
func (p *play) rate(ctx context.Context, b *browser, address, number string) error {
	for range 2 {
		thanks, err := b.send(ctx, address+"/my/rate?"+query("number", number))
		if err != nil {
			return err
		}
		if thanks.status != http.StatusOK || !strings.Contains(thanks.body, "感谢您的评价") {
			return unexpected("评价没有成功（HTTP %d）。", "the rating did not succeed (HTTP %d)", thanks.status)
		}
	}
	if n := p.platform.Effects("portal.Evaluate"); n != 1 {
		return unexpected("平台记下了 %d 次评价。", "the platform took %d ratings", n)
	}
	p.say(citizen, textf("评价“非常满意”，不小心按了两次：两次都显示成功，平台只记一次。",
		`Rates "very satisfied" and presses twice by mistake: both times the page says thanks, and the platform counts one.`))
	return nil
}

// strangerLooks: who is signed in as somebody else learns nothing by the number.
func (p *play) strangerLooks(ctx context.Context, b *browser, address, number string) error {
	seen, err := p.signIn(ctx, b, address+"/my/case?"+query("number", number), p.citizens[4])
	if err != nil {
		return err
	}
	if seen.status != http.StatusNotFound || strings.Contains(seen.body, wholeWay) {
		return unexpected("旁人看到了别人的办件（HTTP %d）。", "a stranger sees somebody else's case (HTTP %d)", seen.status)
	}
	p.say(stranger, textf("用自己的账号登录，输入这个编号：网站只说没有找到。", "Signs in and types that number: the website only says that it is not found."))
	return nil
}
