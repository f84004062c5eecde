package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The units of hotlineSetup, by their place in it.
const (
	hallUnit  = 0 // reports what citizens complain of at its windows
	roadsUnit = 1 // 成员单位
)

const roads = "roads"

// hotlineSetup is a province's hotline with two member units.
func hotlineSetup() sandbox.HotlineSetup {
	return sandbox.HotlineSetup{Units: []sandbox.HotlineUnit{
		{AppID: "JX-HALL-01", Code: "999999000201", Name: "测试市政务服务中心", Type: hotline.Department},
		{AppID: "JX-ROADS-01", Code: "999999000202", Name: "测试市市政养护处", Type: hotline.Department},
	}}
}

// memberUnit is a unit that sheets are dispatched to. Its own system is two channels.
type memberUnit struct {
	worker  *hotline.Worker
	sheets  chan hotline.HandedSheet
	changes chan hotline.SheetChange
	refused chan hotline.WorkEvent
}

func (u *memberUnit) Sheet(ctx context.Context, s hotline.HandedSheet) error {
	return put(ctx, u.sheets, s)
}

func (u *memberUnit) Change(ctx context.Context, c hotline.SheetChange) error {
	return put(ctx, u.changes, c)
}

func put[T any](ctx context.Context, into chan T, v T) error {
	select {
	case into <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newMemberUnit starts a worker over an outbox of its own.
func (p *play) newMemberUnit(ctx context.Context) (*memberUnit, error) {
	client, err := p.newHotlineClient(roadsUnit)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hallday-unit-")
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() { _ = os.RemoveAll(dir) })
	key := filepath.Join(dir, "unit.key")
	if err := outbox.CreateKeyFile(key, "k1"); err != nil {
		return nil, err
	}
	box, err := outbox.Open(ctx, filepath.Join(dir, "unit.outbox"), outbox.Config{Queues: hotline.WorkQueues(), Keys: outbox.KeyFile(key)})
	if err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() { _, _ = box.Close(context.Background()) })
	u := &memberUnit{sheets: make(chan hotline.HandedSheet), changes: make(chan hotline.SheetChange), refused: make(chan hotline.WorkEvent, 1)}
	u.worker, err = hotline.NewWorker(box, hotline.WorkerConfig{
		Units: map[string]*hotline.Client{roads: client}, Desk: u, Sign: hotline.SignOnStored, Signer: zwfw.NewPersonName("测试经办"),
		Every: 20 * time.Millisecond, // a minute in a real unit
		OnEvent: func(e hotline.WorkEvent) {
			if e.Kind == hotline.WorkFailed {
				select {
				case u.refused <- e:
				default:
				}
			}
		},
	})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = u.worker.Run(running)
	}()
	p.closers = append(p.closers, func() { stop(); <-ended })
	return u, nil
}

func (p *play) newHotlineClient(unit int) (*hotline.Client, error) {
	client, err := hotline.New(p.platform.HotlineConfigOf(unit), zwfw.WithClock(hallClock{p.platform.Clock(), 0}),
		zwfw.WithRetry(zwfw.Retry{BaseDelay: 20 * time.Millisecond}))
	if err != nil {
		return nil, fmt.Errorf("12345: %w", err)
	}
	p.closers = append(p.closers, func() { _ = client.Close() })
	return client, nil
}

// arrives waits for what the worker brings to its unit.
func arrives[T any](ctx context.Context, u *memberUnit, from chan T) (v T, err error) {
	select {
	case v = <-from:
		return v, nil
	case e := <-u.refused:
		return v, unexpected("中心拒绝了成员单位的%s：%s。", "the centre refused the unit's %s: %s", e.Op, e.Code)
	case <-ctx.Done():
		return v, ctx.Err()
	}
}

// becomes waits until the centre has a sheet in a state.
func (p *play) becomes(ctx context.Context, u *memberUnit, id hotline.DispatchID, state hotline.State) error {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for p.platform.Hotline().Look(id).State != state {
		select {
		case <-look.C:
		case e := <-u.refused:
			return unexpected("中心拒绝了成员单位的%s：%s。", "the centre refused the unit's %s: %s", e.Op, e.Code)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
