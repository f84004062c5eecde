package portal_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// broken is a store whose changes fail once it is told to.
type broken struct {
	*portal.MemorySink
	down bool
}

func (b *broken) Apply(ctx context.Context, c portal.SinkChange) error {
	if b.down {
		return errors.New("disk full")
	}
	return b.MemorySink.Apply(ctx, c)
}

func TestNoNameAndNoNumberOfACaseIsLoggedOrInAnError(t *testing.T) {
	t.Parallel()
	log := new(journal)
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{}))
	client := newClient(t, p.PortalConfig(), zwfw.WithClock(p.Clock()), zwfw.WithLogger(logger))
	sink := &broken{MemorySink: portal.NewMemorySink()}
	ingest, err := portal.NewIngest(client, sink, portal.IngestConfig{Logger: logger})
	require.NoError(t, err)
	r, err := portal.NewReceiver(client, sink, portal.ReceiverConfig{Ingest: ingest, Logger: logger})
	require.NoError(t, err)
	at := serve(t, r)
	rows := p.PortalCases()
	for i, row := range rows {
		row = altered(t, row, 9, map[string]any{"process": []any{map[string]any{"seq": 1, "eventName": "01", "startTime": "2001-01-01 00:00:00", "handleUserName": plantedClerk}}})
		rows[i] = row
		p.FeedCase(row)
	}
	var told []string
	step := func(err error) {
		if err != nil {
			told = append(told, err.Error())
		}
	}
	for _, down := range []bool{false, true} {
		sink.down = down
		for _, kind := range []portal.IngestKind{portal.CaseRows, portal.ItemRows, portal.CaseRows} {
			_, err := ingest.Pull(t.Context(), kind)
			step(err)
		}
		_, err := p.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "1", Kind: portal.CaseRows, Rows: rows})
		step(err)
		_, err = p.PushBatch(t.Context(), at, sandbox.PortalBatch{BatchNo: "2", Kind: portal.CaseRows, Rows: rows})
		step(err)
		_, err = p.PushCaseNotice(t.Context(), at, rows[0])
		step(err)
	}
	require.GreaterOrEqual(t, len(told), 5)
	require.Contains(t, log.String(), "row rejected")
	all := log.String() + strings.Join(told, "\n")
	for _, secret := range []string{plantedClerk, "HLJ2024", p.Citizens()[0].Name.Reveal(), p.Citizens()[1].Name.Reveal()} {
		require.NotContains(t, all, secret)
	}
	k, ok, err := sink.Case(t.Context(), finished)
	require.NoError(t, err)
	require.True(t, ok)
	text, err := json.Marshal(k)
	require.NoError(t, err)
	require.NotContains(t, string(text), k.Stages[0].Handler.Reveal())
}

const plantedClerk = "PLANTED-CLERK-51c0"

// The samples of an independent implementation: a batch of which one row is rejected, and a
// number that nobody knows.
func TestAReceiverAnswersTheSamplesAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	type exchange struct {
		Path      string            `json:"path"`
		Headers   map[string]string `json:"headers"`
		BodyBytes string            `json:"body_bytes"`
		Code      string            `json:"code"`
		Reply     struct{ Data json.RawMessage }
	}
	var samples struct {
		Config struct {
			BaseURL string `json:"base_url"`
			Apps    []struct{ AppMark, Word string }
		}
		Exchanges map[string]map[string]exchange
	}
	require.NoError(t, json.Unmarshal(text, &samples))
	app := samples.Config.Apps[0]
	for _, name := range []string{"portal.ingest.batch", "portal.ingest.status"} {
		x := samples.Exchanges[name]["refused"]
		require.NotEmpty(t, x.Path)
		now, err := time.ParseInLocation("20060102150405", x.Headers["X-Timestamp"], time.FixedZone("", 8*60*60))
		require.NoError(t, err)
		client := newClient(t, portal.Config{BaseURL: samples.Config.BaseURL, AppMark: app.AppMark, AppWord: zwfw.NewSecret(app.Word)},
			zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return now })))
		r, err := portal.NewReceiver(client, portal.NewMemorySink(), portal.ReceiverConfig{
			Path: "/hlj", Rules: portal.RowRules{TaskTypes: portal.NationalTaskTypes()},
		})
		require.NoError(t, err)
		q := httptest.NewRequest(http.MethodPost, x.Path, strings.NewReader(x.BodyBytes))
		for header, value := range x.Headers {
			q.Header.Set(header, value)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, q)
		body, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		var answer struct {
			Code string
			Data json.RawMessage
		}
		require.NoError(t, json.Unmarshal(body, &answer))
		require.Equal(t, x.Code, answer.Code)
		if name == "portal.ingest.batch" {
			require.JSONEq(t, string(x.Reply.Data), string(answer.Data))
		}
	}
}
