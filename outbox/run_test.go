package outbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/outbox"
)

func TestMessagesOfOneOrderNeverOverlapAndKeepIt(t *testing.T) {
	t.Parallel()
	c := config()
	c.Queues[0].Workers = 8
	c.Queues[0].Backoff = outbox.Backoff{Base: time.Millisecond, Max: 2 * time.Millisecond}
	o := open(t, place(t), c)
	const lanes, each = 5, 30
	for i := range lanes * each {
		enqueue(t, o, message(fmt.Sprint(i), fmt.Sprint("lane ", i%lanes)))
	}
	var mu sync.Mutex
	flying, next, most := map[string]int{}, map[string]int{}, 0
	left := lanes * each
	all := make(chan struct{})
	run(t, o, outbox.Handler{Deliver: func(_ context.Context, d outbox.Delivery) outbox.Outcome {
		mu.Lock()
		flying[d.Order]++
		assert.Equal(t, 1, flying[d.Order], "overlap in %s", d.Order)
		most = max(most, len(flying))
		mu.Unlock()
		time.Sleep(time.Duration(rand.N(300)) * time.Microsecond)
		mu.Lock()
		defer mu.Unlock()
		if flying[d.Order]--; flying[d.Order] == 0 {
			delete(flying, d.Order)
		}
		if rand.N(5) == 0 {
			return outbox.Retry(0)
		}
		assert.Equal(t, fmt.Sprint(next[d.Order]*lanes+laneNumber(d.Order)), d.Key)
		next[d.Order]++
		if left--; left == 0 {
			close(all)
		}
		return outbox.Done()
	}})
	<-all
	assert.Greater(t, most, 1, "lanes are delivered side by side")
	s := closed(t, o)
	require.EqualValues(t, lanes*each, s.Delivered)
}

func laneNumber(order string) (n int) { _, _ = fmt.Sscanf(order, "lane %d", &n); return n }
