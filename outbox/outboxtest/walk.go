package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/zwfw-go/zwfw/outbox"
)

// Walk takes random steps with an engine and with a model of it and compares them after
// each. choose(n) gives a number from 0 to n-1: it decides everything, so that a property
// test can shrink a walk that fails.
func Walk(t T, s Store, choose func(n int) int, steps int) {
	t.Helper()
	w := &walk{desk: sit(t, s), choose: choose, marks: make(map[string]string)}
	all := []func(){w.put, w.put, w.put, w.claim, w.claim, w.settle, w.settle, w.advance, w.replay, w.discard, w.purge, w.restart}
	for range steps {
		all[choose(len(all))]()
		w.compare()
	}
	w.drain()
	w.leave()
}

// note is a message of the model.
type note struct {
	queue, key, lane, subject string

	seq       uint64
	state     outbox.State
	gone      bool // discarded or purged
	forgotten bool // its key may be used again
	expires   time.Duration
	ttl       time.Duration
	due       time.Duration
	settled   time.Duration
	claim     *outbox.Claim // being delivered
	attempts  int
	charged   int
	unsettled bool
}

type walk struct {
	*desk
	choose   func(int) int
	now      time.Duration
	notes    []*note
	marks    map[string]string
	refusals map[string]outbox.Stats // what the model cannot derive from notes: refused, by queue
}

const walkRoom = 12

var walkQueues = []string{"keep", "drop"} // the second drops its oldest when full

func (w *walk) find(match func(*note) bool) (found []*note) {
	for _, n := range w.notes {
		if match(n) {
			found = append(found, n)
		}
	}
	return found
}

func (n *note) pending() bool { return n.state == outbox.StatePending && !n.gone }

// letter reports whether a message is a dead letter.
func (n *note) letter() bool { return n.state == outbox.StateDead && !n.gone }

// put stores one to three messages, some with a key that is known, and a mark.
func (w *walk) put() {
	w.sweep()
	queue := walkQueues[w.choose(2)]
	p := outbox.Put{MaxCount: walkRoom}
	var fresh []*note
	var want []outbox.Placed
	next := uint64(1 + len(w.find(func(n *note) bool { return n.queue == queue })))
	for range 1 + w.choose(3) {
		n := &note{queue: queue, key: fmt.Sprint("k", w.choose(30)), lane: []string{"", "x", "y", "z"}[w.choose(4)], subject: []string{"", "p", "r"}[w.choose(3)]}
		n.ttl = []time.Duration{0, 0, 30 * time.Minute, 2 * time.Hour}[w.choose(4)]
		r := row(queue, n.key, n.lane)
		r.Subject, r.TTL, r.DropOldest = hashOf(n.subject), n.ttl, queue == "drop"
		p.Rows = append(p.Rows, r)
		same := func(o *note) bool { return o.queue == queue && o.key == n.key && !o.forgotten }
		if known := w.find(same); len(known) > 0 {
			want = append(want, outbox.Placed{Sequence: known[0].seq, Duplicate: true, State: known[0].state})
		} else if i := slices.IndexFunc(fresh, same); i >= 0 {
			want = append(want, outbox.Placed{Sequence: fresh[i].seq, Duplicate: true})
		} else {
			n.seq = next
			next++
			fresh = append(fresh, n)
			want = append(want, outbox.Placed{Sequence: n.seq})
		}
	}
	mark := fmt.Sprint("at ", len(w.notes))
	p.Marks = map[string][]byte{"m": []byte(mark)}
	placed, err := w.engine.Put(w.ctx, p)
	if !w.makeRoom(queue, len(fresh)) {
		if !errors.Is(err, outbox.ErrFull) {
			w.Fatalf("put: want ErrFull, got %v", err)
		}
		w.refused(queue, len(fresh), len(fresh))
		return
	}
	w.must(err)
	w.want("placed", want, placed)
	w.marks["m"] = mark
	for _, n := range fresh {
		n.born(w.now)
	}
	w.notes = append(w.notes, fresh...)
	w.refused(queue, len(fresh), 0)
}

func (n *note) born(now time.Duration) {
	if n.expires = 0; n.ttl > 0 {
		n.expires = now + n.ttl
	}
}

// makeRoom drops as the queue allows, and nothing in vain.
func (w *walk) makeRoom(queue string, count int) bool {
	over := len(w.find(func(n *note) bool { return n.pending() || n.letter() })) + count - walkRoom
	if count == 0 || over <= 0 {
		return true
	}
	oldest := w.find(func(n *note) bool { return n.queue == queue && n.pending() && n.claim == nil })
	if queue != "drop" || len(oldest) < over {
		return false
	}
	sort.Slice(oldest, func(i, j int) bool { return oldest[i].seq < oldest[j].seq })
	for _, n := range oldest[:over] {
		n.end(outbox.StateDropped, w.now)
		w.refused(queue, 0, 1)
	}
	return true
}

func (n *note) end(s outbox.State, now time.Duration) { n.state, n.settled, n.claim = s, now, nil }

// refused counts what the notes do not tell.
func (w *walk) refused(queue string, enqueued, refused int) {
	if w.refusals == nil {
		w.refusals = make(map[string]outbox.Stats)
	}
	s := w.refusals[queue]
	s.Enqueued += int64(enqueued)
	s.Refused += int64(refused)
	w.refusals[queue] = s
}

// heads are the messages that may be claimed now.
func (w *walk) heads(queue string) map[uint64]*note {
	heads := make(map[uint64]*note)
	first := make(map[string]*note)
	for _, n := range w.find(func(n *note) bool { return n.queue == queue && n.pending() }) {
		if n.lane == "" {
			if n.claim == nil && n.due <= w.now {
				heads[n.seq] = n
			}
			continue
		}
		if f := first[n.lane]; f == nil || n.seq < f.seq {
			first[n.lane] = n
		}
	}
	for lane, n := range first {
		busy := w.find(func(o *note) bool {
			return o.queue == queue && o.lane == lane && (o.claim != nil || o.due > w.now)
		})
		if len(busy) == 0 {
			heads[n.seq] = n
		}
	}
	return heads
}

func (w *walk) claim() {
	w.sweep()
	queue, n := walkQueues[w.choose(2)], 1+w.choose(4)
	heads := w.heads(queue)
	claims := w.desk.claim(queue, n)
	w.want("claims of "+queue, min(n, len(heads)), len(claims))
	for _, c := range claims {
		head, ok := heads[c.Sequence]
		if !ok {
			w.Fatalf("claimed %s %d, which is not the first of its lane, rests or is being delivered", queue, c.Sequence)
		}
		delete(heads, c.Sequence)
		head.attempts++
		w.want("sealed", sealedAs(queue, head.key, head.seq), string(c.Sealed))
		w.want("attempt", head.attempts, c.Attempt)
		w.want("charged", head.charged, c.Charged)
		w.want("unsettled", head.unsettled, c.Unsettled)
		head.claim, head.unsettled = &c, true
	}
}

func (w *walk) settle() {
	flying := w.find(func(n *note) bool { return n.claim != nil })
	if len(flying) == 0 {
		return
	}
	n := flying[w.choose(len(flying))]
	s := outbox.Settlement{Claim: *n.claim}
	n.claim = nil
	switch w.choose(4) {
	case 0, 1:
		s.State = outbox.StateDelivered
	case 2:
		s.State, s.Class, s.Unsettled = outbox.StateDead, outbox.Class{Reason: "handler", Kind: "Conflict"}, w.choose(2) == 1
	case 3:
		s.After, s.Charge, s.Unsettled = time.Duration(w.choose(3))*10*time.Minute, w.choose(2) == 1, w.choose(2) == 1
	}
	w.desk.settle(s)
	if n.gone {
		return // purged meanwhile
	}
	n.unsettled = s.Unsettled
	if s.State != outbox.StatePending {
		n.end(s.State, w.now)
		return
	}
	if n.due = w.now + s.After; s.Charge {
		n.charged++
	}
}

func (w *walk) advance() {
	d := time.Duration(1+w.choose(4)) * 15 * time.Minute
	w.store.Advance(d)
	w.now += d
}

// sweep brings engine and model to the same time.
func (w *walk) sweep() {
	w.must(w.engine.Sweep(w.ctx))
	for _, n := range w.notes {
		if n.pending() && n.claim == nil && n.expires > 0 && n.expires <= w.now {
			n.end(outbox.StateExpired, w.now)
		}
		if !n.pending() && !n.letter() && n.settled+w.store.KeepKeys <= w.now {
			n.forgotten = true
		}
	}
}

// some picks messages of a queue by their sequence, among them one that is none.
func (w *walk) some(queue string) (picked []uint64) {
	for _, n := range w.find(func(n *note) bool { return n.queue == queue }) {
		if w.choose(2) == 0 {
			picked = append(picked, n.seq)
		}
	}
	return append(picked, 9999)
}

func (w *walk) pick(change func(ctx context.Context, queue string, sequences []uint64) (int, error), then func(*note)) {
	queue := walkQueues[w.choose(2)]
	picked := w.some(queue)
	letters := w.find(func(n *note) bool { return n.queue == queue && n.letter() && slices.Contains(picked, n.seq) })
	done, err := change(w.ctx, queue, picked)
	w.must(err)
	w.want("letters changed", len(letters), done)
	for _, n := range letters {
		then(n)
	}
}

func (w *walk) replay() {
	w.pick(w.engine.Replay, func(n *note) {
		n.state, n.charged = outbox.StatePending, 0
		n.born(w.now)
	})
}

func (w *walk) discard() {
	w.pick(w.engine.Discard, func(n *note) { n.gone, n.settled = true, w.now })
}

func (w *walk) purge() {
	subject := []string{"p", "r"}[w.choose(2)]
	kept := w.find(func(n *note) bool { return n.subject == subject && (n.pending() || n.letter()) })
	done, err := w.engine.Purge(w.ctx, hashOf(subject))
	w.must(err)
	w.want("purged", len(kept), done)
	for _, n := range kept {
		n.state, n.gone, n.settled = outbox.StateDead, true, w.now
	}
}

func (w *walk) restart() {
	w.reopen()
	w.now += time.Hour
	for _, n := range w.notes {
		n.claim, n.due = nil, 0
	}
	w.sweep()
}

// compare compares the counts and the mark.
func (w *walk) compare() {
	w.Helper()
	w.sweep()
	for _, queue := range walkQueues {
		want := w.refusals[queue]
		for _, n := range w.find(func(n *note) bool { return n.queue == queue }) {
			switch {
			case n.state == outbox.StatePending:
				want.Pending++
				want.Bytes += int64(len(sealedAs(queue, n.key, n.seq)))
			case n.state == outbox.StateDelivered:
				want.Delivered++
			case n.state == outbox.StateExpired:
				want.Expired++
			case n.state == outbox.StateDropped:
				want.Dropped++
			case n.gone:
				want.Dead, want.Discarded = want.Dead+1, want.Discarded+1
			default:
				want.Dead, want.Letters = want.Dead+1, want.Letters+1
				want.Bytes += int64(len(sealedAs(queue, n.key, n.seq)))
			}
		}
		w.want("counts of "+queue, want, w.stats(queue))
	}
	mark, err := w.engine.Mark(w.ctx, "m")
	w.must(err)
	w.want("mark", w.marks["m"], string(mark))
}

// drain delivers what is left: nothing may be stuck.
func (w *walk) drain() {
	w.restart()
	for _, queue := range walkQueues {
		for len(w.find(func(n *note) bool { return n.queue == queue && n.pending() })) > 0 {
			claims := w.desk.claim(queue, 5)
			if len(claims) == 0 {
				w.Fatalf("%s: pending messages are never claimed", queue)
			}
			for _, c := range claims {
				w.delivered(c)
				for _, n := range w.find(func(n *note) bool { return n.queue == queue && n.seq == c.Sequence }) {
					n.end(outbox.StateDelivered, w.now)
				}
			}
		}
	}
	w.compare()
}
