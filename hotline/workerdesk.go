package hotline

import (
	"context"
	"time"

	"github.com/zwfw-go/zwfw"
)

// Desk is the unit's own system (单位业务系统), where its people find their sheets. A call
// that returns nil has stored what it was given; one that fails is made again, with growing
// pauses, and what follows for the same dispatch waits behind it. Both methods are called by
// several goroutines at once, never for one dispatch of one unit. They may call the Worker.
//
// What a Desk's error says is not logged: it may hold what the sheet holds.
type Desk interface {
	// Sheet takes a sheet, or a new round of one. It is called once for each; again, with a
	// higher Attempt, only when the call before failed or the process ended in it.
	Sheet(ctx context.Context, s HandedSheet) error
	// Change takes what happened to a sheet, as Sheet does.
	Change(ctx context.Context, c SheetChange) error
}

// HandedSheet is a sheet for the unit's people, with all its detail as it stands when it is
// handed out. A sheet that ended meanwhile is handed out too: State tells.
type HandedSheet struct {
	Unit string
	// Turn counts how often this DispatchID was dispatched to the unit: 1, and higher for
	// a new round under the old number, whether or not the centre counts Round.
	Turn    int
	Attempt int // above 1: an earlier call failed, or its process ended
	*SheetDetail
}

// ChangeKind says what happened to a sheet. The list is open.
type ChangeKind string

// Kinds of change. In brackets the notice of the same meaning.
const (
	Reopened       ChangeKind = "reopened"        // the finish was refused, the sheet is in hand again (FinishRefused)
	FinishAccepted ChangeKind = "finish-accepted" // the centre agreed, or closed the sheet (FinishAgreed)
	GivenBack      ChangeKind = "given-back"      // the rejection was agreed to: the dispatch has ended (RejectAgreed)
	StaysHere      ChangeKind = "stays-here"      // the rejection was refused (RejectRefused)
	DelayGranted   ChangeKind = "delay-granted"   // Deadline is the new one (DelayAgreed)
	DelayNotGiven  ChangeKind = "delay-not-given" // the old deadline stays (DelayRefused)
	DeadlineMoved  ChangeKind = "deadline-moved"  // without a delay that was asked for
	TakenBack      ChangeKind = "taken-back"      // the centre recalled the sheet: the dispatch has ended (RecalledNote)
	SentAgain      ChangeKind = "sent-again"      // after the callback; the new round comes as a sheet (Redispatched)
	CalledBack     ChangeKind = "called-back"     // the citizen was asked (CallbackDone)
	Urged          ChangeKind = "urged"           // 催办 (Urge)
	Supervised     ChangeKind = "supervised"      // 督办 (Supervise)
	DueSoon        ChangeKind = "due-soon"        // Light is yellow, or red when it was found late
	Gone           ChangeKind = "gone"            // the centre does not show the sheet any more
	OtherNotice    ChangeKind = "other-notice"    // Notice tells
)

// SheetChange is something that happened to a sheet at the centre, or comes up.
type SheetChange struct {
	Unit       string
	DispatchID DispatchID
	SheetNo    SheetNo // "" when the worker does not know it
	Turn       int     // of HandedSheet; 0 for a sheet that was never handed out here
	Kind       ChangeKind
	State      State // of the sheet afterwards, "" when it is not known
	Deadline   time.Time
	Light      Light             // with DueSoon
	Opinion    zwfw.PlatformText // of the centre, where a notice brought one
	ApplyID    string
	NoticeID   string // "" when the list showed it
	Notice     NoticeType
	At         time.Time // by the notice, or when the worker saw it
	Attempt    int       // above 1: an earlier call failed, or its process ended
}

// kindOf gives the change that a notice stands for.
func kindOf(t NoticeType) ChangeKind {
	switch t {
	case FinishAgreed:
		return FinishAccepted
	case FinishRefused:
		return Reopened
	case RejectAgreed:
		return GivenBack
	case RejectRefused:
		return StaysHere
	case DelayAgreed:
		return DelayGranted
	case DelayRefused:
		return DelayNotGiven
	case Urge:
		return Urged
	case Supervise:
		return Supervised
	case RecalledNote:
		return TakenBack
	case Redispatched:
		return SentAgain
	case CallbackDone:
		return CalledBack
	}
	return OtherNotice
}
