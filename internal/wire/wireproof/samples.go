package wireproof

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

var china = time.FixedZone("+08:00", 8*60*60)

// ClientSpeaks requires that the client sends what a sample sent and reads what it got.
func (p Platform) ClientSpeaks(t *testing.T, x Exchange) {
	t.Helper()
	line, out, like := &Line{Reply: x.Reply}, New(x.Op.Out), p.readable(x)

	meta, err := p.engineLike(t, like, line).Call(t.Context(), x.Op.Name, p.input(t, x.Op, like), out)

	p.requireSent(t, like, line)
	reply := replyOf(t, x.Reply)
	if kind, no := p.Refused(x); no {
		var e *zwfw.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, kind, e.Kind, "%v", err)
		require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
		require.Equal(t, x.Code, e.Code)
		require.Equal(t, reply.text(), e.Text.Reveal())
		reply.requireID(t, e.RequestID)
		return
	}
	require.NoError(t, err)
	require.Empty(t, meta.Warnings)
	reply.requireID(t, meta.RequestID)
	p.valueOf(t, x).check(t, p, out)
}

// readable gives the sample whose request is sent: a refused one may be refused for
// being unreadable, and then the accepted one is sent.
func (p Platform) readable(x Exchange) Sample {
	accepted, ok := p.Exchanges[p.Calls[x.Op.Name]]["accepted"]
	if p.Input != nil || !ok {
		return x.Sample
	}
	return accepted
}

func (p Platform) input(t *testing.T, op dock.Op, x Sample) any {
	t.Helper()
	if p.Input != nil {
		return p.Input(t, op.Name, x)
	}
	name, q, fault := p.Read(t, x)
	require.Nil(t, fault)
	require.Equal(t, op.Name, name)
	in := New(op.In)
	require.Nil(t, q.Decode(in))
	return in
}

// Read reads a sample's request as the platform does.
func (p Platform) Read(t *testing.T, x Sample) (string, *dock.Received, *dock.Fault) {
	t.Helper()
	desk, body := p.Desk(t, x), []byte(x.BodyBytes)
	op, ok := desk.Match("", strings.TrimPrefix(x.Path, p.base(t, x)), body)
	require.True(t, ok, "no operation at %s", x.Path)
	r := httptest.NewRequestWithContext(t.Context(), x.Method, "http://platform.example"+x.Path, strings.NewReader(x.BodyBytes))
	for name, value := range x.Headers {
		r.Header.Set(name, value)
	}
	q, fault := desk.Read(op, r, body)
	return op, q, fault
}

// requireSent compares a request with the sample's: everything but the order of the
// body's members and what it does to a signature over the body's bytes.
func (p Platform) requireSent(t *testing.T, x Sample, got *Line) {
	t.Helper()
	require.Equal(t, x.Method, got.Request.Method)
	require.Equal(t, x.Path, got.Request.URL.RequestURI())
	require.Equal(t, PlainJSON(t, []byte(x.BodyBytes)), PlainJSON(t, got.Body))
	for name := range got.Request.Header {
		require.True(t, !strings.HasPrefix(name, "X-") || x.Headers[name] != "", "%s is not in the sample", name)
	}
	for name, value := range x.Headers {
		switch {
		case name == "X-Request-Id": // the caller's trace id, not signed: no dialect has it
			continue
		case name == "X-Sign" && p.Signed != nil && string(got.Body) != x.BodyBytes:
			value = p.Signed.signature(t, x, got.Body)
		}
		require.Equal(t, value, got.Request.Header.Get(name), name)
	}
}

// PlatformReads requires that the platform's side reads a sample's request, and that
// its signature stands.
func (p Platform) PlatformReads(t *testing.T, x Exchange) {
	t.Helper()
	op, q, fault := p.Read(t, x.Sample)
	require.Equal(t, x.Op.Name, op)
	if p.Signed != nil {
		if field, missing := p.Signed.Missing[x.Code]; missing {
			require.NotNil(t, fault)
			require.Equal(t, field, fault.Field)
			return
		}
	}
	if x.Accepted || p.Input != nil {
		require.Nil(t, fault)
		in := New(x.Op.In)
		require.Nil(t, q.Decode(in))
		require.Equal(t, p.Fields(t, p.input(t, x.Op, x.Sample)), p.Fields(t, in))
	}
	if p.Signed != nil {
		p.requireSigned(t, x, q)
		return
	}
	require.NoError(t, q.Verify())
	if p.Received != nil {
		p.Received(t, x, q)
	}
}

// Fields gives what a call says: its members without the empty ones and those beside.
func (p Platform) Fields(t *testing.T, in any) map[string]any {
	t.Helper()
	fields := PlainJSON(t, []byte(Typed(t, in))).(map[string]any)
	for _, name := range p.Beside {
		delete(fields, name)
	}
	for name, value := range fields {
		if value == "" {
			delete(fields, name)
		}
	}
	return fields
}

// PlatformWrites requires that the platform's side writes a sample's reply.
func (p Platform) PlatformWrites(t *testing.T, x Exchange) {
	t.Helper()
	reply := replyOf(t, x.Reply)
	answer := dock.Answer{ID: reply.RequestID, At: reply.time(t), Text: reply.text()}
	if _, no := p.Refused(x); no {
		answer.Code, answer.Failed = x.Code, true
	} else {
		answer.Out = New(x.Op.Out)
		_, err := p.engineLike(t, x.Sample, &Line{Reply: x.Reply}).Call(t.Context(), x.Op.Name, New(x.Op.In), answer.Out)
		require.NoError(t, err)
	}

	body, contentType, err := p.Desk(t, x.Sample).Write(x.Op.Name, answer)

	require.NoError(t, err)
	require.Equal(t, "application/json; charset=UTF-8", contentType)
	want, got := PlainJSON(t, x.Reply).(map[string]any), PlainJSON(t, body).(map[string]any)
	if p.Plain != nil {
		p.Plain(t, x, want)
		p.Plain(t, x, got)
	}
	require.Equal(t, want, got)
}

// NothingPrints requires that neither the call nor the reply of an accepted sample prints
// one of the markers.
func (p Platform) NothingPrints(t *testing.T, x Exchange, markers ...string) {
	t.Helper()
	in, out := p.input(t, x.Op, x.Sample), New(x.Op.Out)
	_, err := p.engineLike(t, x.Sample, &Line{Reply: x.Reply}).Call(t.Context(), x.Op.Name, in, out)
	require.NoError(t, err)
	for _, v := range []any{in, out} {
		document, err := json.Marshal(v)
		require.NoError(t, err)
		printed := fmt.Sprintf("%s %v %+v %#v", document, v, v, v)
		for _, marker := range markers {
			require.NotContains(t, printed, marker)
		}
	}
}

// reply is what stands around the data, whichever name it has.
type reply struct {
	RequestID, Message, Msg, ServerTime string
	Head                                struct{ Message string }
}

func replyOf(t *testing.T, data []byte) reply {
	t.Helper()
	var r reply
	require.NoError(t, json.Unmarshal(data, &r))
	return r
}

func (r reply) text() string { return r.Message + r.Msg + r.Head.Message }

// requireID compares a request id; where the platform gives none it is ours.
func (r reply) requireID(t *testing.T, got string) {
	t.Helper()
	require.NotEmpty(t, got)
	if r.RequestID != "" {
		require.Equal(t, r.RequestID, got)
	}
}

// time is zero where the platform tells no time.
func (r reply) time(t *testing.T) time.Time {
	t.Helper()
	if r.ServerTime == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation(time.DateTime, r.ServerTime, china)
	require.NoError(t, err)
	return at
}

// valueOf gives what values.json says of a sample: by operation, a refusal that is done
// by operation and code.
func (p Platform) valueOf(t *testing.T, x Exchange) Value {
	t.Helper()
	data, err := os.ReadFile("testdata/values.json")
	require.NoError(t, err)
	var values map[string]Value
	require.NoError(t, json.Unmarshal(data, &values))
	name := x.Op.Name
	if !x.Accepted {
		name += " " + x.Code
	}
	v := values[name]
	require.True(t, x.Op.Out.NumField() == 0 || !v.empty(), "testdata/values.json has no %s", name)
	return v
}
