package qr

import "fmt"

// quietZone is the white border in modules that ISO/IEC 18004 asks for. Some
// libraries draw less; hand scanners then lose the code on a dark screen.
const quietZone = 4

// defaultModuleSize draws a module over 8 pixels: readable at arm's length on
// a kiosk screen (3 is the least that scanners take from a screen), and still
// under 300 pixels for a usual code.
const defaultModuleSize = 8

// maxSide is the longest side of a drawn picture in pixels: the width of a 4K
// screen.
const maxSide = 4096

// mostCharacters is what the largest code holds: digits, level L.
const mostCharacters = 7089

// EncodeOption changes how [Encode] or [Terminal] draws a code. An option that
// does not apply to the function it is given to is refused.
type EncodeOption func(*encodeSettings) error

type encodeSettings struct {
	level      Level
	mode       Mode // 0: the densest
	version    int  // 0: the smallest
	moduleSize int  // 0: not set
	side       int  // 0: not set
	light      bool
}

// WithLevel sets the error correction level (纠错等级); [LevelM] without it.
func WithLevel(level Level) EncodeOption {
	return func(s *encodeSettings) error {
		if !level.valid() {
			return fmt.Errorf("level is %d, expected LevelL, LevelM, LevelQ or LevelH", int(level))
		}
		s.level = level
		return nil
	}
}

// WithMode sets the mode (编码模式) for a reader that insists on one; without it
// the densest that holds the text is used. A text with characters that the mode
// does not hold is refused.
func WithMode(mode Mode) EncodeOption {
	return func(s *encodeSettings) error {
		if mode < ModeNumeric || mode > ModeByte {
			return fmt.Errorf("mode is %d, expected ModeNumeric, ModeAlphanumeric or ModeByte", int(mode))
		}
		s.mode = mode
		return nil
	}
}

// WithVersion sets the version (版本), 1 to 40: a side of 17 modules and 4 for
// each. Codes that stand in one row then look alike. Without it the smallest
// that holds the text is used.
func WithVersion(version int) EncodeOption {
	return func(s *encodeSettings) error {
		if version < 1 || version > 40 {
			return fmt.Errorf("version is %d, expected 1 to 40", version)
		}
		s.version = version
		return nil
	}
}

// WithModuleSize sets how many pixels wide and high a module is drawn, from 1;
// 8 without it. On screens use 3 or more. Only for [Encode], which refuses a
// picture of more than 4,096 pixels a side with [ErrTooLarge].
func WithModuleSize(pixels int) EncodeOption {
	return func(s *encodeSettings) error {
		if pixels < 1 || pixels > maxSide {
			return fmt.Errorf("module size is %d pixels, expected 1 to %d", pixels, maxSide)
		}
		s.moduleSize = pixels
		return nil
	}
}

// WithSide sets the width and height of the picture in pixels, up to 4,096. The
// modules are as large as fit, in whole pixels, and what is left makes the quiet
// zone wider. A side that is too small for the text is refused. Only for
// [Encode], in place of [WithModuleSize].
func WithSide(pixels int) EncodeOption {
	return func(s *encodeSettings) error {
		if pixels < 1 || pixels > maxSide {
			return fmt.Errorf("side is %d pixels, expected 1 to %d", pixels, maxSide)
		}
		s.side = pixels
		return nil
	}
}

// WithLightBackground draws for a terminal that shows dark characters on a
// light background. Only for [Terminal].
func WithLightBackground() EncodeOption {
	return func(s *encodeSettings) error {
		s.light = true
		return nil
	}
}

func applyEncode(opts []EncodeOption) (encodeSettings, error) {
	s := encodeSettings{level: LevelM}
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
