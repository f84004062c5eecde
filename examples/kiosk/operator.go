package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/zwfw-go/zwfw/lutong"
)

// operate does what an operator asks: through the kiosk that is running, if one is,
// else with the outbox itself.
func operate(ctx context.Context, o options, w world) int {
	if answered, err := askRunning(ctx, o, w.out); answered {
		if err != nil {
			w.complain("%v", err)
			return exitError
		}
		return exitOK
	}
	if _, err := os.Stat(filepath.Join(o.data, realOutbox)); err == nil && o.config == "" && !o.sandbox {
		w.complain("%s 中有真实平台的数据，请给出 -config（或 -sandbox）。 It holds the data of a real platform: say -config, or -sandbox.", o.data)
		return exitUsage
	}
	m, err := newMachine(ctx, o, w)
	if err != nil {
		w.complain("%v", err)
		return exitError
	}
	err = obey(ctx, m.reporter, o.command, o.rows, w.out)
	if _, failed := m.release(); err == nil {
		err = failed
	}
	if err != nil {
		w.complain("%v", err)
		return exitError
	}
	return exitOK
}

// obey carries a command out.
func obey(ctx context.Context, r *lutong.TicketReporter, command string, rows []uint64, out io.Writer) error {
	switch command {
	case "pending":
		n, err := r.Pending(ctx)
		if err == nil {
			_, err = fmt.Fprintf(out, "未上报 %d 张。 Not reported yet: %d.\n", n, n)
		}
		return err
	case "failed":
		return list(ctx, r, out)
	case "retry":
		n, err := r.Retry(ctx, rows...)
		if err == nil {
			_, err = fmt.Fprintf(out, "%d 张将重新上报；业务日已过的除外。 To be reported again: %d, without those whose day is over.\n", n, n)
		}
		return err
	case "discard":
		n, err := r.Discard(ctx, rows...)
		if err == nil {
			_, err = fmt.Fprintf(out, "已删除 %d 张。 Removed: %d.\n", n, n)
		}
		return err
	}
	return fmt.Errorf("unknown command %q", command)
}

// list prints the failed tickets; names and numbers of citizens print masked.
func list(ctx context.Context, r *lutong.TicketReporter, out io.Writer) error {
	count := 0
	for f, err := range r.Failed(ctx) {
		if err != nil {
			return err
		}
		count++
		t, note := f.Ticket, ""
		if f.DayOver {
			note = "  业务日已过 day over"
		}
		status := lutong.TicketWaiting
		if t.Status != nil {
			status = *t.Status
		}
		name := status.Name()
		if _, err := fmt.Fprintf(out, "%d  %s  %s  %s  %s  %s %s  %s %s%s\n",
			f.Sequence, t.QueueNo, t.Number, t.HolderName, t.Holder, name.ZH, name.EN, f.Why.Kind, f.Why.Code, note); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "未能上报 %d 张。 Given up: %d.\n", count, count)
	return err
}
