package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
)

// unit is a member unit: the client of its credential, its store, the outbox and the
// worker over it.
type unit struct {
	v      *voice
	name   string
	clerk  zwfw.PersonName
	now    func() time.Time
	client *hotline.Client
	store  *store
	box    *outbox.Outbox
	worker *hotline.Worker

	outcomes chan struct{} // something was said
	delayed  atomic.Int32  // answers that could not be sent at once
	running  chan error
	stop     context.CancelFunc
}

// openUnit opens everything and starts nothing.
func openUnit(ctx context.Context, o options, s settings, v *voice, options ...zwfw.Option) (u *unit, err error) {
	u = &unit{v: v, name: s.name(), clerk: s.Clerk, outcomes: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, u.close())
			u = nil
		}
	}()
	config, own, err := s.platform()
	if err != nil {
		return u, err
	}
	if u.client, err = hotline.New(config, append(own, options...)...); err != nil {
		return u, err
	}
	u.now = u.client.Now
	if err = os.MkdirAll(o.data, 0o700); err != nil {
		return u, err
	}
	if u.store, err = openStore(o.data, v, u.now); err != nil {
		return u, err
	}
	key := filepath.Join(o.data, "unit.key")
	if err = outbox.CreateKeyFile(key, "k1"); err != nil {
		return u, err
	}
	if u.box, err = outbox.Open(ctx, filepath.Join(o.data, "unit.outbox"), outbox.Config{
		Queues: hotline.WorkQueues(), Keys: outbox.KeyFile(key), OnEvent: u.stored,
	}); err != nil {
		return u, err
	}
	u.worker, err = hotline.NewWorker(u.box, hotline.WorkerConfig{
		Units: map[string]*hotline.Client{u.name: u.client}, Desk: u.store, Sign: s.policy(), Signer: s.Clerk, Every: o.every, OnEvent: u.happened,
	})
	return u, err
}

// start lets the worker work.
func (u *unit) start(ctx context.Context) {
	ctx, u.stop = context.WithCancel(ctx)
	u.running = make(chan error, 1)
	go func() { u.running <- u.worker.Run(ctx) }()
}

// close ends what was opened; what waits goes on with the next start.
func (u *unit) close() error {
	var errs []error
	if u.running != nil {
		u.stop()
		errs = append(errs, <-u.running)
	}
	if u.box != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, err := u.box.Close(ctx)
		errs = append(errs, err)
	}
	if u.store != nil {
		errs = append(errs, u.store.close())
	}
	if u.client != nil {
		errs = append(errs, u.client.Close())
	}
	return errors.Join(errs...)
}

// happened says what staff have to know; the rest is for a log.
func (u *unit) happened(e hotline.WorkEvent) {
	switch e.Kind {
	case hotline.WorkDelivered:
		u.v.say("工单 %s：%s已送达中心。", "Sheet %s: the %s is with the centre.", e.DispatchID, operation(e.Op))
	case hotline.WorkDelayed:
		u.delayed.Add(1)
		if e.Attempt == 1 {
			u.v.say("工单 %s：%s暂时送不出去，已保存，会自动重送。%s", "Sheet %s: the %s cannot be sent now; it is kept and goes out by itself. %s", e.DispatchID, operation(e.Op), advice(e))
		}
	case hotline.WorkFailed:
		u.v.say("工单 %s：%s被拒绝（%s）。%s输入 failed 查看。", "Sheet %s: the %s was refused (%s). %s Type failed to see it.", e.DispatchID, operation(e.Op), e.Code, advice(e))
	case hotline.WorkPartial:
		if e.Attempt == 1 {
			u.v.say("工单 %s 的内容还没到齐，先不签收。", "Sheet %s is not complete yet and is not signed for.", e.DispatchID)
		}
	case hotline.WorkPollFailed:
		u.v.say("收取工单失败，稍后再试。%s", "Sheets could not be fetched; trying again. %s", advice(e))
	case hotline.WorkDeskFailed:
		u.v.say("本单位系统没有存下，稍后再试。", "The unit's own system failed; trying again.")
	default:
		return
	}
	select {
	case u.outcomes <- struct{}{}:
	default:
	}
}

// stored says when the outbox itself is in trouble.
func (u *unit) stored(e outbox.Event) {
	switch e.Kind {
	case outbox.EventQuarantined:
		u.v.say("本地数据文件损坏，已另存，重新开始；未送出的答复请核对。", "The local file was damaged and set aside. Check which answers were not sent.")
	case outbox.EventStore, outbox.EventMissing, outbox.EventDamaged:
		u.v.say("本地数据文件有问题：%s", "Trouble with the local file: %s", e.Kind)
	}
}
