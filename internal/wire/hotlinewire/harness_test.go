package hotlinewire_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/hotlinewire"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config    config
	Exchanges map[string]map[string]sample
}

type sample struct {
	Method, Path, Code string
	Headers            map[string]string
	BodyBytes          string `json:"body_bytes"`
	Reply              json.RawMessage
}

func loadSamples(t *testing.T) samples {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	for name := range pages {
		delete(s.Exchanges, name)
	}
	require.Len(t, s.Exchanges, len(opOf), "every JSON operation of the samples")
	return s
}

// eachSample runs a subtest for every exchange of the samples.
func eachSample(t *testing.T, run func(t *testing.T, s samples, op dock.Op, name string, x sample)) {
	t.Helper()
	s := loadSamples(t)
	for _, call := range slices.Sorted(maps.Keys(s.Exchanges)) {
		for name, x := range s.Exchanges[call] {
			t.Run(call+" "+name, func(t *testing.T) {
				t.Parallel()
				require.Contains(t, opOf, call)
				run(t, s, opNamed(t, opOf[call]), name, x)
			})
		}
	}
}

// requestOf gives the exchange whose request is sent: the accepted one, where there is
// one.
func (s samples) requestOf(op string, x sample) sample {
	for call, name := range opOf {
		if accepted, ok := s.Exchanges[call]["accepted"]; name == op && ok {
			return accepted
		}
	}
	return x
}

func opNamed(t *testing.T, name string) dock.Op {
	t.Helper()
	ops := wire.Manifest().Ops
	i := slices.IndexFunc(ops, func(op dock.Op) bool { return op.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return ops[i]
}

func newDesk(t *testing.T, s samples, x sample) *dock.Desk {
	t.Helper()
	desk, err := dock.NewDesk(wire.Manifest(), x.dialect(t), s.party(t, x, ""))
	require.NoError(t, err)
	return desk
}

// received reads a sample's request as the platform does.
func received(t *testing.T, desk *dock.Desk, s samples, x sample) (string, *dock.Received, *dock.Fault) {
	t.Helper()
	op, ok := desk.Match("", strings.TrimPrefix(x.Path, s.basePath()), []byte(x.BodyBytes))
	require.True(t, ok, "no operation at %s", x.Path)
	r := httptest.NewRequestWithContext(t.Context(), x.Method, "http://platform.example"+x.Path, strings.NewReader(x.BodyBytes))
	for name, value := range x.Headers {
		r.Header.Set(name, value)
	}
	q, fault := desk.Read(op, r, []byte(x.BodyBytes))
	return op, q, fault
}

// requestStruct fills the operation's request struct from a sample's body.
func requestStruct(t *testing.T, s samples, op dock.Op, x sample) any {
	t.Helper()
	name, q, fault := received(t, newDesk(t, s, x), s, x)
	require.Nil(t, fault)
	require.Equal(t, op.Name, name)
	in := reflect.New(op.In).Interface()
	require.Nil(t, q.Decode(in))
	return in
}

// stopped is a clock that stands still and never waits.
type stopped struct{ at time.Time }

func (c stopped) Now() time.Time                                 { return c.at }
func (stopped) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func newEngine(t *testing.T, p dock.Party, options ...zwfw.Option) *dock.Engine {
	t.Helper()
	s, err := zwfw.NewSettings(append([]zwfw.Option{zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1})}, options...)...)
	require.NoError(t, err)
	e, err := dock.New(wire.Manifest(), p, s)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// standstill is a sample's clock, and its nonce as the sixteen bytes that come first.
func standstill(t *testing.T, x sample) []zwfw.Option {
	t.Helper()
	nonce, err := hex.DecodeString(x.Headers["X-Nonce"])
	require.NoError(t, err)
	require.Len(t, nonce, 16)
	options := []zwfw.Option{
		zwfw.WithClock(stopped{x.at(t)}),
		zwfw.WithRandom(io.MultiReader(bytes.NewReader(nonce), rand.Reader)),
	}
	if d := x.dialect(t); d != nil {
		options = append(options, zwfw.WithDialect(d))
	}
	return options
}

// answering serves one reply and keeps the first request.
type answering struct {
	*httptest.Server
	request *http.Request
	body    []byte
}

func answer(t *testing.T, contentType string, status int, reply []byte) *answering {
	t.Helper()
	a := &answering{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.request == nil {
			a.request = r
			a.body, _ = io.ReadAll(r.Body)
		}
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write(reply)
	}))
	t.Cleanup(a.Close)
	return a
}

// newOut makes the operation's reply struct.
func newOut(op dock.Op) any {
	if op.Out == nil {
		return nil
	}
	return reflect.New(op.Out).Interface()
}

// signature is the contract's, written down once more: HMAC-SHA256 in lower hex over
// method, path, time stamp, nonce and the body's SHA-256, joined by line feeds.
func signature(key, method, path, timestamp, nonce string, body []byte) string {
	digest := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, strings.Join([]string{method, path, timestamp, nonce, hex.EncodeToString(digest[:])}, "\n"))
	return hex.EncodeToString(mac.Sum(nil))
}

// plainJSON reads JSON with numbers as written. A null says what an absent member says
// (contract: "nulls dropped"), so it is dropped.
func plainJSON(t *testing.T, data []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	require.NoError(t, d.Decode(&v), "%s", data)
	return withoutNulls(v)
}

func withoutNulls(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if value == nil {
				delete(v, name)
				continue
			}
			v[name] = withoutNulls(value)
		}
	case []any:
		for i := range v {
			v[i] = withoutNulls(v[i])
		}
	}
	return v
}

// look gives what stands at a path of Go field names and indexes: protected values
// revealed, times in +08:00, "len" of a list.
func look(t *testing.T, v any, path string) any {
	t.Helper()
	at := reflect.ValueOf(v)
	for step := range strings.SplitSeq(path, ".") {
		for at.Kind() == reflect.Pointer && !at.IsNil() {
			at = at.Elem()
		}
		switch n, err := strconv.Atoi(step); {
		case at.Kind() == reflect.Pointer:
			return nil
		case step == "len":
			return float64(at.Len())
		case err == nil && at.Kind() == reflect.Slice:
			require.Less(t, n, at.Len(), path)
			at = at.Index(n)
		default:
			at = at.FieldByName(step)
			require.True(t, at.IsValid(), "%T has no %s", v, path)
		}
	}
	for at.Kind() == reflect.Pointer {
		if at.IsNil() {
			return nil
		}
		at = at.Elem()
	}
	switch x := at.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.In(time.FixedZone("", 8*60*60)).Format(time.DateTime)
	case json.RawMessage:
		var b bytes.Buffer
		require.NoError(t, json.Compact(&b, x))
		return b.String()
	case interface{ Reveal() string }:
		return x.Reveal()
	}
	switch at.Kind() {
	case reflect.String:
		return at.String()
	case reflect.Int, reflect.Int64:
		return float64(at.Int())
	case reflect.Float64:
		return at.Float()
	case reflect.Bool:
		return at.Bool()
	}
	require.Fail(t, "no value", path)
	return nil
}

func requireValues(t *testing.T, want map[string]any, got any) {
	t.Helper()
	for path, value := range want {
		require.Equal(t, value, look(t, got, path), path)
	}
}
