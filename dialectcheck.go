package zwfw

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/nearest"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

var (
	dialectName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*@[0-9]+$`)
	offset      = regexp.MustCompile(`^[+-](0[0-9]|1[0-4]):[0-5][0-9]$`)
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$") // a token of RFC 9110
)

// Validate checks structure, suites, kinds and templates. The first bad member is
// named by its path.
func (d *Dialect) Validate() error {
	c := dialectChecker{d: d}
	c.run()
	if c.err != nil {
		return fmt.Errorf("zwfw: dialect %s: %w", d.Name, c.err)
	}
	return nil
}

type dialectChecker struct {
	d   *Dialect
	err error
}

func (c *dialectChecker) fail(path, format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("%s: %s", path, fmt.Sprintf(format, args...))
	}
}

func (c *dialectChecker) run() {
	d := c.d
	if d.Schema != 1 {
		c.fail("schema", "expected 1, is %d", d.Schema)
	}
	if !dialectName.MatchString(d.Name) {
		c.fail("name", "expected name@version in lower case, such as sd-sop@1")
	}
	if d.Platform == "" {
		c.fail("platform", "is missing")
	}
	if d.Extends != "" && !dialectName.MatchString(d.Extends) {
		c.fail("extends", "expected name@version of a preset")
	}
	if len(d.Ops) == 0 && d.Extends == "" {
		c.fail("ops", "no operation")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Seals)) {
		c.seal("seals."+name, name, d.Seals[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Tables)) {
		if _, taken := d.Seals[name]; taken || slices.Contains(shapeFilters, name) {
			c.fail("tables."+name, "this name is taken by a filter or seal")
		}
		seen := make(map[string]bool)
		for _, ours := range slices.Sorted(maps.Keys(d.Tables[name])) {
			theirs := d.Tables[name][ours]
			if seen[theirs] {
				c.fail("tables."+name+"."+ours, "two values are sent as %q; the way back would be a guess", theirs)
			}
			seen[theirs] = true
		}
	}
	c.protocol("", d.Protocol)
	for _, name := range slices.Sorted(maps.Keys(d.Bases)) {
		c.protocol("bases."+name+".", d.Bases[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Ops)) {
		c.operation("ops."+name, d.Ops[name])
	}
}

func (c *dialectChecker) operation(path string, op Operation) {
	if op.Path == "" && op.Base == "" && c.d.Extends == "" {
		c.fail(path+".path", "is missing")
	}
	if op.Path != "" && !strings.HasPrefix(op.Path, "/") {
		c.fail(path+".path", "must begin with /")
	}
	if strings.ContainsAny(op.Path, "?# {}") || strings.Contains(op.Path, "..") {
		c.fail(path+".path", `no "?", "#", space, brace or ".."`)
	}
	c.protocol(path+".", op.Protocol)
	for _, side := range []struct {
		name  string
		paths map[string]string
	}{{"in", op.In}, {"out", op.Out}} {
		for _, field := range slices.Sorted(maps.Keys(side.paths)) {
			c.wire(fmt.Sprintf("%s.%s.%s", path, side.name, field), side.paths[field])
		}
	}
	for _, field := range slices.Sorted(maps.Keys(op.Times)) {
		if !wiretime.Valid(op.Times[field]) {
			c.fail(path+".times."+field, "unknown time format%s", nearest.Hint(op.Times[field], wiretime.Formats()))
		}
	}
}

func (c *dialectChecker) protocol(prefix string, p Protocol) {
	oneOf := func(name, value string, valid ...string) {
		if value != "" && !slices.Contains(valid, value) {
			c.fail(prefix+name, "unknown value%s", nearest.Hint(value, valid))
		}
	}
	oneOf("method", p.Method, "POST", "GET", "PUT")
	oneOf("type", p.Type, "json", "form", "query")
	oneOf("charset", p.Charset, "UTF-8", "GBK")
	if form := strings.Contains(p.ContentType, "form"); p.ContentType != "" && p.Type != "" && form != (p.Type == "form") {
		c.fail(prefix+"contentType", "does not fit type %s", p.Type)
	}
	oneOf("retry", p.Retry, "never")
	if p.Zone != "" && !offset.MatchString(p.Zone) {
		c.fail(prefix+"zone", "expected an offset such as +08:00")
	}
	for _, name := range slices.Sorted(maps.Keys(p.Headers)) {
		if c.removesAll(prefix+"headers.*", name, p.Headers[name]) {
			continue
		}
		if !headerName.MatchString(name) {
			c.fail(prefix+"headers", "%q is no header name", name)
		}
		if why, ok := takenHeaders[strings.ToLower(name)]; ok {
			c.fail(prefix+"headers."+name, "%s", why)
		}
		if strings.ContainsFunc(p.Headers[name], unicode.IsControl) {
			c.fail(prefix+"headers."+name, "holds a control character")
		}
		c.template(prefix+"headers."+name, p.Headers[name])
	}
	for _, name := range slices.Sorted(maps.Keys(p.Query)) {
		if c.removesAll(prefix+"query.*", name, p.Query[name]) {
			continue
		}
		c.template(prefix+"query."+name, p.Query[name])
	}
	if p.Sign != nil {
		c.sign(prefix+"sign", *p.Sign)
	}
	if p.Body != nil {
		c.shape(prefix+"body", p.Body)
	}
	if p.Reply != nil {
		c.reply(prefix+"reply", *p.Reply)
	}
	c.kinds(prefix+"kinds", p.Kinds)
	for i, rule := range p.Texts {
		at := fmt.Sprintf("%stexts[%d]", prefix, i)
		if _, err := regexp.Compile(rule.Match); err != nil || rule.Match == "" {
			c.fail(at, "not a regular expression")
		}
		c.kind(at, rule.Kind)
	}
}

// removesAll tells the entry "*": "", which drops what a wider level says.
func (c *dialectChecker) removesAll(path, name, text string) bool {
	if name == "*" && text != "" {
		c.fail(path, `takes only "": it removes all of them`)
	}
	return name == "*"
}

func (c *dialectChecker) sign(path string, s Sign) {
	if s.Suite == "none" {
		return
	}
	c.suite(path+".suite", s.Suite, crypto.Sign)
	if s.Out != "" && !s.Out.Valid() {
		c.fail(path+".out", "expected hex, HEX, b64 or b64url")
	}
	c.template(path+".text", s.Text)
	if s.Pairs != nil && s.Pairs.Of != "" && s.Pairs.Of != "body" && !strings.HasPrefix(s.Pairs.Of, "body.") {
		c.fail(path+".kv.of", `expected "body" or "body.member"`)
	}
	if s.Charset != "" && s.Charset != "UTF-8" && s.Charset != "GBK" {
		c.fail(path+".charset", "expected UTF-8 or GBK")
	}
	if s.UserID != "" && !strings.HasPrefix(s.Suite, "sm2-") {
		c.fail(path+".userId", "is for SM2 suites only")
	}
}

func (c *dialectChecker) seal(path, name string, s Seal) {
	if slices.Contains(shapeFilters, name) {
		c.fail(path, "this name is taken by a filter")
	}
	c.suite(path+".suite", s.Suite, crypto.Seal)
	if s.Out != "" && !s.Out.Valid() {
		c.fail(path+".out", "expected hex, HEX, b64 or b64url")
	}
	if s.Own == "" && s.Peer == "" && s.Key == "" {
		c.fail(path, "names no key: own, peer or key is needed")
	}
}

func (c *dialectChecker) suite(path, name string, use crypto.Use) {
	if s, ok := crypto.FindSuite(name); ok && s.Use == use {
		return
	}
	var valid []string
	for _, s := range crypto.Suites() {
		if s.Use == use {
			valid = append(valid, s.Name)
		}
	}
	c.fail(path, "unknown suite%s", nearest.Hint(name, valid))
}

// takenHeaders are not a dialect's to set.
var takenHeaders = map[string]string{
	"content-type": "is set by type, charset and contentType", "host": "is that of the address", "content-length": "is set by the transport",
	"transfer-encoding": "is set by the transport", "connection": "is set by the transport",
	"idempotency-key": "would let the transport send a request twice", "x-idempotency-key": "would let the transport send a request twice",
}

func (c *dialectChecker) template(path, text string) {
	t, err := crypto.ParseTemplate(text)
	if err != nil {
		c.fail(path, "%v", err)
	}
	for _, part := range t.Parts() {
		if n := len(part.Filters); n > 0 && slices.Contains([]string{"sha256", "sha1", "md5", "sm3"}, part.Filters[n-1]) {
			c.fail(path, "{%s|%s} gives raw bytes; put an encoding behind it: |hex, |HEX or |b64", part.Name, strings.Join(part.Filters, "|"))
		}
	}
}

// shapeFilters are the filters behind a wire name that are not seals.
var shapeFilters = []string{"digits", "json", "num", "quotes", "text"}

// wire checks "name|filter|filter".
func (c *dialectChecker) wire(path, spec string) {
	name, filters, _ := strings.Cut(spec, "|")
	if name == "" && strings.Contains(path, ".in.") {
		c.fail(path, "the wire name is empty")
	}
	c.filters(path, filters)
}

func (c *dialectChecker) filters(path, filters string) {
	if filters == "" {
		return
	}
	for _, f := range strings.Split(filters, "|") {
		_, seal := c.d.Seals[f]
		_, table := c.d.Tables[f]
		if !seal && !table && !slices.Contains(shapeFilters, f) {
			if c.d.Extends != "" {
				continue // the preset may define the seal; the resolved document is checked again
			}
			c.fail(path, "unknown filter %q%s", f, nearest.Hint(f, slices.Concat(slices.Sorted(maps.Keys(c.d.Seals)), slices.Sorted(maps.Keys(c.d.Tables)), shapeFilters)))
		}
	}
}

// shape checks a body: an object whose values are templates or further objects.
func (c *dialectChecker) shape(path string, raw json.RawMessage) {
	members, ok := objectOf(raw)
	if !ok {
		c.fail(path, `expected an object, such as {"...":"$in"}`)
		return
	}
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		name, filters, _ := strings.Cut(m.name, "|")
		at := path + "." + name
		if seen[name] {
			c.fail(at, "appears twice")
		}
		seen[name] = true
		c.filters(at, filters)
		var text string
		switch {
		case bytes.HasPrefix(m.value, []byte("{")):
			c.shape(at, m.value)
		case json.Unmarshal(m.value, &text) != nil:
			c.fail(at, "expected a template or an object")
		case text == "$in":
		case name == "...":
			c.fail(at, `"..." takes only "$in"`)
		default:
			c.template(at, text)
		}
	}
}

func (c *dialectChecker) reply(path string, r Reply) {
	if len(r.OK) == 0 && len(r.Error) == 0 {
		c.fail(path, "success is undefined: give ok (codes) or error (paths that must be empty)")
	}
	if len(r.OK) > 0 && len(r.Code) == 0 {
		c.fail(path+".code", "is missing: ok needs a place to read the code from")
	}
	for _, list := range []struct {
		name  string
		paths []string
	}{{"root", r.Root}, {"code", r.Code}, {"error", r.Error}, {"text", r.Text}, {"data", r.Data}, {"id", r.ID}, {"time", r.Time}, {"retryAfterMs", r.RetryAfterMs}} {
		for _, spec := range list.paths {
			_, filters, _ := strings.Cut(spec, "|")
			c.filters(path+"."+list.name, filters)
		}
	}
	c.kinds(path+".kinds", r.Kinds)
	if r.Then != nil {
		c.reply(path+".then", *r.Then)
	}
}

func (c *dialectChecker) kinds(path string, kinds map[string]Kind) {
	for _, code := range slices.Sorted(maps.Keys(kinds)) {
		if i := strings.IndexByte(code, '*'); i >= 0 && i != len(code)-1 {
			c.fail(path+"."+code, "* stands only at the end")
		}
		c.kind(path+"."+code, kinds[code])
	}
}

func (c *dialectChecker) kind(path string, k Kind) {
	if knownKind(k) {
		return
	}
	if k == "" && strings.Contains(path, "kinds.") {
		return // removes an inherited code
	}
	names := make([]string, 0, len(kindTable))
	for _, i := range kindTable {
		names = append(names, string(i.kind))
	}
	c.fail(path, "unknown kind %q%s", k, nearest.Hint(string(k), names))
}
