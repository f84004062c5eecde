package hotline_test

import (
	"iter"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// No goroutine may be left by any test of the package.
func TestMain(m *testing.M) {
	if dir := os.Getenv(workChild); dir != "" {
		workUntilKilled(dir)
	}
	goleak.VerifyTestMain(m)
}

// unhurried is a set-up without limits on the rate of calls.
var unhurried = sandbox.HotlineSetup{Rate: -1, AggregateRate: -1}

// start gives a sandbox and a client for its first unit, a department.
func start(t *testing.T, options ...zwfw.Option) (*sandbox.Platform, *hotline.Client) {
	t.Helper()
	return startWith(t, unhurried, options...)
}

func startWith(t *testing.T, s sandbox.HotlineSetup, options ...zwfw.Option) (*sandbox.Platform, *hotline.Client) {
	t.Helper()
	if s.Rate == 0 {
		s.Rate, s.AggregateRate = -1, -1
	}
	p := sandbox.Start(t, sandbox.WithHotline(s))
	return p, newClient(t, p.HotlineConfig(), append([]zwfw.Option{zwfw.WithClock(p.Clock())}, options...)...)
}

func newClient(t *testing.T, c hotline.Config, options ...zwfw.Option) *hotline.Client {
	t.Helper()
	client, err := hotline.New(c, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}

// city gives a client for the second unit.
func city(t *testing.T, p *sandbox.Platform, options ...zwfw.Option) *hotline.Client {
	t.Helper()
	return newClient(t, p.HotlineConfigOf(1), append([]zwfw.Option{zwfw.WithClock(p.Clock())}, options...)...)
}

// patient is for tests with many callers: their machine may be slow and busy.
var patient = []zwfw.Option{zwfw.WithTimeout(5 * time.Minute), zwfw.WithAttemptTimeout(5 * time.Minute)}

// once turns retries off.
var once = zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1})

var clerk = zwfw.NewPersonName("李某")

func signing(id hotline.DispatchID) hotline.SignRequest {
	return hotline.SignRequest{DispatchID: id, Signer: clerk}
}

func finishing(id hotline.DispatchID, no string) hotline.FinishRequest {
	return hotline.FinishRequest{DispatchID: id, RequestNo: no, At: handledAt, Handler: clerk, Result: "已现场处理\n并答复诉求人", Solved: hotline.IsSolved}
}

func rejecting(id hotline.DispatchID, no string) hotline.RejectRequest {
	return hotline.RejectRequest{DispatchID: id, RequestNo: no, At: handledAt, Handler: clerk, Code: hotline.NotOurDuty, Reason: "非本单位职责"}
}

func delaying(id hotline.DispatchID, no string) hotline.DelayRequest {
	return hotline.DelayRequest{DispatchID: id, RequestNo: no, Value: 2, Unit: hotline.WorkingDays, Reason: "案情复杂", Applicant: clerk}
}

var handledAt = time.Date(2026, 11, 22, 4, 1, 12, 0, time.FixedZone("", 8*60*60))

func appeal(p *sandbox.Platform, no string) hotline.Appeal {
	c := p.Citizens()[0]
	return hotline.Appeal{
		Number: no, Person: hotline.Person{Name: c.Name, Phone: c.Phone}, At: p.Clock().Now().Add(-time.Hour).Truncate(time.Second),
		Type: hotline.Complaint, Title: "路灯不亮", Content: "测试路路灯不亮😀，已三天。", Channel: hotline.ByPhone, Area: "999999",
	}
}

// all reads a list to its end.
func all[T any](t *testing.T, list iter.Seq2[T, error]) []T {
	t.Helper()
	var rows []T
	for row, err := range list {
		require.NoError(t, err)
		rows = append(rows, row)
	}
	return rows
}

// firstError is that of a list.
func firstError[T any](list iter.Seq2[T, error]) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func requireCode(t *testing.T, err error, code string, kind zwfw.Kind) {
	t.Helper()
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code)
	require.Equal(t, kind, e.Kind)
}

func sandboxSheet(title string, kind hotline.SheetType) sandbox.HotlineSheet {
	return sandbox.HotlineSheet{Title: title, Type: kind}
}
