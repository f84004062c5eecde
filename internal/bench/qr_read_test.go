package bench

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/draw"
	_ "image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

// frameText is a code of a usual hall's length.
const frameText = "https://example.cn/c?t=Zm9vYmFyYmF6cXV4&s=0123456789abcdef"

// cameraFrame is 1920 x 1080 with shadows, noise and one code of 300 pixels.
func cameraFrame(tb testing.TB) qr.Plane {
	tb.Helper()
	data, err := qr.Encode(frameText, qr.WithModuleSize(8))
	require.NoError(tb, err)
	code, err := png.Decode(bytes.NewReader(data))
	require.NoError(tb, err)
	const width, height = 1920, 1080
	img := image.NewGray(image.Rect(0, 0, width, height))
	seed := uint32(1)
	for i := range img.Pix {
		x, y := i%width, i/width
		img.Pix[i] = byte(120 + 60*x/width - 30*y/height)
		if x/90%5 == 2 && y/70%4 == 1 {
			img.Pix[i] -= 70 // furniture
		}
	}
	at := image.Pt(1100, 400)
	draw.Draw(img, code.Bounds().Add(at), code, image.Point{}, draw.Src)
	for i, p := range img.Pix {
		seed = seed*1664525 + 1013904223
		img.Pix[i] = byte(min(250, max(5, int(p)*3/4+int(seed>>27)-16)))
	}
	return qr.Plane{Pix: img.Pix, Stride: img.Stride, Width: width, Height: height}
}

// byGozxing reads a shared plane with the library's better way to tell dark from
// light.
func byGozxing(p qr.Plane) (string, error) {
	source, err := gozxing.NewPlanarYUVLuminanceSource(p.Pix, p.Stride, p.Height, 0, 0, p.Width, p.Height, false)
	if err != nil {
		return "", err
	}
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
	if err != nil {
		return "", err
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}

// frameReaders read the same frame: a scanner that has seen nothing, one that
// knows where the code is, and gozxing.
func frameReaders(tb testing.TB) (cold, following, gozxing func() error) {
	tb.Helper()
	frame := cameraFrame(tb)
	expect := func(text string, err error) error {
		if err == nil && text != frameText {
			err = errors.New("another text")
		}
		return err
	}
	known, err := qr.NewScanner()
	require.NoError(tb, err)
	follow := func() error {
		result, err := known.Scan(context.Background(), frame)
		known.Repeats().Forget(frameText)
		return expect(result.Text, err)
	}
	require.NoError(tb, follow())
	// Decoding has no region to know.
	return func() error { r, err := qr.DecodePlane(frame); return expect(r.Text, err) },
		follow, func() error { return expect(byGozxing(frame)) }
}

func TestAllReadersReadTheFrame(t *testing.T) {
	t.Parallel()
	cold, following, gozxing := frameReaders(t)
	require.NoError(t, cold())
	require.NoError(t, following())
	require.NoError(t, gozxing())
}

// interleave times each call in turn, round after round, and gives the medians.
func interleave(b *testing.B, calls ...func() error) []float64 {
	b.Helper()
	times := make([][]float64, len(calls))
	for range rounds {
		for i, call := range calls {
			began := time.Now()
			for range 3 {
				if err := call(); err != nil {
					b.Fatal(err)
				}
			}
			times[i] = append(times[i], float64(time.Since(began))/3)
		}
	}
	medians := make([]float64, len(calls))
	for i := range times {
		medians[i] = median(times[i])
	}
	return medians
}

func BenchmarkFrame(b *testing.B) {
	cold, following, gozxing := frameReaders(b)
	for b.Loop() {
		m := interleave(b, cold, following, gozxing)
		b.ReportMetric(m[0]/m[2], "×cold")
		b.ReportMetric(m[1]/m[2], "×following")
		b.ReportMetric(m[0]/1e6, "ms/cold")
	}
}

// pictures are those of a folder: each PNG or JPEG with its text beside it in
// name.txt, as the test collections of ZXing have them.
func pictures(tb testing.TB, folder string) (images []image.Image, texts []string) {
	tb.Helper()
	require.NoError(tb, filepath.WalkDir(folder, func(name string, entry os.DirEntry, err error) error {
		ext := filepath.Ext(name)
		if err != nil || !slices.Contains([]string{".png", ".jpg", ".jpeg"}, ext) {
			return err
		}
		text, err := os.ReadFile(strings.TrimSuffix(name, ext) + ".txt")
		if err != nil {
			return nil // of binary codes there is no text to compare
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		img, _, err := image.Decode(bytes.NewReader(data))
		if err == nil {
			images, texts = append(images, img), append(texts, string(text))
		}
		return err
	}))
	return images, texts
}

// BenchmarkPictures reads a collection, each picture upright and turned, beside
// gozxing as its README shows it.
func BenchmarkPictures(b *testing.B) {
	folder := os.Getenv("ZWFW_QR_PICTURES")
	if folder == "" {
		b.Skip("set ZWFW_QR_PICTURES to a folder of pictures with their texts")
	}
	images, texts := pictures(b, folder)
	readers := []func(image.Image) (string, error){
		func(img image.Image) (string, error) { r, err := qr.DecodeImage(img); return r.Text, err },
		func(img image.Image) (string, error) {
			bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
			if err != nil {
				return "", err
			}
			result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
			if err != nil {
				return "", err
			}
			return result.GetText(), nil
		},
	}
	for b.Loop() {
		var right, wrong [2]float64
		var spent [2][]float64
		for range 3 {
			right, wrong = [2]float64{}, [2]float64{}
			var sum [2]time.Duration
			for i, img := range images {
				for side, read := range readers {
					began := time.Now()
					text, err := read(img)
					sum[side] += time.Since(began)
					switch {
					case err != nil:
					case trimmed(text) == trimmed(texts[i]):
						right[side]++
					default:
						wrong[side]++
					}
				}
			}
			for side := range sum {
				spent[side] = append(spent[side], float64(sum[side])/float64(len(images)))
			}
		}
		b.ReportMetric(median(spent[0])/median(spent[1]), "×time")
		b.ReportMetric(median(spent[0])/1e6, "ms/picture")
		b.ReportMetric(float64(len(images)), "pictures")
		b.ReportMetric(right[0], "right")
		b.ReportMetric(wrong[0], "other-text")
		b.ReportMetric(right[1], "gozxing-right")
	}
}

// trimmed forgets what an editor does to line ends.
func trimmed(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}
