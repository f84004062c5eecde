package portal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// quick repeats without long pauses.
var quick = zwfw.WithRetry(zwfw.Retry{MaxAttempts: 2, BaseDelay: time.Millisecond, MaxDelay: time.Millisecond})

// classes are one operation of each class, made ready to be called.
var classes = map[string]struct {
	op       string
	attempts int // after a lost answer
	call     func(t *testing.T, p *sandbox.Platform, c *portal.Client) func() error
}{
	"a one-time ticket": {"Exchange", 1, func(t *testing.T, p *sandbox.Platform, c *portal.Client) func() error {
		ticket := p.MintLoginTicket(p.Citizens()[0], false)
		return func() error { _, err := c.Exchange(t.Context(), ticket); return err }
	}},
	"a ticket for another application": {"IssueLoginTicket", 1, func(t *testing.T, p *sandbox.Platform, c *portal.Client) func() error {
		token := tokenOf(t, p, c, p.Citizens()[0])
		return func() error {
			_, err := c.IssueLoginTicket(t.Context(), token, p.PortalConfigOf(1).AppMark)
			return err
		}
	}},
	"a reply": {"ReplyRectification", 1, func(t *testing.T, p *sandbox.Platform, c *portal.Client) func() error {
		at := p.PutEvaluationPoint(finished, 3)
		r, err := c.Evaluate(t.Context(), portal.Evaluation{ProjectNo: finished, ServiceNumber: 3, Satisfaction: 1, Text: "差", Time: at.Add(time.Second)})
		require.NoError(t, err)
		return func() error { _, err := c.ReplyRectification(t.Context(), r.EvalNo, "已整改"); return err }
	}},
	"a rating": {"Evaluate", 2, func(t *testing.T, p *sandbox.Platform, c *portal.Client) func() error {
		at := p.PutEvaluationPoint(finished, 3)
		return func() error {
			_, err := c.Evaluate(t.Context(), portal.Evaluation{ProjectNo: finished, ServiceNumber: 3, Satisfaction: 4, Time: at.Add(time.Second)})
			return err
		}
	}},
	"a point": {"AddEvaluationPoint", 2, func(t *testing.T, _ *sandbox.Platform, c *portal.Client) func() error {
		return func() error { _, err := c.AddEvaluationPoint(t.Context(), point()); return err }
	}},
	"a reading": {"Item", 2, func(t *testing.T, _ *sandbox.Platform, c *portal.Client) func() error {
		return func() error {
			_, err := c.Item(t.Context(), portal.ItemKey{RowGUID: "c4ca4238a0b923820dcc509a6f75849b"})
			return err
		}
	}},
}

func TestEveryClassUnderEveryFaultHasOneEffectAtMostAndNoWrongSuccess(t *testing.T) {
	t.Parallel()
	for name, class := range classes {
		for _, x := range []struct {
			fault   sandbox.Fault
			once    zwfw.Outcome // of a call that is sent once
			kind    zwfw.Kind
			healed  bool // a call that is repeated succeeds
			settled bool // the same for every class
		}{
			{sandbox.DropBefore(), zwfw.OutcomeUnknown, zwfw.Upstream, true, false},
			{sandbox.DropAfter(), zwfw.OutcomeUnknown, zwfw.Upstream, true, false},
			{sandbox.HalfBody(), zwfw.OutcomeUnknown, zwfw.Upstream, true, false},
			{sandbox.HTML(502), zwfw.OutcomeUnknown, zwfw.Upstream, true, false},
			{sandbox.HTML(200), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch, false, false},
			{sandbox.Maintenance(), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch, false, false},
			{sandbox.Body(200, ""), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch, false, false},
			{sandbox.Body(200, "{}"), zwfw.OutcomeUnknown, zwfw.ProtocolMismatch, false, false},
			{sandbox.Refuse(zwfw.PermissionDenied), zwfw.OutcomeRefused, zwfw.PermissionDenied, false, true},
			{sandbox.RefuseCode("7777", "成功"), zwfw.OutcomeRefused, zwfw.Unclassified, false, true},
			{sandbox.SkewClock(20 * time.Minute), zwfw.OutcomeRefused, zwfw.ClockSkew, false, true},
			{sandbox.Endless(), zwfw.OutcomeUnknown, zwfw.TooLarge, false, false},
		} {
			t.Run(name+" "+x.fault.String(), func(t *testing.T) {
				t.Parallel()
				p, client := start(t, quick, zwfw.WithMaxResponse(64<<10), zwfw.WithTimeout(time.Minute), zwfw.WithAttemptTimeout(time.Minute))
				call := class.call(t, p, client)
				before := len(p.Requests())
				p.Faults().Next("portal."+class.op, x.fault)
				err := call()
				require.LessOrEqual(t, p.Effects("portal."+class.op), 1)
				if x.healed && class.attempts > 1 {
					require.NoError(t, err)
					require.Len(t, p.Requests(), before+2)
					return
				}
				var e *zwfw.Error
				require.ErrorAs(t, err, &e)
				require.Equal(t, x.kind, e.Kind)
				require.Equal(t, x.once, e.Outcome)
				if class.attempts == 1 || x.settled {
					require.Len(t, p.Requests(), before+1, "sent once")
				}
				advice := zwfw.AdviceFor(err)
				require.LessOrEqual(t, len([]rune(advice.Citizen.ZH)), 20)
				require.NotEmpty(t, advice.Staff.EN)
			})
		}
	}
}

// codes is the whole list of the contract.
var codes = map[string]zwfw.Kind{
	"4000": zwfw.BadRequest, "4001": zwfw.BadRequest, "4002": zwfw.BadRequest, "4003": zwfw.BadRequest, "4004": zwfw.BadRequest,
	"4010": zwfw.CallerDenied, "4011": zwfw.Signature, "4012": zwfw.ClockSkew, "4013": zwfw.Replay, "6001": zwfw.CodeExpired,
	"6002": zwfw.CodeUsed, "6003": zwfw.CodeTypeUnsupported, "6004": zwfw.CodeMalformed, "6005": zwfw.TokenInvalid, "6006": zwfw.NotRealName,
	"6007": zwfw.PermissionDenied, "4030": zwfw.PermissionDenied, "4040": zwfw.NotFound, "4091": zwfw.Conflict, "4092": zwfw.Stale,
	"4093": zwfw.WrongState, "4130": zwfw.TooLarge, "4220": zwfw.InvalidRows, "4290": zwfw.RateLimited, "5000": zwfw.Upstream, "5030": zwfw.Busy,
	// Unknown ones are never success.
	"1": zwfw.Unclassified, "00": zwfw.Unclassified, "4094": zwfw.Unclassified, "6999": zwfw.Unclassified, "成功": zwfw.Unclassified,
}

func TestEveryCodeHasItsKindAndAnUnknownOneIsNeverSuccess(t *testing.T) {
	t.Parallel()
	p, client := start(t, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1, BaseDelay: time.Millisecond, MaxDelay: time.Millisecond}))
	for code, kind := range codes {
		p.Faults().Always("portal.Items", sandbox.Body(200, fmt.Sprintf(`{"code":%q,"message":"成功","data":{"list":[]}}`, code)))
		_, err := client.Items(t.Context(), portal.ItemQuery{})
		require.ErrorIs(t, err, kind, code)
	}
	for _, code := range []string{`"0"`, `0`, `"200"`, `"000000"`, `"success"`, `"4090"`} {
		p.Faults().Always("portal.Items", sandbox.Body(200, `{"code":`+code+`,"message":"","data":{"list":[]}}`))
		_, err := client.Items(t.Context(), portal.ItemQuery{})
		require.NoError(t, err, code)
	}
}

func TestThePlatformAdmitsItsOwnApplicationsAlone(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{Apps: []sandbox.PortalApp{
		{Mark: "first", Word: zwfw.NewSecret("word-1")}, {Mark: "second", Word: zwfw.NewSecret("word-2"), Blocked: true},
	}}))
	ask := func(change func(*portal.Config)) error {
		c := p.PortalConfig()
		change(&c)
		_, err := newClient(t, c).Items(t.Context(), portal.ItemQuery{})
		return err
	}
	require.NoError(t, ask(func(*portal.Config) {}))
	require.ErrorIs(t, ask(func(c *portal.Config) { c.AppMark = "nobody" }), zwfw.CallerDenied)
	require.ErrorIs(t, ask(func(c *portal.Config) { c.AppMark, c.AppWord = "second", zwfw.NewSecret("word-2") }), zwfw.CallerDenied)
	require.ErrorIs(t, ask(func(c *portal.Config) { c.AppWord = zwfw.NewSecret("word-2") }), zwfw.Signature)
	require.Contains(t, p.Requests()[len(p.Requests())-1].Explanation, "key")

	p.Faults().Next("portal.Items", sandbox.Refuse(zwfw.BadRequest))
	require.ErrorIs(t, ask(func(*portal.Config) {}), zwfw.BadRequest)
	require.Equal(t, "4000", p.Requests()[len(p.Requests())-1].Answer)
}
