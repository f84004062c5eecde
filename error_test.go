package zwfw_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
)

// contractKinds are the kinds that the contracts of the platforms name.
var contractKinds = []zwfw.Kind{
	zwfw.BadRequest, zwfw.Signature, zwfw.ClockSkew, zwfw.Replay, zwfw.CallerDenied, zwfw.DeviceDenied, zwfw.RateLimited,
	zwfw.CodeMalformed, zwfw.CodeExpired, zwfw.CodeUsed, zwfw.CodeNotFound, zwfw.CodeTypeUnsupported, zwfw.SceneDenied,
	zwfw.CodeNotYetValid, zwfw.EmergencyInvalid, zwfw.TokenInvalid, zwfw.ConsentRequired, zwfw.NotRealName, zwfw.UserNotFound,
	zwfw.DuplicateTicket, zwfw.Busy, zwfw.Upstream, zwfw.Timeout, zwfw.DecryptFailed, zwfw.ProtocolMismatch, zwfw.Unclassified,
	// hotline, certificate, portal
	zwfw.Conflict, zwfw.WrongState, zwfw.LimitReached, zwfw.Stale, zwfw.InvalidRows, zwfw.TooLarge, zwfw.NotFound,
	zwfw.CertificateUnavailable, zwfw.NotSupported, zwfw.PermissionDenied,
}

// declaredKinds reads the constants out of kind.go: a new one cannot be forgotten.
func declaredKinds(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	require.NoError(t, err)
	declared := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Kind" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			declared[spec.Names[0].Name] = value
		}
		return true
	})
	return declared
}

func TestKindsAreCompleteUniqueAndNamedAsTheirValue(t *testing.T) {
	t.Parallel()
	declared, listed, words := declaredKinds(t), make(map[zwfw.Kind]bool), make(map[string]bool)
	for _, k := range zwfw.Kinds() {
		require.False(t, listed[k], "%s is listed twice", k)
		listed[k] = true
		require.NotEqual(t, string(k), k.Error(), "%s has no wording", k)
		require.False(t, words[k.Error()], "%s shares its wording", k)
		words[k.Error()] = true
	}
	for name, value := range declared {
		require.Equal(t, name, value)
		require.True(t, listed[zwfw.Kind(value)], "Kinds leaves %s out", name)
	}
	require.Len(t, listed, len(declared))
	for _, k := range contractKinds {
		require.True(t, listed[k], string(k))
	}
	kinds := zwfw.Kinds()
	kinds[0] = "altered"
	require.Equal(t, zwfw.BadRequest, zwfw.Kinds()[0], "Kinds gives a copy")
	require.Equal(t, "NoSuchKind", zwfw.Kind("NoSuchKind").Error())
}

func TestErrorsIsSeesTheKindThroughWrapping(t *testing.T) {
	t.Parallel()
	for _, k := range zwfw.Kinds() {
		err := &zwfw.Error{Platform: "lutong", Kind: k, Err: context.DeadlineExceeded}
		for _, wrapped := range []error{err, fmt.Errorf("at window 3: %w", err), errors.Join(errors.New("other"), err), fmt.Errorf("%w and %w", errors.New("a"), fmt.Errorf("b: %w", err))} {
			require.ErrorIs(t, wrapped, k)
			require.ErrorIs(t, wrapped, context.DeadlineExceeded)
			require.Equal(t, k, zwfw.KindOf(wrapped))
			for _, other := range zwfw.Kinds() {
				require.Equal(t, other == k, errors.Is(wrapped, other))
			}
			var e *zwfw.Error
			require.ErrorAs(t, wrapped, &e)
			require.Same(t, err, e)
		}
	}
	require.NotErrorIs(t, &zwfw.Error{Kind: zwfw.Busy}, errors.New("busy"))
	require.Empty(t, zwfw.KindOf(errors.New("foreign")))
	require.Empty(t, zwfw.KindOf(nil))
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.Outcome(0), "a forgotten assignment claims nothing")
	require.Equal(t, "unknown", zwfw.OutcomeUnknown.String())
	require.Equal(t, "done", zwfw.OutcomeDone.String())
	require.Equal(t, "refused", zwfw.OutcomeRefused.String())
	require.Equal(t, "unknown", zwfw.Outcome(9).String())
	require.Equal(t, zwfw.OutcomeDone, zwfw.OutcomeOf(nil))
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(errors.New("foreign")))
	require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(fmt.Errorf("w: %w", &zwfw.Error{Outcome: zwfw.OutcomeRefused})))
}

func TestErrorReads(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  zwfw.Error
		want string
	}{
		{zwfw.Error{Platform: "lutong", Op: "VerifyCode", Where: "hall.example", Kind: zwfw.CodeExpired, Outcome: zwfw.OutcomeRefused, Sent: true, Code: "CODE_EXPIRED", RequestID: "00ab", HTTPStatus: 200},
			"lutong VerifyCode at hall.example: refused, code expired [CODE_EXPIRED] request 00ab"},
		{zwfw.Error{Platform: "lutong", Op: "VerifyCode", Where: "hall.example", Kind: zwfw.Timeout, RequestID: "00ab", Attempts: 1},
			"lutong VerifyCode at hall.example: outcome unknown, no answer in time request 00ab; no query settles it"},
		{zwfw.Error{Platform: "lutong", Op: "ReportTicket", Kind: zwfw.Upstream, HTTPStatus: 502, SettledBy: "ReportTicket with the same number"},
			"lutong ReportTicket: outcome unknown, platform or line down (HTTP 502); ReportTicket with the same number settles it"},
		{zwfw.Error{Platform: "lutong", Op: "UserInfo", Kind: zwfw.DecryptFailed, Outcome: zwfw.OutcomeDone, Sent: true, Field: "idNumber", Expected: "cannot be opened"},
			"lutong UserInfo: done, but sealed value cannot be opened: idNumber: cannot be opened"},
		{*zwfw.Problem("lutong", "VerifyCode", "Code", "is empty"), "lutong VerifyCode: not sent, bad request: Code: is empty"},
		{zwfw.Error{Platform: "lutong", Kind: zwfw.Closed, Outcome: zwfw.OutcomeRefused}, "lutong: not sent, client is closed"},
		{zwfw.Error{Platform: "lutong", Kind: "Later", Outcome: zwfw.OutcomeRefused, Sent: true}, "lutong: refused, Later"},
	} {
		require.EqualError(t, &c.err, c.want)
	}
}

// Every combination of outcome, sent, field, code, HTTP status and request id reads as
// one line that holds what may be shown and nothing else.
func TestErrorIsOneLineInEveryCombination(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, outcome := range []zwfw.Outcome{zwfw.OutcomeUnknown, zwfw.OutcomeDone, zwfw.OutcomeRefused} {
		for bits := range 32 {
			on := func(bit int) bool { return bits&(1<<bit) != 0 }
			e := zwfw.Error{Platform: "lutong", Op: "VerifyCode", Kind: zwfw.Busy, Outcome: outcome, Sent: on(0), Text: zwfw.NewPlatformText("张三的码"), Err: errors.New("dial 10.0.0.1: token=abc")}
			parts := []string{"lutong VerifyCode", "platform busy"}
			if on(1) {
				e.Field = "fieldName"
				parts = append(parts, "fieldName")
			}
			if on(2) {
				e.Code = "C-17"
				parts = append(parts, "[C-17]")
			}
			if on(3) {
				e.HTTPStatus = 503
				parts = append(parts, "(HTTP 503)")
			}
			if on(4) {
				e.RequestID = "req_9"
				parts = append(parts, "request req_9")
			}
			line := e.Error()
			for _, part := range parts {
				require.Contains(t, line, part)
			}
			for _, never := range []string{"\n", "张三", "token", "10.0.0.1", "  ", "[]"} {
				require.NotContains(t, line, never)
			}
			require.Equal(t, outcome == zwfw.OutcomeRefused && !e.Sent, strings.Contains(line, "not sent"))
			require.Equal(t, outcome == zwfw.OutcomeUnknown, strings.Contains(line, "unknown"))
			require.Equal(t, outcome == zwfw.OutcomeDone, strings.Contains(line, "done, but"))
			if outcome == zwfw.OutcomeRefused || !e.Sent {
				require.False(t, seen[line], line)
				seen[line] = true
			}
		}
	}
}

var printableCodes = map[string]bool{
	"":                                     true,
	"0":                                    true,
	"PY0000":                               true,
	"CODE_EXPIRED":                         true,
	"a.b:c-d_e":                            true,
	"00112233445566aa":                     true,
	"123e4567-e89b-12d3-a456-426614174000": true,
	"20240102000017":                       true,
	"1704165845000":                        true, // milliseconds, no telephone number
	strings.Repeat("a", 64):                true,
	strings.Repeat("a", 65):                false,
	"bad\ncode":                            false,
	"bad\rcode":                            false,
	"bad code":                             false,
	"码已失效":                                 false,
	"CODE=1":                               false,
	"<b>":                                  false,
	"a\x00":                                false,
	"\xff":                                 false,
	"13800001111":                          false, // telephone
	"8613800001111":                        false,
	"USER_13800001111":                     false,
	"user:13800001111.x":                   false,
	"999999190001010008":                   false, // citizen's number
	"99999919000101000X":                   false,
	"99999919000101000x":                   false,
	"id-99999919000101000X-1":              false,
	"999999000101001":                      false, // of fifteen digits
	"9999991900010100080":                  true,  // nineteen: a serial number
}

func TestPrintableCode(t *testing.T) {
	t.Parallel()
	for code, printable := range printableCodes {
		want := ""
		if printable {
			want = code
		}
		require.Equal(t, want, zwfw.PrintableCode(code), "%q", code)
	}
}

func TestHostileCodesAndRequestIDsAreLeftOut(t *testing.T) {
	t.Parallel()
	for code, printable := range printableCodes {
		if printable {
			continue
		}
		e := &zwfw.Error{Platform: "lutong", Op: "VerifyCode", Kind: zwfw.Unclassified, Outcome: zwfw.OutcomeRefused, Sent: true, Code: code, RequestID: code}
		require.EqualError(t, e, "lutong VerifyCode: refused, for a reason no table lists", "%q", code)
		require.Equal(t, "kind Unclassified, platform code none, request none", e.Advice().Support.EN)
		require.NotContains(t, fmt.Sprint(e.Advice()), code)
	}
}
