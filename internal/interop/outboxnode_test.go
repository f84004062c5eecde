package interop_test

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/interop/dbserver"
	"github.com/zwfw-go/zwfw/outbox"
)

// nodeEnv holds the nodeTask of a process that is a node.
const nodeEnv = "ZWFW_INTEROP_NODE"

// nodeTask is what a node does: when told so it opens the outbox, when told again it stores
// its messages and delivers whatever there is until its input ends.
type nodeTask struct {
	Database dbserver.Database
	Name     string
	Messages int
	Keys     int
	Workers  int
	FreezeAt int // after so many deliveries one says that it may be frozen, and waits for that
}

// saying is what a node says of itself, a line each.
type saying struct {
	What     string // "opened", "done", "late" (no effect: its context had ended), "freeze", "lost", "stored", "failed"
	Node     string
	Sequence uint64
	Order    string
	Body     string
	Attempt  int
	From, To int64 // nanoseconds
	Text     string
}

const nodeLease = 4 * time.Second

func nodeConfig(workers int) outbox.Config {
	return outbox.Config{
		Queues: []outbox.Queue{{Name: "work", WhenFull: outbox.Refuse, Workers: workers, Backoff: outbox.Backoff{Base: 10 * time.Millisecond}}},
		Keys: outbox.KeyFunc(func(context.Context, string) (outbox.Key, error) {
			return outbox.Key{ID: "test", Secret: zwfw.NewSecret(string(tokenKey))}, nil
		}),
		Lease: nodeLease, Poll: 100 * time.Millisecond,
	}
}

// node is such a process.
type node struct {
	command *exec.Cmd
	in      io.WriteCloser
	done    chan struct{} // it has said all
	mu      sync.Mutex
	said    []saying
	heard   chan saying
}

func startNode(t *testing.T, task nodeTask) *node {
	t.Helper()
	text, err := json.Marshal(task)
	require.NoError(t, err)
	self, err := os.Executable()
	require.NoError(t, err)
	n := &node{command: exec.Command(self), done: make(chan struct{}), heard: make(chan saying, 1<<16)}
	n.command.Env = append(os.Environ(), nodeEnv+"="+string(text))
	n.command.Stderr = os.Stderr
	n.in, err = n.command.StdinPipe()
	require.NoError(t, err)
	out, err := n.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, n.command.Start())
	go n.listen(out)
	t.Cleanup(n.stop)
	return n
}

func (n *node) listen(out io.Reader) {
	defer close(n.done)
	defer close(n.heard)
	for decoder := json.NewDecoder(out); ; {
		var s saying
		if decoder.Decode(&s) != nil {
			return
		}
		n.mu.Lock()
		n.said = append(n.said, s)
		n.mu.Unlock()
		n.heard <- s
	}
}

// next lets the node do its next step.
func (n *node) next(t *testing.T) {
	t.Helper()
	_, err := io.WriteString(n.in, "next\n")
	require.NoError(t, err)
}

// await waits for the node to say something.
func (n *node) await(t *testing.T, what string) saying {
	t.Helper()
	for s := range n.heard {
		if s.What == what {
			return s
		}
		require.NotEqual(t, "failed", s.What, s.Text)
	}
	t.Fatalf("the node ended and did not say %q", what)
	return saying{}
}

// stop ends the input of the node and waits for its end.
func (n *node) stop() {
	_ = n.in.Close()
	<-n.done
	_ = n.command.Wait()
}

func (n *node) sayings() []saying {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]saying(nil), n.said...)
}

// runNode is the process of a node.
func runNode(text string) int {
	_ = mysql.SetLogger(&mysql.NopLogger{})
	var mu sync.Mutex
	encoder := json.NewEncoder(os.Stdout)
	var task nodeTask
	say := func(s saying) {
		mu.Lock()
		defer mu.Unlock()
		s.Node = task.Name
		_ = encoder.Encode(s)
	}
	in := bufio.NewReader(os.Stdin)
	if err := json.Unmarshal([]byte(text), &task); err != nil {
		return 1
	}
	if _, err := in.ReadString('\n'); err != nil {
		return 0
	}
	if err := task.work(in, say); err != nil {
		say(saying{What: "failed", Text: err.Error()})
		return 1
	}
	return 0
}

func (task nodeTask) work(in *bufio.Reader, say func(saying)) error {
	pool, err := sql.Open(task.Database.Driver(), task.Database.DSN())
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(20)
	config := nodeConfig(task.Workers)
	config.OnEvent = func(e outbox.Event) {
		if errors.Is(e.Err, outbox.ErrClaimLost) {
			say(saying{What: "lost", Sequence: e.Sequence})
		}
	}
	o, err := outbox.OpenSQL(context.Background(), pool, task.Database.Flavor, config)
	if err != nil {
		return err
	}
	say(saying{What: "opened"})
	if _, err := in.ReadString('\n'); err != nil {
		_, err = o.Close(context.Background())
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() { task.store(ctx, o, say) })
	if task.Workers > 0 {
		wg.Go(func() { _ = o.Run(ctx, map[string]outbox.Handler{"work": task.handler(say)}) })
	}
	_, _ = io.Copy(io.Discard, in)
	cancel()
	wg.Wait()
	_, err = o.Close(context.Background())
	return err
}

// store insists: what is uncertain or failed is stored again under its key.
func (task nodeTask) store(ctx context.Context, o *outbox.Outbox, say func(saying)) {
	for i := range task.Messages {
		m := outbox.Message{
			Queue: "work", Key: fmt.Sprint(task.Name, "-", i), Order: fmt.Sprint("order", i%task.Keys),
			Body: fmt.Appendf(nil, "%s %06d", task.Name, i),
		}
		for ctx.Err() == nil {
			if _, err := o.Enqueue(ctx, m); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	say(saying{What: "stored"})
}

func (task nodeTask) handler(say func(saying)) outbox.Handler {
	var mu sync.Mutex
	count := 0
	return outbox.Handler{Deliver: func(ctx context.Context, d outbox.Delivery) outbox.Outcome {
		s := saying{Sequence: d.Sequence, Order: d.Order, Body: string(d.Body), Attempt: d.Attempt, From: time.Now().UnixNano()}
		mu.Lock()
		count++
		freeze := count == task.FreezeAt
		mu.Unlock()
		if freeze {
			s.What = "freeze"
			say(s)
			<-ctx.Done()
		}
		time.Sleep(time.Millisecond) // the platform takes its time
		s.What, s.To = "done", time.Now().UnixNano()
		if deadline, _ := ctx.Deadline(); s.To > deadline.UnixNano() { // ctx itself wakes up late after a freeze
			s.What = "late"
		}
		say(s)
		if s.What == "late" {
			return outbox.Unknown()
		}
		return outbox.Done()
	}}
}
