package hotlinewire_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

type config struct {
	Apps []struct{ AppID, AppKey string }
}

// opOf names the operation of each call of the samples.
var opOf = map[string]string{
	"hotline.auth.token":           "Authenticate",
	"hotline.report.submit":        "SubmitAppeal",
	"hotline.report.list":          "ReportedSheets",
	"hotline.dispatch.todo":        "PendingSheets",
	"hotline.dispatch.detail":      "SheetDetail",
	"hotline.dispatch.flow":        "Flow",
	"hotline.dispatch.sign":        "SignFor",
	"hotline.dispatch.sign-status": "SignForStatus",
	"hotline.dispatch.handle":      "Finish",
	"hotline.dispatch.delay":       "RequestDelay",
	"hotline.dispatch.notices":     "Notices",
	"hotline.dispatch.notices.ack": "AckNotices",
	"hotline.aggregate.call":       "ReportCalls",
	"hotline.aggregate.seat":       "ReportSeats",
}

// pages are calls that a browser makes.
var pages = map[string]bool{}

var kinds = map[string]zwfw.Kind{
	"40002": zwfw.BadRequest, "40003": zwfw.BadRequest, "40005": zwfw.BadRequest,
	"40101": zwfw.TokenInvalid, "40104": zwfw.Signature, "40302": zwfw.PermissionDenied, "40902": zwfw.Conflict,
	"41301": zwfw.TooLarge, "42201": zwfw.InvalidRows, "42901": zwfw.RateLimited,
}

func refusedKind(_, code string) (zwfw.Kind, bool) {
	if code == "0" {
		return "", false
	}
	return kinds[code], true
}

// unauthenticated are refusals of a header that is not there.
var unauthenticated = map[string]string{"40101": "X-Access-Token"}

var badSignature = map[string]bool{"40104": true}

func (s samples) basePath() string { return "/jx" }

func (s samples) any() sample { return s.Exchanges["hotline.dispatch.todo"]["accepted"] }

func (s samples) key(t *testing.T, x sample) string {
	t.Helper()
	for _, app := range s.Config.Apps {
		if app.AppID == x.Headers["X-App-Id"] {
			return app.AppKey
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
		Creds: map[string]zwfw.Secret{"appId": zwfw.NewSecret(x.Headers["X-App-Id"]), "appKey": zwfw.NewSecret(s.key(t, x))},
		Token: dock.StaticToken{Secret: zwfw.NewSecret(or(x.Headers["X-Access-Token"], "none"))},
	}
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// dialect is the preset for every sample.
func (sample) dialect(*testing.T) *zwfw.Dialect { return nil }

func (x sample) stamp() string { return x.Headers["X-Timestamp"] }

func (x sample) at(t *testing.T) time.Time {
	t.Helper()
	ms, err := strconv.ParseInt(x.stamp(), 10, 64)
	require.NoError(t, err)
	return time.UnixMilli(ms).In(china)
}

var china = time.FixedZone("+08:00", 8*60*60)

func requireEnvelope(t *testing.T, _ sample, meta dock.Meta) {
	t.Helper()
	require.Equal(t, "trace-1", meta.RequestID)
}

func replyTime(t *testing.T, reply map[string]any) time.Time {
	t.Helper()
	at, err := time.ParseInLocation(time.DateTime, reply["serverTime"].(string), china)
	require.NoError(t, err)
	return at
}
