package main

import "time"

// steps is the playbill.
func (p *play) steps() []step {
	return []step{
		{5 * time.Minute, textf("开门前：取号机自检", "Before the doors open: the kiosk checks itself"), p.openHall},
		{5 * time.Minute, textf("扫码取号：群众出示鲁通码", "Taking a number by code"), p.takeNumber},
		{2 * time.Minute, textf("扫码取号：扫码枪分段送来的码", "Taking a number: a scanner delivers the code in pieces"), p.takeNumberByScanner},
		{6 * time.Minute, textf("窗口叫号：办理中、已办完", "The window calls: being served, done"), p.callNumber},
		{4 * time.Minute, textf("亮码办事：在窗口出示鲁通码", "Showing a code at the window"), p.handle},
		{5 * time.Minute, textf("扫码办事：群众扫墙上的码", "Scanning the code on the wall"), p.scanWall},

		{8 * time.Minute, textf("出错了：码已过期", "Trouble: the code has expired"), p.expiredCode},
		{3 * time.Minute, textf("出错了：同一个码用了两次", "Trouble: one code is used twice"), p.usedCode},
		{4 * time.Minute, textf("出错了：本单位未开通该场景", "Trouble: the hall has no permission for this use"), p.deniedScene},
		{3 * time.Minute, textf("出错了：群众未实名、未授权", "Trouble: not real-name verified, or no consent"), p.unreadyCitizens},
		{5 * time.Minute, textf("出错了：取号机的时间慢了八分钟", "Trouble: a kiosk's clock is eight minutes slow"), p.clockMinutesOff},
		{5 * time.Minute, textf("出错了：取号机的时间差了八小时", "Trouble: a kiosk's clock is eight hours off"), p.clockHoursOff},
		{6 * time.Minute, textf("出错了：请求发出后线路中断", "Trouble: the line drops after the request has left"), p.lineDrops},
		{5 * time.Minute, textf("出错了：平台完全连不上", "Trouble: the platform cannot be reached at all"), p.platformDown},
		{7 * time.Minute, textf("出错了：上报号票时线路中断", "Trouble: the line drops while a ticket is reported"), p.reportThroughOutage},

		{4 * time.Minute, textf("亮码办事：读取电子证照", "At the window: an electronic certificate"), p.certificateAtWindow},
		{6 * time.Minute, textf("另一座城市，一码通办：用城市App的码取号", "Another city: taking a number by the city's own code (Yimatong)"), p.takeNumberByCityCode},
		{9 * time.Minute, textf("另一座城市，入园：平台中断与应急码", "Another city: a park gate, an outage, and emergency codes"), p.parkInAnOutage},
		{4 * time.Minute, textf("在窗口投诉：从大厅到成员单位，再回来", "A complaint (12345): from the hall to a member unit, and back"), p.complainAtWindow},
		{6 * time.Minute, textf("办完之后：在政府网站上查看办件并评价", "Afterwards: following the case on the website and rating it"), p.followAndRate},

		{10 * time.Minute, textf("上午结束：对账", "End of the morning: reconciliation"), p.closeHall},
	}
}
