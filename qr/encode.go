package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

var errNilOption = errors.New("option is nil")

// Encode draws text as a QR code (生成二维码) and returns a one-bit PNG with a
// quiet zone of four modules, level M and 8 pixels a module unless options say
// otherwise.
//
// The text must be UTF-8 and is written as it is, nothing added: digits and
// capitals in the dense modes, all else as UTF-8 bytes without an ECI mark.
// The standard calls unmarked bytes Latin-1, but readers in phones and halls
// take them for UTF-8, while hand scanners print the mark as text or drop the
// code. A code meant for machines should be ASCII only.
//
// At most 2,953 bytes fit (level L; 2,331 at M, 1,663 at Q, 1,273 at H), more
// when all are digits or capitals. Errors: [ErrEmptyText], [ErrTextTooLong]
// (says how many bytes were given and how many fit), [ErrNotUTF8],
// [ErrTooLarge], or a refused option.
func Encode(text string, opts ...EncodeOption) ([]byte, error) {
	s, err := applyEncode(opts)
	if err != nil {
		return nil, fmt.Errorf("qr: encode: %w", err)
	}
	if s.light {
		return nil, errors.New("qr: encode: WithLightBackground is for Terminal only")
	}
	if s.moduleSize == 0 {
		s.moduleSize = defaultModuleSize
	}
	code, err := symbolOf(text, s.level)
	if err != nil {
		return nil, fmt.Errorf("qr: encode: %w", err)
	}
	if side := (code.size + 2*quietZone) * s.moduleSize; side > maxSide {
		return nil, fmt.Errorf("qr: encode: %w: %d pixels a side, at most %d; use a smaller module size", ErrTooLarge, side, maxSide)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, code.draw(s.moduleSize)); err != nil {
		return nil, fmt.Errorf("qr: encode: %w", err)
	}
	return out.Bytes(), nil
}

// symbol is a code as modules, without quiet zone.
type symbol struct {
	size int
	dark func(x, y int) bool
}

func symbolOf(text string, level Level) (code symbol, err error) {
	if text == "" {
		return code, ErrEmptyText
	}
	// The length first, because the checks behind it read the whole text.
	if len(text) > fitDigits[0] {
		return code, tooLong(text, level)
	}
	if !utf8.ValidString(text) {
		return code, ErrNotUTF8
	}
	if len(text) > fit(text, level) {
		return code, tooLong(text, level)
	}
	err = guard(func() error {
		drawn, err := encoder.Encoder_encode(text, levelOf(level), nil)
		if err != nil {
			return errors.New("code could not be built") // the library's text may quote ours
		}
		m := drawn.GetMatrix()
		code = symbol{m.GetWidth(), func(x, y int) bool { return m.Get(x, y) == 1 }}
		return nil
	})
	return code, err
}

func tooLong(text string, level Level) error {
	return fmt.Errorf("%w: %d bytes given, %d bytes fit at level %s", ErrTextTooLong, len(text), fit(text, level), level)
}

func levelOf(level Level) decoder.ErrorCorrectionLevel {
	return [...]decoder.ErrorCorrectionLevel{
		decoder.ErrorCorrectionLevel_L, decoder.ErrorCorrectionLevel_M,
		decoder.ErrorCorrectionLevel_Q, decoder.ErrorCorrectionLevel_H,
	}[level-1]
}

func (c symbol) draw(moduleSize int) image.Image {
	side := (c.size + 2*quietZone) * moduleSize
	// White first: a new picture is all index 0, so the quiet zone is there
	// already. Two colours make the PNG encoder write one bit a pixel.
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range c.size {
		first := img.PixOffset(0, (y+quietZone)*moduleSize)
		row := img.Pix[first : first+side]
		for x := range c.size {
			if !c.dark(x, y) {
				continue
			}
			from := (x + quietZone) * moduleSize
			for i := from; i < from+moduleSize; i++ {
				row[i] = 1
			}
		}
		for i := 1; i < moduleSize; i++ {
			copy(img.Pix[first+i*img.Stride:], row)
		}
	}
	return img
}
