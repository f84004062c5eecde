package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw/outbox"
)

// Cases lists the promises.
func Cases() []Case {
	return []Case{
		{"a stored message survives a restart", survives},
		{"a known ID is not stored again", idempotent},
		{"an ID is forgotten in time, that of a dead letter never", forgets},
		{"a lane is delivered one by one in its order", ordered},
		{"lanes are independent", parallel},
		{"an attempt that fails lets its lane rest", rests},
		{"an attempt that was not settled is counted", counted},
		{"a settlement that is repeated changes nothing", repeated},
		{"a late settlement of an earlier attempt changes nothing", late},
		{"a time to live that has run out ends a message", expires},
		{"a full store refuses as a whole", refuses},
		{"a full store drops the oldest of the queue", drops},
		{"a full store drops nothing in vain", vain},
		{"dead letters are listed, replayed and discarded", letters},
		{"a replayed message is older than one whose delivery never ended", replayedOlder},
		{"a subject is purged everywhere", purges},
		{"marks change together with messages", marks},
		{"the header is set by compare and swap", header},
		{"a cancelled call stores nothing", cancelled},
		{"callers together store each message once", together},
		{"what is being delivered is neither dropped nor given twice, however many call", crowd},
	}
}

func survives(t T, s Store) {
	d := sit(t, s)
	d.want("sequence", 1, d.put(row("q", "a", ""))[0].Sequence)
	d.reopen()
	d.want("sequence", 2, d.put(row("q", "b", ""))[0].Sequence)
	d.want("claimed", []string{"q/a/1", "q/b/2"}, d.sealed("q", 9))
	d.want("pending", 2, d.stats("q").Pending)
	d.leave()
}

func idempotent(t T, s Store) {
	d := sit(t, s)
	d.put(row("q", "a", ""))
	again := outbox.Placed{Sequence: 1, Duplicate: true}
	d.want("while pending", again, d.put(row("q", "a", ""))[0])
	d.reopen()
	d.want("after a restart", again, d.put(row("q", "a", ""))[0])
	d.delivered(d.claim("q", 1)[0])
	again.State = outbox.StateDelivered
	d.want("when delivered", again, d.put(row("q", "a", ""))[0])
	d.want("of another queue", outbox.Placed{Sequence: 1}, d.put(row("other", "a", ""))[0])
	placed := d.put(row("q", "b", ""), row("q", "b", ""))
	d.want("twice in one call", []outbox.Placed{{Sequence: 2}, {Sequence: 2, Duplicate: true}}, placed)
	d.want("enqueued", 2, d.stats("q").Enqueued)
	d.leave()
}

func forgets(t T, s Store) {
	d := sit(t, s)
	d.put(row("q", "a", ""), row("q", "b", ""))
	claims := d.claim("q", 2)
	d.delivered(claims[0])
	d.died(claims[1])
	for passed := time.Duration(0); passed < s.KeepKeys; passed += time.Hour {
		d.want("duplicate", true, d.put(row("q", "a", ""))[0].Duplicate)
		s.Advance(time.Hour)
		d.must(d.engine.Sweep(d.ctx))
	}
	d.want("forgotten", outbox.Placed{Sequence: 3}, d.put(row("q", "a", ""))[0])
	d.want("dead letter", outbox.Placed{Sequence: 2, Duplicate: true, State: outbox.StateDead}, d.put(row("q", "b", ""))[0])
	d.leave()
}

func ordered(t T, s Store) {
	d := sit(t, s)
	for i := range 5 {
		d.put(row("q", fmt.Sprint(i), "lane"))
	}
	for i := range 5 {
		if i == 2 {
			d.reopen()
		}
		claims := d.claim("q", 9)
		d.want("claims at once", 1, len(claims))
		d.want("sequence", i+1, claims[0].Sequence)
		d.want("while it is claimed", 0, len(d.claim("q", 9)))
		d.delivered(claims[0])
	}
	d.want("delivered", 5, d.stats("q").Delivered)
	d.leave()
}

func parallel(t T, s Store) {
	d := sit(t, s)
	for i := range 6 {
		d.put(row("q", fmt.Sprint(i), fmt.Sprint("lane", i%3)))
	}
	d.want("first of each", []string{"q/0/1", "q/1/2", "q/2/3"}, d.sealed("q", 9))
	d.put(row("q", "6", "lane3"), row("q", "7", "lane0"), row("q", "8", ""))
	d.want("new lane and no lane", []string{"q/6/7", "q/8/9"}, d.sealed("q", 9))
	d.want("unknown queue", 0, len(d.claim("nothing", 9)))
	d.leave()
}

func rests(t T, s Store) {
	d := sit(t, s)
	d.put(row("q", "a", "lane"), row("q", "b", "lane"), row("q", "c", ""))
	claims := d.claim("q", 9)
	class := outbox.Class{Reason: "handler", Kind: "Conflict", Code: "E2"}
	for _, c := range claims {
		d.settle(outbox.Settlement{Claim: c, State: outbox.StatePending, After: time.Minute, Charge: true, Class: class})
	}
	batch, err := d.engine.Claim(d.ctx, "q", 9)
	d.must(err)
	d.want("while they rest", 0, len(batch.Claims))
	if batch.Next <= 0 || batch.Next > time.Minute {
		d.Fatalf("Next: want up to a minute, got %v", batch.Next)
	}
	s.Advance(time.Minute)
	claims = d.claim("q", 9)
	d.want("rested", 2, len(claims))
	for _, c := range claims {
		d.want("attempt", 2, c.Attempt)
		d.want("charged", 1, c.Charged)
		d.want("unsettled", false, c.Unsettled)
		d.want("class", class, c.Class)
	}
	d.settle(outbox.Settlement{Claim: claims[0], State: outbox.StatePending, Unsettled: true})
	claims = d.claim("q", 9)
	d.want("at once", 1, len(claims))
	d.want("attempt", 3, claims[0].Attempt)
	d.want("charged", 1, claims[0].Charged)
	d.want("unsettled", true, claims[0].Unsettled)
	d.leave()
}

func counted(t T, s Store) {
	d := sit(t, s)
	d.put(row("q", "a", "lane"))
	d.want("unsettled at first", false, d.claim("q", 1)[0].Unsettled)
	d.reopen()
	c := d.claim("q", 1)[0]
	d.want("attempt", 2, c.Attempt)
	d.want("unsettled", true, c.Unsettled)
	d.delivered(c)
	d.want("pending", 0, d.stats("q").Pending)
	d.leave()
}

func repeated(t T, s Store) {
	d := sit(t, s)
	d.put(row("q", "a", "lane"), row("q", "b", "lane"))
	again := outbox.Settlement{Claim: d.claim("q", 1)[0], State: outbox.StatePending, Charge: true}
	d.settle(again)
	d.settle(again)
	c := d.claim("q", 9)
	d.want("claims", 1, len(c))
	d.want("charged", 1, c[0].Charged)
	d.delivered(c[0])
	d.delivered(c[0])
	d.died(c[0])
	d.want("counts", [3]int64{1, 0, 1}, [3]int64{d.stats("q").Delivered, d.stats("q").Dead, d.stats("q").Pending})
	d.leave()
}

func late(t T, s Store) {
	d := sit(t, s)
	d.put(row("q", "a", "lane"), row("q", "b", "lane"))
	first := outbox.Settlement{Claim: d.claim("q", 1)[0], State: outbox.StatePending, Charge: true}
	d.settle(first)
	second := d.claim("q", 9)[0]
	d.want("attempt", 2, second.Attempt)
	for _, state := range []outbox.State{outbox.StatePending, outbox.StateDelivered, outbox.StateDead} {
		first.State = state
		if err := d.engine.Settle(d.ctx, first); !errors.Is(err, outbox.ErrClaimLost) {
			d.Fatalf("want ErrClaimLost, got %v", err)
		}
		d.want("while the second is under way", 0, len(d.claim("q", 9)))
	}
	d.settle(outbox.Settlement{Claim: second, State: outbox.StatePending, Charge: true, Unsettled: true})
	third := d.claim("q", 9)
	d.want("claims", 1, len(third))
	d.want("attempt", 3, third[0].Attempt)
	d.want("charged", 2, third[0].Charged)
	d.want("unsettled", true, third[0].Unsettled)
	d.delivered(third[0])
	d.want("counts", [3]int64{1, 0, 1}, [3]int64{d.stats("q").Delivered, d.stats("q").Dead, d.stats("q").Pending})
	d.leave()
}

func expires(t T, s Store) {
	d := sit(t, s)
	short, late := row("q", "a", "lane"), row("q", "b", "")
	short.TTL, late.TTL = 10*time.Minute, 10*time.Minute
	d.put(short, late, row("q", "c", "lane"))
	d.reopen() // an hour later
	d.want("claimed", []string{"q/c/3"}, d.sealed("q", 9))
	d.must(d.engine.Sweep(d.ctx))
	d.want("expired", 2, d.stats("q").Expired)
	d.want("known", outbox.StateExpired, d.put(row("q", "a", ""))[0].State)

	held := row("q", "d", "")
	held.TTL = 10 * time.Minute
	d.put(held)
	c := d.claim("q", 1)[0]
	s.Advance(time.Hour)
	d.must(d.engine.Sweep(d.ctx))
	d.want("what is being delivered does not expire", 2, d.stats("q").Expired)
	d.delivered(c)
	d.leave()
}

func refuses(t T, s Store) {
	d := sit(t, s)
	limit := func(rows ...outbox.Row) outbox.Put { return outbox.Put{Rows: rows, MaxCount: 3, MaxBytes: 100} }
	put := func(rows ...outbox.Row) error { _, err := d.engine.Put(d.ctx, limit(rows...)); return err }
	d.must(put(row("q", "a", ""), row("q", "b", "")))
	if err := put(row("q", "c", ""), row("q", "d", "")); !errors.Is(err, outbox.ErrFull) {
		d.Fatalf("want ErrFull, got %v", err)
	}
	d.want("pending", 2, d.stats("q").Pending)
	d.want("refused", 2, d.stats("q").Refused)
	d.must(put(row("q", "a", ""))) // known: needs no room
	large := row("q", "e", "")
	large.Size = 99
	if err := put(large); !errors.Is(err, outbox.ErrFull) {
		d.Fatalf("bytes: want ErrFull, got %v", err)
	}
	d.delivered(d.claim("q", 1)[0])
	d.must(put(row("q", "c", ""), row("q", "d", "")))
	d.died(d.claim("q", 1)[0])
	if err := put(row("q", "f", "")); !errors.Is(err, outbox.ErrFull) {
		d.Fatalf("dead letters take room: want ErrFull, got %v", err)
	}
	d.leave()
}

func drops(t T, s Store) {
	d := sit(t, s)
	put := func(key string) error {
		r := row("beat", key, "")
		r.DropOldest = true
		_, err := d.engine.Put(d.ctx, outbox.Put{Rows: []outbox.Row{r}, MaxCount: 4})
		return err
	}
	d.put(row("ticket", "t", ""))
	for i := range 3 {
		d.must(put(fmt.Sprint(i)))
	}
	held := d.claim("beat", 1)[0] // beat 0
	d.must(put("3"))              // drops 1
	d.must(put("4"))              // drops 2
	d.want("dropped", 2, d.stats("beat").Dropped)
	d.want("refused", 2, d.stats("beat").Refused)
	d.want("of another queue", 1, d.stats("ticket").Pending)
	d.delivered(held)
	d.want("left", []string{"beat/3/4", "beat/4/5"}, d.sealed("beat", 9))
	d.must(put("5"))
	if err := put("6"); err == nil { // 3 and 4 are being delivered, 5 can go
		d.want("dropped", 3, d.stats("beat").Dropped)
	} else {
		d.must(err)
	}
	d.leave()
}

func vain(t T, s Store) {
	d := sit(t, s)
	put := func(size int, keys ...string) error {
		p := outbox.Put{MaxBytes: 100}
		for _, key := range keys {
			r := row("beat", key, "")
			r.DropOldest = true
			r.Size = max(size, r.Size)
			p.Rows = append(p.Rows, r)
		}
		_, err := d.engine.Put(d.ctx, p)
		return err
	}
	d.must(put(0, "0", "1", "2"))
	d.claim("beat", 1)
	for _, size := range []int{101, 95} { // more than all, and more than what may be dropped
		if err := put(size, "x"); !errors.Is(err, outbox.ErrFull) {
			d.Fatalf("%d bytes: want ErrFull, got %v", size, err)
		}
	}
	d.want("pending", 3, d.stats("beat").Pending)
	d.want("dropped", 0, d.stats("beat").Dropped)
	d.want("refused", 2, d.stats("beat").Refused)
	d.must(put(91, "y"))
	d.want("dropped", 2, d.stats("beat").Dropped)
	d.leave()
}

func letters(t T, s Store) {
	d := sit(t, s)
	for i := range 4 {
		d.put(row("q", fmt.Sprint(i), "lane"))
	}
	for range 3 {
		d.died(d.claim("q", 1)[0])
	}
	d.reopen()
	dead, err := d.engine.Dead(d.ctx, "q", 1, 9)
	d.must(err)
	d.want("after the first", 2, len(dead))
	d.want("letter", "q/1/2", string(dead[0].Sealed))
	d.want("class", outbox.Class{Reason: "handler", Kind: "BadRequest", Code: "E1"}, dead[0].Class)
	d.want("attempts", 1, dead[0].Attempts)
	n, err := d.engine.Replay(d.ctx, "q", []uint64{2, 77})
	d.must(err)
	d.want("replayed", 1, n)
	c := d.claim("q", 1)[0]
	d.want("in its old place", 2, c.Sequence)
	d.want("attempt", 2, c.Attempt)
	d.want("charged", 0, c.Charged)
	d.want("unsettled: it died of a certain refusal", false, c.Unsettled)
	d.delivered(c)
	d.want("then the rest", []string{"q/3/4"}, d.sealed("q", 9))
	n, err = d.engine.Discard(d.ctx, "q", []uint64{1, 2, 3})
	d.must(err)
	d.want("discarded", 2, n)
	d.want("counts", outbox.Stats{Enqueued: 4, Delivered: 1, Dead: 2, Discarded: 2, Pending: 1, Bytes: int64(len("q/3/4"))}, d.stats("q"))
	d.leave()
}

func replayedOlder(t T, s Store) {
	d := sit(t, s)
	d.put(row("q", "a", "lane"), row("q", "b", "lane"))
	d.died(d.claim("q", 1)[0])
	d.want("being delivered", []string{"q/b/2"}, d.sealed("q", 9))
	n, err := d.engine.Replay(d.ctx, "q", []uint64{1})
	d.must(err)
	d.want("replayed", 1, n)
	d.want("while the other is being delivered", []string(nil), d.sealed("q", 9))
	d.reopen()
	c := d.claim("q", 9)
	d.want("claimed", 1, len(c))
	d.want("the older", "q/a/1", string(c[0].Sealed))
	d.delivered(c[0])
	d.want("then the other", []string{"q/b/2"}, d.sealed("q", 9))
	d.leave()
}

func purges(t T, s Store) {
	d := sit(t, s)
	of := func(queue, key, lane, subject string) outbox.Row {
		r := row(queue, key, lane)
		r.Subject = hashOf(subject)
		return r
	}
	d.put(of("q", "a", "lane", "p1"), of("q", "b", "lane", "p2"), of("q", "c", "lane", "p1"), of("other", "d", "", "p1"), of("q", "e", "", "p1"))
	d.died(d.claim("q", 1)[0])
	d.reopen()
	n, err := d.engine.Purge(d.ctx, hashOf("p1"))
	d.must(err)
	d.want("purged", 4, n)
	d.want("left", []string{"q/b/2"}, d.sealed("q", 9))
	d.want("of the other queue", 0, len(d.claim("other", 9)))
	d.want("dead and discarded", [3]int64{3, 3, 0}, [3]int64{d.stats("q").Dead, d.stats("q").Discarded, d.stats("q").Letters})
	n, err = d.engine.Purge(d.ctx, hashOf("p1"))
	d.must(err)
	d.want("again", 0, n)

	d.put(of("q", "f", "x", "p3"), of("q", "g", "x", "p4"))
	c := d.claim("q", 9)
	n, err = d.engine.Purge(d.ctx, hashOf("p3"))
	d.must(err)
	d.want("being delivered", 1, n)
	d.settle(outbox.Settlement{Claim: c[0], State: outbox.StatePending})
	d.want("the lane goes on", []string{"q/g/6"}, d.sealed("q", 9))
	d.leave()
}

func marks(t T, s Store) {
	d := sit(t, s)
	put := func(max int64, key, mark string) error {
		_, err := d.engine.Put(d.ctx, outbox.Put{Rows: []outbox.Row{row("q", key, "")}, Marks: map[string][]byte{"cursor": []byte(mark)}, MaxCount: max})
		return err
	}
	read := func() string { v, err := d.engine.Mark(d.ctx, "cursor"); d.must(err); return string(v) }
	d.want("before", "", read())
	d.must(put(1, "a", "first"))
	if err := put(1, "b", "second"); !errors.Is(err, outbox.ErrFull) {
		d.Fatalf("want ErrFull, got %v", err)
	}
	d.want("unchanged", "first", read())
	d.must(put(2, "b", "second"))
	d.reopen()
	d.want("changed", "second", read())
	d.leave()
}

func header(t T, s Store) {
	d := sit(t, s)
	h, err := d.engine.Header(d.ctx)
	d.must(err)
	d.want("at first", "", string(h))
	for _, c := range []struct {
		old, next string
		want      bool
	}{{"x", "one", false}, {"", "one", true}, {"", "two", false}, {"one", "two", true}} {
		done, err := d.engine.SetHeader(d.ctx, []byte(c.old), []byte(c.next))
		d.must(err)
		d.want(c.old+" to "+c.next, c.want, done)
	}
	d.reopen()
	h, err = d.engine.Header(d.ctx)
	d.must(err)
	d.want("kept", "two", string(h))
	d.leave()
}

func cancelled(t T, s Store) {
	d := sit(t, s)
	ctx, cancel := context.WithCancel(d.ctx)
	cancel()
	if _, err := d.engine.Put(ctx, outbox.Put{Rows: []outbox.Row{row("q", "a", "")}}); !errors.Is(err, context.Canceled) || errors.Is(err, outbox.ErrUncertain) {
		d.Fatalf("want a certain context.Canceled, got %v", err)
	}
	d.want("enqueued", 0, d.stats("q").Enqueued)
	d.leave()
}

func together(t T, s Store) {
	d := sit(t, s)
	const callers, each = 8, 20
	failed := make(chan error, callers)
	for c := range callers {
		go func() {
			var first error
			for i := range each {
				if _, err := d.engine.Put(d.ctx, outbox.Put{Rows: []outbox.Row{row("q", fmt.Sprint(i, c%4), fmt.Sprint(i%5))}}); err != nil {
					first = err
				}
			}
			failed <- first
		}()
	}
	for range callers {
		d.must(<-failed)
	}
	d.want("each once", callers*each/2, d.stats("q").Pending)
	seen := make(map[string]bool)
	for len(seen) < callers*each/2 {
		claims := d.claim("q", 9)
		if len(claims) == 0 {
			d.Fatalf("claimed %d of %d", len(seen), callers*each/2)
		}
		for _, c := range claims {
			if seen[string(c.Sealed)] {
				d.Fatalf("claimed twice: %s", c.Sealed)
			}
			seen[string(c.Sealed)] = true
			d.delivered(c)
		}
	}
	d.leave()
}
