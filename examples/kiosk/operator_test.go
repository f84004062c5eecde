package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestTheOperatorSeesAndRetriesWhatWasRefused(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.Faults().Next("lutong.ReportTicket", sandbox.Refuse(zwfw.BadRequest), sandbox.Refuse(zwfw.UserNotFound))
	_, out, errs := c.run(t, c.code(0)+c.code(1))
	require.Len(t, slips(out), 2)
	require.Contains(t, errs, "refused, see failed and retry: bad request BAD_REQUEST")
	require.Contains(t, errs, "Given up: 2; see failed.")

	status, out, errs := c.run(t, "", "failed")
	require.Equal(t, exitOK, status, errs)
	require.Regexp(t, `(?m)^1  A001  \d{8}000001  \*试甲  9\*{16}.  等候 waiting  bad request BAD_REQUEST$`, out)
	require.Contains(t, out, "Given up: 2.")

	status, out, errs = c.run(t, "", "discard", "2")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "Removed: 1.")
	status, out, errs = c.run(t, "", "retry")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "To be reported again: 1,")
	status, _, errs = c.run(t, "")
	require.Equal(t, exitOK, status, errs)
	require.Len(t, c.LutongTickets(), 1)
}

func TestTheRunningKioskAnswersItsOperator(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.Faults().Next("lutong.ReportTicket", sandbox.Refuse(zwfw.BadRequest))
	scans, feed := io.Pipe()
	out, err := newLines(), newLines()
	ended := make(chan int, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		ended <- run(ctx, []string{"-config", c.config, "-data", c.data}, world{scans, out, err, zwfw.SystemClock()})
	}()
	_, _ = io.WriteString(feed, c.code(0))
	err.await(t, "refused, see failed")
	require.Eventually(t, func() bool { // staff are told a moment before it is noted
		_, out, _ := kiosk(t, "", "failed", "-data", c.data)
		return strings.Contains(out, "Given up: 1.")
	}, hanging, time.Millisecond)

	for _, x := range []struct{ command, says string }{
		{"failed", "Given up: 1."}, {"pending", "Not reported yet: 0."}, {"retry", "To be reported again: 1,"},
	} {
		status, out, errs := kiosk(t, "", x.command, "-data", c.data)
		require.Equal(t, exitOK, status, errs)
		require.Contains(t, out, x.says)
	}
	err.await(t, "[1] 已上报 reported")

	status, _, errs := c.run(t, "", "-wait", "0s")
	require.Equal(t, exitError, status)
	require.Contains(t, errs, "in use by another process")

	stop()
	require.Equal(t, exitOK, <-ended)
	require.NoError(t, feed.Close())
	require.NoFileExists(t, platePath(c.data))
}

func TestAStrangerIsNotAnswered(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer((&machine{}).operators("secret"))
	t.Cleanup(server.Close)
	data := t.TempDir()
	text, err := json.Marshal(doorPlate{strings.TrimPrefix(server.URL, "http://"), "guess"})
	require.NoError(t, err)
	write(t, platePath(data), string(text))
	var out bytes.Buffer
	answered, err := askRunning(t.Context(), options{command: "failed", data: data}, &out)
	require.NoError(t, err)
	require.False(t, answered)
	require.Empty(t, out.String())
}

func TestRehearsalAndServiceDoNotMix(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	status, _, errs := kiosk(t, demo()[0], "-data", c.data, "-outage", "1h", "-wait", "100ms")
	require.Equal(t, exitLeft, status, errs)
	status, _, errs = c.run(t, "")
	require.Equal(t, exitOK, status, errs)
	require.Empty(t, c.LutongTickets(), "what was rehearsed is reported to nobody")

	status, _, errs = kiosk(t, "", "pending", "-data", c.data)
	require.Equal(t, exitUsage, status)
	require.Contains(t, errs, "say -config, or -sandbox")
	status, out, errs := kiosk(t, "", "pending", "-data", c.data, "-sandbox")
	require.Equal(t, exitOK, status, errs)
	require.Contains(t, out, "Not reported yet: 1.")
}
