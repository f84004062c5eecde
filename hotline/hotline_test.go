package hotline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
)

func TestASheetIsTakenAnsweredSentBackAnsweredAgainAndArchived(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	centre := p.Hotline()
	id := centre.Dispatch(sandboxSheet("测试工单", hotline.Complaint))

	sheets := all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{}))
	require.Len(t, sheets, 1)
	require.Equal(t, id, sheets[0].DispatchID)
	require.Equal(t, hotline.Pending, sheets[0].State)
	require.Equal(t, "测试工单", sheets[0].Title.Reveal())

	d, err := client.SheetDetail(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, p.Citizens()[0].Name.Reveal(), d.Person.Name.Reveal())
	require.Equal(t, "测试内容", d.Content.Reveal())
	require.Equal(t, "请依法办理", d.Dispatch.Advice.Reveal())
	require.False(t, d.Partial)
	require.Empty(t, d.Warnings)

	signed, err := client.SignFor(t.Context(), signing(id))
	require.NoError(t, err)
	require.Equal(t, hotline.Signed, signed.State)
	require.False(t, signed.Repeated)
	require.True(t, signed.Deadline.Equal(sheets[0].Deadline), "the clock runs from the dispatch")

	finished, err := client.Finish(t.Context(), finishing(id, "F1"))
	require.NoError(t, err)
	require.Equal(t, hotline.FinishApplied, finished.State)
	require.Equal(t, hotline.WaitingForApproval, finished.Standing)
	require.NotEmpty(t, finished.ApplyID)

	require.NoError(t, centre.Refuse(id, "请重办"))
	notices := all(t, client.Notices(t.Context()))
	require.Len(t, notices, 1)
	require.Equal(t, hotline.FinishRefused, notices[0].Type)
	require.Equal(t, finished.ApplyID, notices[0].ApplyID)
	require.Equal(t, "请重办", notices[0].Opinion.Reveal())
	require.NoError(t, client.AckNotices(t.Context(), notices[0].ID))
	require.Empty(t, all(t, client.Notices(t.Context())))

	_, err = client.Finish(t.Context(), finishing(id, "F2"))
	require.NoError(t, err)
	require.NoError(t, centre.Agree(id, ""))
	_, err = centre.Callback(id, hotline.IsSolved, "5")
	require.NoError(t, err)
	d, err = client.SheetDetail(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, hotline.Archived, d.State)
	require.Equal(t, hotline.Satisfaction("5"), d.Callback.Satisfaction)
	require.True(t, *d.Process.InTime)

	steps, err := client.Flow(t.Context(), id)
	require.NoError(t, err)
	var names []string
	for _, s := range steps {
		names = append(names, s.NodeName)
	}
	require.Equal(t, []string{"派发", "签收", "办结", "不同意", "办结", "同意", "回访"}, names)
	bySheet, err := client.SheetFlow(t.Context(), d.SheetNo)
	require.NoError(t, err)
	require.Len(t, bySheet, len(steps))
	require.Empty(t, all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{})))
}

func TestAnAppealIsReportedAndComesBackForCompletion(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	a := appeal(p, "YC1")
	first, err := client.SubmitAppeal(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, hotline.Submitted, first.State)
	require.False(t, first.Repeated)
	again, err := client.SubmitAppeal(t.Context(), a)
	require.NoError(t, err)
	require.True(t, again.Repeated)
	require.Equal(t, first.SheetNo, again.SheetNo)

	a.Content += "补充：位于路口。"
	_, err = client.SubmitAppeal(t.Context(), a)
	requireCode(t, err, "40902", zwfw.Conflict)
	require.NoError(t, p.Hotline().Report(first.SheetNo, hotline.ReturnedToReport, "请补充位置"))
	rows := all(t, client.ReportedSheets(t.Context(), hotline.ReportedQuery{States: []hotline.ReportState{hotline.ReturnedToReport}}))
	require.Len(t, rows, 1)
	require.Equal(t, "请补充位置", rows[0].WhyBack.Reveal())
	completed, err := client.SubmitAppeal(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, first.SheetNo, completed.SheetNo)
	require.Equal(t, hotline.Submitted, completed.State)

	require.NoError(t, p.Hotline().Report(first.SheetNo, hotline.ReportFinished, "已修复"))
	rows = all(t, client.ReportedSheets(t.Context(), hotline.ReportedQuery{Number: "YC1"}))
	require.Len(t, rows, 1)
	require.Equal(t, hotline.ReportFinished, rows[0].State)
	require.Equal(t, "已修复", rows[0].Result.Reveal())
	require.False(t, rows[0].Finished.IsZero())
}

func TestACityReportsItsCallsAndSeats(t *testing.T) {
	t.Parallel()
	p, _ := start(t)
	client := city(t, p)
	wait := int64(3960)
	calls := hotline.CallReport{
		Snapshot: hotline.Snapshot{City: "999999", At: p.Clock().Now(), Seq: 5, Period: 10 * time.Second},
		Total:    hotline.CallCounters{Queueing: 2, Talking: 23, Offered: 312, Answered: 303, Abandoned: 4, Answered15s: 290, WaitSeconds: &wait},
		Counties: []hotline.CountyCalls{
			{Area: "999999000101", Total: hotline.CallCounters{Queueing: 2, Talking: 20, Offered: 300, Answered: 300, Answered15s: 290}},
			{Area: "999999000102", Total: hotline.CallCounters{Talking: 3, Offered: 12, Answered: 3, Abandoned: 4}},
		},
		Calls: []hotline.Call{{ID: "c1", Caller: zwfw.NewPhone("100****0000"), Direction: hotline.Inbound, State: hotline.CallTalking, Begin: p.Clock().Now()}},
	}
	r, err := client.ReportCalls(t.Context(), calls)
	require.NoError(t, err)
	require.True(t, r.Accepted)
	require.Equal(t, int64(5), r.LastSeq)
	require.Equal(t, 10*time.Second, r.NextPeriod)
	_, err = client.ReportCalls(t.Context(), calls)
	require.NoError(t, err, "a repetition counts once")
	require.Equal(t, 1, p.Effects("hotline.ReportCalls"))
	older := calls
	older.Seq = 4
	_, err = client.ReportCalls(t.Context(), older)
	requireCode(t, err, "40907", zwfw.Stale)
	changed := calls
	changed.Total.Talking, changed.Counties = 24, nil
	_, err = client.ReportCalls(t.Context(), changed)
	requireCode(t, err, "40907", zwfw.Stale)

	seats := hotline.SeatReport{
		Snapshot: hotline.Snapshot{City: "999999000000", At: p.Clock().Now(), Seq: 1, Period: 10 * time.Second}, Full: true,
		Total: hotline.SeatCounters{Configured: 5, LoggedIn: 9, Idle: 1, Talking: 2},
		Seats: []hotline.Seat{{No: "1", AgentNo: "a", Area: "999999000000", Skill: "s", State: hotline.SeatTalking, Since: p.Clock().Now()}},
	}
	_, err = client.ReportSeats(t.Context(), seats)
	requireCode(t, err, "42201", zwfw.InvalidRows)
	require.Equal(t, []hotline.RowError{{Field: "total.loggedIn", Rule: "sum of states = loggedIn"}, {Field: "total.configured", Rule: "loggedIn <= configured"}},
		hotline.RowErrors(err))
	seats.Total.LoggedIn = 3
	_, err = client.ReportSeats(t.Context(), seats)
	require.NoError(t, err)
	seats.Seq = 4
	_, err = client.ReportSeats(t.Context(), seats)
	require.NoError(t, err)
	require.Equal(t, []int64{2, 3}, p.Hotline().Gaps("JX-CITY-01", "seats"), "the province knows what is missing")
}

// A city may number its reports by the clock.
func TestALeapInTheNumbersIsTakenAtOnce(t *testing.T) {
	t.Parallel()
	p, _ := start(t)
	client := city(t, p)
	for _, seq := range []int64{1, 3, 1 << 60, 1<<60 + 2} {
		_, err := client.ReportCalls(t.Context(), hotline.CallReport{Snapshot: hotline.Snapshot{City: "999999", At: p.Clock().Now(), Seq: seq, Period: 10 * time.Second}})
		require.NoError(t, err)
	}
	require.Equal(t, int64(1<<60+2), p.Hotline().Wall("JX-CITY-01").CallSeq)
	require.Equal(t, []int64{2, 4, 5}, p.Hotline().Gaps("JX-CITY-01", "calls")[:3])
}

func TestAnOldSnapshotIsStoredAndNotShown(t *testing.T) {
	t.Parallel()
	p, _ := start(t)
	client := city(t, p)
	report := func(seq int64, age time.Duration, full bool, seat string, offered int64) []string {
		t.Helper()
		snapshot := hotline.Snapshot{City: "999999", At: p.Clock().Now().Add(-age), Seq: seq, Period: 5 * time.Minute}
		r, err := client.ReportCalls(t.Context(), hotline.CallReport{Snapshot: snapshot, Total: hotline.CallCounters{Offered: offered}})
		require.NoError(t, err)
		_, err = client.ReportSeats(t.Context(), hotline.SeatReport{
			Snapshot: snapshot, Full: full, Total: hotline.SeatCounters{Configured: int(seq)},
			Seats: []hotline.Seat{{No: seat, AgentNo: "a", Area: "999999", Skill: "s", State: hotline.SeatLoggedOut, Since: snapshot.At}},
		})
		require.NoError(t, err)
		return r.Remarks
	}
	shown := func() string {
		w := p.Hotline().Wall("JX-CITY-01")
		seats := ""
		for _, s := range w.Seats {
			seats += s.No
		}
		return fmt.Sprintf("offered %d, seats %s of %d, numbers %d %d", w.Calls.Total.Offered, seats, w.SeatTotal.Configured, w.CallSeq, w.SeatSeq)
	}
	require.Empty(t, report(1, 0, true, "a", 1))
	require.NotEmpty(t, report(2, 20*time.Minute, false, "b", 2))
	require.Equal(t, "offered 1, seats a of 1, numbers 2 2", shown())
	require.Empty(t, report(3, 0, false, "c", 3))
	require.Equal(t, "offered 3, seats abc of 3, numbers 3 3", shown())
	require.NotEmpty(t, report(4, 20*time.Minute, true, "d", 4))
	require.Empty(t, report(5, 0, false, "e", 5))
	require.Equal(t, "offered 5, seats de of 5, numbers 5 5", shown())
}
