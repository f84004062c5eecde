package lutong_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/marker"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Every operation goes through success and every fault, at debug level, and nothing
// personal or secret is found in what was written.
func TestNoPersonalDatumAndNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	n := new(marker.Notebook)
	config := p.WithIdentity(p.LutongConfig())
	client := newClient(t, config, append(n.Options(), zwfw.WithWeakCrypto("test"), zwfw.WithTimeout(500*time.Millisecond), zwfw.WithMaxResponse(64<<10),
		zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))...)
	citizen := p.Citizens()[1]
	markers := []string{
		citizen.Name.Reveal(), citizen.IDNumber.Reveal(), citizen.Phone.Reveal(), config.AccessToken.Reveal(), config.AppSecret.Reveal(), config.DataKey.Reveal(),
		"PLANTEDTEXT", "13800009999",
	}
	echo := `{"Response":{"RequestId":"13800009999","Error":{"Code":"13800009999","Message":"PLANTEDTEXT 13800009999"},"Data":{"userNameCyp":"PLANTEDTEXT"}}}`
	faults := []sandbox.Fault{
		sandbox.Pass(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.HTML(502), sandbox.Undecryptable(), sandbox.EmptyAnswer(), sandbox.GzipBomb(1 << 20),
		sandbox.Body(200, echo), sandbox.Body(500, echo), sandbox.Body(200, "PLANTEDTEXT"), sandbox.Body(302, "PLANTEDTEXT"), sandbox.SkewClock(time.Hour), sandbox.Refuse(zwfw.CodeExpired),
		sandbox.RefuseText("PLANTEDTEXT"), sandbox.Drip(10),
	}
	for _, f := range faults {
		p.Faults().Always("*", f)
		code, auth, ticket := p.MintCode(citizen), p.MintAuthCode(citizen), p.MintIdentityTicket(citizen, true)
		markers = append(markers, code.Reveal(), auth.Reveal(), ticket.Reveal())
		n.Note(client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code}))
		n.Note(nil, client.ReportTicket(t.Context(), ticketFor(citizen, "20240102000017")))
		n.Note(client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: auth}))
		n.Note(client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: ticket, Legal: true}))
		_, err := client.Ready(t.Context())
		n.Note(nil, err)
	}
	p.Faults().Clear()
	for _, r := range p.Requests() {
		n.Note(r, nil)
		n.Note(r.Curl(p.URL), nil)
	}
	n.Note(config, nil)
	n.Check(t, markers...)
}

func TestNoAddressWithAQueryIsEverBuiltFromPersonalData(t *testing.T) {
	t.Parallel()
	var addresses []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { addresses = append(addresses, r.URL.String()) }))
	defer server.Close()
	p := sandbox.New()
	p.URL = server.URL
	client := newClient(t, p.LutongConfig(), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	citizen := p.Citizens()[0]
	_, _ = client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: p.MintCode(citizen)})
	_ = client.ReportTicket(t.Context(), ticketFor(citizen, "20240102000017"))
	_, _ = client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: p.MintAuthCode(citizen)})
	require.Len(t, addresses, 3)
	require.NotContains(t, strings.Join(addresses, " "), "?")
}
