package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/sandbox"
)

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
	for late := time.Now().Add(hanging); len(p.LutongTickets()) < 50; time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(late), "reports do not arrive: %s", kiosk.errs)
		pass(time.Second)
	}
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
