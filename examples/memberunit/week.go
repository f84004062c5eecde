package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// weekTime is far above what the week takes; it ends one that hangs.
const weekTime = time.Minute

// monday is a fixed day, so that the dates are the same from run to run.
var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, china)

// week is a unit's week against the sandbox.
type week struct {
	*unit
	*rehearsal
	centre *sandbox.HotlineCentre
}

func playWeek(ctx context.Context, o options, v *voice) (err error) {
	ctx, cancel := context.WithTimeout(ctx, weekTime)
	defer cancel()
	if o.data, err = os.MkdirTemp("", "memberunit-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(o.data)) }()
	r, err := newRehearsal(sandbox.WithStart(monday))
	if err != nil {
		return err
	}
	defer r.stop()
	o.every = 20 * time.Millisecond // a week has no time to wait
	options := append(r.options(), zwfw.WithRetry(zwfw.Retry{BaseDelay: 10 * time.Millisecond}))
	u, err := openUnit(ctx, o, r.settings(), v, options...)
	if err != nil {
		return err
	}
	w := &week{u, r, r.platform.Hotline()}
	defer func() { err = errors.Join(err, u.close()) }()
	u.start(ctx)
	v.say("12345 成员单位的一周。对面是本机上的模拟平台，市民是虚构的。", "A week of a 12345 member unit. The other side is a sandbox on this machine, the citizens are made up.")
	for _, day := range []func(context.Context) error{w.monday, w.wednesday, w.thursday, w.friday, w.nextTuesday} {
		if err := day(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *week) day(zh, en string) { w.v.say("\n"+zh, "\n"+en) }

func (w *week) monday(ctx context.Context) error {
	w.day("—— 星期一：中心派来三张工单", "-- Monday: the centre dispatches three sheets")
	for _, s := range weekSheets {
		w.dispatch(w.v, s)
		if err := w.until(ctx, func() bool { return w.look(s.id).State == hotline.Signed }); err != nil {
			return err
		}
	}
	w.v.say("三张都已存下并签收。路灯不归本单位管：", "All three are stored and signed for. The lights are not this unit's duty:")
	if err := w.reject(ctx, "D3", w.v.pick(text("路灯由城管部门负责", "street lights belong to the city's management office"))); err != nil {
		return err
	}
	if err := w.until(ctx, func() bool { return w.look("D3").State == hotline.RejectApplied }); err != nil {
		return err
	}
	return w.centreDoes(ctx, "D3", hotline.GivenBack, func() error { return w.centre.Agree("D3", "") })
}

func (w *week) wednesday(ctx context.Context) error {
	w.day("—— 星期三：限期近了", "-- Wednesday: a deadline comes near")
	w.platform.Clock().Advance(2 * 24 * time.Hour)
	if err := w.until(ctx, func() bool { return w.store.count("change", "D2", string(hotline.DueSoon)) == 1 }); err != nil {
		return err
	}
	if err := w.finish(ctx, "D2", w.v.pick(text("可在营业厅、手机或银行代扣缴费，已电话答复。", "At the counter, by phone or by the bank; told by telephone."))); err != nil {
		return err
	}
	if err := w.until(ctx, func() bool { return w.look("D2").State == hotline.FinishApplied }); err != nil {
		return err
	}
	return w.centreDoes(ctx, "D2", hotline.FinishAccepted, func() error { return w.centre.Agree("D2", "") })
}

func (w *week) thursday(ctx context.Context) error {
	w.day("—— 星期四：要换水管，工作人员申请延时", "-- Thursday: a pipe has to be replaced, staff ask for time")
	w.platform.Clock().Advance(24 * time.Hour)
	if err := w.until(ctx, func() bool { return w.store.count("change", "D1", string(hotline.DueSoon)) == 1 }); err != nil {
		return err
	}
	if err := w.delay(ctx, "D1", 3, w.v.pick(text("主管更换需要三个工作日", "the main takes three working days"))); err != nil {
		return err
	}
	if err := w.until(ctx, func() bool { return w.look("D1").Delay == hotline.DelayApplied }); err != nil {
		return err
	}
	return w.centreDoes(ctx, "D1", hotline.DelayGranted, func() error { return w.centre.AgreeDelay("D1") })
}

func (w *week) friday(ctx context.Context) error {
	w.day("—— 星期五：修好了，可是线路断了", "-- Friday: it is mended, and the line is down")
	w.platform.Clock().Advance(24 * time.Hour)
	w.platform.Faults().Always("hotline.Finish", sandbox.DropBefore())
	if err := w.finish(ctx, "D1", w.v.pick(text("水管已更换，已恢复供水。", "The pipe is replaced, the water is back."))); err != nil {
		return err
	}
	if err := w.until(ctx, func() bool { return w.delayed.Load() > 0 }); err != nil {
		return err
	}
	w.v.say("线路恢复。", "The line is back.")
	w.platform.Faults().Clear()
	if err := w.until(ctx, func() bool { return w.look("D1").State == hotline.FinishApplied }); err != nil {
		return err
	}
	if n := w.platform.Effects("hotline.Finish"); n != 2 { // D2's and this
		return fmt.Errorf("the centre counts %d finishes, not 2", n)
	}
	return w.centreDoes(ctx, "D1", hotline.Reopened, func() error {
		return w.centre.Refuse("D1", w.v.pick(text("请附现场情况", "say how it was found")))
	})
}

func (w *week) nextTuesday(ctx context.Context) error {
	w.day("—— 下星期二：补充后再次办结", "-- Tuesday: finished again, with what was missing")
	w.platform.Clock().Advance(4 * 24 * time.Hour)
	if err := w.finish(ctx, "D1", w.v.pick(text("现场查明主管老化破裂，已更换 40 米，已恢复供水并回访。", "An old main had burst; 40 metres were replaced and the citizen was told."))); err != nil {
		return err
	}
	if err := w.until(ctx, func() bool { return w.look("D1").State == hotline.FinishApplied }); err != nil {
		return err
	}
	if err := w.centreDoes(ctx, "D1", hotline.FinishAccepted, func() error { return w.centre.Agree("D1", "") }); err != nil {
		return err
	}
	w.day("—— 现在", "-- Now")
	return w.list(ctx)
}

func (w *week) look(id hotline.DispatchID) sandbox.HotlineLook { return w.centre.Look(id) }

// centreDoes lets the centre act and waits until the unit knows.
func (w *week) centreDoes(ctx context.Context, id hotline.DispatchID, kind hotline.ChangeKind, act func() error) error {
	before := w.store.count("change", id, string(kind))
	if err := act(); err != nil {
		return err
	}
	return w.until(ctx, func() bool { return w.store.count("change", id, string(kind)) > before })
}

// until waits for what the unit or the centre comes to.
func (w *week) until(ctx context.Context, so func() bool) error {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-w.outcomes:
		case <-w.store.changed:
		case <-look.C:
		case <-ctx.Done():
			return fmt.Errorf("the week did not go as expected: %w", ctx.Err())
		}
	}
	return nil
}
