package hotline_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/internal/marker"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Every operation goes through success and every fault, at debug level, and nothing
// personal or secret is found in what was written.
func TestNoPersonalDatumAndNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(unhurried))
	n := new(marker.Notebook)
	const planted, number = "PLANTEDTEXT", "13800009999"
	config := p.HotlineConfig()
	options := append(n.Options(), zwfw.WithClock(p.Clock()), zwfw.WithTimeout(250*time.Millisecond), zwfw.WithMaxResponse(64<<10), once)
	client, cityClient := newClient(t, config, options...), newClient(t, p.HotlineConfigOf(1), options...)
	p.Hotline().PutToken(config.AppID, "PLANTEDTOKEN")
	citizen := p.Citizens()[0]
	markers := []string{citizen.Name.Reveal(), citizen.Phone.Reveal(), config.AppKey.Reveal(), "PLANTEDTOKEN", planted, number, "李某", "测试派单员", "现场处理", "非本单位", "案情复杂"}
	echo := fmt.Sprintf(`{"code":%q,"message":"%s %s","data":{"accessToken":%q,"title":%q,"content":%q,"errors":[{"field":%q}],"list":[{"opinion":%q,"title":%q}]}}`,
		number, planted, number, planted, planted, planted, planted, planted, planted)
	for i, fault := range []sandbox.Fault{
		sandbox.Pass(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.HTML(502), sandbox.EmptyAnswer(), sandbox.Body(200, echo), sandbox.Body(500, echo),
		sandbox.Body(200, planted), sandbox.Body(302, planted), sandbox.SkewClock(time.Hour), sandbox.Refuse(zwfw.WrongState),
		sandbox.RefuseCode("0", planted), sandbox.RefuseCode("E1", planted),
	} {
		p.Faults().Always("*", sandbox.Pass())
		id := p.Hotline().Dispatch(sandbox.HotlineSheet{Title: planted, Content: planted + number})
		require.NoError(t, p.Hotline().Urge(id))
		n.Note(client.Ready(t.Context())) // a token is there: the faults meet the calls
		for _, op := range []string{"SubmitAppeal", "ReportedSheets", "PendingSheets", "SheetDetail", "Flow", "SignFor", "SignForStatus", "Finish", "Reject", "RequestDelay", "Notices", "FileInit", "FileGet", "ReportCalls", "ReportSeats"} {
			p.Faults().Always("hotline."+op, fault)
		}
		a := appeal(p, fmt.Sprint("YC", i))
		a.Content, a.Title, a.Address = planted, planted, planted
		n.Note(client.SubmitAppeal(t.Context(), a))
		for r, err := range client.ReportedSheets(t.Context(), hotline.ReportedQuery{}) {
			n.Note(r, err)
		}
		for s, err := range client.PendingSheets(t.Context(), hotline.PendingQuery{}) {
			n.Note(s, err)
		}
		n.Note(client.SheetDetail(t.Context(), id))
		n.Note(client.SignFor(t.Context(), signing(id)))
		n.Note(client.SignForStatus(t.Context(), id))
		n.Note(client.RequestDelay(t.Context(), delaying(id, "X1")))
		n.Note(client.Finish(t.Context(), finishing(id, "F1")))
		n.Note(client.Reject(t.Context(), rejecting(id, "R1")))
		n.Note(client.SheetDetail(t.Context(), id))
		n.Note(client.Flow(t.Context(), id))
		for x, err := range client.Notices(t.Context()) {
			n.Note(x, err)
		}
		_, err := client.Upload(t.Context(), upload("a.jpg", []byte(planted), nil))
		n.Note(nil, err)
		_, err = client.Download(t.Context(), hotline.DownloadRequest{File: hotline.Attachment{FileID: "F1"}, Into: new(bytes.Buffer)})
		n.Note(nil, err)
		snapshot := hotline.Snapshot{City: "999999", At: p.Clock().Now(), Seq: int64(i + 1), Period: time.Second}
		n.Note(cityClient.ReportCalls(t.Context(), hotline.CallReport{Snapshot: snapshot, Calls: []hotline.Call{{ID: "c", Caller: citizen.Phone}}}))
		n.Note(cityClient.ReportSeats(t.Context(), hotline.SeatReport{Snapshot: snapshot, Seats: []hotline.Seat{{No: "1", AgentName: citizen.Name, State: "1"}}}))
	}
	p.Faults().Clear()
	for _, r := range p.Requests() {
		n.Note(r, nil)
		n.Note(r.Curl(p.URL), nil)
	}
	n.Note(config, nil)
	n.Check(t, markers...)
}
