package zwfw

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// masker gives the text that stands for a protected value in every print.
type masker interface {
	mask(value string) string
	isMask(text string) bool // whether a text is what mask gives
}

// guarded is the core of every protected type. The value stands behind a pointer:
// fmt does not call methods on unexported fields of other structs, and prints a
// nested pointer as an address, so a value leaks through no verb at any depth.
type guarded[M masker] struct{ p *string }

func guard[M masker](value string) guarded[M] {
	if value == "" {
		return guarded[M]{}
	}
	return guarded[M]{p: &value}
}

// Reveal gives the value itself. Go strings cannot be wiped: the value stays in
// memory until it is collected.
func (g guarded[M]) Reveal() string {
	if g.p == nil {
		return ""
	}
	return *g.p
}

// IsZero reports whether no value is held.
func (g guarded[M]) IsZero() bool { return g.p == nil }

// IsMasked reports whether the value arrived masked, as 张* or 138****0000.
func (g guarded[M]) IsMasked() bool {
	return strings.ContainsAny(g.Reveal(), "*＊•●")
}

// String gives the mask, never the value.
func (g guarded[M]) String() string {
	if g.p == nil {
		return ""
	}
	var m M
	return m.mask(*g.p)
}

// Format prints the mask whatever the verb.
func (g guarded[M]) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, g.String()) }

// GoString gives the mask for %#v.
func (g guarded[M]) GoString() string { return g.String() }

// LogValue gives slog the mask.
func (g guarded[M]) LogValue() slog.Value { return slog.StringValue(g.String()) }

// MarshalJSON writes the mask.
func (g guarded[M]) MarshalJSON() ([]byte, error) { return json.Marshal(g.String()) }

// MarshalText writes the mask.
func (g guarded[M]) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalJSON takes a value over, so that configuration files can hold one. A mask is
// refused: whoever stored a protected value with encoding/json has stored its mask.
func (g *guarded[M]) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil {
		return errors.New("zwfw: a protected value is a JSON string")
	}
	if text == nil {
		return nil
	}
	var m M
	if m.isMask(*text) {
		return errors.New("zwfw: this is the mask of a protected value, not the value: encoding/json writes masks; keep Reveal() in a sealed store instead")
	}
	*g = guard[M](*text)
	return nil
}

// UnmarshalText takes a value over.
func (g *guarded[M]) UnmarshalText(text []byte) error {
	*g = guard[M](string(text))
	return nil
}
