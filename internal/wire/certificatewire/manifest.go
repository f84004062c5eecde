package certificatewire

import (
	"embed"
	"reflect"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

//go:embed dialects/*.json
var dialects embed.FS

// callTimeout is long: a province may have to ask the national platform (5.3).
const callTimeout = 30 * time.Second

// Manifest declares the operations. It reads the presets, which ship inside the
// binary and are checked by a test; a damaged one panics here.
func Manifest() dock.Manifest {
	read := func(name string, in, out reflect.Type) dock.Op {
		return dock.Op{Name: name, Class: dock.Read, In: in, Out: out, Timeout: callTimeout}
	}
	needing := func(op dock.Op) dock.Op { op.NeedsData = true; return op }
	// An application for a download makes a copy, and is counted and audited (quirks 24,
	// 26): it is no read. But a second one does no harm either: each makes an address of
	// its own, and one that was lost on the way dies unused within ten minutes. What must
	// never be repeated is the GET of an address, which serves once; that is the client's.
	file := func(name string, in reflect.Type) dock.Op {
		return dock.Op{
			Name: name, Class: dock.Idempotent, In: in, Out: reflect.TypeFor[Files](), NeedsData: true, Timeout: callTimeout,
			SettledBy: "the same call: it gives a new address, and one that was lost expires unused",
		}
	}
	// A code beside a first that was lost does no harm.
	qrCode := needing(read("QRCode", reflect.TypeFor[ByEncryptedID](), reflect.TypeFor[QRCode]()))
	qrCode.Bare = bareImage
	// A login is repeated like a read; how often is the token's own affair.
	login := needing(read("Login", nil, reflect.TypeFor[Login]()))
	holder, id, encrypted := reflect.TypeFor[Holder](), reflect.TypeFor[ByID](), reflect.TypeFor[ByEncryptedID]()
	return dock.Manifest{
		Platform: "certificate",
		CodeName: zwfw.CodeName{ZH: "电子证照", EN: "Electronic certificate"},
		Ops: []dock.Op{
			// A list may be empty: a holder without certificates is no failure.
			read("Search", holder, reflect.TypeFor[Found]()),
			file("FileAddressByHolder", holder),
			file("FileAddressByID", id),
			file("FileAddressByEncryptedID", encrypted),
			read("InfoByHolder", holder, reflect.TypeFor[Infos]()),
			read("InfoByID", id, reflect.TypeFor[Infos]()),
			read("EncryptedIDs", holder, reflect.TypeFor[EncryptedIDs]()),
			qrCode,
			needing(read("VerifyFields", reflect.TypeFor[VerifyFields](), reflect.TypeFor[Verdict]())),
			needing(read("VerifyFile", reflect.TypeFor[VerifyFile](), reflect.TypeFor[Verdict]())),
			// A consent asks a citizen and is read once: neither is sent again unseen.
			{Name: "StartConsent", Class: dock.OneShot, In: reflect.TypeFor[StartConsent](), Out: reflect.TypeFor[Consent](), NeedsData: true, Timeout: callTimeout},
			// The state is asked for again and again anyway, at least a second apart: a repeat
			// after a lost answer would come sooner.
			{Name: "ConsentState", Class: dock.OneShot, In: reflect.TypeFor[Consent](), Out: reflect.TypeFor[ConsentState](), NeedsData: true, Timeout: callTimeout},
			{Name: "ReadConsented", Class: dock.OneShot, In: reflect.TypeFor[ReadConsented](), Out: reflect.TypeFor[Infos](), Timeout: callTimeout},
			login,
		},
		Presets: dock.Presets(dialects, "national@1", "gbt36906@1", "gateway@1"),
	}
}
