package lutong_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// No goroutine may be left by any test of the package.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start gives a sandbox and a client for its first organisation.
func start(t *testing.T, options ...zwfw.Option) (*sandbox.Platform, *lutong.Client) {
	t.Helper()
	p := sandbox.Start(t)
	return p, newClient(t, p.LutongConfig(), options...)
}

func newClient(t *testing.T, c lutong.Config, options ...zwfw.Option) *lutong.Client {
	t.Helper()
	client, err := lutong.New(c, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// patient is for tests with many callers: their machine may be slow and busy.
var patient = []zwfw.Option{zwfw.WithTimeout(5 * time.Minute), zwfw.WithAttemptTimeout(5 * time.Minute), zwfw.WithConnectTimeout(5 * time.Minute)}

func verify(t *testing.T, c *lutong.Client, code zwfw.CodeText) (*lutong.User, error) {
	t.Helper()
	return c.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code})
}

// canned serves one answer to everything and counts the requests.
func canned(t *testing.T, contentType, body string) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(s.Close)
	return s.URL, requests
}

// wrongClock is off by a fixed amount and keeps running.
type wrongClock struct{ off time.Duration }

func (c wrongClock) Now() time.Time { return time.Now().Add(c.off) }
func (c wrongClock) Sleep(ctx context.Context, d time.Duration) error {
	return zwfw.SystemClock().Sleep(ctx, d)
}

// stoppedClock always shows the same time.
type stoppedClock struct{ at time.Time }

func (c stoppedClock) Now() time.Time { return c.at }
func (c stoppedClock) Sleep(ctx context.Context, d time.Duration) error {
	return zwfw.SystemClock().Sleep(ctx, d)
}

func ticketFor(c sandbox.Citizen, number string) lutong.Ticket {
	return lutong.Ticket{
		Number: number, Holder: c.IDNumber, HolderName: c.Name, Hall: "测试大厅", Unit: "测试局", Item: "事项", Area: "一楼",
		Windows: []string{"3", "4"}, QueueNo: "A017", QueueTime: time.UnixMilli(1704165845000), Waiting: 5,
	}
}

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func lower(s string) string { return strings.ToLower(s) }
