package main

import (
	"time"

	"github.com/zwfw-go/zwfw/hotline"
)

// show prints what the province shows; of a real one, which does not tell, what it was sent.
func (c *center) show(seq int64) {
	own := c.Counters()
	at, total, counties, seats := c.client.Now(), own.Total, own.Counties, own.Seats
	if c.province != nil {
		w := c.province.Hotline().Wall(c.app)
		at, total, counties, seats = w.Calls.At, w.Calls.Total, w.Calls.Counties, w.SeatTotal
	}
	c.say("── 省级大屏 %s 第 %d 号 ──", "── the province's wall, %s, report %d ──", at.In(own.DayBegin.Location()).Format(time.DateTime), seq)
	c.counters("全市", "city", total)
	for _, county := range counties {
		c.counters(county.Area, county.Area, county.Total)
	}
	c.say("  坐席 登录 %d/%d  空闲 %d  示忙 %d  振铃 %d  通话 %d  事后处理 %d  其他 %d",
		"  seats %d of %d signed in: idle %d, busy %d, ringing %d, talking %d, after a call %d, other %d",
		seats.LoggedIn, seats.Configured, seats.Idle, seats.Busy, seats.Ringing, seats.Talking, seats.AfterCall, seats.Other)
}

func (c *center) counters(zh, en string, t hotline.CallCounters) {
	var wait, longest int64
	if t.WaitSeconds != nil && t.Answered > 0 {
		wait = *t.WaitSeconds / t.Answered
	}
	if t.LongestWait != nil {
		longest = *t.LongestWait
	}
	c.say("  "+zh+" IVR %d  排队 %d  振铃 %d  通话 %d | 今日 呼入 %d  接通 %d（15秒内 %d）  放弃 %d  呼出 %d  回访 %d | 平均等待 %d 秒  最长 %d 秒",
		"  "+en+": IVR %d, queueing %d, ringing %d, talking %d | today offered %d, answered %d (%d within 15 s), abandoned %d, outbound %d, callbacks %d | wait %d s, longest %d s",
		t.IVR, t.Queueing, t.Ringing, t.Talking, t.Offered, t.Answered, t.Answered15s, t.Abandoned, t.Outbound, t.Callback, wait, longest)
}
