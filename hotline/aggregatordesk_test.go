package hotline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

const (
	cityApp  = "JX-CITY-01"
	cityArea = "999999000000"
	countyA  = "999999000101"
	countyB  = "999999000102"
)

var cityKey = outbox.KeyFunc(func(context.Context, string) (outbox.Key, error) {
	return outbox.Key{ID: "k1", Secret: zwfw.NewSecret("0123456789abcdef0123456789abcdef")}, nil
})

func cityBox(t testing.TB, file string) *outbox.Outbox {
	t.Helper()
	return cityTestBox(t, file)
}

func cityTestBox(t require.TestingT, file string) *outbox.Outbox {
	box, err := outbox.Open(context.Background(), file, outbox.Config{Queues: []outbox.Queue{{Name: "any", WhenFull: outbox.Refuse}}, Keys: cityKey})
	require.NoError(t, err)
	return box
}

// cityDesk is a city with an aggregator and the province that it reports to.
type cityDesk struct {
	*testing.T
	platform *sandbox.Platform
	clock    *sandbox.Clock
	file     string
	config   hotline.AggregatorConfig
	client   *hotline.Client
	box      *outbox.Outbox
	*hotline.Aggregator
	line cityLine

	mu     sync.Mutex
	events []hotline.AggregateEvent
}

// slowly is a period that a slow machine does not fill, for tests that count periods: the
// sandbox's clock goes on meanwhile.
const slowly = 5 * time.Minute

func newCityDesk(t *testing.T, change ...func(*hotline.AggregatorConfig)) *cityDesk {
	t.Helper()
	d := &cityDesk{T: t, file: filepath.Join(t.TempDir(), "outbox")}
	d.platform = sandbox.Start(t, sandbox.WithHotline(unhurried), sandbox.WithStart(cityMorning))
	d.clock = d.platform.Clock()
	d.config = hotline.AggregatorConfig{City: cityArea, Counties: []string{countyA, countyB}, OnEvent: d.note}
	for _, c := range change {
		c(&d.config)
	}
	d.client = city(t, d.platform, append([]zwfw.Option{once, zwfw.WithHTTPClient(&http.Client{Transport: &d.line})}, patient...)...)
	d.open()
	t.Cleanup(func() { d.shut(); d.line.CloseIdleConnections() })
	return d
}

var cityMorning = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("", 8*60*60))

func (d *cityDesk) note(e hotline.AggregateEvent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.events = append(d.events, e)
}

func (d *cityDesk) open() {
	d.Helper()
	d.box = cityBox(d, d.file)
	var err error
	d.Aggregator, err = hotline.NewAggregator(d.client, d.box, d.config)
	require.NoError(d, err)
}

func (d *cityDesk) shut() {
	_, err := d.box.Close(context.Background())
	require.NoError(d, err)
}

// step lets a period pass and does its work.
func (d *cityDesk) step() []hotline.AggregateEvent {
	d.Helper()
	d.clock.Advance(d.Period())
	d.events = nil
	require.NoError(d, d.Step(d.Context()))
	return d.events
}

// told gives the kinds of the events of one step, but for what went well.
func (d *cityDesk) told() (kinds []hotline.AggregateEventKind) {
	d.Helper()
	for _, e := range d.step() {
		if e.Kind != hotline.AggregateAccepted && e.Kind != hotline.AggregateDay {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// happens tells of calls: "id state" with the letters of cityStates, or "id>state" for an
// outbound call, each a second after the one before.
func (d *cityDesk) happens(area string, events ...string) {
	d.Helper()
	at := d.clock.Now()
	for i, text := range events {
		direction := hotline.Inbound
		if strings.Contains(text, ">") {
			direction, text = hotline.Outbound, strings.Replace(text, ">", " ", 1)
		}
		id, state, ok := strings.Cut(text, " ")
		require.True(d, ok)
		require.NoError(d, d.Call(hotline.CallEvent{ID: id, Area: area, State: cityStates[state], At: at.Add(time.Duration(i) * time.Second), Direction: direction}))
	}
}

var cityStates = map[string]hotline.CallState{
	"ivr": hotline.CallIVR, "queue": hotline.CallQueueing, "ring": hotline.CallRinging, "talk": hotline.CallTalking,
	"hold": hotline.CallHeld, "end": hotline.CallEnded, "gone": hotline.CallAbandoned,
}

func (d *cityDesk) seat(area, no string, state hotline.SeatState) {
	d.Helper()
	require.NoError(d, d.Seat(hotline.Seat{No: no, AgentNo: "a" + no, Area: area, Skill: "综合", State: state, Since: d.clock.Now()}))
}

func (d *cityDesk) wall() sandbox.HotlineWall { return d.platform.Hotline().Wall(cityApp) }

// cityReport is what a report on the line said of itself.
type cityReport struct {
	Kind      string
	Seq       int64
	PeriodSec int
	Full      bool
	Seats     []struct{ SeatNo string }
	Calls     []struct{ CallID string }
}

// cityLine carries requests and notes reports. answer, if it is set, is what comes back in
// place of the platform's answer to reports, which then do not arrive.
type cityLine struct {
	http.Transport
	mu      sync.Mutex
	reports []cityReport
	answer  string
}

func (l *cityLine) RoundTrip(q *http.Request) (*http.Response, error) {
	_, kind, aggregate := strings.Cut(q.URL.Path, "/aggregate/")
	if !aggregate {
		return l.Transport.RoundTrip(q)
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	r := cityReport{Kind: kind}
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("no report: %w", err)
	}
	l.mu.Lock()
	l.reports = append(l.reports, r)
	answer := l.answer
	l.mu.Unlock()
	if answer == "" {
		return l.Transport.RoundTrip(q)
	}
	return &http.Response{
		StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)),
		Request: q, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// taken gives the reports of a kind since it was asked last.
func (d *cityDesk) taken(kind string) (reports []cityReport) {
	d.line.mu.Lock()
	defer d.line.mu.Unlock()
	var rest []cityReport
	for _, r := range d.line.reports {
		if r.Kind == kind {
			reports = append(reports, r)
		} else {
			rest = append(rest, r)
		}
	}
	d.line.reports = rest
	return reports
}
