package main

import (
	"fmt"
	"io"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

// rehearsal is the sandbox in place of a platform.
type rehearsal struct {
	*sandbox.Platform
	stop             func()
	number, password string // of a case for the public query
}

// Two of the sandbox's finished cases, of its first and its second citizen.
var finishedCases = []string{"HLJ2024000002", "HLJ2024000004"}

// newRehearsal starts a platform that knows this website, with cases under way and steps to
// rate, and completes the settings.
func newRehearsal(s *settings) (*rehearsal, error) {
	p := &rehearsal{Platform: sandbox.New()}
	var err error
	if p.stop, err = p.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	p.RegisterRedirect(s.callback())
	s.platform, s.serviceApp = p.PortalConfig(), p.PortalConfigOf(1).AppMark
	s.options = append(s.options, zwfw.WithClock(p.Clock()))
	p.number, p.password = p.ApplyForItem(p.Citizens()[0], 6)
	if err := p.MoveCase(p.number, sandbox.CaseAccept); err != nil {
		p.stop()
		return nil, err
	}
	for _, number := range finishedCases {
		p.PutEvaluationPoint(number, 3)
	}
	p.Clock().Advance(time.Minute) // a step is rated after it was done
	return p, nil
}

// announce says how to look around.
func (p *rehearsal) announce(stdout io.Writer) {
	_, _ = fmt.Fprintf(stdout, "模拟平台，非真实政务平台；登录页列出虚构的群众和企业。\nA sandbox, no real platform; its login page lists made-up citizens and a company.\n"+
		"进度查询 progress query: %s / %s\n平台 platform:   %s/\n", p.number, p.password, p.URL)
}
