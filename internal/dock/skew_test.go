package dock_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

func TestThePlatformsOwnTimeBeatsTheDateHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // virtual time begins 2000-01-01 00:00 UTC
		l := &line{answers: []string{`{"code":"skew","time":"2000-01-01 08:10:00"}`, done}, heads: []http.Header{{"Date": {"Sat, 01 Jan 2000 00:05:00 GMT"}}}}
		e := engine(t, l, plainDialect)
		_, _, err := look(t, e, "Spend")
		require.NoError(t, err)
		require.Equal(t, 10*time.Minute, e.Offset())
		require.Equal(t, "946685400000", l.headers[1].Get("X-Time"))
		time.Sleep(time.Hour)
		require.Equal(t, 10*time.Minute, e.Offset())
	})
}

func TestASkewThatHealingDoesNotCureEndsAfterOneRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		skew := `{"code":"skew","time":"2000-01-01 08:10:00"}`
		l := &line{answers: []string{skew}}
		_, _, err := look(t, engine(t, l, plainDialect), "Spend")
		require.ErrorIs(t, err, zwfw.ClockSkew)
		require.Len(t, l.times, 2)
	})
}

func TestConcurrentCallsWithAWrongClockAreAllHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		platform := func() time.Time { return time.Now().Add(10 * time.Minute) }
		sending := roundTripper(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second) // all are on their way before the first answer
			ms, _ := strconv.ParseInt(r.Header.Get("X-Time"), 10, 64)
			w := httptest.NewRecorder()
			w.Header().Set("Date", platform().UTC().Format(http.TimeFormat))
			if platform().Sub(time.UnixMilli(ms)).Abs() > time.Minute {
				_, _ = io.WriteString(w, `{"code":"skew"}`)
			} else {
				_, _ = io.WriteString(w, done)
			}
			return w.Result(), nil
		})
		s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: sending}))
		require.NoError(t, err)
		e, err := dock.New(manifest(t, plainDialect), party(), s)
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := e.Call(t.Context(), "Spend", &echoIn{Word: "x"}, &echoOut{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestADateThatIsSomebodyElsesDoesNotBreakARightClock(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(-10*time.Minute).UTC().Format(http.TimeFormat)) // a relay's
		ms, _ := strconv.ParseInt(r.Header.Get("X-Time"), 10, 64)
		if time.Since(time.UnixMilli(ms)).Abs() > time.Minute {
			_, _ = io.WriteString(w, `{"code":"skew"}`)
			return
		}
		_, _ = io.WriteString(w, done)
	}))
	defer server.Close()
	p := party()
	p.Bases[""] = server.URL
	s, err := zwfw.NewSettings()
	require.NoError(t, err)
	e, err := dock.New(manifest(t, plainDialect), p, s)
	require.NoError(t, err)
	defer e.Close()
	_, err = e.Probe(t.Context(), time.Second)
	require.NoError(t, err)
	require.NotZero(t, e.Offset())
	_, _, err = look(t, e, "Spend")
	require.NoError(t, err)
	require.Zero(t, e.Offset())
}
