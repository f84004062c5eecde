package zwfw

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/zwfw-go/zwfw/crypto"
)

// Dialect says how one platform speaks: paths, names, where identity and signature
// go, ciphers, envelope, codes. It is data: adding a city changes no Go code. Build
// one with [ParseDialect] or by copying a preset and altering the copy. The meaning
// of every member stands in docs/dialects.md.
type Dialect struct {
	Schema   int    `json:"schema"`            // 1
	Platform string `json:"platform"`          // "lutong"
	Name     string `json:"name"`              // "sd-sop@1": name and version
	Extends  string `json:"extends,omitempty"` // a preset whose members hold where this document is silent
	Protocol
	// Bases says what differs at an address other than the main one.
	Bases map[string]Protocol `json:"bases,omitempty"`
	Seals map[string]Seal     `json:"seals,omitempty"`
	// Tables map the client's values to the platform's; a table's name is a filter.
	// A value that a table does not hold passes as it is.
	Tables map[string]map[string]string `json:"tables,omitempty"`
	Ops    map[string]Operation         `json:"ops"`
}

// Protocol is what a dialect says for all operations and an operation may say again
// for itself: single values, sign, body, reply and texts replace; headers, query and
// kinds are merged, and an empty header or query value removes it.
type Protocol struct {
	Note        string            `json:"note,omitempty"`        // for people
	Method      string            `json:"method,omitempty"`      // POST when silent
	Type        string            `json:"type,omitempty"`        // json (when silent), form or query
	ContentType string            `json:"contentType,omitempty"` // when the usual one of the type does not do
	Charset     string            `json:"charset,omitempty"`     // UTF-8 (when silent) or GBK
	Zone        string            `json:"zone,omitempty"`        // offset of times without one; +08:00 when silent
	Headers     map[string]string `json:"headers,omitempty"`     // name: template
	Query       map[string]string `json:"query,omitempty"`       // name: template
	Sign        *Sign             `json:"sign,omitempty"`
	Body        json.RawMessage   `json:"body,omitempty"` // shape; {"...":"$in"} when silent
	Reply       *Reply            `json:"reply,omitempty"`
	Kinds       map[string]Kind   `json:"kinds,omitempty"` // platform code, or prefix*: kind
	Texts       []TextRule        `json:"texts,omitzero"`  // tried in order when the code is absent or unknown
	Retry       string            `json:"retry,omitempty"` // "never" makes an operation stricter
}

// Operation is one call of the platform.
type Operation struct {
	Path string `json:"path,omitempty"`
	Base string `json:"base,omitempty"` // which of the client's addresses; "" is the main one
	Call string `json:"call,omitempty"` // what {call} stands for, where one path serves many operations
	Protocol
	In    map[string]string `json:"in,omitempty"`    // request field: wire name|filter…
	Out   map[string]string `json:"out,omitempty"`   // reply field: wire path|filter…
	Times map[string]string `json:"times,omitempty"` // field: time format as sent
}

// Sign says how a request is signed: text is expanded, signed with suite and key,
// and stands wherever a template says {sign}.
type Sign struct {
	Suite   string          `json:"suite"`             // see crypto.Suites; "none" turns signing off
	Key     string          `json:"key,omitempty"`     // credential or key slot of the client
	Text    string          `json:"text,omitempty"`    // template; {kv} when silent
	Pairs   *Pairs          `json:"kv,omitempty"`      // what {kv} stands for
	Out     crypto.Encoding `json:"out,omitempty"`     // hex, HEX, b64, b64url
	Charset string          `json:"charset,omitempty"` // of the text; UTF-8 when silent
	UserID  string          `json:"userId,omitempty"`  // SM2 user identifier; 1234567812345678 when silent
}

// Pairs says which names and values are signed and how they are joined.
type Pairs struct {
	Of        string   `json:"of,omitempty"` // "body" (when silent) or a member of it, "body.data"
	Sort      bool     `json:"sort,omitempty"`
	SkipEmpty bool     `json:"skipEmpty,omitempty"`
	Values    bool     `json:"values,omitempty"` // values only
	Drop      []string `json:"drop,omitempty"`
	Order     []string `json:"order,omitempty"`
	Join      *string  `json:"join,omitempty"`   // when silent "&" for k=v, nothing for values
	Assign    *string  `json:"assign,omitempty"` // between name and value; "=" when silent
}

// Seal is a named cipher, usable as a filter behind a wire name.
type Seal struct {
	Suite  string          `json:"suite"`
	Own    string          `json:"own,omitempty"`    // private key slot that opens
	Peer   string          `json:"peer,omitempty"`   // public key slot that seals
	Key    string          `json:"key,omitempty"`    // credential of a symmetric cipher
	Derive string          `json:"derive,omitempty"` // how the key is made from it
	IV     string          `json:"iv,omitempty"`
	Out    crypto.Encoding `json:"out,omitempty"`
}

// Reply says where the parts of an answer stand. Where paths are listed, the first
// one present wins; "" is the whole. Filters behind a path are applied left to right
// when reading.
type Reply struct {
	Root         []string        `json:"root,omitempty"`  // where the envelope begins
	Code         []string        `json:"code,omitempty"`  // the platform's code
	OK           []string        `json:"ok,omitempty"`    // codes that say success
	Error        []string        `json:"error,omitempty"` // success when all of these are empty
	Text         []string        `json:"text,omitempty"`
	Data         []string        `json:"data,omitempty"`
	ID           []string        `json:"id,omitempty"`
	Time         []string        `json:"time,omitempty"` // the platform's own clock
	RetryAfterMs []string        `json:"retryAfterMs,omitempty"`
	Kinds        map[string]Kind `json:"kinds,omitempty"` // of this level only
	Then         *Reply          `json:"then,omitempty"`  // a second verdict inside the data
}

// TextRule is ["regular expression", "Kind"].
type TextRule struct {
	Match string
	Kind  Kind
}

// UnmarshalJSON reads the two-element form.
func (r *TextRule) UnmarshalJSON(data []byte) error {
	var two []string
	if err := json.Unmarshal(data, &two); err != nil || len(two) != 2 {
		return fmt.Errorf(`a text rule is ["regular expression", "Kind"]`)
	}
	r.Match, r.Kind = two[0], Kind(two[1])
	return nil
}

// MarshalJSON writes the two-element form.
func (r TextRule) MarshalJSON() ([]byte, error) {
	return json.Marshal([]string{r.Match, string(r.Kind)})
}

// Clone copies the document so that altering one leaves the other alone.
func (d *Dialect) Clone() *Dialect {
	c := *d
	c.Protocol = Protocol{}.With(d.Protocol)
	c.Bases = maps.Clone(d.Bases)
	for name, base := range c.Bases {
		c.Bases[name] = Protocol{}.With(base)
	}
	c.Seals = maps.Clone(d.Seals)
	c.Tables = maps.Clone(d.Tables)
	for name, table := range c.Tables {
		c.Tables[name] = maps.Clone(table)
	}
	c.Ops = make(map[string]Operation, len(d.Ops))
	for name, op := range d.Ops {
		op.Protocol = Protocol{}.With(op.Protocol)
		op.In, op.Out, op.Times = maps.Clone(op.In), maps.Clone(op.Out), maps.Clone(op.Times)
		c.Ops[name] = op
	}
	return &c
}

// With gives p overridden by what o says. The result shares nothing with either.
func (p Protocol) With(o Protocol) Protocol {
	override(&p.Note, o.Note)
	override(&p.Method, o.Method)
	override(&p.Type, o.Type)
	override(&p.ContentType, o.ContentType)
	override(&p.Charset, o.Charset)
	override(&p.Zone, o.Zone)
	override(&p.Retry, o.Retry)
	p.Headers = mergeOrReplace(p.Headers, o.Headers)
	p.Query = mergeOrReplace(p.Query, o.Query)
	p.Kinds = merge(p.Kinds, o.Kinds)
	if o.Sign != nil {
		p.Sign = o.Sign
	}
	p.Sign = p.Sign.clone()
	if o.Body != nil {
		p.Body = o.Body
	}
	p.Body = slices.Clone(p.Body)
	if o.Reply != nil {
		p.Reply = o.Reply
	}
	p.Reply = p.Reply.clone()
	if o.Texts != nil {
		p.Texts = o.Texts
	}
	p.Texts = slices.Clone(p.Texts)
	return p
}

// Extend gives base overridden by d; d's own name and platform stay.
func (d *Dialect) Extend(base *Dialect) *Dialect {
	r, d := base.Clone(), d.Clone()
	r.Schema, r.Platform, r.Name, r.Extends = d.Schema, d.Platform, d.Name, ""
	r.Protocol = r.Protocol.With(d.Protocol)
	for name, base := range d.Bases {
		r.Bases = merge(r.Bases, map[string]Protocol{name: r.Bases[name].With(base)})
	}
	r.Seals = merge(r.Seals, d.Seals)
	r.Tables = merge(r.Tables, d.Tables)
	for name, op := range d.Ops {
		into, ok := r.Ops[name]
		if !ok {
			r.Ops[name] = op
			continue
		}
		override(&into.Path, op.Path)
		override(&into.Base, op.Base)
		override(&into.Call, op.Call)
		into.Protocol = into.Protocol.With(op.Protocol)
		into.In, into.Out = merge(into.In, op.In), merge(into.Out, op.Out)
		into.Times = merge(into.Times, op.Times)
		r.Ops[name] = into
	}
	return r
}

// mergeOrReplace merges, unless "*" says that nothing of a holds. The "*" is kept: a
// document may be laid over another one later.
func mergeOrReplace(a, b map[string]string) map[string]string {
	if _, ok := b["*"]; ok {
		a = nil
	}
	return merge(a, b)
}

func override(into *string, from string) {
	if from != "" {
		*into = from
	}
}

func merge[V any](a, b map[string]V) map[string]V {
	if a == nil && b == nil {
		return nil
	}
	r := make(map[string]V, len(a)+len(b))
	maps.Copy(r, a)
	maps.Copy(r, b)
	return r
}

func (s *Sign) clone() *Sign {
	if s == nil {
		return nil
	}
	c := *s
	if s.Pairs != nil {
		p := *s.Pairs
		p.Drop, p.Order = slices.Clone(p.Drop), slices.Clone(p.Order)
		p.Join, p.Assign = cloneText(p.Join), cloneText(p.Assign)
		c.Pairs = &p
	}
	return &c
}

func cloneText(text *string) *string {
	if text == nil {
		return nil
	}
	c := *text
	return &c
}

func (r *Reply) clone() *Reply {
	if r == nil {
		return nil
	}
	c := *r
	for _, list := range []*[]string{&c.Root, &c.Code, &c.OK, &c.Error, &c.Text, &c.Data, &c.ID, &c.Time, &c.RetryAfterMs} {
		*list = slices.Clone(*list)
	}
	c.Kinds = maps.Clone(c.Kinds)
	c.Then = r.Then.clone()
	return &c
}
