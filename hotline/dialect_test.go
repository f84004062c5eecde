package hotline_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

func dialects(t *testing.T) map[string]*zwfw.Dialect {
	t.Helper()
	preset, err := hotline.Dialect(hotline.DialectJiangxi)
	require.NoError(t, err)
	found := map[string]*zwfw.Dialect{"sign-hmac-sha256.json": preset}
	files, err := filepath.Glob("testdata/dialects/*.json")
	require.NoError(t, err)
	for _, file := range files {
		document, err := os.ReadFile(file)
		require.NoError(t, err)
		found[filepath.Base(file)], err = zwfw.ParseDialect(document)
		require.NoError(t, err, file)
	}
	require.Len(t, found, 6)
	return found
}

var weakAccepted = zwfw.WithWeakCrypto("the centre signs with MD5")

// Each file is a signing mode or a city that differs in what the standard leaves open.
// Client and platform are the same programs.
func TestSigningModesAndCitiesAreServedByADialectFileAlone(t *testing.T) {
	t.Parallel()
	for name, dialect := range dialects(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{Dialect: dialect, Rate: -1}))
			options := []zwfw.Option{zwfw.WithDialect(dialect), zwfw.WithClock(p.Clock()), weakAccepted}
			client := newClient(t, p.HotlineConfig(), options...)
			everyCall(t, p, client, newClient(t, p.HotlineConfigOf(1), options...))

			c := p.HotlineConfig()
			c.AppKey = zwfw.NewSecret("wrong")
			_, err := newClient(t, c, options...).SignForStatus(t.Context(), "D1")
			require.Error(t, err, "a wrong key gets nowhere")
			if name != "sign-hmac-sha256.json" {
				_, err = newClient(t, p.HotlineConfig(), once, zwfw.WithClock(p.Clock())).SignForStatus(t.Context(), "D1")
				require.Error(t, err, "a client that does not know the city gets nowhere")
			}
		})
	}
}

// everyCall makes each call once.
func everyCall(t *testing.T, p *sandbox.Platform, client, city *hotline.Client) {
	t.Helper()
	ctx := t.Context()
	_, err := client.SubmitAppeal(ctx, appeal(p, "YC1"))
	require.NoError(t, err)
	reported := all(t, client.ReportedSheets(ctx, hotline.ReportedQuery{}))
	require.Len(t, reported, 1)
	require.Equal(t, hotline.Complaint, reported[0].Type)
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{Title: "路灯不亮", Content: "内容"})
	back := p.Hotline().Dispatch(sandbox.HotlineSheet{Type: hotline.Consult})
	sheets := all(t, client.PendingSheets(ctx, hotline.PendingQuery{}))
	require.Len(t, sheets, 2)
	require.Equal(t, "路灯不亮", sheets[0].Title.Reveal())
	require.Equal(t, hotline.Pending, sheets[0].State)
	require.Equal(t, hotline.Consult, sheets[1].Type)
	_, err = client.Finish(ctx, finishing(id, "F0"))
	require.ErrorIs(t, err, zwfw.WrongState)
	signed, err := client.SignFor(ctx, signing(id))
	require.NoError(t, err)
	require.Equal(t, hotline.Signed, signed.State)
	d, err := client.SheetDetail(ctx, id)
	require.NoError(t, err)
	require.Equal(t, hotline.Signed, d.State)
	require.Equal(t, "内容", d.Content.Reveal())
	_, err = client.Flow(ctx, id)
	require.NoError(t, err)
	delayed, err := client.RequestDelay(ctx, delaying(id, "X1"))
	require.NoError(t, err)
	require.Equal(t, hotline.WaitingForApproval, delayed.Standing)
	finished, err := client.Finish(ctx, finishing(id, "F1"))
	require.NoError(t, err)
	require.Equal(t, hotline.FinishApplied, finished.State)
	rejected, err := client.Reject(ctx, rejecting(back, "R1"))
	require.NoError(t, err)
	require.Equal(t, hotline.RejectApplied, rejected.State)
	require.NoError(t, p.Hotline().Refuse(back, "应办"))
	_, err = client.SignFor(ctx, signing(back))
	require.NoError(t, err)
	again := rejecting(back, "R2")
	again.Signed = true
	_, err = client.Reject(ctx, again)
	require.NoError(t, err)
	states, err := client.SignForStatus(ctx, id, back)
	require.NoError(t, err)
	require.True(t, states[1].IsSigned)
	notices := all(t, client.Notices(ctx))
	require.Len(t, notices, 1)
	require.NoError(t, client.AckNotices(ctx, notices[0].ID))
	file, err := client.Upload(ctx, upload("现场.jpg", noise(100), nil))
	require.NoError(t, err)
	_, err = client.Download(ctx, hotline.DownloadRequest{File: file, Into: new(bytes.Buffer)})
	require.NoError(t, err)
	snapshot := hotline.Snapshot{City: "999999", At: p.Clock().Now(), Seq: 1, Period: 10 * time.Second}
	_, err = city.ReportCalls(ctx, hotline.CallReport{Snapshot: snapshot})
	require.NoError(t, err)
	_, err = city.ReportSeats(ctx, hotline.SeatReport{Snapshot: snapshot, Full: true})
	require.NoError(t, err)
}

func TestADialectSeesTwoKindsOfRejection(t *testing.T) {
	t.Parallel()
	d := dialects(t)["another-city.json"]
	p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{Dialect: d, Rate: -1}))
	client := newClient(t, p.HotlineConfig(), zwfw.WithDialect(d), zwfw.WithClock(p.Clock()))
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
	r := rejecting(id, "R1")
	_, err := client.Reject(t.Context(), r)
	require.NoError(t, err)
	r.Signed = true
	_, err = client.Reject(t.Context(), r)
	require.NoError(t, err)
	var paths []string
	for _, r := range p.Requests() {
		if strings.HasPrefix(r.Op, "hotline.Reject") {
			paths = append(paths, r.Path)
		}
	}
	require.Equal(t, []string{"/jx/api/task/reject", "/jx/api/task/rejectSigned"}, paths)
}

func TestTheReportForAnAssessorNamesTheSuite(t *testing.T) {
	t.Parallel()
	config := sandbox.Start(t).HotlineConfig()
	for name, want := range map[string]string{"sign-hmac-sha256.json": "hmac-sha256", "sign-sm3-hmac.json": "hmac-sm3", "sign-md5.json": "md5", "sign-plain.json": "", "sign-none.json": ""} {
		d := dialects(t)[name]
		if want == "md5" {
			_, err := hotline.New(config, zwfw.WithDialect(d))
			require.ErrorContains(t, err, "which is weak")
		}
		report := newClient(t, config, zwfw.WithDialect(d), weakAccepted).CryptoReport()
		if want == "" {
			require.Empty(t, report)
			continue
		}
		require.Len(t, report, 1)
		require.Equal(t, want, report[0].Suite)
		require.Equal(t, want == "md5", report[0].Grade == crypto.Weak)
	}
}

func TestCodesThatNobodyListsSurviveAndLabelsAreData(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("hotline.PendingSheets", sandbox.Body(200,
		`{"code":"0","data":{"total":1,"list":[{"dispatchId":"D1","sheetType":"咨询类","urgency":"特急","state":"35","delayState":"9"}]}}`))
	rows := all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{}))
	require.Equal(t, hotline.SheetType("咨询类"), rows[0].Type)
	require.Equal(t, hotline.State("35"), rows[0].State)
	require.False(t, rows[0].State.Open() || rows[0].State.Waiting() || rows[0].State.Over(), "nobody knows")

	codes := hotline.DefaultCodes()
	require.Equal(t, "投诉", codes.Label("sheetType", string(hotline.Complaint)))
	require.Equal(t, "35", codes.Label("state", "35"))
	code, ok := codes.Find("channel", "110转入")
	require.True(t, ok)
	require.Equal(t, "09", code)
	_, ok = codes.Find("channel", "飞鸽")
	require.False(t, ok)
	for document, want := range map[string]string{
		`{"state": {"10": ""}}`:                 "hotline: code tables: state.10 has no label",
		`{"state": {"10": "待签收", "11": "待签收"}}`: "hotline: code tables: state: 10 and 11 have one label",
		`[]`: "hotline: code tables: json: cannot unmarshal array into Go value of type hotline.Codes",
	} {
		_, err := hotline.ParseCodes([]byte(document))
		require.EqualError(t, err, want)
	}
}
