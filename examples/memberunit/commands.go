package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// work runs until the commands say quit or ctx ends.
func work(ctx context.Context, o options, in io.Reader, v *voice) (err error) {
	var s settings
	var options []zwfw.Option
	if o.sandbox {
		r, err := newRehearsal()
		if err != nil {
			return err
		}
		defer r.stop()
		s, options = r.settings(), r.options()
		r.begin(v)
	} else if s, err = readSettings(o.config); err != nil {
		return err
	}
	u, err := openUnit(ctx, o, s, v, options...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, u.close()) }()
	u.start(ctx)
	v.say("已开始收取工单。输入 help 查看命令。", "Taking sheets. Type help for the commands.")
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(in); scan.Scan(); {
			select {
			case lines <- scan.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case line, more := <-lines:
			if !more {
				lines = nil // no keyboard: it goes on taking sheets
				continue
			}
			if strings.TrimSpace(line) == "quit" {
				return nil
			}
			u.obey(ctx, line)
		case <-ctx.Done():
			return nil
		}
	}
}

// obey runs one command and says how it went.
func (u *unit) obey(ctx context.Context, line string) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	id, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	var err error
	switch rest = strings.TrimSpace(rest); word {
	case "":
	case "list":
		err = u.list(ctx)
	case "finish":
		err = u.finish(ctx, hotline.DispatchID(id), rest)
	case "reject":
		err = u.reject(ctx, hotline.DispatchID(id), rest)
	case "delay":
		days, reason, _ := strings.Cut(rest, " ")
		n, wrong := strconv.Atoi(days)
		if wrong != nil {
			err = errors.New("delay ID DAYS REASON")
			break
		}
		err = u.delay(ctx, hotline.DispatchID(id), n, reason)
	case "sign":
		err = u.worker.SignFor(ctx, u.name, hotline.SignRequest{DispatchID: hotline.DispatchID(id), Signer: u.clerk})
		u.kept("SignFor", hotline.DispatchID(id), err)
	case "failed":
		err = u.failed(ctx)
	case "retry", "discard":
		err = u.again(ctx, word, id)
	default:
		u.v.say("%s", "%s", text(helpZH, helpEN))
	}
	if err != nil {
		advice := text("", "")
		if zwfw.KindOf(err) != "" {
			advice = zwfw.AdviceFor(err).Staff
		}
		u.v.say("没有办成：%v。%s", "Not done: %v. %s", err, advice)
	}
}

const helpZH = `list                     未办结的工单
finish 工单 答复内容      办结
reject 工单 理由          退回（非本单位职责）
delay 工单 天数 理由      申请延时（工作日）
sign 工单                签收（仅手工签收时需要）
failed                   被中心拒绝的答复
retry 编号 / discard 编号 重送 / 删除被拒绝的答复
quit                     停止`

const helpEN = `list                      sheets that are not finished
finish SHEET TEXT         finish with an answer
reject SHEET REASON       give back (not our duty)
delay SHEET DAYS REASON   ask for working days
sign SHEET                sign (with manual signing only)
failed                    answers that the centre refused
retry ROW / discard ROW   send a refused answer again, or drop it
quit                      stop`

// number is the request number of the next answer of a kind to a sheet. It is the same
// until the answer is stored, so that a command typed again after a crash is no second
// answer.
func (u *unit) number(op string, id hotline.DispatchID) string {
	const most = 40 // of the 50 that a request number may have
	short := string(id)
	if len(short) > most {
		short = short[len(short)-most:]
	}
	return fmt.Sprintf("%s-%s%d", short, op[:1], u.store.count("answer", id, op)+1)
}

func (u *unit) finish(ctx context.Context, id hotline.DispatchID, result string) error {
	number := u.number("Finish", id)
	err := u.worker.Finish(ctx, u.name, hotline.FinishRequest{
		DispatchID: id, RequestNo: number, At: u.now(), Handler: u.clerk, Result: result, Solved: hotline.IsSolved,
	})
	return u.answered("Finish", id, number, err)
}

// reject gives a sheet back for the commonest reason; a real screen offers the others.
func (u *unit) reject(ctx context.Context, id hotline.DispatchID, reason string) error {
	number := u.number("Reject", id)
	err := u.worker.Reject(ctx, u.name, hotline.RejectRequest{
		DispatchID: id, RequestNo: number, At: u.now(), Handler: u.clerk, Code: hotline.NotOurDuty, Reason: reason,
	})
	return u.answered("Reject", id, number, err)
}

func (u *unit) delay(ctx context.Context, id hotline.DispatchID, days int, reason string) error {
	number := u.number("RequestDelay", id)
	err := u.worker.RequestDelay(ctx, u.name, hotline.DelayRequest{
		DispatchID: id, RequestNo: number, Value: days, Unit: hotline.WorkingDays, Reason: reason, Applicant: u.clerk,
	})
	return u.answered("RequestDelay", id, number, err)
}

// answered notes an answer that is stored. One under this number that is there already
// was stored by the same command before a crash.
func (u *unit) answered(op string, id hotline.DispatchID, number string, err error) error {
	if err != nil && !errors.Is(err, zwfw.Conflict) {
		return err
	}
	if noted := u.store.add(record{What: "answer", ID: id, Kind: op, Number: number, At: u.now()}); noted != nil {
		return noted
	}
	u.kept(op, id, err)
	return err
}

func (u *unit) kept(op string, id hotline.DispatchID, err error) {
	if err == nil {
		u.v.say("工单 %s：%s已保存，将自动送往中心。", "Sheet %s: the %s is stored and goes to the centre by itself.", id, operation(op))
	}
}

func (u *unit) list(ctx context.Context) error {
	sheets, err := u.worker.Sheets(ctx, u.name)
	if err != nil {
		return err
	}
	labels, lights := hotline.DefaultCodes(), map[hotline.Light]string{hotline.Green: "绿灯", hotline.Yellow: "黄灯", hotline.Red: "红灯"}
	for _, s := range sheets {
		u.v.say("%s  %s  限办 %s  %s", "%s  %s  due %s  %s", s.DispatchID, text(labels.Label("state", string(s.State)), "state "+string(s.State)),
			clock(s.Deadline), text(lights[s.Light], string(s.Light)))
	}
	u.v.say("共 %d 张未办结。", "%d sheets open.", len(sheets))
	return nil
}

func (u *unit) failed(ctx context.Context) error {
	n := 0
	for f, err := range u.worker.Failed(ctx) {
		if err != nil {
			return err
		}
		n++
		why := advice(hotline.WorkEvent{Op: f.Op, Error: f.Why.Kind})
		u.v.say("编号 %d：%s（%s）。%s", "Row %d: %s (%s). %s", f.Sequence, operation(f.Op), f.Why.Code, why)
	}
	u.v.say("共 %d 条被拒绝的答复。", "%d refused answers.", n)
	return nil
}

func (u *unit) again(ctx context.Context, word, row string) error {
	sequence, err := strconv.ParseUint(row, 10, 64)
	if err != nil {
		return errors.New(word + " ROW")
	}
	n := 0
	if word == "retry" {
		n, err = u.worker.Retry(ctx, sequence)
	} else {
		n, err = u.worker.Discard(ctx, sequence)
	}
	if err == nil {
		u.v.say("处理了 %d 条。", "%d rows.", n)
	}
	return err
}
