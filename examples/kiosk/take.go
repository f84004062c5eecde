package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/outbox"
)

// take serves one scan: verify, store, print. It is not interrupted half-way.
func (m *machine) take(ctx context.Context, text string) {
	code := zwfw.NewCodeText(text)
	if m.last.seen(code, m.clock.Now()) {
		return // the phone is still before the scanner
	}
	defer func() { m.last = repeated{code, m.clock.Now()} }()
	user, err := m.client.VerifyCode(ctx, lutong.VerifyRequest{Code: code, Scene: lutong.SceneTakeNumber, Device: m.settings.Device})
	if err != nil {
		m.refuse(err)
		return
	}
	ticket := m.issue(user)
	err = m.store(ctx, ticket)
	m.slip(ticket)
	if err != nil {
		m.say("号票 %s 有效，但未能存下，平台上将看不到： Ticket %s is valid but could not be stored; the platform will not show it: %v", ticket.QueueNo, ticket.QueueNo, err)
	}
}

// repeated tells a code that the scanner sends again and again.
type repeated struct {
	code zwfw.CodeText
	at   time.Time
}

// repeatTime is about how long people hold their phone too long.
const repeatTime = 3 * time.Second

func (r repeated) seen(code zwfw.CodeText, now time.Time) bool {
	return !r.at.IsZero() && r.code.Equal(code) && now.Sub(r.at).Abs() < repeatTime
}

// refuse tells the citizen what to do, and staff why.
func (m *machine) refuse(err error) {
	a := zwfw.AdviceFor(err)
	m.screen(a.Citizen.ZH, a.Citizen.EN)
	m.say("%s %s\n    %s %s\n    %v", a.Staff.ZH, a.Staff.EN, a.Support.ZH, a.Support.EN, err)
}

// issue gives the next number. Its time is that of the slip, to the second.
func (m *machine) issue(user *lutong.User) lutong.Ticket {
	now := m.client.Now().Truncate(time.Second)
	m.counter = m.counter.next(now)
	h := m.settings.Hall
	take := lutong.TakeByScan
	return lutong.Ticket{
		Number: m.counter.number(), QueueNo: m.counter.queueNo(h.Prefix), QueueTime: now, TakeType: &take,
		Holder: user.IDNumber, HolderName: user.Name, MessageToken: user.MessageToken, MessageTokenExpires: user.MessageTokenExpires,
		Hall: h.Name, Unit: h.Unit, Item: h.Item, Area: h.Area, Windows: h.Windows, // Waiting is the queue system's to say
		HallPhone: h.Phone, HallAddress: h.Address, HallBusRoute: h.BusRoute, HallSubway: h.Subway,
	}
}

// store keeps the report and the counter, both or neither. If the report cannot be kept
// the number is taken nevertheless, and kept alone.
func (m *machine) store(ctx context.Context, t lutong.Ticket) error {
	report, err := m.reporter.Message(t)
	if err == nil {
		if err = m.keep(ctx, report); err == nil {
			return nil
		}
	}
	if failed := m.keep(ctx); failed != nil {
		return errors.Join(err, failed, m.lostCount.set())
	}
	return err
}

// keep stores the counter, with messages.
func (m *machine) keep(ctx context.Context, reports ...outbox.Message) error {
	var err error
	for range 3 {
		if _, err = m.box.Apply(ctx, reports, map[string][]byte{counterMark: m.counter.text()}); !errors.Is(err, outbox.ErrUncertain) {
			break // the same ticket once more is harmless
		}
	}
	if err == nil {
		m.lostCount.clear()
	}
	return err
}

// slip prints the ticket.
func (m *machine) slip(t lutong.Ticket) {
	m.print(
		"----------------------------------------",
		t.Hall+" "+t.Area,
		t.Item,
		"号码 Number  "+t.QueueNo,
		"窗口 Window  "+strings.Join(t.Windows, " "),
		"姓名 Name    "+t.HolderName.String(),
		"时间 Time    "+t.QueueTime.In(china).Format(time.DateTime),
		"流水 Serial  "+t.Number,
		"----------------------------------------",
	)
}

// screen shows the citizen a line in each language.
func (m *machine) screen(zh, en string) { m.print("[屏幕 Screen] "+zh, "[屏幕 Screen] "+en) }

func (m *machine) print(lines ...string) {
	if _, err := m.out.Write([]byte(strings.Join(lines, "\n") + "\n")); err != nil {
		m.say("打印失败 cannot print: %v", err)
	}
}
