package dock

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/nearest"
)

// filters compiles "json|aes". The list stands in the order in which the client
// applies it: for what it sends, from plain to wire; for what it reads (reading), from
// wire to plain. The other side goes through it backwards.
func (c *compiler) filters(list string, reading, writing bool) ([]jsonx.Filter, error) {
	if list == "" {
		return nil, nil
	}
	names := strings.Split(list, "|")
	if reading == writing {
		slices.Reverse(names)
	}
	var filters []jsonx.Filter
	for _, name := range names {
		switch name {
		case "json", "text":
			if writing {
				filters = append(filters, jsonx.Filter{Quote: true})
			}
		case "digits", "quotes":
			if !writing {
				filters = append(filters, loosely[name])
			}
		case "num":
			if writing {
				filters = append(filters, jsonx.Filter{Bare: true})
			}
		default:
			if table, ok := c.dialect.Tables[name]; ok {
				filters = append(filters, lookup(table, !writing))
				continue
			}
			f, err := c.seal(name, writing)
			if err != nil {
				return nil, err
			}
			filters = append(filters, f)
		}
	}
	return filters, nil
}

// loosely are the filters that mend what a platform sends; they do nothing to what is
// sent to it.
var loosely = map[string]jsonx.Filter{
	"digits": {Apply: func(text string) (string, error) { return digitsOnly(text), nil }},
	"quotes": {Apply: func(text string) (string, error) { return doubleQuotes(text), nil }},
}

// lookup maps the client's values to the platform's, or back.
func lookup(table map[string]string, back bool) jsonx.Filter {
	if back {
		inverse := make(map[string]string, len(table))
		for ours, theirs := range table {
			inverse[theirs] = ours
		}
		table = inverse
	}
	return jsonx.Filter{Apply: func(text string) (string, error) {
		if mapped, ok := table[text]; ok {
			return mapped, nil
		}
		return text, nil
	}}
}

// seal makes the filter of a named cipher in one direction.
func (c *compiler) seal(name string, writing bool) (jsonx.Filter, error) {
	spec, ok := c.dialect.Seals[name]
	if !ok {
		return jsonx.Filter{}, fmt.Errorf("unknown filter %q", name)
	}
	charset := c.charset
	cipher, err := c.cipher(name, spec, writing)
	if err != nil {
		return jsonx.Filter{}, fmt.Errorf("seal %s: %w", name, err)
	}
	if !writing {
		return jsonx.Filter{Seal: true, Apply: func(text string) (string, error) {
			// Platforms change between hex and Base64 without notice. Ciphertext is too long
			// for Base64 to look like hex by chance.
			sealed, err := crypto.DecodeText(text)
			if err != nil {
				return "", crypto.ErrOpen // one error whatever failed
			}
			plain, err := cipher.Open(sealed)
			return string(toUTF8(plain, "", charset)), err
		}}, nil
	}
	return jsonx.Filter{Seal: true, Apply: func(text string) (string, error) {
		plain, err := inCharset(text, charset)
		if err != nil {
			return "", err
		}
		sealed, err := cipher.Seal([]byte(plain))
		if err != nil {
			return "", err
		}
		return spec.Out.Encode(sealed), nil
	}}, nil
}

// cipher builds the cipher with the keys this side has. The caller opens with its
// own key and seals to its peer; the platform's side is the mirror image.
func (c *compiler) cipher(name string, spec zwfw.Seal, writing bool) (crypto.Cipher, error) {
	if cached, ok := c.ciphers[fmt.Sprint(name, writing)]; ok {
		return cached, nil
	}
	m := crypto.Material{Random: c.random}
	suite, _ := crypto.FindSuite(spec.Suite)
	opens, seals := spec.Own, spec.Peer
	if c.side == platform {
		opens, seals = spec.Peer, spec.Own
	}
	slot := spec.Key
	switch {
	case suite.Key == crypto.KeySecret:
		m.Secret = []byte(c.party.Creds[spec.Key].Reveal())
		if len(m.Secret) == 0 {
			return nil, c.needs(spec.Key, suite)
		}
	case writing:
		slot = seals
		if m.Public = c.party.Public[seals]; m.Public == nil {
			return nil, c.needs(seals, suite)
		}
	default:
		slot = opens
		if m.Private = c.party.Private[opens]; m.Private == nil {
			return nil, c.needs(opens, suite)
		}
	}
	if kind := max(m.Public.Kind(), m.Private.Kind()); kind != crypto.KeyNone && kind != suite.Key {
		return nil, fmt.Errorf("%s: an %s key is needed, it is %s", c.party.setting(slot), suite.Key, kind)
	}
	cipher, err := crypto.NewCipher(spec.Suite, m, crypto.CipherOptions{Derive: spec.Derive, IV: spec.IV})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.party.setting(slot), err)
	}
	c.used("seal "+name, crypto.ReportOf(spec.Suite, m, crypto.CipherOptions{Derive: spec.Derive, IV: spec.IV}))
	c.ciphers[fmt.Sprint(name, writing)] = cipher
	return cipher, nil
}

func (c *compiler) needs(slot string, suite crypto.Suite) error {
	if short, ok := strings.CutPrefix(slot, "cred."); ok {
		return fmt.Errorf("key: write %s without the prefix cred", short)
	}
	if _, known := c.party.Settings[slot]; !known && c.side == caller && len(c.party.Settings) > 0 {
		return fmt.Errorf("key: unknown slot %s%s", slot, nearest.Hint(slot, slices.Sorted(maps.Keys(c.party.Settings))))
	}
	return fmt.Errorf("%s is required: %s needs a key of kind %s", c.party.setting(slot), suite.Name, suite.Key)
}
