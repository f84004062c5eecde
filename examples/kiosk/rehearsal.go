package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/sandbox"
)

// demoCodes is how many codes are shown at the start.
const demoCodes = 3

// rehearsal is the sandbox in place of a platform. The same seed gives the same
// citizens and codes at every start.
type rehearsal struct {
	platform *sandbox.Platform
	stop     func()
}

func newRehearsal() (*rehearsal, error) {
	p := sandbox.New(sandbox.WithLutong(sandbox.LutongSetup{CodeLife: 24 * time.Hour})) // time to copy them
	stop, err := p.Listen("127.0.0.1:0")
	return &rehearsal{p, stop}, err
}

// begin shows codes to try and takes the line down for a while.
func (r *rehearsal) begin(o options, w world) (end func(), err error) {
	w.say("模拟平台，非真实政务平台。可以粘贴这些码来取号： A sandbox, no real platform. Codes to paste:")
	for _, citizen := range r.platform.Citizens()[:demoCodes] {
		w.say("    %s", r.platform.MintCode(citizen).Reveal()) // of a made-up citizen
	}
	picture, err := qr.Encode(r.platform.MintCode(r.platform.Citizens()[demoCodes]).Reveal())
	if err != nil {
		return nil, err
	}
	file := filepath.Join(o.data, "sandbox-code.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		return nil, err
	}
	w.say("    -picture %s", file)
	if o.outage == 0 {
		return func() {}, nil
	}
	w.say("上报线路中断 %v。 The line for reports is down for %v.", o.outage, o.outage)
	r.platform.Faults().Always("lutong.ReportTicket", sandbox.DropBefore())
	timer := time.AfterFunc(o.outage, r.platform.Faults().Clear)
	return func() { timer.Stop() }, nil
}

func (r *rehearsal) settings() (settings, lutong.Config) {
	h := r.platform.Halls()[0]
	return settings{
		Device: h.Devices[0],
		Hall:   hall{Name: h.Name, Unit: h.Unit, Item: h.Items[1], Area: h.Areas[0], Windows: h.Windows, Prefix: "A"},
	}, r.platform.LutongConfig()
}
