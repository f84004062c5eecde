package yimatongwire

import (
	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// Picture reads a picture as the platform writes it.
func Picture(raw zwfw.Raw) (data []byte, kind string, err error) { return dock.Picture(raw.Reveal()) }

func checkPicture(image zwfw.Raw) (field, problem string) {
	if _, _, err := Picture(image); err != nil {
		return "image", err.Error()
	}
	return "", ""
}
