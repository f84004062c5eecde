package main

import (
	"context"
	"io"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/qr"
)

// takeNumber (扫码取号): the camera of the kiosk reads the code on a phone.
func (p *play) takeNumber(ctx context.Context) error {
	c, item := p.citizens[0], p.hall.Items[1]
	file, err := p.album.draw("phone-take-number", p.platform.MintCode(c).Reveal())
	if err != nil {
		return err
	}
	p.say(citizen, textf("打开手机，出示鲁通码。（图片 %s）", "Opens the app and shows the Lutong code. (picture %s)", file))
	code, err := p.album.read(file)
	if err != nil {
		return err
	}
	p.say(machine, textf("读出二维码，日志中只记录 %s。", "Reads the code; the log knows it only as %s.", code))
	return p.firstTicket(ctx, code, item)
}

// firstTicket takes the long way that serve cuts short, to show each call.
func (p *play) firstTicket(ctx context.Context, code zwfw.CodeText, item string) error {
	user, err := verify(ctx, p.kiosk, code, lutong.SceneTakeNumber, p.citizens[0])
	if err != nil {
		return err
	}
	p.say(platform, textf("验码通过，持码人：%[1]s。", "The code is good. Holder's ID: %[2]s.", user.Name, user.IDNumber))
	p.first = p.issue(p.kiosk, user.Name, user.IDNumber, user.MessageToken, item)
	p.slip(p.first)
	if err := p.kiosk.client.ReportTicket(ctx, p.first); err != nil {
		return err
	}
	held, err := p.reported(p.first)
	if err != nil {
		return err
	}
	if held.Messages != 1 {
		return unexpected("群众收到 %d 条消息，应为 1 条。", "the citizen got %d messages, not 1", held.Messages)
	}
	p.say(platform, textf("收到取号结果，已给群众手机发一条消息。", "Has the ticket and sends the citizen one message."))
	return nil
}

// takeNumberByScanner (扫码取号): a hand scanner on a serial line, which cuts a code
// into pieces and puts its own mark before it.
func (p *play) takeNumberByScanner(ctx context.Context) error {
	c, item := p.citizens[1], p.hall.Items[0]
	p.say(citizen, textf("把鲁通码对准扫码枪。", "Holds the Lutong code up to the scanner."))
	line := &serialLine{rest: []byte("]Q1" + p.platform.MintCode(c).Reveal() + "\r\n"), piece: 9}
	for text, err := range qr.ReadScans(line) {
		if err != nil {
			return err
		}
		code := zwfw.NewCodeText(text)
		p.say(machine, textf("扫码枪分 %d 段传来一个码，已拼接完整，日志中只记录 %s。",
			"The scanner sends one code in %d pieces, now put together; the log knows it only as %s.", line.sent, code))
		t, err := p.serve(ctx, p.kiosk, code, c, item)
		if err != nil {
			return err
		}
		p.slip(t)
		_, err = p.reported(t)
		return err
	}
	return unexpected("没有读到码。", "no code was read")
}

// serialLine delivers a few bytes with each read and nothing with every second one, as
// a serial port does whose read timeout is short.
type serialLine struct {
	rest  []byte
	piece int
	sent  int
	idle  bool
}

func (l *serialLine) Read(into []byte) (int, error) {
	if l.idle = !l.idle; l.idle {
		return 0, nil
	}
	if len(l.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(into, l.rest[:min(l.piece, len(l.rest))])
	l.rest = l.rest[n:]
	l.sent++
	return n, nil
}
