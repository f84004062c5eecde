// Package wireproof proves a platform's dialect by samples, in both directions: the
// client sends what the samples sent and reads what they got, the platform's side reads
// the samples and writes their replies. It also reads every variation of a reply under
// testdata/tolerant. It serves the tests of the wire packages and of the clients; nothing
// that ships imports it.
//
//	testdata/samples.json     exchanges made by an implementation that shares nothing with ours
//	testdata/values.json      what the samples' replies say
//	testdata/tolerant/*.json  variations of replies, and what is read from them
package wireproof

import (
	"encoding/json"
	"maps"
	"net/url"
	"os"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// Platform holds the facts of one platform. Fields without a remark may be left out.
type Platform struct {
	Manifest  dock.Manifest        // required
	Exchanges map[string]Exchanges // the samples, by the samples' name of the call
	Calls     map[string]string    // the samples' name of the call, by operation
	Pages     []string             // calls of the samples that are none of ours: a browser makes them

	Party   func(t *testing.T, x Sample) dock.Party    // the caller of a sample; required
	Dialect func(t *testing.T, x Sample) *zwfw.Dialect // what a sample speaks; the default when nil
	Time    func(t *testing.T, x Sample) time.Time     // when a sample was made
	Common  Sample                                     // whose caller asks for the variations

	// Input is the call that a sample shows. Without it the call is read from the
	// request of the accepted sample.
	Input func(t *testing.T, op string, x Sample) any
	// Refused tells whether a sample is a refusal, and its kind; required with samples.
	Refused func(x Exchange) (zwfw.Kind, bool)
	// Received checks what else the platform's side sees of a request.
	Received func(t *testing.T, x Exchange, q *dock.Received)
	Beside   []string // members of a request that are no fields of the call
	Signed   *Signed

	Plain func(t *testing.T, x Exchange, reply map[string]any) // levels what may differ in a reply
	Tidy  func(out any)                                        // gives a value as the client does

	// Ask makes a call for a variation, in place of an engine on its own: a client's call.
	Ask func(t *testing.T, op string, options ...zwfw.Option) (out any, warnings []zwfw.Warning, err error)

	Seal   func(t *testing.T, text string) string              // as $SEALED of a variation
	Needed func(op dock.Op, path string) bool                  // members a reply cannot do without; [Needed] when nil
	Fuller func(t *testing.T, op string, reply map[string]any) // adds optional members that the sample lacks
	Close  func(t *testing.T, op string, reply map[string]any) // seals what Fuller opened
}

// Exchanges are the samples of one call: "accepted" and "refused".
type Exchanges map[string]Sample

// Sample is one request and its reply.
type Sample struct {
	Method, Path, Code string
	Headers            map[string]string
	BodyBytes          string `json:"body_bytes"`
	Reply              json.RawMessage
}

// Exchange is a sample of an operation.
type Exchange struct {
	Sample
	Op       dock.Op
	Accepted bool
}

// Load reads the samples. config takes what they say of the platform's set-up.
func Load(t *testing.T, config any) map[string]Exchanges {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	file := struct {
		Config    any
		Exchanges map[string]Exchanges
	}{Config: config}
	require.NoError(t, json.Unmarshal(data, &file))
	return file.Exchanges
}

// Each runs a subtest for every sample. No call of the samples is forgotten.
func (p Platform) Each(t *testing.T, run func(t *testing.T, x Exchange)) {
	t.Helper()
	p.each(t, []string{"accepted", "refused"}, run)
}

// EachAccepted runs a subtest for every accepted sample.
func (p Platform) EachAccepted(t *testing.T, run func(t *testing.T, x Exchange)) {
	t.Helper()
	p.each(t, []string{"accepted"}, run)
}

func (p Platform) each(t *testing.T, kinds []string, run func(t *testing.T, x Exchange)) {
	t.Helper()
	calls := append(slices.Collect(maps.Values(p.Calls)), p.Pages...)
	require.ElementsMatch(t, slices.Collect(maps.Keys(p.Exchanges)), calls)
	for op, call := range p.Calls {
		for _, which := range kinds {
			x, ok := p.Exchanges[call][which]
			if !ok {
				continue
			}
			t.Run(op+" "+which, func(t *testing.T) {
				t.Parallel()
				run(t, Exchange{Sample: x, Op: p.Op(t, op), Accepted: which == "accepted"})
			})
		}
	}
}

// Op gives an operation of the manifest.
func (p Platform) Op(t *testing.T, name string) dock.Op {
	t.Helper()
	ops := p.Manifest.Ops
	i := slices.IndexFunc(ops, func(op dock.Op) bool { return op.Name == name })
	require.GreaterOrEqual(t, i, 0, "no operation %s", name)
	return ops[i]
}

// Preset gives a preset of the manifest.
func (p Platform) Preset(t *testing.T, name string) *zwfw.Dialect {
	t.Helper()
	presets := p.Manifest.Presets
	i := slices.IndexFunc(presets, func(d *zwfw.Dialect) bool { return d.Name == name })
	require.GreaterOrEqual(t, i, 0, "no preset %s", name)
	return presets[i]
}

// Engine makes the client's side. It tries a call once.
func (p Platform) Engine(t *testing.T, party dock.Party, options ...zwfw.Option) *dock.Engine {
	t.Helper()
	settings, err := zwfw.NewSettings(append([]zwfw.Option{zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1})}, options...)...)
	require.NoError(t, err)
	e, err := dock.New(p.Manifest, party, settings)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// engineLike makes the client's side of a sample: its caller, dialect, clock and nonce.
func (p Platform) engineLike(t *testing.T, x Sample, l *Line) *dock.Engine {
	t.Helper()
	options := []zwfw.Option{l.Option()}
	if d := p.dialect(t, x); d != nil {
		options = append(options, zwfw.WithDialect(d))
	}
	if p.Time != nil {
		at := p.Time(t, x)
		options = append(options, zwfw.WithClock(zwfw.ClockFunc(func() time.Time { return at })))
	}
	if p.Signed != nil {
		options = append(options, zwfw.WithRandom(nonceOf(t, x)))
	}
	return p.Engine(t, p.Party(t, x), options...)
}

// Desk makes the platform's side of a sample.
func (p Platform) Desk(t *testing.T, x Sample) *dock.Desk {
	t.Helper()
	desk, err := dock.NewDesk(p.Manifest, p.dialect(t, x), p.Party(t, x))
	require.NoError(t, err)
	return desk
}

func (p Platform) dialect(t *testing.T, x Sample) *zwfw.Dialect {
	if p.Dialect == nil {
		return nil
	}
	return p.Dialect(t, x)
}

// base is the path of the platform's address.
func (p Platform) base(t *testing.T, x Sample) string {
	t.Helper()
	u, err := url.Parse(p.Party(t, x).Bases[""])
	require.NoError(t, err)
	return u.Path
}

// New makes a request or reply struct; nil for an operation without a reply.
func New(of reflect.Type) any {
	if of == nil {
		return nil
	}
	return reflect.New(of).Interface()
}
