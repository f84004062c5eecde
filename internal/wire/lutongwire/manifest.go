package lutongwire

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
	verifyTimeout = 5 * time.Second  // a citizen stands before the machine
	callTimeout   = 15 * time.Second // nobody does
)

// Manifest declares the operations. It reads the presets, which ship inside the
// binary and are checked by a test; a damaged one panics here.
func Manifest() dock.Manifest {
	return dock.Manifest{
		Platform: "lutong",
		CodeName: zwfw.CodeName{ZH: "鲁通码", EN: "Lutong code"},
		Ops: []dock.Op{
			{Name: "VerifyCode", Class: dock.OneShot, In: reflect.TypeFor[Verify](), Out: reflect.TypeFor[Person](), NeedsData: true, Timeout: verifyTimeout},
			{Name: "ReportTicket", Class: dock.Idempotent, In: reflect.TypeFor[Ticket](), Timeout: callTimeout, SettledBy: "ReportTicket with the same number"},
			{Name: "UserInfo", Class: dock.OneShot, In: reflect.TypeFor[Auth](), Out: reflect.TypeFor[Person](), NeedsData: true, Timeout: callTimeout},
			{Name: "IdentityTicket", Class: dock.OneShot, In: reflect.TypeFor[IdentityTicket](), Out: reflect.TypeFor[IdentityToken](), NeedsData: true, Timeout: callTimeout},
			{Name: "IdentityPerson", Class: dock.Read, In: reflect.TypeFor[IdentityUser](), Out: reflect.TypeFor[IdentityPerson](), NeedsData: true, Timeout: callTimeout},
			{Name: "IdentityCorporation", Class: dock.Read, In: reflect.TypeFor[IdentityUser](), Out: reflect.TypeFor[IdentityCorporation](), NeedsData: true, Timeout: callTimeout},
		},
		Presets: dock.Presets(dialects, "sd-sop@1", "sd-envelope@1"),
	}
}
