package qr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math"
	"reflect"
)

// Decode reads the QR code in a PNG or JPEG (识读二维码). The code may be
// turned, mirrored or inverted; transparent pixels count as white. When a
// picture shows several codes, one of them is read.
//
// The format is told by the data alone. Size is read from the header and
// refused before the pixels are unpacked. Errors: [ErrEmptyImage],
// [ErrNotImage], [ErrTooLarge], [ErrNoCode], or a refused option.
func Decode(data []byte, opts ...DecodeOption) (Result, error) {
	s, err := applyDecode(opts)
	if err != nil {
		return Result{}, fmt.Errorf("qr: decode: %w", err)
	}
	img, err := s.unpack(data)
	if err != nil {
		return Result{}, fmt.Errorf("qr: decode: %w", err)
	}
	return s.decode(img)
}

// DecodeImage reads the QR code in an image as [Decode] does, whatever its
// colour model and bounds. The image is only read, and not kept. Errors:
// [ErrNilImage], [ErrEmptyImage], [ErrNotImage] (the image's own methods
// panic), [ErrTooLarge], [ErrNoCode], or a refused option.
func DecodeImage(img image.Image, opts ...DecodeOption) (Result, error) {
	s, err := applyDecode(opts)
	if err != nil {
		return Result{}, fmt.Errorf("qr: decode: %w", err)
	}
	return s.decode(img)
}

func (s decodeSettings) decode(img image.Image) (Result, error) {
	lum, err := s.luminance(img)
	if err != nil {
		return Result{}, fmt.Errorf("qr: decode: %w", err)
	}
	found, err := new(view).read(context.Background(), lum)
	if err != nil {
		return Result{}, fmt.Errorf("qr: decode: %w", err)
	}
	return found[0], nil
}

// unpack knows its two formats itself: the registry of package image holds
// whatever else the program has linked.
func (s decodeSettings) unpack(data []byte) (img image.Image, err error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: no bytes", ErrEmptyImage)
	}
	if len(data) > s.maxBytes {
		return nil, fmt.Errorf("%w: %d bytes found, at most %d allowed", ErrTooLarge, len(data), s.maxBytes)
	}
	name, config, decode := "PNG", png.DecodeConfig, png.Decode
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		// Where int has 32 bits the decoder calls a huge picture damaged, not huge.
		if len(data) >= 24 && string(data[12:16]) == "IHDR" {
			width, height := int64(binary.BigEndian.Uint32(data[16:])), int64(binary.BigEndian.Uint32(data[20:]))
			if width > 0 && height > 0 && width <= math.MaxInt32 && height <= math.MaxInt32 {
				if err := s.allow(width, height); err != nil {
					return nil, err
				}
			}
		}
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		name, config, decode = "JPEG", jpeg.DecodeConfig, jpeg.Decode
	default:
		return nil, fmt.Errorf("%w: neither PNG nor JPEG", ErrNotImage)
	}
	var size image.Config
	err = guard(func() (err error) { size, err = config(bytes.NewReader(data)); return })
	if err == nil {
		if err := s.allow(int64(size.Width), int64(size.Height)); err != nil {
			return nil, err
		}
		err = guard(func() (err error) { img, err = decode(bytes.NewReader(data)); return })
	}
	if err != nil {
		return nil, fmt.Errorf("%w: damaged %s: %w", ErrNotImage, name, err)
	}
	return img, nil
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
