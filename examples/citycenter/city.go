package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

// center is a city's side: the client, the outbox that keeps numbers and counters, and the
// aggregator.
type center struct {
	*speaker
	*hotline.Aggregator
	client   *hotline.Client
	box      *outbox.Outbox
	province *sandbox.Platform // nil for a real one
	app      string
	stop     func()
}

// What was counted in a rehearsal never goes to a real platform.
const (
	realOutbox    = "city.outbox"
	sandboxOutbox = "sandbox.outbox"
)

// serve counts and reports until the events end or ctx does.
func serve(ctx context.Context, o options, in io.Reader, s *speaker) (err error) {
	c, err := open(ctx, o, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if o.events != "" {
		file, err := os.Open(o.events)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	running, rest := context.WithCancel(ctx)
	defer rest()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(running) }()
	fed := make(chan error, 1)
	go func() {
		if o.simulate {
			fed <- c.simulate(running, o.last)
			return
		}
		fed <- c.read(running, in)
	}()
	select {
	case err = <-fed: // the events ended: what they add up to is reported before the end
		if ctx.Err() == nil {
			err = errors.Join(err, c.Step(ctx))
		}
		rest()
		err = errors.Join(err, <-ended)
	case err = <-ended: // a reader of standard input may hang: it ends with the program
	}
	return err
}

func open(ctx context.Context, o options, s *speaker) (c *center, err error) {
	c = &center{speaker: s, stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return c, err
	}
	var config hotline.Config
	var options []zwfw.Option
	counting := hotline.AggregatorConfig{City: "999999000000", Counties: []string{"999999000101", "999999000102"}, Detail: true}
	file := sandboxOutbox
	if o.config == "" {
		c.province = sandbox.New()
		if c.stop, err = c.province.Listen("127.0.0.1:0"); err != nil {
			return c, err
		}
		config = c.province.HotlineConfigOf(1)
		s.tell("模拟平台，非真实政务平台。", "A sandbox, no real platform.")
	} else {
		set, err := readSettings(o.config)
		if err != nil {
			return c, err
		}
		if config, options, err = set.platform(); err != nil {
			return c, err
		}
		counting.City, counting.Counties, counting.Detail, file = set.City, set.Counties, set.Detail, realOutbox
	}
	c.app = config.AppID
	if c.client, err = hotline.New(config, options...); err != nil {
		return c, err
	}
	key := filepath.Join(o.data, "city.key")
	if err := outbox.CreateKeyFile(key, "k1"); err != nil {
		return c, err
	}
	c.box, err = outbox.Open(ctx, filepath.Join(o.data, file), outbox.Config{
		Queues: []outbox.Queue{{Name: "unused", WhenFull: outbox.Refuse}}, Keys: outbox.KeyFile(key), OnEvent: c.stored,
	})
	if err != nil {
		return c, err
	}
	counting.Period, counting.OnEvent = o.period, c.reported
	c.Aggregator, err = hotline.NewAggregator(c.client, c.box, counting)
	return c, err
}

func (c *center) close() (err error) {
	if c.box != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, err = c.box.Close(ctx)
	}
	if c.client != nil {
		err = errors.Join(err, c.client.Close())
	}
	c.stop()
	return err
}

// stored tells staff of the file.
func (c *center) stored(e outbox.Event) {
	if e.Kind == outbox.EventQuarantined {
		c.tell("数据文件已损坏，另存为 %s；今天的计数从零开始。", "The data file was damaged and is now %s; today's counters begin at zero.", e.Path)
	}
}

// reported tells staff of what did not go well, and shows the wall when it did.
func (c *center) reported(e hotline.AggregateEvent) {
	what := fmt.Sprintf("%s %d", e.Report, e.Seq)
	switch e.Kind {
	case hotline.AggregateAccepted:
		if e.Report == "calls" {
			c.show(e.Seq)
		}
	case hotline.AggregateLost:
		c.tell("[%s] 未送达，已丢弃：%v", "[%s] did not arrive and is dropped: %v", what, e.Err)
	case hotline.AggregateRefused:
		c.tell("[%s] 省级平台拒绝：%v %v", "[%s] refused: %v %v", what, e.Err, hotline.RowErrors(e.Err))
	case hotline.AggregateSkipped:
		c.tell("[%s] 本周期未发送", "[%s] not sent in this period", what)
	case hotline.AggregateOvertaken:
		c.tell("[%s] 省级平台已有序号 %d，之后接着编号", "[%s] the province has number %d; numbers go on above it", what, e.Last)
	case hotline.AggregatePeriod:
		c.tell("上报周期改为 %v", "the period is %v now", e.Period)
	case hotline.AggregateDay:
		c.tell("统计日 %s", "the day is %s", e.Day.Format(time.DateOnly))
	case hotline.AggregateStore:
		c.tell("本机无法存储，未发送：%v", "nothing can be stored, so nothing is sent: %v", e.Err)
	default:
		c.tell("%s：%d", "%s: %d", e.Kind, e.Count)
	}
}
