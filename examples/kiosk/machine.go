package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/outbox"
)

// machine is a queue machine: the client that verifies codes, the outbox that keeps
// tickets and the reporter that delivers them.
type machine struct {
	world
	settings settings
	client   *lutong.Client
	box      *outbox.Outbox
	reporter *lutong.TicketReporter
	counter  counter
	last     repeated
	damaged  atomic.Bool // the outbox had to begin anew
	stops    []func()

	lostCount lostCount
}

// What was taken in a rehearsal is never reported to a real platform.
const (
	realOutbox    = "kiosk.outbox"
	sandboxOutbox = "sandbox.outbox"
)

// newMachine opens everything and starts nothing.
func newMachine(ctx context.Context, o options, w world) (*machine, error) {
	m := &machine{world: w}
	err := os.MkdirAll(o.data, 0o700)
	if err == nil {
		err = m.connect(o)
	}
	if err == nil {
		err = m.open(ctx, o)
	}
	if err != nil {
		_, _ = m.release()
		return nil, err
	}
	return m, nil
}

// connect makes the client, for the platform or the sandbox in its place.
func (m *machine) connect(o options) (err error) {
	var config lutong.Config
	var options []zwfw.Option
	if o.config == "" {
		config, err = m.rehearse(o)
	} else if m.settings, err = readSettings(o.config); err == nil {
		config, options, err = m.settings.platform()
	}
	if err != nil {
		return err
	}
	m.client, err = lutong.New(config, append(options, zwfw.WithClock(m.clock))...)
	return err
}

// rehearse lets a sandbox play the platform.
func (m *machine) rehearse(o options) (config lutong.Config, err error) {
	r, err := newRehearsal()
	if err != nil {
		return config, err
	}
	m.stops = append(m.stops, r.stop)
	if o.command == "" {
		end, err := r.begin(o, m.world)
		if err != nil {
			return config, err
		}
		m.stops = append(m.stops, end)
	}
	m.settings, config = r.settings()
	return config, nil
}

func (m *machine) open(ctx context.Context, o options) (err error) {
	file := filepath.Join(o.data, realOutbox)
	if o.config == "" {
		file = filepath.Join(o.data, sandboxOutbox)
	}
	m.lostCount = lostCount(file + ".count-lost")
	key := filepath.Join(o.data, "kiosk.key")
	if err := outbox.CreateKeyFile(key, "k1"); err != nil {
		return err
	}
	m.box, err = outbox.Open(ctx, file, outbox.Config{
		Queues: []outbox.Queue{lutong.TicketQueue()}, Keys: outbox.KeyFile(key), Clock: m.clock, OnEvent: m.stored,
	})
	if err != nil {
		return err
	}
	if m.reporter, err = lutong.NewTicketReporter(m.client, m.box, lutong.ReporterConfig{OnEvent: m.reported}); err != nil {
		return err
	}
	m.counter, err = readCounter(ctx, m.box, m.settings.Hall.FirstSerial)
	if err != nil || m.damaged.Load() || m.lostCount.isSet() {
		m.counter = m.counter.lost(m.client.Now())
		m.say("今天已发到几号不得而知，流水号从 %s 起。 The numbers given today are lost; they go on after %s.", m.counter.number(), m.counter.number())
	}
	return nil
}

// release ends everything and says what is left in the outbox.
func (m *machine) release() (left outbox.Stats, err error) {
	if m.box != nil {
		// What is under way may take a moment; a delivery that is cut off is made again.
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		left, err = m.box.Close(ctx)
	}
	if m.client != nil {
		err = errors.Join(err, m.client.Close())
	}
	for _, stop := range m.stops {
		stop()
	}
	return left, err
}

// reported tells staff what becomes of reports.
func (m *machine) reported(e lutong.TicketEvent) {
	why := fmt.Sprint(e.Error, " ", e.Code)
	switch e.Kind {
	case lutong.TicketDelivered:
		m.say("[%d] 已上报 reported", e.Sequence)
	case lutong.TicketFailed:
		m.say("[%d] 平台拒绝，待人工处理（failed、retry） refused, see failed and retry: %s", e.Sequence, why)
	case lutong.TicketDayOver:
		m.say("[%d] 当日未能上报，待人工处理（failed） not reported within its day, see failed", e.Sequence)
	}
}

// stored tells staff of the line and of the outbox.
func (m *machine) stored(e outbox.Event) {
	switch e.Kind {
	case outbox.EventPaused:
		m.say("上报线路不通，号票照常打印，先存后报。 The line for reports is down; tickets are printed and kept.")
	case outbox.EventResumed:
		m.say("上报线路恢复。 The line for reports is back.")
	case outbox.EventQuarantined:
		m.damaged.Store(true)
		if err := m.lostCount.set(); err != nil { // the count was in it; the next ticket stores one
			m.say("%v", err)
		}
		m.say("数据文件已损坏，另存为 %s，已新建。 The outbox was damaged; it is now %s and a fresh one in its place.", e.Path, e.Path)
	case outbox.EventStore:
		m.say("存储出错 storage: %v", e.Err)
	case outbox.EventDamaged, outbox.EventMissing, outbox.EventKey, outbox.EventClock:
		m.say("存储 storage: %s [%d] %d", e.Kind, e.Sequence, e.Count)
	}
}
