package crypto

import (
	"slices"
	"strings"
)

// Pair is one field of a message to sign. Value is the raw value: it is never
// URL-encoded here, as practice has it.
type Pair struct{ Name, Value string }

// Canonicalizer turns fields into the text that is signed. The zero value joins
// name=value with & in the order given. It only ever reads the pairs.
//
// Sort orders by name in byte order. SkipEmpty leaves out empty values and those
// of white space only. ValuesOnly writes values without names. Order, when not
// empty, takes these names in this order and nothing else, whatever Sort says.
// Drop leaves names out (the signature field itself). Separator stands between
// fields; nil means "&", or nothing for ValuesOnly. Assign stands between a name
// and its value; nil means "=", empty text gives namevalue. A nested JSON value is
// signed as its literal text: the caller passes that text as the value.
//
// What surrounds the fields, or stands in their place, is a [Template]:
//
//	{kv}&key={cred.secret}                     secret behind, as a last field
//	{cred.secret}{kv}{cred.secret}             secret in front and behind
//	{method}\n{path}\n{ts|s}\n{body}\n          lines, each with its line end
//	{body}                                     the raw body
//	{body|sha256|hex}                          the digest of the body
type Canonicalizer struct {
	Sort       bool
	SkipEmpty  bool
	ValuesOnly bool
	Order      []string
	Drop       []string
	Separator  *string
	Assign     *string
}

// Append adds the canonical text to dst. Fields of the same name keep the order
// they came in.
func (c Canonicalizer) Append(dst []byte, pairs []Pair) []byte {
	separator := "&"
	if c.ValuesOnly {
		separator = ""
	}
	if c.Separator != nil {
		separator = *c.Separator
	}
	assign := "="
	if c.Assign != nil {
		assign = *c.Assign
	}
	for i, p := range c.choose(pairs) {
		if i > 0 {
			dst = append(dst, separator...)
		}
		if !c.ValuesOnly {
			dst = append(append(dst, p.Name...), assign...)
		}
		dst = append(dst, p.Value...)
	}
	return dst
}

func (c Canonicalizer) choose(pairs []Pair) []Pair {
	chosen := make([]Pair, 0, len(pairs))
	keep := func(p Pair) {
		blank := c.SkipEmpty && strings.TrimSpace(p.Value) == ""
		if !blank && !slices.Contains(c.Drop, p.Name) {
			chosen = append(chosen, p)
		}
	}
	if len(c.Order) == 0 {
		for _, p := range pairs {
			keep(p)
		}
		if c.Sort {
			slices.SortStableFunc(chosen, func(a, b Pair) int { return strings.Compare(a.Name, b.Name) })
		}
		return chosen
	}
	for _, name := range c.Order {
		for _, p := range pairs {
			if p.Name == name {
				keep(p)
			}
		}
	}
	return chosen
}
