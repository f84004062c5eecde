package qr

import "fmt"

// Plane is a picture as grey values (灰度平面): one byte a pixel, 0 black, row
// by row. It is what cameras deliver beside their colours and what every other
// kind of picture is turned into. The pixels belong to the caller; this package
// only reads them and keeps no reference after a call returns.
type Plane struct {
	Pix    []byte // the first pixel of the first row first
	Stride int    // bytes from one row to the next, at least Width
	Width  int    // pixels
	Height int    // rows
}

// NV12 is the grey plane of a camera frame in NV12, NV21 or I420: its first
// Height rows of Stride bytes. Nothing is copied. Errors: [ErrEmptyImage],
// [ErrNotImage] when the frame is shorter than its size says.
func NV12(frame []byte, width, height, stride int) (Plane, error) {
	p := Plane{frame, stride, width, height}
	if err := p.check(); err != nil {
		return Plane{}, fmt.Errorf("qr: NV12 frame: %w", err)
	}
	return p, nil
}

// YUYV is the grey plane of a camera frame in YUYV (YUY2), whose every second
// byte is grey; stride is in bytes. The grey values are copied into buf when
// that is large enough, so that a camera loop can use one for all its frames.
// Errors: [ErrEmptyImage], [ErrNotImage] when the frame is shorter than its
// size says.
func YUYV(frame []byte, width, height, stride int, buf []byte) (Plane, error) {
	wide := Plane{frame, stride, width, height}
	if width > 0 && width <= len(frame)/2 {
		wide.Width = 2 * width
	}
	if err := wide.check(); err != nil {
		return Plane{}, fmt.Errorf("qr: YUYV frame: %w", err)
	}
	if wide.Width != 2*width {
		return Plane{}, fmt.Errorf("qr: YUYV frame: %w: %d bytes for %d x %d pixels", ErrNotImage, len(frame), width, height)
	}
	p := Plane{grow(buf, width*height), width, width, height}
	for y := range height {
		from, to := wide.row(y), p.row(y)
		for x := range to {
			to[x] = from[2*x]
		}
	}
	return p, nil
}

func (p Plane) row(y int) []byte { return p.Pix[y*p.Stride:][:p.Width] }

// check refuses a plane whose pixels are not all there. It multiplies nothing
// that could overflow.
func (p Plane) check() error {
	if p.Width <= 0 || p.Height <= 0 {
		return fmt.Errorf("%w: %d x %d pixels", ErrEmptyImage, p.Width, p.Height)
	}
	if p.Stride < p.Width {
		return fmt.Errorf("%w: stride is %d, expected %d or more", ErrNotImage, p.Stride, p.Width)
	}
	if len(p.Pix) < p.Width || p.Height-1 > (len(p.Pix)-p.Width)/p.Stride {
		return fmt.Errorf("%w: %d bytes for %d x %d pixels", ErrNotImage, len(p.Pix), p.Width, p.Height)
	}
	return nil
}

// grow returns n bytes, those of buf when it has so many; their values are
// whatever they were.
func grow(buf []byte, n int) []byte {
	if cap(buf) >= n {
		return buf[:n]
	}
	return make([]byte, n)
}
