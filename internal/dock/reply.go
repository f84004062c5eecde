package dock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// reply is a compiled Reply.
type reply struct {
	root, code, fail, text, data, id, time, retry []wirePath
	ok                                            []string
	okText                                        string // the first ok value as written
	kinds                                         kindTable
	then                                          *reply
	zone                                          *time.Location
	shared                                        bool // code and text are one member
}

// wirePath is a place in an answer and the filters behind it.
type wirePath struct {
	path  string
	read  []jsonx.Filter // on the caller's side
	write []jsonx.Filter // on the platform's side
}

func (c *compiler) reply(spec *zwfw.Reply, zone *time.Location) (*reply, error) {
	r := &reply{zone: zone, kinds: newKindTable(spec.Kinds)}
	for _, list := range []struct {
		name string
		from []string
		into *[]wirePath
	}{
		{"root", spec.Root, &r.root}, {"code", spec.Code, &r.code}, {"error", spec.Error, &r.fail}, {"text", spec.Text, &r.text},
		{"data", spec.Data, &r.data}, {"id", spec.ID, &r.id}, {"time", spec.Time, &r.time}, {"retryAfterMs", spec.RetryAfterMs, &r.retry},
	} {
		for _, text := range list.from {
			path, filters, _ := strings.Cut(text, "|")
			p := wirePath{path: path}
			f, err := c.filters(filters, true, c.side == platform)
			if err != nil {
				return nil, fmt.Errorf("reply.%s: %w", list.name, err)
			}
			if c.side == platform {
				p.write = f
			} else {
				p.read = f
			}
			*list.into = append(*list.into, p)
		}
	}
	if len(r.root) == 0 {
		r.root = []wirePath{{}}
	}
	r.shared = len(r.code) > 0 && len(r.text) > 0 && r.code[0].path == r.text[0].path
	if len(spec.OK) > 0 {
		r.okText = spec.OK[0]
	}
	for _, ok := range spec.OK {
		r.ok = append(r.ok, normalCode(ok))
	}
	if spec.Then != nil {
		then, err := c.reply(spec.Then, zone)
		if err != nil {
			return nil, fmt.Errorf("then.%w", err)
		}
		r.then = then
	}
	return r, nil
}

// verdict is what an answer says.
type verdict struct {
	understood bool // the envelope was there
	done       bool
	opened     bool // false: the data could not be opened
	inside     bool // a refusal within a success
	silent     bool // success is told by an error that is not there, not even as null
	code       string
	text       string
	id         string
	kind       zwfw.Kind   // from the reply's own table, "" when silent
	data       jsonx.Value // of a refusal as it arrived, nothing opened
	at         time.Time
	retryAfter time.Duration
}

// judge reads an envelope.
func (r *reply) judge(doc jsonx.Value) verdict {
	root, ok := r.envelope(doc)
	if !ok {
		return verdict{}
	}
	v := verdict{understood: true, opened: true}
	v.code = strings.TrimSpace(firstText(root, r.code))
	v.text = firstText(root, r.text)
	v.id = firstText(root, r.id)
	if text := firstText(root, r.time); text != "" {
		if at, err := wiretime.Parse(text, r.zone); err == nil {
			v.at = at
		}
	}
	v.retryAfter = retryAfterMs(firstText(root, r.retry))
	if v.done = r.success(root, v.code); !v.done {
		v.kind, _ = r.kinds.find(v.code)
		for _, p := range r.data {
			if v.data = root.Path(p.path); p.path != "" && !v.data.Empty() {
				break
			}
			v.data = jsonx.Value{}
		}
		return v
	}
	v.silent = len(r.ok) == 0 && !slices.ContainsFunc(r.fail, func(p wirePath) bool { return root.Path(p.path).Present() })
	v.data, v.opened = firstValue(root, r.data)
	if r.then != nil && v.opened && !v.data.Empty() { // nothing inside, no second verdict
		inner := r.then.judge(v.data)
		inner.id, inner.at, inner.inside = or(inner.id, v.id), v.at, !inner.done
		inner.code = or(inner.code, v.code)
		return inner
	}
	return v
}

// envelope finds the first root that is an object with the members by which success is
// told. Without one the answer is somebody else's, whatever else it says: a code that is
// not where the dialect has it is no refusal.
func (r *reply) envelope(doc jsonx.Value) (jsonx.Value, bool) {
	marks := [][]wirePath{r.code}
	if len(r.ok) == 0 { // told by the absence of an error: any known member will do
		marks = [][]wirePath{r.code, r.fail, r.data, r.id}
	}
	for _, p := range r.root {
		root, ok := at(doc, p)
		root = root.Enter()
		if !ok || root.Kind() != jsonx.Object {
			continue
		}
		for _, list := range marks {
			for _, known := range list {
				if root.Path(known.path).Present() && known.path != "" {
					return root, true
				}
			}
		}
		if slices.Contains(r.ok, "") { // an absent code is a good one here
			return root, true
		}
	}
	return jsonx.Value{}, false
}

func (r *reply) success(root jsonx.Value, code string) bool {
	for _, p := range r.fail {
		if !saysNothing(root.Path(p.path)) {
			return false
		}
		for name, value := range root.Members() { // Error:null beside error:{…}
			if strings.EqualFold(name, p.path) && !saysNothing(value) {
				return false
			}
		}
	}
	return len(r.ok) == 0 || slices.Contains(r.ok, normalCode(code))
}

// saysNothing takes the text "null" for what it means.
func saysNothing(v jsonx.Value) bool {
	return v.Empty() || v.Kind() == jsonx.String && strings.EqualFold(strings.TrimSpace(v.Text()), "null")
}

// at follows one path and its filters; false when a filter cannot open the value.
func at(root jsonx.Value, p wirePath) (jsonx.Value, bool) {
	v := root.Path(p.path)
	for _, f := range p.read {
		if f.Apply == nil {
			continue
		}
		if v.Empty() {
			return v, true
		}
		text, err := f.Apply(v.Text())
		if err != nil {
			return jsonx.Value{}, false
		}
		v = jsonx.TextValue(text)
	}
	if len(p.read) > 0 {
		if v = v.Enter(); v.Kind() == jsonx.String && !v.Empty() {
			// A wrong key can open to garbage; garbage is not JSON.
			return jsonx.Value{}, false
		}
	}
	return v, true
}

func firstText(root jsonx.Value, paths []wirePath) string {
	for _, p := range paths {
		text := root.Path(p.path).Text()
		for _, f := range p.read {
			if f.Apply != nil && text != "" {
				text, _ = f.Apply(text) // what cannot be opened is no text
			}
		}
		if text != "" {
			return text
		}
	}
	return ""
}

func firstValue(root jsonx.Value, paths []wirePath) (jsonx.Value, bool) {
	for _, p := range paths {
		v, ok := at(root, p)
		if !ok {
			return v, false
		}
		if !v.Empty() {
			return v.Enter(), true
		}
	}
	return jsonx.Value{}, true
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// branch is an answer on its way out: members by path, in the order of their first
// appearance.
type branch struct {
	name     string
	leaf     *jsonx.Member
	children []*branch
}

func (b *branch) set(path string, m jsonx.Member) {
	for path != "" {
		name, rest, _ := strings.Cut(path, ".")
		i := slices.IndexFunc(b.children, func(c *branch) bool { return c.name == name })
		if i < 0 {
			b.children = append(b.children, &branch{name: name})
			i = len(b.children) - 1
		}
		b, path = b.children[i], rest
	}
	b.leaf = &m
}

func (b *branch) member() jsonx.Member {
	if len(b.children) == 0 {
		if b.leaf == nil {
			return jsonx.Member{Name: b.name, Text: "{}", Bare: true}
		}
		b.leaf.Name = b.name
		return *b.leaf
	}
	members := make([]jsonx.Member, len(b.children))
	for i, c := range b.children {
		members[i] = c.member()
	}
	return jsonx.Member{Name: b.name, Text: string(jsonx.AppendObject(nil, members)), Bare: true}
}

var nullMember = jsonx.Member{Text: "null", Bare: true}

// outcome is what the platform's side wants to say.
type outcome struct {
	code, text, id string
	at             time.Time
	members        []jsonx.Member // of the data; nil when there is none
	failed         bool
	partly         bool   // the refusal has members
	detail         string // of a refusal, JSON
}

// write makes the body of an answer, the inverse of judge.
func (r *reply) write(out outcome) ([]byte, error) {
	m, err := r.member(out)
	return []byte(m.Text), err
}

func (r *reply) member(out outcome) (jsonx.Member, error) {
	tree := &branch{}
	root := r.root[0].path
	put := func(list []wirePath, m jsonx.Member) {
		if len(list) > 0 && list[0].path != "" {
			if m != nullMember {
				m, _ = m.Filtered(list[0].write) // num and text only: they cannot fail
			}
			tree.set(strings.Trim(root+"."+list[0].path, "."), m)
		}
	}
	put(r.id, jsonx.Member{Text: out.id})
	// Where code and text share a place, success is told by the code and a refusal by
	// the text.
	switch {
	case out.failed:
		if !r.shared {
			put(r.code, jsonx.Member{Text: out.code})
		}
		put(r.text, jsonx.Member{Text: out.text})
	default:
		put(r.fail, nullMember)
		if len(r.ok) > 0 {
			put(r.code, jsonx.Member{Text: r.okText})
			if !r.shared {
				put(r.text, jsonx.Member{Text: out.text})
			}
		}
	}
	if !out.at.IsZero() {
		put(r.time, jsonx.Member{Text: wiretime.Format(out.at, "yyyy-MM-dd HH:mm:ss", r.zone)})
	}
	if err := r.putData(tree, root, out); err != nil {
		return jsonx.Member{}, err
	}
	return tree.member(), nil
}

func (r *reply) putData(tree *branch, root string, out outcome) error {
	if len(r.data) == 0 {
		return nil
	}
	p := r.data[0]
	data := nullMember
	if out.failed && out.detail != "" {
		data = jsonx.Member{Text: out.detail, Bare: true}
	}
	if (!out.failed || out.partly) && out.members != nil {
		data = jsonx.Member{Text: string(jsonx.AppendObject(nil, out.members)), Bare: true}
		if r.then != nil {
			var err error
			if data, err = r.then.member(outcome{members: out.members, text: out.text}); err != nil {
				return err
			}
		}
	}
	if p.path == "" { // the data is the envelope's own level
		for _, m := range out.members {
			tree.set(strings.Trim(root+"."+m.Name, "."), m)
		}
		return nil
	}
	if data != nullMember {
		var err error
		if data, err = data.Filtered(p.write); err != nil {
			return err
		}
	}
	if out.failed && len(r.text) > 0 && r.text[0].path == p.path {
		return nil // the text took the place of the data
	}
	tree.set(strings.Trim(root+"."+p.path, "."), data)
	return nil
}
