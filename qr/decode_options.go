package qr

import "fmt"

// DefaultMaxPixels is the most pixels a picture may have: 40 million take in
// an A4 page scanned at 600 dpi (35 million) and the cameras of phones and
// kiosks. Unpacking costs up to 8 bytes a pixel for a PNG and about 15 for a
// progressive JPEG, so a service that takes uploads should set less.
const DefaultMaxPixels = 40_000_000

// DefaultMaxBytes is the most bytes of a PNG or JPEG: 32 MiB, above what
// cameras write for 40 million pixels.
const DefaultMaxBytes = 32 << 20

// DecodeOption changes the limits of [Decode] and [DecodeImage].
type DecodeOption func(*decodeSettings) error

type decodeSettings struct {
	maxPixels int
	maxBytes  int
}

// WithMaxPixels sets the most pixels a picture may have, from 1;
// [DefaultMaxPixels] without it.
func WithMaxPixels(n int) DecodeOption {
	return func(s *decodeSettings) error {
		if n < 1 {
			return fmt.Errorf("most pixels is %d, expected 1 or more", n)
		}
		s.maxPixels = n
		return nil
	}
}

// WithMaxBytes sets the most bytes of a PNG or JPEG, from 1;
// [DefaultMaxBytes] without it.
func WithMaxBytes(n int) DecodeOption {
	return func(s *decodeSettings) error {
		if n < 1 {
			return fmt.Errorf("most bytes is %d, expected 1 or more", n)
		}
		s.maxBytes = n
		return nil
	}
}

func applyDecode(opts []DecodeOption) (decodeSettings, error) {
	s := decodeSettings{maxPixels: DefaultMaxPixels, maxBytes: DefaultMaxBytes}
	for _, opt := range opts {
		if opt == nil {
			return s, errNilOption
		}
		if err := opt(&s); err != nil {
			return s, err
		}
	}
	return s, nil
}

// allow refuses a size before memory is spent on it.
func (s decodeSettings) allow(width, height int64) error {
	if width <= 0 || height <= 0 {
		return fmt.Errorf("%w: %d x %d pixels", ErrEmptyImage, width, height)
	}
	if width > int64(s.maxPixels)/height { // not a product, which could overflow
		return fmt.Errorf("%w: %d x %d pixels found, at most %d pixels allowed", ErrTooLarge, width, height, s.maxPixels)
	}
	return nil
}
