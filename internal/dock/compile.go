package dock

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/nearest"
)

// side is which end of the line a party stands at. It decides which key slots seal
// and which open.
type side uint8

const (
	caller side = iota
	platform
)

// operation is an Op joined with its dialect, ready to be called or served.
type operation struct {
	Op
	zwfw.Protocol
	base    string
	path    string
	call    string
	url     *url.URL // of the caller's side
	in, out *jsonx.Plan
	headers []namedTemplate
	query   []namedTemplate
	body    []shapeMember
	signing *signing
	reply   *reply
	kinds   kindTable
	texts   []textRule
	token   bool   // a template says {token}
	plain   bool   // the body is written in one go
	missing string // why the operation cannot be called with this party
}

type namedTemplate struct {
	name     string
	template crypto.Template
}

type textRule struct {
	match *regexp.Regexp
	kind  zwfw.Kind
}

// use is what a party's dialect signs or seals with at one place, as of now.
type use struct {
	where  string
	report func() crypto.Report
}

func (c *compiler) used(where string, entry crypto.ReportEntry) {
	c.uses = append(c.uses, use{where, func() crypto.Report { return crypto.Report{entry} }})
}

// compiler joins a manifest, a dialect and a party.
type compiler struct {
	manifest Manifest
	dialect  *zwfw.Dialect
	party    Party
	bases    map[string]*url.URL
	side     side
	random   *lockedReader
	weak     bool // weak cryptography is accepted
	uses     []use
	charset  string // of the operation at hand
	ciphers  map[string]crypto.Cipher
	patterns map[string]*regexp.Regexp
}

// resolve picks the dialect, follows extends and checks names.
func resolve(m Manifest, d *zwfw.Dialect) (*zwfw.Dialect, error) {
	if d == nil {
		d = m.Presets[0]
	}
	if d.Platform != m.Platform {
		return nil, fmt.Errorf("%s: dialect %s is for platform %q, not %q", m.Platform, d.Name, d.Platform, m.Platform)
	}
	d, err := extended(m, d, len(m.Presets))
	if err != nil {
		return nil, err
	}
	if err := d.Validate(); err != nil {
		return nil, err
	}
	for name := range d.Ops {
		if _, ok := m.op(name); !ok {
			return nil, fmt.Errorf("%s: dialect %s: ops.%s: unknown operation%s", m.Platform, d.Name, name, nearest.Hint(name, m.opNames()))
		}
	}
	return d, nil
}

// extended lays a document over its preset, and that over its own.
func extended(m Manifest, d *zwfw.Dialect, depth int) (*zwfw.Dialect, error) {
	if d.Extends == "" {
		return d, nil
	}
	i := slices.IndexFunc(m.Presets, func(p *zwfw.Dialect) bool { return p.Name == d.Extends })
	if i < 0 || depth == 0 {
		var names []string
		for _, p := range m.Presets {
			names = append(names, p.Name)
		}
		return nil, fmt.Errorf("%s: dialect %s: extends: no preset %q%s", m.Platform, d.Name, d.Extends, nearest.Hint(d.Extends, names))
	}
	base, err := extended(m, m.Presets[i], depth-1)
	if err != nil {
		return nil, err
	}
	return d.Extend(base), nil
}

func (c *compiler) operations() (map[string]*operation, error) {
	c.ciphers = make(map[string]crypto.Cipher)
	c.patterns = make(map[string]*regexp.Regexp)
	ops := make(map[string]*operation)
	for _, name := range slices.Sorted(maps.Keys(c.dialect.Ops)) {
		op, _ := c.manifest.op(name)
		o, err := c.operation(op, c.dialect.Ops[name])
		if err != nil {
			return nil, fmt.Errorf("%s: dialect %s: ops.%s: %w", c.manifest.Platform, c.dialect.Name, name, err)
		}
		ops[name] = o
	}
	return ops, nil
}

func (c *compiler) operation(op Op, spec zwfw.Operation) (*operation, error) {
	protocol := c.dialect.Protocol.With(c.dialect.Bases[spec.Base]).With(spec.Protocol)
	c.charset = protocol.Charset
	o := &operation{Op: op, Protocol: protocol, base: spec.Base, path: spec.Path, call: spec.Call}
	if why, off := c.party.Off[op.Name]; off {
		o.missing = why
		return o, nil
	}
	if c.side == caller {
		base, ok := c.bases[o.base]
		if !ok {
			// An address that is not configured turns its operations off; a wrong
			// credential of a configured one is an error.
			o.missing = c.party.setting("base."+o.base) + " is not set"
			return o, nil
		}
		if first, _, _ := strings.Cut(strings.TrimPrefix(spec.Path, "/"), "/"); first != "" && strings.HasSuffix(strings.TrimRight(base.Path, "/"), "/"+first) {
			return nil, fmt.Errorf("%s must end before /%s, which the dialect's paths begin with", c.party.setting("base."+o.base), first)
		}
		rooted := *base
		if rooted.Path == "" {
			rooted.Path = "/" // or the path that is signed would lack its first slash
		}
		o.url = rooted.JoinPath(spec.Path)
	}
	var err error
	zone := zoneOf(o.Zone)
	if err := c.usable(o); err != nil {
		return nil, err
	}
	if o.in, err = c.plan(op.In, "in", spec.In, spec.Times, zone, c.side == caller); err != nil {
		return nil, err
	}
	if o.out, err = c.plan(op.Out, "out", spec.Out, spec.Times, zone, c.side == platform); err != nil {
		return nil, err
	}
	for name, text := range o.Headers {
		if err := c.named(&o.headers, "headers."+name, name, text); err != nil {
			return nil, err
		}
	}
	for name, text := range o.Query {
		if err := c.named(&o.query, "query."+name, name, text); err != nil {
			return nil, err
		}
	}
	if o.call == "" && strings.Contains(string(o.Protocol.Body), "{call}") {
		return nil, fmt.Errorf("call: is missing; the body uses {call}")
	}
	byName := func(a, b namedTemplate) int { return strings.Compare(a.name, b.name) }
	slices.SortFunc(o.headers, byName)
	slices.SortFunc(o.query, byName)
	if o.body, err = c.shape(o.Protocol.Body); err != nil {
		return nil, err
	}
	if err := c.carriesFields(o); err != nil {
		return nil, err
	}
	if err := c.sign(o); err != nil {
		return nil, err
	}
	o.plain = o.isPlain()
	if o.Reply == nil {
		return nil, fmt.Errorf("reply: is missing")
	}
	if o.reply, err = c.reply(o.Reply, zone); err != nil {
		return nil, err
	}
	o.token = slices.ContainsFunc(slices.Concat(o.headers, o.query), func(t namedTemplate) bool { return names(t.template, "token") }) || shapeNames(o.body, "token")
	o.kinds = newKindTable(o.Kinds)
	for _, rule := range o.Texts {
		o.texts = append(o.texts, textRule{c.pattern(rule.Match), rule.Kind})
	}
	return o, nil
}

func (c *compiler) pattern(expr string) *regexp.Regexp {
	if c.patterns[expr] == nil {
		c.patterns[expr] = regexp.MustCompile(expr) // checked by Validate
	}
	return c.patterns[expr]
}

func (c *compiler) named(into *[]namedTemplate, path, name, text string) error {
	if text == "" {
		return nil // an operation removed it
	}
	t, err := c.template(path, text)
	if err != nil {
		return err
	}
	*into = append(*into, namedTemplate{name, t})
	return nil
}

// template parses and checks that every credential it names is configured.
func (c *compiler) template(path, text string) (crypto.Template, error) {
	t, err := crypto.ParseTemplate(text)
	if err != nil {
		return t, fmt.Errorf("%s: %w", path, err)
	}
	for _, part := range t.Parts() {
		slot, isCred := strings.CutPrefix(part.Name, "cred.")
		switch {
		case part.Name == "token" && c.side == caller && c.party.Token == nil:
			return t, fmt.Errorf("%s: {token} is used, but this client gets none from its platform", path)
		case part.Name == "" || slices.Contains(templateNames, part.Name):
		case isCred:
			if _, known := c.party.Creds[slot]; !known {
				return t, fmt.Errorf("%s: unknown credential {%s}%s", path, part.Name, nearest.Hint(slot, slices.Sorted(maps.Keys(c.party.Creds))))
			}
			if c.party.Creds[slot].IsZero() {
				return t, fmt.Errorf("%s is required: %s uses {%s}", c.party.setting(slot), path, part.Name)
			}
		default:
			names := slices.Clone(templateNames)
			for _, slot := range slices.Sorted(maps.Keys(c.party.Creds)) {
				names = append(names, "cred."+slot)
			}
			hint := nearest.Of(part.Name, names)
			if _, slot := c.party.Creds[part.Name]; slot {
				hint = "cred." + part.Name
			}
			if hint != "" {
				hint = "; did you mean {" + hint + "}?"
			}
			return t, fmt.Errorf("%s: unknown name {%s}%s", path, part.Name, hint)
		}
	}
	return t, nil
}

// templateNames are the names a template may use beside cred.slot.
var templateNames = []string{"ts", "nonce", "sign", "token", "method", "path", "body", "kv", "call"}

// usable refuses what would fail or be lost at the first call.
func (c *compiler) usable(o *operation) error {
	switch {
	case o.method() == http.MethodGet && o.Type != "query":
		return fmt.Errorf("method: GET sends no body; it needs type query")
	case o.Out == nil && len(c.dialect.Ops[o.Name].Out) > 0:
		return fmt.Errorf("out: the answer of this operation carries nothing that is read")
	}
	return nil
}

// carriesFields makes sure that the call's fields have a place in the body.
func (c *compiler) carriesFields(o *operation) error {
	if o.in == nil || len(o.in.Fields()) == 0 {
		return nil
	}
	if name := doubled(o.body, o.in.Names()); name != "" {
		return fmt.Errorf("body: the member %s is written twice", name)
	}
	if holdsIn(o.body) {
		return nil
	}
	return fmt.Errorf(`body: holds no "$in"; the call's fields would never be sent`)
}

// doubled names a member that the body says itself and the call's fields beside it, "" for
// none: which of the two a platform takes is a guess.
func doubled(shape []shapeMember, fields []string) string {
	splices := slices.ContainsFunc(shape, func(s shapeMember) bool { return s.splice })
	for _, s := range shape {
		if splices && !s.splice && slices.Contains(fields, s.name) {
			return s.name
		}
		if name := doubled(s.object, fields); name != "" {
			return name
		}
	}
	return ""
}

func shapeNames(shape []shapeMember, name string) bool {
	return slices.ContainsFunc(shape, func(s shapeMember) bool { return names(s.template, name) || shapeNames(s.object, name) })
}

func holdsIn(shape []shapeMember) bool {
	return slices.ContainsFunc(shape, func(s shapeMember) bool { return s.in || s.splice || holdsIn(s.object) })
}

// plan compiles one struct of an operation. writing says whether this side writes it.
func (c *compiler) plan(t typeOf, member string, wires, times map[string]string, zone *time.Location, writing bool) (*jsonx.Plan, error) {
	if t == nil {
		return nil, nil
	}
	var failed error
	used, timed := make(map[string]bool), make(map[string]bool)
	owners := make(map[string]string) // wire name below its parent: field
	plan := jsonx.Compile(t, func(path string) jsonx.Rule {
		rule := jsonx.Rule{Time: times[path], Zone: zone, Exact: c.side == platform && !writing}
		timed[path] = true
		spec, ok := wires[path]
		parent, own := "", path
		if i := strings.LastIndexByte(path, '.'); i >= 0 {
			parent, own = path[:i+1], path[i+1:]
		}
		names, filters, _ := strings.Cut(spec, "|")
		name, also, _ := strings.Cut(names, "+")
		if strings.Contains(names, "+") && failed == nil {
			failed = twins(member, path, names, owners[parent+also])
			owners[parent+also] = path
		}
		if other, taken := owners[parent+or(name, own)]; taken && failed == nil {
			failed = fmt.Errorf("%s.%s: the wire name %s is that of %s already", member, path, or(name, own), other)
		}
		owners[parent+or(name, own)] = path
		if !ok {
			return rule
		}
		used[path] = true
		rule.Name, rule.Also = name, also
		f, err := c.filters(filters, member == "out", writing)
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s.%s: %w", member, path, err)
		}
		if writing {
			rule.Write = f
		} else {
			rule.Read = f
		}
		return rule
	})
	if member == "in" {
		for path := range times {
			if !timed[path] && failed == nil {
				failed = fmt.Errorf("times.%s: unknown field%s", path, nearest.Hint(path, plan.Fields()))
			}
		}
	}
	for path := range wires {
		if !used[path] && failed == nil {
			failed = fmt.Errorf("%s.%s: unknown field%s", member, path, nearest.Hint(path, plan.Fields()))
		}
	}
	return plan, failed
}

// twins checks "qrcod+qrcode": one value under two names, in what is sent.
func twins(member, path, names, taken string) error {
	a, b, _ := strings.Cut(names, "+")
	problem := ""
	switch {
	case member != "in":
		problem = "two names are for what is sent"
	case a == "" || b == "" || a == b || strings.Contains(b, "+"):
		problem = "expected two different names, as in qrcod+qrcode"
	case strings.Contains(names, "."):
		problem = "two names cannot be joined to a path"
	case taken != "":
		problem = "the wire name " + b + " is that of " + taken + " already"
	default:
		return nil
	}
	return fmt.Errorf("%s.%s: %s", member, path, problem)
}

// checkCreds refuses credentials that a file or a form has added white space to: they
// would fail at every call, and nobody would see why.
func checkCreds(p Party, name string) error {
	for _, slot := range slices.Sorted(maps.Keys(p.Creds)) {
		if value := p.Creds[slot].Reveal(); value != strings.TrimSpace(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return fmt.Errorf("%s: %s begins or ends with white space or holds a line end; was it read from a file?", name, p.setting(slot))
		}
	}
	return nil
}

// parseBases checks the addresses: http or https, a host, no query, no fragment.
func parseBases(p Party, name string) (map[string]*url.URL, error) {
	bases := make(map[string]*url.URL, len(p.Bases))
	for slot, text := range p.Bases {
		problem := ""
		u, err := url.Parse(text)
		switch {
		case err != nil:
			problem = "not a URL"
		case u.Scheme != "http" && u.Scheme != "https":
			problem = "must begin with http:// or https://"
		case u.Host == "":
			problem = "names no host"
		case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
			problem = "must hold no user, query or fragment"
		}
		if problem != "" {
			return nil, fmt.Errorf("%s: %s: %s", name, p.setting("base."+slot), problem)
		}
		bases[slot] = u
	}
	return bases, nil
}
