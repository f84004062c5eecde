package lutong_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The quirks of the contract's S-6 that touch client or sandbox, by their numbers.
// S-6.5 stands in samples_test.go (post), S-6.7 in the sandbox's replay test.

func TestQuirkS6_1_AFailureTextInTheDataSlotIsNoSuccess(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"Response":{"RequestId":"a","Error":null,"Data":"二维码已失效"}}`,
		`{"Response":{"RequestId":"a","Error":null,"Data":{"msg":"二维码已失效"}}}`,
		`{"Response":{"RequestId":"a","Error":null,"Data":["二维码已失效"]}}`,
		`{"Response":{"RequestId":"a","Error":null,"Data":1}}`,
		`{"status":{"code":200,"text":""},"custom":{"code":1,"text":"二维码已失效"}}`,
	} {
		c := sandbox.New().LutongConfig()
		url, requests := canned(t, "application/json", body)
		c.BaseURL = url
		user, err := verify(t, newClient(t, c), zwfw.NewCodeText("LTM:x"))
		require.Nil(t, user)
		require.ErrorIs(t, err, zwfw.ProtocolMismatch, body)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
		require.EqualValues(t, 1, requests.Load())
	}
}

func TestQuirkS6_2_ALaterTicketDoesNotReuseWhateverVerifiedLast(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	city, county := newClient(t, p.LutongConfigOf(0)), newClient(t, p.LutongConfigOf(1))
	var wg sync.WaitGroup
	for range 20 { // the county keeps verifying while the city reports
		wg.Go(func() { _, _ = county.VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(p.Citizens()[0])}) })
	}
	require.NoError(t, city.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017")))
	wg.Wait()
	require.Equal(t, p.LutongConfigOf(0).OrgID, p.LutongTickets()[0].OrgID)
}

func TestQuirkS6_4_ATicketIsReportedOnlyWhenThePlatformSaysSo(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "ok", "上报成功", `{"Response":{}}`, `{"msg":"上报成功"}`} {
		c := sandbox.New().LutongConfig()
		c.BaseURL, _ = canned(t, "application/json", body)
		err := newClient(t, c).ReportTicket(t.Context(), ticketFor(sandbox.New().Citizens()[0], "20240102000017"))
		require.ErrorIs(t, err, zwfw.ProtocolMismatch, body)
		require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
	}
}

func TestQuirkS6_8_NeitherTheNumberNorTheNameIsLogged(t *testing.T) {
	t.Parallel()
	ticket := ticketFor(sandbox.New().Citizens()[0], "20240102000017")
	printed := sprintf("%v %+v %#v", ticket, ticket, ticket)
	require.NotContains(t, printed, ticket.Holder.Reveal())
	require.NotContains(t, printed, ticket.HolderName.Reveal())
}

func TestQuirkS6_10_WindowsAreSentWithTheTrailingSemicolon(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	require.NoError(t, client.ReportTicket(t.Context(), ticketFor(p.Citizens()[0], "20240102000017")))
	require.Equal(t, "3;4;", p.LutongTickets()[0].Windows)
}

func TestQuirkS6_12_TheCheckLetterIsSentAsItCameAndComparedInEitherCase(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	ticket := ticketFor(p.Citizens()[0], "20240102000017")
	ticket.Holder = zwfw.NewIDNumber("99999919911111019x")
	require.NoError(t, client.ReportTicket(t.Context(), ticket))
	held := p.LutongTickets()[0].Holder
	require.Equal(t, "99999919911111019x", held.Reveal())
	require.True(t, held.Equal(zwfw.NewIDNumber("99999919911111019X")))
}

func TestQuirkS6_14_NamesInOtherLetterCaseAreRead(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	own := p.LutongConfig().PrivateKey.Public()
	c := p.LutongConfig()
	c.BaseURL, _ = canned(t, "application/json", sprintf(`{"RESPONSE":{"requestID":"a","data":{"UserNameCYP":"%s","CERTNOCYP":"%s"}}}`,
		sealTo(t, own, "测试甲"), sealTo(t, own, "999999190001010015")))
	user, err := verify(t, newClient(t, c), zwfw.NewCodeText("LTM:x"))
	require.NoError(t, err)
	require.Equal(t, "测试甲", user.Name.Reveal())
}
