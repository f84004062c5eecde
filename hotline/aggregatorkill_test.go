package hotline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// What the process that is killed is told.
const (
	killURL   = "ZWFW_CITY_URL"
	killFile  = "ZWFW_CITY_FILE"
	killFrom  = "ZWFW_CITY_FROM" // the call to begin with
	killCalls = 4000
)

// killBegan is when the calls of this test begin.
var killBegan = cityMorning.Add(-5 * time.Minute)

// TestTheCityThatIsKilled is the process that TestKilledAtAnyMomentItGoesOn kills: one call
// after the other, and a report after every few.
func TestTheCityThatIsKilled(t *testing.T) {
	if os.Getenv(killURL) == "" {
		t.Skip("it is the child of another test")
	}
	from, err := strconv.Atoi(os.Getenv(killFrom))
	require.NoError(t, err)
	p := sandbox.New() // for its configuration
	p.URL = os.Getenv(killURL)
	offset := time.Until(cityMorning)
	client := newClient(t, p.HotlineConfigOf(1), once, zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return time.Now().Add(offset) })))
	box := cityBox(t, os.Getenv(killFile))
	a, err := hotline.NewAggregator(client, box, hotline.AggregatorConfig{City: cityArea, Counties: []string{countyA}})
	require.NoError(t, err)
	for i := from; i < killCalls; i++ {
		e := hotline.CallEvent{ID: strconv.Itoa(i), Area: []string{"", countyA}[i%2], State: hotline.CallAbandoned, At: killBegan.Add(time.Duration(i) * 50 * time.Millisecond)}
		if err := a.Call(e); err != nil {
			require.ErrorIs(t, err, zwfw.Stale)
		}
		require.NoError(t, a.Seat(hotline.Seat{No: strconv.Itoa(i % 10), State: hotline.SeatIdle, Since: e.At}))
		if i%20 == 0 {
			require.NoError(t, a.Step(context.Background()))
		}
	}
	require.NoError(t, a.Step(context.Background()))
	_, err = box.Close(context.Background())
	require.NoError(t, err)
}

// killWitness stands before the province and notes every report.
type killWitness struct {
	*sandbox.Platform
	mu      sync.Mutex
	bodies  map[string]string // by kind and number
	last    map[string]int64
	offered int
	wrong   []string
	news    chan struct{}
}

func (k *killWitness) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if _, kind, ok := strings.Cut(q.URL.Path, "/aggregate/"); ok {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(bytes.NewReader(body))
		var r struct {
			Seq   int64
			Total struct{ Offered int }
		}
		if json.Unmarshal(body, &r) == nil {
			k.note(kind, r.Seq, r.Total.Offered, string(body))
		}
	}
	k.Platform.ServeHTTP(w, q)
}

func (k *killWitness) note(kind string, seq int64, offered int, body string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := fmt.Sprint(kind, " ", seq)
	if was, seen := k.bodies[name]; seen && was != body {
		k.wrong = append(k.wrong, name+" was used twice")
	}
	if seq < k.last[kind] {
		k.wrong = append(k.wrong, name+" after a later one")
	}
	k.bodies[name], k.last[kind], k.offered = body, seq, max(k.offered, offered)
	select {
	case k.news <- struct{}{}:
	default:
	}
}

func TestKilledAtAnyMomentItGoesOn(t *testing.T) {
	t.Parallel()
	kills := 5
	if os.Getenv("ZWFW_LONG") == "1" {
		kills = 50
	}
	self, err := os.Executable()
	require.NoError(t, err)
	k := &killWitness{
		Platform: sandbox.New(sandbox.WithHotline(unhurried), sandbox.WithStart(cityMorning)),
		bodies:   make(map[string]string), last: make(map[string]int64), news: make(chan struct{}, 1),
	}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "outbox")
	start := func() (*exec.Cmd, *bytes.Buffer) {
		k.mu.Lock()
		from := max(k.offered-100, 0) // the city's system goes back a little
		k.mu.Unlock()
		var said bytes.Buffer
		c := exec.Command(self, "-test.run=^TestTheCityThatIsKilled$", "-test.v")
		c.Env = append(os.Environ(), killURL+"="+server.URL, killFile+"="+file, killFrom+"="+strconv.Itoa(from))
		c.Stdout, c.Stderr = &said, &said
		require.NoError(t, c.Start())
		return c, &said
	}
	killed := 0
	for range kills {
		c, said := start()
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		for n := 1 + rand.IntN(8); n > 0; n-- {
			select {
			case <-k.news:
			case err := <-ended:
				require.NoError(t, err, said.String())
				n = 0
				ended <- nil
			case <-time.After(time.Minute):
				require.Fail(t, "no report", said.String())
			}
		}
		if c.Process.Kill() == nil {
			killed++
		}
		<-ended
	}
	require.Positive(t, killed)
	c, said := start()
	require.NoError(t, c.Wait(), said.String())
	require.Contains(t, said.String(), "--- PASS")
	require.Empty(t, k.wrong)
	w := k.Hotline().Wall(cityApp)
	require.Equal(t, int64(killCalls), w.Calls.Total.Abandoned, "no call is lost that was told again, and none counts twice")
	require.Equal(t, 10, w.SeatTotal.Idle)
	require.Equal(t, k.last["call"], w.CallSeq)
}
