package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// childClock names the file that tells a child by how much its clock is ahead.
const childClock = "KIOSK_TEST_CLOCK"

// childMain is main, with a clock that the test moves.
func childMain() {
	os.Exit(run(signalled(), os.Args[1:], world{os.Stdin, os.Stdout, os.Stderr, movedClock{os.Getenv(childClock)}}))
}

// movedClock runs, and is ahead of the machine's by what a file says.
type movedClock struct{ file string }

func (c movedClock) Now() time.Time {
	text, err := os.ReadFile(c.file)
	if err != nil {
		panic(err)
	}
	ahead, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		panic(err)
	}
	return time.Now().Add(time.Duration(ahead))
}

// Sleep looks again and again: the clock may be moved meanwhile.
func (c movedClock) Sleep(ctx context.Context, d time.Duration) error {
	until := c.Now().Add(d)
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for c.Now().Before(until) {
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return ctx.Err()
}

// lines collects output and lets a test wait for some.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func newLines() *lines { return &lines{more: make(chan struct{}, 1)} }

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// hanging is how long a test waits for what is sure to come.
const hanging = time.Minute

func (l *lines) await(t *testing.T, text string) {
	t.Helper()
	late := time.After(hanging)
	for !strings.Contains(l.String(), text) {
		select {
		case <-l.more:
		case <-late:
			require.Fail(t, "it did not say: "+text, l.String())
		}
	}
}

// child is the program in a process of its own.
type child struct {
	*exec.Cmd
	scans     io.WriteCloser
	out, errs *lines
}

func startChild(t *testing.T, clock string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := &child{Cmd: exec.Command(self, args...), out: newLines(), errs: newLines()}
	c.Env = append(os.Environ(), childClock+"="+clock)
	c.Stdout, c.Stderr = c.out, c.errs
	c.scans, err = c.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() { _ = c.Process.Kill() })
	c.errs.await(t, "Ready for scans")
	return c
}

// scan shows a code and gives the slip: the flow number and the time.
func (c *child) scan(t *testing.T, code string, tickets int) (number, at string) {
	t.Helper()
	_, err := fmt.Fprintf(c.scans, "%s\r\n", code)
	require.NoError(t, err)
	late := time.After(hanging)
	for {
		found := slipPattern.FindAllStringSubmatch(c.out.String(), -1)
		if len(found) == tickets {
			return found[tickets-1][2], found[tickets-1][1]
		}
		select {
		case <-c.out.more:
		case <-late:
			require.Fail(t, "no slip", "%s\n%s", c.out, c.errs)
		}
	}
}
