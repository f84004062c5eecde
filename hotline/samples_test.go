package hotline_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config struct {
		Apps []struct {
			AppID, AppKey, UnitCode, UnitName string
			UnitType                          hotline.UnitType
			Disabled                          bool
		}
	}
	Exchanges map[string]map[string]sample
}

type sample struct {
	Path    string
	Headers map[string]string
	Body    string `json:"body_bytes"`
	Code    string
	Reply   json.RawMessage
}

func loadSamples(t *testing.T) samples {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Exchanges, 14)
	return s
}

func (s samples) key(app string) string {
	for _, a := range s.Config.Apps {
		if a.AppID == app {
			return a.AppKey
		}
	}
	return ""
}

// at is when a sample was made.
func (x sample) at(t *testing.T) time.Time {
	t.Helper()
	ms, err := strconv.ParseInt(x.Headers["X-Timestamp"], 10, 64)
	require.NoError(t, err)
	return time.UnixMilli(ms)
}

// likeSample makes the call that an accepted sample shows.
func likeSample(t *testing.T, c *hotline.Client, op, body string) (any, error) {
	t.Helper()
	ctx := t.Context()
	at := time.Date(2026, 11, 22, 4, 1, 12, 0, time.FixedZone("", 8*60*60))
	switch op {
	case "hotline.dispatch.todo":
		for s, err := range c.PendingSheets(ctx, hotline.PendingQuery{}) {
			return s, err
		}
	case "hotline.report.submit":
		return c.SubmitAppeal(ctx, hotline.Appeal{
			Number: "YC1", Person: hotline.Person{Name: zwfw.NewPersonName("张某"), Phone: zwfw.NewPhone("10000000000")}, At: at.Add(-10 * time.Minute),
			Type: hotline.Complaint, Title: "题", Content: "内容😀", Channel: hotline.ByPhone, Area: "999999", Categories: []string{"05", "0503"}, Urgency: hotline.Ordinary,
		})
	case "hotline.report.list":
		for s, err := range c.ReportedSheets(ctx, hotline.ReportedQuery{From: at.Add(-time.Hour), To: at.Add(time.Minute)}) {
			return s, err
		}
	case "hotline.dispatch.detail":
		return c.SheetDetail(ctx, "D1")
	case "hotline.dispatch.flow":
		return c.Flow(ctx, "D1")
	case "hotline.dispatch.sign":
		return c.SignFor(ctx, hotline.SignRequest{DispatchID: "D1", Signer: clerk, At: at})
	case "hotline.dispatch.delay":
		return c.RequestDelay(ctx, hotline.DelayRequest{
			DispatchID: "D1", RequestNo: "X1", Value: 2, Unit: hotline.WorkingDays, Reason: "复杂", Applicant: zwfw.NewPersonName("李"),
		})
	case "hotline.dispatch.handle":
		return c.Finish(ctx, hotline.FinishRequest{
			DispatchID: "D1", RequestNo: "F1", At: at, Handler: zwfw.NewPersonName("李"), Result: "办结了", Solved: hotline.IsSolved,
		})
	case "hotline.dispatch.sign-status":
		return c.SignForStatus(ctx, "D1", "D2")
	case "hotline.dispatch.notices":
		for n, err := range c.Notices(ctx) {
			return n, err
		}
	case "hotline.dispatch.notices.ack":
		return nil, c.AckNotices(ctx, "N1", "N2", "N3", "N4", "N5", "N1", "N2", "N3", "N4", "N5")
	case "hotline.aggregate.call":
		return c.ReportCalls(ctx, hotline.CallReport{
			Snapshot: hotline.Snapshot{City: "999999", At: at, Seq: 5, Period: 10 * time.Second},
			Total: hotline.CallCounters{
				Queueing: 2, Ringing: 1, Talking: 23, IVR: 4, Offered: 312, Answered: 303, Abandoned: 4, Answered15s: 290, Outbound: 88, Callback: 61,
			},
		})
	case "hotline.aggregate.seat":
		return c.ReportSeats(ctx, hotline.SeatReport{
			Snapshot: hotline.Snapshot{City: "999999000000", At: at, Seq: 1, Period: 10 * time.Second}, Full: true,
			Total: hotline.SeatCounters{Configured: 5, LoggedIn: 3, Idle: 1, Talking: 2},
			Seats: []hotline.Seat{{No: "1", AgentNo: "a", Area: "999999000000", Skill: "s", State: hotline.SeatTalking, Since: at}},
		})
	}
	_, err := c.Ready(ctx)
	return nil, err
}

var sampleKinds = map[string]zwfw.Kind{
	"40002": zwfw.BadRequest, "40003": zwfw.BadRequest, "40005": zwfw.BadRequest, "40101": zwfw.TokenInvalid, "40104": zwfw.Signature,
	"40302": zwfw.PermissionDenied, "40902": zwfw.Conflict, "41301": zwfw.TooLarge, "42201": zwfw.InvalidRows, "42901": zwfw.RateLimited,
}

// without drops nulls, and what the client decides by itself: how long a page is.
func without(t *testing.T, body string) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &m))
	for _, name := range []string{"pageSize", "maxCount", "timestamp", "nonce", "sign"} {
		delete(m, name)
	}
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	return m
}

func TestTheClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	login := s.Exchanges["hotline.auth.token"]["accepted"]
	for op, exchanges := range s.Exchanges {
		for which, x := range exchanges {
			t.Run(op+" "+which, func(t *testing.T) {
				t.Parallel()
				app := x.Headers["X-App-Id"]
				key, calls := s.key(app), 0
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodHead {
						w.Header().Set("Date", x.at(t).UTC().Format(http.TimeFormat))
						return
					}
					body, _ := io.ReadAll(r.Body)
					digest := sha256.Sum256(body)
					mac := hmac.New(sha256.New, []byte(key))
					mac.Write([]byte(strings.Join([]string{r.Method, r.URL.Path, r.Header.Get("X-Timestamp"), r.Header.Get("X-Nonce"), hex.EncodeToString(digest[:])}, "\n")))
					assert.Equal(t, hex.EncodeToString(mac.Sum(nil)), r.Header.Get("X-Sign"), "over the bytes sent")
					if strings.HasSuffix(r.URL.Path, "/auth/token") && op != "hotline.auth.token" {
						_, _ = w.Write(login.Reply)
						return
					}
					if calls++; calls == 1 {
						assert.Equal(t, x.Path, r.URL.Path)
						assert.Equal(t, app, r.Header.Get("X-App-Id"))
						accepted := exchanges["accepted"]
						assert.Equal(t, without(t, accepted.Body), without(t, string(body)))
						if op != "hotline.auth.token" {
							assert.Equal(t, "097ba339e9cd42c51747ef4556d0b77c8c95a861", r.Header.Get("X-Access-Token"))
						}
					}
					_, _ = w.Write(x.Reply)
				}))
				defer server.Close()
				client := newClient(t, hotline.Config{BaseURL: server.URL + "/jx", AppID: app, AppKey: zwfw.NewSecret(key)},
					once, zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return x.at(t) })))
				got, err := likeSample(t, client, op, x.Body)
				if x.Code != "0" {
					requireCode(t, err, x.Code, sampleKinds[x.Code])
					return
				}
				require.NoError(t, err)
				requireSample(t, client, got)
			})
		}
	}
}

func requireSample(t *testing.T, c *hotline.Client, got any) {
	t.Helper()
	switch got := got.(type) {
	case hotline.Sheet:
		require.Equal(t, hotline.DispatchID("D1"), got.DispatchID)
		require.Equal(t, "2026-11-27T10:00:00Z", got.Deadline.UTC().Format(time.RFC3339))
	case *hotline.AppealReceipt:
		require.Equal(t, hotline.SheetNo("99999920261122000001"), got.SheetNo)
	case hotline.ReportedSheet:
		require.Equal(t, "补正", got.WhyBack.Reveal())
	case *hotline.SheetDetail:
		require.Equal(t, "办结了", got.Process.Result.Reveal())
		require.Len(t, got.Delays, 2)
		require.Equal(t, "10000000009", got.Person.Phone.Reveal())
	case []hotline.FlowStep:
		require.Equal(t, "派发", got[0].NodeName)
	case *hotline.SignResult:
		require.Equal(t, hotline.Signed, got.State)
	case []hotline.SignStatus:
		require.True(t, got[0].IsSigned)
		require.False(t, got[1].IsSigned)
	case *hotline.DelayResult:
		require.Equal(t, hotline.WaitingForApproval, got.Standing)
	case *hotline.HandleResult:
		require.Equal(t, "A3", got.ApplyID)
	case hotline.Notice:
		require.Equal(t, hotline.DelayAgreed, got.Type)
		require.False(t, got.NewDeadline.IsZero())
	case *hotline.ReportResult:
		require.True(t, got.Accepted)
	default:
		u, ok := c.Unit()
		require.True(t, ok)
		require.Equal(t, []string{"report", "dispatch"}, u.Scopes)
	}
}

// before is what the platform had done before a sample was made.
func before(t *testing.T, p *sandbox.Platform, send func(op, which string) string, op, which string) {
	t.Helper()
	for _, id := range []hotline.DispatchID{"D1", "D2"} {
		p.Hotline().Dispatch(sandbox.HotlineSheet{ID: id})
	}
	p.Hotline().Dispatch(sandbox.HotlineSheet{ID: "D5", Unit: "JX-CITY-01"})
	switch {
	case which == "accepted" && (op == "hotline.dispatch.delay" || op == "hotline.dispatch.handle"):
		require.Equal(t, "0", send("hotline.dispatch.sign", "accepted"))
	case which == "refused" && (op == "hotline.report.submit" || op == "hotline.aggregate.call"):
		require.Equal(t, "0", send(op, "accepted"))
	}
}

func TestTheSandboxAnswersTheSamplesAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	setup := sandbox.HotlineSetup{AggregateRate: 1}
	for _, a := range s.Config.Apps {
		setup.Units = append(setup.Units, sandbox.HotlineUnit{
			AppID: a.AppID, AppKey: zwfw.NewSecret(a.AppKey), Code: a.UnitCode, Name: a.UnitName, Type: a.UnitType, Blocked: a.Disabled,
		})
	}
	for _, op := range slices.Sorted(maps.Keys(s.Exchanges)) {
		for which, x := range s.Exchanges[op] {
			t.Run(op+" "+which, func(t *testing.T) {
				t.Parallel()
				p := sandbox.Start(t, sandbox.WithStart(x.at(t)), sandbox.WithHotline(setup))
				for _, e := range s.Exchanges {
					for _, e := range e {
						if token := e.Headers["X-Access-Token"]; token != "" {
							p.Hotline().PutToken(e.Headers["X-App-Id"], token)
						}
					}
				}
				send := func(op, which string) string {
					x := s.Exchanges[op][which]
					p.Clock().Set(x.at(t))
					r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+x.Path, bytes.NewReader([]byte(x.Body)))
					require.NoError(t, err)
					for name, value := range x.Headers {
						r.Header.Set(name, value)
					}
					resp, err := http.DefaultClient.Do(r)
					require.NoError(t, err)
					defer resp.Body.Close()
					require.Equal(t, http.StatusOK, resp.StatusCode)
					var reply struct{ Code string }
					require.NoError(t, json.NewDecoder(resp.Body).Decode(&reply))
					return reply.Code
				}
				before(t, p, send, op, which)
				require.Equal(t, x.Code, send(op, which))
			})
		}
	}
}
