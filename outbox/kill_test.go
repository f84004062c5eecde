package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/outbox"
)

// childVar names the directory in which this program plays the process that is killed;
// limitVar how many messages each of its writers has, if it is to end by itself; tracedVar
// that it writes on one thread, so that its calls can be counted.
const (
	childVar  = "ZWFW_OUTBOX_CHILD"
	limitVar  = "ZWFW_OUTBOX_LIMIT"
	tracedVar = "ZWFW_OUTBOX_TRACED"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		limit, _ := strconv.Atoi(os.Getenv(limitVar))
		if err := live(dir, limit); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// long reports whether the long form of a test is asked for.
func long() bool { return os.Getenv("ZWFW_LONG") == "1" }

// journal is what the killed process tells: one write a line, so that a line is there
// whole or not at all.
type journal struct{ *os.File }

func openJournal(dir string) (journal, error) {
	f, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	return journal{f}, err
}

func (j journal) say(words ...any) { _, _ = j.WriteString(fmt.Sprintln(words...)) }

// live enqueues and delivers, without end if limit is 0.
func live(dir string, limit int) error {
	ctx := context.Background()
	log, err := openJournal(dir)
	if err != nil {
		return err
	}
	c := config()
	c.OnEvent = func(e outbox.Event) { log.say("event", e.Kind, e.Err) }
	o, err := openChild(ctx, filepath.Join(dir, "outbox.db"), c)
	if err != nil {
		return err
	}
	go func() { _ = o.Run(ctx, map[string]outbox.Handler{"q": {Deliver: deliverTo(log)}}) }()
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := 0; limit == 0 || i < limit; i++ {
				key := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				m := message(key, fmt.Sprintf("%d-%d", os.Getpid(), w))
				if i%5 == 0 {
					m.Order = "shared"
				}
				r, err := o.Enqueue(ctx, m)
				switch {
				case err == nil:
					log.say("stored", key, m.Order, r.Sequence)
				case errors.Is(err, outbox.ErrUncertain):
					log.say("uncertain", key)
				default:
					log.say("refused", key, err)
				}
			}
		})
	}
	writers.Wait()
	return nil
}

// openChild opens what the other process uses; when its calls are counted, on one thread.
func openChild(ctx context.Context, path string, c outbox.Config) (*outbox.Outbox, error) {
	if os.Getenv(tracedVar) == "" {
		return outbox.Open(ctx, path, c)
	}
	engine, err := openOnOneThread(func() (outbox.Engine, error) {
		return outbox.OpenFile(path, zwfw.SystemClock(), 7*24*time.Hour, c.OnEvent)
	})
	if err != nil {
		return nil, err
	}
	return outbox.OpenEngine(ctx, engine, c)
}

// deliverTo says what it is given; some need a second attempt.
func deliverTo(log journal) func(context.Context, outbox.Delivery) outbox.Outcome {
	return func(_ context.Context, d outbox.Delivery) outbox.Outcome {
		log.say("given", d.Key, d.Order, d.Sequence, d.Attempt)
		if d.Sequence%11 == 0 && d.Attempt == 1 {
			return outbox.Retry(time.Millisecond)
		}
		return outbox.Done()
	}
}

func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	rounds := 20
	if long() {
		rounds = 200
	}
	dir := t.TempDir()
	for range rounds {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childVar+"="+dir)
		var complaint strings.Builder
		child.Stderr = &complaint
		require.NoError(t, child.Start())
		time.Sleep(time.Duration(20+rand.N(100)) * time.Millisecond)
		require.NoError(t, child.Process.Kill())
		_ = child.Wait()
		require.Empty(t, complaint.String())
	}
	require.Empty(t, settleAccounts(t, dir), "events")
}

// settleAccounts delivers the rest, holds the journal against what was promised and
// gives its other lines.
func settleAccounts(t *testing.T, dir string) (other []string) {
	t.Helper()
	log, err := openJournal(dir)
	require.NoError(t, err)
	c := config()
	c.OnEvent = func(e outbox.Event) { log.say("event", e.Kind, e.Err) }
	o := open(t, filepath.Join(dir, "outbox.db"), c)
	go func() { _ = o.Run(context.Background(), map[string]outbox.Handler{"q": {Deliver: deliverTo(log)}}) }()
	for left := sum(t, o).Pending; left > 0; { // however many a slow disk has to settle
		require.Eventually(t, func() bool { return sum(t, o).Pending < left }, time.Minute, time.Millisecond, "%d are stuck", left)
		left = sum(t, o).Pending
	}
	s := closed(t, o)
	require.EqualValues(t, 0, s.Dead+s.Expired+s.Refused)

	text, err := os.ReadFile(filepath.Join(dir, "journal"))
	require.NoError(t, err)
	stored, refused, attempts, last := map[string]bool{}, map[string]bool{}, map[string]int{}, map[string]int{}
	for line := range strings.Lines(string(text)) {
		var word, key, order string
		var seq, attempt int
		_, _ = fmt.Sscan(line, &word, &key, &order, &seq, &attempt)
		switch word {
		case "stored":
			stored[key] = true
		case "given":
			assert.Greater(t, attempt, attempts[key], "attempt number of %s", key)
			if attempts[key] == 0 {
				assert.Greater(t, seq, last[order], "order of %s", order)
				last[order] = seq
			}
			attempts[key] = attempt
		case "refused":
			refused[key] = true
		case "uncertain":
		default:
			other = append(other, line)
		}
	}
	for key := range refused {
		assert.Zero(t, attempts[key], "%s was refused and given", key)
	}
	for key := range stored {
		assert.Positive(t, attempts[key], "%s was stored and never given", key)
	}
	require.EqualValues(t, len(attempts), s.Delivered, "each was delivered once")
	t.Logf("%d stored, %d refused, %d delivered", len(stored), len(refused), s.Delivered)
	return other
}
