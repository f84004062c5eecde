package sandbox

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// face is what the sides have in common towards their callers: who calls, when, how it
// is signed, and how a refusal is put into words.
type face struct {
	p        *Platform
	platform string // "lutong"
	texts    map[zwfw.Kind]string
	window   time.Duration
	textOnly bool
	nonces   map[string]time.Time
}

// counter is one caller that a side has admitted.
type counter struct {
	id      string
	blocked bool
	desk    *dock.Desk
}

// no is why the platform refuses.
type no struct {
	kind zwfw.Kind
	code string // in place of the dialect's code for the kind
	text string
	// detail is JSON that goes with the refusal as its data.
	detail string
}

// begin names the operation that a request is for and takes the fault of its script.
func (f *face) begin(x *exchange, op string) {
	x.entry.Op = f.platform + "." + op
	x.fault = f.p.faults.take(x.entry.Op)
	if x.fault.skew != 0 { // a platform clock that is off for one request
		x.now = x.now.Add(x.fault.skew)
		x.w.Header()["Date"] = []string{x.now.UTC().Format(http.TimeFormat)}
	}
}

// ready answers a client that looks whether the line is there.
func (f *face) ready(x *exchange, path string) bool {
	if x.r.Method != http.MethodHead || strings.Trim(path, "/") != "" {
		return false
	}
	f.begin(x, "Ready")
	x.send(http.StatusOK, "text/plain", nil, f.p)
	return true
}

// admit checks a known caller's time, signature and nonce, in the order of a gateway:
// who, when, signed, again.
func (f *face) admit(x *exchange, op string, c *counter, others []*counter) (*dock.Received, *no) {
	x.entry.Caller = c.id
	q, fault := c.desk.Read(op, x.r, x.body)
	switch {
	case fault != nil && fault.Kind != zwfw.CallerDenied:
		return nil, f.faulty(x, fault)
	case c.blocked:
		return nil, &no{kind: zwfw.CallerDenied}
	case !q.At.IsZero() && q.At.Sub(x.now).Abs() > f.window:
		return nil, &no{kind: zwfw.ClockSkew}
	}
	if err := q.Verify(); err != nil {
		var parties []dock.Party
		for _, other := range others {
			if other != c {
				parties = append(parties, other.desk.Party())
			}
		}
		x.entry.Explanation = q.Explain(parties).String()
		return nil, &no{kind: zwfw.Signature}
	}
	if fault != nil { // signed well, but for somebody else
		return nil, &no{kind: zwfw.CallerDenied}
	}
	if q.Nonce != "" && !f.fresh(c.id+" "+q.Nonce, x.now) {
		return nil, &no{kind: zwfw.Replay}
	}
	return q, nil
}

// fresh remembers a nonce for twice the window.
func (f *face) fresh(nonce string, now time.Time) bool {
	f.p.mu.Lock()
	defer f.p.mu.Unlock()
	for old, at := range f.nonces {
		if now.Sub(at) > 2*f.window {
			delete(f.nonces, old)
		}
	}
	if _, seen := f.nonces[nonce]; seen {
		return false
	}
	f.nonces[nonce] = now
	return true
}

// faulty notes what was wrong with a request.
func (f *face) faulty(x *exchange, fault *dock.Fault) *no {
	x.entry.Explanation = fault.Field + ": " + fault.Detail
	return &no{kind: fault.Kind}
}

// serve does what an admitted request asks, or what its fault says, and answers.
func (f *face) serve(x *exchange, desk *dock.Desk, op string, refusal *no, do func() (any, *no)) {
	var out any
	switch fault := x.fault; {
	case refusal != nil:
	case fault.dropBefore:
		x.send(200, "", nil, f.p)
		return
	case fault.refuse != "":
		refusal = &no{kind: fault.refuse}
	case fault.code != "" || fault.textOnly:
		refusal = &no{kind: zwfw.Unclassified, code: fault.code, text: fault.text}
	default:
		out, refusal = do()
	}
	a := dock.Answer{ID: f.p.hex(16), At: x.now, Out: out}
	x.entry.Answer = "OK"
	if refusal != nil {
		f.word(x, desk, op, &a, *refusal)
	}
	if x.fault.empty {
		a.Out = nil
	}
	body, contentType, err := desk.Write(op, a)
	if err != nil {
		x.send(500, "text/plain", []byte("sandbox: "+err.Error()), f.p)
		return
	}
	if x.fault.damage {
		body = damageSealed(body)
	}
	x.send(200, contentType, body, f.p)
}

// word puts a refusal into the platform's code and text.
func (f *face) word(x *exchange, desk *dock.Desk, op string, a *dock.Answer, refusal no) {
	a.Failed, a.Text, a.Detail = true, refusal.text, refusal.detail
	if a.Text == "" {
		a.Text = f.texts[refusal.kind]
	}
	if a.Code = refusal.code; a.Code == "" && !x.fault.textOnly && !f.textOnly {
		if a.Code = desk.CodeOf(op, refusal.kind); a.Code == "" {
			a.Code = string(refusal.kind) // no table of the dialect has it: unclassified there
		}
	}
	if a.Text == "" {
		a.Text = f.texts[zwfw.Unclassified]
	}
	x.entry.Answer = string(refusal.kind)
	if a.Code != "" {
		x.entry.Answer = a.Code
	}
}

// damageSealed turns a digit in the middle of every long hex or Base64 run.
func damageSealed(body []byte) []byte {
	const long = 100
	body = slices.Clone(body)
	for start, i := 0, 0; i <= len(body); i++ {
		if i < len(body) && (body[i] >= '0' && body[i] <= '9' || body[i] >= 'A' && body[i] <= 'Z' || body[i] >= 'a' && body[i] <= 'z' || body[i] == '+' || body[i] == '/') {
			continue
		}
		if i-start >= long {
			at := start + (i-start)*3/4
			if body[at] != 'A' && body[at] != 'a' { // in hex they are one
				body[at] = 'A'
			} else {
				body[at] = 'B'
			}
		}
		start = i + 1
	}
	return body
}
