package lutong_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/marker"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/outbox"
	"github.com/zwfw-go/zwfw/sandbox"
)

// wholeTicket has every field set.
func wholeTicket(t *testing.T) lutong.Ticket {
	t.Helper()
	status, expect, take := lutong.TicketServing, 12, lutong.TakeByScan
	ticket := lutong.Ticket{
		Number: "20240102000017", Holder: zwfw.NewIDNumber("999999190001010000"), HolderName: zwfw.NewPersonName("测试甲"),
		Hall: "测试大厅", Unit: "测试局", Item: "事项", Area: "一楼", Windows: []string{"3", "4"}, QueueNo: "A017",
		QueueTime: time.UnixMilli(1704165845000), Waiting: 5, Level: "普通", Remark: "备注",
		HallPhone: "000", HallAddress: "地址", HallBusRoute: "1路", HallSubway: "2号线",
		MessageToken: zwfw.NewSecret("0123456789abcdef0123456789abcdef"), MessageTokenExpires: time.UnixMilli(1704173045000),
		Status: &status, ExpectWaitMinutes: &expect, TakeType: &take,
	}
	v := reflect.ValueOf(ticket)
	for i := range v.NumField() {
		require.False(t, v.Field(i).IsZero(), "%s is to be set here, and kept by the reporter", v.Type().Field(i).Name)
	}
	return ticket
}

func equalTickets(t require.TestingT, want, got lutong.Ticket) {
	require.Equal(t, want.Holder.Reveal(), got.Holder.Reveal())
	require.Equal(t, want.HolderName.Reveal(), got.HolderName.Reveal())
	require.Equal(t, want.MessageToken.Reveal(), got.MessageToken.Reveal())
	require.Equal(t, want, got)
}

func TestEveryFieldOfATicketSurvivesTheOutbox(t *testing.T) {
	t.Parallel()
	whole := wholeTicket(t)
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.Refuse(zwfw.BadRequest))
		d.run()
		d.report(whole)
		bare := d.ticket("20240102000018")
		d.report(bare)
		d.after(time.Second)
		failed := d.failed()
		require.Len(d, failed, 2)
		equalTickets(d, whole, failed[0].Ticket)
		equalTickets(d, bare, failed[1].Ticket)
	})
}

// The file holds a body as the first version wrote it; it stays as it is.
func TestBodiesOfTheFirstVersionAreRead(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/reporter-body-1.json")
	require.NoError(t, err)
	whole := wholeTicket(t)
	inBubble(t, func(d *desk) {
		d.platform.Faults().Always(reportOp, sandbox.Refuse(zwfw.BadRequest))
		d.run()
		_, err := d.box.Enqueue(d.Context(), outbox.Message{Queue: lutong.TicketQueueName, Key: "an earlier version's", Body: append([]byte{1}, text...)})
		require.NoError(d, err)
		d.after(time.Second)
		failed := d.failed()
		require.Len(d, failed, 1)
		equalTickets(d, whole, failed[0].Ticket)

		m, err := d.reporter.Message(whole)
		require.NoError(d, err)
		require.Equal(d, "\x01"+strings.TrimSpace(string(text)), string(m.Body), "what is written now is what this version is known by")
	})
}

func TestABodyThatCannotBeReadIsTheOperators(t *testing.T) {
	t.Parallel()
	inBubble(t, func(d *desk) {
		d.run()
		bodies := []string{"", "\x02{}", "{}", "\x01", "\x01[", "\x01{\"number\":7}", "\x00"}
		for i, body := range bodies {
			_, err := d.box.Enqueue(d.Context(), outbox.Message{Queue: lutong.TicketQueueName, Key: fmt.Sprint(i), Body: []byte(body)})
			require.NoError(d, err)
		}
		d.after(time.Second)
		failed := d.failed()
		require.Len(d, failed, len(bodies))
		for _, f := range failed {
			require.False(d, f.Readable)
			require.Equal(d, "UNREADABLE", f.Why.Code)
		}
		n, err := d.reporter.Retry(d.Context())
		require.NoError(d, err)
		require.Zero(d, n)
		require.Empty(d, d.platform.Requests())
	})
}

// Everything a program may write is written, and nothing of the citizen is in it, nor
// in the outbox file.
func TestAReporterWritesNoPersonalDatumAnywhere(t *testing.T) {
	t.Parallel()
	n := new(marker.Notebook)
	inBubble(t, func(d *desk) {
		d.config.Logger = slog.New(slog.NewJSONHandler(n, &slog.HandlerOptions{Level: slog.LevelDebug}))
		d.platform.Faults().Next(reportOp, sandbox.DropAfter(), sandbox.Refuse(zwfw.TokenInvalid), sandbox.HTML(502), sandbox.Refuse(zwfw.BadRequest), sandbox.RefuseCode("张三", "测试甲"))
		d.run()
		ticket := wholeTicket(d.T)
		for i := range 60 {
			ticket.Number = fmt.Sprintf("20240102%06d", i)
			ticket.QueueTime, ticket.MessageTokenExpires = time.Now(), time.Now().Add(time.Hour)
			n.Note(ticket, d.reporter.Report(d.Context(), ticket))
			d.after(time.Second)
		}
		d.platform.Faults().Always(reportOp, sandbox.DropBefore())
		ticket.Number = "20240102900000"
		d.report(ticket)
		d.after(time.Minute)
		d.stop()
		d.at(0, 21*time.Hour+59*time.Minute)
		d.run()
		d.at(0, 22*time.Hour+2*time.Minute)
		spoiled := ticket
		spoiled.HolderName = zwfw.NewPersonName("测试甲*")
		n.Note(spoiled, d.reporter.Report(d.Context(), spoiled))
		failed := d.failed()
		require.NotEmpty(d, failed)
		for _, f := range failed {
			n.Note(f, nil)
		}
		d.mu.Lock()
		n.Note(d.events, nil)
		require.NotEmpty(d, d.events)
		d.mu.Unlock()
		d.stop()
		files, err := filepath.Glob(d.file + "*")
		require.NoError(d, err)
		require.NotEmpty(d, files)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(d, err)
			_, _ = n.Write(data)
		}
	})
	n.Check(t, "999999190001010000", "测试甲", "0123456789abcdef0123456789abcdef", "张三")
}
