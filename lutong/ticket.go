package lutong

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
)

// TicketStatus (号票状态) is where a ticket stands. 0 to 4 are the region's hall systems'
// own values (public practice); sending them to the platform is an assumption.
type TicketStatus int

const (
	TicketWaiting   TicketStatus = 0 // 未分配
	TicketServing   TicketStatus = 1 // 正在处理
	TicketDone      TicketStatus = 2 // 处理完成
	TicketMissed    TicketStatus = 3 // 过号
	TicketOnHold    TicketStatus = 4 // 挂起
	TicketCancelled TicketStatus = 5 // 取消
)

// ticketStatusNames are the halls' own words.
var ticketStatusNames = [...]zwfw.Text{
	{ZH: "等候", EN: "waiting"}, {ZH: "正在处理", EN: "being served"}, {ZH: "处理完成", EN: "done"},
	{ZH: "过号", EN: "missed"}, {ZH: "挂起", EN: "on hold"}, {ZH: "取消", EN: "cancelled"},
}

// Name gives the status in words; an unknown value gives its number.
func (s TicketStatus) Name() zwfw.Text {
	if s >= 0 && int(s) < len(ticketStatusNames) {
		return ticketStatusNames[s]
	}
	n := strconv.Itoa(int(s))
	return zwfw.Text{ZH: n, EN: n}
}

// TakeType (取号方式) says how the number was taken (public practice of another city).
type TakeType int

const (
	TakeByScan        TakeType = 1
	TakeByAppointment TakeType = 2
	TakeOrdinary      TakeType = 3
	TakeByPhone       TakeType = 4
	TakeByVideo       TakeType = 5
)

// Ticket is a queue ticket that was given (取号结果).
type Ticket struct {
	// Number (bizSerNo) is the hall's own flow number, yyyyMMdd and six digits in
	// practice. It is the key: the same number is the same ticket. Required.
	Number string

	Holder     zwfw.IDNumber   // clear, not masked. Required
	HolderName zwfw.PersonName // sent in clear text by practice. Required

	Hall      string    // 大厅名称. Required
	Unit      string    // 受理单位. Required
	Item      string    // 事项名称. Required
	Area      string    // 办理区域 (分厅). Required
	Windows   []string  // 办理窗口; sent as "3;4;". At least one
	QueueNo   string    // 排队号, such as A001. Required
	QueueTime time.Time // when the ticket was taken, not when it is sent. Required
	Waiting   int       // people ahead

	// Sent blank when empty, as practice does.
	Level, Remark                                    string
	HallPhone, HallAddress, HallBusRoute, HallSubway string

	// MessageToken of the VerifyCode answer and when it expires; past that time it is
	// left out. Optional (assumption), and so is the time.
	MessageToken        zwfw.Secret
	MessageTokenExpires time.Time

	// Assumptions; sent only when set.
	Status            *TicketStatus
	ExpectWaitMinutes *int
	TakeType          *TakeType
}

// ReportTicket (取号结果上报) shows the citizen's ticket on the platform (A.2 取号结果接口).
// The ticket is valid whether or not this succeeds. The call may be repeated under the
// same Number, here and by the caller: the citizen gets one message. A nil error means
// that the platform's answer was read and said so.
//
// Errors: BadRequest (a field is named when it is refused here), TokenInvalid (leave
// MessageToken out), DuplicateTicket, DecryptFailed (the platform cannot open Holder),
// and those of every call: Signature, ClockSkew, CallerDenied, Upstream, Timeout….
//
// Source: SZSD 0056.1—2024 5.1.2 c and the title of A.2; fields and path are public
// practice; the number as key is an assumption.
func (c *Client) ReportTicket(ctx context.Context, t Ticket) error {
	const op = "ReportTicket"
	if err := c.checkTicket(op, t); err != nil {
		return err
	}
	if expires := t.MessageTokenExpires; !expires.IsZero() && !c.Now().Before(expires) {
		t.MessageToken = zwfw.Secret{}
	}
	windows := strings.Join(t.Windows, ";") + ";"
	in := lutongwire.Ticket{
		Number: t.Number, Holder: t.Holder, MessageToken: t.MessageToken,
		Info: lutongwire.TicketInfo{
			Hall: t.Hall, Unit: t.Unit, Item: t.Item, Area: t.Area, Windows: windows, WindowNumbers: windows,
			QueueNo: t.QueueNo, QueueTime: t.QueueTime, HolderName: t.HolderName, Waiting: t.Waiting,
			Level: t.Level, Remark: t.Remark, HallPhone: t.HallPhone, HallAddress: t.HallAddress,
			HallBusRoute: t.HallBusRoute, HallSubwayRoute: t.HallSubway,
			Status: (*int)(t.Status), ExpectWaitMinutes: t.ExpectWaitMinutes, TakeType: (*int)(t.TakeType),
		},
	}
	_, err := c.engine.Call(ctx, op, &in, nil)
	return err
}

// maxText is longer than any unit's or item's name in use, and keeps a pasted
// document out of a slip.
const maxText = 200

func (c *Client) checkTicket(op string, t Ticket) error {
	for _, f := range []struct {
		name, value string
		required    bool
	}{
		{"Number", t.Number, true}, {"Holder", t.Holder.Reveal(), true}, {"HolderName", t.HolderName.Reveal(), true},
		{"Hall", t.Hall, true}, {"Unit", t.Unit, true}, {"Item", t.Item, true}, {"Area", t.Area, true}, {"QueueNo", t.QueueNo, true},
		{"Level", t.Level, false}, {"Remark", t.Remark, false}, {"HallPhone", t.HallPhone, false}, {"HallAddress", t.HallAddress, false},
		{"HallBusRoute", t.HallBusRoute, false}, {"HallSubway", t.HallSubway, false},
	} {
		if f.required && strings.TrimSpace(f.value) == "" {
			return c.engine.Refuse(op, f.name, "is required")
		}
		if err := c.engine.CheckText(op, f.name, f.value, maxText); err != nil {
			return err
		}
	}
	switch {
	case t.Holder.IsMasked():
		return c.engine.Refuse(op, "Holder", "must be the clear number, is masked")
	case t.HolderName.IsMasked():
		return c.engine.Refuse(op, "HolderName", "must be the clear name, is masked")
	case t.QueueTime.IsZero():
		return c.engine.Refuse(op, "QueueTime", "is required: the time the ticket was taken")
	case t.Waiting < 0:
		return c.engine.Refuse(op, "Waiting", "must not be negative")
	case len(t.Windows) == 0:
		return c.engine.Refuse(op, "Windows", "at least one window is required")
	}
	for _, w := range t.Windows {
		if strings.TrimSpace(w) == "" || strings.ContainsRune(w, ';') {
			return c.engine.Refuse(op, "Windows", "no window may be blank or hold a semicolon, which separates them")
		}
		if err := c.engine.CheckText(op, "Windows", w, maxText); err != nil {
			return err
		}
	}
	return nil
}
