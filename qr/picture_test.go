package qr_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

// sample is a code of a usual hall's length.
const sample = "https://example.cn/c?t=Zm9v+YmFy/MTIz==&n=办事"

// patiently is for large pictures on a busy machine under the race detector.
var patiently = qr.WithTimeLimit(time.Hour)

func encode(t testing.TB, text string, opts ...qr.EncodeOption) []byte {
	t.Helper()
	data, err := qr.Encode(text, opts...)
	require.NoError(t, err)
	return data
}

// picture draws text as a grey picture with origin 0,0.
func picture(t testing.TB, text string, opts ...qr.EncodeOption) *image.Gray {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(encode(t, text, opts...)))
	require.NoError(t, err)
	return gray(img)
}

func gray(img image.Image) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, img.Bounds().Dx(), img.Bounds().Dy()))
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Src)
	return out
}

func toJPEG(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}))
	return b.Bytes()
}

// turned turns a picture by degrees around its middle and scales it; what lies
// outside is white.
func turned(img *image.Gray, degrees, scale float64) *image.Gray {
	size := img.Bounds().Dx()
	side := int(float64(size) * scale * 1.5)
	out := image.NewGray(image.Rect(0, 0, side, side))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for y := range side {
		for x := range side {
			dx, dy := (float64(x)+0.5-float64(side)/2)/scale, (float64(y)+0.5-float64(side)/2)/scale
			from := image.Pt(int(math.Floor(cos*dx+sin*dy+float64(size)/2)), int(math.Floor(cos*dy-sin*dx+float64(size)/2)))
			grey := color.Gray{Y: 255}
			if from.In(img.Bounds()) {
				grey = img.GrayAt(from.X, from.Y)
			}
			out.SetGray(x, y, grey)
		}
	}
	return out
}

func mapped(img *image.Gray, f func(byte) byte) *image.Gray {
	out := image.NewGray(img.Bounds())
	for i, p := range img.Pix {
		out.Pix[i] = f(p)
	}
	return out
}

func noisy(img *image.Gray, seed uint64) *image.Gray {
	r := rand.New(rand.NewPCG(seed, 1))
	return mapped(img, func(p byte) byte {
		return byte(min(255, max(0, int(p)+r.IntN(121)-60)))
	})
}

func mirrored(img *image.Gray) *image.Gray {
	out := image.NewGray(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			out.SetGray(img.Bounds().Dx()-1-x, y, img.GrayAt(x, y))
		}
	}
	return out
}

// tilted shows a picture from an angle: its lower right corner is nearest, by
// the given part.
func tilted(img *image.Gray, nearer float64) *image.Gray {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	out := mapped(img, func(byte) byte { return 255 })
	for y := range h {
		for x := range w {
			u, v := float64(x)/float64(w), float64(y)/float64(h)
			f := (1 + 1.5*nearer) / (1 + nearer*u + nearer/2*v)
			if from := image.Pt(int(u*f*float64(w)), int(v*f*float64(h))); from.In(img.Bounds()) {
				out.SetGray(x, y, img.GrayAt(from.X, from.Y))
			}
		}
	}
	return out
}

// outOfFocus spreads each pixel over some others three times, which is nearly
// what a lens does.
func outOfFocus(img *image.Gray, reach int) *image.Gray {
	for range 3 {
		for _, d := range []image.Point{{X: 1}, {Y: 1}} {
			out := image.NewGray(img.Bounds())
			for y := range img.Bounds().Dy() {
				for x := range img.Bounds().Dx() {
					sum, n := 0, 0
					for i := -reach; i <= reach; i++ {
						if at := image.Pt(x, y).Add(d.Mul(i)); at.In(img.Bounds()) {
							sum, n = sum+int(img.GrayAt(at.X, at.Y).Y), n+1
						}
					}
					out.SetGray(x, y, color.Gray{Y: byte(sum / n)})
				}
			}
			img = out
		}
	}
	return img
}
