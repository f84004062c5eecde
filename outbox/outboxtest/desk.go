package outboxtest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/zwfw-go/zwfw/outbox"
)

// desk drives one engine and fails the test on errors that a check does not expect.
type desk struct {
	T
	store  Store
	engine outbox.Engine
	ctx    context.Context
}

func sit(t T, s Store) *desk {
	t.Helper()
	d := &desk{T: t, store: s, ctx: context.Background()}
	d.open()
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatalf("unexpected error: %v", err)
	}
}

func (d *desk) want(what string, want, got any) {
	d.Helper()
	if fmt.Sprint(want) != fmt.Sprint(got) {
		d.Fatalf("%s: want %v, got %v", what, want, got)
	}
}

func (d *desk) open() {
	d.Helper()
	engine, err := d.store.Open()
	d.must(err)
	d.engine = engine
}

// reopen ends the engine with all claims open; afterwards no lane rests and no lease runs.
func (d *desk) reopen() {
	d.Helper()
	d.must(d.engine.Close())
	d.open()
	d.store.Advance(time.Hour)
}

func (d *desk) leave() { d.Helper(); d.must(d.engine.Close()) }

// hashOf makes a hash of a name, the zero one of none.
func hashOf(name string) outbox.Hash {
	if name == "" {
		return outbox.Hash{}
	}
	sum := sha256.Sum256([]byte(name))
	return outbox.Hash(sum[:16])
}

// sealedAs is what stands for a sealed message.
func sealedAs(queue, key string, seq uint64) string { return fmt.Sprintf("%s/%s/%d", queue, key, seq) }

func row(queue, key, lane string) outbox.Row {
	return outbox.Row{
		Queue: queue, ID: hashOf(queue + "/" + key), Lane: hashOf(lane), Size: 20,
		Seal: func(seq uint64) ([]byte, error) { return []byte(sealedAs(queue, key, seq)), nil },
	}
}

// put stores rows without limits.
func (d *desk) put(rows ...outbox.Row) []outbox.Placed {
	d.Helper()
	placed, err := d.engine.Put(d.ctx, outbox.Put{Rows: rows})
	d.must(err)
	return placed
}

func (d *desk) claim(queue string, n int) []outbox.Claim {
	d.Helper()
	batch, err := d.engine.Claim(d.ctx, queue, n)
	d.must(err)
	return batch.Claims
}

// sealed lists what was claimed.
func (d *desk) sealed(queue string, n int) []string {
	d.Helper()
	var all []string
	for _, c := range d.claim(queue, n) {
		all = append(all, string(c.Sealed))
	}
	return all
}

func (d *desk) settle(s outbox.Settlement) { d.Helper(); d.must(d.engine.Settle(d.ctx, s)) }

func (d *desk) delivered(c outbox.Claim) {
	d.Helper()
	d.settle(outbox.Settlement{Claim: c, State: outbox.StateDelivered})
}

func (d *desk) died(c outbox.Claim) {
	d.Helper()
	d.settle(outbox.Settlement{Claim: c, State: outbox.StateDead, Class: outbox.Class{Reason: "handler", Kind: "BadRequest", Code: "E1"}})
}

// stats gives the counts of a queue, which must add up.
func (d *desk) stats(queue string) outbox.Stats {
	d.Helper()
	all, err := d.engine.Stats(d.ctx)
	d.must(err)
	for name, s := range all {
		if s.Enqueued != s.Delivered+s.Dead+s.Expired+s.Refused+s.Pending {
			d.Fatalf("%s: counts do not add up: %+v", name, s)
		}
	}
	return all[queue]
}
