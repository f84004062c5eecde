package portalwire_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
)

func TestClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/values.json")
	require.NoError(t, err)
	var values map[string]map[string]any
	require.NoError(t, json.Unmarshal(data, &values))
	eachSample(t, func(t *testing.T, s samples, op dock.Op, name string, x sample) {
		like := s.requestOf(op.Name, x)
		server := answer(t, "application/json", http.StatusOK, x.Reply)
		engine := newEngine(t, s.party(t, like, server.URL), standstill(t, like)...)
		out := newOut(op)

		meta, err := engine.Call(t.Context(), op.Name, requestStruct(t, s, op, like), out)

		requireSent(t, s, like, server)
		if want, no := refusedKind(op.Name, x.Code); no {
			require.Equal(t, want, zwfw.KindOf(err), "%v", err)
			require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
			return
		}
		require.NoError(t, err)
		require.Empty(t, meta.Warnings)
		requireEnvelope(t, x, meta)
		want := values[op.Name]
		if name == "refused" {
			want = values[op.Name+" "+x.Code]
		}
		require.True(t, len(want) > 0 || op.Out.NumField() == 0, "no values for %s %s", op.Name, name)
		requireValues(t, want, out)
	})
}

// requireSent compares a request with the sample's: everything but the order of the
// body's members and what it does to the signature.
func requireSent(t *testing.T, s samples, x sample, got *answering) {
	t.Helper()
	require.Equal(t, x.Method, got.request.Method)
	require.Equal(t, x.Path, got.request.URL.RequestURI())
	require.Equal(t, plainJSON(t, []byte(x.BodyBytes)), plainJSON(t, got.body))
	for name := range got.request.Header {
		require.True(t, !strings.HasPrefix(name, "X-") || x.Headers[name] != "", "%s is not in the sample", name)
	}
	for name, value := range x.Headers {
		switch {
		case name == "X-Request-Id": // the caller's trace id, not signed: no dialect has it
		case name == "X-Sign" && string(got.body) != x.BodyBytes:
			require.Equal(t, signature(s.key(t, x), x.Method, x.Path, x.stamp(), x.Headers["X-Nonce"], got.body), got.request.Header.Get(name))
		default:
			require.Equal(t, value, got.request.Header.Get(name), name)
		}
	}
}

func TestNothingPrintsWhatBelongsToACitizenOrAToken(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, s samples, op dock.Op, name string, x sample) {
		if name != "accepted" {
			t.Skip("a refusal")
		}
		in, out := requestStruct(t, s, op, x), newOut(op)
		server := answer(t, "application/json", http.StatusOK, x.Reply)
		_, err := newEngine(t, s.party(t, x, server.URL)).Call(t.Context(), op.Name, in, out)
		require.NoError(t, err)
		for _, v := range []any{in, out} {
			document, err := json.Marshal(v)
			require.NoError(t, err)
			for _, text := range []string{string(document), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v)} {
				for _, marker := range []string{"测试甲", "10000000000", "TK-23535efa", "ST-dfe7156a", "ST-8fd97c91", "k-1", "login-u-0", "529f06d198c4", "测试经办"} {
					require.NotContains(t, text, marker)
				}
			}
		}
	})
}

func TestPlatformReadsTheSamplesAndVerifiesTheirSignatures(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, s samples, op dock.Op, name string, x sample) {
		matched, q, fault := received(t, newDesk(t, s, x), s, x)
		require.Equal(t, op.Name, matched)
		if missing, ok := unauthenticated[x.Code]; ok {
			require.NotNil(t, fault)
			require.Equal(t, missing, fault.Field)
			return
		}
		if name == "accepted" {
			require.Nil(t, fault)
			require.Nil(t, q.Decode(reflect.New(op.In).Interface()))
		}
		if badSignature[x.Code] {
			require.ErrorIs(t, q.Verify(), crypto.ErrSignature)
			return
		}
		require.NoError(t, q.Verify())
		require.Equal(t, x.Headers["X-Nonce"], q.Nonce)
		require.Equal(t, x.at(t), q.At)
		altered := x
		altered.BodyBytes += " "
		_, q, _ = received(t, newDesk(t, s, x), s, altered)
		require.ErrorIs(t, q.Verify(), crypto.ErrSignature)
	})
}

func TestPlatformWritesTheRepliesOfTheSamples(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, s samples, op dock.Op, name string, x sample) {
		desk := newDesk(t, s, x)
		if _, no := refusedKind(op.Name, x.Code); no {
			body, _, err := desk.Write(op.Name, dock.Answer{ID: "1", At: x.at(t), Code: x.Code, Text: "no", Failed: true})
			require.NoError(t, err)
			require.Equal(t, x.Code, plainJSON(t, body).(map[string]any)["code"])
			return
		}
		server := answer(t, "application/json", http.StatusOK, x.Reply)
		out := newOut(op)
		meta, err := newEngine(t, s.party(t, x, server.URL)).Call(t.Context(), op.Name, reflect.New(op.In).Interface(), out)
		require.NoError(t, err)
		want := plainJSON(t, x.Reply).(map[string]any)

		body, contentType, err := desk.Write(op.Name, dock.Answer{ID: meta.RequestID, At: replyTime(t, want), Out: out, Text: "ok"})

		require.NoError(t, err)
		require.Equal(t, "application/json; charset=UTF-8", contentType)
		got := plainJSON(t, body).(map[string]any)
		require.IsType(t, want["message"], got["message"])
		require.IsType(t, want["code"], got["code"])
		for _, free := range []string{"message", "code"} {
			delete(want, free)
			delete(got, free)
		}
		require.Equal(t, want, got)
	})
}

func TestTypesOfOptionalMembersNeverTurnDoneIntoFailure(t *testing.T) {
	t.Parallel()
	others := []any{"x", "", json.Number("7"), json.Number("-1.5"), true, nil, []any{}, []any{"x"}, []any{json.Number("1"), json.Number("2")}, map[string]any{}, map[string]any{"x": "y"}}
	eachSample(t, func(t *testing.T, s samples, op dock.Op, name string, x sample) {
		if name != "accepted" {
			t.Skip("a refusal")
		}
		var line instead
		engine := newEngine(t, s.party(t, x, "http://platform.example"), zwfw.WithHTTPClient(&http.Client{Transport: &line}))
		document := firstRows(plainJSON(t, x.Reply)).(map[string]any)
		changed := 0
		eachMember(document, "", func(path string, value any, put func(any)) {
			if required(op, path) {
				return
			}
			for _, other := range others {
				put(other)
				var err error
				line.reply, err = json.Marshal(document)
				require.NoError(t, err)
				_, err = engine.Call(t.Context(), op.Name, reflect.New(op.In).Interface(), newOut(op))
				require.NoError(t, err, "%s became %v", path, other)
				changed++
			}
			put(value)
		})
		require.Greater(t, changed, len(others))
	})
}
