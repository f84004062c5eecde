package qr_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

func TestDecodeReadsWhatHallsSee(t *testing.T) {
	t.Parallel()
	drawn := picture(t, sample)
	tests := map[string]image.Image{
		"as drawn":            drawn,
		"turned by 90":        turned(drawn, 90, 1),
		"turned by 180":       turned(drawn, 180, 1),
		"turned by 270":       turned(drawn, 270, 1),
		"turned by 12":        turned(drawn, 12, 1),
		"mirrored":            mirrored(drawn),
		"scaled up":           turned(drawn, 0, 1.37),
		"scaled down":         turned(drawn, 0, 0.61),
		"inverted":            mapped(drawn, func(p byte) byte { return 255 - p }),
		"inverted and turned": turned(mapped(drawn, func(p byte) byte { return 255 - p }), 180, 1),
		"pale":                mapped(drawn, func(p byte) byte { return 150 + p/5 }),
		"dark":                mapped(drawn, func(p byte) byte { return p / 4 }),
		"noisy":               noisy(drawn, 1),
		"noisy and turned":    noisy(turned(drawn, 7, 1), 2),
		"one pixel a module":  picture(t, sample, qr.WithModuleSize(1)),
		"large":               picture(t, sample, qr.WithModuleSize(60)),
		"tilted":              tilted(drawn, 0.6),
		"tilted and turned":   tilted(turned(drawn, 30, 1), 0.3),
		"out of focus":        outOfFocus(turned(picture(t, sample, qr.WithModuleSize(5)), 20, 1), 2),
	}
	for name, img := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := qr.DecodeImage(img, patiently)
			require.NoError(t, err)
			require.Equal(t, sample, got.Text)
			require.Equal(t, sample, string(got.Bytes))
		})
	}
	for _, quality := range []int{90, 60, 30} {
		requireReads(t, sample, toJPEG(t, drawn, quality))
		requireReads(t, sample, toJPEG(t, noisy(drawn, 3), quality))
	}
}

func TestDecodeReadsEveryColourModel(t *testing.T) {
	t.Parallel()
	drawn := picture(t, sample)
	size := drawn.Bounds()
	copied := func(to draw.Image) image.Image {
		draw.Draw(to, to.Bounds(), drawn, image.Point{}, draw.Src)
		return to
	}
	ycbcr, err := jpeg.Decode(bytes.NewReader(toJPEG(t, copied(image.NewRGBA(size)), 80)))
	require.NoError(t, err)
	require.IsType(t, &image.YCbCr{}, ycbcr)
	paletted, err := png.Decode(bytes.NewReader(encode(t, sample)))
	require.NoError(t, err)
	require.IsType(t, &image.Paletted{}, paletted)

	// Black where the code is dark, nothing at all elsewhere.
	transparent := image.NewNRGBA(size)
	clearBlack := image.NewPaletted(size, color.Palette{color.NRGBA{}, color.Black})
	for i, p := range drawn.Pix {
		if p == 0 {
			transparent.Pix[4*i+3] = 255
			clearBlack.Pix[i] = 1
		}
	}
	// A red code, and a sheet of which the code is a part.
	red := image.NewNRGBA(size)
	for i, p := range drawn.Pix {
		copy(red.Pix[4*i:], []byte{255, p, p, 255})
	}
	sheet := image.NewGray(image.Rect(-50, -70, size.Dx()+200, size.Dy()+100))
	for i := range sheet.Pix {
		sheet.Pix[i] = byte(i)
	}
	draw.Draw(sheet, size, drawn, image.Point{}, draw.Src)
	shifted := &image.Gray{Pix: drawn.Pix, Stride: drawn.Stride, Rect: size.Add(image.Pt(-1000, 77))}
	colourSheet := image.NewYCbCr(image.Rect(0, 0, size.Dx()+64, size.Dy()+64), image.YCbCrSubsampleRatio420)
	for y := range size.Dy() {
		copy(colourSheet.Y[colourSheet.YOffset(32, 32+y):], drawn.Pix[y*drawn.Stride:][:size.Dx()])
	}

	for name, img := range map[string]image.Image{
		"Gray":                      drawn,
		"Gray16":                    copied(image.NewGray16(size)),
		"RGBA":                      copied(image.NewRGBA(size)),
		"RGBA64":                    copied(image.NewRGBA64(size)),
		"NRGBA":                     copied(image.NewNRGBA(size)),
		"CMYK":                      copied(image.NewCMYK(size)),
		"YCbCr":                     ycbcr,
		"Paletted":                  paletted,
		"transparent NRGBA":         transparent,
		"transparent palette":       clearBlack,
		"red on white":              red,
		"part of a sheet":           sheet.SubImage(size),
		"bounds far from 0,0":       shifted,
		"part of a YCbCr":           colourSheet.SubImage(image.Rect(32, 32, 32+size.Dx(), 32+size.Dy())),
		"type of the caller's own":  struct{ image.Image }{shifted},
		"pointer to the own type":   &struct{ image.Image }{drawn},
		"transparent own type":      struct{ image.Image }{transparent},
		"transparent RGBA, premult": copiedOver(transparent),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := qr.DecodeImage(img)
			require.NoError(t, err)
			require.Equal(t, sample, got.Text)
		})
	}
}

func copiedOver(img *image.NRGBA) image.Image {
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Src)
	return out
}

func TestDecodeLeavesTheImageAlone(t *testing.T) {
	t.Parallel()
	inverted := mapped(picture(t, sample), func(p byte) byte { return 255 - p })
	before := bytes.Clone(inverted.Pix)
	_, err := qr.DecodeImage(inverted)
	require.NoError(t, err)
	require.Equal(t, before, inverted.Pix)
}

func TestDecodeGivesTheBytesBesideTheText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"abc", "政务", "0123", "7", "ABC:1"} {
		got, err := qr.Decode(encode(t, text))
		require.NoError(t, err)
		require.Equal(t, text, string(got.Bytes))
	}
}

func TestManyGoroutinesMayUseThePackage(t *testing.T) {
	t.Parallel()
	shared := picture(t, sample, qr.WithModuleSize(3))
	var wait sync.WaitGroup
	failed := make(chan string, 8)
	for i := range 8 {
		wait.Go(func() {
			text := sample + string(rune('a'+i))
			for range 5 {
				data, err := qr.Encode(text, qr.WithModuleSize(3))
				own, err2 := qr.Decode(data)
				same, err3 := qr.DecodeImage(shared)
				if err != nil || err2 != nil || err3 != nil || own.Text != text || same.Text != sample {
					failed <- text
					return
				}
			}
		})
	}
	wait.Wait()
	require.Empty(t, failed)
}
