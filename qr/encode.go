package qr

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

var errNilOption = errors.New("option is nil")

// Encode draws text as a QR code (生成二维码) and returns a one-bit PNG with a
// quiet zone of four modules, level M, the smallest version that holds the text
// and 8 pixels a module unless options say otherwise.
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
	data, err := encode(text, opts)
	if err != nil {
		return nil, fmt.Errorf("qr: encode: %w", err)
	}
	return data, nil
}

func encode(text string, opts []EncodeOption) ([]byte, error) {
	s, err := applyEncode(opts)
	if err != nil {
		return nil, err
	}
	switch {
	case s.light:
		return nil, errors.New("WithLightBackground is for Terminal only")
	case s.moduleSize != 0 && s.side != 0:
		return nil, errors.New("WithModuleSize and WithSide exclude each other")
	}
	code, err := symbolOf(text, s)
	if err != nil {
		return nil, err
	}
	whole := code.size + 2*quietZone
	if s.side == 0 {
		s.side = whole * max(s.moduleSize, 1)
		if s.moduleSize == 0 {
			s.side = whole * defaultModuleSize
		}
	}
	if s.side > maxSide {
		return nil, fmt.Errorf("%w: %d pixels a side, at most %d; use a smaller module size", ErrTooLarge, s.side, maxSide)
	}
	if s.side < whole {
		return nil, fmt.Errorf("side is %d pixels, this text needs %d or more", s.side, whole)
	}
	return code.png(s.side), nil
}

// symbolOf lays out the text, or says why it cannot.
func symbolOf(text string, s encodeSettings) (symbol, error) {
	if text == "" {
		return symbol{}, ErrEmptyText
	}
	// The length first, because the checks behind it read the whole text.
	if len(text) > mostCharacters {
		return symbol{}, tooLong(text, ModeByte, s)
	}
	if !utf8.ValidString(text) {
		return symbol{}, ErrNotUTF8
	}
	mode, err := modeOf(text, s.mode)
	if err != nil {
		return symbol{}, err
	}
	version := s.version
	if version == 0 {
		for version = 1; version < 40 && len(text) > fit(mode, version, s.level); version++ {
		}
	}
	if len(text) > fit(mode, version, s.level) {
		return symbol{}, tooLong(text, mode, s)
	}
	return drawSymbol(protect(pack(text, mode, version, s.level), version, s.level), version, s.level), nil
}

func modeOf(text string, wanted Mode) (Mode, error) {
	densest := modeFor(text)
	switch {
	case wanted == 0:
		return densest, nil
	case wanted < densest: // what is denser has fewer characters
		return 0, errors.New("text has characters that the mode does not hold")
	default:
		return wanted, nil
	}
}

func tooLong(text string, mode Mode, s encodeSettings) error {
	version := s.version
	if version == 0 {
		return fmt.Errorf("%w: %d bytes given, %d bytes fit at level %s", ErrTextTooLong, len(text), fit(mode, 40, s.level), s.level)
	}
	return fmt.Errorf("%w: %d bytes given, %d bytes fit at level %s into version %d", ErrTextTooLong, len(text), fit(mode, version, s.level), s.level, version)
}
