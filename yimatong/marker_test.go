package yimatong_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/marker"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Every operation goes through success and every fault, at debug level, and nothing
// personal or secret is found in what was written.
func TestNoPersonalDatumAndNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	n := new(marker.Notebook)
	config := p.YimatongConfig()
	client := newClient(t, config, append(n.Options(), zwfw.WithTimeout(500*time.Millisecond), zwfw.WithMaxResponse(64<<10), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))...)
	citizen := p.Citizens()[0]
	const planted, number = "PLANTEDTEXT", "13800009999"
	markers := []string{
		citizen.Name.Reveal(), citizen.IDNumber.Reveal(), citizen.Phone.Reveal(), config.DataKey.Reveal(), planted, number, "退役军人", here.Latitude,
	}
	p.PutChannelToken("ymt-planted-token", citizen)
	token := tokenOf(t, p, client, citizen)
	markers = append(markers, token.Reveal())
	echo := fmt.Sprintf(`{"code":%q,"msg":"%s %s","response":{"userName":%q,"idCard":%q,"qrcodeBase64":%q}}`, number, planted, number, planted, number, planted)
	for _, fault := range []sandbox.Fault{
		sandbox.Pass(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.HTML(502), sandbox.Undecryptable(), sandbox.EmptyAnswer(), sandbox.ExpiredInside(),
		sandbox.Body(200, echo), sandbox.Body(500, echo), sandbox.Body(200, planted), sandbox.Body(302, planted), sandbox.SkewClock(time.Hour),
		sandbox.Refuse(zwfw.CodeExpired), sandbox.RefuseCode("PY0000", planted), sandbox.RefuseText(planted), sandbox.Drip(10),
	} {
		p.Faults().Always("*", fault)
		code, auth := p.MintYimatongCode(citizen), p.MintAuthorization(citizen, "APP-01")
		markers = append(markers, code.Reveal(), auth.Reveal())
		n.Note(decode(t, client, code))
		n.Note(client.Authorize(t.Context(), auth, "APP-01"))
		n.Note(client.UserTags(t.Context(), token))
		n.Note(client.CreateQRCode(t.Context(), token, here))
		n.Note(client.ChannelQRCode(t.Context(), token, here))
		n.Note(client.Ready(t.Context()))
	}
	p.Faults().Clear()
	for _, r := range p.Requests() {
		n.Note(r, nil)
		n.Note(r.Curl(p.URL), nil)
	}
	n.Note(config, nil)
	n.Note(token, nil)
	n.Check(t, markers...)
}
