package portal_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The numbers are those of the list of what integrators meet. Others of the list have
// tests where they belong: 1 to 7 with the sign-on, 12 and 23 with the items, 15 and 19 with
// the cases, 17, 18 and 24 with the evaluations; 10 and 11 with the dialects.

// Quirk 8: two envelopes, of which the inner one decides.
func TestAnInnerRefusalIsNotHiddenByAnOuterSuccess(t *testing.T) {
	t.Parallel()
	const document = `{"schema":1,"platform":"portal","name":"double@1","extends":"hlj@1","reply":{"code":["code"],"ok":["200"],"text":["msg"],"data":["data"],
		"then":{"code":["retcode"],"ok":["000000"],"text":["msg"],"data":["data"]}},"ops":{}}`
	dialect, err := zwfw.ParseDialect([]byte(document))
	require.NoError(t, err)
	p := sandbox.Start(t, sandbox.WithPortal(sandbox.PortalSetup{Dialect: dialect}))
	client := newClient(t, p.PortalConfig(), zwfw.WithDialect(dialect))
	list, err := client.Items(t.Context(), portal.ItemQuery{})
	require.NoError(t, err)
	require.Len(t, list.Items, 20)
	p.Faults().Next("portal.Items", sandbox.Body(200, `{"code":"200","msg":"成功","data":{"retcode":"6005","msg":"令牌已过期"}}`))
	_, err = client.Items(t.Context(), portal.ItemQuery{})
	require.ErrorIs(t, err, zwfw.TokenInvalid)
}

// Quirk 9: JSON in strings, keys in another letter case, numbers as text.
func TestOddFormsOfAnAnswerAreReadAsIfNothingWereOdd(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for _, body := range []string{
		`{"code":"0","data":"{\"list\":[{\"rowGuid\":\"r\",\"taskVersion\":3,\"promiseDay\":5}],\"hasMore\":false}"}`,
		`{"code":0,"data":{"LIST":[{"ROWGUID":"r","TASKVERSION":"3","PROMISEDAY":"5"}],"HASMORE":"false"}}`,
		`{"retcode":"000000","data":{"list":{"rowGuid":"r","taskVersion":3,"promiseDay":5}}}`,
	} {
		p.Faults().Next("portal.Items", sandbox.Body(200, body))
		list, err := client.Items(t.Context(), portal.ItemQuery{})
		require.NoError(t, err, body)
		require.Equal(t, "r", list.Items[0].RowGUID)
		require.EqualValues(t, 3, list.Items[0].Version)
		require.Equal(t, 5, list.Items[0].PromiseDays)
		require.False(t, list.More)
	}
}

// Quirk 13: local types are squeezed to 99; quirk 27: line ends as <br/> stay as they came.
func TestWhatIsNotUnderstoodIsPassedOnUnchanged(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("portal.Case", sandbox.Body(200, `{"code":"0","data":{"accept":{"projectNo":"X","proStatus":"9"},"process":[{"seq":1,"explain":"甲<br/>乙（一）"}],"result":{"resultType":"88"}}}`))
	k, err := client.Case(t.Context(), portal.CaseQuery{ProjectNo: "X"})
	require.NoError(t, err)
	require.Equal(t, portal.CaseStatus("9"), k.Status())
	require.Empty(t, k.Status().Name())
	require.Equal(t, "甲<br/>乙（一）", k.Stages[0].Explanation)
	require.Equal(t, portal.ResultCode("88"), k.Result.Code)
	require.Empty(t, k.Result.Meaning)
	require.Equal(t, "X", k.ProjectNo)
}

// Quirk 14: area codes have 6 or 12 digits; quirk 22: a key of the user or of the hall, never
// both.
func TestAnAreaOfSixDigitsIsFilledUp(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for _, area := range []string{"999999", "999999000000"} {
		q := point()
		q.AreaCode = area
		_, err := client.AddEvaluationPoint(t.Context(), q)
		require.NoError(t, err, "the second is a repetition")
	}
	require.Equal(t, 1, p.Effects("portal.AddEvaluationPoint"))
}

// Quirk 25: success with an HTML page or with nothing is no success.
func TestAPageInPlaceOfAnAnswerIsNoSuccess(t *testing.T) {
	t.Parallel()
	p, client := start(t, quick)
	for _, fault := range []sandbox.Fault{sandbox.HTML(http.StatusOK), sandbox.Body(200, ""), sandbox.Body(200, "null"), sandbox.Body(302, "")} {
		p.Faults().Always("portal.Items", fault)
		_, err := client.Items(t.Context(), portal.ItemQuery{})
		require.ErrorIs(t, err, zwfw.ProtocolMismatch, fault.String())
	}
}

// Quirk 26: links into the government extranet fail for the public and are not followed.
func TestLinksOutsideTheRegisteredHostsAreNotMade(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	token := tokenOf(t, p, client, p.Citizens()[0])
	_, err := client.ServiceURL(t.Context(), portal.ServiceLink{Token: token, Address: "http://10.0.0.1/item", AppMark: "third-9999990001"})
	require.ErrorIs(t, err, zwfw.PermissionDenied)
}

// Labels come as a list or joined by commas (practice).
func TestJoinedLabelsAreTakenApart(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for _, joined := range []string{`"510,517"`, `["510","517"]`, `["510，517"]`} {
		p.Faults().Next("portal.Evaluations", sandbox.Body(200, `{"code":"0","data":{"list":[{"evalNo":"E1","evalDetail":`+joined+`}]}}`))
		shown, err := client.Evaluations(t.Context(), portal.EvaluationsQuery{})
		require.NoError(t, err)
		require.Equal(t, []string{"510", "517"}, shown.Ratings[0].Labels)
	}
}
