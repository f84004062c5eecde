package outbox

import (
	"bytes"
	"container/heap"
	"context"
	"time"
)

const (
	// scanStep bounds the rows one claim looks through, and with them its time.
	scanStep = 2000
	// maxLanes bounds what rests in memory. With so many lanes resting the others wait
	// until some go on.
	maxLanes = 10000
)

// Claim takes messages for delivery and makes the numbers of their attempts durable.
func (f *file) Claim(ctx context.Context, queue string, n int) (Batch, error) {
	var batch Batch // whoever commits writes it: not to be read after an error
	c := &change{vital: true}
	c.unheard = func() { f.GiveUp(batch.Claims...) }
	c.apply = func(w *write) error {
		batch = Batch{}
		if err := w.landGivenUp(); err != nil {
			return err
		}
		q, ok, err := w.find(queue)
		if err != nil || !ok {
			return err
		}
		c := &claimer{write: w, name: queue, q: q, lineup: w.f.lineup(q), n: n}
		more, err := c.collect()
		if err != nil {
			return err
		}
		batch = Batch{Claims: c.claims, Next: c.wait(more)}
		return nil
	}
	if err := f.join(ctx, c); err != nil {
		return Batch{}, err
	}
	return batch, nil
}

// GiveUp takes back claims whose holders could not settle them: their messages come again.
func (f *file) GiveUp(claims ...Claim) {
	f.queued.Lock()
	defer f.queued.Unlock()
	f.givenUp = append(f.givenUp, claims...)
}

// landGivenUp ends the deliveries of claims that were given up.
func (w *write) landGivenUp() error {
	f := w.f
	f.queued.Lock()
	claims := f.givenUp
	f.givenUp = nil
	f.queued.Unlock()
	for _, c := range claims {
		q, ok, err := w.find(c.Queue)
		if err != nil {
			return err
		}
		if ok && c.Epoch == f.generation {
			f.lineup(q).land(laneOf(c.Lane, c.Sequence), flight{c.Sequence, c.Attempt}, w.now, true)
		}
	}
	return nil
}

type claimer struct {
	*write
	*lineup
	name   string
	q      queueNumber
	n      int
	claims []Claim
	ended  int // messages that could not be delivered
}

// busy reports that this transaction has ended as many messages as one may.
func (c *claimer) busy() bool { return c.f.options.limited() && c.ended >= c.f.options.step() }

// collect takes from lanes whose rest is over, then from those that are new. It reports
// whether rows are left that it had no time for.
func (c *claimer) collect() (more bool, err error) {
	for {
		if err := c.resting(); err != nil || c.busy() {
			return true, err
		}
		if more, err = c.scan(); more || err != nil {
			return more, err
		}
		if len(c.claims) == c.n || c.due.Len() == 0 || c.due[0].at > c.now {
			return false, nil
		}
		// A message that scan had to settle left its lane due.
	}
}

// wait says when a lane is due that was not taken.
func (c *claimer) wait(more bool) time.Duration {
	if more {
		return 1
	}
	if c.due.Len() == 0 {
		return 0
	}
	return max(time.Duration(c.due[0].at-c.now)*time.Millisecond, 1)
}

// resting takes from lanes whose rest is over.
func (c *claimer) resting() error {
	for len(c.claims) < c.n && c.due.Len() > 0 && c.due[0].at <= c.now && !c.busy() {
		d := heap.Pop(&c.due).(dueLane)
		seq, ok, err := c.first(d)
		if err != nil {
			return err
		}
		if !ok || ordered(d.lane) && seq >= c.lineup.next {
			delete(c.lanes, d.lane) // nothing is left, or scan will come to it
			continue
		}
		if err := c.take(seq, d.lane); err != nil {
			return err
		}
	}
	return nil
}

// first gives the first pending message of a lane.
func (c *claimer) first(d dueLane) (uint64, bool, error) {
	if !ordered(d.lane) {
		return d.seq, c.rows.Get(seqKey(c.q, d.seq)) != nil, nil
	}
	from := laneKey(c.q, d.lane, 0)
	for {
		k, v := c.inner.Cursor().Seek(from)
		if !bytes.HasPrefix(k, from[:len(from)-8]) || len(k) != len(from) {
			return c.firstRecent(d.lane)
		}
		if _, err := unchecked(k, v); err != nil {
			return 0, false, damage("lane", nil)
		}
		seq := seqOf(k)
		if c.rows.Get(seqKey(c.q, seq)) != nil {
			return seq, true, nil
		}
		if err := c.inner.Delete(bytes.Clone(k)); err != nil { // its record was lost
			return 0, false, err
		}
	}
}

// firstRecent gives the first of a lane's messages that the index does not have.
func (c *claimer) firstRecent(lane Hash) (uint64, bool, error) {
	unindexed, err := c.write.recent(c.q)
	if err != nil || len(unindexed.lanes[lane]) == 0 {
		return 0, false, err
	}
	return unindexed.lanes[lane][0], true, nil
}

// scan goes on through the rows and takes the first message of each lane it does not
// know. It reports whether rows are left that it had no time for.
func (c *claimer) scan() (more bool, err error) {
	state, err := c.state(c.q)
	if err != nil {
		return false, err
	}
	for range scanStep {
		if c.busy() {
			return true, nil
		}
		if len(c.claims) >= c.n || len(c.lanes)-len(c.flying) >= maxLanes || c.lineup.next >= state.next {
			return false, nil
		}
		seq, ok, err := c.rowFrom(c.q, c.lineup.next)
		if err != nil {
			return false, err
		}
		if !ok || seq >= state.next {
			seq, ok = state.next, false
		}
		if err := c.auditGap(state, c.lineup.next, seq); err != nil {
			return false, err
		}
		c.lineup.next = seq
		if !ok {
			return false, nil
		}
		c.lineup.next++
		r, _, err := c.row(c.q, seq)
		if err != nil {
			if err := c.spoil(c.name, c.q, seq, r); err != nil {
				return false, err
			}
			c.ended++
			continue
		}
		lane := laneOf(r.lane, seq)
		if _, known := c.lanes[lane]; known {
			continue
		}
		c.lanes[lane] = struct{}{}
		if err := c.take(seq, lane); err != nil {
			return false, err
		}
	}
	return true, nil
}

// auditGap looks for sequences that are neither pending nor settled: they were lost.
func (c *claimer) auditGap(state *counts, from, to uint64) error {
	for seq := from; seq < to; {
		bits, all, err := c.bits(c.q, seq/bitsPerChunk)
		if err != nil {
			return err
		}
		end := min(to, (seq/bitsPerChunk+1)*bitsPerChunk)
		if all {
			seq = end
			continue
		}
		for ; seq < end; seq++ {
			if i := seq % bitsPerChunk; bits[i/8]&(1<<(i%8)) == 0 {
				if err := c.lose(state, seq); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// lose counts a lost sequence as dead, and reports it together with its neighbours.
func (c *claimer) lose(state *counts, seq uint64) error {
	c.add(state, Stats{Pending: -1, Dead: 1, Missing: 1})
	c.lighten(state, 0)
	if n := len(c.events); n > 0 && c.events[n-1].Kind == EventMissing && c.events[n-1].Queue == c.name && c.events[n-1].Sequence+uint64(c.events[n-1].Count) == seq {
		c.events[n-1].Count++
	} else {
		c.events = append(c.events, Event{Kind: EventMissing, Queue: c.name, Sequence: seq, Count: 1})
	}
	return c.settleBit(c.q, seq)
}

// take claims a message, or settles it when it cannot be delivered; its lane goes on then.
func (c *claimer) take(seq uint64, lane Hash) error {
	r, _, err := c.row(c.q, seq)
	switch {
	case err != nil:
		err = c.spoil(c.name, c.q, seq, r)
	case r.expires != 0 && r.expires <= c.now:
		err = c.expire(c.name, c.q, seq, r)
	default:
		return c.claim(seq, lane, r)
	}
	c.ended++
	if ordered(lane) {
		heap.Push(&c.due, dueLane{c.now, seq, lane})
	} else {
		delete(c.lanes, lane)
	}
	return err
}

func (c *claimer) claim(seq uint64, lane Hash, r storedRow) error {
	a, err := c.attempts(c.q, seq)
	if err != nil {
		return err
	}
	claim := Claim{
		Queue: c.name, Sequence: seq, ID: r.id, Lane: r.lane, Sealed: bytes.Clone(r.sealed),
		Attempt: int(a.attempts) + 1, Charged: int(a.charged), Unsettled: a.unsettled, Class: a.class, Age: time.Duration(c.now-r.born) * time.Millisecond, Epoch: c.f.generation,
	}
	a.attempts++
	a.open, a.unsettled = true, true // until Settle says otherwise
	if err := c.put(c.inner, attemptKey(c.q, seq), a.encode()); err != nil {
		return err
	}
	c.claims = append(c.claims, claim)
	l := c.lineup
	l.flying[lane] = flight{seq, claim.Attempt} // at once: what follows in this transaction must know
	c.undo = append(c.undo, func() { delete(l.flying, lane) })
	return nil
}

// expire settles a message whose time to live has run out.
func (w *write) expire(name string, q queueNumber, seq uint64, r storedRow) error {
	w.events = append(w.events, Event{Kind: EventExpired, Queue: name, Sequence: seq})
	return w.remove(q, seq, r, StateExpired)
}
