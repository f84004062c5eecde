package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// goesWrong checks that an error is the one the scene is about and prints what it
// means to the citizen, to staff and to support.
func (p *play) goesWrong(err error, kind zwfw.Kind, outcome zwfw.Outcome) error {
	switch {
	case err == nil:
		return unexpected("调用成功了，应为 %s。", "the call succeeded; %s was due", string(kind))
	case !errors.Is(err, kind):
		return fmt.Errorf("%s was due, came: %w", string(kind), err)
	case zwfw.OutcomeOf(err) != outcome:
		return fmt.Errorf("outcome %s was due, came %s: %w", outcome, zwfw.OutcomeOf(err), err)
	}
	p.advise(err)
	return nil
}

// refused scans a code that the platform must refuse, without any effect.
func (p *play) refused(ctx context.Context, s *station, code zwfw.CodeText, kind zwfw.Kind) error {
	before := p.platform.Effects("lutong.VerifyCode")
	_, err := s.client.VerifyCode(ctx, lutong.VerifyRequest{Code: code, Scene: lutong.SceneTakeNumber, Device: s.device})
	if err := p.goesWrong(err, kind, zwfw.OutcomeRefused); err != nil {
		return err
	}
	if p.platform.Effects("lutong.VerifyCode") != before {
		return unexpected("平台拒绝了，却仍用掉了这个码。", "the platform refused and yet spent the code")
	}
	return nil
}

// served gives a citizen the number they came for, and says so in one line.
func (p *play) served(ctx context.Context, s *station, code zwfw.CodeText, c sandbox.Citizen) (lutong.Ticket, error) {
	t, err := p.serve(ctx, s, code, c, p.hall.Items[1])
	if err != nil {
		return t, err
	}
	if _, err := p.reported(t); err != nil {
		return t, err
	}
	p.say(machine, textf("取号成功：%s，前面 %d 人。", "Number %s, %d waiting ahead.", t.QueueNo, t.Waiting))
	return t, nil
}
