package dock

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw/crypto"
)

// Explanation tells a developer why a signature did not fit. Secrets stand in it by
// name only.
type Explanation struct {
	Suite    string // what was expected
	Expected string // the text that should have been signed
	Guess    string // what the caller seems to have done, "" when no guess fits
	Signed   string // the text that the caller seems to have signed
	Differs  int    // first character at which the two texts differ, -1 when they do not
}

// String makes a few lines for a log or an answer.
func (x Explanation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "expected %s over: %s", x.Suite, strconv.Quote(x.Expected))
	if x.Guess == "" {
		return b.String() + "\nno known mistake reproduces the signature: most often the key is not this caller's; else compare the text above with what you sign, byte by byte"
	}
	fmt.Fprintf(&b, "\nyour signature fits: %s", x.Guess)
	if x.Differs >= 0 {
		fmt.Fprintf(&b, "\nyou signed:  %s\nfirst difference at character %d: expected %s, signed %s",
			strconv.Quote(x.Signed), x.Differs+1, around(x.Expected, x.Differs), around(x.Signed, x.Differs))
	}
	return b.String()
}

func around(s string, at int) string {
	r := []rune(s)
	if at >= len(r) {
		return "the end"
	}
	return strconv.Quote(string(r[at:min(at+12, len(r))]))
}

// piece is one part of the signed text.
type piece struct {
	name string // "" for literal text
	text string
}

func join(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

// shown is the text with secrets replaced by their names.
func shown(pieces []piece) string {
	var b strings.Builder
	for _, p := range pieces {
		switch {
		case strings.HasPrefix(p.name, "cred."):
			b.WriteString("‹" + strings.TrimPrefix(p.name, "cred.") + "›")
		case p.name == "kv" || p.name == "body": // these may hold a citizen's data
			b.WriteString(valueRun.ReplaceAllStringFunc(p.text, func(v string) string {
				return fmt.Sprintf("%c‹%d›", v[0], len([]rune(v))-1)
			}))
		default:
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// valueRun is a value behind its name, in k=v pairs and in JSON. Values that stand alone
// are one run.
var valueRun = regexp.MustCompile(`[=:][^&,}]+|^[^=&]+$`)

// guess is a mistake that is tried: what the caller may have signed, and how.
type guess struct {
	name     string
	pieces   []piece
	encode   func(string) ([]byte, error)
	material crypto.Material
	suite    string
}

// Explain tries the mistakes that integrators make until one reproduces the
// signature. others are the parties of other callers, whose keys may have been used.
func (q *Received) Explain(others []Party) Explanation {
	s := q.o.signing
	pieces, err := q.pieces(s)
	if err != nil {
		return Explanation{Suite: s.suite, Expected: "(not all parts arrived: " + err.Error() + ")", Differs: -1}
	}
	x := Explanation{Suite: s.suite, Expected: shown(pieces), Differs: -1}
	if s.fits(guess{pieces: pieces, material: s.material, suite: s.suite}, q.Signature) {
		x.Guess = "the right text and key, but not written as " + string(s.out)
		return x
	}
	for _, g := range q.guesses(s, pieces, others) {
		if s.fits(g, q.Signature) {
			x.Guess, x.Signed = g.name, shown(g.pieces)
			x.Differs = firstDifference(x.Expected, x.Signed)
			return x
		}
	}
	return x
}

func (q *Received) pieces(s *signing) ([]piece, error) {
	q.vars.pairs, q.vars.pairsOf = s.pairs, s.of
	var pieces []piece
	for _, part := range s.text.Parts() {
		if part.Name == "" {
			pieces = append(pieces, piece{text: part.Literal})
			continue
		}
		spec := strings.Join(slices.DeleteFunc(append([]string{part.Name, part.Format}, part.Filters...), func(s string) bool { return s == "" }), "|")
		t, err := crypto.ParseTemplate("{" + spec + "}")
		if err != nil {
			return nil, err
		}
		text, err := q.vars.expand(t)
		if err != nil {
			return nil, err
		}
		pieces = append(pieces, piece{part.Name, text})
	}
	return pieces, nil
}

func (q *Received) guesses(s *signing, pieces []piece, others []Party) []guess {
	var list []guess
	add := func(name string, g guess) {
		g.name = name
		if g.pieces == nil {
			g.pieces = pieces
		}
		if g.suite == "" {
			g.suite = s.suite
		}
		if g.material.Secret == nil && g.material.Public == nil {
			g.material = s.material
		}
		list = append(list, g)
	}
	q.keyGuesses(s, pieces, others, add)
	each := func(change func(piece) string, drop ...string) []piece {
		changed := slices.Clone(pieces)
		for i := range changed {
			if changed[i].name != "" {
				changed[i].text = change(changed[i])
			} else if slices.Contains(drop, changed[i].text) {
				changed[i].text = ""
			}
		}
		return changed
	}
	replace := func(old, with string) []piece {
		return each(func(p piece) string { return strings.ReplaceAll(p.text, old, with) })
	}
	add("a + in a value was lost to a space", guess{pieces: replace("+", " ")})
	add("a space in a value was written as +", guess{pieces: replace(" ", "+")})
	add("values were URL-encoded before signing", guess{pieces: each(func(p piece) string { return url.QueryEscape(p.text) })})
	add("the text was signed as GBK, not UTF-8", guess{encode: func(t string) ([]byte, error) {
		return simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(t))
	}})
	for i, p := range pieces {
		if p.name == "" {
			continue
		}
		add(fmt.Sprintf("%s is missing at place %d", p.name, i+1), guess{pieces: slices.Delete(slices.Clone(pieces), i, i+1)})
		for j := i + 1; j < len(pieces); j++ {
			swapped := slices.Clone(pieces)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			add(fmt.Sprintf("%s and %s are in each other's place", p.name, pieces[j].name), guess{pieces: swapped})
		}
	}
	if ms := q.vars.arrived["ts|ms"]; len(ms) > 3 {
		seconds := func(p piece) string {
			if p.name == "ts" {
				return ms[:len(ms)-3]
			}
			return p.text
		}
		add("the time stamp was signed in seconds, not milliseconds", guess{pieces: each(seconds)})
	}
	for slot, cred := range q.desk.party.Creds {
		if cred.IsZero() {
			continue
		}
		own := piece{"cred." + slot, cred.Reveal()}
		add(slot+" was put in front of the text", guess{pieces: append([]piece{own}, pieces...)})
		add(slot+" was appended to the text", guess{pieces: append(slices.Clone(pieces), own)})
	}
	add("the parts were joined with &", guess{pieces: joined(pieces, "&")})
	add("the parts were joined with line feeds", guess{pieces: joined(pieces, "\n")})
	add("line feeds were left out", guess{pieces: each(func(p piece) string { return p.text }, "\n")})
	for _, letters := range []struct {
		name   string
		change func(string) string
	}{{"lower", strings.ToLower}, {"upper", strings.ToUpper}} {
		for i, p := range pieces {
			if changed := letters.change(p.text); p.name != "" && changed != p.text {
				list := slices.Clone(pieces)
				list[i].text = changed
				add(p.name+" was in "+letters.name+" case", guess{pieces: list})
			}
		}
	}
	add("the body was appended to the text", guess{pieces: append(slices.Clone(pieces), piece{"body", string(q.vars.body)})})
	add("the nonce was signed without hyphens", guess{pieces: each(func(p piece) string {
		if p.name == "nonce" {
			return strings.ReplaceAll(p.text, "-", "")
		}
		return p.text
	})})
	q.suiteGuesses(s, add)
	q.pairGuesses(s, pieces, add)
	return list
}

// keyGuesses tries other keys. A secret that also stands in the text is replaced there
// as well, because the caller has one value for both.
func (q *Received) keyGuesses(s *signing, pieces []piece, others []Party, add func(string, guess)) {
	secret := string(s.material.Secret)
	try := func(name, key string) {
		if secret == "" || key == "" || key == secret {
			return
		}
		replaced := slices.Clone(pieces)
		for i, p := range replaced {
			if p.name == "cred."+q.o.Sign.Key {
				replaced[i].text = key
			}
		}
		m := crypto.Material{Secret: []byte(key)}
		add(name, guess{material: m, pieces: replaced})
		add(name+", but for the text the right value", guess{material: m})
	}
	try("the key was trimmed", strings.TrimSpace(secret))
	try("the key was in lower case", strings.ToLower(secret))
	try("the key was in upper case", strings.ToUpper(secret))
	try("the key had a line end behind it", secret+"\n")
	try("the key had a space in front of it", " "+secret)
	try("the key had a space behind it", secret+" ")
	if raw, err := hex.DecodeString(secret); err == nil {
		try("the key was read as hex", string(raw))
	}
	if raw, err := base64.StdEncoding.DecodeString(secret); err == nil {
		try("the key was read as Base64", string(raw))
	}
	for _, other := range others {
		try("the key of another caller was used", other.Creds[q.o.Sign.Key].Reveal())
		if public := other.Public[q.o.Sign.Key]; public != nil {
			add("the key of another caller was used", guess{material: crypto.Material{Public: public}})
		}
	}
	for slot, cred := range q.desk.party.Creds {
		if slot != q.o.Sign.Key {
			try("the wrong credential was used as key: "+slot, cred.Reveal())
		}
	}
}

// suiteGuesses tries every other suite that the same key fits, and plain digests.
func (q *Received) suiteGuesses(s *signing, add func(string, guess)) {
	own, _ := crypto.FindSuite(s.suite)
	for _, other := range crypto.Suites() {
		if other.Use == crypto.Sign && other.Name != s.suite && (other.Key == own.Key || other.Key == crypto.KeyNone) {
			add("the suite was "+other.Name, guess{suite: other.Name})
		}
	}
}

// pairGuesses tries the other ways to join names and values.
// maxGuessed keeps a hostile request from making the sandbox work for seconds: no
// contract has half as many members.
const maxGuessed = 64

func (q *Received) pairGuesses(s *signing, pieces []piece, add func(string, guess)) {
	at := slices.IndexFunc(pieces, func(p piece) bool { return p.name == "kv" })
	members, ok := q.vars.members[s.of]
	if at < 0 || !ok || len(members) > maxGuessed {
		return
	}
	try := func(name string, change func(*crypto.Canonicalizer)) {
		c := s.pairs
		change(&c)
		changed := slices.Clone(pieces)
		changed[at].text = string(c.Append(nil, toPairs(members)))
		add(name, guess{pieces: changed})
	}
	try("names were not sorted", func(c *crypto.Canonicalizer) { c.Sort = false })
	try("names were sorted", func(c *crypto.Canonicalizer) { c.Sort = true })
	try("empty values were left out", func(c *crypto.Canonicalizer) { c.SkipEmpty = true })
	try("empty values were signed too", func(c *crypto.Canonicalizer) { c.SkipEmpty = false })
	try("only values were signed, without names", func(c *crypto.Canonicalizer) { c.ValuesOnly, c.Separator = true, nil })
	for _, m := range members {
		try("a member was left out: "+m.Name, func(c *crypto.Canonicalizer) { c.Drop = append(slices.Clone(c.Drop), m.Name) })
	}
}

// fits computes or verifies a guess, in any encoding.
func (s *signing) fits(g guess, signature string) bool {
	text := []byte(join(g.pieces))
	if g.encode != nil {
		var err error
		if text, err = g.encode(string(text)); err != nil {
			return false
		}
	}
	for _, written := range []crypto.Encoding{s.out, "hex", "b64"} {
		if arrived, err := written.Decode(signature); err == nil && s.fitsBytes(g, text, arrived) {
			return true
		}
	}
	return false
}

func (s *signing) fitsBytes(g guess, text, arrived []byte) bool {
	if v, err := crypto.NewVerifier(g.suite, g.material); err == nil {
		return v.Verify(text, arrived) == nil
	}
	signer, err := crypto.NewSigner(g.suite, g.material)
	if err != nil {
		return false
	}
	ours, err := signer.Sign(context.Background(), text)
	return err == nil && slices.Equal(ours, arrived)
}

// joined puts a separator between the parts.
func joined(pieces []piece, separator string) []piece {
	var list []piece
	for i, p := range pieces {
		if i > 0 {
			list = append(list, piece{text: separator})
		}
		list = append(list, p)
	}
	return list
}

func firstDifference(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	for i := range max(len(ra), len(rb)) {
		if i >= len(ra) || i >= len(rb) || ra[i] != rb[i] {
			return i
		}
	}
	return -1
}
