package hotline_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/hotline"
)

func china(text string) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04", text, time.FixedZone("", 8*60*60))
	if err != nil {
		panic(err)
	}
	return at
}

func calendar(t *testing.T) *hotline.Calendar {
	t.Helper()
	return hotline.DefaultCalendar(func(year int) { require.Fail(t, "missing year", "%d", year) })
}

func TestHolidaysAndMakeUpDaysDecideWhichDaysAreWorked(t *testing.T) {
	t.Parallel()
	c := calendar(t)
	require.Equal(t, []int{2024, 2025, 2026}, c.Years())
	for day, worked := range map[string]bool{
		"2026-01-01": false, "2026-01-04": true, "2026-02-14": true, "2026-02-15": false, "2026-02-23": false, "2026-02-24": true, "2026-02-28": true,
		"2026-04-06": false, "2026-05-09": true, "2026-09-20": true, "2026-09-25": false, "2026-10-07": false, "2026-10-08": true, "2026-10-10": true,
		"2026-10-11": false, "2025-01-26": true, "2025-10-08": false, "2025-10-11": true, "2024-02-18": true, "2024-04-05": false, "2026-11-22": false, "2026-11-23": true,
	} {
		require.Equal(t, worked, c.IsWorkday(china(day+" 12:00")), day)
	}
	require.False(t, c.IsWorkday(time.Date(2026, 9, 30, 17, 0, 0, 0, time.UTC)), "it is the first of October in China")
	require.Equal(t, "2026-10-10 18:00", c.AddWorkdays(china("2026-09-30 18:00"), 3).Format("2006-01-02 15:04"))
	require.Equal(t, 3, c.WorkdaysBetween(china("2026-09-30 18:00"), china("2026-10-10 08:00")))
	require.Zero(t, c.WorkdaysBetween(china("2026-10-10 18:00"), china("2026-09-30 08:00")))
	require.Equal(t, china("2026-10-01 18:00"), c.AddWorkdays(china("2026-10-01 18:00"), 0).In(china("2026-10-01 18:00").Location()))
}

func TestAMissingYearHasWeekendsOnlyAndIsSaidOnceLoudly(t *testing.T) {
	t.Parallel()
	var said []int
	c := hotline.DefaultCalendar(func(year int) { said = append(said, year) })
	require.True(t, c.IsWorkday(china("2031-10-01 12:00")), "a Wednesday")
	require.False(t, c.IsWorkday(china("2031-10-04 12:00")), "a Saturday")
	c.AddWorkdays(china("2031-10-04 12:00"), 20)
	require.Equal(t, []int{2031}, said)
	require.Equal(t, []int{2031}, c.Missing())
	c.AddWorkdays(china("2026-12-25 12:00"), 10)
	require.Equal(t, []int{2031, 2027}, said, "an ordinary deadline that crosses the year")
}

func TestWithoutAFunctionTheWarningGoesToTheLog(t *testing.T) { // not parallel: the default logger
	var log bytes.Buffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(old)
	hotline.DefaultCalendar(nil).IsWorkday(china("2031-10-01 12:00"))
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "year=2031")
}

func TestACalendarIsReplacedByAFile(t *testing.T) {
	t.Parallel()
	c, err := hotline.ParseCalendar([]byte(`{"2027": {"off": ["01-01/01-03", "02-06/02-12"], "work": ["02-13"]}}`), nil)
	require.NoError(t, err)
	require.True(t, c.IsWorkday(china("2027-02-13 12:00")))
	require.False(t, c.IsWorkday(china("2027-02-12 12:00")))
	for document, want := range map[string]string{
		`{"2027": {"off": ["02-30"]}}`:                    `hotline: calendar: 2027: "02-30" is neither a day such as 10-01 nor a span such as 10-01/10-07`,
		`{"2027": {"off": ["10-07/10-01"]}}`:              `hotline: calendar: 2027: "10-07/10-01" is neither a day such as 10-01 nor a span such as 10-01/10-07`,
		`{"2027": {"work": ["02-12"]}}`:                   `hotline: calendar: 2027: 02-12 is worked to make up for a holiday, and is no weekend day`,
		`{"2027": {"off": ["02-13"], "work": ["02-13"]}}`: `hotline: calendar: 2027: 02-13 is both off and worked`,
		`[]`: `hotline: calendar: json: cannot unmarshal array into Go value of type map[int]hotline.yearPlan`,
	} {
		_, err := hotline.ParseCalendar([]byte(document), nil)
		require.EqualError(t, err, want)
	}
}

func TestDeadlinesFollowTermsAndClockRules(t *testing.T) {
	t.Parallel()
	sunday := china("2026-11-22 04:01")
	beforeHoliday := china("2026-09-30 10:00")
	for _, x := range []struct {
		name       string
		rules      hotline.ClockRules
		kind       hotline.SheetType
		urgency    hotline.Urgency
		dispatched time.Time
		signed     time.Time
		want       string
	}{
		{name: "five working days end with the office", kind: hotline.Complaint, dispatched: sunday, want: "2026-11-27 18:00"},
		{name: "three for a question", kind: hotline.Consult, dispatched: sunday, want: "2026-11-25 18:00"},
		{name: "ten for a violation", kind: hotline.Violation, dispatched: sunday, want: "2026-12-04 18:00"},
		{name: "a type nobody lists", kind: "77", dispatched: sunday, want: "2026-11-27 18:00"},
		{name: "urgent: a day by the wall clock", kind: hotline.Complaint, urgency: hotline.UrgentMost, dispatched: sunday, want: "2026-11-23 04:01"},
		{name: "holidays and make-up days", kind: hotline.Complaint, dispatched: beforeHoliday, want: "2026-10-13 18:00"},
		{name: "same clock time", rules: hotline.ClockRules{SameTime: true}, kind: hotline.Complaint, dispatched: beforeHoliday, want: "2026-10-13 10:00"},
		{name: "the first day counts", rules: hotline.ClockRules{CountStartDay: true}, kind: hotline.Complaint, dispatched: beforeHoliday, want: "2026-10-12 18:00"},
		{name: "a free day never counts", rules: hotline.ClockRules{CountStartDay: true}, kind: hotline.Complaint, dispatched: sunday, want: "2026-11-27 18:00"},
		{name: "office until half past five", rules: hotline.ClockRules{OfficeEnd: 17*time.Hour + 30*time.Minute}, kind: hotline.Complaint, dispatched: sunday, want: "2026-11-27 17:30"},
		{name: "from signing", rules: hotline.ClockRules{StartAtSigning: true}, kind: hotline.Complaint, dispatched: sunday, signed: china("2026-11-24 09:00"), want: "2026-12-01 18:00"},
	} {
		s := hotline.NewSchedule(calendar(t))
		s.Rules = x.rules
		require.Equal(t, x.want, s.FinishBy(x.kind, x.urgency, x.dispatched, x.signed).Format("2006-01-02 15:04"), x.name)
	}
	s := hotline.NewSchedule(calendar(t))
	s.Rules.StartAtSigning = true
	require.True(t, s.FinishBy(hotline.Complaint, "", sunday, time.Time{}).IsZero(), "nobody has signed")
	require.Equal(t, sunday.Add(24*time.Hour), s.SignBy(hotline.Ordinary, sunday))
	require.Equal(t, sunday.Add(30*time.Minute), s.SignBy(hotline.Urgent, sunday))
}

func TestMoreTimeKeepsTheClockTime(t *testing.T) {
	t.Parallel()
	s := hotline.NewSchedule(calendar(t))
	friday := china("2026-11-27 18:00")
	for want, term := range map[string]hotline.Term{
		"2026-12-01 18:00": {Value: 2, Unit: hotline.WorkingDays}, "2026-11-29 18:00": {Value: 2, Unit: hotline.Days}, "2026-11-28 20:00": {Value: 26, Unit: hotline.Hours},
	} {
		require.Equal(t, want, s.Extend(friday, term).Format("2006-01-02 15:04"))
	}
	require.Equal(t, friday, s.Resume(friday, friday.Add(-5*time.Hour), friday), "waiting does not stop the clock")
	s.Rules.ApprovalStopsClock = true
	require.Equal(t, friday.Add(5*time.Hour), s.Resume(friday, friday.Add(-5*time.Hour), friday))
}

func TestLightsTurnWithTheWorkingDaysLeft(t *testing.T) {
	t.Parallel()
	s := hotline.NewSchedule(calendar(t))
	deadline := china("2026-10-10 18:00") // after the holidays; the 8th, 9th and 10th are worked
	for at, want := range map[string]hotline.Light{
		"2026-09-30 12:00": hotline.Green, "2026-10-07 12:00": hotline.Green, "2026-10-08 08:00": hotline.Yellow,
		"2026-10-10 18:00": hotline.Yellow, "2026-10-10 18:01": hotline.Red,
	} {
		require.Equal(t, want, s.LightAt(china(at), deadline), at)
	}
	require.Equal(t, hotline.Green, s.LightAt(deadline, time.Time{}), "no deadline")
}
