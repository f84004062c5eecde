package qr_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

func chunk(kind string, data []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	out = append(append(out, kind...), data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// pngOf builds a grey PNG that claims a size, whatever its pixel data are.
func pngOf(width, height uint32, pixels []byte) []byte {
	header := binary.BigEndian.AppendUint32(nil, width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 8, 0, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", header)...)
	return append(append(out, chunk("IDAT", pixels)...), chunk("IEND", nil)...)
}

func deflated(t testing.TB, zeros int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := zlib.NewWriterLevel(&b, zlib.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(make([]byte, zeros))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestDecodeRefusesWhatIsNoPicture(t *testing.T) {
	t.Parallel()
	code := encode(t, sample, qr.WithModuleSize(2))
	photo := toJPEG(t, picture(t, sample), 60)
	tests := []struct {
		name string
		data []byte
		opts []qr.DecodeOption
		is   error
		says string
	}{
		{"nil", nil, nil, qr.ErrEmptyImage, "no bytes"},
		{"empty", []byte{}, nil, qr.ErrEmptyImage, "no bytes"},
		{"text", []byte(sample), nil, qr.ErrNotImage, "neither PNG nor JPEG nor GIF"},
		{"GIF without a frame", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), nil, qr.ErrNotImage, "damaged GIF"},
		{"BMP", []byte("BM\x46\x00\x00\x00"), nil, qr.ErrNotImage, "neither PNG nor JPEG nor GIF"},
		{"PNG signature only", code[:8], nil, qr.ErrNotImage, "damaged PNG"},
		{"JPEG signature only", []byte("\xff\xd8\xff"), nil, qr.ErrNotImage, "damaged JPEG"},
		{"PNG with a wrong checksum", append(bytes.Clone(code[:29]), make([]byte, 60)...), nil, qr.ErrNotImage, "damaged PNG"},
		{"PNG cut in half", code[:len(code)/2], nil, qr.ErrNotImage, "damaged PNG"},
		{"JPEG cut in half", photo[:len(photo)/2], nil, qr.ErrNotImage, "damaged JPEG"},
		{"PNG of no width", pngOf(0, 10, nil), nil, qr.ErrNotImage, "damaged PNG"},
		{"PNG of 10,000,000,000 pixels", pngOf(100_000, 100_000, nil), nil, qr.ErrTooLarge, "100000 x 100000 pixels found, at most 40000000"},
		{"PNG wider than an int32", pngOf(math.MaxUint32, 1, nil), nil, qr.ErrNotImage, "damaged PNG"},
		{"one pixel over the limit", pngOf(40_000_001, 1, nil), nil, qr.ErrTooLarge, "40000001 x 1"},
		{"over a limit of the caller's", code, []qr.DecodeOption{qr.WithMaxPixels(1000)}, qr.ErrTooLarge, "at most 1000 pixels"},
		{"more bytes than allowed", code, []qr.DecodeOption{qr.WithMaxBytes(10)}, qr.ErrTooLarge, "at most 10 allowed"},
		{"more bytes than the default", make([]byte, qr.DefaultMaxBytes+1), nil, qr.ErrTooLarge, "33554433 bytes found, at most 33554432"},
		{"more pixel data than the header says", pngOf(10, 10, deflated(t, 1<<20)), nil, qr.ErrNotImage, "damaged PNG"},
		{"no code", pngOf(100, 100, deflated(t, 101*100)), nil, qr.ErrNoCode, "no readable QR code"},
		{"one pixel", pngOf(1, 1, deflated(t, 2)), nil, qr.ErrNoCode, "no readable QR code"},
		{"pixel limit 0", code, []qr.DecodeOption{qr.WithMaxPixels(0)}, nil, "most pixels is 0"},
		{"byte limit -1", code, []qr.DecodeOption{qr.WithMaxBytes(-1)}, nil, "most bytes is -1"},
		{"nil option", code, []qr.DecodeOption{nil}, nil, "option is nil"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := qr.Decode(tt.data, tt.opts...)
			require.Zero(t, got)
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, "qr: decode: ")
			require.NotContains(t, err.Error(), "\n")
			if tt.is != nil {
				require.ErrorIs(t, err, tt.is)
			}
		})
	}
}

// brokenImage claims bounds it has no pixels for.
type brokenImage struct{ bounds image.Rectangle }

func (b brokenImage) Bounds() image.Rectangle { return b.bounds }
func (brokenImage) ColorModel() color.Model   { return color.GrayModel }
func (brokenImage) At(int, int) color.Color   { panic("no pixels of " + sample) }

func TestDecodeImageRefusesWhatIsNoImage(t *testing.T) {
	t.Parallel()
	far := image.Rectangle{Min: image.Pt(math.MinInt, math.MinInt), Max: image.Pt(math.MaxInt, math.MaxInt)}
	tests := []struct {
		name string
		img  image.Image
		opts []qr.DecodeOption
		is   error
	}{
		{"nil", nil, nil, qr.ErrNilImage},
		{"nil *image.Gray", (*image.Gray)(nil), nil, qr.ErrNilImage},
		{"nil *image.YCbCr", (*image.YCbCr)(nil), nil, qr.ErrNilImage},
		{"zero value", &image.NRGBA{}, nil, qr.ErrEmptyImage},
		{"no height", image.NewGray(image.Rect(0, 0, 10, 0)), nil, qr.ErrEmptyImage},
		{"corners exchanged", brokenImage{image.Rectangle{Min: image.Pt(10, 10)}}, nil, qr.ErrEmptyImage},
		{"bounds that overflow", brokenImage{far}, nil, qr.ErrEmptyImage},
		{"endless plane", image.NewUniform(color.White), nil, qr.ErrTooLarge},
		{"huge bounds", brokenImage{image.Rect(0, 0, math.MaxInt, math.MaxInt)}, nil, qr.ErrTooLarge},
		{"over a limit of the caller's", image.NewGray(image.Rect(0, 0, 11, 10)), []qr.DecodeOption{qr.WithMaxPixels(109)}, qr.ErrTooLarge},
		{"pixels that panic", brokenImage{image.Rect(0, 0, 10, 10)}, nil, qr.ErrNotImage},
		{"Gray without its pixels", &image.Gray{Rect: image.Rect(0, 0, 50, 50), Stride: 50}, nil, qr.ErrNotImage},
		{"Paletted without palette", image.NewPaletted(image.Rect(0, 0, 50, 50), nil), nil, qr.ErrNoCode},
		{"nil inside the caller's type", struct{ image.Image }{}, nil, qr.ErrNotImage},
		{"white", image.NewGray(image.Rect(0, 0, 500, 500)), nil, qr.ErrNoCode},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := qr.DecodeImage(tt.img, tt.opts...)
			require.Zero(t, got)
			require.ErrorIs(t, err, tt.is)
			require.NotContains(t, err.Error(), "example.cn")
		})
	}
}

func TestCodeThatIsTooDamagedIsToldFromNoCode(t *testing.T) {
	t.Parallel()
	img := picture(t, sample, qr.WithLevel(qr.LevelL))
	for y := 110; y < 200; y++ {
		for x := 110; x < 200; x++ {
			img.Pix[img.PixOffset(x, y)] = byte(x*y) & 0x80
		}
	}
	_, err := qr.DecodeImage(img)
	require.ErrorIs(t, err, qr.ErrNoCode)
	require.ErrorContains(t, err, "too damaged or blurred")
}

// Not parallel: it counts what the whole process allocates.
func TestOversizedPictureIsRefusedBeforeMemoryIsSpent(t *testing.T) {
	claim := pngOf(100_000, 100_000, nil)[:60]
	bomb := pngOf(7_000, 7_000, deflated(t, 7_001*7_000)) // a real picture of 49 million black pixels
	require.Less(t, len(bomb), 100_000)
	for name, data := range map[string][]byte{
		"claim of a header":                claim,
		"real bomb":                        bomb,
		"50 MB behind a header of 10 x 10": pngOf(10, 10, deflated(t, 50<<20)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := qr.Decode(data)
		runtime.ReadMemStats(&after)
		require.Error(t, err, name)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20), name)
	}
}

func TestPictureTiledWithCornersIsGivenUp(t *testing.T) {
	t.Parallel()
	const module, tiles = 3, 60
	img := image.NewGray(image.Rect(0, 0, tiles*9*module, tiles*9*module))
	for i := range img.Pix {
		x, y := i%img.Stride/module%9, i/img.Stride/module%9
		ring := max(x-3, 3-x, y-3, 3-y)
		if x > 6 || y > 6 || ring == 2 {
			img.Pix[i] = 255
		} else {
			img.Pix[i] = 0
		}
	}
	// Without the caps on what is looked at and compared this takes hours.
	_, err := qr.DecodeImage(img, patiently)
	require.ErrorIs(t, err, qr.ErrNoCode)
}

func TestTruncatedPictureNeverPanics(t *testing.T) {
	t.Parallel()
	for name, data := range map[string][]byte{
		"PNG":  encode(t, "A012", qr.WithModuleSize(2)),
		"JPEG": toJPEG(t, picture(t, "A012", qr.WithModuleSize(3)), 60),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := range len(data) {
				got, err := qr.Decode(data[:n])
				if err == nil {
					require.Equal(t, "A012", got.Text, "cut at %d", n)
					continue
				}
				require.True(t, strings.Contains(err.Error(), "damaged "+name) || n < 8, "cut at %d: %v", n, err)
			}
			requireReads(t, "A012", data)
		})
	}
}
