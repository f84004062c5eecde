package dock

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// Desk is the platform's side of a dialect for one caller: it reads that caller's
// requests, checks their signatures and writes the answers. Keys change hands: it
// opens with the slot the caller seals to and seals to the slot the caller opens with.
type Desk struct {
	manifest Manifest
	dialect  *zwfw.Dialect
	own      *zwfw.Dialect // the document as given, before its preset; nil for the default
	party    Party
	ops      map[string]*operation
}

// Fault is why a request was not accepted before anything was done.
type Fault struct {
	Kind   zwfw.Kind
	Field  string // wire name of the header or member
	Detail string
}

func (f *Fault) Error() string { return string(f.Kind) + ": " + f.Field + ": " + f.Detail }

// NewDesk compiles a desk. A nil dialect means the manifest's default.
func NewDesk(m Manifest, d *zwfw.Dialect, p Party) (*Desk, error) {
	dialect, err := resolve(m, d)
	if err != nil {
		return nil, err
	}
	c := compiler{manifest: m, dialect: dialect, party: p, side: platform, random: &lockedReader{}}
	desk := &Desk{manifest: m, dialect: dialect, own: d, party: p}
	if desk.ops, err = c.operations(); err != nil {
		return nil, err
	}
	return desk, nil
}

// Match finds the operation a request is for. base is the address slot it came in
// by, path what follows that address. Operations that share a path are told apart by
// the fixed members of their bodies.
func (d *Desk) Match(base, path string, body []byte) (string, bool) {
	for _, name := range slices.Sorted(maps.Keys(d.ops)) {
		o := d.ops[name]
		if o.base == base && strings.Trim(o.path, "/") == strings.Trim(path, "/") && o.fixedFits(body) {
			return name, true
		}
	}
	return "", false
}

// fixedFits compares the members that never change.
func (o *operation) fixedFits(body []byte) bool {
	var root jsonx.Value
	for _, s := range o.body {
		parts := s.template.Parts()
		if len(parts) != 1 || parts[0].Name != "" && parts[0].Name != "call" {
			continue
		}
		want := parts[0].Literal
		if parts[0].Name == "call" {
			want = o.call
		}
		if !root.Present() {
			root, _ = o.parseBody(body, nil)
		}
		if got := root.Get(s.name); got.Present() && got.Text() != want {
			return false
		}
	}
	return true
}

// Received is one request as the platform's side sees it.
type Received struct {
	Op        string
	Claims    map[string]string // credentials as claimed, by slot
	At        time.Time         // the caller's time stamp; zero when the dialect has none
	Nonce     string
	Signature string
	Token     string // the calling unit's, as it arrived; whoever serves it checks it

	desk   *Desk
	o      *operation
	vars   *vars
	fields jsonx.Value
}

// Read takes a request apart. The fault, if any, names the header or member. What was
// read up to then is returned with it.
func (d *Desk) Read(op string, r *http.Request, body []byte) (*Received, *Fault) {
	o := d.ops[op]
	q := &Received{Op: op, Claims: make(map[string]string), desk: d, o: o}
	q.vars = &vars{
		creds: d.party.Creds, zone: zoneOf(o.Zone), method: r.Method, path: r.URL.EscapedPath(), body: body,
		call: o.call, arrived: make(map[string]string),
	}
	if r.Method != o.method() {
		return q, &Fault{zwfw.BadRequest, "method", "is " + r.Method + ", the dialect has " + o.method()}
	}
	for _, h := range o.headers {
		if fault := q.capture(h.template, r.Header.Get(h.name), h.name); fault != nil {
			return q, fault
		}
	}
	for _, p := range o.query {
		if fault := q.capture(p.template, r.URL.Query().Get(p.name), p.name); fault != nil {
			return q, fault
		}
	}
	root, err := o.parseBody(body, r.URL)
	if err != nil {
		return q, &Fault{zwfw.BadRequest, "body", err.Error()}
	}
	if fault := q.members(o.body, root, "body"); fault != nil {
		return q, fault
	}
	return q, q.checkClaims()
}

// capture reads a value back through the template that wrote it.
func (q *Received) capture(t crypto.Template, text, name string) *Fault {
	if text == "" {
		return &Fault{zwfw.BadRequest, name, "is missing"}
	}
	found, ok := t.Match(text)
	if !ok {
		return &Fault{zwfw.BadRequest, name, "is not in the form of the dialect"}
	}
	for key, value := range found {
		kind, format, _ := strings.Cut(key, "|")
		switch {
		case strings.HasPrefix(kind, "cred."):
			q.Claims[strings.TrimPrefix(kind, "cred.")] = value
		case kind == "sign":
			// Headers are read first: where both carry one, the header's covers the body.
			q.Signature = or(q.Signature, value)
		case kind == "token":
			q.Token, q.vars.token = value, value
		case kind == "nonce":
			q.Nonce = value
			q.vars.arrived[key] = value
		case kind == "ts":
			at, err := wiretime.Parse(value, q.vars.zone)
			if err != nil {
				return &Fault{zwfw.BadRequest, name, "is no time in the format " + format}
			}
			q.At = at
			q.vars.arrived[key] = value
		}
	}
	return nil
}

func (q *Received) members(shape []shapeMember, root jsonx.Value, path string) *Fault {
	if root.Kind() != jsonx.Object {
		return &Fault{zwfw.BadRequest, path, "is no object"}
	}
	var kept []jsonx.Member
	signed := func(name string) bool {
		return slices.ContainsFunc(shape, func(s shapeMember) bool { return s.name == name && s.signed })
	}
	for name, value := range root.Members() {
		if !signed(name) {
			kept = append(kept, received(name, value))
		}
	}
	q.vars.keep(path, kept)
	for _, s := range shape {
		if s.splice {
			q.fields = root
			continue
		}
		value, opened := at(root.Get(s.name), wirePath{read: s.read})
		if !opened {
			return &Fault{zwfw.DecryptFailed, s.name, "cannot be opened"}
		}
		value = value.Enter()
		var fault *Fault
		switch {
		case s.in:
			q.fields = value
			q.vars.keep(path+"."+s.name, membersOf(value))
		case s.object != nil:
			fault = q.members(s.object, value, path+"."+s.name)
		default:
			fault = q.capture(s.template, value.Text(), s.name)
		}
		if fault != nil {
			return fault
		}
	}
	return nil
}

// received keeps a member as signatures see it: text of strings, bytes of the rest.
func received(name string, v jsonx.Value) jsonx.Member {
	if v.Kind() == jsonx.String {
		return jsonx.Member{Name: name, Text: v.Text()}
	}
	return jsonx.Member{Name: name, Text: string(v.Raw()), Bare: true}
}

func membersOf(v jsonx.Value) []jsonx.Member {
	var members []jsonx.Member
	for name, value := range v.Members() {
		members = append(members, received(name, value))
	}
	return members
}

// checkClaims compares what the caller says it is with what it was registered as.
func (q *Received) checkClaims() *Fault {
	for _, slot := range slices.Sorted(maps.Keys(q.Claims)) {
		if want := q.desk.party.Creds[slot]; want.Reveal() != q.Claims[slot] {
			return &Fault{zwfw.CallerDenied, slot, "is not the one registered for this caller"}
		}
	}
	return nil
}

// Verify checks the signature; nil when the operation is not signed.
func (q *Received) Verify() error {
	s := q.o.signing
	if s == nil {
		return nil
	}
	text, err := s.canonical(q.vars)
	if err != nil {
		return err
	}
	signature, err := s.out.Decode(q.Signature)
	if err != nil || s.out.Encode(signature) != q.Signature {
		return crypto.ErrSignature // platforms compare texts: upper case hex is wrong where lower is asked for
	}
	return s.verifier.Verify(text, signature)
}

// Decode fills the operation's request struct. What cannot be opened or read is a
// fault.
func (q *Received) Decode(into any) *Fault {
	problems := q.o.in.Read(q.fields, into)
	if len(problems) == 0 {
		return nil
	}
	p := problems[0]
	if p.Sealed {
		return &Fault{zwfw.DecryptFailed, p.Field, "cannot be opened"}
	}
	return &Fault{zwfw.BadRequest, p.Field, p.Expected}
}

// Answer is what the platform's side says.
type Answer struct {
	ID         string
	At         time.Time
	Out        any    // pointer to the operation's reply struct; nil for no data
	Code, Text string // of a refusal; Code "" and Failed for a text alone
	Failed     bool
	Detail     string // JSON that a refusal brings as data; "" for none
	Partly     bool   // a refusal of some rows: it brings Out as its data
}

// Write makes the body of an answer and its content type.
func (d *Desk) Write(op string, a Answer) ([]byte, string, error) {
	o := d.ops[op]
	out := outcome{code: a.Code, text: a.Text, id: a.ID, at: a.At, failed: a.Failed, partly: a.Partly, detail: a.Detail}
	if a.Out != nil {
		members, err := o.out.Members([]jsonx.Member{}, a.Out)
		if err != nil {
			return nil, "", err
		}
		out.members = members
	}
	if !out.failed && out.text == "" {
		out.text = "成功"
	}
	body, err := o.reply.write(out)
	return body, "application/json; charset=UTF-8", err
}

// CodeOf gives the platform code that the dialect reads as kind, "" when it has none. A
// city's own codes come before those of the preset that it extends.
func (d *Desk) CodeOf(op string, kind zwfw.Kind) string {
	tables := []map[string]zwfw.Kind{d.ops[op].Kinds}
	if d.own != nil {
		tables = []map[string]zwfw.Kind{d.own.Ops[op].Kinds, d.own.Kinds, d.ops[op].Kinds}
	}
	for _, kinds := range tables {
		for _, code := range slices.Sorted(maps.Keys(kinds)) {
			if kinds[code] == kind && d.ops[op].Kinds[code] == kind && !strings.Contains(code, "*") {
				return code
			}
		}
	}
	return ""
}

// Reads reports whether the dialect reads that code of an operation as kind.
func (d *Desk) Reads(op, code string, kind zwfw.Kind) bool {
	got, _ := d.ops[op].kinds.find(code)
	return got == kind
}

// parseBody reads a body of the operation's type as an object.
func (o *operation) parseBody(body []byte, u *url.URL) (jsonx.Value, error) {
	switch o.Type {
	case "form":
		return formObject(string(body), o.Charset)
	case "query":
		if u == nil {
			return jsonx.Value{}, errors.New("no address")
		}
		return formObject(u.RawQuery, o.Charset)
	}
	doc, err := jsonx.Parse(toUTF8(bytes.TrimSpace(body), "", o.Charset))
	if err != nil {
		return jsonx.Value{}, err
	}
	return doc.Root(), nil
}

func formObject(text, charset string) (jsonx.Value, error) {
	var members []jsonx.Member
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		n, err1 := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil {
			return jsonx.Value{}, errors.New("not form encoded")
		}
		n, v = string(toUTF8([]byte(n), "", charset)), string(toUTF8([]byte(v), "", charset))
		members = append(members, jsonx.Member{Name: n, Text: v})
	}
	doc, err := jsonx.Parse(jsonx.AppendObject(nil, members))
	if err != nil {
		return jsonx.Value{}, err
	}
	return doc.Root(), nil
}

// Party is what the desk knows of its caller.
func (d *Desk) Party() Party { return d.party }

// Dialect gives a copy of the dialect in use, extends resolved.
func (d *Desk) Dialect() *zwfw.Dialect { return d.dialect.Clone() }
