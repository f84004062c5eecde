package portal_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestACitizenFollowsACaseThroughItsMachine(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	client := newClient(t, p.PortalConfig(), zwfw.WithClock(p.Clock()))
	citizen := p.Citizens()[2]
	number, password := p.ApplyForItem(citizen, 7)
	look := func() *portal.Case {
		k, err := client.CaseProgress(t.Context(), number, zwfw.NewSecret(password))
		require.NoError(t, err)
		return k
	}
	require.Equal(t, "待受理", look().Status().Name())
	require.Error(t, p.MoveCase(number, sandbox.CaseGrant), "not accepted yet")
	require.NoError(t, p.MoveCase(number, sandbox.CaseSupplement))
	require.Error(t, p.MoveCase(number, sandbox.CaseAccept), "papers are missing")
	require.NoError(t, p.MoveCase(number, sandbox.CaseSupplemented))
	require.NoError(t, p.MoveCase(number, sandbox.CaseAccept))
	accepted := look()
	require.Equal(t, portal.CaseAccepted, accepted.Status())
	require.Equal(t, "受理", accepted.Stages[0].Name)
	require.True(t, accepted.Acceptance.Promised.After(accepted.Acceptance.Accepted))

	require.NoError(t, p.MoveCase(number, sandbox.CaseStopClock))
	p.Clock().Advance(48 * time.Hour)
	require.Error(t, p.MoveCase(number, sandbox.CaseGrant), "the clock stands still")
	require.NoError(t, p.MoveCase(number, sandbox.CaseStartClock))
	require.Equal(t, 48*time.Hour, look().Acceptance.Promised.Sub(accepted.Acceptance.Promised))
	require.NoError(t, p.MoveCase(number, sandbox.CaseGrant))
	granted := look()
	require.Equal(t, portal.ResultGranted, granted.Result.Meaning)
	require.Equal(t, portal.CaseFinished, granted.Status())
	require.NoError(t, p.MoveCase(number, sandbox.CaseDeliverResult))
	require.Error(t, p.MoveCase(number, sandbox.CaseAccept), "the state never falls")
	require.Equal(t, "证照已送达", look().Result.Explanation)

	token := tokenOf(t, p, client, citizen)
	mine, err := client.MyCases(t.Context(), portal.MyCasesQuery{Token: token, Status: portal.CaseFinished, PageNo: 1, PageSize: 10})
	require.NoError(t, err)
	require.Equal(t, 1, mine.Total)
	require.Equal(t, number, mine.Cases[0].ProjectNo)
	whole, err := client.Case(t.Context(), portal.CaseQuery{ProjectNo: number, Token: token})
	require.NoError(t, err)
	require.Len(t, whole.Procedures, 2)
	require.Equal(t, "鉴定", whole.Procedures[1].Name)
	public, err := client.PublicCases(t.Context(), portal.PublicQuery{PageSize: 100})
	require.NoError(t, err)
	require.Equal(t, 4, public.Total)
}

func TestTheCheckCodeIsPasswordPhoneOrNumber(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizen := p.Citizens()[0]
	id, phone := citizen.IDNumber.Reveal(), citizen.Phone.Reveal()
	for _, code := range []string{"pw-0001", phone[len(phone)-4:], id[len(id)-6:]} {
		_, err := client.CaseProgress(t.Context(), ongoing, zwfw.NewSecret(code))
		require.NoError(t, err)
	}
	_, err := client.CaseProgress(t.Context(), ongoing, zwfw.NewSecret("9999"))
	require.ErrorIs(t, err, zwfw.BadRequest)
	require.NotErrorIs(t, err, zwfw.PermissionDenied)
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "4030", e.Code)
	require.Contains(t, zwfw.AdviceFor(err).Citizen.ZH, "查询密码错误")
	require.LessOrEqual(t, len([]rune(zwfw.AdviceFor(err).Citizen.ZH)), 20)

	token := tokenOf(t, p, client, citizen)
	_, err = client.Case(t.Context(), portal.CaseQuery{ProjectNo: foreign, Token: token})
	require.ErrorIs(t, err, zwfw.PermissionDenied, "elsewhere the same code means what it says")
	_, err = client.Case(t.Context(), portal.CaseQuery{ProjectNo: foreign})
	require.NoError(t, err, "a website may read without a user")
}

// Quirk 15: two versions, in which one digit means different things.
func TestResultCodesAreReadByTheirVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[portal.ResultVersion]map[sandbox.CaseEvent]portal.Meaning{
		portal.ResultsNew: {sandbox.CaseGrant: portal.ResultGranted, sandbox.CaseRefuse: portal.ResultRefused, sandbox.CaseReturn: portal.ResultReturned},
		portal.ResultsOld: {sandbox.CaseGrant: portal.ResultCertificate, sandbox.CaseReturn: portal.ResultReturned, sandbox.CaseVoid: portal.ResultVoid, sandbox.CasePassUpward: portal.ResultPassedUpward},
	} {
		p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{ResultCodes: version}))
		client := newClient(t, p.PortalConfig())
		for event, meaning := range want {
			number, _ := p.ApplyForItem(p.Citizens()[0], 1)
			require.NoError(t, p.MoveCase(number, sandbox.CaseAccept))
			require.NoError(t, p.MoveCase(number, event))
			k, err := client.Case(t.Context(), portal.CaseQuery{ProjectNo: number})
			require.NoError(t, err)
			require.Equal(t, meaning, k.Result.Meaning, "%s %s", version, event)
		}
	}
	require.Equal(t, portal.ResultRefused, portal.ResultCode("1").In(portal.ResultsNew))
	require.Equal(t, portal.ResultReturned, portal.ResultCode("1").In(portal.ResultsOld))
	require.Empty(t, portal.ResultCode("42").In(portal.ResultsNew))
}

// Quirk 19: the local number and the pushed one differ.
func TestANumberIsFoundWithAndWithoutTheProvincesPrefix(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"23", ""} {
		p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{ProjectPrefix: prefix}))
		c := p.PortalConfig()
		c.ProjectPrefix = "23"
		client := newClient(t, c)
		for _, number := range []string{ongoing, "23" + ongoing} {
			k, err := client.Case(t.Context(), portal.CaseQuery{ProjectNo: number})
			require.NoError(t, err)
			require.Equal(t, prefix+ongoing, k.ProjectNo)
			_, err = client.CaseProgress(t.Context(), number, zwfw.NewSecret("pw-0001"))
			require.NoError(t, err)
		}
		_, err := client.Case(t.Context(), portal.CaseQuery{ProjectNo: "X"})
		require.ErrorIs(t, err, zwfw.NotFound)
		sent := len(p.Requests())
		_, err = client.CaseProgress(t.Context(), prefix+ongoing, zwfw.NewSecret("wrong"))
		require.ErrorIs(t, err, zwfw.BadRequest)
		require.Len(t, p.Requests(), sent+1, "a refusal is not asked for twice")
	}
}

func TestChangedCasesAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	var seen []string
	cursor := ""
	walk := func() {
		for page, err := range client.CaseChanges(t.Context(), portal.Changes{Cursor: cursor, PageSize: 2}) {
			require.NoError(t, err)
			for _, k := range page.Cases {
				seen = append(seen, k.ProjectNo)
			}
			cursor = page.Next
		}
	}
	walk()
	require.Equal(t, []string{"HLJ2024000003", "HLJ2024000002", "HLJ2024000004", "HLJ2024000001", "HLJ2024000005"}, seen)
	require.NoError(t, p.MoveCase(ongoing, sandbox.CaseReview))
	seen = nil
	walk()
	require.Equal(t, []string{ongoing}, seen)
}
