package qr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"reflect"
)

// Decode reads the QR code in a PNG, JPEG or GIF (识读二维码), of which only the
// first frame counts. The code may be turned, tilted, mirrored or inverted;
// transparent pixels count as white.
//
// The format is told by the data alone. Size and memory are worked out from the
// header and refused before the pixels are unpacked. Errors: [ErrEmptyImage],
// [ErrNotImage], [ErrTooLarge], [ErrNoCode], [ErrSeveralCodes] when the picture
// shows codes that say different things ([SeveralCodes] has them all), a time
// limit or context that ended, or a refused option.
func Decode(data []byte, opts ...DecodeOption) (Result, error) {
	return decode(opts, func(ctx context.Context, s decodeSettings) (Plane, error) {
		img, err := s.unpack(ctx, data)
		if err != nil {
			return Plane{}, err
		}
		return s.luminance(img)
	})
}

// DecodeImage reads the QR code in an image as [Decode] does, whatever its
// colour model and bounds. The image is only read, and not kept. Errors:
// [ErrNilImage], [ErrEmptyImage], [ErrNotImage] (the image's own methods
// panic), [ErrTooLarge], [ErrNoCode], [ErrSeveralCodes], a time limit or context
// that ended, or a refused option.
func DecodeImage(img image.Image, opts ...DecodeOption) (Result, error) {
	return decode(opts, func(_ context.Context, s decodeSettings) (Plane, error) { return s.luminance(img) })
}

// DecodePlane reads the QR code in a grey picture as [Decode] does. For the
// frames of a camera use a [Scanner]. Errors: [ErrEmptyImage], [ErrNotImage]
// (pixels are missing), [ErrTooLarge], [ErrNoCode], [ErrSeveralCodes], a time
// limit or context that ended, or a refused option.
func DecodePlane(p Plane, opts ...DecodeOption) (Result, error) {
	return decode(opts, func(_ context.Context, s decodeSettings) (Plane, error) {
		if err := p.check(); err != nil {
			return Plane{}, err
		}
		return p, s.allow(int64(p.Width), int64(p.Height))
	})
}

func decode(opts []DecodeOption, open func(context.Context, decodeSettings) (Plane, error)) (Result, error) {
	result, err := func() (Result, error) {
		s, err := applyDecode(opts)
		if err != nil {
			return Result{}, err
		}
		ctx, cancel := context.WithTimeout(s.ctx, s.timeLimit)
		defer cancel()
		p, err := open(ctx, s)
		if err != nil {
			return Result{}, err
		}
		found, err := new(view).read(ctx, p)
		if err != nil {
			return Result{}, err
		}
		return onlyOne(found)
	}()
	if err != nil {
		return Result{}, fmt.Errorf("qr: decode: %w", err)
	}
	return result, nil
}

// onlyOne refuses to choose between codes that say different things.
func onlyOne(found []Result) (Result, error) {
	for _, r := range found[1:] {
		if r.Text != found[0].Text {
			return Result{}, &SeveralCodes{found}
		}
	}
	return found[0], nil
}

var errPanic = errors.New("reader failed on these data")

// guard turns a panic in foreign code into an error. What was thrown is
// dropped, because it may quote the data.
func guard(fn func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	return fn()
}

// isNil also finds the nil pointer inside an interface, whose methods panic.
func isNil(img image.Image) bool {
	if img == nil {
		return true
	}
	switch v := reflect.ValueOf(img); v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	default:
		return false
	}
}
