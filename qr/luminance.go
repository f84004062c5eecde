package qr

import (
	"fmt"
	"image"
)

const white = 0xff

func (s decodeSettings) luminance(img image.Image) (lum Plane, err error) {
	if isNil(img) {
		return lum, ErrNilImage
	}
	var refused error
	err = guard(func() error {
		bounds := img.Bounds()
		if refused = s.allow(int64(bounds.Dx()), int64(bounds.Dy())); refused == nil {
			lum = Plane{make([]byte, bounds.Dx()*bounds.Dy()), bounds.Dx(), bounds.Dx(), bounds.Dy()}
			lum.fill(img, bounds)
		}
		return nil
	})
	if err != nil {
		return Plane{}, fmt.Errorf("%w: the image cannot give its pixels", ErrNotImage)
	}
	return lum, refused
}

// fill lays the picture over white and takes its grey values. The types the
// decoders and cameras give are read directly: through At each pixel costs
// an allocation.
func (l Plane) fill(img image.Image, b image.Rectangle) {
	for y := range l.Height {
		out := l.row(y)
		switch img := img.(type) {
		case *image.Gray:
			copy(out, img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):][:l.Width])
		case *image.YCbCr:
			copy(out, img.Y[img.YOffset(b.Min.X, b.Min.Y+y):][:l.Width])
		case *image.RGBA:
			row := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):][:4*l.Width]
			for x := range out {
				p := row[4*x : 4*x+4]
				out[x] = overWhite(uint32(p[0]), uint32(p[1]), uint32(p[2]), uint32(p[3]), white)
			}
		case *image.NRGBA:
			row := img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):][:4*l.Width]
			for x := range out {
				p := row[4*x : 4*x+4]
				a := uint32(p[3])
				out[x] = overWhite(uint32(p[0])*a/white, uint32(p[1])*a/white, uint32(p[2])*a/white, a, white)
			}
		case *image.Paletted:
			grey := l.palette(img)
			for x, index := range img.Pix[img.PixOffset(b.Min.X, b.Min.Y+y):][:l.Width] {
				out[x] = grey[index]
			}
		default:
			for x := range out {
				r, g, bl, a := img.At(b.Min.X+x, b.Min.Y+y).RGBA()
				out[x] = overWhite(r, g, bl, a, 0xffff)
			}
		}
	}
}

func (Plane) palette(img *image.Paletted) (grey [256]byte) {
	for i := range grey {
		grey[i] = white
	}
	for i, c := range img.Palette {
		if i < len(grey) {
			r, g, b, a := c.RGBA()
			grey[i] = overWhite(r, g, b, a, 0xffff)
		}
	}
	return grey
}

// overWhite lays an alpha-premultiplied colour over white and returns its
// grey value; full is the value of an opaque channel.
func overWhite(r, g, b, a, full uint32) byte {
	grey := (r+2*g+b)/4 + (full - min(a, full))
	return byte(min(grey, full) * white / full)
}
