package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/yimatong"
)

var app = zwfw.Text{ZH: "城市App", EN: "City app"}

// appID is what the platform knows the city's app by.
const appID = "APP-01"

// newCityClient is what another city's back end makes: its citizens show 一码通.
func (p *play) newCityClient() (*yimatong.Client, error) {
	client, err := yimatong.New(p.platform.YimatongConfig(), zwfw.WithClock(hallClock{p.platform.Clock(), 0}))
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() { _ = client.Close() })
	return client, nil
}

// takeNumberByCityCode (一码通办): the citizen authorises the city's app once, the app
// shows a code, and the kiosk asks who shows it.
func (p *play) takeNumberByCityCode(ctx context.Context) error {
	client, err := p.newCityClient()
	if err != nil {
		return err
	}
	c := p.citizens[4]
	p.say(citizen, textf("在城市App里同意授权。", "Agrees to the authorisation in the city's app."))
	grant, err := client.Authorize(ctx, p.platform.MintAuthorization(c, appID), appID)
	if err != nil {
		return err
	}
	tags, err := client.UserTags(ctx, grant.Token)
	if err != nil {
		return err
	}
	code, err := client.CreateQRCode(ctx, grant.Token, yimatong.Position{Latitude: "30.250000", Longitude: "120.160000"})
	if err != nil {
		return err
	}
	p.album.count++
	file := fmt.Sprintf("%02d-city-code.png", p.album.count)
	if err := os.WriteFile(filepath.Join(p.album.dir, file), code.Image, 0o600); err != nil {
		return err
	}
	p.say(app, textf("显示 %[1]s 的一码通，%[2]d 秒内有效，%[3]d 个标签。（图片 %[4]s）", "Shows the Yimatong code of ID %[5]s, good for %[2]d s, with %[3]d tags. (picture %[4]s)",
		code.ConcealedName, seconds(code.Expires.Sub(code.ServerTime)), len(tags.Tags), file, code.ConcealedCard))
	scan, err := p.album.read(file)
	if err != nil {
		return err
	}
	person, err := client.DecodeQRCode(ctx, yimatong.DecodeRequest{Code: scan, Device: "KIOSK-09"})
	if err != nil {
		return err
	}
	if !person.IDNumber.Equal(c.IDNumber) || !person.Name.Equal(c.Name) {
		return unexpected("平台返回的是另一个人。", "the platform named somebody else")
	}
	p.say(platform, textf("签名有效，密文已解开，持码人：%[1]s。", "The signature is good, the sealed answer opens. Holder's ID: %[2]s.", person.Name, person.IDNumber))
	p.say(machine, textf("打印号票：", "Prints the ticket:"))
	p.paper(textf("测试市政务服务中心（一码通办）", "Test City, by Yimatong code"), "B001", []row{
		{textf("姓名", "Holder"), holder(person.Name, person.IDNumber)},
		{textf("取号时间", "Taken at"), textf("%s", "%s", person.ServerTime.In(china).Format("2006-01-02 15:04"))},
		{textf("标签", "Tags"), textf("%d 个", "%d", len(person.Tags))},
	}, textf("请留意叫号。", "Please wait to be called."))

	p.say(stranger, textf("拍下了这个码，再扫一次。", "Photographed the code and scans it once more."))
	_, err = client.DecodeQRCode(ctx, yimatong.DecodeRequest{Code: scan, Device: "KIOSK-09"})
	return p.goesWrong(err, zwfw.CodeUsed, zwfw.OutcomeRefused)
}
