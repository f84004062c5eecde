package hotline_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/hotline"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestBadInputIsRefusedByItsNameAndNothingIsSent(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	ctx := t.Context()
	submit := func(change func(*hotline.Appeal)) func() error {
		return func() error { a := appeal(p, "YC1"); change(&a); _, err := client.SubmitAppeal(ctx, a); return err }
	}
	sign := func(change func(*hotline.SignRequest)) func() error {
		return func() error { r := signing("D1"); change(&r); _, err := client.SignFor(ctx, r); return err }
	}
	finish := func(change func(*hotline.FinishRequest)) func() error {
		return func() error { r := finishing("D1", "F1"); change(&r); _, err := client.Finish(ctx, r); return err }
	}
	reject := func(change func(*hotline.RejectRequest)) func() error {
		return func() error { r := rejecting("D1", "R1"); change(&r); _, err := client.Reject(ctx, r); return err }
	}
	delay := func(change func(*hotline.DelayRequest)) func() error {
		return func() error { r := delaying("D1", "X1"); change(&r); _, err := client.RequestDelay(ctx, r); return err }
	}
	seats := func(change func(*hotline.SeatReport)) func() error {
		return func() error {
			r := hotline.SeatReport{Snapshot: hotline.Snapshot{City: "999999", At: handledAt, Seq: 1, Period: time.Second}}
			change(&r)
			_, err := client.ReportSeats(ctx, r)
			return err
		}
	}
	masked := zwfw.NewPersonName("*某")
	for _, x := range []struct {
		field string
		call  func() error
	}{
		{"Number", submit(func(a *hotline.Appeal) { a.Number = "" })},
		{"Number", submit(func(a *hotline.Appeal) { a.Number = strings.Repeat("1", 51) })},
		{"Person.Name", submit(func(a *hotline.Appeal) { a.Person.Name = zwfw.PersonName{} })},
		{"Person.Name", submit(func(a *hotline.Appeal) { a.Person.Name = masked })},
		{"Person.Phone", submit(func(a *hotline.Appeal) { a.Person.Phone = zwfw.Phone{} })},
		{"Person.Phone", submit(func(a *hotline.Appeal) { a.Person.Phone = zwfw.NewPhone("12") })},
		{"At", submit(func(a *hotline.Appeal) { a.At = time.Time{} })},
		{"Type", submit(func(a *hotline.Appeal) { a.Type = "" })},
		{"Title", submit(func(a *hotline.Appeal) { a.Title = "a\nb" })},
		{"Content", submit(func(a *hotline.Appeal) { a.Content = " …" })},
		{"Content", submit(func(a *hotline.Appeal) { a.Content = strings.Repeat("事", 4001) })},
		{"Content", submit(func(a *hotline.Appeal) { a.Content = "a\x00b" })},
		{"Channel", submit(func(a *hotline.Appeal) { a.Channel = "" })},
		{"Area", submit(func(a *hotline.Appeal) { a.Area = "99999" })},
		{"Address", submit(func(a *hotline.Appeal) { a.Address = strings.Repeat("路", 401) })},
		{"Categories", submit(func(a *hotline.Appeal) { a.Categories = make([]string, 7) })},
		{"Attachments", submit(func(a *hotline.Appeal) { a.Attachments = make([]hotline.Attachment, 11) })},
		{"Attachments[0]", submit(func(a *hotline.Appeal) { a.Attachments = make([]hotline.Attachment, 1) })},
		{"Extend", submit(func(a *hotline.Appeal) { a.Extend = []byte("[]") })},
		{"DispatchID", sign(func(r *hotline.SignRequest) { r.DispatchID = "" })},
		{"Signer", sign(func(r *hotline.SignRequest) { r.Signer = zwfw.PersonName{} })},
		{"Signer", sign(func(r *hotline.SignRequest) { r.Signer = masked })},
		{"RequestNo", finish(func(r *hotline.FinishRequest) { r.RequestNo = "" })},
		{"At", finish(func(r *hotline.FinishRequest) { r.At = time.Time{} })},
		{"Handler", finish(func(r *hotline.FinishRequest) { r.Handler = zwfw.PersonName{} })},
		{"HandlerPhone", finish(func(r *hotline.FinishRequest) { r.HandlerPhone = zwfw.NewPhone("call me") })},
		{"Result", finish(func(r *hotline.FinishRequest) { r.Result = "" })},
		{"Solved", finish(func(r *hotline.FinishRequest) { r.Solved = "" })},
		// No rejection and no delay leaves without a person's reason and that person.
		{"Reason", reject(func(r *hotline.RejectRequest) { r.Reason = "" })},
		{"Reason", reject(func(r *hotline.RejectRequest) { r.Reason = " \n… -" })},
		{"Reason", reject(func(r *hotline.RejectRequest) { r.Reason = strings.Repeat("因", 2001) })},
		{"Handler", reject(func(r *hotline.RejectRequest) { r.Handler = zwfw.PersonName{} })},
		{"Code", reject(func(r *hotline.RejectRequest) { r.Code = "" })},
		{"Reason", delay(func(r *hotline.DelayRequest) { r.Reason = "." })},
		{"Applicant", delay(func(r *hotline.DelayRequest) { r.Applicant = zwfw.NewPersonName(" ") })},
		{"Value", delay(func(r *hotline.DelayRequest) { r.Value = 0 })},
		{"Unit", delay(func(r *hotline.DelayRequest) { r.Unit = "" })},
		{"NewDeadline", delay(func(r *hotline.DelayRequest) { r.NewDeadline = handledAt })},
		{"RequestNo", delay(func(r *hotline.DelayRequest) { r.RequestNo = strings.Repeat("1", 51) })},
		{"City", seats(func(r *hotline.SeatReport) { r.City = "9" })},
		{"At", seats(func(r *hotline.SeatReport) { r.At = time.Time{} })},
		{"Seq", seats(func(r *hotline.SeatReport) { r.Seq = 0 })},
		{"Period", seats(func(r *hotline.SeatReport) { r.Period = time.Millisecond })},
		{"Seats", seats(func(r *hotline.SeatReport) { r.Seats = make([]hotline.Seat, 1001) })},
		{"ids", func() error { _, err := client.SignForStatus(ctx); return err }},
		{"ids", func() error { return client.AckNotices(ctx, "") }},
		{"id", func() error { _, err := client.SheetDetail(ctx, ""); return err }},
		{"no", func() error { _, err := client.SheetFlow(ctx, "a\nb"); return err }},
		{"From", func() error {
			return firstError(client.PendingSheets(ctx, hotline.PendingQuery{From: handledAt, To: handledAt.Add(-1)}))
		}},
		{"Name", func() error { _, err := client.Upload(ctx, upload("../a.jpg", []byte("a"), nil)); return err }},
		{"Size", func() error { _, err := client.Upload(ctx, upload("a.jpg", nil, nil)); return err }},
		{"File.FileID", func() error { _, err := client.Download(ctx, hotline.DownloadRequest{}); return err }},
	} {
		var e *zwfw.Error
		require.ErrorAs(t, x.call(), &e, x.field)
		require.Equal(t, x.field, e.Field)
		require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
		require.False(t, e.Sent)
		require.NotEmpty(t, e.Expected)
	}
	require.Empty(t, p.Requests())
}

// Quirk 19: anonymous and secret callers have empty or masked names.
func TestAnonymousAndSecretCallersAreReported(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	nobody := appeal(p, "YC1")
	nobody.Person = hotline.Person{Anonymous: true}
	_, err := client.SubmitAppeal(t.Context(), nobody)
	require.NoError(t, err)
	secret := appeal(p, "YC2")
	secret.Person = hotline.Person{Name: zwfw.NewPersonName("*某"), Phone: zwfw.NewPhone("100****0000"), Secret: true}
	_, err = client.SubmitAppeal(t.Context(), secret)
	require.NoError(t, err)

	quiet, reader := startWith(t, sandbox.HotlineSetup{MaskPersons: true})
	d, err := reader.SheetDetail(t.Context(), quiet.Hotline().Dispatch(sandbox.HotlineSheet{Secret: true}))
	require.NoError(t, err)
	require.True(t, d.Person.Secret)
	require.True(t, d.Person.Name.IsMasked())
	d, err = reader.SheetDetail(t.Context(), quiet.Hotline().Dispatch(sandbox.HotlineSheet{Nobody: true}))
	require.NoError(t, err)
	require.True(t, d.Person.Anonymous)
	require.True(t, d.Person.Name.IsZero())
}

// Quirk 8: halves of a record arrive apart.
func TestAPartialSheetSaysSoUntilItIsComplete(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{Partial: true})
	d, err := client.SheetDetail(t.Context(), id)
	require.NoError(t, err)
	require.True(t, d.Partial)
	require.Empty(t, d.Content.Reveal())
	require.NoError(t, p.Hotline().Complete(id))
	d, err = client.SheetDetail(t.Context(), id)
	require.NoError(t, err)
	require.False(t, d.Partial)
	require.NotEmpty(t, d.Content.Reveal())
}

// Quirk 20: HTML fragments, emoji, four-byte characters and line ends arrive as they are.
func TestTextArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	const text = "<b>测试</b> & \"引号\" 😀𠮷\r\n第二行\t完"
	id := p.Hotline().Dispatch(sandbox.HotlineSheet{Content: text})
	_, err := client.SignFor(t.Context(), signing(id))
	require.NoError(t, err)
	f := finishing(id, "F1")
	f.Result = text
	_, err = client.Finish(t.Context(), f)
	require.NoError(t, err)
	d, err := client.SheetDetail(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, text, d.Content.Reveal())
	require.Equal(t, text, d.Process.Result.Reveal())
}

func TestMoreThanAHundredAreAskedForInBatches(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	var ids []hotline.DispatchID
	for range 250 {
		id := p.Hotline().Dispatch(sandbox.HotlineSheet{})
		require.NoError(t, p.Hotline().Urge(id))
		ids = append(ids, id)
	}
	states, err := client.SignForStatus(t.Context(), ids...)
	require.NoError(t, err)
	require.Len(t, states, 250)
	notices := all(t, client.Notices(t.Context()))
	require.Len(t, notices, 250)
	var numbers []string
	for _, n := range notices {
		numbers = append(numbers, n.ID)
	}
	require.NoError(t, client.AckNotices(t.Context(), numbers...))
	require.Empty(t, all(t, client.Notices(t.Context())))
}

func TestSettingsAreCheckedBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	good := sandbox.Start(t).HotlineConfig()
	for want, change := range map[string]func(*hotline.Config){
		"hotline: Config.BaseURL is required":                                                                 func(c *hotline.Config) { c.BaseURL = "" },
		"hotline: Config.BaseURL must end before /v1, which the dialect's paths begin with":                   func(c *hotline.Config) { c.BaseURL += "/v1/" },
		"hotline: Config.AggregateURL must end before /v1, which the dialect's paths begin with":              func(c *hotline.Config) { c.AggregateURL = good.BaseURL + "/v1" },
		"hotline: Config.AppID, Config.AppKey are required by dialect jx-12345@1":                             func(c *hotline.Config) { c.AppID, c.AppKey = "", zwfw.Secret{} },
		"hotline: Config.AppID begins or ends with white space or holds a line end; was it read from a file?": func(c *hotline.Config) { c.AppID += "\n" },
		"hotline: Config.FirstChunk must be 0 or 1, is 2":                                                     func(c *hotline.Config) { c.FirstChunk = 2 },
		fmt.Sprintf("hotline: Config.ChunkSize must be 1 to %d, is -1", 2<<20):                                func(c *hotline.Config) { c.ChunkSize = -1 },
		`hotline: Config.Repeats: "SignedFor" is no operation that is repeated; did you mean SignFor?`:        func(c *hotline.Config) { c.Repeats = map[string][]hotline.Repeat{"SignedFor": {{Code: "1"}}} },
		"hotline: Config.Repeats[SignFor][0]: Code or Text is required":                                       func(c *hotline.Config) { c.Repeats = map[string][]hotline.Repeat{"SignFor": {{}}} },
	} {
		c := good
		change(&c)
		_, err := hotline.New(c)
		require.EqualError(t, err, want)
	}
}

// The data-sharing platform may have an address of its own.
func TestAggregationGoesToItsOwnAddress(t *testing.T) {
	t.Parallel()
	sheets := sandbox.Start(t, sandbox.WithHotline(unhurried))
	shared := sandbox.Start(t, sandbox.WithHotline(unhurried))
	c := sheets.HotlineConfigOf(1)
	c.AggregateURL = shared.HotlineConfigOf(1).BaseURL
	client := newClient(t, c, once)
	_, err := client.ReportSeats(t.Context(), hotline.SeatReport{Snapshot: hotline.Snapshot{City: "999999", At: time.Now(), Seq: 1, Period: time.Second}})
	require.ErrorIs(t, err, zwfw.TokenInvalid, "that platform does not know the token of this one")
	require.NotEmpty(t, shared.Requests())
	for _, r := range shared.Requests() {
		require.Equal(t, "hotline.ReportSeats", r.Op)
	}
	require.Empty(t, all(t, client.PendingSheets(t.Context(), hotline.PendingQuery{})))
}
