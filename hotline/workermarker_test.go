package hotline_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/internal/marker"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

// notingDesk prints what it is given, and fails with it at first.
type notingDesk struct{ n *marker.Notebook }

func (d notingDesk) Sheet(_ context.Context, s hotline.HandedSheet) error {
	d.n.Note(s, nil)
	if s.Attempt == 1 {
		return fmt.Errorf("no room for %s %s", s.Content.Reveal(), s.Person.Name.Reveal())
	}
	return nil
}

func (d notingDesk) Change(_ context.Context, c hotline.SheetChange) error {
	d.n.Note(c, nil)
	if c.Attempt == 1 {
		return fmt.Errorf("no room for %s", c.Opinion.Reveal())
	}
	return nil
}

// A worker goes through a day with every fault, at debug level, and nothing personal and
// no text is found in its logs, events, errors and files.
func TestAWorkersFilesAndLogsHoldNobodysWords(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(unhurried))
	n := new(marker.Notebook)
	const planted = "PLANTEDTEXT"
	config := p.HotlineConfig()
	options := append(n.Options(), zwfw.WithClock(p.Clock()), zwfw.WithTimeout(2*time.Second), once)
	client := newClient(t, config, options...)
	dir := t.TempDir()
	queues := hotline.WorkQueues()
	for i := range queues {
		queues[i].Backoff = outbox.Backoff{Base: time.Millisecond, Max: 10 * time.Millisecond}
	}
	box, err := outbox.Open(t.Context(), filepath.Join(dir, "outbox"), outbox.Config{
		Queues: queues, Keys: workKey, OnEvent: func(e outbox.Event) { n.Note(e, nil) },
	})
	require.NoError(t, err)
	settings, err := zwfw.NewSettings(options...)
	require.NoError(t, err)
	worker, err := hotline.NewWorker(box, hotline.WorkerConfig{
		Units: map[string]*hotline.Client{"water": client}, Desk: notingDesk{n}, Sign: hotline.SignOnStored, Signer: clerk, Every: 5 * time.Millisecond,
		OnEvent: func(e hotline.WorkEvent) { n.Note(e, nil) }, Logger: settings.Logger,
	})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()

	citizen := p.Citizens()[0]
	markers := []string{citizen.Name.Reveal(), citizen.Phone.Reveal(), config.AppKey.Reveal(), planted, "李某", "现场处理", "非本单位", "案情复杂", "13800009999"}
	echo := fmt.Sprintf(`{"code":"13800009999","message":%q,"data":{"list":[{"dispatchId":"D1","opinion":%q,"title":%q}]}}`, planted, planted, planted)
	for i, fault := range []sandbox.Fault{sandbox.Pass(), sandbox.HTML(502), sandbox.Body(500, echo), sandbox.Body(200, echo), sandbox.RefuseCode("E1", planted), sandbox.HalfBody()} {
		id := p.Hotline().Dispatch(sandbox.HotlineSheet{ID: hotline.DispatchID(fmt.Sprint("D", i)), Title: planted, Content: planted})
		for _, op := range []string{"PendingSheets", "SheetDetail", "Notices", "AckNotices", "SignFor", "Finish", "RequestDelay"} {
			p.Faults().Next("hotline."+op, fault)
		}
		require.NoError(t, worker.RequestDelay(t.Context(), "water", delaying(id, "X1")))
		r := finishing(id, "F1")
		r.Result, r.HandlerPhone = planted, zwfw.NewPhone("13800009999")
		require.NoError(t, worker.Finish(t.Context(), "water", r))
		r.Result = planted + "2"
		n.Note(nil, worker.Finish(t.Context(), "water", r))
		r.Result, r.RequestNo = "", "F2"
		n.Note(nil, worker.Finish(t.Context(), "water", r))
		n.Note(nil, worker.Reject(t.Context(), "fire", rejecting(id, "R1")))
		require.Eventually(t, func() bool { return p.Hotline().Look(id).Signed != time.Time{} }, 2*time.Minute, time.Millisecond)
		_ = p.Hotline().Refuse(id, planted)
		_ = p.Hotline().Urge(id)
	}
	p.Hotline().Dispatch(sandbox.HotlineSheet{ID: "D9", Title: planted, Content: planted})
	require.NoError(t, worker.Reject(t.Context(), "water", rejecting("D8", "R1"))) // there is none: it fails
	require.Eventually(t, func() bool { return p.Hotline().Look("D9").State == hotline.Signed }, 2*time.Minute, time.Millisecond)
	require.Eventually(t, func() bool {
		for range worker.Failed(t.Context()) {
			return true
		}
		return false
	}, 2*time.Minute, time.Millisecond)
	for f, err := range worker.Failed(t.Context()) {
		if f.Finish != nil {
			f.Finish.Result = "" // the caller's own text
		}
		if f.Reject != nil {
			f.Reject.Reason = ""
		}
		if f.Delay != nil {
			f.Delay.Reason = ""
		}
		n.Note(f, err)
		text, _ := json.Marshal(f)
		_, _ = n.Write(text)
	}
	sheets, err := worker.Sheets(t.Context(), "water")
	n.Note(sheets, err)
	stop()
	require.NoError(t, <-ended)
	_, err = box.Close(t.Context())
	require.NoError(t, err)
	n.Check(t, markers...)

	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		for _, m := range markers {
			require.False(t, strings.Contains(string(text), m), "%s holds %q", f.Name(), m)
		}
	}
}
