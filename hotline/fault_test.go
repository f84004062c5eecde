package hotline_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// faults are the ways in which one call can go wrong, and what its caller must be told
// when nothing is repeated.
var faults = []struct {
	fault   sandbox.Fault
	outcome zwfw.Outcome
	kind    zwfw.Kind
}{
	{sandbox.DropBefore(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.DropAfter(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HalfBody(), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(502), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.HTML(200), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Maintenance(), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, ""), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, "{}"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, "false"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Body(200, `{"code":"49999","message":"?","data":{}}`), zwfw.OutcomeRefused, zwfw.Unclassified},
	{sandbox.Body(500, `{"code":"0","message":"ok","data":{}}`), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch},
	{sandbox.Refuse(zwfw.Upstream), zwfw.OutcomeUnknown, zwfw.Upstream},
	{sandbox.Refuse(zwfw.RateLimited), zwfw.OutcomeRefused, zwfw.RateLimited},
	{sandbox.RefuseCode("40107", ""), zwfw.OutcomeRefused, zwfw.CallerDenied},
	{sandbox.SkewClock(8 * time.Hour), zwfw.OutcomeRefused, zwfw.ClockSkew},
	{sandbox.Endless(), zwfw.OutcomeUnknown, zwfw.TooLarge},
}

// act is one operation of a class.
type act struct {
	name string
	run  func(ctx context.Context, c *hotline.Client, id hotline.DispatchID) error
}

var acts = []act{
	{"SheetDetail", func(ctx context.Context, c *hotline.Client, id hotline.DispatchID) error {
		_, err := c.SheetDetail(ctx, id)
		return err
	}},
	{"SignFor", func(ctx context.Context, c *hotline.Client, id hotline.DispatchID) error {
		_, err := c.SignFor(ctx, signing(id))
		return err
	}},
	{"Reject", func(ctx context.Context, c *hotline.Client, id hotline.DispatchID) error {
		_, err := c.Reject(ctx, rejecting(id, "R1"))
		return err
	}},
}

func TestEveryFaultIsToldAsItIsAndHasAtMostOneEffect(t *testing.T) {
	t.Parallel()
	p, client := start(t, once, zwfw.WithTimeout(time.Minute), zwfw.WithMaxResponse(64<<10))
	_, err := client.Ready(t.Context())
	require.NoError(t, err)
	for _, a := range acts {
		for _, x := range faults {
			id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
			op := "hotline." + a.name
			effects := p.Effects(op)
			p.Faults().Next(op, x.fault)
			err := a.run(t.Context(), client, id)
			var e *zwfw.Error
			require.ErrorAs(t, err, &e, "%s %s", op, x.fault)
			require.Equal(t, x.kind, e.Kind, "%s %s", op, x.fault)
			require.Equal(t, x.outcome, e.Outcome, "%s %s", op, x.fault)
			require.LessOrEqual(t, p.Effects(op)-effects, 1)
			require.LessOrEqual(t, len([]rune(zwfw.AdviceFor(err).Citizen.ZH)), 20)
			require.NotEmpty(t, zwfw.AdviceFor(err).Staff.EN)
		}
	}
	require.Empty(t, p.Faults().Pending())
}

// With repetition the same request is sent again under the same number: one effect and
// success.
func TestWritesAreRepeatedUnderTheSameNumberAndReadsAreRepeated(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 2, BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}))
	for _, a := range acts {
		for _, fault := range []sandbox.Fault{
			sandbox.DropBefore(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.HTML(502), sandbox.Refuse(zwfw.Upstream), sandbox.Refuse(zwfw.Busy),
			sandbox.RefuseCode("42901", ""), sandbox.RefuseCode("40102", ""), sandbox.RefuseCode("40106", ""),
		} {
			id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
			op := "hotline." + a.name
			effects := p.Effects(op)
			p.Faults().Next(op, fault)
			require.NoError(t, a.run(t.Context(), client, id), "%s %s", op, fault)
			if a.name != "SheetDetail" {
				require.Equal(t, 1, p.Effects(op)-effects, "%s %s", op, fault)
			}
		}
	}
}

// errorTable is the contract's whole list.
var errorTable = map[string]zwfw.Kind{
	"40001": zwfw.BadRequest, "40002": zwfw.BadRequest, "40003": zwfw.BadRequest, "40004": zwfw.BadRequest, "40005": zwfw.BadRequest, "40006": zwfw.BadRequest,
	"40101": zwfw.TokenInvalid, "40102": zwfw.TokenInvalid, "40103": zwfw.TokenInvalid, "40104": zwfw.Signature, "40105": zwfw.ClockSkew, "40106": zwfw.Replay,
	"40107": zwfw.CallerDenied, "40301": zwfw.PermissionDenied, "40302": zwfw.PermissionDenied, "40401": zwfw.NotFound, "40402": zwfw.NotFound,
	"40901": zwfw.WrongState, "40902": zwfw.Conflict, "40903": zwfw.WrongState, "40904": zwfw.LimitReached, "40905": zwfw.LimitReached, "40906": zwfw.WrongState,
	"40907": zwfw.Stale, "41301": zwfw.TooLarge, "42201": zwfw.InvalidRows, "42901": zwfw.RateLimited, "50000": zwfw.Upstream, "50301": zwfw.Busy,
	// Unknown ones are never success.
	"40999": zwfw.Unclassified, "00": zwfw.Unclassified, "000000": zwfw.Unclassified,
}

func TestEveryCodeOfTheTableHasItsKind(t *testing.T) {
	t.Parallel()
	p, client := start(t, once)
	for code, kind := range errorTable {
		p.Faults().Always("hotline.Flow", sandbox.Body(200, fmt.Sprintf(`{"code":%q,"message":"m","data":{}}`, code)))
		_, err := client.Flow(t.Context(), "D1")
		requireCode(t, err, code, kind)
	}
}

func TestSuccessHasManyNames(t *testing.T) {
	t.Parallel()
	p, client := start(t, once)
	for _, envelope := range []string{`"code":"0"`, `"code":0`, `"code":200`, `"code":"10000"`, `"success":true`, `"success":"true"`} {
		p.Faults().Next("hotline.SignFor", sandbox.Body(200, "{"+envelope+`,"data":{"state":"20"}}`))
		r, err := client.SignFor(t.Context(), signing("D1"))
		require.NoError(t, err, envelope)
		require.Equal(t, hotline.Signed, r.State)
	}
	p.Faults().Next("hotline.SignFor", sandbox.Body(200, `{"success":false}`))
	_, err := client.SignFor(t.Context(), signing("D1"))
	require.ErrorIs(t, err, zwfw.Unclassified, "false, and nothing else")
}

// The sandbox refuses what the contract's codes are for; those of the states stand in
// transition_test.go.
func TestTheSandboxRefusesAsTheContractSays(t *testing.T) {
	t.Parallel()
	p, client := start(t, once)
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	a := appeal(p, "YC1")
	for code, call := range map[string]func() error{
		"40003": func() error { a := a; a.Type = "77"; _, err := client.SubmitAppeal(t.Context(), a); return err },
		"42201": func() error { a := a; a.Area = "110000"; _, err := client.SubmitAppeal(t.Context(), a); return err },
		"40006": func() error {
			return firstError(client.ReportedSheets(t.Context(), hotline.ReportedQuery{From: handledAt, To: handledAt.AddDate(0, 2, 0)}))
		},
		"40301": func() error {
			_, err := client.ReportSeats(t.Context(), hotline.SeatReport{Snapshot: hotline.Snapshot{City: "999999", At: handledAt, Seq: 1, Period: time.Second}})
			return err
		},
		"40402": func() error {
			f := finishing(id, "F1")
			f.Attachments = []hotline.Attachment{{FileID: "nothing"}}
			_, err := client.Finish(t.Context(), f)
			return err
		},
		"40401": func() error { _, err := client.SheetFlow(t.Context(), "S-unknown"); return err },
		"41301": func() error {
			c := p.HotlineConfig()
			c.MaxFile = 30 << 20
			_, err := newClient(t, c, zwfw.WithClock(p.Clock())).Upload(t.Context(), upload("a.jpg", make([]byte, 20<<20+1), nil))
			return err
		},
	} {
		err := call()
		var e *zwfw.Error
		require.ErrorAs(t, err, &e, code)
		require.Equal(t, errorTable[code], e.Kind, code)
		require.Equal(t, code, e.Code)
	}
	large := a
	large.Extend = []byte(`{"x":"` + strings.Repeat("x", 4<<20) + `"}`)
	_, err := client.SubmitAppeal(t.Context(), large)
	requireCode(t, err, "41301", zwfw.TooLarge)
	_, err = city(t, p).SubmitAppeal(t.Context(), a)
	requireCode(t, err, "40301", zwfw.PermissionDenied)
	allowed := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{CityReports: true}))
	_, err = city(t, allowed).SubmitAppeal(t.Context(), appeal(allowed, "YC1"))
	require.NoError(t, err, "the right is data")
}

func TestTooManyCallsWaitAsLongAsThePlatformAsks(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{Rate: 5}))
	client := newClient(t, p.HotlineConfig(), once, zwfw.WithClock(p.Clock()))
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	var err error
	for range 200 {
		if _, err = client.SignForStatus(t.Context(), id); err != nil {
			break
		}
	}
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "42901", e.Code)
	require.Greater(t, e.RetryAfter, time.Duration(0))
	require.LessOrEqual(t, e.RetryAfter, time.Second)
	p.Clock().Advance(time.Second)
	_, err = client.SignForStatus(t.Context(), id)
	require.NoError(t, err)
}

func TestAClockThatIsOffIsHealedUpToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(unhurried))
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	for _, off := range []time.Duration{10 * time.Minute, -10 * time.Minute} {
		client := newClient(t, p.HotlineConfig(), zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return p.Clock().Now().Add(off) })))
		_, err := client.SignForStatus(t.Context(), id)
		require.NoError(t, err)
		require.WithinDuration(t, p.Clock().Now(), client.Now(), 5*time.Second)
	}
	client := newClient(t, p.HotlineConfig(), zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return p.Clock().Now().Add(time.Hour) })))
	_, err := client.SignForStatus(t.Context(), id)
	require.ErrorIs(t, err, zwfw.ClockSkew)
}
