package bench

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw/qr"
)

const drawnText = "https://example.cn/c?t=Zm9vYmFyYmF6cXV4&s=0123456789abcdefgh" // 60 bytes

func drawByGozxing() ([]byte, error) {
	code, err := qrcode.NewQRCodeWriter().Encode(drawnText, gozxing.BarcodeFormat_QR_CODE, 300, 300,
		map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_ERROR_CORRECTION: decoder.ErrorCorrectionLevel_M})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = png.Encode(&out, code)
	return out.Bytes(), err
}

func drawByUs() ([]byte, error) { return qr.Encode(drawnText, qr.WithSide(300)) }

func TestBothWritersDrawTheSamePicture(t *testing.T) {
	t.Parallel()
	require.Len(t, drawnText, 60)
	for _, draw := range []func() ([]byte, error){drawByUs, drawByGozxing} {
		data, err := draw()
		require.NoError(t, err)
		config, err := png.DecodeConfig(bytes.NewReader(data))
		require.NoError(t, err)
		require.Equal(t, image.Pt(300, 300), image.Pt(config.Width, config.Height))
		got, err := qr.Decode(data)
		require.NoError(t, err)
		require.Equal(t, drawnText, got.Text)
		require.Equal(t, qr.LevelM, got.Level)
	}
}

func BenchmarkEncode(b *testing.B) {
	ours, theirs := drawByUs, drawByGozxing
	for b.Loop() {
		m := interleave(b,
			func() error { _, err := ours(); return err },
			func() error { _, err := theirs(); return err })
		b.ReportMetric(m[0]/m[1], "×time")
		b.ReportMetric(m[0]/1e6, "ms/code")
	}
}
