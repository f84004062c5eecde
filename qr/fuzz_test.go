package qr_test

import (
	"bytes"
	"errors"
	"image"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

func FuzzDecode(f *testing.F) {
	f.Add(encode(f, "A012", qr.WithModuleSize(1)))
	f.Add(toJPEG(f, picture(f, "1", qr.WithModuleSize(2)), 50))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := qr.Decode(data, qr.WithMaxPixels(1<<18), qr.WithMaxBytes(1<<16))
		if err == nil {
			return
		}
		require.Zero(t, got)
		known := false
		for _, is := range []error{qr.ErrEmptyImage, qr.ErrNotImage, qr.ErrTooLarge, qr.ErrNoCode, qr.ErrSeveralCodes} {
			known = known || errors.Is(err, is)
		}
		require.True(t, known, "%v", err)
	})
}

// FuzzDecodeImage gets past checksums and packing, which stop most mutations
// of a file.
func FuzzDecodeImage(f *testing.F) {
	img := picture(f, "A012", qr.WithModuleSize(2))
	f.Add(img.Pix, uint16(img.Bounds().Dx()))
	f.Fuzz(func(t *testing.T, pix []byte, width uint16) {
		if width == 0 || len(pix) > 1<<16 {
			return
		}
		height := len(pix) / int(width)
		img := &image.Gray{Pix: pix, Stride: int(width), Rect: image.Rect(0, 0, int(width), height)}
		got, err := qr.DecodeImage(img)
		if err != nil {
			require.Zero(t, got)
			require.True(t, errors.Is(err, qr.ErrNoCode) || errors.Is(err, qr.ErrEmptyImage) || errors.Is(err, qr.ErrSeveralCodes), "%v", err)
		}
		s := scanner(t)
		for range 3 { // in all ways, and around what it found
			frame, err := s.Scan(t.Context(), planeOf(img))
			require.Equal(t, err == nil, frame.AIM != "", "a result or an error")
		}
	})
}

func FuzzReadScans(f *testing.F) {
	f.Fuzz(func(t *testing.T, stream []byte, limit uint8) {
		limited := qr.WithMaxScan(int(limit) + 1)
		whole, err := all(qr.ReadScans(bytes.NewReader(stream), limited))
		require.NoError(t, err)
		cut, err := all(qr.ReadScans(iotest.OneByteReader(bytes.NewReader(stream)), limited))
		require.NoError(t, err)
		require.Equal(t, whole, cut, "where the stream is cut makes no difference")
		for _, text := range whole {
			require.NotEmpty(t, text)
			require.NotContains(t, text, "\r")
			require.LessOrEqual(t, len(text), int(limit)+1)
		}
	})
}

func FuzzEncode(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string, level uint8) {
		data, err := qr.Encode(text, qr.WithLevel(qr.Level(level%4+1)), qr.WithModuleSize(2))
		if err != nil {
			require.True(t, errors.Is(err, qr.ErrEmptyText) || errors.Is(err, qr.ErrTextTooLong) || errors.Is(err, qr.ErrNotUTF8))
			return
		}
		requireReads(t, text, data)
	})
}
