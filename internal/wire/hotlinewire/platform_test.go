package hotlinewire_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

type config struct {
	Apps []struct{ AppID, AppKey string }
}

var calls = map[string]string{
	"Authenticate":   "hotline.auth.token",
	"SubmitAppeal":   "hotline.report.submit",
	"ReportedSheets": "hotline.report.list",
	"PendingSheets":  "hotline.dispatch.todo",
	"SheetDetail":    "hotline.dispatch.detail",
	"Flow":           "hotline.dispatch.flow",
	"SignFor":        "hotline.dispatch.sign",
	"SignForStatus":  "hotline.dispatch.sign-status",
	"Finish":         "hotline.dispatch.handle",
	"RequestDelay":   "hotline.dispatch.delay",
	"Notices":        "hotline.dispatch.notices",
	"AckNotices":     "hotline.dispatch.notices.ack",
	"ReportCalls":    "hotline.aggregate.call",
	"ReportSeats":    "hotline.aggregate.seat",
}

var kinds = map[string]zwfw.Kind{
	"40002": zwfw.BadRequest, "40003": zwfw.BadRequest, "40005": zwfw.BadRequest,
	"40101": zwfw.TokenInvalid, "40104": zwfw.Signature, "40302": zwfw.PermissionDenied, "40902": zwfw.Conflict,
	"41301": zwfw.TooLarge, "42201": zwfw.InvalidRows, "42901": zwfw.RateLimited,
}

func proof(t *testing.T) wireproof.Platform {
	t.Helper()
	var c config
	exchanges := wireproof.Load(t, &c)
	return wireproof.Platform{
		Manifest: wire.Manifest(), Exchanges: exchanges, Calls: calls,
		Party: c.party, Time: at, Common: exchanges["hotline.dispatch.todo"]["accepted"],
		Signed: &wireproof.Signed{Key: c.key, Missing: map[string]string{"40101": "X-Access-Token"}, Wrong: "40104"},
		Refused: func(x wireproof.Exchange) (zwfw.Kind, bool) {
			return kinds[x.Code], x.Code != "0"
		},
		Plain: plain,
	}
}

// party is the caller of a sample.
func (c config) party(t *testing.T, x wireproof.Sample) dock.Party {
	t.Helper()
	token := x.Headers["X-Access-Token"]
	if token == "" {
		token = "none"
	}
	return dock.Party{
		Bases: map[string]string{"": "http://platform.example/jx"},
		Creds: map[string]zwfw.Secret{"appId": zwfw.NewSecret(x.Headers["X-App-Id"]), "appKey": zwfw.NewSecret(c.key(t, x))},
		Token: dock.StaticToken{Secret: zwfw.NewSecret(token)},
	}
}

func (c config) key(t *testing.T, x wireproof.Sample) string {
	t.Helper()
	for _, app := range c.Apps {
		if app.AppID == x.Headers["X-App-Id"] {
			return app.AppKey
		}
	}
	require.Fail(t, "no such application")
	return ""
}

func at(t *testing.T, x wireproof.Sample) time.Time {
	t.Helper()
	ms, err := strconv.ParseInt(x.Headers["X-Timestamp"], 10, 64)
	require.NoError(t, err)
	return time.UnixMilli(ms).In(china)
}

var china = time.FixedZone("+08:00", 8*60*60)

// plain leaves out the data of a refusal: the detail in it is the platform's own.
func plain(_ *testing.T, x wireproof.Exchange, reply map[string]any) {
	if x.Code != "0" {
		delete(reply, "data")
	}
}
