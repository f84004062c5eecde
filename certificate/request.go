package certificate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zwfw-go/zwfw"
)

// Holder (持证主体) is whose certificates are meant.
type Holder struct {
	// Code is 持证主体代码: a citizen's or an organisation's number, or what the platform
	// gave in exchange for one. Required, in clear.
	Code zwfw.IDNumber

	// CodeType says what kind of number Code is. Optional.
	CodeType HolderType
}

// CallContext (五要素) says for whom and for what a call is made. Platforms count and audit
// by it; which members they want is theirs to say. All are optional.
type CallContext struct {
	Organisation string // orgName: the unit that asks
	Operator     string // username: the member of staff
	ItemName     string // itemName: 事项名称
	ItemCode     string // itemCode: 事项编码
	BusinessCode string // businessCode: 办件编号

	// Extra are further members under the platform's own names.
	Extra map[string]string
}

// contextTable is the table of a dialect that gives the members of CallContext other wire
// names: {"context": {"orgName": "deptName", "username": "operName"}}.
const contextTable = "context"

// Limits of what is sent, in characters. They are far above every value seen and keep a
// mistake, such as a file in the wrong field, from being sent.
const (
	maxHolder     = 1024 // an exchanged holder code is a ciphertext
	maxName       = 256
	maxNumber     = 256
	maxCause      = 2000
	maxIdentifier = 256
	maxTypeCode   = 64
	maxSecret     = 4096
)

// checker checks the fields of one request; the first that is wrong stays.
type checker struct {
	c   *Client
	op  string
	err error
}

func (k *checker) refuse(field, expected string) {
	if k.err == nil {
		k.err = k.c.engine.Refuse(k.op, field, expected)
	}
}

// text checks what may be empty.
func (k *checker) text(field, value string, most int) {
	if k.err == nil {
		k.err = k.c.engine.CheckText(k.op, field, value, most)
	}
}

// needed checks what must say something.
func (k *checker) needed(field, value string, most int) {
	if strings.TrimSpace(value) == "" {
		k.refuse(field, "is required")
		return
	}
	k.text(field, value, most)
}

// secret checks a credential that must say something.
func (k *checker) secret(field string, value zwfw.Secret) {
	if k.err == nil {
		k.err = k.c.engine.CheckSecret(k.op, field, value, maxSecret)
	}
}

// clear checks a value that must not be masked.
func (k *checker) clear(field string, value interface {
	Reveal() string
	IsMasked() bool
}, most int) {
	if value.IsMasked() {
		k.refuse(field, "is masked; the value in clear is needed")
		return
	}
	k.text(field, value.Reveal(), most)
}

func (k *checker) holder(h Holder) {
	k.needed("Holder.Code", h.Code.Reveal(), maxHolder)
	k.clear("Holder.Code", h.Code, maxHolder)
	k.text("Holder.CodeType", string(h.CodeType), 16)
}

func (k *checker) cause(c Cause) { k.needed("Cause", string(c), maxCause) }

// expiry checks the end of an annotated copy.
func (k *checker) expiry(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	if at.Before(k.c.Now()) {
		k.refuse("CopyExpires", "is past")
	}
	return &at
}

// context gives the members that go along with a call.
func (k *checker) context(c CallContext) map[string]string {
	members := make(map[string]string, 5+len(c.Extra))
	for _, m := range []struct{ field, name, value string }{
		{"Organisation", "orgName", c.Organisation}, {"Operator", "username", c.Operator}, {"ItemName", "itemName", c.ItemName},
		{"ItemCode", "itemCode", c.ItemCode}, {"BusinessCode", "businessCode", c.BusinessCode},
	} {
		k.text("Context."+m.field, m.value, maxName)
		if renamed, ok := k.c.names[m.name]; ok {
			m.name = renamed
		}
		if m.value != "" {
			members[m.name] = m.value
		}
	}
	for name, value := range c.Extra {
		_, typed := members[name]
		switch {
		case name == "" || utf8.RuneCountInString(name) > maxTypeCode:
			k.refuse("Context.Extra", "a name has 1 to 64 characters")
		case typed || k.c.reserved[k.op][strings.ToLower(name)]:
			k.refuse("Context.Extra", fmt.Sprintf("%q is the name of a member that is sent already", name))
		}
		k.text("Context.Extra", name, maxTypeCode)
		k.text("Context.Extra", value, maxCause)
		members[name] = value
	}
	return members
}

// reservedNames are the wire names, in lower case, that no extra of an operation may
// take: it would replace the account or the holder.
func reservedNames(d *zwfw.Dialect) map[string]map[string]bool {
	reserved := make(map[string]map[string]bool, len(d.Ops))
	for op, spec := range d.Ops {
		names := make(map[string]bool)
		for _, wire := range spec.In {
			wire, _, _ = strings.Cut(wire, "|")
			for name := range strings.SplitSeq(wire, "+") {
				name, _, _ = strings.Cut(name, ".")
				names[strings.ToLower(name)] = true
			}
		}
		var body map[string]json.RawMessage
		_ = json.Unmarshal(d.Protocol.With(d.Bases[spec.Base]).With(spec.Protocol).Body, &body) // checked by the engine
		for name := range body {
			name, _, _ = strings.Cut(name, "|")
			names[strings.ToLower(name)] = true
		}
		reserved[op] = names
	}
	return reserved
}

// unique reports whether no two of the texts are the same.
func unique(texts []string) bool {
	slices.Sort(texts)
	return len(slices.Compact(texts)) == len(texts)
}
