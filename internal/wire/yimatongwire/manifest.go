package yimatongwire

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
	decodeTimeout = 5 * time.Second  // a citizen stands before the machine
	callTimeout   = 15 * time.Second // nobody does
)

// Manifest declares the operations. It reads the presets, which ship inside the
// binary and are checked by a test; a damaged one panics here.
func Manifest() dock.Manifest {
	return dock.Manifest{
		Platform: "yimatong",
		CodeName: zwfw.CodeName{ZH: "一码通", EN: "Yimatong code"},
		Ops: []dock.Op{
			// A code is spent by its decoding, an authorisation code by its exchange:
			// neither is sent again once it may have arrived.
			{Name: "DecodeQRCode", Class: dock.OneShot, In: reflect.TypeFor[Decode](), Out: reflect.TypeFor[Decoded](), NeedsData: true, Timeout: decodeTimeout},
			{Name: "Authorize", Class: dock.OneShot, In: reflect.TypeFor[Authorize](), Out: reflect.TypeFor[Grant](), NeedsData: true, Timeout: callTimeout},
			// A second code beside a first that was lost does no harm: it dies in a minute.
			{Name: "CreateQRCode", Class: dock.Read, In: reflect.TypeFor[Position](), Out: reflect.TypeFor[QRCode](), NeedsData: true, Timeout: callTimeout},
			{Name: "ChannelQRCode", Class: dock.Read, In: reflect.TypeFor[Position](), Out: reflect.TypeFor[ChannelQRCode](), NeedsData: true, Timeout: callTimeout},
			// A citizen without tags is no failure.
			{Name: "UserTags", Class: dock.Read, In: reflect.TypeFor[TagsOf](), Out: reflect.TypeFor[UserTags](), Timeout: callTimeout},
		},
		Presets: dock.Presets(dialects, "hz-ymt@1"),
	}
}
