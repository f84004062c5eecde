package dock

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/jsonx"
	"github.com/zwfw-go/zwfw/internal/linefault"
	"github.com/zwfw-go/zwfw/internal/wiretime"
)

// attempt signs, sends, reads and judges once.
func (e *Engine) attempt(ctx, parent context.Context, o *operation, refused zwfw.Secret, in, out any) result {
	v, err := e.newVars(o)
	if err != nil {
		return result{err: localFailure(parent, err)}
	}
	if o.token {
		token, err := e.party.Token.Token(ctx, refused)
		if err != nil {
			return result{err: tokenFailure(parent, err)}
		}
		v.token = token.Reveal()
	}
	m, err := o.request(ctx, in, v)
	if err != nil {
		return result{err: localFailure(parent, err)}
	}
	a, err := e.sender.do(ctx, m, e.settings.Clock.Now)
	if err != nil {
		return e.blame(result{err: lineFailure(parent, a, err)}, v)
	}
	r := e.judge(o, a, out)
	r.offset, r.token = v.offset, zwfw.NewSecret(v.token)
	return e.blame(r, v)
}

// blame gives an error our own request id when the platform gave none.
func (e *Engine) blame(r result, v *vars) result {
	own := formatNonce(v.seed, "uuid")
	if r.err != nil && r.err.RequestID == "" && r.err.Sent {
		r.err.RequestID = own
	}
	if r.meta.RequestID == "" {
		r.meta.RequestID = own
	}
	return r
}

// tokenFailure is for a token that could not be had: the operation itself was not sent.
func tokenFailure(parent context.Context, err error) *zwfw.Error {
	var e *zwfw.Error
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		e = lineFailure(parent, arrival{}, err)
	} else if !errors.As(err, &e) {
		return localFailure(parent, err)
	}
	own := *e
	own.Outcome, own.Sent = zwfw.OutcomeRefused, false
	return &own
}

// localFailure is for what went wrong before anything was sent: a value that cannot be
// sealed, a signer that does not sign.
func localFailure(parent context.Context, err error) *zwfw.Error {
	var signer *signFailure
	switch {
	case !errors.As(err, &signer):
		return &zwfw.Error{Kind: zwfw.BadRequest, Outcome: zwfw.OutcomeRefused, Expected: err.Error(), Err: err}
	case errors.Is(err, crypto.ErrNoKey) || signer.why != "":
		return &zwfw.Error{Kind: zwfw.KeyMismatch, Outcome: zwfw.OutcomeRefused, Expected: or(signer.why, "no key of the keyring is valid now"), Err: err}
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		e := lineFailure(parent, arrival{}, err)
		e.Outcome, e.Sent = zwfw.OutcomeRefused, false
		return e
	}
	return &zwfw.Error{Kind: zwfw.Upstream, Outcome: zwfw.OutcomeRefused, Expected: "the signer failed", Err: err}
}

// signFailure hides the text of a signer that is not ours: it may repeat what was to be
// signed.
type signFailure struct {
	why   string // in our own words, "" when only the signer knows
	cause error
}

func (e *signFailure) Error() string { return "sign: " + or(e.why, "the signer failed") }
func (e *signFailure) Unwrap() error { return e.cause }

// Format prints Error for every verb: %#v would show the cause.
func (e *signFailure) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

func (e *Engine) newVars(o *operation) (*vars, error) {
	offset := e.clock.Offset()
	v := &vars{creds: e.party.Creds, at: e.clock.now().Add(offset), offset: offset, zone: zoneOf(o.Zone), method: o.method(), call: o.call}
	if _, err := io.ReadFull(e.random, v.seed[:]); err != nil {
		return nil, err
	}
	return v, nil
}

// zoneOf reads an offset that Validate has checked.
func zoneOf(text string) *time.Location {
	t, err := time.Parse("-07:00", text)
	if err != nil {
		return wiretime.China
	}
	return t.Location()
}

func (o *operation) method() string {
	if o.Protocol.Method != "" {
		return o.Protocol.Method
	}
	return http.MethodPost
}

// request writes the bytes of one attempt: body, then signature, then headers.
func (o *operation) request(ctx context.Context, in any, v *vars) (message, error) {
	m := message{method: v.method}
	u := *o.url
	v.path = u.EscapedPath()
	members, err := o.content(ctx, in, v)
	if err != nil {
		return m, err
	}
	query := url.Values{}
	for _, q := range o.query {
		text, err := v.expand(q.template)
		if err != nil {
			return m, err
		}
		query.Set(q.name, text)
	}
	switch {
	case o.Type == "query":
		for _, f := range members {
			query.Set(f.Name, f.Text)
		}
	default:
		m.body = v.body
		m.headers = append(m.headers, header{"Content-Type", o.contentType()})
	}
	u.RawQuery = query.Encode()
	m.url = u.String()
	for _, h := range o.headers {
		text, err := v.expand(h.template)
		if err != nil {
			return m, err
		}
		m.headers = append(m.headers, header{h.name, text})
	}
	return m, nil
}

// content makes body and signature, and gives the body's members where they are sent
// otherwise.
func (o *operation) content(ctx context.Context, in any, v *vars) (members []jsonx.Member, err error) {
	if o.plain {
		if v.body, err = o.in.Append(nil, in); err == nil && o.signing != nil {
			err = o.signing.sign(ctx, v)
		}
		return nil, err
	}
	var fields []jsonx.Member
	if o.in != nil {
		if fields, err = o.in.Members(nil, in); err != nil {
			return nil, err
		}
	}
	members, unsigned, err := o.build(o.body, fields, v, "body")
	if err != nil {
		return nil, err
	}
	return members, o.signed(ctx, members, unsigned, v)
}

// isPlain tells a body that is the call's fields and nothing else, and that nobody asks
// the members of: it is written in one go.
func (o *operation) isPlain() bool {
	ofMembers := func(t namedTemplate) bool { return names(t.template, "kv") }
	return o.in != nil && (o.Type == "" || o.Type == "json") && o.Charset != "GBK" && len(o.body) == 1 && o.body[0].splice &&
		(o.signing == nil || !names(o.signing.text, "kv")) && !slices.ContainsFunc(slices.Concat(o.headers, o.query), ofMembers)
}

// signed makes body and signature. A signature inside the body cannot cover the body's
// bytes: it sees an empty body there, and one in a header is then made anew over the
// bytes that are sent.
func (o *operation) signed(ctx context.Context, members []jsonx.Member, unsigned []int, v *vars) (err error) {
	if len(unsigned) == 0 {
		if v.body, err = o.encode(members); err != nil {
			return err
		}
	}
	if o.signing == nil {
		return nil
	}
	if err = o.signing.sign(ctx, v); err != nil || len(unsigned) == 0 {
		return err
	}
	for _, i := range unsigned {
		if members[i].Text, err = v.expand(o.bodyTemplate(members[i].Name)); err != nil {
			return err
		}
	}
	if v.body, err = o.encode(members); err != nil || !o.signing.overBody {
		return err
	}
	return o.signing.sign(ctx, v)
}

func (o *operation) bodyTemplate(name string) (t crypto.Template) {
	for _, s := range o.body {
		if s.name == name && s.signed {
			return s.template
		}
	}
	return t
}

// encode writes the body's bytes in the dialect's type and charset.
func (o *operation) encode(members []jsonx.Member) ([]byte, error) {
	if o.Type == "form" {
		var body []byte
		for i, m := range members {
			if i > 0 {
				body = append(body, '&')
			}
			name, err1 := o.inCharset(m.Name)
			text, err2 := o.inCharset(m.Text)
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			body = append(append(append(body, url.QueryEscape(name)...), '='), url.QueryEscape(text)...)
		}
		return body, nil
	}
	body := jsonx.AppendObject(nil, members)
	if o.Charset != "GBK" {
		return body, nil
	}
	text, err := o.inCharset(string(body))
	return []byte(text), err
}

func (o *operation) inCharset(text string) (string, error) { return inCharset(text, o.Charset) }

func inCharset(text, charset string) (string, error) {
	if charset != "GBK" {
		return text, nil
	}
	return simplifiedchinese.GB18030.NewEncoder().String(text)
}

func (o *operation) contentType() string {
	if o.ContentType != "" {
		return o.ContentType
	}
	if o.Type == "form" {
		return "application/x-www-form-urlencoded; charset=" + or(o.Charset, "UTF-8")
	}
	return "application/json; charset=" + or(o.Charset, "UTF-8")
}

// judge turns an answer into a result.
func (e *Engine) judge(o *operation, a arrival, out any) result {
	body := toUTF8(a.body, a.head.Get("Content-Type"), o.Charset)
	doc, err := jsonx.Parse(body)
	var v verdict
	if err == nil {
		v = o.reply.judge(doc.Root())
	}
	r := result{measured: measure(a, v.at)}
	if !v.understood && o.Bare != nil && a.status >= 200 && a.status < 300 && o.Bare(a.body, out) {
		r.meta = Meta{Received: e.clock.Now(), Raw: zwfw.NewRaw(a.body)}
		return r
	}
	if !v.understood {
		r.err = httpFailure(a, describe(body, err))
		r.err.RetryAfter = linefault.RetryAfter(a.head, e.clock.Now())
		return r
	}
	r.meta = Meta{RequestID: v.id, Received: e.clock.Now(), Raw: zwfw.NewRawText(textOf(v.data.Raw()))}
	if !v.done {
		r.err = o.refusal(v, a)
		r.err.RetryAfter = max(v.retryAfter, linefault.RetryAfter(a.head, e.clock.Now()))
		r.final = v.inside // the platform has acted already: nothing to heal
		return r
	}
	fail := func(kind zwfw.Kind, outcome zwfw.Outcome, field, problem string) result {
		r.err = &zwfw.Error{Kind: kind, Outcome: outcome, Sent: true, Code: v.code, RequestID: v.id, HTTPStatus: a.status, Field: field, Expected: problem}
		return r
	}
	switch {
	case a.status < 200 || a.status >= 300:
		// A gateway may wrap its own failure around an older success.
		return fail(zwfw.ProtocolMismatch, zwfw.OutcomeUnknown, "", "the status is no success, the answer says done")
	case v.silent && !o.NeedsData:
		return fail(zwfw.ProtocolMismatch, zwfw.OutcomeUnknown, "", "the answer says neither yes nor no")
	case !v.opened:
		return fail(zwfw.DecryptFailed, zwfw.OutcomeDone, "data", "the platform says done, but its answer cannot be opened with the configured key")
	case o.NeedsData && v.data.Empty():
		return fail(zwfw.ProtocolMismatch, zwfw.OutcomeUnknown, "data", "the answer holds neither an error nor data")
	}
	if out != nil && o.out != nil {
		for _, p := range o.out.Read(v.data, out) {
			if p.Sealed && p.Key {
				return fail(zwfw.DecryptFailed, zwfw.OutcomeDone, p.Field, "the platform says done, but this value cannot be opened with the configured key")
			}
			r.meta.Warnings = append(r.meta.Warnings, zwfw.Warning{Field: or(p.Field, "data"), Problem: p.Expected})
		}
		for _, missing := range o.out.MissingKeys(out) {
			if !slices.ContainsFunc(r.meta.Warnings, func(w zwfw.Warning) bool { return w.Field == missing }) {
				r.meta.Warnings = append(r.meta.Warnings, zwfw.Warning{Field: missing, Problem: "is not in the answer"})
			}
		}
		if o.NeedsData && o.out.KeysEmpty(out) {
			return fail(zwfw.ProtocolMismatch, zwfw.OutcomeUnknown, "data", "the answer holds neither an error nor the data asked for")
		}
		if c, ok := out.(Checked); ok {
			if field, problem := c.Check(); problem != "" {
				return fail(zwfw.ProtocolMismatch, zwfw.OutcomeDone, field, problem)
			}
		}
	}
	return r
}

// textOf gives bytes of an answer as a text without copying them: nothing changes them any
// more, and a large answer is held once.
func textOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Checked is a reply struct that can tell whether it is of any use: a picture that is
// none is not.
type Checked interface {
	// Check names the wire field at fault and what is wrong with it, "" when nothing is.
	Check() (field, problem string)
}

// refusal makes the error of an answer that says no.
func (o *operation) refusal(v verdict, a arrival) *zwfw.Error {
	if o.reply.shared && v.kind == "" {
		if _, known := o.kinds.find(v.code); !known {
			v.code = "" // a sentence, not a code
		}
	}
	e := &zwfw.Error{
		Kind: v.kind, Outcome: zwfw.OutcomeRefused, Sent: true, HTTPStatus: a.status,
		Code: v.code, Text: zwfw.NewPlatformText(v.text), RequestID: v.id, Data: zwfw.NewRaw(v.data.Raw()),
	}
	if e.Kind == "" {
		e.Kind = o.classify(v.code, v.text)
	}
	switch {
	case e.Kind == zwfw.Unclassified && a.status >= 500:
		e.Kind, e.Outcome = zwfw.Upstream, zwfw.OutcomeUnknown
	case e.Kind == zwfw.Upstream || e.Kind == zwfw.Timeout:
		// The platform could not finish; what it did before is not known.
		e.Outcome = zwfw.OutcomeUnknown
	case e.Kind == zwfw.Unclassified && v.inside:
		// The platform did what it was asked and says something of the result that no table
		// lists.
		e.Outcome, e.Expected = zwfw.OutcomeUnknown, "a success holds a status that no table lists"
	case e.Kind == zwfw.Unclassified && !v.data.Empty():
		// A code that no table lists, and data with it: it may be a way to say yes.
		e.Outcome, e.Expected = zwfw.OutcomeUnknown, "the answer holds data"
	}
	return e
}

// describe says what arrived in place of the dialect's envelope.
func describe(body []byte, parse error) string {
	trimmed := bytes.TrimSpace(body)
	var syntax *jsonx.SyntaxError
	switch {
	case len(trimmed) == 0:
		return "the answer is empty"
	case trimmed[0] == '<':
		return "the answer is a web page or XML, not JSON"
	case errors.As(parse, &syntax):
		return "the answer is not complete JSON"
	}
	return "the answer is JSON, but not in the dialect's envelope"
}

// ToUTF8 converts a text that is declared or found to be GBK, for what is no answer of an
// operation, such as a sentence in place of a file.
func ToUTF8(body []byte, contentType string) []byte { return toUTF8(body, contentType, "") }

// toUTF8 converts bytes that are declared or found to be GBK, as GB18030, which holds
// all of it. Labels are wrong often enough to look at the bytes: Chinese in UTF-8
// takes three bytes a character, which GBK read as UTF-8 never gives.
func toUTF8(body []byte, contentType, charset string) []byte {
	if !bytes.ContainsFunc(body, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return body // ASCII is ASCII in all of them
	}
	_, params, _ := mime.ParseMediaType(contentType)
	gbk := strings.HasPrefix(strings.ToUpper(or(params["charset"], charset)), "GB")
	if utf8.Valid(body) && (!gbk || bytes.ContainsFunc(body, func(r rune) bool { return r >= 0x800 })) {
		return body
	}
	converted, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return converted
}
