package portal_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config struct {
		Apps []struct {
			AppMark, Word string
			Redirects     []string
		}
	}
	Exchanges map[string]map[string]sample
}

type sample struct {
	Method, Path, Code string
	Query              map[string]string
	Headers            map[string]string
	BodyBytes          string `json:"body_bytes"`
	Reply              json.RawMessage
}

// Names and times of the samples: when they were made, and the session they were made in.
var sampleTime = time.Date(2026, 11, 21, 20, 1, 11, 0, time.UTC)

const (
	sampleTicket = "ST-dfe7156aa588805d068424201e11ff00"
	sampleToken  = "TK-23535efa20f8983eb64888c16d71cadb"
)

func loadSamples(t *testing.T) samples {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Exchanges, 28)
	return s
}

// config is the sample's caller.
func (s samples) config(x sample) portal.Config {
	c := portal.Config{AppMark: x.Headers["X-App-Mark"], ServiceHosts: []string{"zwfw.example.invalid"}}
	for _, app := range s.Config.Apps {
		if app.AppMark == c.AppMark || c.AppMark == "" {
			c.AppMark, c.AppWord, c.Redirects = app.AppMark, zwfw.NewSecret(app.Word), app.Redirects
		}
	}
	return c
}

// stopped is a clock that shows the time of the samples.
type stopped struct{ zwfw.Clock }

func (stopped) Now() time.Time { return sampleTime.Add(2 * time.Second) }

// fields of the samples' bodies.
type body struct {
	Ticket, Token, TargetAppMark, RowGUID, Cursor, ProjectNo, CheckCode                           string
	ServiceNumber, Satisfaction, PageSize, Level                                                  int
	ServiceName, ServiceTime, ProStatus, TaskCode, TaskName, OrgCode, OrgName, AreaCode           string
	UserProp, UserName, UserPageType, CertKey, Mobile, ProjectType, PF, Writing, AssessTime, Name string
	EvalNo, Feedback                                                                              string
	EvalDetail                                                                                    []string
	BeginTime, EndTime                                                                            string
	PageNo                                                                                        int
}

func wireTime(t *testing.T, text string) time.Time {
	t.Helper()
	if text == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation(time.DateTime, text, time.FixedZone("+08:00", 8*60*60))
	require.NoError(t, err)
	return at
}

// like makes the call that a sample shows.
var like = map[string]func(ctx context.Context, t *testing.T, c *portal.Client, b body) (any, error){
	"portal.sso.ticket.validate": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.Exchange(ctx, zwfw.NewSecret(b.Ticket))
	},
	"portal.sso.user": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.User(ctx, zwfw.NewSecret(b.Token))
	},
	"portal.sso.token.check": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.CheckToken(ctx, zwfw.NewSecret(b.Token))
	},
	"portal.sso.ticket.generate": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.IssueLoginTicket(ctx, zwfw.NewSecret(b.Token), b.TargetAppMark)
	},
	"portal.item.list": func(ctx context.Context, _ *testing.T, c *portal.Client, _ body) (any, error) {
		return c.Items(ctx, portal.ItemQuery{})
	},
	"portal.item.detail": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.Item(ctx, portal.ItemKey{RowGUID: b.RowGUID})
	},
	"portal.item.changes": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		for page, err := range c.ItemChanges(ctx, portal.Changes{Cursor: b.Cursor, PageSize: b.PageSize}) {
			return page, err
		}
		return nil, nil
	},
	"portal.case.my": func(ctx context.Context, t *testing.T, c *portal.Client, b body) (any, error) {
		return c.MyCases(ctx, portal.MyCasesQuery{Token: zwfw.NewSecret(b.Token), Begin: wireTime(t, b.BeginTime), End: wireTime(t, b.EndTime)})
	},
	"portal.case.progress": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.CaseProgress(ctx, b.ProjectNo, zwfw.NewSecret(b.CheckCode))
	},
	"portal.case.detail": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.Case(ctx, portal.CaseQuery{ProjectNo: b.ProjectNo, Token: zwfw.NewSecret(b.Token)})
	},
	"portal.case.changes": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		for page, err := range c.CaseChanges(ctx, portal.Changes{Cursor: b.Cursor, PageSize: b.PageSize}) {
			return page, err
		}
		return nil, nil
	},
	"portal.case.public": func(ctx context.Context, _ *testing.T, c *portal.Client, _ body) (any, error) {
		return c.PublicCases(ctx, portal.PublicQuery{})
	},
	"portal.evaluate.norms": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.EvaluationNorms(ctx, b.Level)
	},
	"portal.evaluate.service.add": func(ctx context.Context, t *testing.T, c *portal.Client, b body) (any, error) {
		return c.AddEvaluationPoint(ctx, portal.EvaluationPoint{
			ProjectNo: b.ProjectNo, ServiceNumber: b.ServiceNumber, ServiceName: b.ServiceName, ServiceTime: wireTime(t, b.ServiceTime),
			Status: portal.CaseStatus(b.ProStatus), TaskCode: b.TaskCode, TaskName: b.TaskName, OrgCode: b.OrgCode, OrgName: b.OrgName,
			AreaCode: b.AreaCode, UserProp: b.UserProp, UserName: zwfw.NewPersonName(b.UserName), UserPageType: b.UserPageType,
			Mobile: zwfw.NewPhone(b.Mobile), CertKey: zwfw.NewSecret(b.CertKey), ProjectType: portal.ProjectType(b.ProjectType),
		})
	},
	"portal.evaluate.service.list": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.EvaluationPoints(ctx, portal.PointsQuery{Token: zwfw.NewSecret(b.Token)})
	},
	"portal.evaluate.submit": func(ctx context.Context, t *testing.T, c *portal.Client, b body) (any, error) {
		return c.Evaluate(ctx, portal.Evaluation{
			ProjectNo: b.ProjectNo, ServiceNumber: b.ServiceNumber, Satisfaction: b.Satisfaction, Channel: portal.EvaluationChannel(b.PF),
			Labels: b.EvalDetail, Time: wireTime(t, b.AssessTime), Name: zwfw.NewPersonName(b.Name), Token: zwfw.NewSecret(b.Token),
		})
	},
	"portal.evaluate.append": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.AppendEvaluation(ctx, b.EvalNo, b.Writing)
	},
	"portal.evaluate.list": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.Evaluations(ctx, portal.EvaluationsQuery{Level: b.Level})
	},
	"portal.evaluate.stat": func(ctx context.Context, _ *testing.T, c *portal.Client, _ body) (any, error) {
		return c.EvaluationStatistics(ctx, portal.EvaluationsQuery{})
	},
	"portal.evaluate.rectify.list": func(ctx context.Context, _ *testing.T, c *portal.Client, _ body) (any, error) {
		return c.Rectifications(ctx, 0, 0)
	},
	"portal.evaluate.rectify.feedback": func(ctx context.Context, _ *testing.T, c *portal.Client, b body) (any, error) {
		return c.ReplyRectification(ctx, b.EvalNo, b.Feedback)
	},
}

var sampleKinds = map[string]zwfw.Kind{
	"4001": zwfw.BadRequest, "4002": zwfw.BadRequest, "4004": zwfw.BadRequest, "4010": zwfw.CallerDenied, "4011": zwfw.Signature,
	"4030": zwfw.PermissionDenied, "4093": zwfw.WrongState, "6003": zwfw.CodeTypeUnsupported, "6005": zwfw.TokenInvalid,
}

func TestTheClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for op, exchanges := range s.Exchanges {
		call := like[op]
		if call == nil {
			require.True(t, strings.HasPrefix(op, "portal.ingest") || strings.HasPrefix(op, "portal.sso.log") || op == "portal.evaluate.page" || op == "portal.item.directory.list", op)
			continue
		}
		for which, x := range exchanges {
			var b body
			if json.Unmarshal([]byte(x.BodyBytes), &b) != nil || b.BeginTime == "x" { // texts where numbers belong: not to be said in Go
				require.Equal(t, "refused", which)
				continue
			}
			t.Run(op+" "+which, func(t *testing.T) {
				t.Parallel()
				var path, sent string
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					data, _ := io.ReadAll(r.Body)
					path, sent = r.URL.Path, string(data)
					_, _ = w.Write(x.Reply)
				}))
				defer server.Close()
				c := s.config(x)
				c.BaseURL = server.URL + "/hlj"
				got, err := call(t.Context(), t, newClient(t, c, zwfw.WithClock(stopped{zwfw.SystemClock()})), b)
				if path == "" { // the sample's caller sent what the client refuses to send
					require.ErrorIs(t, err, sampleKinds[x.Code])
					require.Equal(t, zwfw.BadRequest, sampleKinds[x.Code])
					return
				}
				require.Equal(t, x.Path, path)
				require.JSONEq(t, x.BodyBytes, sent)
				if which == "refused" && x.Code != "4090" {
					kind := sampleKinds[x.Code]
					if op == "portal.case.progress" {
						kind = zwfw.BadRequest
					}
					require.ErrorIs(t, err, kind)
					return
				}
				require.NoError(t, err)
				requireSample(t, op, which, got)
			})
		}
	}
}

// requireSample looks at what the samples hold.
func requireSample(t *testing.T, op, which string, got any) {
	t.Helper()
	switch got := got.(type) {
	case *portal.Session:
		require.Equal(t, sampleToken, got.Token.Reveal())
		require.Equal(t, portal.LevelAdvanced, got.Level)
	case *portal.User:
		require.Equal(t, "测试甲", got.Person.Name.Reveal())
		require.True(t, got.Person.CertNo.IsMasked())
		require.True(t, got.RealName())
	case *portal.TokenState:
		require.True(t, got.Valid)
	case *portal.LoginTicket:
		require.Equal(t, "ST-8fd97c91f3f4f1229f5aa76d460755c6", got.Ticket.Reveal())
	case *portal.ItemPage:
		require.NotEmpty(t, got.Items)
		require.True(t, got.More)
		require.Equal(t, "行政确认", got.Items[0].Type.Name())
		require.Equal(t, []portal.ServerType{"1", "2"}, got.Items[1].Serves)
	case *portal.ItemDetail:
		require.Equal(t, "测试事项1", got.Name)
		require.Equal(t, "测试申请表", got.Materials[0].Name)
		require.True(t, got.Materials[0].Needed)
	case *portal.MyCases:
		require.Len(t, got.Cases, 3)
		require.Equal(t, "已受理", got.Cases[0].Status.Name())
	case *portal.Case:
		require.NotEmpty(t, got.Stages)
		require.NotEmpty(t, got.ProjectNo)
	case *portal.CasePage:
		require.Len(t, got.Cases, 5)
		require.Equal(t, portal.ResultGranted, got.Cases[0].Result.Meaning)
		require.Nil(t, got.Cases[4].Result)
	case *portal.PublicCases:
		require.Equal(t, 3, got.Total)
	case *portal.Norms:
		require.True(t, got.Has(5, "517"))
	case *portal.PointReceipt:
		require.Equal(t, which == "refused", got.Repeated)
	case *portal.OpenPoints:
		require.Equal(t, 3, got.Points[0].ServiceNumber)
	case *portal.EvaluationReceipt:
		require.Equal(t, "E20261122000001", got.EvalNo)
		require.Equal(t, which == "refused", got.Repeated)
	case *portal.Evaluations:
		require.Equal(t, []string{"510", "517"}, got.Ratings[0].Labels)
		require.False(t, got.Ratings[0].Default)
	case *portal.Statistics:
		require.Equal(t, [6]int64{1: 1, 5: 1}, got.ByLevel)
		require.Equal(t, map[portal.EvaluationChannel]int64{portal.ByComputer: 2}, got.ByChannel)
	case *portal.Rectifications:
		require.Equal(t, portal.FedBack, got.List[0].State)
	case *portal.RectificationReceipt:
		require.Equal(t, portal.FedBack, got.State)
	default:
		require.Fail(t, "nothing looked at", op)
	}
}

// order is that in which the samples were made, as far as one depends on another. Left out
// is a list with a page of 0 rows, which the sandbox takes for its default.
var order = []string{
	"portal.sso.ticket.validate refused", "portal.sso.ticket.validate accepted", "portal.sso.user accepted", "portal.sso.user refused",
	"portal.sso.token.check accepted", "portal.sso.token.check refused", "portal.sso.ticket.generate accepted", "portal.sso.ticket.generate refused",
	"portal.item.directory.list accepted", "portal.item.directory.list refused", "portal.item.list accepted", "portal.item.list refused",
	"portal.item.detail accepted", "portal.item.detail refused", "portal.item.changes accepted", "portal.item.changes refused",
	"portal.case.my accepted", "portal.case.my refused", "portal.case.progress accepted", "portal.case.progress refused",
	"portal.case.detail accepted", "portal.case.detail refused", "portal.case.changes accepted", "portal.case.changes refused",
	"portal.case.public accepted", "portal.case.public refused", "portal.evaluate.norms accepted", "portal.evaluate.norms refused",
	"portal.evaluate.service.add accepted", "portal.evaluate.service.add refused", "portal.evaluate.service.list accepted",
	"portal.evaluate.service.list refused", "portal.evaluate.submit refused", "portal.evaluate.submit accepted",
	"portal.evaluate.append accepted", "portal.evaluate.append refused", "bad rating",
	"portal.evaluate.rectify.feedback accepted", "portal.evaluate.rectify.feedback refused", "portal.evaluate.rectify.list accepted",
	"portal.evaluate.stat accepted", "portal.evaluate.stat refused", "portal.evaluate.list accepted", "portal.evaluate.list refused",
}

func TestTheSandboxAnswersTheSamplesAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	setup := sandbox.PortalSetup{}
	for _, app := range s.Config.Apps {
		setup.Apps = append(setup.Apps, sandbox.PortalApp{Mark: app.AppMark, Word: zwfw.NewSecret(app.Word), Redirects: app.Redirects})
	}
	p := sandbox.Start(t, sandbox.WithStart(sampleTime), sandbox.WithPortal(setup))
	p.PutLoginTicket(sampleTicket, p.Citizens()[0], false)
	p.PutSession(sampleToken, p.Citizens()[0])
	for _, step := range order {
		op, which, _ := strings.Cut(step, " ")
		x := s.Exchanges[op][which]
		switch step {
		case "bad rating": // made between the samples
			at := p.PutEvaluationPoint(foreign, 3)
			client := newClient(t, p.PortalConfig(), zwfw.WithClock(p.Clock()))
			p.Clock().Advance(2 * time.Second)
			_, err := client.Evaluate(t.Context(), portal.Evaluation{
				ProjectNo: foreign, ServiceNumber: 3, Satisfaction: 1, Labels: []string{"110"}, Time: at.Add(time.Second), Anonymous: true,
			})
			require.NoError(t, err)
			continue
		case "portal.item.list accepted": // its time stamp is in milliseconds
			continue
		case "portal.case.progress accepted": // its citizen has another telephone
			continue
		}
		r, err := http.NewRequestWithContext(t.Context(), x.Method, p.URL+x.Path, strings.NewReader(x.BodyBytes))
		require.NoError(t, err)
		for name, value := range x.Headers {
			r.Header.Set(name, value)
		}
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		data, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		var got, want struct {
			Code    string
			Message string
			Data    map[string]any
		}
		require.NoError(t, json.Unmarshal(data, &got), step)
		require.NoError(t, json.Unmarshal(x.Reply, &want))
		require.Equal(t, x.Code, got.Code, "%s: %s", step, data)
		if which == "refused" {
			require.Equal(t, want.Message, got.Message, step)
			continue
		}
		for name, value := range want.Data {
			if value != nil && !slices.Contains([]string{"questions", "fees", "results", "topics"}, name) { // empty ones are left out
				require.Contains(t, got.Data, name, step)
			}
		}
		if op == "portal.item.changes" || op == "portal.item.detail" {
			require.Equal(t, want.Data["list"], got.Data["list"], "the sandbox has the items of the samples")
			require.Equal(t, want.Data["nextCursor"], got.Data["nextCursor"])
		}
	}
}
