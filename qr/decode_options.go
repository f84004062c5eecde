package qr

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What a picture may cost without an option that says otherwise.
const (
	// DefaultMaxPixels takes in an A4 page scanned at 600 dpi (35 million
	// pixels) and the cameras of phones and kiosks.
	DefaultMaxPixels = 40_000_000
	// DefaultMaxBytes of a file is above what cameras write for that.
	DefaultMaxBytes = 32 << 20
	// DefaultMaxMemory is what unpacking and reading may take: enough for all of
	// that but progressive JPEG and interlaced 16-bit PNG of the largest sizes.
	// A service
	// that takes uploads should set less.
	DefaultMaxMemory = 512 << 20
	// DefaultTimeLimit ends what takes too long, such as a file made for it. A
	// picture of the largest size takes about a second on a slow kiosk.
	DefaultTimeLimit = 10 * time.Second
)

// ownCost is the bytes a pixel that reading takes beside the picture: its grey
// values, dark and light, and a copy of half the size.
const ownCost = 3

// DecodeOption changes the limits of [Decode], [DecodeImage] and [DecodePlane].
type DecodeOption func(*decodeSettings) error

type decodeSettings struct {
	ctx       context.Context
	timeLimit time.Duration
	maxPixels int
	maxBytes  int
	maxMemory int
}

// WithMaxPixels sets the most pixels a picture may have, from 1;
// [DefaultMaxPixels] without it.
func WithMaxPixels(n int) DecodeOption {
	return func(s *decodeSettings) error { return atLeast1(&s.maxPixels, n, "most pixels") }
}

// WithMaxBytes sets the most bytes of a picture file, from 1; [DefaultMaxBytes]
// without it.
func WithMaxBytes(n int) DecodeOption {
	return func(s *decodeSettings) error { return atLeast1(&s.maxBytes, n, "most bytes") }
}

// WithMaxMemory sets the most bytes of memory that unpacking and reading a
// picture may take, from 1; [DefaultMaxMemory] without it. It is reckoned from
// the header before the memory is taken.
func WithMaxMemory(bytes int) DecodeOption {
	return func(s *decodeSettings) error { return atLeast1(&s.maxMemory, bytes, "most memory") }
}

// WithTimeLimit sets how long unpacking and reading may take, above 0;
// [DefaultTimeLimit] without it. The error then is [context.DeadlineExceeded].
func WithTimeLimit(d time.Duration) DecodeOption {
	return func(s *decodeSettings) error {
		if d <= 0 {
			return fmt.Errorf("time limit is %v, expected more than 0", d)
		}
		s.timeLimit = d
		return nil
	}
}

// WithContext ends unpacking and reading when the context does, with its error.
func WithContext(ctx context.Context) DecodeOption {
	return func(s *decodeSettings) error {
		if ctx == nil {
			return errors.New("context is nil")
		}
		s.ctx = ctx
		return nil
	}
}

func atLeast1(to *int, n int, name string) error {
	if n < 1 {
		return fmt.Errorf("%s is %d, expected 1 or more", name, n)
	}
	*to = n
	return nil
}

func applyDecode(opts []DecodeOption) (decodeSettings, error) {
	s := decodeSettings{
		ctx: context.Background(), timeLimit: DefaultTimeLimit,
		maxPixels: DefaultMaxPixels, maxBytes: DefaultMaxBytes, maxMemory: DefaultMaxMemory,
	}
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
	return s.allowMemory(width*height, ownCost)
}

func (s decodeSettings) allowMemory(pixels int64, cost int) error {
	if pixels > int64(s.maxMemory)/int64(cost) {
		return fmt.Errorf("%w: %d pixels of %d bytes each to unpack and read, at most %d bytes allowed", ErrTooLarge, pixels, cost, s.maxMemory)
	}
	return nil
}
