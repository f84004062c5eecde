package yimatong_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
	"github.com/zwfw-go/zwfw/yimatong"
)

// A platform whose clock differs: within its window it does not matter, beyond it the
// client corrects its time stamp once, and what is wrong by hours it reports.
func TestAClockThatDiffers(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		minutes, requests int
		kind              zwfw.Kind
	}{{1, 1, ""}, {-1, 1, ""}, {6, 2, ""}, {-6, 2, ""}, {480, 1, zwfw.ClockSkew}, {-480, 1, zwfw.ClockSkew}} {
		t.Run(fmt.Sprintf("%+d min", x.minutes), func(t *testing.T) {
			t.Parallel()
			p, client := start(t, patient...)
			off := time.Duration(x.minutes) * time.Minute
			p.Clock().Advance(off)
			_, err := decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
			require.Len(t, p.Requests(), x.requests)
			require.Equal(t, x.kind, zwfw.KindOf(err))
			if x.requests == 2 {
				require.Equal(t, "PY1003", p.Requests()[0].Answer)
				require.WithinDuration(t, time.Now().Add(off), client.Now(), time.Minute)
				_, err := decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
				require.NoError(t, err)
				require.Len(t, p.Requests(), 3, "what was learned stays")
			}
			if x.kind == "" {
				return
			}
			var e *zwfw.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "PY1003", e.Code)
			require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
			require.InDelta(t, off.Minutes(), e.ClockOffset.Minutes(), 1)
			require.Zero(t, p.Effects("yimatong.DecodeQRCode"))
		})
	}
}

// inside answers in this process: the time of a synctest bubble passes only while all wait.
type inside struct{ http.Handler }

func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		i.ServeHTTP(w, r)
		answer <- w.Result()
	}()
	select {
	case a := <-answer:
		return a, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestAnAnswerJustInTimeIsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		early   time.Duration
		kind    zwfw.Kind
		outcome zwfw.Outcome
	}{{time.Millisecond, "", zwfw.OutcomeDone}, {-time.Millisecond, zwfw.Timeout, zwfw.OutcomeUnknown}} {
		synctest.Test(t, func(t *testing.T) {
			const timeout = 5 * time.Second
			p := sandbox.New()
			p.URL = "http://127.0.0.1:1"
			client, err := yimatong.New(p.YimatongConfig(), zwfw.WithHTTPClient(&http.Client{Transport: inside{p}}),
				zwfw.WithTimeout(timeout), zwfw.WithAttemptTimeout(timeout))
			require.NoError(t, err)
			p.Faults().Next("yimatong.DecodeQRCode", sandbox.Delay(timeout-x.early))
			_, err = decode(t, client, p.MintYimatongCode(p.Citizens()[0]))
			require.Equal(t, x.kind, zwfw.KindOf(err))
			require.Equal(t, x.outcome, zwfw.OutcomeOf(err))
			require.Len(t, p.Requests(), 1)
			require.NoError(t, client.Close())
		})
	}
}
