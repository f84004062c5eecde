// Package hotlinewire is what the hotline client and its sandbox share: the operations
// of DB36/T 1180—2019 (12345 热线), their fields and the preset dialect.
//
// The standard names the functions (clauses 4.4 and 4.5) and no wire: paths, headers,
// fields and codes are assumptions of the preset unless a comment says otherwise, and a
// dialect changes them. Field names in the tags are the names that dialects use;
// aliases are spellings of other cities' centres (public practice), read and never
// sent.
package hotlinewire

import (
	"embed"
	"reflect"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

//go:embed dialects/*.json
var dialects embed.FS

const (
	callTimeout      = 15 * time.Second
	aggregateTimeout = 8 * time.Second // a later snapshot is worth more than a late one
)

// Manifest declares the operations. It reads the preset, which ships inside the binary
// and is checked by a test; a damaged one panics here.
//
// Writes are idempotent where the contract gives them a key of the caller's: the number
// of the sheet, of the request, of the notice, the sequence of the report.
func Manifest() dock.Manifest {
	return dock.Manifest{
		Platform: "hotline",
		CodeName: zwfw.CodeName{ZH: "工单", EN: "sheet"},
		Ops: []dock.Op{
			{Name: "Authenticate", Class: dock.Read, In: reflect.TypeFor[Authentication](), Out: reflect.TypeFor[Credential](), NeedsData: true, Timeout: callTimeout},
			{Name: "SubmitAppeal", Class: dock.Idempotent, In: reflect.TypeFor[Appeal](), Out: reflect.TypeFor[AppealReceipt](), Timeout: callTimeout, SettledBy: "SubmitAppeal with the same number"},
			{Name: "ReportedSheets", Class: dock.Read, In: reflect.TypeFor[ReportedQuery](), Out: reflect.TypeFor[ReportedPage](), Timeout: callTimeout},
			{Name: "PendingSheets", Class: dock.Read, In: reflect.TypeFor[PendingQuery](), Out: reflect.TypeFor[PendingPage](), Timeout: callTimeout},
			{Name: "SheetDetail", Class: dock.Read, In: reflect.TypeFor[SheetQuery](), Out: reflect.TypeFor[SheetDetail](), NeedsData: true, Timeout: callTimeout},
			{Name: "Flow", Class: dock.Read, In: reflect.TypeFor[FlowQuery](), Out: reflect.TypeFor[FlowSteps](), Timeout: callTimeout},
			{Name: "SignFor", Class: dock.Idempotent, In: reflect.TypeFor[Signing](), Out: reflect.TypeFor[SigningResult](), Timeout: callTimeout, SettledBy: "SignForStatus"},
			{Name: "SignForStatus", Class: dock.Read, In: reflect.TypeFor[SigningQuery](), Out: reflect.TypeFor[SigningStates](), Timeout: callTimeout},
			{Name: "Finish", Class: dock.Idempotent, In: reflect.TypeFor[Finishing](), Out: reflect.TypeFor[HandlingResult](), Timeout: callTimeout, SettledBy: "Finish with the same request number"},
			{Name: "Reject", Class: dock.Idempotent, In: reflect.TypeFor[Rejection](), Out: reflect.TypeFor[HandlingResult](), Timeout: callTimeout, SettledBy: "Reject with the same request number"},
			{Name: "RejectSigned", Class: dock.Idempotent, In: reflect.TypeFor[Rejection](), Out: reflect.TypeFor[HandlingResult](), Timeout: callTimeout, SettledBy: "Reject with the same request number"},
			{Name: "RequestDelay", Class: dock.Idempotent, In: reflect.TypeFor[Delay](), Out: reflect.TypeFor[DelayResult](), Timeout: callTimeout, SettledBy: "RequestDelay with the same request number"},
			{Name: "Notices", Class: dock.Read, In: reflect.TypeFor[NoticeQuery](), Out: reflect.TypeFor[NoticePage](), Timeout: callTimeout},
			{Name: "AckNotices", Class: dock.Idempotent, In: reflect.TypeFor[NoticeAck](), Out: reflect.TypeFor[Nothing](), Timeout: callTimeout, SettledBy: "AckNotices with the same numbers"},
			{Name: "FileInit", Class: dock.Idempotent, In: reflect.TypeFor[FileStart](), Out: reflect.TypeFor[FileTicket](), NeedsData: true, Timeout: callTimeout},
			{Name: "FileChunk", Class: dock.Idempotent, In: reflect.TypeFor[FileChunk](), Out: reflect.TypeFor[Nothing](), Timeout: callTimeout, SettledBy: "FileChunk with the same index"},
			{Name: "FileGet", Class: dock.Read, In: reflect.TypeFor[FileQuery](), Out: reflect.TypeFor[FilePart](), NeedsData: true, Timeout: callTimeout},
			{Name: "ReportCalls", Class: dock.Idempotent, In: reflect.TypeFor[CallReport](), Out: reflect.TypeFor[ReportResult](), Timeout: aggregateTimeout, SettledBy: "ReportCalls with the same sequence"},
			{Name: "ReportSeats", Class: dock.Idempotent, In: reflect.TypeFor[SeatReport](), Out: reflect.TypeFor[ReportResult](), Timeout: aggregateTimeout, SettledBy: "ReportSeats with the same sequence"},
		},
		Presets: dock.Presets(dialects, "jx-12345@1"),
	}
}
