package interop_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/outbox"
)

// Three processes of eight workers each store and deliver messages of five keys while
// their lines break, and one of them is frozen in the middle of a delivery.
func TestNodesThatLoseTheirLinesAndOneThatFreezesKeepTheOrder(t *testing.T) {
	eachFlavor(t, func(t *testing.T, d dbserver.Database) {
		const processes, keys, workers, each = 3, 5, 8, 500
		pool := d.Open(t)
		var nodes []*node
		var lines []*dbserver.Line
		for i := range processes {
			line, far := dbserver.OverLine(t, d)
			task := nodeTask{Database: far, Name: fmt.Sprint("n", i), Messages: each, Keys: keys, Workers: workers}
			if i == 0 {
				task.FreezeAt = 20
			}
			nodes, lines = append(nodes, startNode(t, task)), append(lines, line)
			nodes[i].next(t)
			nodes[i].await(t, "opened")
		}
		for _, n := range nodes {
			n.next(t)
		}
		stopCutting := cutting(lines)
		frozen := nodes[0].await(t, "freeze")
		freeze(t, nodes[0])
		since := time.Now().UnixNano()
		awaitTakeover(t, nodes[1:], frozen)
		thaw(t, nodes[0])
		nodes[0].await(t, "lost")

		engine := openSQL(t, d, nodeConfig(1))
		var counts outbox.Stats
		require.Eventually(t, func() bool {
			_, counts, _ = engine.Stats(t.Context())
			return counts.Enqueued == int64(processes*each) && counts.Pending == 0
		}, 5*time.Minute, 100*time.Millisecond)
		stopCutting()
		for _, n := range nodes {
			n.stop()
		}
		require.EqualValues(t, processes*each, counts.Delivered)
		audit(t, pool, engine)

		frozen.To = min(since, frozen.From+int64(nodeLease)) // from then on it did nothing, and its effect never came about
		all := []saying{frozen}
		for _, n := range nodes {
			all = append(all, n.sayings()...)
		}
		checkDeliveries(t, all, processes*each, keys)
	})
}

// cutting breaks lines, some of them before an answer, until it is told to stop.
func cutting(lines []*dbserver.Line) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(time.Duration(100+rand.IntN(400)) * time.Millisecond):
			}
			line := lines[rand.IntN(len(lines))]
			if rand.IntN(2) == 0 {
				line.Cut()
			} else {
				line.LoseAnswer()
			}
		}
	}()
	return func() { close(end); <-ended }
}

// awaitTakeover waits until another node has delivered what the frozen one holds.
func awaitTakeover(t *testing.T, others []*node, frozen saying) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, n := range others {
			if slices.ContainsFunc(n.sayings(), func(s saying) bool { return s.What == "done" && s.Sequence == frozen.Sequence }) {
				return true
			}
		}
		return false
	}, 2*time.Minute, 20*time.Millisecond)
}

// checkDeliveries looks at who delivered what when.
func checkDeliveries(t *testing.T, all []saying, messages, keys int) {
	t.Helper()
	byOrder := make(map[string][]saying)
	bodies := make(map[string]uint64)
	attempts := make(map[string]bool)
	for _, s := range all {
		require.NotEqual(t, "failed", s.What, s.Text)
		if s.What != "done" && (s.What != "freeze" || s.To == 0) {
			continue
		}
		byOrder[s.Order] = append(byOrder[s.Order], s)
		number := fmt.Sprint(s.Sequence, " attempt ", s.Attempt)
		require.False(t, attempts[number], "two deliveries of %s", number)
		attempts[number] = true
		if s.What == "done" {
			bodies[s.Body] = s.Sequence
		}
	}
	require.Len(t, bodies, messages, "nothing is lost")
	require.Len(t, byOrder, keys)
	for order, list := range byOrder {
		slices.SortFunc(list, func(a, b saying) int { return int(a.From - b.From) })
		last := make(map[string]string) // by node: what it stored of this order comes in its order
		for i, s := range list {
			if i > 0 {
				require.GreaterOrEqual(t, s.From, list[i-1].To, "%s: %d and %d overlap", order, list[i-1].Sequence, s.Sequence)
				require.GreaterOrEqual(t, s.Sequence, list[i-1].Sequence, "%s: order", order)
			}
			by := strings.Fields(s.Body)[0]
			require.GreaterOrEqual(t, s.Body, last[by])
			last[by] = s.Body
		}
	}
}
