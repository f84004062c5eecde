package dock_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
)

const sm2Dialect = `{
  "schema": 1, "platform": "echo", "name": "sm2@1",
  "headers": {"X-Time": "{ts|ms}", "X-Sign": "{sign}"},
  "sign": {"suite": "sm2-sm3", "key": "own", "userId": "hall@echo", "text": "{ts|ms}\n{body}", "out": "b64"},
  "reply": {"code": ["code"], "ok": ["0"], "text": ["msg"], "data": ["data"]},
  "kinds": {"sign": "Signature"},
  "ops": {"Look": {"path": "/look"}}
}`

// sm2Key makes a key pair out of a word.
func sm2Key(t *testing.T, word, userID string) (crypto.Signer, crypto.Verifier) {
	t.Helper()
	scalar := sha256.Sum256([]byte(word))
	key, err := crypto.LoadPrivateKey([]byte(hex.EncodeToString(scalar[:])))
	require.NoError(t, err)
	signer, err := crypto.NewSigner("sm2-sm3", crypto.Material{Private: key, UserID: userID})
	require.NoError(t, err)
	verifier, err := crypto.NewVerifier("sm2-sm3", crypto.Material{Public: key.Public(), UserID: userID})
	require.NoError(t, err)
	return signer, verifier
}

// checking answers as a platform that checks signatures.
func checking(t *testing.T, verifier crypto.Verifier) http.RoundTripper {
	t.Helper()
	desk, err := dock.NewDesk(manifestOf(sm2Dialect), nil, dock.Party{Verifiers: map[string]crypto.Verifier{"own": verifier}})
	require.NoError(t, err)
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		answer := done
		if q, fault := desk.Read("Look", r, body); fault != nil || q.Verify() != nil {
			answer = `{"code":"sign"}`
		}
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
	})
}

func signingEngine(t *testing.T, line http.RoundTripper, signer crypto.Signer) *dock.Engine {
	t.Helper()
	s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: line}))
	require.NoError(t, err)
	e, err := dock.New(manifestOf(sm2Dialect), dock.Party{
		Bases: map[string]string{"": "http://platform.example"}, Signers: map[string]crypto.Signer{"own": signer},
	}, s)
	require.NoError(t, err)
	return e
}

func TestAChangeOfKeysInTheMiddleOfTenThousandCallsFailsNone(t *testing.T) {
	const calls, callers = 10_000, 100
	oldSigner, oldVerifier := sm2Key(t, "old", "hall@echo")
	newSigner, newVerifier := sm2Key(t, "new", "hall@echo")
	theirs, err := crypto.NewKeyring(nil, crypto.RingKey{ID: "old", Verifier: oldVerifier})
	require.NoError(t, err)
	ours, err := crypto.NewKeyring(nil, crypto.RingKey{ID: "old", Signer: oldSigner})
	require.NoError(t, err)
	e := signingEngine(t, checking(t, theirs), ours)

	var begun atomic.Int64
	var failed sync.Map
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for n := begun.Add(1); n <= calls; n = begun.Add(1) {
				switch n {
				case calls / 4:
					assert.NoError(t, theirs.Add(crypto.RingKey{ID: "new", NotBefore: time.Now().Add(-time.Hour), Verifier: newVerifier}))
				case calls / 2:
					assert.NoError(t, ours.Replace(crypto.RingKey{ID: "new", Signer: newSigner}))
				}
				var out echoOut
				if _, err := e.Call(context.Background(), "Look", &echoIn{Word: "hello"}, &out); err != nil || out.Word != "yes" {
					failed.Store(fmt.Sprint(err), true)
				}
			}
		})
	}
	group.Wait()
	failed.Range(func(key, _ any) bool { t.Error(key); return true })
	require.Equal(t, []string{"new"}, ours.IDs())

	require.True(t, theirs.Remove("new"))
	_, _, err = look(t, e, "Look")
	require.ErrorIs(t, err, zwfw.Signature, "the platform did check")
}

func TestTheUserIdentifierOfTheDialectIsSigned(t *testing.T) {
	signer, _ := sm2Key(t, "one", "")
	_, verifier := sm2Key(t, "one", "hall@echo")
	_, _, err := look(t, signingEngine(t, checking(t, verifier), signer), "Look")
	require.ErrorIs(t, err, zwfw.Signature)
}

func TestASignerForAnotherSuiteIsRefusedBeforeTheFirstCall(t *testing.T) {
	signer, err := crypto.NewSigner("hmac-sm3", crypto.Material{Secret: []byte("TESTING KEY")})
	require.NoError(t, err)
	ring, err := crypto.NewKeyring(nil, crypto.RingKey{ID: "1", Signer: signer})
	require.NoError(t, err)
	for _, wrong := range []crypto.Signer{signer, ring} {
		_, err = dock.New(manifestOf(sm2Dialect), dock.Party{
			Bases: map[string]string{"": "http://platform.example"}, Signers: map[string]crypto.Signer{"own": wrong},
			Settings: map[string]string{"own": "Config.Signer"},
		}, &zwfw.Settings{})
		require.EqualError(t, err, "echo: dialect sm2@1: ops.Look: sign: Config.Signer: crypto: suite sm2-sm3: the signer given is for hmac-sm3")
	}
}

func TestTheReportFollowsAChangeOfKeys(t *testing.T) {
	signer, verifier := sm2Key(t, "one", "hall@echo")
	ring, err := crypto.NewKeyring(nil, crypto.RingKey{ID: "old", Signer: signer})
	require.NoError(t, err)
	e := signingEngine(t, checking(t, verifier), ring)
	entry := crypto.ReportEntry{Use: crypto.Sign, Suite: "sm2-sm3", KeyKind: crypto.KeySM2, KeyBits: 256}
	require.Equal(t, crypto.Report{entry}, e.CryptoReport())
	require.True(t, ring.Remove("old"))
	require.Empty(t, e.CryptoReport())
	_, _, err = look(t, e, "Look")
	var refused *zwfw.Error
	require.ErrorAs(t, err, &refused)
	require.False(t, refused.Sent, "nothing leaves unsigned")
	require.ErrorIs(t, err, crypto.ErrNoKey)
}

const rsaDialect = `{
  "schema": 1, "platform": "echo", "name": "rsa@1",
  "headers": {"X-Sign": "{sign}"},
  "sign": {"suite": "rsa-sha256", "key": "own", "text": "{body}", "out": "b64"},
  "reply": {"code": ["code"], "ok": ["0"], "data": ["data"]},
  "ops": {"Look": {"path": "/look"}}
}`

// A key held in a device is judged like one in a file, and a ring like its keys.
func TestShortRSAKeysAreRefusedWithTheReason(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	for bits, want := range map[int]string{
		512:  "the RSA key has 512 bits; keys below 1024 can be broken and are refused: ask for one of 2048",
		768:  "the RSA key has 768 bits; keys below 1024 can be broken and are refused: ask for one of 2048",
		1024: "signing Look uses rsa-sha256 with an RSA key of 1024 bits (2048 are needed), which is weak; accept it with zwfw.WithWeakCrypto(reason) or ask the platform for a better one",
		1536: "signing Look uses rsa-sha256 with an RSA key of 1536 bits (2048 are needed), which is weak; accept it with zwfw.WithWeakCrypto(reason) or ask the platform for a better one",
	} {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		require.NoError(t, err)
		bases := map[string]string{"": "http://platform.example"}
		parties := map[string]func() (dock.Party, error){
			"file": func() (dock.Party, error) {
				private, err := crypto.LoadPrivateKey(x509.MarshalPKCS1PrivateKey(key))
				return dock.Party{Bases: bases, Private: map[string]*crypto.PrivateKey{"own": private}}, err
			},
			"ring of a device": func() (dock.Party, error) {
				signer, err := crypto.NewSigner("rsa-sha256", crypto.Material{Held: key})
				if err != nil {
					return dock.Party{}, err
				}
				ring, err := crypto.NewKeyring(nil, crypto.RingKey{ID: "1", Signer: signer})
				return dock.Party{Bases: bases, Signers: map[string]crypto.Signer{"own": ring}}, err
			},
		}
		for name, make := range parties {
			p, err := make()
			if err == nil {
				_, err = dock.New(manifestOf(rsaDialect), p, &zwfw.Settings{})
			}
			require.ErrorContains(t, err, want, name)
		}
	}
}

func TestCodesHiddenInTextsAndSingleQuotesAreRead(t *testing.T) {
	const document = `{
  "schema": 1, "platform": "echo", "name": "odd@1",
  "reply": {"code": ["head.message|digits", "head.status"], "ok": ["0"], "text": ["head.message"], "data": ["data|quotes"]},
  "kinds": {"3": "NotFound", "16": "RateLimited"},
  "ops": {"Look": {"path": "/look", "retry": "never"}}
}`
	for answer, want := range map[string]zwfw.Kind{
		`{"head":{"status":"1","message":"3"}}`:                                                        zwfw.NotFound,
		`{"head":{"status":"1","message":16}}`:                                                         zwfw.RateLimited,
		`{"head":{"status":"1","message":"未检索到 3"}}`:                                                   zwfw.Unclassified,
		`{"head":{"status":"0","message":"成功"},"data":"{'word':'it\\'s \"here\"','count':2}"}`:         "",
		`{"head":{"status":"0","message":"成功"},"data":"{\"word\":\"it's \\\"here\\\"\",\"count\":2}"}`: "",
	} {
		out, _, err := look(t, engine(t, &line{answers: []string{answer}}, document), "Look")
		if want != "" {
			require.ErrorIs(t, err, want, answer)
			continue
		}
		require.NoError(t, err, answer)
		require.Equal(t, echoOut{`it's "here"`, 2}, out)
	}
}

// indiscreet fails as drivers do: with what it was given.
type indiscreet struct{ err error }

func (s indiscreet) Sign(_ context.Context, message []byte) ([]byte, error) {
	return nil, fmt.Errorf("device says no to %q: %w", message, s.err)
}

func TestASignerThatFailsSaysNothingOfWhatItWasGiven(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		err  error
		kind zwfw.Kind
		says string
	}{
		"a device without power": {io.ErrUnexpectedEOF, zwfw.Upstream, "echo Look at platform.example: not sent, platform or line down: the signer failed"},
		"no key in time":         {crypto.ErrNoKey, zwfw.KeyMismatch, "echo Look at platform.example: not sent, key does not fit: no key of the keyring is valid now"},
	} {
		e := signingEngine(t, checking(t, someVerifier(t)), indiscreet{x.err})
		_, _, err := look(t, e, "Look")
		require.ErrorIs(t, err, x.kind, name)
		require.EqualError(t, err, x.says)
		require.ErrorIs(t, err, x.err, "the cause is there for those who ask")
		for cause := err; cause != nil && !errors.Is(x.err, cause); cause = errors.Unwrap(cause) {
			if _, theirs := cause.(interface{ Unwrap() error }); !theirs || strings.HasPrefix(cause.Error(), "device") {
				break // the signer's own error, for those who unwrap it
			}
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", cause, cause, cause), "hello")
		}
	}
}

func someVerifier(t *testing.T) crypto.Verifier {
	_, verifier := sm2Key(t, "one", "hall@echo")
	return verifier
}

func TestAChangeOfKeysLetsInNothingThatNewRefuses(t *testing.T) {
	t.Parallel()
	signer, verifier := sm2Key(t, "one", "hall@echo")
	ring, err := crypto.NewKeyring(nil, crypto.RingKey{ID: "1", Signer: signer})
	require.NoError(t, err)
	e := signingEngine(t, checking(t, verifier), ring)
	_, _, err = look(t, e, "Look")
	require.NoError(t, err)

	other, err := crypto.NewSigner("hmac-sm3", crypto.Material{Secret: []byte("TESTING KEY")})
	require.NoError(t, err)
	require.NoError(t, ring.Replace(crypto.RingKey{ID: "2", Signer: other}))
	_, _, err = look(t, e, "Look")
	require.ErrorIs(t, err, zwfw.KeyMismatch)
	require.ErrorContains(t, err, "a key of the keyring is for another suite than sm2-sm3")

	var none *crypto.Keyring
	empty, err := crypto.NewKeyring(nil)
	require.NoError(t, err)
	for _, wrong := range []crypto.Signer{none, empty} {
		_, err = dock.New(manifestOf(sm2Dialect), dock.Party{
			Bases: map[string]string{"": "http://platform.example"}, Signers: map[string]crypto.Signer{"own": wrong},
		}, &zwfw.Settings{})
		require.ErrorContains(t, err, "the keyring holds no key")
	}
}

func TestAWeakKeyDoesNotComeInByAChangeOfKeys(t *testing.T) {
	signerOf := func(bits int) crypto.Signer {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		require.NoError(t, err)
		signer, err := crypto.NewSigner("rsa-sha256", crypto.Material{Held: key})
		require.NoError(t, err)
		return signer
	}
	ring, err := crypto.NewKeyring(nil, crypto.RingKey{ID: "1", Signer: signerOf(2048)})
	require.NoError(t, err)
	l := &line{answers: []string{done}}
	s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: l}))
	require.NoError(t, err)
	e, err := dock.New(manifestOf(rsaDialect), dock.Party{Bases: map[string]string{"": "http://platform.example"}, Signers: map[string]crypto.Signer{"own": ring}}, s)
	require.NoError(t, err)
	require.NoError(t, ring.Replace(crypto.RingKey{ID: "2", Signer: signerOf(1024)}))
	_, _, err = look(t, e, "Look")
	require.ErrorIs(t, err, zwfw.KeyMismatch)
	require.Empty(t, l.times, "nothing left")
}

func TestTwoNamesOfAFieldAreChecked(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"in": {"word": "a+b"}`:   "",
		`"in": {"word": "a+a"}`:   "ops.Look: in.word: expected two different names",
		`"in": {"word": "a+"}`:    "ops.Look: in.word: expected two different names",
		`"in": {"word": "+a"}`:    "ops.Look: in.word: expected two different names",
		`"in": {"word": "a+b+c"}`: "ops.Look: in.word: expected two different names",
		`"in": {"word": "a.b+c"}`: "ops.Look: in.word: two names cannot be joined to a path",
		`"out": {"word": "a+b"}`:  "ops.Look: out.word: two names are for what is sent",
		`"in": {"word": "id+a"}`:  `ops.Look: body: the member id is written twice`,
		`"in": {"word": "a+id"}`:  `ops.Look: body: the member id is written twice`,
	} {
		document := `{"schema": 1, "platform": "echo", "name": "twin@1", "body": {"id": "{cred.id}", "...": "$in"},
		  "reply": {"code": ["code"], "ok": ["0"], "data": ["data"]}, "ops": {"Look": {"path": "/look", ` + in + `}}}`
		s, err := zwfw.NewSettings()
		require.NoError(t, err)
		_, err = dock.New(manifestOf(document), party(), s)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want, in)
	}
}

func TestARefusalInsideASuccessIsNeverHealed(t *testing.T) {
	t.Parallel()
	document := `{"schema": 1, "platform": "echo", "name": "inside@1",
	  "reply": {"code": ["code"], "ok": ["0"], "data": ["data"], "then": {"code": ["state"], "ok": ["", "VALID"], "data": [""], "kinds": {"PROCESSING": "Busy", "LATE": "ClockSkew"}}},
	  "ops": {"Look": {"path": "/look"}, "Spend": {"path": "/spend"}}}`
	for _, state := range []string{"PROCESSING", "LATE"} {
		for _, op := range []string{"Look", "Spend"} {
			l := &line{answers: []string{`{"code":"0","data":{"state":"` + state + `"}}`}}
			_, _, err := look(t, engine(t, l, document), op)
			require.Error(t, err)
			require.Len(t, l.times, 1, state)
		}
	}
}

// What is signed as the path is what is sent, also where the address has no path.
func TestAnAddressWithoutAPathIsSignedAsItIsSent(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"http://platform.example", "http://platform.example/", "http://platform.example/base", "http://platform.example/base/"} {
		document := `{"schema": 1, "platform": "echo", "name": "path@1", "headers": {"X-Path": "{path}"},
		  "reply": {"code": ["code"], "ok": ["0"], "data": ["data"]}, "ops": {"Look": {"path": "/look"}}}`
		var sent, said string
		s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			sent, said = r.URL.RequestURI(), r.Header.Get("X-Path")
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(done)), Request: r}, nil
		})}))
		require.NoError(t, err)
		p := party()
		p.Bases[""] = base
		e, err := dock.New(manifestOf(document), p, s)
		require.NoError(t, err)
		_, _, err = look(t, e, "Look")
		require.NoError(t, err)
		require.Equal(t, sent, said, base)
		require.True(t, strings.HasPrefix(said, "/"), base)
	}
}
