package qr_test

import (
	"bytes"
	"context"
	"image"
	"image/draw"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

// sheet is a white picture with codes at some places.
func sheet(t testing.TB, size image.Point, codes map[image.Point]string, opts ...qr.EncodeOption) *image.Gray {
	t.Helper()
	img := image.NewGray(image.Rectangle{Max: size})
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for at, text := range codes {
		code := picture(t, text, append([]qr.EncodeOption{qr.WithModuleSize(3)}, opts...)...)
		draw.Draw(img, code.Bounds().Add(at), code, image.Point{}, draw.Src)
	}
	return img
}

func TestOfSeveralCodesNoneIsChosen(t *testing.T) {
	t.Parallel()
	const secret = "secret7731"
	img := sheet(t, image.Pt(500, 400), map[image.Point]string{{0, 0}: secret, {200, 10}: "two", {60, 200}: "three"})
	got, err := qr.DecodeImage(img)
	require.Zero(t, got)
	require.ErrorIs(t, err, qr.ErrSeveralCodes)
	require.EqualError(t, err, "qr: decode: several QR codes in the picture, expected one: 3 found")
	var several *qr.SeveralCodes
	require.ErrorAs(t, err, &several)
	var texts []string
	for _, r := range several.Codes {
		texts = append(texts, r.Text)
		require.NotZero(t, r.Corners)
	}
	require.ElementsMatch(t, []string{secret, "two", "three"}, texts)

	s, err := qr.NewScanner()
	require.NoError(t, err)
	_, err = s.Scan(t.Context(), planeOf(img))
	require.ErrorIs(t, err, qr.ErrSeveralCodes)
}

func TestTheSameCodeTwiceIsOneCode(t *testing.T) {
	t.Parallel()
	got, err := qr.DecodeImage(sheet(t, image.Pt(400, 200), map[image.Point]string{{0, 0}: "one", {200, 10}: "one"}))
	require.NoError(t, err)
	require.Equal(t, "one", got.Text)
}

func TestLargeCodesSideBySideAreToldApart(t *testing.T) {
	t.Parallel()
	// Their corners make squares across the codes too.
	codes := map[image.Point]string{}
	for i := range 4 {
		codes[image.Pt(i%2*120, i/2*120)] = string(rune('A' + i))
	}
	_, err := qr.DecodeImage(sheet(t, image.Pt(240, 240), codes))
	var several *qr.SeveralCodes
	require.ErrorAs(t, err, &several)
	require.Len(t, several.Codes, 4)
}

// header of a progressive JPEG of three channels and some size.
func progressive(width, height uint16) []byte {
	return []byte{
		0xff, 0xd8, 0xff, 0xe0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xff, 0xc2, 0, 17, 8, byte(height >> 8), byte(height), byte(width >> 8), byte(width),
		3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
	}
}

func TestMemoryIsReckonedBeforeItIsTaken(t *testing.T) {
	t.Parallel()
	code := encode(t, sample, qr.WithModuleSize(2))
	deep := pngOf(6500, 6000, nil)
	deep[24], deep[25], deep[28] = 16, 6, 1 // 16 bits a channel, colours and transparency, interlaced
	for name, tt := range map[string]struct {
		data []byte
		opts []qr.DecodeOption
		says string
	}{
		"progressive JPEG":        {progressive(6500, 6000), nil, "39000000 pixels of 18 bytes each to unpack and read, at most 536870912 bytes"},
		"limit of the caller's":   {code, []qr.DecodeOption{qr.WithMaxMemory(10_000)}, "at most 10000 bytes allowed"},
		"palette costs one byte":  {code, []qr.DecodeOption{qr.WithMaxMemory(25_000)}, "of 4 bytes each"},
		"interlaced PNG, 16 bits": {recount(deep), nil, "39000000 pixels of 19 bytes each"},
	} {
		_, err := qr.Decode(tt.data, tt.opts...)
		require.ErrorIs(t, err, qr.ErrTooLarge, name)
		require.ErrorContains(t, err, tt.says, name)
	}
	_, err := qr.DecodeImage(picture(t, sample), qr.WithMaxMemory(1000))
	require.ErrorIs(t, err, qr.ErrTooLarge)
	_, err = qr.Decode(progressive(60, 60))
	require.ErrorIs(t, err, qr.ErrNotImage, "a small one is only damaged")
}

// recount puts the right checksum behind a header that was changed.
func recount(png []byte) []byte {
	return append(append(bytes.Clone(png[:8]), chunk("IHDR", png[16:29])...), png[33:]...)
}

func TestTimeIsLimited(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	code, img := encode(t, sample), picture(t, sample)
	for name, tt := range map[string]struct {
		opt qr.DecodeOption
		is  error
	}{
		"time limit": {qr.WithTimeLimit(time.Nanosecond), context.DeadlineExceeded},
		"context":    {qr.WithContext(ended), context.Canceled},
	} {
		_, err := qr.Decode(code, tt.opt)
		require.ErrorIs(t, err, tt.is, name)
		_, err = qr.DecodeImage(img, tt.opt)
		require.ErrorIs(t, err, tt.is, name)
		_, err = qr.DecodePlane(planeOf(img), tt.opt)
		require.ErrorIs(t, err, tt.is, name)
	}
	for says, opt := range map[string]qr.DecodeOption{
		"time limit is 0s": qr.WithTimeLimit(0),
		"context is nil":   qr.WithContext(noContext()),
		"most memory is 0": qr.WithMaxMemory(0),
	} {
		_, err := qr.DecodePlane(planeOf(img), opt)
		require.ErrorContains(t, err, says)
	}
}

func noContext() context.Context { return nil }
