package portalwire_test

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

type config struct {
	Apps []struct{ AppMark, Word string }
}

// opOf names the operation of each call of the samples.
var opOf = map[string]string{
	"portal.sso.ticket.validate":       "Exchange",
	"portal.sso.user":                  "User",
	"portal.sso.token.check":           "CheckToken",
	"portal.sso.ticket.generate":       "IssueLoginTicket",
	"portal.item.directory.list":       "ItemDirectory",
	"portal.item.list":                 "Items",
	"portal.item.detail":               "Item",
	"portal.item.changes":              "ItemChanges",
	"portal.case.my":                   "MyCases",
	"portal.case.progress":             "CaseProgress",
	"portal.case.detail":               "Case",
	"portal.case.changes":              "CaseChanges",
	"portal.case.public":               "PublicCases",
	"portal.evaluate.norms":            "EvaluationNorms",
	"portal.evaluate.service.add":      "AddEvaluationPoint",
	"portal.evaluate.service.list":     "EvaluationPoints",
	"portal.evaluate.submit":           "Evaluate",
	"portal.evaluate.append":           "AppendEvaluation",
	"portal.evaluate.list":             "Evaluations",
	"portal.evaluate.stat":             "EvaluationStatistics",
	"portal.evaluate.rectify.list":     "Rectifications",
	"portal.evaluate.rectify.feedback": "ReplyRectification",
	"portal.ingest.batch":              "IngestBatch",
	"portal.ingest.status":             "IngestStatus",
	"portal.ingest.reconcile":          "IngestReconcile",
}

// pages are calls that a browser makes.
var pages = map[string]bool{"portal.sso.login": true, "portal.sso.logout": true, "portal.evaluate.page": true}

var kinds = map[string]zwfw.Kind{
	"4001": zwfw.BadRequest, "4002": zwfw.BadRequest, "4004": zwfw.BadRequest, "4010": zwfw.CallerDenied, "4011": zwfw.Signature,
	"4030": zwfw.PermissionDenied, "4040": zwfw.NotFound, "4093": zwfw.WrongState, "6003": zwfw.CodeTypeUnsupported, "6005": zwfw.TokenInvalid,
}

// refusedKind gives the kind of a code. A repetition (4090) and a batch of which rows
// were rejected (4220) are done, and say so in their data.
func refusedKind(op, code string) (zwfw.Kind, bool) {
	switch {
	case code == "0", code == "4090", code == "4220" && op == "IngestBatch":
		return "", false
	case code == "4030" && op == "CaseProgress":
		return zwfw.BadRequest, true
	}
	return kinds[code], true
}

// unauthenticated are refusals of a header that is not there: none here.
var unauthenticated = map[string]string{}

var badSignature = map[string]bool{"4011": true}

func (s samples) basePath() string { return "/hlj" }

func (s samples) any() sample { return s.Exchanges["portal.item.list"]["accepted"] }

func (s samples) key(t *testing.T, x sample) string {
	t.Helper()
	for _, app := range s.Config.Apps {
		if app.AppMark == x.Headers["X-App-Mark"] {
			return app.Word
		}
	}
	require.Fail(t, "no such application")
	return ""
}

// party is the caller of a sample.
func (s samples) party(t *testing.T, x sample, base string) dock.Party {
	t.Helper()
	return dock.Party{
		Bases: map[string]string{"": base + s.basePath()},
		Creds: map[string]zwfw.Secret{"appMark": zwfw.NewSecret(x.Headers["X-App-Mark"]), "word": zwfw.NewSecret(s.key(t, x))},
	}
}

// milliseconds is the preset with the other form of X-Timestamp that the contract
// allows: one of the samples has it.
const milliseconds = `{"schema": 1, "platform": "portal", "name": "hlj-ms@1", "extends": "hlj@1",
	"headers": {"X-Timestamp": "{ts|ms}"},
	"sign": {"suite": "hmac-sha256", "key": "word", "text": "{method}\n{path}\n{ts|ms}\n{nonce|hex}\n{body|sha256|hex}"}}`

// dialect is nil for the preset.
func (x sample) dialect(t *testing.T) *zwfw.Dialect {
	t.Helper()
	if !x.inMilliseconds() {
		return nil
	}
	d, err := zwfw.ParseDialect([]byte(milliseconds))
	require.NoError(t, err)
	return d
}

func (x sample) inMilliseconds() bool { return len(x.stamp()) == len("1795291273378") }

func (x sample) stamp() string { return x.Headers["X-Timestamp"] }

func (x sample) at(t *testing.T) time.Time {
	t.Helper()
	if x.inMilliseconds() {
		ms, err := strconv.ParseInt(x.stamp(), 10, 64)
		require.NoError(t, err)
		return time.UnixMilli(ms).In(china)
	}
	at, err := time.ParseInLocation("20060102150405", x.stamp(), china)
	require.NoError(t, err)
	return at
}

var china = time.FixedZone("+08:00", 8*60*60)

func requireEnvelope(t *testing.T, x sample, meta dock.Meta) {
	t.Helper()
	var reply struct{ RequestID string }
	require.NoError(t, json.Unmarshal(x.Reply, &reply))
	require.Equal(t, reply.RequestID, meta.RequestID)
}

// replyTime is zero: this platform tells no time.
func replyTime(*testing.T, map[string]any) time.Time { return time.Time{} }
