package qr

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
)

// format is a kind of picture file. The registry of package image is not asked:
// it holds whatever else the program has linked.
type format struct {
	name   string
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	// cost is the most bytes a pixel that unpacking takes, as the header says.
	cost func(data []byte) int
}

var formats = [...]format{
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode, costPNG},
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode, costJPEG},
	{"GIF", "GIF8", gif.DecodeConfig, gif.Decode, func([]byte) int { return 1 }},
}

func (s decodeSettings) unpack(ctx context.Context, data []byte) (img image.Image, err error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("%w: no bytes", ErrEmptyImage)
	}
	if len(data) > s.maxBytes {
		return nil, fmt.Errorf("%w: %d bytes found, at most %d allowed", ErrTooLarge, len(data), s.maxBytes)
	}
	for _, f := range formats {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return s.unpackAs(ctx, f, data)
		}
	}
	return nil, fmt.Errorf("%w: neither PNG nor JPEG nor GIF", ErrNotImage)
}

func (s decodeSettings) unpackAs(ctx context.Context, f format, data []byte) (img image.Image, err error) {
	damaged := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: damaged %s: %w", ErrNotImage, f.name, err)
	}
	if f.name == "PNG" {
		if err := s.allowPNG(data); err != nil {
			return nil, err
		}
	}
	var size image.Config
	if err := guard(func() (err error) { size, err = f.config(bytes.NewReader(data)); return }); err != nil {
		return nil, damaged(err)
	}
	width, height := int64(size.Width), int64(size.Height)
	if err := s.allow(width, height); err != nil {
		return nil, err
	}
	if err := s.allowMemory(width*height, f.cost(data)+ownCost); err != nil {
		return nil, err
	}
	if err := guard(func() (err error) { img, err = f.decode(&patient{ctx, data}); return }); err != nil {
		return nil, damaged(err)
	}
	return img, nil
}

// allowPNG looks at the header before the decoder does: where int has 32 bits
// that calls a huge picture damaged, not huge.
func (s decodeSettings) allowPNG(data []byte) error {
	if len(data) < 24 || string(data[12:16]) != "IHDR" {
		return nil
	}
	width, height := int64(binary.BigEndian.Uint32(data[16:])), int64(binary.BigEndian.Uint32(data[20:]))
	if width <= 0 || height <= 0 || width > math.MaxInt32 || height > math.MaxInt32 {
		return nil
	}
	return s.allow(width, height)
}

// costPNG knows what the decoder unpacks to: 8 bytes a pixel for 16 bits a
// channel, 4 for colours or a transparent one, the whole once more when
// interlaced.
func costPNG(data []byte) int {
	if len(data) < 29 {
		return 8
	}
	const paletted = 3
	cost := 4
	switch depth, kind := data[24], data[25]; {
	case depth == 16:
		cost = 8
	case kind == paletted:
		cost = 1
	}
	if interlaced := data[28] != 0; interlaced {
		cost *= 2
	}
	return cost
}

// costJPEG finds out whether the picture is progressive: its coefficients, 4
// bytes each, are then kept until the end. A file of some kilobytes could ask
// for much that way.
func costJPEG(data []byte) int {
	for i := 2; i+10 <= len(data) && data[i] == 0xff; {
		marker := data[i+1]
		if marker == 0xff { // padding
			i++
			continue
		}
		if 0xc0 <= marker && marker <= 0xc2 {
			channels := int(data[i+9])
			if progressive := marker == 0xc2; progressive {
				return 5 * channels
			}
			return channels
		}
		i += 2 + int(binary.BigEndian.Uint16(data[i+2:]))
	}
	return 5 * 4
}

// patient hands a decoder its data in small pieces and stops when the context
// ends: a file can say in a few bytes what takes seconds to unpack.
type patient struct {
	ctx  context.Context
	rest []byte
}

func (p *patient) Read(b []byte) (int, error) {
	const piece = 512
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), piece)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
