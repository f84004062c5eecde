package lutong_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// notebook collects everything that leaves the module beside the requests: log lines,
// spans, printed errors and printed values.
type notebook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notebook) Start(ctx context.Context, s zwfw.Span) (context.Context, func(zwfw.Result)) {
	return ctx, func(r zwfw.Result) { fmt.Fprintf(n, "%+v %+v\n", s, r) }
}

func (n *notebook) note(user *lutong.User, err error) {
	fmt.Fprintf(n, "%v %+v %#v %s\n", user, user, user, err)
	if user != nil {
		data, _ := json.Marshal(user)
		_, _ = n.Write(data)
		slog.New(slog.NewTextHandler(n, nil)).Info("user", "user", *user)
	}
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		fmt.Fprintf(n, "%v %+v %#v\n", cause, cause, cause)
	}
	advice := zwfw.AdviceFor(err)
	fmt.Fprintf(n, "%+v\n", advice)
}

// Every operation goes through success and every fault, at debug level, and nothing
// personal or secret is found in what was written.
func TestNoPersonalDatumAndNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	n := new(notebook)
	config := p.WithIdentity(p.LutongConfig())
	client := newClient(t, config, zwfw.WithWeakCrypto("test"), zwfw.WithTimeout(500*time.Millisecond), zwfw.WithMaxResponse(64<<10),
		zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}), zwfw.WithObserver(n), zwfw.WithLogger(slog.New(slog.NewJSONHandler(n, &slog.HandlerOptions{Level: slog.LevelDebug}))))
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
		n.note(client.VerifyCode(t.Context(), lutong.VerifyRequest{Code: code}))
		n.note(nil, client.ReportTicket(t.Context(), ticketFor(citizen, "20240102000017")))
		n.note(client.UserInfo(t.Context(), lutong.UserInfoRequest{AuthCode: auth}))
		n.note(client.UserInfo(t.Context(), lutong.UserInfoRequest{Ticket: ticket, Legal: true}))
		_, err := client.Ready(t.Context())
		n.note(nil, err)
	}
	p.Faults().Clear()
	for _, r := range p.Requests() {
		fmt.Fprintf(n, "%+v %s\n", r, r.Curl(p.URL))
	}
	fmt.Fprintf(n, "%v %+v %#v\n", config, config, config)

	text := n.text.String()
	require.Greater(t, len(text), 50<<10, "the notebook is not empty")
	for _, marker := range markers {
		if at := strings.Index(text, marker); at >= 0 {
			t.Errorf("found %q in: …%s…", marker, text[max(0, at-300):min(len(text), at+100)])
		}
	}
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
