package hotline_test

import (
	"context"
	"errors"
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
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

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
			answer, err = nil, errors.New("the line broke")
		}
	}()
	l.platform.ServeHTTP(w, q)
	return w.Result(), nil
}

// workplace is a member unit with a worker, and the centre it works for. It is its own
// Desk.
type workplace struct {
	*testing.T
	platform *sandbox.Platform
	centre   *sandbox.HotlineCentre
	file     string
	repeats  map[string][]hotline.Repeat
	units    map[string]int // which unit of the sandbox's
	dialect  *zwfw.Dialect
	every    time.Duration
	alter    func(c *hotline.WorkerConfig)

	clients []*hotline.Client
	box     *outbox.Outbox
	worker  *hotline.Worker
	running chan error

	mu       sync.Mutex
	sheets   []hotline.HandedSheet
	changes  []hotline.SheetChange
	events   []hotline.WorkEvent
	trouble  error // of the desk
	onSheets func(s hotline.HandedSheet)
}

// inBubble runs a test on a Monday morning, with time of its own.
func inBubble(t *testing.T, s sandbox.HotlineSetup, test func(w *workplace)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "outbox")
	if s.Rate == 0 {
		s.Rate = -1
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(china("2026-11-23 09:00")))
		p := sandbox.New(sandbox.WithHotline(s))
		p.URL = "http://sandbox.test"
		w := &workplace{T: t, platform: p, centre: p.Hotline(), file: file, units: map[string]int{"water": 0}, dialect: s.Dialect}
		defer w.stop()
		test(w)
	})
}

var workKey = outbox.KeyFunc(func(context.Context, string) (outbox.Key, error) {
	return outbox.Key{ID: "k1", Secret: zwfw.NewSecret("0123456789abcdef0123456789abcdef")}, nil
})

func (w *workplace) open() {
	w.Helper()
	c := hotline.WorkerConfig{
		Units: make(map[string]*hotline.Client), Desk: w, Sign: hotline.SignOnStored, Signer: clerk,
		OnEvent: func(e hotline.WorkEvent) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.events = append(w.events, e)
		},
	}
	for name, i := range w.units {
		config := w.platform.HotlineConfigOf(i)
		config.Repeats = w.repeats
		options := []zwfw.Option{zwfw.WithHTTPClient(&http.Client{Transport: inProcess{w.platform}})}
		if w.dialect != nil {
			options = append(options, zwfw.WithDialect(w.dialect))
		}
		client, err := hotline.New(config, options...)
		require.NoError(w, err)
		w.clients = append(w.clients, client)
		c.Units[name] = client
	}
	c.Every = w.every
	if w.alter != nil {
		w.alter(&c)
	}
	var err error
	w.box, err = outbox.Open(w.Context(), w.file, outbox.Config{Queues: hotline.WorkQueues(), Keys: workKey})
	require.NoError(w, err)
	w.worker, err = hotline.NewWorker(w.box, c)
	require.NoError(w, err)
}

func (w *workplace) run() {
	w.Helper()
	if w.box == nil {
		w.open()
	}
	w.running = make(chan error, 1)
	go func() { w.running <- w.worker.Run(context.Background()) }()
	synctest.Wait()
}

// stop ends the program; what it has stored stays.
func (w *workplace) stop() {
	w.Helper()
	if w.box == nil {
		return
	}
	_, err := w.box.Close(context.Background())
	require.NoError(w, err)
	if w.running != nil {
		require.NoError(w, <-w.running)
	}
	for _, c := range w.clients {
		require.NoError(w, c.Close())
	}
	w.box, w.running, w.clients = nil, nil, nil
}

// away lets time pass in which the program does not run.
func (w *workplace) away(pause time.Duration) {
	w.Helper()
	w.stop()
	w.after(pause)
	w.run()
}

// after lets time pass.
func (w *workplace) after(pause time.Duration) {
	time.Sleep(pause)
	synctest.Wait()
}

// Sheet and Change are the desk.
func (w *workplace) Sheet(_ context.Context, s hotline.HandedSheet) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sheets = append(w.sheets, s)
	if w.onSheets != nil {
		w.onSheets(s)
	}
	return w.trouble
}

func (w *workplace) Change(_ context.Context, c hotline.SheetChange) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, c)
	return w.trouble
}

// handed gives the sheets since the last call, as "D1 turn 1".
func (w *workplace) handed() (list []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.sheets {
		list = append(list, fmt.Sprintf("%s turn %d", s.DispatchID, s.Turn))
	}
	w.sheets = nil
	return list
}

// told gives the kinds of the changes since the last call.
func (w *workplace) told() (list []hotline.ChangeKind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.changes {
		list = append(list, c.Kind)
	}
	w.changes = nil
	return list
}

// happened gives the events of a kind since the last call of it.
func (w *workplace) happened(kind hotline.WorkEventKind) (list []hotline.WorkEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var rest []hotline.WorkEvent
	for _, e := range w.events {
		if e.Kind == kind {
			list = append(list, e)
		} else {
			rest = append(rest, e)
		}
	}
	w.events = rest
	return list
}

// dispatch lets the centre give out a sheet and the worker take it.
func (w *workplace) dispatch(id string) hotline.DispatchID {
	w.Helper()
	got := w.centre.Dispatch(sandbox.HotlineSheet{ID: hotline.DispatchID(id)})
	w.after(max(w.every, time.Minute) * 5 / 4)
	require.Equal(w, []string{id + " turn 1"}, w.handed())
	return got
}

func (w *workplace) finish(id hotline.DispatchID, no string) {
	w.Helper()
	require.NoError(w, w.worker.Finish(w.Context(), "water", finishing(id, no)))
	w.after(time.Second)
}

func (w *workplace) state(id hotline.DispatchID) hotline.State { return w.centre.Look(id).State }

func (w *workplace) failed() (all []hotline.FailedAnswer) {
	w.Helper()
	for f, err := range w.worker.Failed(w.Context()) {
		require.NoError(w, err)
		all = append(all, f)
	}
	return all
}

func (w *workplace) sheetsOpen() []hotline.OpenSheet {
	w.Helper()
	list, err := w.worker.Sheets(w.Context(), "water")
	require.NoError(w, err)
	return list
}
