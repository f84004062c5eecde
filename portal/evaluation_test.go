package portal_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// rated gives a point that may be rated and a rating for it that is in order.
func rated(t *testing.T, setup sandbox.PortalSetup, options ...zwfw.Option) (*sandbox.Platform, *portal.Client, portal.Evaluation) {
	t.Helper()
	p := sandbox.Start(t, sandbox.WithPortal(setup))
	client := newClient(t, p.PortalConfig(), append(options, zwfw.WithClock(p.Clock()))...)
	at := p.PutEvaluationPoint(finished, 3)
	p.Clock().Advance(10 * time.Second)
	return p, client, portal.Evaluation{
		ProjectNo: finished, ServiceNumber: 3, Satisfaction: 5, Channel: portal.ByMobile, Labels: []string{"510", "517"},
		Token: tokenOf(t, p, client, p.Citizens()[0]), ServiceTime: at,
	}
}

func TestACitizenRatesAndTheDepartmentPutsItRight(t *testing.T) {
	t.Parallel()
	p, client, e := rated(t, sandbox.PortalSetup{})
	open, err := client.EvaluationPoints(t.Context(), portal.PointsQuery{Token: e.Token})
	require.NoError(t, err)
	require.Len(t, open.Points, 1)
	require.Equal(t, "办结", open.Points[0].ServiceName)
	norms, err := client.EvaluationNorms(t.Context(), 0)
	require.NoError(t, err)
	e.Satisfaction, e.Labels, e.Text, e.Norms = 2, []string{"210"}, "等了很久\n第二行", norms

	receipt, err := client.Evaluate(t.Context(), e)
	require.NoError(t, err)
	require.True(t, receipt.RectifyNeeded)
	require.False(t, receipt.Repeated)
	open, err = client.EvaluationPoints(t.Context(), portal.PointsQuery{ProjectNo: finished})
	require.NoError(t, err)
	require.Empty(t, open.Points)

	list, err := client.Rectifications(t.Context(), 1, 10)
	require.NoError(t, err)
	require.Equal(t, portal.Verifying, list.List[0].State)
	require.Equal(t, 18, list.List[0].Deadline.In(time.FixedZone("", 8*60*60)).Hour())
	require.True(t, p.JudgeRating(receipt.EvalNo, true))
	done, err := client.ReplyRectification(t.Context(), receipt.EvalNo, "已增设窗口")
	require.NoError(t, err)
	require.Equal(t, portal.FedBack, done.State)
	_, err = client.ReplyRectification(t.Context(), receipt.EvalNo, "再次")
	require.ErrorIs(t, err, zwfw.WrongState)
	_, err = client.ReplyRectification(t.Context(), "E0", "x")
	require.ErrorIs(t, err, zwfw.NotFound)

	appended, err := client.AppendEvaluation(t.Context(), receipt.EvalNo, "已解决")
	require.NoError(t, err)
	require.False(t, appended.Repeated)
	appended, err = client.AppendEvaluation(t.Context(), receipt.EvalNo, "已解决")
	require.NoError(t, err)
	require.True(t, appended.Repeated)
	_, err = client.AppendEvaluation(t.Context(), receipt.EvalNo, "别的话")
	require.ErrorIs(t, err, zwfw.Conflict)

	shown, err := client.Evaluations(t.Context(), portal.EvaluationsQuery{Level: 2})
	require.NoError(t, err)
	require.Equal(t, 1, shown.Total)
	require.Equal(t, "等了很久\n第二行", shown.Ratings[0].Text.Reveal())
	require.True(t, shown.Ratings[0].Name.IsMasked())
	stat, err := client.EvaluationStatistics(t.Context(), portal.EvaluationsQuery{AreaCode: "999999000000"})
	require.NoError(t, err)
	require.Equal(t, [6]int64{2: 1}, stat.ByLevel)
	require.Equal(t, map[portal.EvaluationChannel]int64{portal.ByMobile: 1}, stat.ByChannel)
	require.Equal(t, map[string]int64{"999999000000": 1}, stat.ByArea)
}

func TestAMistakenRatingIsStruckOutOfTheCount(t *testing.T) {
	t.Parallel()
	p, client, e := rated(t, sandbox.PortalSetup{})
	e.Satisfaction, e.Labels, e.Text = 1, nil, "按错了"
	receipt, err := client.Evaluate(t.Context(), e)
	require.NoError(t, err)
	require.True(t, p.JudgeRating(receipt.EvalNo, false))
	stat, err := client.EvaluationStatistics(t.Context(), portal.EvaluationsQuery{})
	require.NoError(t, err)
	require.Zero(t, stat.Total)
}

func TestRatingsThatBreakARuleAreNotSent(t *testing.T) {
	t.Parallel()
	p, client, good := rated(t, sandbox.PortalSetup{})
	norms, err := client.EvaluationNorms(t.Context(), 0)
	require.NoError(t, err)
	good.Norms = norms
	sent := len(p.Requests())
	for name, x := range map[string]struct {
		field  string
		change func(*portal.Evaluation)
	}{
		"no case":                     {"ProjectNo", func(e *portal.Evaluation) { e.ProjectNo = " " }},
		"no step":                     {"ServiceNumber", func(e *portal.Evaluation) { e.ServiceNumber = 0 }},
		"level 0":                     {"Satisfaction", func(e *portal.Evaluation) { e.Satisfaction = 0 }},
		"level 6":                     {"Satisfaction", func(e *portal.Evaluation) { e.Satisfaction = 6 }},
		"bad without a word":          {"Labels", func(e *portal.Evaluation) { e.Satisfaction, e.Labels, e.Text = 2, nil, " \n" }},
		"label of another level":      {"Labels[1]", func(e *portal.Evaluation) { e.Labels = []string{"510", "110"} }},
		"unknown label":               {"Labels[0]", func(e *portal.Evaluation) { e.Labels = []string{"999"} }},
		"labels joined":               {"Labels[0]", func(e *portal.Evaluation) { e.Labels = []string{"510,517"} }},
		"label twice":                 {"Labels[1]", func(e *portal.Evaluation) { e.Labels = []string{"510", "510"} }},
		"empty label":                 {"Labels[0]", func(e *portal.Evaluation) { e.Labels = []string{""} }},
		"501 characters":              {"Text", func(e *portal.Evaluation) { e.Text = strings.Repeat("好", 501) }},
		"control character":           {"Text", func(e *portal.Evaluation) { e.Text = "\x00" }},
		"before the service":          {"Time", func(e *portal.Evaluation) { e.Time = e.ServiceTime.Add(-time.Second) }},
		"in the service's second":     {"Time", func(e *portal.Evaluation) { e.Time = e.ServiceTime.Add(900 * time.Millisecond) }},
		"in the future":               {"Time", func(e *portal.Evaluation) { e.Time = p.Clock().Now().Add(time.Hour) }},
		"two who rate":                {"CertKey", func(e *portal.Evaluation) { e.CertKey = zwfw.NewSecret("k") }},
		"channel with a line end":     {"Channel", func(e *portal.Evaluation) { e.Channel = "1\n" }},
		"number of the case too long": {"ProjectNo", func(e *portal.Evaluation) { e.ProjectNo = strings.Repeat("1", 51) }},
	} {
		e := good
		x.change(&e)
		_, err := client.Evaluate(t.Context(), e)
		requireRefusedHere(t, err, x.field)
		require.ErrorIs(t, err, zwfw.BadRequest, name)
	}
	require.Len(t, p.Requests(), sent)
	good.Text = strings.Repeat("好", 500)
	_, err = client.Evaluate(t.Context(), good)
	require.NoError(t, err)
}

// What only the platform can know it refuses itself.
func TestRatingsThatThePlatformRefuses(t *testing.T) {
	t.Parallel()
	p, client, good := rated(t, sandbox.PortalSetup{})
	p.PutEvaluationPoint(foreign, 3)
	p.Clock().Advance(2 * time.Second)
	for name, x := range map[string]struct {
		kind   zwfw.Kind
		change func(*portal.Evaluation)
	}{
		"no such point":           {zwfw.NotFound, func(e *portal.Evaluation) { e.ServiceNumber = 1 }},
		"no such case":            {zwfw.NotFound, func(e *portal.Evaluation) { e.ProjectNo = "X" }},
		"somebody else's case":    {zwfw.PermissionDenied, func(e *portal.Evaluation) { e.ProjectNo = foreign }},
		"unknown token":           {zwfw.TokenInvalid, func(e *portal.Evaluation) { e.Token = zwfw.NewSecret("x") }},
		"unknown channel":         {zwfw.BadRequest, func(e *portal.Evaluation) { e.Channel = "9" }},
		"label of another level":  {zwfw.BadRequest, func(e *portal.Evaluation) { e.Labels = []string{"110"} }},
		"before the service":      {zwfw.BadRequest, func(e *portal.Evaluation) { e.Time, e.ServiceTime = e.ServiceTime.Add(-time.Minute), time.Time{} }},
		"in the service's second": {zwfw.BadRequest, func(e *portal.Evaluation) { e.Time, e.ServiceTime = e.ServiceTime, time.Time{} }},
	} {
		e := good
		x.change(&e)
		_, err := client.Evaluate(t.Context(), e)
		require.ErrorIs(t, err, x.kind, name)
		require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
	}
	require.Zero(t, p.Effects("portal.Evaluate"))
	p.Clock().Advance(31 * 24 * time.Hour)
	good.Token = tokenOf(t, p, client, p.Citizens()[0])
	_, err := client.Evaluate(t.Context(), good)
	require.ErrorIs(t, err, zwfw.WrongState, "the window is closed")
}

func TestARatingGivenTwiceIsSuccessAndAnotherOneIsNot(t *testing.T) {
	t.Parallel()
	p, client, e := rated(t, sandbox.PortalSetup{})
	first, err := client.Evaluate(t.Context(), e)
	require.NoError(t, err)
	p.Clock().Advance(time.Minute) // who presses again does so later
	second, err := client.Evaluate(t.Context(), e)
	require.NoError(t, err)
	require.True(t, second.Repeated)
	require.Equal(t, first.EvalNo, second.EvalNo)
	e.Satisfaction, e.Labels = 1, []string{"110"}
	_, err = client.Evaluate(t.Context(), e)
	require.ErrorIs(t, err, zwfw.Conflict)
	require.Equal(t, 1, p.Effects("portal.Evaluate"))
}

func TestAHundredCallersAtOnceMakeOneRatingAndAllAreToldSuccess(t *testing.T) {
	t.Parallel()
	p, client, e := rated(t, sandbox.PortalSetup{}, patient...)
	var done, repeated atomic.Int64
	var group sync.WaitGroup
	begin := make(chan struct{})
	for range 100 {
		group.Go(func() {
			<-begin
			r, err := client.Evaluate(t.Context(), e)
			if assert.NoError(t, err) {
				done.Add(1)
				if r.Repeated {
					repeated.Add(1)
				}
			}
		})
	}
	close(begin)
	group.Wait()
	require.EqualValues(t, 100, done.Load())
	require.EqualValues(t, 99, repeated.Load())
	require.Equal(t, 1, p.Effects("portal.Evaluate"))
	stat, err := client.EvaluationStatistics(t.Context(), portal.EvaluationsQuery{})
	require.NoError(t, err)
	require.EqualValues(t, 1, stat.Total)
}

// Quirk 18: some platforms make five stars of silence.
func TestRatingsThatNobodyGaveAreMarkedAndNeverMadeHere(t *testing.T) {
	t.Parallel()
	for _, stars := range []bool{false, true} {
		p, client, e := rated(t, sandbox.PortalSetup{DefaultStars: stars})
		p.Clock().Advance(31 * 24 * time.Hour)
		shown, err := client.Evaluations(t.Context(), portal.EvaluationsQuery{})
		require.NoError(t, err)
		if !stars {
			require.Empty(t, shown.Ratings)
			continue
		}
		require.Len(t, shown.Ratings, 1)
		require.True(t, shown.Ratings[0].Default)
		require.Equal(t, 5, shown.Ratings[0].Satisfaction)
		require.Zero(t, p.Effects("portal.Evaluate"))
		_ = e
	}
}

func point() portal.EvaluationPoint {
	return portal.EvaluationPoint{
		ProjectNo: finished, ServiceNumber: 3, ServiceName: "办结", ServiceTime: time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC), Status: portal.CaseFinished,
		TaskCode: "11999999000000000Q200010100000201", TaskName: "测试事项2", OrgCode: "11999999000000000Q", OrgName: "测试机构", AreaCode: "999999",
		UserProp: "1", UserName: zwfw.NewPersonName("测试甲"), UserPageType: "111", Mobile: zwfw.NewPhone("10000000001"), ProjectType: portal.ProjectPromised,
		HallCertKey: zwfw.NewSecret("hall-key"),
	}
}

func TestAPointIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	first, err := client.AddEvaluationPoint(t.Context(), point())
	require.NoError(t, err)
	require.False(t, first.Repeated)
	again, err := client.AddEvaluationPoint(t.Context(), point())
	require.NoError(t, err)
	require.True(t, again.Repeated)
	other := point()
	other.ServiceTime = other.ServiceTime.Add(time.Hour)
	_, err = client.AddEvaluationPoint(t.Context(), other)
	require.ErrorIs(t, err, zwfw.Conflict)
	require.Equal(t, 1, p.Effects("portal.AddEvaluationPoint"))
	open, err := client.EvaluationPoints(t.Context(), portal.PointsQuery{ProjectNo: finished})
	require.NoError(t, err)
	require.Equal(t, "11999999000000000Q2000101000002", open.Points[0].TaskCode, "of 33 characters the first 31 are the item's code")
	unknown := point()
	unknown.ProjectNo = "X"
	_, err = client.AddEvaluationPoint(t.Context(), unknown)
	require.ErrorIs(t, err, zwfw.NotFound)
}

func TestAPointThatLacksSomethingIsNotSent(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for field, change := range map[string]func(*portal.EvaluationPoint){
		"ProjectNo":     func(p *portal.EvaluationPoint) { p.ProjectNo = "" },
		"ServiceNumber": func(p *portal.EvaluationPoint) { p.ServiceNumber = 0 },
		"ServiceName":   func(p *portal.EvaluationPoint) { p.ServiceName = "" },
		"ServiceTime":   func(p *portal.EvaluationPoint) { p.ServiceTime = time.Time{} },
		"Status":        func(p *portal.EvaluationPoint) { p.Status = "" },
		"TaskCode":      func(p *portal.EvaluationPoint) { p.TaskCode = "" },
		"TaskName":      func(p *portal.EvaluationPoint) { p.TaskName = "" },
		"OrgCode":       func(p *portal.EvaluationPoint) { p.OrgCode = "" },
		"OrgName":       func(p *portal.EvaluationPoint) { p.OrgName = "" },
		"AreaCode":      func(p *portal.EvaluationPoint) { p.AreaCode = "99999900" },
		"UserProp":      func(p *portal.EvaluationPoint) { p.UserProp = "" },
		"UserName":      func(p *portal.EvaluationPoint) { p.UserName = zwfw.PersonName{} },
		"UserPageType":  func(p *portal.EvaluationPoint) { p.UserPageType = "" },
		"Mobile":        func(p *portal.EvaluationPoint) { p.Mobile = zwfw.Phone{} },
		"ProjectType":   func(p *portal.EvaluationPoint) { p.ProjectType = "" },
		"CertKey":       func(p *portal.EvaluationPoint) { p.CertKey = zwfw.NewSecret("online-key") },
		"HandleItem":    func(p *portal.EvaluationPoint) { p.HandleItem = "22999999000000000Q200010100000201" },
	} {
		broken := point()
		change(&broken)
		_, err := client.AddEvaluationPoint(t.Context(), broken)
		requireRefusedHere(t, err, field)
	}
	require.Empty(t, p.Requests())
}
