package dock

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw/crypto"
)

var credName = regexp.MustCompile(`\{cred\.([A-Za-z0-9_.-]+)`)

// missing names all settings that the dialect needs and the party lacks, so that they
// can be asked of the platform in one letter.
func (c *compiler) missing() error {
	needed := make(map[string]bool)
	cred := func(slot string) {
		if slot != "" && c.party.Creds[slot].IsZero() {
			needed[c.party.Settings[slot]] = true
		}
	}
	// A slot that no setting fills is a misprint, named where it stands.
	key := func(slot string, given bool, kind crypto.KeyKind, half string) {
		if setting, known := c.party.Settings[slot]; known && !given {
			needed[fmt.Sprintf("%s (%s %s key)", setting, kind, half)] = true
		}
	}
	for name, spec := range c.dialect.Ops {
		if _, off := c.party.Off[name]; off {
			continue
		}
		if _, configured := c.bases[spec.Base]; !configured {
			continue
		}
		p := c.dialect.Protocol.With(c.dialect.Bases[spec.Base]).With(spec.Protocol)
		texts := slices.Concat(slices.Collect(maps.Values(p.Headers)), slices.Collect(maps.Values(p.Query)), []string{string(p.Body)})
		if p.Sign != nil && p.Sign.Suite != "none" {
			texts = append(texts, p.Sign.Text)
			switch suite, _ := crypto.FindSuite(p.Sign.Suite); suite.Key {
			case crypto.KeyNone:
			case crypto.KeySecret:
				if c.party.Signers[p.Sign.Key] == nil {
					cred(p.Sign.Key)
				}
			default:
				key(p.Sign.Key, c.party.Signers[p.Sign.Key] != nil || c.party.Private[p.Sign.Key] != nil, suite.Key, "private")
			}
		}
		for _, text := range texts {
			if c.party.Token == nil && strings.Contains(text, "{token") {
				needed[c.party.Settings["{token}"]] = true
			}
			for _, m := range credName.FindAllStringSubmatch(text, -1) {
				cred(m[1])
			}
		}
		sent := append(slices.Collect(maps.Values(spec.In)), string(p.Body))
		read := slices.Collect(maps.Values(spec.Out))
		for r := p.Reply; r != nil; r = r.Then {
			read = append(read, r.Data...)
		}
		for name, seal := range c.dialect.Seals {
			suite, _ := crypto.FindSuite(seal.Suite)
			if filters(sent, name) {
				cred(seal.Key)
				key(seal.Peer, c.party.Public[seal.Peer] != nil, suite.Key, "public")
			}
			if filters(read, name) {
				cred(seal.Key)
				key(seal.Own, c.party.Private[seal.Own] != nil, suite.Key, "private")
			}
		}
	}
	delete(needed, "")
	if len(needed) == 0 {
		return nil
	}
	verb := "are"
	if len(needed) == 1 {
		verb = "is"
	}
	return fmt.Errorf("%s: %s %s required by dialect %s", c.manifest.Platform, strings.Join(slices.Sorted(maps.Keys(needed)), ", "), verb, c.dialect.Name)
}

// filters reports whether one of the texts uses a filter.
func filters(texts []string, name string) bool {
	used := regexp.MustCompile(`\|` + regexp.QuoteMeta(name) + `(\||"|$)`)
	return slices.ContainsFunc(texts, used.MatchString)
}
