package portalwire_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/portalwire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

// The samples have no login by verid: the answer is that of a county site's script.
func TestVeridIsExchangedInTheQueryWithoutHeadersOrSignature(t *testing.T) {
	t.Parallel()
	p := proof(t)
	verid := p.Preset(t, "verid@1")
	desk, err := dock.NewDesk(p.Manifest, verid, dock.Party{})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op, ok := desk.Match("", r.URL.Path, nil)
		if !ok || r.Method != http.MethodGet || r.Header.Get("X-Sign") != "" {
			http.Error(w, "no such page", http.StatusNotFound)
			return
		}
		q, fault := desk.Read(op, r, nil)
		var in wire.Ticket
		if fault == nil && q.Verify() == nil {
			fault = q.Decode(&in)
		}
		a := dock.Answer{Code: "false", Text: "用户未登录", Failed: true}
		if fault == nil && in.Ticket.Reveal() == "v+1 /" {
			a = dock.Answer{Out: &wire.Session{
				Token: zwfw.NewSecret("TK"), Name: zwfw.NewPersonName("测试甲"), Phone: zwfw.NewPhone("10000000000"), IDNumber: zwfw.NewIDNumber("999999190001010015"),
			}}
			if op == "LogoutLocal" {
				a.Out = nil
			}
		}
		body, contentType, _ := desk.Write(op, a)
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	}))
	t.Cleanup(server.Close)
	engine := p.Engine(t, dock.Party{Bases: map[string]string{"": server.URL}}, zwfw.WithDialect(verid))

	var session wire.Session
	_, err = engine.Call(t.Context(), "Exchange", &wire.Ticket{Ticket: zwfw.NewSecret("v+1 /")}, &session)
	require.NoError(t, err)
	wireproof.RequireFields(t, map[string]any{"Token": "TK", "Name": "测试甲", "Phone": "10000000000", "IDNumber": "999999190001010015"}, &session)

	_, err = engine.Call(t.Context(), "LogoutLocal", &wire.Ticket{Ticket: zwfw.NewSecret("v+1 /")}, nil)
	require.NoError(t, err)

	_, err = engine.Call(t.Context(), "Exchange", &wire.Ticket{Ticket: zwfw.NewSecret("other")}, &session)
	require.ErrorIs(t, err, zwfw.CodeNotFound)
	require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))

	_, err = engine.Call(t.Context(), "Items", &wire.ItemQuery{}, &wire.ItemPage{})
	require.ErrorIs(t, err, zwfw.NotSupported)
}

func TestDefaultHasEveryOperationButTheLocalLogout(t *testing.T) {
	t.Parallel()
	preset := wire.Manifest().Presets[0]
	require.Equal(t, "hlj@1", preset.Name)
	var without []string
	for _, op := range wire.Manifest().Ops {
		if _, ok := preset.Ops[op.Name]; !ok {
			without = append(without, op.Name)
		}
	}
	require.Equal(t, []string{"LogoutLocal"}, without)
}

func TestOneTimeCallsAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	for name, class := range map[string]dock.Class{
		"Exchange": dock.OneShot, "IssueLoginTicket": dock.OneShot, "ReplyRectification": dock.OneShot,
		"AddEvaluationPoint": dock.Idempotent, "Evaluate": dock.Idempotent, "AppendEvaluation": dock.Idempotent, "IngestBatch": dock.Idempotent,
		"User": dock.Read, "Items": dock.Read, "CaseChanges": dock.Read,
	} {
		require.Equal(t, class, proof(t).Op(t, name).Class, name)
	}
}
