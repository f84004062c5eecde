package sandbox

import (
	"time"

	"github.com/zwfw-go/zwfw/hotline"
)

// storm is a scripted dispatcher: it releases sheets evenly over a time.
type storm struct {
	sheet    HotlineSheet
	begin    time.Time
	over     time.Duration
	count    int
	released []hotline.DispatchID
}

// HotlineStorm is a dispatcher at work.
type HotlineStorm struct {
	c *HotlineCentre
	s *storm
}

// Storm lets a dispatcher release count sheets like the given one, evenly over a time
// that begins now, on the platforms' clock: they are there as soon as the clock has come
// to their moment.
func (c *HotlineCentre) Storm(sheet HotlineSheet, count int, over time.Duration) *HotlineStorm {
	s := &storm{sheet: sheet, begin: c.h.p.clock.Now(), over: over, count: count}
	c.h.mu.Lock()
	defer c.h.mu.Unlock()
	c.h.storms = append(c.h.storms, s)
	return &HotlineStorm{c, s}
}

// Released lists what the dispatcher has released by now.
func (s *HotlineStorm) Released() []hotline.DispatchID {
	now := s.c.h.p.clock.Now()
	s.c.h.mu.Lock()
	defer s.c.h.mu.Unlock()
	s.c.h.advance(now)
	return append([]hotline.DispatchID(nil), s.s.released...)
}

// advance lets happen what time brings: scripted dispatches, and archiving.
func (h *hotlineSide) advance(now time.Time) {
	for _, s := range h.storms {
		for len(s.released) < s.count {
			at := s.begin.Add(s.over * time.Duration(len(s.released)) / time.Duration(s.count))
			if at.After(now) {
				break
			}
			s.released = append(s.released, h.dispatch(s.sheet, 1, h.p.citizens[len(s.released)%len(h.p.citizens)], at))
		}
	}
	if h.setup.ArchiveAfter <= 0 {
		return
	}
	for _, d := range h.order {
		if d.state() == hotline.Finished && now.Sub(d.finished) >= h.setup.ArchiveAfter {
			d.touch(d.finished.Add(h.setup.ArchiveAfter), hotline.Archived)
		}
	}
}
