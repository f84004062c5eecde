package main

import (
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// rehearsal is the sandbox in place of a province.
type rehearsal struct {
	platform *sandbox.Platform
	stop     func()
}

func newRehearsal(options ...sandbox.Option) (*rehearsal, error) {
	p := sandbox.New(options...)
	stop, err := p.Listen("127.0.0.1:0")
	return &rehearsal{p, stop}, err
}

func (r *rehearsal) settings() settings {
	c := r.platform.HotlineConfig()
	return settings{BaseURL: c.BaseURL, AppID: c.AppID, AppKey: c.AppKey, Unit: "water", Clerk: zwfw.NewPersonName("测试经办"), Sign: "stored"}
}

func (r *rehearsal) options() []zwfw.Option { return []zwfw.Option{zwfw.WithClock(r.platform.Clock())} }

// begin lets the sandbox's centre dispatch three sheets, and one more every minute for a
// while.
func (r *rehearsal) begin(v *voice) {
	v.say("模拟平台，非真实省中心。市民和工单都是虚构的。", "A sandbox, no real centre. Citizens and sheets are made up.")
	for _, s := range weekSheets {
		r.dispatch(v, s)
	}
	r.platform.Hotline().Storm(sandbox.HotlineSheet{Title: v.pick(text("测试工单", "A test sheet"))}, 30, 30*time.Minute)
}

// weekSheet is what a citizen told the centre.
type weekSheet struct {
	id    hotline.DispatchID
	kind  hotline.SheetType
	title zwfw.Text
}

var weekSheets = []weekSheet{
	{"D1", hotline.Complaint, text("测试路停水两天", "No water in Test Road for two days")},
	{"D2", hotline.Consult, text("水费怎么缴", "How to pay the water bill")},
	{"D3", hotline.Complaint, text("测试公园路灯不亮", "The lights in Test Park are out")},
}

func (r *rehearsal) dispatch(v *voice, s weekSheet) {
	r.platform.Hotline().Dispatch(sandbox.HotlineSheet{ID: s.id, Type: s.kind, Title: v.pick(s.title)})
}
