package portal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/marker"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Every operation goes through success and every fault, at debug level, and nothing
// personal or secret is found in what was written.
func TestNoPersonalDatumAndNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	n := new(marker.Notebook)
	config := p.PortalConfig()
	client := newClient(t, config, append(n.Options(), zwfw.WithTimeout(500*time.Millisecond), zwfw.WithMaxResponse(64<<10), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))...)
	citizen := p.Citizens()[1]
	const planted, number = "PLANTEDTEXT", "13800009999"
	session, err := client.Exchange(t.Context(), p.MintLoginTicket(citizen, true))
	if err != nil {
		t.Fatal(err)
	}
	token, checkCode, words := session.Token, zwfw.NewSecret("pw-0004"), "PLANTEDWORDS"
	markers := []string{
		citizen.Name.Reveal(), citizen.IDNumber.Reveal(), citizen.Phone.Reveal(), config.AppWord.Reveal(), planted, number, token.Reveal(), checkCode.Reveal(), words,
		session.SessionID.Reveal(), "login-u-2", "hall-key",
	}
	echo := fmt.Sprintf(`{"code":%q,"message":"%s %s","data":{"token":%q,"person":{"name":%q,"mobile":%q}}}`, number, planted, number, planted, planted, number)
	for i, fault := range []sandbox.Fault{
		sandbox.Pass(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.HTML(502), sandbox.EmptyAnswer(), sandbox.Body(200, echo), sandbox.Body(500, echo),
		sandbox.Body(200, planted), sandbox.Body(302, planted), sandbox.SkewClock(time.Hour), sandbox.Refuse(zwfw.CodeExpired), sandbox.RefuseCode("0", planted),
		sandbox.RefuseText(planted), sandbox.Drip(10),
	} {
		p.Faults().Clear()
		at := p.PutEvaluationPoint(foreign, 3)
		p.Faults().Always("*", fault)
		ticket := p.MintLoginTicket(citizen, i%2 == 0)
		markers = append(markers, ticket.Reveal())
		q := point()
		q.UserName, q.Mobile = citizen.Name, citizen.Phone
		e := portal.Evaluation{ProjectNo: foreign, ServiceNumber: 3, Satisfaction: 1, Text: words, Name: citizen.Name, Token: token, Time: at.Add(time.Second)}
		n.Note(client.Exchange(t.Context(), ticket))
		n.Note(client.User(t.Context(), token))
		n.Note(client.CheckToken(t.Context(), token))
		n.Note(client.IssueLoginTicket(t.Context(), token, "third-9999990001"))
		n.Note(client.MyCases(t.Context(), portal.MyCasesQuery{Token: token}))
		n.Note(client.Case(t.Context(), portal.CaseQuery{ProjectNo: foreign, Token: token}))
		n.Note(client.CaseProgress(t.Context(), foreign, checkCode))
		n.Note(client.Items(t.Context(), portal.ItemQuery{PageSize: 1}))
		n.Note(client.AddEvaluationPoint(t.Context(), q))
		n.Note(client.EvaluationPoints(t.Context(), portal.PointsQuery{Token: token}))
		n.Note(client.Evaluate(t.Context(), e))
		n.Note(client.AppendEvaluation(t.Context(), "E1", words))
		n.Note(client.Evaluations(t.Context(), portal.EvaluationsQuery{}))
		n.Note(client.ReplyRectification(t.Context(), "E1", words))
		n.Note(client.EvaluationStatistics(t.Context(), portal.EvaluationsQuery{}))
	}
	p.Faults().Clear()
	for _, r := range p.Requests() {
		n.Note(r, nil)
		n.Note(r.Curl(p.URL), nil)
	}
	n.Note(config, nil)
	n.Note(session, nil)
	n.Check(t, markers...)
}
