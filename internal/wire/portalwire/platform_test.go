package portalwire_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/portalwire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

type config struct {
	Apps []struct{ AppMark, Word string }
}

var calls = map[string]string{
	"Exchange":             "portal.sso.ticket.validate",
	"User":                 "portal.sso.user",
	"CheckToken":           "portal.sso.token.check",
	"IssueLoginTicket":     "portal.sso.ticket.generate",
	"ItemDirectory":        "portal.item.directory.list",
	"Items":                "portal.item.list",
	"Item":                 "portal.item.detail",
	"ItemChanges":          "portal.item.changes",
	"MyCases":              "portal.case.my",
	"CaseProgress":         "portal.case.progress",
	"Case":                 "portal.case.detail",
	"CaseChanges":          "portal.case.changes",
	"PublicCases":          "portal.case.public",
	"EvaluationNorms":      "portal.evaluate.norms",
	"AddEvaluationPoint":   "portal.evaluate.service.add",
	"EvaluationPoints":     "portal.evaluate.service.list",
	"Evaluate":             "portal.evaluate.submit",
	"AppendEvaluation":     "portal.evaluate.append",
	"Evaluations":          "portal.evaluate.list",
	"EvaluationStatistics": "portal.evaluate.stat",
	"Rectifications":       "portal.evaluate.rectify.list",
	"ReplyRectification":   "portal.evaluate.rectify.feedback",
	"IngestBatch":          "portal.ingest.batch",
	"IngestStatus":         "portal.ingest.status",
	"IngestReconcile":      "portal.ingest.reconcile",
}

var kinds = map[string]zwfw.Kind{
	"4001": zwfw.BadRequest, "4002": zwfw.BadRequest, "4004": zwfw.BadRequest, "4010": zwfw.CallerDenied, "4011": zwfw.Signature,
	"4030": zwfw.PermissionDenied, "4040": zwfw.NotFound, "4093": zwfw.WrongState, "6003": zwfw.CodeTypeUnsupported, "6005": zwfw.TokenInvalid,
}

func proof(t *testing.T) wireproof.Platform {
	t.Helper()
	var c config
	exchanges := wireproof.Load(t, &c)
	return wireproof.Platform{
		Manifest: wire.Manifest(), Exchanges: exchanges, Calls: calls,
		Pages: []string{"portal.sso.login", "portal.sso.logout", "portal.evaluate.page"},
		Party: c.party, Dialect: dialect, Time: at, Common: exchanges["portal.item.list"]["accepted"],
		Signed: &wireproof.Signed{Key: c.key, Wrong: "4011"}, Refused: refused, Plain: plain,
	}
}

// refused gives the kind of a code. A repetition (4090) and a batch of which rows
// were rejected (4220) are done, and say so in their data.
func refused(x wireproof.Exchange) (zwfw.Kind, bool) {
	switch {
	case x.Code == "0", x.Code == "4090", x.Code == "4220" && x.Op.Name == "IngestBatch":
		return "", false
	case x.Code == "4030" && x.Op.Name == "CaseProgress":
		return zwfw.BadRequest, true
	}
	return kinds[x.Code], true
}

// party is the caller of a sample.
func (c config) party(t *testing.T, x wireproof.Sample) dock.Party {
	t.Helper()
	return dock.Party{
		Bases: map[string]string{"": "http://platform.example/hlj"},
		Creds: map[string]zwfw.Secret{"appMark": zwfw.NewSecret(x.Headers["X-App-Mark"]), "word": zwfw.NewSecret(c.key(t, x))},
	}
}

func (c config) key(t *testing.T, x wireproof.Sample) string {
	t.Helper()
	for _, app := range c.Apps {
		if app.AppMark == x.Headers["X-App-Mark"] {
			return app.Word
		}
	}
	require.Fail(t, "no such application")
	return ""
}

// milliseconds is the preset with the other form of X-Timestamp that the contract
// allows: one of the samples has it.
const milliseconds = `{"schema": 1, "platform": "portal", "name": "hlj-ms@1", "extends": "hlj@1",
	"headers": {"X-Timestamp": "{ts|ms}"},
	"sign": {"suite": "hmac-sha256", "key": "word", "text": "{method}\n{path}\n{ts|ms}\n{nonce|hex}\n{body|sha256|hex}"}}`

func dialect(t *testing.T, x wireproof.Sample) *zwfw.Dialect {
	t.Helper()
	if !inMilliseconds(x) {
		return nil
	}
	d, err := zwfw.ParseDialect([]byte(milliseconds))
	require.NoError(t, err)
	return d
}

func inMilliseconds(x wireproof.Sample) bool {
	return len(x.Headers["X-Timestamp"]) == len("1795291273378")
}

func at(t *testing.T, x wireproof.Sample) time.Time {
	t.Helper()
	stamp := x.Headers["X-Timestamp"]
	if inMilliseconds(x) {
		ms, err := strconv.ParseInt(stamp, 10, 64)
		require.NoError(t, err)
		return time.UnixMilli(ms)
	}
	at, err := time.ParseInLocation("20060102150405", stamp, time.FixedZone("+08:00", 8*60*60))
	require.NoError(t, err)
	return at
}

// plain leaves out the data of a refusal, whose detail is the platform's own. Of what is
// done it keeps the types of code and message: success is written in our words.
func plain(_ *testing.T, x wireproof.Exchange, reply map[string]any) {
	if _, no := refused(x); no {
		delete(reply, "data")
		return
	}
	for _, name := range []string{"code", "message"} {
		reply[name] = fmt.Sprintf("%T", reply[name])
	}
}
