package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/nearest"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
	"github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
	"github.com/zwfw-go/zwfw/internal/wire/lutongwire"
	"github.com/zwfw-go/zwfw/internal/wire/portalwire"
	"github.com/zwfw-go/zwfw/internal/wire/yimatongwire"
)

// Fault is one thing that goes wrong with one request. The zero Fault is none.
type Fault struct {
	name       string
	delay      time.Duration
	dropBefore bool // the line breaks before anything is done
	dropAfter  bool // the line breaks after the effect
	half       bool
	status     int
	html       bool
	body       []byte // sent in place of the answer
	refuse     zwfw.Kind
	code, text string
	textOnly   bool
	damage     bool // sealed values are damaged
	gbk        bool
	empty      bool // neither error nor data
	skew       time.Duration
	drip       int // bytes a second
	endless    bool
	bomb       int64
	mangle     func([]byte) []byte
	inside     string // status of the code within a success
}

// String names the fault as it stands in the request log.
func (f Fault) String() string { return f.name }

// Pass lets one request through: for scripts in which only a later one fails.
func Pass() Fault { return Fault{name: "pass"} }

// Delay answers after d.
func Delay(d time.Duration) Fault { return Fault{name: "delay " + d.String(), delay: d} }

// DropBefore breaks the line before anything is done.
func DropBefore() Fault { return Fault{name: "drop before the effect", dropBefore: true} }

// DropAfter breaks the line after the effect and before the answer.
func DropAfter() Fault { return Fault{name: "drop after the effect", dropAfter: true} }

// HalfBody breaks the line in the middle of the answer.
func HalfBody() Fault { return Fault{name: "half a body", half: true} }

// HTML answers with a web page in place of JSON, after the effect.
func HTML(status int) Fault {
	return Fault{name: fmt.Sprintf("HTML with %d", status), status: status, html: true}
}

// Maintenance is a gateway's maintenance page, with status 200, before any effect.
func Maintenance() Fault {
	return Fault{name: "maintenance page", status: 200, html: true, dropBefore: true}
}

// Body answers with the given status and bytes, after the effect.
func Body(status int, body string) Fault {
	return Fault{name: fmt.Sprintf("body with %d", status), status: status, body: []byte(body)}
}

// Refuse answers with the code that the dialect has for the kind, before any effect. A
// kind that the dialect has no code for arrives as Unclassified.
func Refuse(kind zwfw.Kind) Fault { return Fault{name: "refuse " + string(kind), refuse: kind} }

// RefuseCode answers with a code and text of your own, before any effect.
func RefuseCode(code, text string) Fault {
	return Fault{name: "refuse " + code, code: code, text: text}
}

// RefuseText answers with a text and no code, before any effect.
func RefuseText(text string) Fault {
	return Fault{name: "refuse by text", text: text, textOnly: true}
}

// Undecryptable answers success with sealed values that open with no key.
func Undecryptable() Fault { return Fault{name: "undecryptable", damage: true} }

// GBK answers in GBK, labelled as UTF-8.
func GBK() Fault { return Fault{name: "GBK", gbk: true} }

// EmptyAnswer answers success with neither error nor data.
func EmptyAnswer() Fault { return Fault{name: "empty answer", empty: true} }

// SkewClock lets this request meet a platform clock that is off by d.
func SkewClock(d time.Duration) Fault { return Fault{name: "clock off by " + d.String(), skew: d} }

// Drip sends the answer at so many bytes a second.
func Drip(bytesPerSecond int) Fault {
	return Fault{name: fmt.Sprintf("%d B/s", bytesPerSecond), drip: bytesPerSecond}
}

// Endless never stops answering.
func Endless() Fault { return Fault{name: "endless body", endless: true} }

// GzipBomb answers with a small body that unpacks to size bytes.
func GzipBomb(size int64) Fault { return Fault{name: "gzip bomb", bomb: size} }

// Mangle changes the bytes of the answer, after the effect.
func Mangle(name string, change func([]byte) []byte) Fault {
	return Fault{name: name, mangle: change}
}

// Faults holds the scripts: what goes wrong with which operation. Operations are named
// "lutong.VerifyCode"; "*" stands for all.
type Faults struct {
	ops    []string
	mu     sync.Mutex
	next   map[string][]Fault
	always map[string]Fault
}

// operations names what scripts may be written for.
func operations() []string {
	names := []string{"*", "certificate." + downloadOp, "portal.LoginPage", "portal.LogoutPage", "portal.EvaluatePage"}
	for _, m := range []dock.Manifest{lutongwire.Manifest(), yimatongwire.Manifest(), certificatewire.Manifest(), hotlinewire.Manifest(), portalwire.Manifest()} {
		names = append(names, m.Platform+".Ready")
		for _, op := range m.Ops {
			names = append(names, m.Platform+"."+op.Name)
		}
	}
	return names
}

// check panics on a name that no request would ever match: the script is part of the
// test.
func (f *Faults) check(op string) {
	if slices.Contains(f.ops, op) {
		return
	}
	for _, known := range f.ops { // the platform's name is what is forgotten
		if _, name, _ := strings.Cut(known, "."); name == op {
			panic(fmt.Sprintf("sandbox: no operation %q; did you mean %s?", op, known))
		}
	}
	panic(fmt.Sprintf("sandbox: no operation %q%s", op, nearest.Hint(op, f.ops)))
}

// Next appends faults to an operation's script. Each request takes one. A name that is
// no operation panics.
func (f *Faults) Next(op string, faults ...Fault) {
	f.check(op)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next[op] = append(f.next[op], faults...)
}

// Always makes every request of an operation fail so, once its script is used up.
func (f *Faults) Always(op string, fault Fault) {
	f.check(op)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.always[op] = fault
}

// Clear removes all scripts.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.next)
	clear(f.always)
}

// Pending lists what has not been used yet, for a test's last check.
func (f *Faults) Pending() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var left []string
	for op, faults := range f.next {
		for _, fault := range faults {
			left = append(left, op+": "+fault.name)
		}
	}
	slices.SortFunc(left, strings.Compare)
	return left
}

func (f *Faults) take(op string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, key := range []string{op, "*"} {
		if script := f.next[key]; len(script) > 0 {
			f.next[key] = script[1:]
			return script[0]
		}
	}
	for _, key := range []string{op, "*"} {
		if fault, ok := f.always[key]; ok {
			return fault
		}
	}
	return Fault{}
}
