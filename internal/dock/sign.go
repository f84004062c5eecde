package dock

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/jsonx"
)

// signing is a compiled Sign.
type signing struct {
	suite    string
	text     crypto.Template
	pairs    crypto.Canonicalizer
	of       string
	gbk      bool
	overBody bool // the text names {body}
	out      crypto.Encoding
	signer   crypto.Signer   // caller's side
	allowed  func() string   // of a ring: why its present keys must not sign; nil for other signers
	verifier crypto.Verifier // platform's side
	material crypto.Material // platform's side: the explainer tries other suites with it
}

func (c *compiler) sign(o *operation) error {
	spec := o.Sign
	inBody := slices.ContainsFunc(o.body, func(m shapeMember) bool { return m.signed })
	outside := slices.ContainsFunc(slices.Concat(o.headers, o.query), func(t namedTemplate) bool { return names(t.template, "sign") })
	if spec == nil || spec.Suite == "none" {
		if inBody || outside {
			return fmt.Errorf("sign: is off, but {sign} is used in headers, query or body; remove it there")
		}
		return nil
	}
	s := &signing{suite: spec.Suite, out: spec.Out, of: "body", gbk: spec.Charset == "GBK"}
	if s.out == "" {
		s.out = "hex"
	}
	text := spec.Text
	if text == "" {
		text = "{kv}"
	}
	var err error
	if s.text, err = c.template("sign.text", text); err != nil {
		return err
	}
	s.overBody = names(s.text, "body")
	if k := spec.Pairs; k != nil {
		if k.Of != "" {
			s.of = k.Of
		}
		s.pairs = crypto.Canonicalizer{Sort: k.Sort, SkipEmpty: k.SkipEmpty, ValuesOnly: k.Values, Drop: k.Drop, Order: k.Order, Separator: k.Join, Assign: k.Assign}
	}
	if err := c.signs(s, *spec, "signing "+o.Name); err != nil {
		return err
	}
	o.signing = s
	switch {
	case names(s.text, "sign"):
		return fmt.Errorf("sign.text: holds {sign} itself")
	case names(s.text, "kv") && !hasObject(o.body, strings.TrimPrefix(s.of, "body")):
		return fmt.Errorf("sign.kv.of: the body has no object at %s", s.of)
	case s.overBody && o.Type == "query":
		return fmt.Errorf("sign.text: with type query there is no {body}")
	case !inBody && !outside:
		return fmt.Errorf("sign: no header, query or body member holds {sign}; suite none turns signing off")
	case inBody && !outside && s.overBody:
		return fmt.Errorf("sign.text: {body} cannot be covered by a signature that stands in the body")
	}
	return nil
}

// signs gives a signing its signer, on the platform's side its verifier.
func (c *compiler) signs(s *signing, spec zwfw.Sign, where string) (err error) {
	if c.side == platform && c.party.Verifiers[spec.Key] != nil {
		s.verifier = c.party.Verifiers[spec.Key]
		return nil
	}
	if c.side == caller && c.party.Signers[spec.Key] != nil {
		s.signer = c.party.Signers[spec.Key]
		if ring, ok := s.signer.(*crypto.Keyring); ok {
			if ring == nil || len(ring.IDs()) == 0 {
				return fmt.Errorf("sign: %s: the keyring holds no key", c.party.setting(spec.Key))
			}
			s.allowed = func() string { return c.refused(spec.Suite, ring) }
		}
		if _, err := crypto.ReportOfSigner(spec.Suite, s.signer); err != nil {
			return fmt.Errorf("sign: %s: %w", c.party.setting(spec.Key), err)
		}
		c.uses = append(c.uses, use{where, func() crypto.Report {
			report, _ := crypto.ReportOfSigner(spec.Suite, s.signer) // a ring's keys change
			return report
		}})
		return nil
	}
	suite, _ := crypto.FindSuite(spec.Suite)
	s.material = crypto.Material{Random: c.random, UserID: spec.UserID}
	switch suite.Key {
	case crypto.KeyNone:
	case crypto.KeySecret:
		s.material.Secret = []byte(c.party.Creds[spec.Key].Reveal())
		if len(s.material.Secret) == 0 {
			return c.needs(spec.Key, suite)
		}
	default:
		s.material.Private, s.material.Public = c.party.Private[spec.Key], c.party.Public[spec.Key]
		if c.side == caller && s.material.Private == nil || c.side == platform && s.material.Public == nil {
			return c.needs(spec.Key, suite)
		}
	}
	if c.side == caller {
		s.signer, err = crypto.NewSigner(spec.Suite, s.material)
	} else {
		s.verifier, err = crypto.NewVerifier(spec.Suite, s.material)
	}
	if err != nil {
		return fmt.Errorf("sign: %s: %w", c.party.setting(spec.Key), err)
	}
	c.used(where, crypto.ReportOf(spec.Suite, s.material, crypto.CipherOptions{}))
	return nil
}

// refused says why a ring's present keys must not sign: what New refuses is not let in
// later by a change of keys.
func (c *compiler) refused(suite string, ring *crypto.Keyring) string {
	report, err := crypto.ReportOfSigner(suite, ring)
	switch {
	case err != nil:
		return "a key of the keyring is for another suite than " + suite
	case report.Worst() == crypto.Weak && !c.weak:
		return "a key of the keyring is weak, and zwfw.WithWeakCrypto is not given"
	}
	return ""
}

// hasObject reports whether a body has an object at a path such as ".data"; "" is the
// body itself.
func hasObject(shape []shapeMember, path string) bool {
	if path == "" {
		return true
	}
	head, rest, _ := strings.Cut(strings.TrimPrefix(path, "."), ".")
	return slices.ContainsFunc(shape, func(m shapeMember) bool {
		return m.name == head && (m.in && rest == "" || m.object != nil && hasObject(m.object, rest))
	})
}

// names reports whether a template holds a name.
func names(t crypto.Template, name string) bool {
	return slices.ContainsFunc(t.Parts(), func(p crypto.Part) bool { return p.Name == name })
}

// canonical gives the bytes that are signed.
func (s *signing) canonical(v *vars) ([]byte, error) {
	v.pairs = s.pairs
	v.pairsOf = s.of
	text, err := s.text.Append(nil, v.value)
	if err != nil {
		return nil, fmt.Errorf("sign.text: %w", err)
	}
	if s.gbk {
		return simplifiedchinese.GB18030.NewEncoder().Bytes(text)
	}
	return text, nil
}

// sign puts the signature where templates find it.
func (s *signing) sign(ctx context.Context, v *vars) error {
	text, err := s.canonical(v)
	if err != nil {
		return err
	}
	if s.allowed != nil {
		if why := s.allowed(); why != "" {
			return &signFailure{why: why}
		}
	}
	signature, err := s.signer.Sign(ctx, text)
	if err != nil {
		return &signFailure{cause: err}
	}
	v.sign, v.signed = s.out.Encode(signature), true
	return nil
}

func toPairs(members []jsonx.Member) []crypto.Pair {
	pairs := make([]crypto.Pair, len(members))
	for i, m := range members {
		pairs[i] = crypto.Pair{Name: m.Name, Value: m.Text}
	}
	return slices.Clip(pairs)
}
