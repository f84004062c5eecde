package lutong_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

const reportOp = "lutong.ReportTicket"

// inProcess carries requests to the sandbox without a network, so that a test can run
// in a bubble of its own time.
type inProcess struct{ platform *sandbox.Platform }

func (l inProcess) RoundTrip(q *http.Request) (answer *http.Response, err error) {
	w := httptest.NewRecorder()
	q = q.Clone(q.Context())
	for name, values := range q.Header { // as a server reads them
		delete(q.Header, name)
		q.Header[http.CanonicalHeaderKey(name)] = values
	}
	defer func() {
		if recover() != nil {
			answer, err = nil, fmt.Errorf("the line broke")
		}
	}()
	l.platform.ServeHTTP(w, q)
	return w.Result(), nil
}

// desk is a machine with an outbox and the platform that it reports to.
type desk struct {
	*testing.T
	platform *sandbox.Platform
	file     string
	config   lutong.ReporterConfig
	clock    zwfw.Clock // the machine's; nil for the platform's

	client   *lutong.Client
	box      *outbox.Outbox
	reporter *lutong.TicketReporter
	running  chan error

	mu     sync.Mutex
	events []lutong.TicketEvent
}

// inBubble runs a test at nine in the morning, with time of its own.
func inBubble(t *testing.T, test func(d *desk)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "outbox")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2024, 1, 2, 9, 0, 0, 0, beijing)))
		p := sandbox.New()
		p.URL = "http://sandbox.test"
		d := &desk{T: t, platform: p, file: file}
		defer d.stop()
		test(d)
	})
}

var beijing = time.FixedZone("", 8*3600)

var testKey = outbox.KeyFunc(func(context.Context, string) (outbox.Key, error) {
	return outbox.Key{ID: "k1", Secret: zwfw.NewSecret("0123456789abcdef0123456789abcdef")}, nil
})

// open makes client, outbox and reporter, and run lets it deliver.
func (d *desk) open() {
	d.Helper()
	options := []zwfw.Option{zwfw.WithHTTPClient(&http.Client{Transport: inProcess{d.platform}})}
	if d.clock != nil {
		options = append(options, zwfw.WithClock(d.clock))
	}
	var err error
	d.client, err = lutong.New(d.platform.LutongConfig(), options...)
	require.NoError(d, err)
	d.box, err = outbox.Open(d.Context(), d.file, outbox.Config{Queues: []outbox.Queue{lutong.TicketQueue()}, Keys: testKey, Clock: d.clock})
	require.NoError(d, err)
	config := d.config
	config.OnEvent = func(e lutong.TicketEvent) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.events = append(d.events, e)
	}
	d.reporter, err = lutong.NewTicketReporter(d.client, d.box, config)
	require.NoError(d, err)
}

func (d *desk) run() {
	d.Helper()
	if d.box == nil {
		d.open()
	}
	d.running = make(chan error, 1)
	go func() { d.running <- d.reporter.Run(context.Background()) }()
}

// stop ends the machine; what it has stored stays.
func (d *desk) stop() {
	d.Helper()
	if d.box == nil {
		return
	}
	_, err := d.box.Close(context.Background())
	require.NoError(d, err)
	if d.running != nil {
		require.NoError(d, <-d.running)
	}
	require.NoError(d, d.client.Close())
	d.box, d.running = nil, nil
}

// after lets time pass.
func (d *desk) after(pause time.Duration) {
	time.Sleep(pause)
	synctest.Wait()
}

func (d *desk) ticket(number string) lutong.Ticket {
	t := ticketFor(d.platform.Citizens()[0], number)
	t.QueueTime = time.Now().Add(-time.Second).Truncate(time.Millisecond)
	return t
}

func (d *desk) report(tickets ...lutong.Ticket) {
	d.Helper()
	for _, t := range tickets {
		require.NoError(d, d.reporter.Report(d.Context(), t))
	}
}

func (d *desk) pending() int64 {
	d.Helper()
	n, err := d.reporter.Pending(d.Context())
	require.NoError(d, err)
	return n
}

func (d *desk) failed() (all []lutong.FailedTicket) {
	d.Helper()
	for f, err := range d.reporter.Failed(d.Context()) {
		require.NoError(d, err)
		all = append(all, f)
	}
	return all
}

// happened gives the kinds of all events since the last call.
func (d *desk) happened() (kinds []lutong.TicketEventKind) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.events {
		kinds = append(kinds, e.Kind)
	}
	d.events = nil
	return kinds
}

func with(t lutong.Ticket, s lutong.TicketStatus) lutong.Ticket {
	t.Status = &s
	return t
}
