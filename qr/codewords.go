package qr

import (
	"errors"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/common/reedsolomon"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// codewords is what a code holds after error correction.
type codewords struct {
	data    []byte
	version int
	level   Level
}

var errBlurred = errors.New("modules are not those of a code")

// sample takes the modules of a code off the view; mirrored exchanges rows and
// columns.
func (v *view) sample(l *lattice, light, mirrored bool) *gozxing.BitMatrix {
	m, err := gozxing.NewSquareBitMatrix(l.modules)
	if err != nil {
		return nil // not with the sizes asked for
	}
	for y := range l.modules {
		for x := range l.modules {
			if v.darkAt(l.at(float64(x)+0.5, float64(y)+0.5)) != light {
				if mirrored {
					m.Set(y, x)
				} else {
					m.Set(x, y)
				}
			}
		}
	}
	return m
}

// correct reads the codewords of a code. The library's parser and error
// correction do the work; its reading of the text is not used, because it
// guesses character sets.
func correct(m *gozxing.BitMatrix) (code codewords, err error) {
	err = guard(func() error {
		parser, err := decoder.NewBitMatrixParser(m)
		if err != nil {
			return err
		}
		format, err := parser.ReadFormatInformation()
		if err != nil {
			return err
		}
		version, err := parser.ReadVersion()
		if err != nil {
			return err
		}
		raw, err := parser.ReadCodewords()
		if err != nil {
			return err
		}
		level := format.GetErrorCorrectionLevel()
		code.version, code.level = version.GetVersionNumber(), Level(slices.Index(levels[:], level)+1)
		blocks, err := decoder.DataBlock_GetDataBlocks(raw, version, level)
		if err != nil {
			return err
		}
		field := reedsolomon.NewReedSolomonDecoder(reedsolomon.GenericGF_QR_CODE_FIELD_256)
		for _, b := range blocks {
			received := make([]int, len(b.GetCodewords()))
			for i, c := range b.GetCodewords() {
				received[i] = int(c)
			}
			if err := field.Decode(received, len(received)-b.GetNumDataCodewords()); err != nil {
				return err
			}
			for _, c := range received[:b.GetNumDataCodewords()] {
				code.data = append(code.data, byte(c))
			}
		}
		return nil
	})
	if err != nil {
		return codewords{}, errBlurred
	}
	return code, nil
}
