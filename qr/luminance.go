package qr

import (
	"fmt"
	"image"
)

const white = 0xff

// luminance takes the grey values of an image over white. Pictures that hold
// them as they are needed, as cameras and JPEG do, are not copied.
func (s decodeSettings) luminance(img image.Image) (p Plane, err error) {
	if isNil(img) {
		return p, ErrNilImage
	}
	var refused error
	err = guard(func() error {
		b := img.Bounds()
		if refused = s.allow(int64(b.Dx()), int64(b.Dy())); refused != nil {
			return nil
		}
		switch img := img.(type) {
		case *image.Gray:
			p = Plane{img.Pix[img.PixOffset(b.Min.X, b.Min.Y):], img.Stride, b.Dx(), b.Dy()}
		case *image.YCbCr:
			p = Plane{img.Y[img.YOffset(b.Min.X, b.Min.Y):], img.YStride, b.Dx(), b.Dy()}
		default:
			p = Plane{make([]byte, b.Dx()*b.Dy()), b.Dx(), b.Dx(), b.Dy()}
			fill := filler(img)
			for y := range p.Height {
				fill(b.Min.X, b.Min.Y+y, p.row(y))
			}
		}
		return p.check()
	})
	if err != nil {
		return Plane{}, fmt.Errorf("%w: the image cannot give its pixels", ErrNotImage)
	}
	return p, refused
}

// filler gives a function that writes the grey values of the pixels from x, y
// on. The types that decoders give are read directly: through At each pixel
// costs an allocation.
func filler(img image.Image) func(x, y int, out []byte) {
	switch img := img.(type) {
	case *image.RGBA:
		return func(x, y int, out []byte) { fillRGBA(img.Pix[img.PixOffset(x, y):], out) }
	case *image.NRGBA:
		return func(x, y int, out []byte) { fillNRGBA(img.Pix[img.PixOffset(x, y):], 1, out) }
	case *image.NRGBA64: // the upper byte of each channel
		return func(x, y int, out []byte) { fillNRGBA(img.Pix[img.PixOffset(x, y):], 2, out) }
	case *image.RGBA64:
		return func(x, y int, out []byte) {
			row := img.Pix[img.PixOffset(x, y):]
			for i := range out {
				p := row[8*i : 8*i+8]
				out[i] = overWhite(uint32(p[0]), uint32(p[2]), uint32(p[4]), uint32(p[6]), white)
			}
		}
	case *image.Gray16:
		return func(x, y int, out []byte) {
			row := img.Pix[img.PixOffset(x, y):]
			for i := range out {
				out[i] = row[2*i]
			}
		}
	case *image.Paletted:
		grey := paletteOf(img)
		return func(x, y int, out []byte) {
			for i, index := range img.Pix[img.PixOffset(x, y):][:len(out)] {
				out[i] = grey[index]
			}
		}
	default:
		return func(x, y int, out []byte) {
			for i := range out {
				r, g, b, a := img.At(x+i, y).RGBA()
				out[i] = overWhite(r, g, b, a, 0xffff)
			}
		}
	}
}

func fillRGBA(row, out []byte) {
	for i := range out {
		p := row[4*i : 4*i+4]
		if p[3] == white {
			out[i] = byte((uint32(p[0]) + 2*uint32(p[1]) + uint32(p[2])) / 4)
			continue
		}
		out[i] = overWhite(uint32(p[0]), uint32(p[1]), uint32(p[2]), uint32(p[3]), white)
	}
}

// fillNRGBA takes the first of each channel's bytes.
func fillNRGBA(row []byte, bytes int, out []byte) {
	for i := range out {
		p := row[4*bytes*i : 4*bytes*(i+1)]
		r, g, b, a := uint32(p[0]), uint32(p[bytes]), uint32(p[2*bytes]), uint32(p[3*bytes])
		if a == white {
			out[i] = byte((r + 2*g + b) / 4)
			continue
		}
		out[i] = overWhite(r*a/white, g*a/white, b*a/white, a, white)
	}
}

func paletteOf(img *image.Paletted) (grey [256]byte) {
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
