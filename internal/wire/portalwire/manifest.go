// Package portalwire is what the portal client and its sandbox share: the operations of
// DB23/T 3649.4—2023 (集约化平台与政务服务平台对接), their fields and the preset dialects.
//
// Of the standard only clauses 1 to 4.1 are known: the website platform uses the
// service platform's interfaces for unified authentication, items, cases and 好差评.
// Every path, field and code is an assumption or public practice, as the comments say,
// and a dialect changes them. Field names in the tags are the names that dialects use;
// aliases are spellings of other platforms (public practice), read and never sent.
//
// Not operations, because a browser makes them and no answer is read: GET /sso/login,
// GET /sso/logout and GET /evaluate/page (and the pages of verid@1); the client builds
// those addresses. The calls that come the other way stand in Notices and Pushes.
package portalwire

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
	loginTimeout = 8 * time.Second // a citizen waits before a blank page
	callTimeout  = 15 * time.Second
)

// Manifest declares the operations. It reads the presets, which ship inside the binary
// and are checked by a test; a damaged one panics here.
//
// A ticket is spent by the first exchange, and each IssueLoginTicket makes another one:
// both are sent once. A repeated evaluation, point or batch is recognised by its key. A
// second reply to a rectification is refused as WrongState, so it is sent once too.
func Manifest() dock.Manifest {
	return dock.Manifest{
		Platform: "portal",
		CodeName: zwfw.CodeName{ZH: "登录票据", EN: "login ticket"},
		Ops: []dock.Op{
			{Name: "Exchange", Class: dock.OneShot, In: reflect.TypeFor[Ticket](), Out: reflect.TypeFor[Session](), NeedsData: true, Timeout: loginTimeout},
			{Name: "User", Class: dock.Read, In: reflect.TypeFor[Token](), Out: reflect.TypeFor[User](), NeedsData: true, Timeout: loginTimeout},
			{Name: "CheckToken", Class: dock.Read, In: reflect.TypeFor[Token](), Out: reflect.TypeFor[TokenState](), Timeout: loginTimeout},
			{Name: "IssueLoginTicket", Class: dock.OneShot, In: reflect.TypeFor[TicketRequest](), Out: reflect.TypeFor[IssuedTicket](), NeedsData: true, Timeout: loginTimeout},
			{Name: "LogoutLocal", Class: dock.Idempotent, In: reflect.TypeFor[Ticket](), Timeout: loginTimeout},

			{Name: "ItemDirectory", Class: dock.Read, In: reflect.TypeFor[ItemQuery](), Out: reflect.TypeFor[DirectoryPage](), Timeout: callTimeout},
			{Name: "Items", Class: dock.Read, In: reflect.TypeFor[ItemQuery](), Out: reflect.TypeFor[ItemPage](), Timeout: callTimeout},
			{Name: "Item", Class: dock.Read, In: reflect.TypeFor[ItemKey](), Out: reflect.TypeFor[ItemDetail](), NeedsData: true, Timeout: callTimeout},
			{Name: "ItemChanges", Class: dock.Read, In: reflect.TypeFor[ChangesQuery](), Out: reflect.TypeFor[ItemPage](), Timeout: callTimeout},

			{Name: "MyCases", Class: dock.Read, In: reflect.TypeFor[MyCasesQuery](), Out: reflect.TypeFor[MyCasesPage](), Timeout: callTimeout},
			{Name: "CaseProgress", Class: dock.Read, In: reflect.TypeFor[ProgressQuery](), Out: reflect.TypeFor[Case](), NeedsData: true, Timeout: callTimeout},
			{Name: "Case", Class: dock.Read, In: reflect.TypeFor[CaseQuery](), Out: reflect.TypeFor[Case](), NeedsData: true, Timeout: callTimeout},
			{Name: "CaseChanges", Class: dock.Read, In: reflect.TypeFor[ChangesQuery](), Out: reflect.TypeFor[CasePage](), Timeout: callTimeout},
			{Name: "PublicCases", Class: dock.Read, In: reflect.TypeFor[PublicCasesQuery](), Out: reflect.TypeFor[PublicCasesPage](), Timeout: callTimeout},

			{Name: "EvaluationNorms", Class: dock.Read, In: reflect.TypeFor[NormsQuery](), Out: reflect.TypeFor[Norms](), Timeout: callTimeout},
			{Name: "AddEvaluationPoint", Class: dock.Idempotent, In: reflect.TypeFor[EvaluationPoint](), Out: reflect.TypeFor[PointReceipt](), Timeout: callTimeout, SettledBy: "EvaluationPoints"},
			{Name: "EvaluationPoints", Class: dock.Read, In: reflect.TypeFor[PointsQuery](), Out: reflect.TypeFor[Points](), Timeout: callTimeout},
			{Name: "Evaluate", Class: dock.Idempotent, In: reflect.TypeFor[Evaluation](), Out: reflect.TypeFor[EvaluationReceipt](), Timeout: callTimeout, SettledBy: "Evaluate with the same numbers"},
			{Name: "AppendEvaluation", Class: dock.Idempotent, In: reflect.TypeFor[Appendix](), Out: reflect.TypeFor[EvaluationReceipt](), Timeout: callTimeout, SettledBy: "AppendEvaluation with the same number"},
			{Name: "Evaluations", Class: dock.Read, In: reflect.TypeFor[EvaluationsQuery](), Out: reflect.TypeFor[EvaluationsPage](), Timeout: callTimeout},
			{Name: "EvaluationStatistics", Class: dock.Read, In: reflect.TypeFor[StatisticsQuery](), Out: reflect.TypeFor[Statistics](), Timeout: callTimeout},
			{Name: "Rectifications", Class: dock.Read, In: reflect.TypeFor[RectificationsQuery](), Out: reflect.TypeFor[RectificationsPage](), Timeout: callTimeout},
			{Name: "ReplyRectification", Class: dock.OneShot, In: reflect.TypeFor[RectificationReply](), Out: reflect.TypeFor[RectificationReceipt](), Timeout: callTimeout, SettledBy: "Rectifications"},

			{Name: "IngestBatch", Class: dock.Idempotent, In: reflect.TypeFor[Batch](), Out: reflect.TypeFor[BatchResult](), Timeout: callTimeout, SettledBy: "IngestStatus"},
			{Name: "IngestStatus", Class: dock.Read, In: reflect.TypeFor[BatchQuery](), Out: reflect.TypeFor[BatchResult](), NeedsData: true, Timeout: callTimeout},
			{Name: "IngestReconcile", Class: dock.Read, In: reflect.TypeFor[ReconcileQuery](), Out: reflect.TypeFor[Reconciliation](), NeedsData: true, Timeout: callTimeout},
		},
		Presets: dock.Presets(dialects, "hlj@1", "verid@1"),
	}
}
