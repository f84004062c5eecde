package qr

import (
	"errors"
	"fmt"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// maxCandidates is how many places of a picture may look like the corner of a
// code. Photographs have some dozen; the library compares every three of them,
// so a picture tiled with corners would keep it busy for days.
const maxCandidates = 200

// attempt is one way to read a picture. The library takes one way of telling
// dark from light at a time, and which one works depends on the light.
type attempt struct {
	global   bool // one threshold for the picture, not one for each block of it
	inverted bool
	hint     gozxing.DecodeHintType
}

const plain = gozxing.DecodeHintType_OTHER

// attempts stand in the order of what hall pictures need: most are read by the
// first, and the last are slow.
var attempts = [...]attempt{
	{global: false, hint: plain},
	{global: true, hint: plain},
	{global: true, hint: gozxing.DecodeHintType_PURE_BARCODE}, // drawn pictures of one or two pixels a module
	{global: false, inverted: true, hint: plain},
	{global: true, inverted: true, hint: plain},
	{global: false, hint: gozxing.DecodeHintType_TRY_HARDER},
	{global: true, hint: gozxing.DecodeHintType_TRY_HARDER},
	{global: false, inverted: true, hint: gozxing.DecodeHintType_TRY_HARDER},
	{global: true, inverted: true, hint: gozxing.DecodeHintType_TRY_HARDER},
}

func (l luminance) read() (result Result, err error) {
	source, err := gozxing.NewPlanarYUVLuminanceSource(l.pix, l.width, l.height, 0, 0, l.width, l.height, false)
	if err != nil {
		return result, fmt.Errorf("%w: the image cannot give its pixels", ErrNotImage)
	}
	block := &bits{Binarizer: gozxing.NewHybridBinarizer(source)}
	global := &bits{Binarizer: gozxing.NewGlobalHistgramBinarizer(source)}
	seen := false
	for _, a := range attempts {
		from := block
		if a.global {
			from = global
		}
		err := guard(func() (err error) { result, err = from.read(a); return })
		if err == nil {
			return result, nil
		}
		seen = seen || isDamage(err)
	}
	if seen {
		return Result{}, fmt.Errorf("%w: a code was found but is too damaged or blurred", ErrNoCode)
	}
	return Result{}, ErrNoCode
}

// isDamage tells a code that could not be read from no code at all.
func isDamage(err error) bool {
	var format gozxing.FormatException
	var checksum gozxing.ChecksumException
	return errors.As(err, &format) || errors.As(err, &checksum)
}

// bits is a picture in dark and light, worked out once for all attempts.
type bits struct {
	gozxing.Binarizer
	matrix   *gozxing.BitMatrix
	inverted bool
}

// GetBlackMatrix makes bits a gozxing.Binarizer that does its work once.
func (b *bits) GetBlackMatrix() (*gozxing.BitMatrix, error) {
	if b.matrix == nil {
		m, err := b.Binarizer.GetBlackMatrix()
		if err != nil {
			return nil, err
		}
		b.matrix = m
	}
	return b.matrix, nil
}

func (b *bits) read(a attempt) (Result, error) {
	m, err := b.GetBlackMatrix()
	if err != nil {
		return Result{}, err
	}
	if b.inverted != a.inverted {
		m.FlipAll()
		b.inverted = a.inverted
	}
	bitmap, err := gozxing.NewBinaryBitmap(b)
	if err != nil {
		return Result{}, err
	}
	found, err := decodeAs(bitmap, a.hint, common.CharacterSetECI_ISO8859_1)
	if err != nil {
		return Result{}, err
	}
	return resultOf(found, func(charset *common.CharacterSetECI) (*gozxing.Result, error) {
		return decodeAs(bitmap, a.hint, charset)
	})
}

// decodeAs reads bytes without an ECI mark in the given character set, so that
// the library does not guess: it has taken GB 2312 for Shift_JIS.
func decodeAs(bitmap *gozxing.BinaryBitmap, hint gozxing.DecodeHintType, charset *common.CharacterSetECI) (*gozxing.Result, error) {
	left := maxCandidates
	return qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
		hint:                                 true,
		gozxing.DecodeHintType_CHARACTER_SET: charset.GetCharset(),
		gozxing.DecodeHintType_NEED_RESULT_POINT_CALLBACK: gozxing.ResultPointCallback(func(gozxing.ResultPoint) {
			if left--; left < 0 {
				panic("too many candidates") // the library offers no other way out; guard catches it
			}
		}),
	})
}
