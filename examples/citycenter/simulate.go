package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

// simulate plays a small city: twelve seats and a call every second or so, much shorter
// than real ones.
func (c *center) simulate(ctx context.Context, last time.Duration) error {
	if last > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, last)
		defer cancel()
	}
	areas := []string{"", "999999000101", "999999000102"}
	type planned struct {
		at time.Time
		do func(at time.Time) error
	}
	var plan []planned
	began := time.Now()
	for i := range 12 {
		if err := c.setSeat(i, hotline.SeatIdle, "", began); err != nil {
			return err
		}
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for n := 0; ; n++ {
		now := time.Now()
		if n%5 == 0 {
			at, seat := now, rand.IntN(12)
			e := hotline.CallEvent{ID: fmt.Sprintf("sim-%d-%d", began.UnixMilli(), n), Area: areas[rand.IntN(len(areas))], Skill: "综合受理", Caller: zwfw.NewPhone("100****0000")}
			then := func(after int, state hotline.CallState, busy hotline.SeatState) {
				at = at.Add(time.Duration(after) * 100 * time.Millisecond)
				plan = append(plan, planned{at, func(at time.Time) error {
					e.State, e.At = state, at
					if busy != "" {
						e.SeatNo = fmt.Sprint(seat)
						if err := c.setSeat(seat, busy, e.ID, at); err != nil {
							return err
						}
					}
					return c.Aggregator.Call(e)
				}})
			}
			then(0, hotline.CallIVR, "")
			then(rand.IntN(20), hotline.CallQueueing, "")
			if rand.IntN(10) == 0 {
				then(rand.IntN(100), hotline.CallAbandoned, "")
			} else {
				then(rand.IntN(100), hotline.CallRinging, hotline.SeatRinging)
				then(rand.IntN(30), hotline.CallTalking, hotline.SeatTalking)
				then(50+rand.IntN(200), hotline.CallEnded, hotline.SeatAfterCall)
				plan = append(plan, planned{at.Add(3 * time.Second), func(at time.Time) error { return c.setSeat(seat, hotline.SeatIdle, "", at) }})
			}
		}
		rest := plan[:0]
		for _, p := range plan {
			if p.at.After(now) {
				rest = append(rest, p)
			} else if err := p.do(p.at); err != nil {
				return err
			}
		}
		plan = rest
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *center) setSeat(i int, state hotline.SeatState, call string, at time.Time) error {
	return c.Aggregator.Seat(hotline.Seat{No: fmt.Sprint(i), AgentNo: fmt.Sprintf("a%02d", i), Skill: "综合受理", State: state, Since: at, CallID: call})
}
