package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
// follows the code it has reported, and gozxing.
func frameReaders(tb testing.TB) (cold, following, gozxing func() error) {
	tb.Helper()
	frame := cameraFrame(tb)
	expect := func(text string, err error) error {
		if err == nil && text != frameText {
			err = errors.New("another text")
		}
		return err
	}
	known, err := qr.NewScanner(qr.WithRepeatWindow(time.Hour))
	require.NoError(tb, err)
	first, err := known.Scan(context.Background(), frame)
	require.NoError(tb, expect(first.Text, err))
	follow := func() error {
		if _, err := known.Scan(context.Background(), frame); !errors.Is(err, qr.ErrRepeated) {
			return fmt.Errorf("expected the same code again, got %w", err)
		}
		return nil
	}
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

// taken is a picture of a collection and what its code says.
type taken struct {
	name string
	img  image.Image
	says said
}

// said is a text or, of a binary code, its bytes.
type said struct {
	text  string
	bytes []byte
}

func (s said) same(other said) bool {
	if s.bytes != nil {
		return bytes.Equal(s.bytes, other.bytes)
	}
	return trimmed(s.text) == trimmed(other.text)
}

// trimmed forgets what an editor does to line ends.
func trimmed(text string) string {
	return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
}

// slips of the pen in the collection of ZXing: the code of qrcode-2/13.png says
// one letter more than the file beside it.
var slips = strings.NewReplacer("USGS aerial photograph of", "USGS aerial photography of")

// pictures are those of a folder: each PNG or JPEG with what it says beside it,
// in name.txt or name.bin, as the test collections of ZXing have them.
func pictures(tb testing.TB, folder string) (all []taken) {
	tb.Helper()
	require.NoError(tb, filepath.WalkDir(folder, func(name string, _ os.DirEntry, err error) error {
		ext := filepath.Ext(name)
		if err != nil || !slices.Contains([]string{".png", ".jpg", ".jpeg"}, ext) {
			return err
		}
		var says said
		if says.bytes, err = os.ReadFile(strings.TrimSuffix(name, ext) + ".bin"); err != nil {
			text, err := os.ReadFile(strings.TrimSuffix(name, ext) + ".txt")
			if err != nil {
				return err
			}
			says.text = slips.Replace(string(text))
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		img, _, err := image.Decode(file)
		all = append(all, taken{name, img, says})
		return err
	}))
	require.NotEmpty(tb, all)
	return all
}

// quarter turns a picture clockwise by 90 degrees.
func quarter(img image.Image) image.Image {
	from := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, from.Dy(), from.Dx()))
	for y := range from.Dy() {
		for x := range from.Dx() {
			out.Set(from.Dy()-1-y, x, img.At(from.Min.X+x, from.Min.Y+y))
		}
	}
	return out
}

func readByQR(img image.Image) (said, error) {
	result, err := qr.DecodeImage(img)
	return said{result.Text, result.Bytes}, err
}

// readByGozxing reads as the library's README shows it.
func readByGozxing(img image.Image) (said, error) {
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		return said{}, err
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil {
		return said{}, err
	}
	segments, _ := result.GetResultMetadata()[gozxing.ResultMetadataType_BYTE_SEGMENTS].([][]byte)
	return said{result.GetText(), bytes.Join(segments, nil)}, nil
}

// turns are upright and by 90, 180 and 270 degrees.
const turns = 4

// readings are what a reader made of a picture in each turn; nil is not read.
type readings [turns]*said

// rightly counts the turns from first on that were read as they should be.
func (r readings) rightly(says said, first int) (n float64) {
	for _, got := range r[first:] {
		if got != nil && says.same(*got) {
			n++
		}
	}
	return n
}

// readTurned gives what both readers make of a picture, and adds the times they
// take in each round.
func readTurned(img image.Image, spent *[2][3]float64) (ours, theirs readings) {
	for turn := range turns {
		for round := range 3 {
			began := time.Now()
			a, errA := readByQR(img)
			between := time.Now()
			b, errB := readByGozxing(img)
			spent[0][round] += float64(between.Sub(began))
			spent[1][round] += float64(time.Since(between))
			if errA == nil {
				ours[turn] = &a
			}
			if errB == nil {
				theirs[turn] = &b
			}
		}
		img = quarter(img)
	}
	return ours, theirs
}

// BenchmarkPictures reads a collection, each picture upright and turned by 90,
// 180 and 270 degrees, beside gozxing. It fails when a code is read as what it
// does not say. A picture of several codes, which are refused, counts as not
// read.
func BenchmarkPictures(b *testing.B) {
	folder := os.Getenv("ZWFW_QR_PICTURES")
	if folder == "" {
		b.Skip("set ZWFW_QR_PICTURES to a folder of pictures with their texts")
	}
	all := pictures(b, folder)
	for b.Loop() {
		readAll(b, all)
	}
}

// readAll reads every picture with both readers and reports the figures.
func readAll(b *testing.B, all []taken) {
	b.Helper()
	var upright, turned [2]float64 // read rightly, by us and by gozxing
	var spent [2][3]float64
	for _, p := range all {
		ours, theirs := readTurned(p.img, &spent)
		for side, r := range []readings{ours, theirs} {
			upright[side] += r.rightly(p.says, 0) - r.rightly(p.says, 1)
			turned[side] += r.rightly(p.says, 1)
		}
		for turn, got := range ours {
			if got != nil && !p.says.same(*got) {
				b.Errorf("%s turned by %d degrees: read as what it does not say", p.name, 90*turn)
			}
		}
	}
	ours, theirs := median(spent[0][:]), median(spent[1][:])
	b.ReportMetric(ours/theirs, "×time")
	b.ReportMetric(ours/float64(turns*len(all))/1e6, "ms/picture")
	b.ReportMetric(float64(len(all)), "pictures")
	b.ReportMetric(upright[0], "right")
	b.ReportMetric(turned[0]/(turns-1), "right-turned")
	b.ReportMetric(upright[1], "gozxing-right")
	b.ReportMetric(turned[1]/(turns-1), "gozxing-right-turned")
}
