package dock_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

func TestReadsAndIdempotentWritesAreRepeatedWithGrowingPauses(t *testing.T) {
	for _, op := range []string{"Look", "Put"} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{answers: []string{"<html>", "", done}}
			e := engine(t, l, plainDialect, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 3, BaseDelay: time.Second, MaxDelay: 2 * time.Second}))
			l.heads = nil
			l.answers[0], l.answers[1] = `{"code":"down"}`, `{"code":"limit","retryAfterMs":"1500"}`
			out, meta, err := look(t, e, op)
			require.NoError(t, err)
			require.Equal(t, "yes", out.Word)
			require.Equal(t, "r-1", meta.RequestID)
			require.Len(t, l.times, 3)
			require.LessOrEqual(t, l.times[1].Sub(l.times[0]), time.Second)
			require.GreaterOrEqual(t, l.times[2].Sub(l.times[1]), 1500*time.Millisecond, "what the platform asks for is honoured")
			require.LessOrEqual(t, l.times[2].Sub(l.times[1]), 2*time.Second, "and capped")
		})
	}
}

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	for name, head := range map[string]http.Header{
		"seconds": {"Retry-After": {"3"}},
		"date":    {"Retry-After": {"Mon, 02 Jan 2023 15:04:08 GMT"}, "Date": {"Mon, 02 Jan 2023 15:04:05 GMT"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &line{answers: []string{`{"code":"limit"}`, done}, heads: []http.Header{head}}
			_, _, err := look(t, engine(t, l, plainDialect), "Look")
			require.NoError(t, err, name)
			require.Equal(t, 3*time.Second, l.times[1].Sub(l.times[0]), name)
		})
	}
}

func TestOneShotIsNeverRepeatedAfterItMayHaveLeft(t *testing.T) {
	for _, answer := range []string{`{"code":"down"}`, `{"code":"limit"}`, "", "<html>"} {
		l := &line{answers: []string{answer, done}}
		_, _, err := look(t, engine(t, l, plainDialect), "Spend")
		require.Error(t, err)
		require.Len(t, l.times, 1, answer)
	}
}

func TestADialectMayForbidRetriesAndNeverAllowThem(t *testing.T) {
	never := strings.Replace(plainDialect, `"path": "/look"`, `"path": "/look", "retry": "never"`, 1)
	l := &line{answers: []string{`{"code":"down"}`, done}}
	_, _, err := look(t, engine(t, l, never), "Look")
	require.ErrorIs(t, err, zwfw.Upstream)
	require.Len(t, l.times, 1)
	_, err = zwfw.ParseDialect([]byte(strings.Replace(never, `"never"`, `"always"`, 1)))
	require.ErrorContains(t, err, "ops.Look.retry")
}

func TestAPauseThatOutlastsTheCallIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{answers: []string{`{"code":"limit","retryAfterMs":"4000"}`}}
		e := engine(t, l, plainDialect, zwfw.WithTimeout(6*time.Second), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 10}))
		began := time.Now()
		_, _, err := look(t, e, "Look")
		require.ErrorIs(t, err, zwfw.RateLimited)
		require.Equal(t, 4*time.Second, time.Since(began), "the second pause would end after the call")
		require.Len(t, l.times, 2)
	})
}

func TestALaterRefusalDoesNotHideWhatAnEarlierAttemptMayHaveDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{answers: []string{`{"code":"down"}`, `{"code":"nope"}`}}
		_, _, err := look(t, engine(t, l, plainDialect), "Put")
		require.ErrorIs(t, err, zwfw.Conflict)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
		var e *zwfw.Error
		require.ErrorAs(t, err, &e)
		require.True(t, e.Sent)
		require.Equal(t, "Look", e.SettledBy)
	})
}

func TestCancellingDuringAPauseIsACancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &line{answers: []string{`{"code":"limit","retryAfterMs":"3000"}`}}
		e := engine(t, l, plainDialect)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := e.Call(ctx, "Look", &echoIn{Word: "x"}, &echoOut{})
		require.ErrorIs(t, err, zwfw.Canceled)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestATransportThatReportsNothingIsTakenToHaveSent(t *testing.T) {
	t.Parallel()
	l := &line{fail: errors.New("relay: something about 110101199001011234")}
	_, _, err := look(t, engine(t, l, plainDialect), "Spend")
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
	require.Len(t, l.times, 1)
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		require.NotContains(t, cause.Error(), "1101", "nothing of the transport's own words is kept")
	}
	dial := &line{fail: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	_, _, err = look(t, engine(t, dial, plainDialect, zwfw.WithRetry(zwfw.Retry{BaseDelay: time.Millisecond})), "Spend")
	require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.Len(t, dial.times, 3)
}

// A kept connection that breaks after the request was read: the standard transport
// would send a GET again by itself.
func TestTheTransportItselfNeverResendsAOneShot(t *testing.T) {
	t.Parallel()
	const document = `{"schema":1,"platform":"echo","name":"x@1","type":"query","method":"GET","reply":{"code":["code"],"ok":["0"],"data":["data"]},"ops":{"Spend":{"path":"/spend"}}}`
	var arrived atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if arrived.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
		require.Equal(t, "hello", r.URL.Query().Get("word"))
		_, _ = io.WriteString(w, done)
	}))
	defer server.Close()
	p := party()
	p.Bases[""] = server.URL
	s, err := zwfw.NewSettings()
	require.NoError(t, err)
	e, err := dock.New(manifest(t, document), p, s)
	require.NoError(t, err)
	defer e.Close()
	_, _, err = look(t, e, "Spend")
	require.NoError(t, err)
	_, _, err = look(t, e, "Spend")
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
	require.EqualValues(t, 2, arrived.Load())
}
