package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

const help = `命令 Commands（N 为市民序号，默认 1 N is a citizen, 1 by default）
  code N            鲁通码 a Lutong code
  auth N            鲁通码授权码 an authorisation code of Lutong
  ymt N             一码通二维码 a Yimatong code
  consent N         亮证授权码 a code for consent
  login N           登录票据 a login ticket of the portal
  fault OP WHAT     下一次出错 the next call of OP fails: drop, lost, half, html, busy, expired
  always OP WHAT    一直出错 every call of OP fails, "*" for all
  clear             恢复 nothing fails any more
  clock +61s        拨快时钟 the platforms' clock goes on
  log               最近的请求 the last requests, as curl
  quit              退出
`

var errQuit = errors.New("quit")

var faults = map[string]func() sandbox.Fault{
	"drop":    sandbox.DropBefore, // before the platform has seen it
	"lost":    sandbox.DropAfter,  // after it has had its effect
	"half":    sandbox.HalfBody,
	"html":    func() sandbox.Fault { return sandbox.HTML(502) },
	"busy":    func() sandbox.Fault { return sandbox.Refuse(zwfw.Busy) },
	"expired": func() sandbox.Fault { return sandbox.Refuse(zwfw.CodeExpired) },
}

// obey carries out one line.
func obey(out io.Writer, p *sandbox.Platform, words []string) error {
	if len(words) == 0 {
		return nil
	}
	mint := map[string]func(sandbox.Citizen) string{
		"code":    func(c sandbox.Citizen) string { return p.MintCode(c).Reveal() },
		"auth":    func(c sandbox.Citizen) string { return p.MintAuthCode(c).Reveal() },
		"ymt":     func(c sandbox.Citizen) string { return p.MintYimatongCode(c).Reveal() },
		"consent": func(c sandbox.Citizen) string { return p.MintConsentCode(c).Reveal() },
		"login":   func(c sandbox.Citizen) string { return p.MintLoginTicket(c, false).Reveal() },
	}
	if made, ok := mint[words[0]]; ok {
		c, err := citizen(p, words[1:])
		if err == nil {
			fmt.Fprintln(out, made(c))
		}
		return err
	}
	switch words[0] {
	case "fault", "always":
		return fail(p, words)
	case "clear":
		p.Faults().Clear()
	case "clock":
		if len(words) != 2 {
			return errors.New("clock: a duration such as +61s or -2h is needed")
		}
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return err
		}
		p.Clock().Advance(d)
		fmt.Fprintln(out, p.Clock().Now().Format(time.DateTime))
	case "log":
		all := p.Requests()
		for _, r := range all[max(0, len(all)-5):] {
			fmt.Fprintf(out, "%s %s %s\n%s\n", r.Op, r.Answer, r.Explanation, r.Curl(p.URL))
		}
	case "quit":
		return errQuit
	default:
		fmt.Fprint(out, help)
	}
	return nil
}

func citizen(p *sandbox.Platform, words []string) (sandbox.Citizen, error) {
	n := 1
	if len(words) > 0 {
		var err error
		if n, err = strconv.Atoi(words[0]); err != nil || n < 1 || n > len(p.Citizens()) {
			return sandbox.Citizen{}, fmt.Errorf("citizen: 1 to %d", len(p.Citizens()))
		}
	}
	return p.Citizens()[n-1], nil
}

func fail(p *sandbox.Platform, words []string) error {
	if len(words) != 3 {
		return fmt.Errorf("%s: an operation such as lutong.VerifyCode and a fault are needed", words[0])
	}
	fault, ok := faults[words[2]]
	if !ok {
		return fmt.Errorf("%s: drop, lost, half, html, busy or expired", words[0])
	}
	if words[0] == "fault" {
		p.Faults().Next(words[1], fault())
	} else {
		p.Faults().Always(words[1], fault())
	}
	return nil
}
