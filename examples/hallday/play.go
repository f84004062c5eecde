package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// play is the hall with everything in it.
type play struct {
	*narrator
	platform *sandbox.Platform
	hall     sandbox.Hall
	citizens []sandbox.Citizen
	album    album
	queue    queue
	kiosk    *station      // 取号机
	desk     *station      // 窗口的扫码设备
	first    lutong.Ticket // of the first citizen, for the window to call
	closers  []func()
}

// step is one scene of the play. Before it begins the clock moves on.
type step struct {
	after time.Duration
	title zwfw.Text
	play  func(context.Context) error
}

// opening is a Monday, ten minutes before the doors open. A fixed day keeps the
// transcript the same from run to run.
var opening = time.Date(2026, 3, 2, 8, 50, 0, 0, china)

// slow is how far the kiosk's clock lags behind, as clocks in halls do.
const slow = 40 * time.Second

// newPlay starts the platform and sets up the hall's machines.
func newPlay(n *narrator, dir string) (*play, error) {
	p := &play{narrator: n}
	if err := p.setUp(dir); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *play) setUp(dir string) error {
	p.platform = sandbox.New(sandbox.WithStart(opening), sandbox.WithLutong(lutongSetup()), sandbox.WithHotline(hotlineSetup()))
	stop, err := p.platform.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	p.closers = append(p.closers, stop)
	p.hall, p.citizens = p.platform.Halls()[cityHall], p.platform.Citizens()
	if dir == "" {
		if dir, err = os.MkdirTemp("", "hallday-"); err != nil {
			return err
		}
		p.closers = append(p.closers, func() { _ = os.RemoveAll(dir) })
	}
	p.album = album{dir: dir}
	config := p.platform.LutongConfigOf(cityHall)
	if p.kiosk, err = p.newStation("KIOSK-01", config, -slow); err != nil {
		return err
	}
	p.desk, err = p.newStation("DESK-03", config, 0)
	return err
}

// close ends what setUp and the steps began, the last first.
func (p *play) close() {
	for _, c := range slices.Backward(p.closers) {
		c()
	}
}

// The organisations of lutongSetup, by their place in it and in sandbox.Halls.
const (
	cityHall   = 0
	countyHall = 1
)

// lutongSetup is what the platform has agreed with its two halls: the city's may do
// everything, the county's has not been granted 扫码取号 yet.
func lutongSetup() sandbox.LutongSetup {
	return sandbox.LutongSetup{Organisations: []sandbox.LutongOrganisation{
		{
			Name: "测试市政务服务中心", AccessID: "PIN-CITY", AccessToken: zwfw.NewSecret("sandbox-token-01"), OrgID: "999999000000001",
			Devices: []string{"KIOSK-01", "KIOSK-02", "DESK-03"},
		},
		{
			Name: "测试县便民服务中心", AccessID: "PIN-COUNTY", AccessToken: zwfw.NewSecret("sandbox-token-02"), OrgID: "999999000000002",
			Scenes: []string{string(lutong.SceneHandle)},
		},
	}}
}

// station is a machine in the hall and the client its back end uses for it.
type station struct {
	device string
	client *lutong.Client
}

// newStation makes a machine whose clock is ahead of the platform's, or behind when
// negative.
func (p *play) newStation(device string, config lutong.Config, ahead time.Duration) (*station, error) {
	client, err := lutong.New(config,
		zwfw.WithClock(hallClock{p.platform.Clock(), ahead}),
		zwfw.WithRetry(zwfw.Retry{BaseDelay: 20 * time.Millisecond}), // nobody is waiting in a play
	)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", device, err)
	}
	p.closers = append(p.closers, func() { _ = client.Close() })
	return &station{device, client}, nil
}
