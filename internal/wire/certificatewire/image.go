package certificatewire

import (
	"encoding/base64"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// bareImage takes a QR code that came as the body itself. The standard says 二进制流; no
// text settles whether that is a body or a member of one.
func bareImage(body []byte, out any) bool {
	code, ok := out.(*QRCode)
	if !ok || dock.ImageType(body) == "" {
		return false
	}
	code.Image = zwfw.NewRaw([]byte(base64.StdEncoding.EncodeToString(body)))
	return true
}
