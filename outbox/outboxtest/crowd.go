package outboxtest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/zwfw-go/zwfw/outbox"
)

// counter is what several callers saw together.
type counter struct {
	mu        sync.Mutex
	busy      map[outbox.Hash]bool // lanes with a claim
	given     map[string]bool      // sealed messages that were delivered
	delivered int64
	refused   int64
	first     error
}

func (c *counter) fail(format string, a ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		c.first = fmt.Errorf(format, a...)
	}
}

// crowd stores in a full store that drops its oldest while others claim and settle.
func crowd(t T, s Store) {
	d := sit(t, s)
	const writers, each, workers = 3, 30, 2
	c := &counter{busy: make(map[outbox.Hash]bool), given: make(map[string]bool)}
	stored := make(chan struct{}, writers*each)
	var writing, working sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				c.store(d.engine, row("beat", fmt.Sprint(w, "-", i), fmt.Sprint("lane", i%3)))
				stored <- struct{}{}
			}
		})
	}
	for range workers {
		working.Go(func() {
			for range stored {
				for c.deliver(d.engine, 2) {
				}
			}
		})
	}
	writing.Wait()
	close(stored)
	working.Wait()
	for c.deliver(d.engine, 9) {
	}
	d.must(c.first)
	got := d.stats("beat")
	d.want("pending", 0, got.Pending)
	d.want("delivered", c.delivered, got.Delivered)
	d.want("dropped or refused", writers*each-c.delivered, got.Refused)
	d.want("refused", c.refused, got.Refused-got.Dropped)
	d.leave()
}

func (c *counter) store(e outbox.Engine, r outbox.Row) {
	r.DropOldest = true
	_, err := e.Put(context.Background(), outbox.Put{Rows: []outbox.Row{r}, MaxCount: 5})
	switch {
	case errors.Is(err, outbox.ErrFull):
		c.mu.Lock()
		c.refused++
		c.mu.Unlock()
	case err != nil:
		c.fail("put: %w", err)
	}
}

// deliver claims and settles, and reports whether there was anything to claim. A third of
// the first attempts fail.
func (c *counter) deliver(e outbox.Engine, n int) bool {
	batch, err := e.Claim(context.Background(), "beat", n)
	if err != nil {
		c.fail("claim: %w", err)
	}
	for _, claim := range batch.Claims {
		c.mu.Lock()
		twice := c.busy[claim.Lane] || c.given[string(claim.Sealed)]
		c.busy[claim.Lane] = true
		c.mu.Unlock()
		if twice {
			c.fail("claimed while its lane was busy, or again: %s", claim.Sealed)
		}
	}
	for _, claim := range batch.Claims {
		settlement := outbox.Settlement{Claim: claim, State: outbox.StateDelivered}
		if claim.Sequence%3 == 0 && claim.Attempt == 1 {
			settlement.State = outbox.StatePending
		}
		c.mu.Lock()
		c.busy[claim.Lane] = false
		if settlement.State == outbox.StateDelivered {
			c.given[string(claim.Sealed)] = true
			c.delivered++
		}
		c.mu.Unlock()
		if err := e.Settle(context.Background(), settlement); err != nil {
			c.fail("settle: %w", err)
		}
	}
	return len(batch.Claims) > 0
}
