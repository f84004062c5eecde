package qr

import (
	"errors"
	"fmt"
	"strings"
)

// Terminal draws text as a QR code in half-block characters, two modules to a
// character cell, with the quiet zone of four modules, every line ended by a
// line feed. It is drawn for a terminal with a dark background; give
// [WithLightBackground] for the other kind, since many readers do not take a
// code with dark and light exchanged.
//
// The text is written and refused as by [Encode].
func Terminal(text string, opts ...EncodeOption) (string, error) {
	s, err := applyEncode(opts)
	if err != nil {
		return "", fmt.Errorf("qr: terminal: %w", err)
	}
	if s.moduleSize != 0 || s.side != 0 {
		return "", errors.New("qr: terminal: WithModuleSize and WithSide are for Encode only")
	}
	code, err := symbolOf(text, s)
	if err != nil {
		return "", fmt.Errorf("qr: terminal: %w", err)
	}
	return code.print(s.light), nil
}

func (c symbol) print(lightBackground bool) string {
	// ink tells whether the terminal must paint: the light modules on a dark
	// background, the dark ones on a light background.
	ink := func(x, y int) bool {
		inside := 0 <= x && x < c.size && 0 <= y && y < c.size
		return (inside && c.dark(x, y)) == lightBackground
	}
	var b strings.Builder
	// A code has an odd number of rows; the last line adds one row of quiet zone.
	for y := -quietZone; y < c.size+quietZone; y += 2 {
		for x := -quietZone; x < c.size+quietZone; x++ {
			switch top, bottom := ink(x, y), ink(x, y+1); {
			case top && bottom:
				b.WriteRune('█')
			case top:
				b.WriteRune('▀')
			case bottom:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
