package qr_test

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"image/gif"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

// hand is a clock that the test turns.
type hand struct{ now time.Time }

func (h *hand) Now() time.Time { return h.now }

// frameWith is a camera's picture of 640 x 480 with codes at some places.
func frameWith(t testing.TB, codes map[image.Point]string) qr.Plane {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range img.Pix {
		img.Pix[i] = byte(150 + i%640/10)
	}
	for at, text := range codes {
		code := picture(t, text, qr.WithModuleSize(4))
		draw.Draw(img, code.Bounds().Add(at), code, image.Point{}, draw.Src)
	}
	return planeOf(img)
}

func planeOf(img *image.Gray) qr.Plane {
	return qr.Plane{Pix: img.Pix, Stride: img.Stride, Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
}

func scanner(t testing.TB, opts ...qr.ScannerOption) *qr.Scanner {
	t.Helper()
	s, err := qr.NewScanner(opts...)
	require.NoError(t, err)
	return s
}

func TestScannerReportsACodeOnceWhileItStaysInView(t *testing.T) {
	t.Parallel()
	clock := &hand{time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)}
	s := scanner(t, qr.WithRepeatWindow(3*time.Second), qr.WithClock(clock.Now))
	shown, empty := frameWith(t, map[image.Point]string{{100, 100}: sample}), frameWith(t, nil)
	scan := func(frame qr.Plane) error {
		got, err := s.Scan(t.Context(), frame)
		if err == nil {
			require.Equal(t, sample, got.Text)
		} else {
			require.Zero(t, got)
		}
		clock.now = clock.now.Add(time.Second)
		return err
	}
	require.NoError(t, scan(shown))
	for range 10 { // longer than the window, but never out of view
		require.ErrorIs(t, scan(shown), qr.ErrRepeated)
	}
	for range 3 {
		require.ErrorIs(t, scan(empty), qr.ErrNoCode)
	}
	require.NoError(t, scan(shown), "shown anew")

	s.Repeats().Forget(" " + sample + "\r\n")
	require.NoError(t, scan(shown), "the call may be tried again")
	s.Repeats().Suppress(sample, time.Minute)
	clock.now = clock.now.Add(50 * time.Second)
	require.ErrorIs(t, scan(shown), qr.ErrRepeated)
}

func TestScannerFollowsTheCode(t *testing.T) {
	t.Parallel()
	s := scanner(t)
	for i, frame := range []map[image.Point]string{
		{{300, 200}: sample},
		{{320, 190}: sample}, // moved a little
		{{10, 5}: sample},    // jumped
		{{440, 250}: sample},
		{{430, 260}: sample},
	} {
		got, err := s.Scan(t.Context(), frameWith(t, frame))
		require.NoError(t, err, "frame %d", i)
		require.Equal(t, sample, got.Text)
		s.Repeats().Forget(sample)
		side := 4 * (17 + 4*got.Version)
		for at, text := range frame {
			if text == sample {
				at = at.Add(image.Pt(16, 16)) // quiet zone
				for j, want := range []image.Point{at, at.Add(image.Pt(side, 0)), at.Add(image.Pt(side, side)), at.Add(image.Pt(0, side))} {
					require.InDelta(t, want.X, got.Corners[j].X, 2, "frame %d corner %d", i, j)
					require.InDelta(t, want.Y, got.Corners[j].Y, 2, "frame %d corner %d", i, j)
				}
			}
		}
	}
	// Frames of another size, as after a change of the camera's mode.
	small := planeOf(picture(t, "7", qr.WithModuleSize(3)))
	got, err := s.Scan(t.Context(), small)
	require.NoError(t, err)
	require.Equal(t, "7", got.Text)
}

func TestScannerChoosesNoneOfSeveralCodesWhenItReports(t *testing.T) {
	t.Parallel()
	const other = "0123456789"
	here, far := image.Pt(430, 260), image.Pt(20, 20)
	one, both := frameWith(t, map[image.Point]string{here: sample}), frameWith(t, map[image.Point]string{here: sample, far: other})
	s := scanner(t, qr.WithRepeatWindow(time.Hour))
	scan := func(frame qr.Plane) (string, error) {
		got, err := s.Scan(t.Context(), frame)
		return got.Text, err
	}
	text, err := scan(one)
	require.NoError(t, err)
	require.Equal(t, sample, text)
	_, err = scan(both)
	require.ErrorIs(t, err, qr.ErrRepeated, "what it follows was reported; nothing is chosen")

	s.Repeats().Forget(sample) // to be reported anew
	for range 3 {
		_, err = scan(both)
		var several *qr.SeveralCodes
		require.ErrorAs(t, err, &several)
		require.Len(t, several.Codes, 2)
		for _, c := range several.Codes {
			at := map[string]image.Point{sample: here, other: far}[c.Text].Add(image.Pt(16, 16)) // quiet zone
			require.InDelta(t, at.X, c.Corners[0].X, 2)
			require.InDelta(t, at.Y, c.Corners[0].Y, 2)
		}
	}
	text, err = scan(one)
	require.NoError(t, err, "what was refused among several was not reported")
	require.Equal(t, sample, text)
}

func TestScannerChoosesNoneWhenAnotherCodeTakesThePlace(t *testing.T) {
	t.Parallel()
	const other, third = "0123456789", "A012"
	here, far := image.Pt(430, 260), image.Pt(20, 20)
	s := scanner(t)
	_, err := s.Scan(t.Context(), frameWith(t, map[image.Point]string{here: sample}))
	require.NoError(t, err)
	_, err = s.Scan(t.Context(), frameWith(t, map[image.Point]string{here: other, far: third}))
	require.ErrorIs(t, err, qr.ErrSeveralCodes)
}

// A rough code is not found in the first way of looking. The second code is
// told whether it is as rough, or so clear that the first way shows it alone.
func TestScannerLooksAroundAsItFoundTheCode(t *testing.T) {
	t.Parallel()
	rough := func(text string) *image.Gray {
		return noisy(mapped(picture(t, text), func(p byte) byte { return 60 + p/3 }), 5)
	}
	first := rough(sample)
	for name, second := range map[string]*image.Gray{"rough": rough("0123456789"), "clear": picture(t, "0123456789")} {
		frame := image.NewGray(image.Rect(0, 0, 1000, 800))
		for i := range frame.Pix {
			frame.Pix[i] = 145
		}
		draw.Draw(frame, first.Bounds().Add(image.Pt(600, 400)), first, image.Point{}, draw.Src)
		s := scanner(t)
		_, err := s.Scan(t.Context(), planeOf(frame))
		for i := 0; err != nil; i++ {
			require.ErrorIs(t, err, qr.ErrNoCode, name)
			require.Less(t, i, 5, name)
			_, err = s.Scan(t.Context(), planeOf(frame))
		}
		s.Repeats().Forget(sample)
		draw.Draw(frame, second.Bounds().Add(image.Pt(10, 10)), second, image.Point{}, draw.Src)
		_, err = s.Scan(t.Context(), planeOf(frame))
		require.ErrorIs(t, err, qr.ErrSeveralCodes, name)
	}
}

func TestScannerLooksInAllWaysAfterSomeFrames(t *testing.T) {
	t.Parallel()
	drawn := picture(t, sample)
	rough := planeOf(noisy(mapped(drawn, func(p byte) byte { return 60 + p/3 }), 5))
	s := scanner(t)
	for i := range 6 {
		if _, err := s.Scan(t.Context(), rough); err == nil {
			return
		}
		require.Less(t, i, 5)
	}
}

func TestScannerRefusesWrongFramesAndSettings(t *testing.T) {
	t.Parallel()
	s := scanner(t, qr.WithFrameLimits(qr.WithMaxPixels(1000)))
	for name, tt := range map[string]struct {
		frame qr.Plane
		is    error
	}{
		"zero":              {qr.Plane{}, qr.ErrEmptyImage},
		"no pixels":         {qr.Plane{Stride: 10, Width: 10, Height: 10}, qr.ErrNotImage},
		"one row too short": {qr.Plane{Pix: make([]byte, 99), Stride: 10, Width: 10, Height: 10}, qr.ErrNotImage},
		"narrow stride":     {qr.Plane{Pix: make([]byte, 99), Stride: 9, Width: 10, Height: 2}, qr.ErrNotImage},
		"negative":          {qr.Plane{Pix: make([]byte, 99), Stride: 10, Width: -1, Height: 2}, qr.ErrEmptyImage},
		"huge":              {qr.Plane{Pix: make([]byte, 99), Stride: 1 << 30, Width: 10, Height: 1 << 30}, qr.ErrNotImage},
		"over the limit":    {qr.Plane{Pix: make([]byte, 1100), Stride: 100, Width: 100, Height: 11}, qr.ErrTooLarge},
	} {
		_, err := s.Scan(t.Context(), tt.frame)
		require.ErrorIs(t, err, tt.is, name)
		require.ErrorContains(t, err, "qr: scan: ", name)
	}
	for says, opt := range map[string]qr.ScannerOption{
		"repeat window is 0s": qr.WithRepeatWindow(0),
		"clock is nil":        qr.WithClock(nil),
		"most pixels is 0":    qr.WithFrameLimits(qr.WithMaxPixels(0)),
		"option is nil":       nil,
	} {
		_, err := qr.NewScanner(opt)
		require.ErrorContains(t, err, says)
	}
	_, err := qr.NewRepeats(-1, nil)
	require.ErrorContains(t, err, "window is -1ns")
}

func TestScannerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := scanner(t).Scan(ctx, frameWith(t, map[image.Point]string{{9, 9}: sample}))
	require.ErrorIs(t, err, context.Canceled)
}

func TestRepeatsHoldsNoTextAndNotMuch(t *testing.T) {
	t.Parallel()
	clock := &hand{time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC)}
	r, err := qr.NewRepeats(time.Hour, clock.Now)
	require.NoError(t, err)
	for i := range 1000 {
		require.False(t, r.Seen(string(rune('一'+i))))
		clock.now = clock.now.Add(time.Second)
	}
	require.True(t, r.Seen(string(rune('一'+999))), "the latest is remembered")
	require.False(t, r.Seen("一"), "the first had to go")
}

func TestFramesOfCamerasAreRead(t *testing.T) {
	t.Parallel()
	drawn := picture(t, sample)
	w, h := drawn.Bounds().Dx(), drawn.Bounds().Dy()
	stride := w + 13
	nv12 := make([]byte, stride*h*3/2)
	yuyv := bytes.Repeat([]byte{0, 128}, (w+5)*h)
	for y := range h {
		copy(nv12[y*stride:], drawn.Pix[y*w:][:w])
		for x := range w {
			yuyv[2*(y*(w+5)+x)] = drawn.Pix[y*w+x]
		}
	}
	p, err := qr.NV12(nv12, w, h, stride)
	require.NoError(t, err)
	got, err := qr.DecodePlane(p)
	require.NoError(t, err)
	require.Equal(t, sample, got.Text)

	buf := make([]byte, w*h)
	p, err = qr.YUYV(yuyv, w, h, 2*(w+5), buf)
	require.NoError(t, err)
	require.Same(t, &buf[0], &p.Pix[0], "the buffer is used")
	got, err = qr.DecodePlane(p)
	require.NoError(t, err)
	require.Equal(t, sample, got.Text)

	_, err = qr.NV12(nv12[:100], w, h, stride)
	require.ErrorIs(t, err, qr.ErrNotImage)
	for _, n := range []int{0, 1, 100, len(yuyv)/2 - 1} {
		_, err = qr.YUYV(yuyv[:n], w, h, 2*w, nil)
		require.ErrorIs(t, err, qr.ErrNotImage, "%d bytes", n)
	}
	_, err = qr.YUYV(yuyv, 0, h, 0, nil)
	require.ErrorIs(t, err, qr.ErrEmptyImage)
}

func TestTheFirstFrameOfAGIFIsRead(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	require.NoError(t, gif.Encode(&file, picture(t, sample), nil))
	requireReads(t, sample, file.Bytes())
}
