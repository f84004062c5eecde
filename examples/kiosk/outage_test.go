package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/sandbox"
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

// gate stands before the platform. While it is shut, reports are held for a moment and
// then cut off; the platform never sees them.
type gate struct {
	platform *sandbox.Platform
	shut     atomic.Bool
	held     chan struct{}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.shut.Load() && strings.HasSuffix(r.URL.Path, "/numResultNotify") {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case g.held <- struct{}{}:
		default:
		}
		select {
		case <-r.Context().Done():
		case <-time.After(100 * time.Millisecond):
		}
		panic(http.ErrAbortHandler)
	}
	g.platform.ServeHTTP(w, r)
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

// 50 tickets are taken in an outage of ten minutes, in which the machine loses its
// power five times, each time with a report on its way. The time is the test's.
func TestFiftyTicketsThroughATenMinuteOutageWithFivePowerCuts(t *testing.T) {
	t.Parallel()
	p := sandbox.New(sandbox.WithStart(time.Date(2024, 1, 2, 9, 0, 0, 0, china)))
	g := &gate{platform: p, held: make(chan struct{}, 1)}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	p.URL = server.URL
	clock := filepath.Join(t.TempDir(), "clock")
	pass := func(d time.Duration) {
		p.Clock().Advance(d)
		write(t, clock+".new", strconv.FormatInt(int64(time.Until(p.Clock().Now())), 10))
		require.NoError(t, os.Rename(clock+".new", clock))
	}
	pass(0)
	args := []string{"-config", configFile(t, p), "-data", filepath.Join(t.TempDir(), "data")}

	g.shut.Store(true)
	kiosk := startChild(t, clock, args...)
	printed := make(map[string]string)
	slipsOfThisStart := 0
	for n := range 50 {
		slipsOfThisStart++
		number, at := kiosk.scan(t, p.MintCode(p.Citizens()[n%18]).Reveal(), slipsOfThisStart)
		require.NotContains(t, printed, number)
		printed[number] = at
		pass(12 * time.Second)
		if n%10 != 6 {
			continue
		}
		drain(g.held)
		waitHeld(t, g, pass)
		require.NoError(t, kiosk.Process.Kill())
		require.Error(t, kiosk.Wait())
		kiosk, slipsOfThisStart = startChild(t, clock, args...), 0
		require.Contains(t, kiosk.errs.String(), fmt.Sprintf("Left to report by the last run: %d.", n+1))
	}
	require.Empty(t, p.LutongTickets())

	g.shut.Store(false)
	require.Eventually(t, func() bool {
		pass(time.Second)
		return len(p.LutongTickets()) == 50
	}, hanging, 20*time.Millisecond)
	require.NoError(t, kiosk.scans.Close())
	require.NoError(t, kiosk.Wait(), kiosk.errs)
	require.Contains(t, kiosk.errs.String(), "No ticket is left to report")

	for _, h := range p.LutongTickets() {
		require.Equal(t, 1, h.Reports, h.Number)
		require.Equal(t, 1, h.Messages, h.Number)
		require.Equal(t, printed[h.Number], h.QueueTime.In(china).Format(time.DateTime), h.Number)
		delete(printed, h.Number)
	}
	require.Empty(t, printed)
}

// The power goes at any moment, with the line up: in the middle of a scan, of a write, of
// a print. Whatever was printed arrives, and no number is given twice.
func TestPowerCutsAtAnyMomentLoseNoTicketAndRepeatNoNumber(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	clock := filepath.Join(t.TempDir(), "clock")
	write(t, clock, "0")
	printed := make(map[string]string)
	for range 10 {
		kiosk := startChild(t, clock, "-config", c.config, "-data", c.data)
		feeding := make(chan struct{})
		go func() {
			defer close(feeding)
			for n := 0; ; n++ {
				if _, err := io.WriteString(kiosk.scans, c.code(n%18)); err != nil {
					return
				}
			}
		}()
		kiosk.out.await(t, "流水 Serial")
		time.Sleep(rand.N(30 * time.Millisecond)) // any moment will do
		require.NoError(t, kiosk.Process.Kill())
		require.Error(t, kiosk.Wait())
		<-feeding
		for number, at := range slips(kiosk.out.String()) {
			require.NotContains(t, printed, number)
			printed[number] = at
		}
	}
	status, _, errs := c.run(t, "", "-wait", "1m")
	require.Equal(t, exitOK, status, errs)
	arrived := make(map[string]string)
	for _, h := range c.LutongTickets() {
		require.Equal(t, 1, h.Messages, h.Number)
		arrived[h.Number] = h.QueueTime.In(china).Format(time.DateTime)
	}
	require.GreaterOrEqual(t, len(printed), 10)
	for number, at := range printed {
		require.Equal(t, at, arrived[number], number)
	}
	require.LessOrEqual(t, len(arrived), len(printed)+10, "stored and not printed: one at most for each cut")
}

func drain(held chan struct{}) {
	select {
	case <-held:
	default:
	}
}

// waitHeld returns with a report on its way; time goes on meanwhile, as the machine may
// be resting between two attempts.
func waitHeld(t *testing.T, g *gate, pass func(time.Duration)) {
	t.Helper()
	late := time.After(hanging)
	for {
		select {
		case <-g.held:
			return
		case <-late:
			require.Fail(t, "no report was tried")
		case <-time.After(50 * time.Millisecond):
			pass(time.Second)
		}
	}
}

// A stop by signal says what is left; the next start goes on.
func TestASignalStopsTheKioskAndItSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signal can be sent to another process")
	}
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		c := newCity(t)
		c.Faults().Always("lutong.ReportTicket", sandbox.DropBefore())
		clock := filepath.Join(t.TempDir(), "clock")
		write(t, clock, "0")
		kiosk := startChild(t, clock, "-config", c.config, "-data", c.data)
		kiosk.scan(t, strings.TrimSpace(c.code(0)), 1)
		require.NoError(t, kiosk.Process.Signal(signal))
		require.NoError(t, kiosk.Wait(), kiosk.errs)
		require.Contains(t, kiosk.errs.String(), "Stopping.")
		require.Contains(t, kiosk.errs.String(), "Left to report: 1;")
	}
}

func TestScansComeFromAnyPath(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	file := filepath.Join(t.TempDir(), "port")
	write(t, file, c.code(0)+c.code(1)+strings.TrimSpace(c.code(2)))
	status, out, errs := c.run(t, "", "-scans", file)
	require.Equal(t, exitOK, status, errs)
	require.Len(t, slips(out), 3)
	require.Len(t, c.LutongTickets(), 3)

	// The same file again: its codes are spent, and nobody gets a second number.
	status, out, errs = c.run(t, "", "-scans", file)
	require.Equal(t, exitOK, status, errs)
	require.Empty(t, slips(out))
	require.Equal(t, 3, strings.Count(out, "此码已使用"))
}

// hesitant is a port whose read time-out is short: os.File says EOF when nothing came.
type hesitant struct{ parts []string }

func (h *hesitant) Read(p []byte) (int, error) {
	if len(h.parts) == 0 {
		return 0, errors.New("unplugged")
	}
	part := h.parts[0]
	h.parts = h.parts[1:]
	if part == "" {
		return 0, io.EOF
	}
	return copy(p, part), nil
}

func TestADeviceThatSendsNothingForAWhileHasNotEnded(t *testing.T) {
	t.Parallel()
	var texts []string
	for text, err := range qr.ReadScans(device{&hesitant{[]string{"", "LTM:", "", "", "1\r", "", "LTM:2\r"}}}) {
		if err != nil {
			require.ErrorContains(t, err, "unplugged")
			break
		}
		texts = append(texts, text)
	}
	require.Equal(t, []string{"LTM:1", "LTM:2"}, texts)

	if runtime.GOOS == "windows" {
		return
	}
	c := newCity(t)
	status, _, errs := c.run(t, "", "-scans", os.DevNull)
	require.Equal(t, exitError, status, "a device that is gone is an error, so that the kiosk is started again")
	require.Contains(t, errs, "read scans")
}
