package hotlinewire_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

// The samples have no return, no attachment and no report with counties or details:
// both sides of the dialect speak to each other.
func TestCallsWithoutASampleReachThePlatformWhole(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 4, 1, 12, 0, china)
	n, yes := int64(3), true
	for _, c := range []struct {
		op, body string
		in, out  any
	}{
		{
			"Reject", `{"action":"2","dispatchId":"D1","handleTime":"2026-11-22 04:01:12","handler":"李","handlerPhone":"10000000001","reasonCode":"1","reason":"非本单位职责","suggestUnit":"999999000102","requestNo":"R1"}`,
			&wire.Rejection{DispatchID: "D1", HandleTime: at, Handler: zwfw.NewPersonName("李"), HandlerPhone: zwfw.NewPhone("10000000001"), ReasonCode: "1", Reason: "非本单位职责", SuggestUnit: "999999000102", RequestNo: "R1"},
			&wire.HandlingResult{State: "70", ApprovalNeeded: true, ApplyID: "A1"},
		},
		{
			"Finish", `{"action":"1","dispatchId":"D1","handleTime":"2026-11-22 04:01:12","handler":"李","result":"r","solved":"2","contacted":true,"contactTime":"2026-11-22 04:01:12","contactWay":"1","attachments":[{"fileId":"F1","fileName":"a.jpg","size":3,"sha256":"00"}],"requestNo":"R2"}`,
			&wire.Finishing{
				DispatchID: "D1", HandleTime: at, Handler: zwfw.NewPersonName("李"), Result: "r", Solved: "2", Contacted: &yes, ContactTime: at, ContactWay: "1",
				Attachments: []wire.Attachment{{FileID: "F1", FileName: "a.jpg", Size: 3, SHA256: "00"}}, RequestNo: "R2",
			},
			&wire.HandlingResult{State: "50"},
		},
		{
			"RequestDelay", `{"dispatchId":"D1","requestNo":"R3","newDeadline":"2026-11-22 04:01:12","reason":"r","applicant":"李"}`,
			&wire.Delay{DispatchID: "D1", RequestNo: "R3", NewDeadline: at, Reason: "r", Applicant: zwfw.NewPersonName("李")},
			&wire.DelayResult{ApplyID: "A2", DelayState: "2", NewDeadline: at},
		},
		{
			"FileInit", `{"fileName":"a.jpg","size":3,"sha256":"00","chunkSize":1048576}`,
			&wire.FileStart{FileName: "a.jpg", Size: 3, SHA256: "00", ChunkSize: 1 << 20}, &wire.FileTicket{FileID: "F1", Chunks: 1},
		},
		{"FileChunk", `{"fileId":"F1","index":0,"base64":"AP+/"}`, &wire.FileChunk{FileID: "F1", Base64: "AP+/"}, &wire.Nothing{}},
		{"FileGet", `{"fileId":"F1","index":1}`, &wire.FileQuery{FileID: "F1", Index: 1}, &wire.FilePart{FileID: "F1", Index: 1, Base64: "AP+/", Chunks: 2}},
		{
			"ReportCalls", `{"cityCode":"999999","statTime":"2026-11-22 04:01:12","seq":1,"periodSec":10,"total":{"queueing":0,"ringing":0,"talking":1,"ivr":0,"offered":0,"answered":0,"abandoned":0,"answered15s":0,"outbound":0,"callback":0,"waitSecTotal":3},"counties":[{"areaCode":"999999000101","total":{"queueing":0,"ringing":0,"talking":1,"ivr":0,"offered":0,"answered":0,"abandoned":0,"answered15s":0,"outbound":0,"callback":0}}],"calls":[{"callId":"c","callerMasked":"100****0000","direction":"1","state":"4","beginTime":"2026-11-22 04:01:12"}]}`,
			&wire.CallReport{
				CityCode: "999999", StatTime: at, Seq: 1, PeriodSec: 10, Total: wire.CallCounters{Talking: 1, WaitSecTotal: &n},
				Counties: []wire.County{{AreaCode: "999999000101", Total: &wire.CallCounters{Talking: 1}}},
				Calls:    []wire.CallRow{{CallID: "c", CallerMasked: zwfw.NewPhone("100****0000"), Direction: "1", State: "4", BeginTime: at}},
			},
			&wire.ReportResult{Accepted: true, LastSeq: 1, NextPeriodSec: 10, Warnings: []string{"w"}},
		},
	} {
		t.Run(c.op, func(t *testing.T) {
			t.Parallel()
			p := proof(t)
			desk, op := p.Desk(t, p.Common), p.Op(t, c.op)
			arrived := reflect.New(op.In).Interface()
			var body []byte
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ = io.ReadAll(r.Body)
				name, _ := desk.Match("", strings.TrimPrefix(r.URL.Path, "/jx"), body)
				q, fault := desk.Read(name, r, body)
				if name != c.op || fault != nil || q.Verify() != nil || q.Decode(arrived) != nil {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				reply, _, _ := desk.Write(name, dock.Answer{ID: "1", At: at, Out: c.out})
				_, _ = w.Write(reply)
			}))
			t.Cleanup(server.Close)
			party := p.Party(t, p.Common)
			party.Bases[""] = server.URL + "/jx"
			out := wireproof.New(op.Out)

			_, err := p.Engine(t, party).Call(t.Context(), c.op, c.in, out)

			require.NoError(t, err)
			require.Equal(t, wireproof.PlainJSON(t, []byte(c.body)), wireproof.PlainJSON(t, body))
			require.Equal(t, c.in, arrived)
			require.Equal(t, c.out, out)
		})
	}
}

func TestCountiesMayArriveFlat(t *testing.T) {
	t.Parallel()
	p := proof(t)
	x := p.Exchanges["hotline.aggregate.call"]["accepted"]
	x.BodyBytes = `{"cityCode":"999999","statTime":"2026-11-22 04:01:12","seq":5,"periodSec":10,"total":{},"counties":[{"areaCode":"999999000101","queueing":2}]}`
	_, q, fault := p.Read(t, x)
	require.Nil(t, fault)
	var in wire.CallReport
	require.Nil(t, q.Decode(&in))
	require.Nil(t, in.Counties[0].Total)
	require.Equal(t, map[string]string{"queueing": "2"}, in.Counties[0].Flat)
}

func TestDefaultHasEveryOperation(t *testing.T) {
	t.Parallel()
	preset := wire.Manifest().Presets[0]
	require.Equal(t, "jx-12345@1", preset.Name)
	for _, op := range wire.Manifest().Ops {
		require.Contains(t, preset.Ops, op.Name)
		require.NotEqual(t, dock.OneShot, op.Class, "%s has a key of the caller's", op.Name)
	}
}
