package hotline_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The quirks of the contract's chapter 6 that touch client or sandbox, by their numbers.
// Others stand elsewhere: 1 in auth_test.go (many units), 6 and 14 in fault_test.go (many
// names of success), 8, 19 and 20 in input_test.go, 10 in transition_test.go (the clock
// from signing), 12 in dialect_test.go, 18 in attachment_test.go, 21 in calendar_test.go.

func TestQuirk2_AnApprovalIsToldAgainUntilItIsAcknowledged(t *testing.T) {
	t.Parallel()
	s := stage(t, sandbox.HotlineSetup{}).inState(hotline.FinishApplied)
	s.ok(s.centre.Agree(s.id, ""))
	first, again := s.notice(hotline.FinishAgreed), s.notice(hotline.FinishAgreed)
	require.Equal(t, first, again)
	s.p.Faults().Next("hotline.AckNotices", sandbox.DropBefore(), sandbox.DropBefore(), sandbox.DropBefore())
	require.Error(t, s.c.AckNotices(t.Context(), first.ID))
	require.Equal(t, first, s.notice(hotline.FinishAgreed), "a lost acknowledgement loses no notice")
	s.ok(s.c.AckNotices(t.Context(), first.ID))
	require.Empty(t, all(t, s.c.Notices(t.Context())))
}

func TestQuirk2_ANoticeListThatStaysAtOnePlaceEnds(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Always("hotline.Notices", sandbox.Body(200, `{"code":"0","data":{"list":[{"noticeId":"N1","type":"URGE"}],"cursor":"7"}}`))
	require.ErrorIs(t, firstError(client.Notices(t.Context())), zwfw.ProtocolMismatch)
}

func TestQuirk3_APageIsCutSilentlyOrRefused(t *testing.T) {
	t.Parallel()
	for _, refuses := range []bool{false, true} { // the client asks for what every centre gives
		p, client := startWith(t, sandbox.HotlineSetup{CapRefuses: refuses})
		p.Hotline().Storm(sandbox.HotlineSheet{}, 230, time.Minute)
		p.Clock().Advance(2 * time.Minute)
		require.Len(t, all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{})), 230)
	}
}

func TestQuirk4_TheNumberIsTakenOutOfClassNameAndID(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for text, want := range map[string]hotline.DispatchID{"A5ProcessInfo,D1": "D1", "D1": "D1", "1,2": "1,2", "A,": "A,", "工单,1": "工单,1"} {
		p.Faults().Next("hotline.PendingSheets", sandbox.Body(200, `{"code":"0","data":{"total":1,"list":[{"dispatchId":"`+text+`"}]}}`))
		require.Equal(t, want, all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{}))[0].DispatchID)
	}
}

func TestQuirks5And15_MisspeltNamesAndThreeFormatsOfTimeAreRead(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for member, want := range map[string]string{
		`"dispachDeadLine":"2026-11-27 18:00:00"`: "2026-11-27T10:00:00Z", `"deadLineTime":"20261127180000"`: "2026-11-27T10:00:00Z",
		`"deadline":1795773600000`: "2026-11-27T10:00:00Z", `"deadline":"2026-11-27"`: "2026-11-26T16:00:00Z",
	} {
		p.Faults().Next("hotline.PendingSheets", sandbox.Body(200, `{"code":"0","data":{"total":1,"list":[{"dispatchId":"D1",`+member+`}]}}`))
		rows := all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{}))
		require.Equal(t, want, rows[0].Deadline.UTC().Format(time.RFC3339), member)
	}
	s := hotline.NewSchedule(calendar(t))
	date := china("2026-11-27 00:00")
	require.Equal(t, hotline.Red, s.LightAt(china("2026-11-27 09:00"), date), "00:00:00 is when the day begins")
	s.Rules.MidnightIsDayEnd = true
	require.Equal(t, china("2026-11-27 18:00"), s.Due(date))
	require.Equal(t, hotline.Yellow, s.LightAt(china("2026-11-27 09:00"), date), "or ends, by switch")
	require.Equal(t, china("2026-11-27 09:00"), s.Due(china("2026-11-27 09:00")))
}

func TestQuirk9_TheSameNumberAgainIsUnsignedAgain(t *testing.T) {
	t.Parallel()
	s := stage(t, sandbox.HotlineSetup{SameDispatchID: true}).inState(hotline.Finished)
	again, err := s.centre.Callback(s.id, hotline.IsUnsolved, "1")
	require.NoError(t, err)
	require.Equal(t, s.id, again)
	rows := all(t, s.c.PendingSheets(t.Context(), hotline.PendingQuery{}))
	require.Len(t, rows, 1)
	require.Equal(t, 2, rows[0].Round, "the round tells it from the first")
	states, err := s.c.SignForStatus(t.Context(), s.id)
	require.NoError(t, err)
	require.False(t, states[0].IsSigned)
	s.sign()
	s.finish() // the same request number: the first round's answer is not in the way
	require.Equal(t, hotline.FinishApplied, s.look().State)
}

func TestQuirk13_OneCaseKeepsItsSeveralNumbers(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	a := appeal(p, "YC1")
	a.Related = []hotline.RelatedNo{{System: "12345", No: "1"}, {System: "城管", No: "2"}}
	_, err := client.SubmitAppeal(t.Context(), a)
	require.NoError(t, err)
	require.Contains(t, p.Requests()[len(p.Requests())-1].Body, `"relatedNos":[{"system":"‹5›","no":"‹1›"},{"system":"‹2›","no":"‹1›"}]`)
	p.Faults().Next("hotline.SheetDetail", sandbox.Body(200, `{"code":"0","data":{"dispatchId":"D1","sheetNo":"S","relatedNos":[{"system":"12345","no":"1"}]}}`))
	d, err := client.SheetDetail(t.Context(), "D1")
	require.NoError(t, err)
	require.Equal(t, []hotline.RelatedNo{{System: "12345", No: "1"}}, d.Related)
}

func TestQuirk23_ASheetThatIsSentBackAgainAndAgainGoesOn(t *testing.T) {
	t.Parallel()
	s := stage(t, sandbox.HotlineSetup{}).inState(hotline.Signed)
	for _, no := range []string{"F1", "F2", "F3", "F4"} {
		s.do(s.c.Finish(t.Context(), finishing(s.id, no)))
		s.ok(s.centre.Refuse(s.id, "重办"))
		require.Equal(t, hotline.Processing, s.look().State)
	}
}

// Quirks 24 and 25, and the contract's rules of data quality.
func TestQuirks24And25_CountersAndSumsAreChecked(t *testing.T) {
	t.Parallel()
	p, _ := start(t)
	client := city(t, p)
	evening := china("2026-11-22 23:59")
	report := func(seq int64, at time.Time, change func(*hotline.CallReport)) error {
		r := hotline.CallReport{
			Snapshot: hotline.Snapshot{City: "999999", At: at, Seq: seq, Period: 10 * time.Second},
			Total:    hotline.CallCounters{Offered: 312, Answered: 303, Abandoned: 4, Answered15s: 290},
		}
		change(&r)
		_, err := client.ReportCalls(context.Background(), r)
		return err
	}
	same := func(*hotline.CallReport) {}
	require.NoError(t, report(1, evening, same))
	for rule, change := range map[string]func(*hotline.CallReport){
		"offered >= answered + abandoned": func(r *hotline.CallReport) { r.Total.Abandoned = 400 },
		"answered >= answered15s":         func(r *hotline.CallReport) { r.Total.Answered15s = 304 },
		"live values >= 0":                func(r *hotline.CallReport) { r.Total.Talking = -1 },
		"sum of counties = total": func(r *hotline.CallReport) {
			r.Counties = []hotline.CountyCalls{{Area: "999999000101", Total: hotline.CallCounters{Offered: 1}}}
		},
		"never falls within a day": func(r *hotline.CallReport) { r.Total.Offered = 311 },
	} {
		err := report(2, evening.Add(10*time.Second), change)
		requireCode(t, err, "42201", zwfw.InvalidRows)
		require.Equal(t, rule, hotline.RowErrors(err)[0].Rule)
	}
	midnight := func(r *hotline.CallReport) { r.Total = hotline.CallCounters{}; r.DayBegin = china("2026-11-23 00:00") }
	require.NoError(t, report(2, evening.Add(70*time.Second), midnight), "a new day begins with zero")
	require.Nil(t, hotline.RowErrors(nil))

	_, err := client.ReportSeats(t.Context(), hotline.SeatReport{
		Snapshot: hotline.Snapshot{City: "999999", At: evening, Seq: 1, Period: time.Second}, Seats: []hotline.Seat{{No: "1", State: "77"}},
	})
	requireCode(t, err, "42201", zwfw.InvalidRows)
	require.Equal(t, "seats[0].state", hotline.RowErrors(err)[0].Field)
}

func TestQuirk26_AMaintenancePageIsNoAnswer(t *testing.T) {
	t.Parallel()
	p, client := start(t, once)
	p.Faults().Always("*", sandbox.Maintenance())
	_, err := client.SignFor(t.Context(), signing("D1"))
	require.ErrorIs(t, err, zwfw.ProtocolMismatch)
	require.ErrorContains(t, err, "a web page or XML")
	require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err), "the authentication failed: the act itself was not sent")
	require.Zero(t, p.Effects("hotline.SignFor"))
	p.Faults().Clear()
	p.Clock().Advance(2 * time.Minute)
	_, err = client.PendingCounters(t.Context())
	require.NoError(t, err)
}

func TestTheProvinceChangesThePeriod(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t, sandbox.WithHotline(sandbox.HotlineSetup{Period: 30 * time.Second, Rate: -1}))
	r, err := city(t, p).ReportSeats(t.Context(), hotline.SeatReport{Snapshot: hotline.Snapshot{City: "999999", At: p.Clock().Now().Add(-time.Hour), Seq: 1, Period: 10 * time.Second}})
	require.NoError(t, err)
	require.Equal(t, 30*time.Second, r.NextPeriod)
	require.NotEmpty(t, r.Remarks, "older than three periods")
}
