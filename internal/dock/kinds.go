package dock

import (
	"cmp"
	"slices"
	"strings"

	"github.com/zwfw-go/zwfw"
)

// kindTable finds the kind of a platform's code: exactly, else by the longest
// prefix. Letter case and outer spaces do not matter.
type kindTable struct {
	exact    map[string]zwfw.Kind
	prefixes []prefixKind
}

type prefixKind struct {
	prefix string
	kind   zwfw.Kind
}

func newKindTable(kinds map[string]zwfw.Kind) kindTable {
	t := kindTable{exact: make(map[string]zwfw.Kind, len(kinds))}
	for code, kind := range kinds {
		if kind == "" {
			continue // an operation or a city removed it
		}
		key := normalCode(code)
		if p, ok := strings.CutSuffix(key, "*"); ok {
			t.prefixes = append(t.prefixes, prefixKind{p, kind})
		} else {
			t.exact[key] = kind
		}
	}
	slices.SortFunc(t.prefixes, func(a, b prefixKind) int {
		return cmp.Or(cmp.Compare(len(b.prefix), len(a.prefix)), strings.Compare(a.prefix, b.prefix))
	})
	return t
}

func normalCode(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

func (t kindTable) find(code string) (zwfw.Kind, bool) {
	key := normalCode(code)
	if key == "" {
		return "", false
	}
	if kind, ok := t.exact[key]; ok {
		return kind, true
	}
	for _, p := range t.prefixes {
		if strings.HasPrefix(key, p.prefix) {
			return p.kind, true
		}
	}
	return "", false
}

// classify gives the kind of a refusal: by code, and only when the code is absent or
// unknown by text. Nothing is guessed beyond the tables.
func (o *operation) classify(code, text string) zwfw.Kind {
	if kind, ok := o.kinds.find(code); ok {
		return kind
	}
	for _, rule := range o.texts {
		if rule.match.MatchString(text) {
			return rule.kind
		}
	}
	return zwfw.Unclassified
}
