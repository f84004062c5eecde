package portal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestATicketBecomesASessionOnce(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizens := p.Citizens()
	ticket := p.MintLoginTicket(citizens[0], false)
	session, err := client.Exchange(t.Context(), ticket)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), session.Expires, time.Minute)
	_, err = client.Exchange(t.Context(), ticket)
	require.ErrorIs(t, err, zwfw.CodeUsed)
	user, err := client.User(t.Context(), session.Token)
	require.NoError(t, err)
	require.Equal(t, citizens[0].Name.Reveal(), user.Person.Name.Reveal())
	require.NotContains(t, fmt.Sprintf("%+v %#v", user, session), citizens[0].Name.Reveal())
	state, err := client.CheckToken(t.Context(), session.Token)
	require.NoError(t, err)
	require.True(t, state.Valid)

	old := p.MintLoginTicket(citizens[0], false)
	p.Clock().Advance(61 * time.Second)
	_, err = newClient(t, p.PortalConfig(), zwfw.WithClock(p.Clock())).Exchange(t.Context(), old)
	require.ErrorIs(t, err, zwfw.CodeExpired)
	p.Clock().Advance(time.Hour)
	_, err = newClient(t, p.PortalConfig(), zwfw.WithClock(p.Clock())).CheckToken(t.Context(), session.Token)
	require.ErrorIs(t, err, zwfw.TokenInvalid)
	_, err = newClient(t, p.PortalConfigOf(1), zwfw.WithClock(p.Clock())).User(t.Context(), session.Token)
	require.ErrorIs(t, err, zwfw.TokenInvalid)
}

func TestALegalPersonComesWithItsAgent(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	session, err := client.Exchange(t.Context(), p.MintLoginTicket(p.Citizens()[1], true))
	require.NoError(t, err)
	require.Equal(t, portal.UserLegal, session.UserType)
	user, err := client.User(t.Context(), session.Token)
	require.NoError(t, err)
	require.Equal(t, "91999999000000001X", user.Legal.CreditCode)
	require.Equal(t, portal.RoleAgent, user.Agent.Role)
	require.Nil(t, user.Person)
	require.Equal(t, portal.LevelAdvanced, user.Level)
}

// Quirk 6: below real-name level the identity is empty.
func TestAnUnverifiedUserHasNoDependableIdentity(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	user, err := client.User(t.Context(), tokenOf(t, p, client, p.Citizens()[len(p.Citizens())-1]))
	require.NoError(t, err)
	require.False(t, user.RealName())
	require.True(t, user.Person.CertNo.IsZero())
}

func TestASpentTicketMayBeForgivenForAWhile(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{Grace: 5 * time.Second}))
	client := newClient(t, p.PortalConfig(), zwfw.WithClock(p.Clock()))
	ticket := p.MintLoginTicket(p.Citizens()[0], false)
	first, err := client.Exchange(t.Context(), ticket)
	require.NoError(t, err)
	second, err := client.Exchange(t.Context(), ticket)
	require.NoError(t, err)
	require.True(t, first.Token.Equal(second.Token))
	p.Clock().Advance(6 * time.Second)
	_, err = client.Exchange(t.Context(), ticket)
	require.ErrorIs(t, err, zwfw.CodeUsed)
}

func TestOtherProvincesWordsForAUserAreRead(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for body, want := range map[string]portal.UserType{
		`{"code":"0","data":{"userType":"PERSON","personInfo":{"uuid":"u","username":"测试甲","authLevel":2}}}`:         portal.UserPerson,
		`{"code":"0","data":{"userId":"u","name":"测试甲","authLevel":"2"}}`:                                            portal.UserPerson,
		`{"code":"0","data":{"userType":"LEGAL_PERSON","legalPersonInfo":{"name":"测试有限公司"},"attn":{"authLevel":2}}}`: portal.UserLegal,
	} {
		p.Faults().Next("portal.User", sandbox.Body(200, body))
		user, err := client.User(t.Context(), zwfw.NewSecret("TK"))
		require.NoError(t, err)
		require.Equal(t, want, user.UserType)
		require.Equal(t, portal.LevelPrimary, user.Level)
	}
	p.Faults().Always("portal.User", sandbox.Body(200, `{"code":"0","data":{"userType":"1"}}`))
	_, err := client.User(t.Context(), zwfw.NewSecret("TK"))
	require.ErrorIs(t, err, zwfw.ProtocolMismatch)
	p.Faults().Always("portal.CheckToken", sandbox.Body(200, `{"code":"0","data":{"valid":false}}`))
	state, err := client.CheckToken(t.Context(), zwfw.NewSecret("TK"))
	require.NoError(t, err)
	require.False(t, state.Valid)
}

func TestBadInputIsRefusedByItsNameAndNothingIsSent(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	ctx := t.Context()
	long := strings.Repeat("x", 5000)
	token := zwfw.NewSecret("TK")
	for name, x := range map[string]struct {
		field string
		call  func() error
	}{
		"no ticket":             {"ticket", func() error { _, err := client.Exchange(ctx, zwfw.NewSecret(" ")); return err }},
		"long ticket":           {"ticket", func() error { _, err := client.Exchange(ctx, zwfw.NewSecret(long)); return err }},
		"no token":              {"token", func() error { _, err := client.User(ctx, zwfw.Secret{}); return err }},
		"token with a line end": {"token", func() error { _, err := client.CheckToken(ctx, zwfw.NewSecret("a\nb")); return err }},
		"no target":             {"appMark", func() error { _, err := client.IssueLoginTicket(ctx, token, ""); return err }},
		"long keyword":          {"Keyword", func() error { _, err := client.Items(ctx, portal.ItemQuery{Keyword: long}); return err }},
		"area":                  {"AreaCode", func() error { _, err := client.ItemDirectory(ctx, portal.ItemQuery{AreaCode: long}); return err }},
		"page of 101":           {"PageSize", func() error { _, err := client.Items(ctx, portal.ItemQuery{PageSize: 101}); return err }},
		"no key":                {"RowGUID", func() error { _, err := client.Item(ctx, portal.ItemKey{}); return err }},
		"long code":             {"TaskCode", func() error { _, err := client.Item(ctx, portal.ItemKey{TaskCode: long}); return err }},
		"no user":               {"Token", func() error { _, err := client.MyCases(ctx, portal.MyCasesQuery{}); return err }},
		"page -1":               {"PageNo", func() error { _, err := client.MyCases(ctx, portal.MyCasesQuery{Token: token, PageNo: -1}); return err }},
		"end before begin": {"End", func() error {
			_, err := client.PublicCases(ctx, portal.PublicQuery{Begin: time.Unix(9, 0), End: time.Unix(1, 0)})
			return err
		}},
		"no case":            {"ProjectNo", func() error { _, err := client.Case(ctx, portal.CaseQuery{}); return err }},
		"no check code":      {"checkCode", func() error { _, err := client.CaseProgress(ctx, ongoing, zwfw.Secret{}); return err }},
		"level 6 of norms":   {"level", func() error { _, err := client.EvaluationNorms(ctx, 6); return err }},
		"points of nobody":   {"Token", func() error { _, err := client.EvaluationPoints(ctx, portal.PointsQuery{}); return err }},
		"level 6 of ratings": {"Level", func() error { _, err := client.Evaluations(ctx, portal.EvaluationsQuery{Level: 6}); return err }},
		"statistics of a level": {"Level", func() error {
			_, err := client.EvaluationStatistics(ctx, portal.EvaluationsQuery{Level: 1})
			return err
		}},
		"statistics of a page": {"PageNo", func() error {
			_, err := client.EvaluationStatistics(ctx, portal.EvaluationsQuery{PageNo: 1})
			return err
		}},
		"appendix without words": {"Text", func() error { _, err := client.AppendEvaluation(ctx, "E1", ""); return err }},
		"appendix of 501":        {"Text", func() error { _, err := client.AppendEvaluation(ctx, "E1", strings.Repeat("好", 501)); return err }},
		"reply to nothing":       {"evalNo", func() error { _, err := client.ReplyRectification(ctx, "", "x"); return err }},
		"page 101 of bad ones":   {"PageSize", func() error { _, err := client.Rectifications(ctx, 1, 101); return err }},
		"changes of 101": {"PageSize", func() (failed error) {
			for _, err := range client.ItemChanges(ctx, portal.Changes{PageSize: 101}) {
				failed = err
			}
			return failed
		}},
	} {
		t.Run(name, func(t *testing.T) { requireRefusedHere(t, x.call(), x.field) })
	}
	require.Empty(t, p.Requests())
}

func TestSettingsAreCheckedBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	good := portal.Config{BaseURL: "https://a.example.invalid", AppMark: "m", AppWord: zwfw.NewSecret("w")}
	for want, change := range map[string]func(*portal.Config){
		"portal: Config.BaseURL is required": func(c *portal.Config) { c.BaseURL = "" },
		"portal: dialect hlj@1: ops.AddEvaluationPoint: Config.BaseURL must end before /v1, which the dialect's paths begin with": func(c *portal.Config) { c.BaseURL += "/v1/" },
		"portal: Config.AppMark, Config.AppWord are required by dialect hlj@1":                                                    func(c *portal.Config) { c.AppMark, c.AppWord = "", zwfw.Secret{} },
		"portal: Config.Redirects[0]: must be a whole http or https address without user and fragment":                            func(c *portal.Config) { c.Redirects = []string{"/callback"} },
		"portal: Config.ServiceHosts[0] must be a host, with its port where it has one, and nothing else":                         func(c *portal.Config) { c.ServiceHosts = []string{"https://a.invalid"} },
		`portal: Config.ResultCodes: "older": ResultsNew or ResultsOld is needed`:                                                 func(c *portal.Config) { c.ResultCodes = "older" },
		"portal: Config.ProjectPrefix begins or ends with white space":                                                            func(c *portal.Config) { c.ProjectPrefix = "23 " },
	} {
		c := good
		change(&c)
		client, err := portal.New(c)
		require.EqualError(t, err, want)
		require.Nil(t, client)
	}
	_, err := portal.New(good)
	require.NoError(t, err)
}

// A platform at the root of its host signs a path that begins with a slash.
func TestAPlatformAtTheRootOfItsHostIsSignedRight(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	var path string
	relay := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.Path
		p.ServeHTTP(w, r)
	}))
	defer relay.Close()
	dialect, err := portal.Dialect(portal.DialectHeilongjiang)
	require.NoError(t, err)
	dialect.Name = "root@1"
	for name, op := range dialect.Ops {
		op.Path = "/hlj" + op.Path
		dialect.Ops[name] = op
	}
	c := p.PortalConfig()
	c.BaseURL = relay.URL
	_, err = newClient(t, c, zwfw.WithDialect(dialect)).Items(t.Context(), portal.ItemQuery{})
	require.NoError(t, err)
	require.Equal(t, "/hlj/v1/item/list", path)
}

func TestTheClientIsReadyAndCloses(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client, err := portal.New(p.PortalConfig())
	require.NoError(t, err)
	offset, err := client.Ready(t.Context())
	require.NoError(t, err)
	require.Less(t, offset.Abs(), 5*time.Second)
	require.WithinDuration(t, time.Now(), client.Now(), 5*time.Second)
	require.Equal(t, "hlj@1", client.Dialect().Name)
	require.Len(t, client.CryptoReport(), 1)
	require.NoError(t, client.Close())
	require.NoError(t, client.Close())
	_, err = client.Items(t.Context(), portal.ItemQuery{})
	require.ErrorIs(t, err, zwfw.Closed)
}
