package dock_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type echoIn struct {
	Word string `zw:"word"`
}

type echoOut struct {
	Word  string `zw:"word,key"`
	Count int    `zw:"count,omitempty"`
}

// manifest is a small platform of its own: the engine knows none of the real ones.
func manifest(t *testing.T, document string) dock.Manifest {
	t.Helper()
	_, err := zwfw.ParseDialect([]byte(document))
	require.NoError(t, err)
	return manifestOf(document)
}

func manifestOf(document string) dock.Manifest {
	d, err := zwfw.ParseDialect([]byte(document))
	if err != nil {
		panic(err)
	}
	in, out := reflect.TypeFor[echoIn](), reflect.TypeFor[echoOut]()
	return dock.Manifest{
		Platform: "echo", Presets: []*zwfw.Dialect{d},
		Ops: []dock.Op{
			{Name: "Look", Class: dock.Read, In: in, Out: out, NeedsData: true, Timeout: 15 * time.Second},
			{Name: "Put", Class: dock.Idempotent, In: in, Out: out, Timeout: 15 * time.Second, SettledBy: "Look"},
			{Name: "Spend", Class: dock.OneShot, In: in, Out: out, Timeout: 15 * time.Second},
			{Name: "Lacking", Class: dock.Read, In: in, Timeout: 15 * time.Second},
		},
	}
}

const plainDialect = `{
  "schema": 1, "platform": "echo", "name": "plain@1",
  "headers": {"X-Time": "{ts|ms}", "X-Nonce": "{nonce|hex}", "X-Sign": "{sign}"},
  "sign": {"suite": "hmac-sha256", "key": "key", "text": "{method}\n{path}\n{ts|ms}\n{nonce|hex}\n{body|sha256|hex}", "out": "hex"},
  "reply": {"code": ["code"], "ok": ["0"], "text": ["msg"], "data": ["data"], "id": ["id"], "time": ["time"], "retryAfterMs": ["retryAfterMs"]},
  "kinds": {"skew": "ClockSkew", "busy": "Busy", "limit": "RateLimited", "down": "Upstream", "no*": "NotFound", "nope": "Conflict"},
  "ops": {"Look": {"path": "/look"}, "Put": {"path": "/put"}, "Spend": {"path": "/spend"}}
}`

// line answers requests in the engine's stead of a network, so that tests can run in
// virtual time.
type line struct {
	mu      sync.Mutex
	times   []time.Time
	answers []string // used in order; the last one stays
	heads   []http.Header
	bodies  []string
	headers []http.Header // of the requests
	fail    error
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	l.times, l.bodies, l.headers = append(l.times, time.Now()), append(l.bodies, string(body)), append(l.headers, r.Header)
	if l.fail != nil {
		return nil, l.fail
	}
	n := min(len(l.times), len(l.answers)) - 1
	w := httptest.NewRecorder()
	if n < len(l.heads) {
		for k, v := range l.heads[n] {
			w.Header()[k] = v
		}
	}
	_, _ = io.WriteString(w, l.answers[n])
	return w.Result(), nil
}

const done = `{"code":"0","msg":"ok","id":"r-1","data":{"word":"yes"}}`

func engine(t *testing.T, l *line, document string, options ...zwfw.Option) *dock.Engine {
	t.Helper()
	s, err := zwfw.NewSettings(append([]zwfw.Option{zwfw.WithHTTPClient(&http.Client{Transport: l})}, options...)...)
	require.NoError(t, err)
	e, err := dock.New(manifest(t, document), party(), s)
	require.NoError(t, err)
	return e
}

func party() dock.Party {
	return dock.Party{
		Bases: map[string]string{"": "http://platform.example/base"},
		Creds: map[string]zwfw.Secret{"key": zwfw.NewSecret("TESTING KEY"), "id": zwfw.NewSecret("caller-1")},
	}
}

func look(t *testing.T, e *dock.Engine, op string) (echoOut, dock.Meta, error) {
	var out echoOut
	meta, err := e.Call(t.Context(), op, &echoIn{Word: "hello"}, &out)
	return out, meta, err
}

func TestEveryAttemptIsSignedAnewOverTheBytesThatAreSent(t *testing.T) {
	t.Parallel()
	l := &line{answers: []string{`{"code":"busy"}`, done}}
	_, _, err := look(t, engine(t, l, plainDialect), "Spend")
	require.NoError(t, err)
	require.Len(t, l.headers, 2)
	require.Equal(t, l.bodies[0], l.bodies[1])
	require.NotEqual(t, l.headers[0].Get("X-Nonce"), l.headers[1].Get("X-Nonce"))
	require.NotEqual(t, l.headers[0].Get("X-Sign"), l.headers[1].Get("X-Sign"))
	// A desk with the same dialect accepts both.
	desk, err := dock.NewDesk(manifest(t, plainDialect), nil, party())
	require.NoError(t, err)
	for i := range l.headers {
		r := httptest.NewRequest(http.MethodPost, "/base/spend", strings.NewReader(l.bodies[i]))
		r.Header = l.headers[i]
		q, fault := desk.Read("Spend", r, []byte(l.bodies[i]))
		require.Nil(t, fault)
		require.NoError(t, q.Verify())
		r.Header.Set("X-Sign", strings.ToUpper(r.Header.Get("X-Sign")))
		q, fault = desk.Read("Spend", r, []byte(l.bodies[i]))
		require.Nil(t, fault)
		require.Error(t, q.Verify(), "hex case counts")
		q, fault = desk.Read("Spend", r, []byte(l.bodies[i]+" "))
		require.Nil(t, fault)
		require.Error(t, q.Verify(), "one more byte in the body")
	}
}

// steps records what happens in a call, in order.
type steps struct {
	mu  sync.Mutex
	log []string
}

func (s *steps) add(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, step)
}

func (s *steps) Start(ctx context.Context, span zwfw.Span) (context.Context, func(zwfw.Result)) {
	name := "call"
	if span.Attempt > 0 {
		name = "attempt"
	}
	s.add(name + " begins")
	return ctx, func(r zwfw.Result) { s.add(name + " ends " + r.Outcome.String()) }
}

func (s *steps) Now() time.Time { return time.Now() }
func (s *steps) Sleep(ctx context.Context, d time.Duration) error {
	s.add("pause")
	return ctx.Err()
}
func (s *steps) Read(p []byte) (int, error) { s.add("sign"); clear(p); return len(p), nil }

func TestTheStepsOfACallStandInAFixedOrder(t *testing.T) {
	s := &steps{}
	l := &line{answers: []string{`{"code":"down"}`, done}}
	sending := roundTripper(func(r *http.Request) (*http.Response, error) { s.add("send"); return l.RoundTrip(r) })
	settings, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: sending}), zwfw.WithObserver(s), zwfw.WithClock(s), zwfw.WithRandom(s))
	require.NoError(t, err)
	e, err := dock.New(manifest(t, plainDialect), party(), settings)
	require.NoError(t, err)
	_, _, err = look(t, e, "Look")
	require.NoError(t, err)
	require.Equal(t, []string{
		"call begins",
		"attempt begins", "sign", "send", "attempt ends unknown",
		"pause",
		"attempt begins", "sign", "send", "attempt ends done",
		"call ends done",
	}, s.log)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnOperationTheDialectLacksIsNotSent(t *testing.T) {
	t.Parallel()
	l := &line{answers: []string{done}}
	_, _, err := look(t, engine(t, l, plainDialect), "Lacking")
	require.ErrorIs(t, err, zwfw.NotSupported)
	require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
	require.Empty(t, l.times)
}

func TestCodesAreMatchedExactlyThenByTheLongestPrefixInAnyCase(t *testing.T) {
	t.Parallel()
	for code, kind := range map[string]zwfw.Kind{"NOPE": zwfw.Conflict, "no": zwfw.NotFound, "no-7": zwfw.NotFound, " nope ": zwfw.Conflict, "N": zwfw.Unclassified} {
		l := &line{answers: []string{`{"code":"` + code + `"}`}}
		_, _, err := look(t, engine(t, l, plainDialect), "Look")
		require.ErrorIs(t, err, kind, code)
	}
}

func TestWrongDialectsAreRefusedWithPathAndNearestName(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct{ old, new, expect string }{
		"operation":        {`"Look"`, `"Lok"`, "ops.Lok: unknown operation; did you mean Look?"},
		"request field":    {`"path": "/look"`, `"path": "/look", "in": {"wrod": "w"}`, "in.wrod: unknown field; did you mean word?"},
		"reply field":      {`"path": "/look"`, `"path": "/look", "out": {"cuont": "w"}`, "out.cuont: unknown field; did you mean count?"},
		"credential":       {`"{nonce|hex}", "X-Sign"`, `"{cred.secret}", "X-Sign"`, "headers.X-Nonce: unknown credential {cred.secret}"},
		"template name":    {`"{nonce|hex}", "X-Sign"`, `"{pth}", "X-Sign"`, "unknown name {pth}; did you mean {path}?"},
		"signing off":      {`"suite": "hmac-sha256"`, `"suite": "none"`, "is off, but {sign} is used"},
		"pairs of nothing": {`"text": "{method}`, `"kv": {"of": "body.data"}, "text": "{kv}{method}`, "the body has no object at body.data"},
		"GET with a body":  {`"path": "/look"`, `"path": "/look", "method": "GET"`, "it needs type query"},
		"no place for in":  {`"path": "/look"`, `"path": "/look", "body": {"a": "b"}`, `holds no "$in"`},
		"one name twice":   {`"path": "/look"`, `"path": "/look", "out": {"word": "w", "count": "w"}`, "the wire name w is that of word already"},
		"times":            {`"path": "/look"`, `"path": "/look", "times": {"wrod": "ms"}`, "times.wrod: unknown field; did you mean word?"},
		"key with cred.":   {`"key": "key",`, `"key": "cred.key",`, "write key without the prefix cred"},
		"cred in a name":   {`"{nonce|hex}", "X-Sign"`, `"{id}", "X-Sign"`, "did you mean {cred.id}?"},
		"sign nowhere":     {`"X-Sign": "{sign}"`, `"X-Other": "1"`, "no header, query or body member holds {sign}"},
		"sign over itself": {`"path": "/look"`, `"path": "/look", "headers": {"X-Sign": ""}, "body": {"s": "{sign}", "...": "$in"}`, "{body} cannot be covered"},
		"sign in a member": {`"path": "/look"`, `"path": "/look", "body": {"a": {"s": "{sign}"}}`, "body.a.s: {sign} stands only at the top of a body"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := manifest(t, plainDialect)
			document := strings.Replace(plainDialect, x.old, x.new, 1)
			require.NotEqual(t, plainDialect, document)
			d, err := zwfw.ParseDialect([]byte(document))
			require.NoError(t, err)
			s, err := zwfw.NewSettings(zwfw.WithDialect(d))
			require.NoError(t, err)
			_, err = dock.New(m, party(), s)
			require.ErrorContains(t, err, x.expect)
		})
	}
	t.Run("a chain of presets is followed", func(t *testing.T) {
		t.Parallel()
		m := manifest(t, plainDialect)
		middle, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"echo","name":"middle@1","extends":"plain@1","kinds":{"m1":"CodeUsed"}}`))
		require.NoError(t, err)
		m.Presets = append(m.Presets, middle)
		city, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"echo","name":"city@1","extends":"middle@1","kinds":{"c1":"CodeExpired"}}`))
		require.NoError(t, err)
		for code, kind := range map[string]zwfw.Kind{"m1": zwfw.CodeUsed, "c1": zwfw.CodeExpired, "nope": zwfw.Conflict} {
			l := &line{answers: []string{`{"code":"` + code + `"}`}}
			s, err := zwfw.NewSettings(zwfw.WithDialect(city), zwfw.WithHTTPClient(&http.Client{Transport: l}))
			require.NoError(t, err)
			e, err := dock.New(m, party(), s)
			require.NoError(t, err)
			_, _, err = look(t, e, "Look")
			require.ErrorIs(t, err, kind)
		}
	})
	t.Run("another platform's", func(t *testing.T) {
		t.Parallel()
		d, err := zwfw.ParseDialect([]byte(strings.Replace(plainDialect, `"echo"`, `"lutong"`, 1)))
		require.NoError(t, err)
		s, err := zwfw.NewSettings(zwfw.WithDialect(d))
		require.NoError(t, err)
		_, err = dock.New(manifest(t, plainDialect), party(), s)
		require.ErrorContains(t, err, `is for platform "lutong"`)
	})
	t.Run("extends nothing", func(t *testing.T) {
		t.Parallel()
		d, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"echo","name":"x@1","extends":"plian@1"}`))
		require.NoError(t, err)
		s, err := zwfw.NewSettings(zwfw.WithDialect(d))
		require.NoError(t, err)
		_, err = dock.New(manifest(t, plainDialect), party(), s)
		require.ErrorContains(t, err, "did you mean plain@1?")
	})
}

func TestAnswersThatSayNeitherYesNorNoAreUnknown(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		answer  string
		kind    zwfw.Kind
		outcome zwfw.Outcome
	}{
		"the code stands elsewhere":  {`{"result":"0","data":{"word":"yes"}}`, zwfw.ProtocolMismatch, zwfw.OutcomeUnknown},
		"an unlisted code with data": {`{"code":"200","data":{"word":"yes"}}`, zwfw.Unclassified, zwfw.OutcomeUnknown},
		"an unlisted code without":   {`{"code":"200","data":null}`, zwfw.Unclassified, zwfw.OutcomeRefused},
		"a listed code with data":    {`{"code":"nope","data":{"word":"yes"}}`, zwfw.Conflict, zwfw.OutcomeRefused},
	} {
		l := &line{answers: []string{x.answer}}
		_, _, err := look(t, engine(t, l, plainDialect), "Put")
		require.ErrorIs(t, err, x.kind, name)
		require.Equal(t, x.outcome, zwfw.OutcomeOf(err), name)
	}
}

func TestTheDataOfARefusalReachesTheCallerMasked(t *testing.T) {
	t.Parallel()
	l := &line{answers: []string{`{"code":"nope","data":{"errors":[{"row":1}]}}`}}
	_, _, err := look(t, engine(t, l, plainDialect), "Put")
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, `{"errors":[{"row":1}]}`, e.Data.Reveal())
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", e, *e, *e), "errors")
}

func TestAMissingKeyValueIsAWarning(t *testing.T) {
	t.Parallel()
	l := &line{answers: []string{`{"code":"0","data":{"count":1}}`}}
	_, meta, err := look(t, engine(t, l, plainDialect), "Put")
	require.NoError(t, err)
	require.Equal(t, []zwfw.Warning{{Field: "word", Problem: "is not in the answer"}}, meta.Warnings)
}

// detached gives contexts of its own, as a careless observer might.
type detached struct{}

func (detached) Start(context.Context, zwfw.Span) (context.Context, func(zwfw.Result)) {
	return context.WithValue(context.Background(), detached{}, "span"), nil
}

func TestAnObserverCannotTakeDeadlineOrCancellationAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sending := roundTripper(func(r *http.Request) (*http.Response, error) {
			require.Equal(t, "span", r.Context().Value(detached{}), "its values arrive")
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: sending}), zwfw.WithObserver(detached{}), zwfw.WithTimeout(time.Second))
		require.NoError(t, err)
		e, err := dock.New(manifest(t, plainDialect), party(), s)
		require.NoError(t, err)
		began := time.Now()
		_, _, err = look(t, e, "Spend")
		require.ErrorIs(t, err, zwfw.Timeout)
		require.Equal(t, time.Second, time.Since(began))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = e.Call(ctx, "Spend", &echoIn{}, &echoOut{})
		require.ErrorIs(t, err, zwfw.Canceled)
	})
}

// unitToken counts how often a token is asked for and renewed.
type unitToken struct {
	mu     sync.Mutex
	held   string
	asked  int
	renews int
}

func (u *unitToken) Token(_ context.Context, used zwfw.Secret) (zwfw.Secret, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked++
	if u.held == "" || used.Reveal() == u.held {
		u.renews++
		u.held = "token-" + strconv.Itoa(u.renews)
	}
	return zwfw.NewSecret(u.held), nil
}

func TestARefusedTokenIsRenewedOnceAndTheCallSentAgain(t *testing.T) {
	t.Parallel()
	document := strings.Replace(plainDialect, `"X-Time"`, `"X-Token": "{token}", "X-Time"`, 1)
	document = strings.Replace(document, `"busy": "Busy"`, `"busy": "Busy", "token": "TokenInvalid"`, 1)
	for _, op := range []string{"Look", "Spend"} {
		source := new(unitToken)
		l := &line{answers: []string{`{"code":"token"}`, done, done, `{"code":"token"}`, `{"code":"token"}`}}
		p := party()
		p.Token = source
		s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: l}))
		require.NoError(t, err)
		e, err := dock.New(manifest(t, document), p, s)
		require.NoError(t, err)
		_, _, err = look(t, e, op)
		require.NoError(t, err)
		require.Equal(t, []string{"token-1", "token-2"}, []string{l.headers[0].Get("X-Token"), l.headers[1].Get("X-Token")})
		_, _, err = look(t, e, op)
		require.NoError(t, err)
		require.Equal(t, 2, source.renews)
		_, _, err = look(t, e, op)
		require.ErrorIs(t, err, zwfw.TokenInvalid, "once renewed, twice refused")
		require.Len(t, l.headers, 5)
	}
	s, err := zwfw.NewSettings()
	require.NoError(t, err)
	_, err = dock.New(manifest(t, document), party(), s)
	require.ErrorContains(t, err, "{token} is used")
}

func TestATokenThatCannotBeHadSendsNothing(t *testing.T) {
	t.Parallel()
	document := strings.Replace(plainDialect, `"X-Time"`, `"X-Token": "{token}", "X-Time"`, 1)
	l := &line{answers: []string{done}}
	p := party()
	p.Token = noToken{}
	s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: l}))
	require.NoError(t, err)
	e, err := dock.New(manifest(t, document), p, s)
	require.NoError(t, err)
	_, _, err = look(t, e, "Spend")
	require.ErrorIs(t, err, zwfw.CallerDenied)
	require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
	require.Empty(t, l.times)
}

type noToken struct{}

func (noToken) Token(context.Context, zwfw.Secret) (zwfw.Secret, error) {
	return zwfw.Secret{}, &zwfw.Error{Kind: zwfw.CallerDenied, Outcome: zwfw.OutcomeRefused, Sent: true}
}
