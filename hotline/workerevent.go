package hotline

import (
	"context"
	"log/slog"
	"time"

	"github.com/zwfw-go/zwfw"
)

// WorkEventKind names what a Worker did or met.
type WorkEventKind string

// Events.
const (
	WorkPolled     WorkEventKind = "polled"      // a poll ended well; New and Changed count
	WorkPollFailed WorkEventKind = "poll-failed" // the next one comes after the pause
	WorkBacklog    WorkEventKind = "backlog"     // the Desk is far behind: the list is not read on
	WorkUnusable   WorkEventKind = "unusable"    // a row or notice without a usable number was passed over
	WorkHanded     WorkEventKind = "handed"      // the Desk has a sheet
	WorkTold       WorkEventKind = "told"        // the Desk has a change
	WorkPartial    WorkEventKind = "partial"     // half a sheet: it is read again later, and not signed for
	WorkWaiting    WorkEventKind = "waiting"     // a sheet could not be read yet
	WorkDeskFailed WorkEventKind = "desk-failed" // the Desk returned an error; it is called again
	WorkDueSoon    WorkEventKind = "due-soon"    // a deadline is near; nobody files anything by itself
	WorkDelivered  WorkEventKind = "delivered"   // the centre has an answer
	WorkDelayed    WorkEventKind = "delayed"     // an answer is not delivered, or not known to be; it is tried again
	WorkFailed     WorkEventKind = "failed"      // an answer was refused: staff must look, see Failed
)

// WorkEvent tells what a Worker did or met. It holds no personal datum and no text.
type WorkEvent struct {
	Kind       WorkEventKind
	Unit       string
	DispatchID DispatchID // "" where no sheet is meant
	Op         string     // of an answer: "SignFor", "Finish", "Reject", "RequestDelay"
	Change     ChangeKind // that was told
	Sequence   uint64     // of the message in its queue; finds a failed answer in Failed
	Attempt    int
	Age        time.Duration // since it was stored
	New        int           // sheets and rounds found by a poll
	Changed    int           // changes found by a poll
	Error      zwfw.Kind     // what went wrong; "" for nothing, and for an error of no platform
	Code       string        // the platform's code, if it is safe to print, or ours
	Deadline   time.Time     // with WorkDueSoon
}

func (k WorkEventKind) level() slog.Level {
	switch k {
	case WorkPolled, WorkHanded, WorkTold, WorkDelivered:
		return slog.LevelDebug
	case WorkPartial, WorkDueSoon:
		return slog.LevelInfo
	case WorkFailed:
		return slog.LevelError
	}
	return slog.LevelWarn
}

func (w *Worker) tell(e WorkEvent) {
	w.logger.LogAttrs(context.Background(), e.Kind.level(), "hotline: worker",
		slog.String("event", string(e.Kind)), slog.String("unit", e.Unit), slog.String("dispatch", zwfw.PrintableCode(string(e.DispatchID))),
		slog.String("op", e.Op), slog.String("change", string(e.Change)), slog.Uint64("sequence", e.Sequence), slog.Int("attempt", e.Attempt),
		slog.Duration("age", e.Age), slog.Int("new", e.New), slog.Int("changed", e.Changed),
		slog.String("error", string(e.Error)), slog.String("code", e.Code))
	w.config.OnEvent(e)
}
