package dock_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// shapes are ways in which platforms wrap the same call. Each is spoken by an engine
// and understood by a desk.
var shapes = map[string]string{
	"flat JSON, header signature": plainDialect,
	"head and data": `{"schema":1,"platform":"echo","name":"x@1","body":{"head":{"id":"{cred.id}","key":"{cred.key}"},"data":"$in"},
	  "reply":{"root":["","data"],"code":["head.status"],"ok":["0","60001"],"text":["head.message"],"data":["data"]},"kinds":{"no":"NotFound"},
	  "ops":{"Look":{"path":"/look","in":{"word":"w"},"out":{"word":"w.deep"}}}}`,
	"form, sorted pairs": `{"schema":1,"platform":"echo","name":"x@1","type":"form",
	  "sign":{"suite":"md5","kv":{"sort":true,"skipEmpty":true},"text":"{kv}&key={cred.key}","out":"HEX"},
	  "body":{"app":"{cred.id}","time":"{ts|yyyyMMddHHmmss}","call":"{call}","...":"$in","sign":"{sign}"},
	  "reply":{"code":["code"],"ok":["true"],"text":["msg"],"data":["msg"]},"kinds":{"no":"NotFound"},
	  "ops":{"Look":{"path":"/same","call":"look"},"Put":{"path":"/same","call":"put"}}}`,
	"signed in the body over nothing and in a header over the bytes": `{"schema":1,"platform":"echo","name":"x@1",
	  "headers":{"X-T":"{ts|ms}","X-S":"{sign}"},"sign":{"suite":"hmac-sha256","key":"key","text":"{ts|ms}\n{body|sha256|hex}","out":"hex"},
	  "body":{"ts":"{ts|ms}","sign":"{sign}","...":"$in"},
	  "reply":{"code":["code"],"ok":["0"],"text":["msg"],"data":["data"]},"kinds":{"no":"NotFound"},"ops":{"Look":{"path":"/look"}}}`,
	"query, GET": `{"schema":1,"platform":"echo","name":"x@1","type":"query","method":"GET","query":{"app":"{cred.id}"},
	  "reply":{"code":["success"],"ok":["true"],"text":["msg"],"data":["data"]},"kinds":{"no":"NotFound"},"ops":{"Look":{"path":"/look"}}}`,
	"sealed envelope, inner values signed": `{"schema":1,"platform":"echo","name":"x@1",
	  "sign":{"suite":"sha1","kv":{"of":"body.data","sort":true,"values":true},"text":"{kv}{cred.key}","out":"hex"},
	  "seals":{"aes":{"suite":"aes-ecb-pkcs5","key":"key","derive":"pad16","out":"b64"}},
	  "body":{"app":"{cred.id}","sign":"{sign}","data|json|aes":{"...":"$in","time":"{ts|ms}"}},
	  "reply":{"code":["code"],"ok":["0"],"text":["msg"],"data":["data|aes|json"],"then":{"code":["state"],"ok":["VALID",""],"data":[""],"kinds":{"OLD":"CodeExpired"}}},
	  "kinds":{"no":"NotFound"},"ops":{"Look":{"path":"/look","in":{"word":"w|aes"},"out":{"word":"w|aes"}}}}`,
	"JSON in a string, values mapped": `{"schema":1,"platform":"echo","name":"x@1","tables":{"words":{"hello":"W1","yes":"W2"}},
	  "body":{"params|json":"$in","n|num":"{ts|s}"},"reply":{"code":["c"],"ok":["1"],"text":["m"],"data":["d|json"]},"kinds":{"no":"NotFound"},
	  "ops":{"Look":{"path":"/look","in":{"word":"w|words"},"out":{"word":"w|words","count":"n|text"}}}}`,
}

func weakly(t *testing.T, options ...zwfw.Option) *zwfw.Settings {
	t.Helper()
	s, err := zwfw.NewSettings(append(options, zwfw.WithWeakCrypto("test"))...)
	require.NoError(t, err)
	return s
}

// serve lets a desk answer; what it saw is written into seen.
func serve(t *testing.T, document string, answer func(op string, word string) dock.Answer) (base string, seen *[]string) {
	t.Helper()
	desk, err := dock.NewDesk(manifest(t, document), nil, party())
	require.NoError(t, err)
	seen = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		op, ok := desk.Match("", strings.TrimPrefix(r.URL.Path, "/base"), body)
		if !ok {
			http.NotFound(w, r)
			return
		}
		q, fault := desk.Read(op, r, body)
		var in echoIn
		if fault == nil {
			if err := q.Verify(); err != nil {
				fault = &dock.Fault{Kind: zwfw.Signature, Detail: q.Explain(nil).String()}
			} else {
				fault = q.Decode(&in)
			}
		}
		if fault != nil {
			*seen = append(*seen, fault.Error())
			http.Error(w, fault.Error(), http.StatusBadRequest)
			return
		}
		*seen = append(*seen, op+" "+in.Word)
		reply, contentType, err := desk.Write(op, answer(op, in.Word))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(reply)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/base", seen
}

func TestEveryShapeIsSpokenAndUnderstoodInBothDirections(t *testing.T) {
	t.Parallel()
	for name, document := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, seen := serve(t, document, func(_, word string) dock.Answer {
				if word == "refuse me" {
					return dock.Answer{Failed: true, Code: "no", Text: "没有"}
				}
				return dock.Answer{ID: "id-1", At: time.Now(), Out: &echoOut{Word: "yes", Count: 3}}
			})
			p := party()
			p.Bases[""] = base
			e, err := dock.New(manifest(t, document), p, weakly(t))
			require.NoError(t, err)
			t.Cleanup(func() { _ = e.Close() })

			var out echoOut
			_, err = e.Call(t.Context(), "Look", &echoIn{Word: "hello"}, &out)
			require.NoError(t, err, "%v", *seen)
			require.Equal(t, echoOut{Word: "yes", Count: 3}, out)
			_, err = e.Call(t.Context(), "Look", &echoIn{Word: "refuse me"}, &out)
			require.ErrorIs(t, err, zwfw.NotFound, "%v", *seen)
			var e2 *zwfw.Error
			require.ErrorAs(t, err, &e2)
			require.Equal(t, "没有", e2.Text.Reveal())
			hard := "a+b/c=&中文 😀\"\\<>'%20"
			_, err = e.Call(t.Context(), "Look", &echoIn{Word: hard}, &out)
			require.NoError(t, err, "%v", *seen)
			require.Equal(t, []string{"Look hello", "Look refuse me", "Look " + hard}, *seen)
		})
	}
}

func TestASecondVerdictInsideASuccessIsARefusal(t *testing.T) {
	t.Parallel()
	document := shapes["sealed envelope, inner values signed"]
	cipher, err := crypto.NewCipher("aes-ecb-pkcs5", crypto.Material{Secret: []byte("TESTING KEY")}, crypto.CipherOptions{Derive: "pad16"})
	require.NoError(t, err)
	for inner, kind := range map[string]zwfw.Kind{
		`{"state":"OLD"}`: zwfw.CodeExpired, `{"state":"NEW"}`: zwfw.Unclassified, `{"state":"VALID"}`: zwfw.ProtocolMismatch, `not json`: zwfw.DecryptFailed,
	} {
		sealed, err := cipher.Seal([]byte(inner))
		require.NoError(t, err)
		l := &line{answers: []string{`{"code":"0","data":"` + crypto.Encoding("b64").Encode(sealed) + `"}`}}
		_, _, err = look(t, engine(t, l, document), "Look")
		require.ErrorIs(t, err, kind, inner)
		want := map[zwfw.Kind]zwfw.Outcome{zwfw.CodeExpired: zwfw.OutcomeRefused, zwfw.DecryptFailed: zwfw.OutcomeDone}[kind]
		require.Equal(t, want, zwfw.OutcomeOf(err), inner)
	}
}

func TestADeskNamesWhatIsMissingOrForeign(t *testing.T) {
	t.Parallel()
	desk, err := dock.NewDesk(manifest(t, shapes["head and data"]), nil, party())
	require.NoError(t, err)
	for body, want := range map[string]dock.Fault{
		`{`:           {Kind: zwfw.BadRequest, Field: "body"},
		`[]`:          {Kind: zwfw.BadRequest, Field: "body"},
		`{"data":{}}`: {Kind: zwfw.BadRequest, Field: "body.head"},
		`{"head":{"id":"caller-1"},"data":{"w":"x"}}`:                     {Kind: zwfw.BadRequest, Field: "key"},
		`{"head":{"id":"caller-2","key":"TESTING KEY"},"data":{"w":"x"}}`: {Kind: zwfw.CallerDenied, Field: "id"},
	} {
		_, fault := desk.Read("Look", httptest.NewRequest(http.MethodPost, "/look", nil), []byte(body))
		require.NotNil(t, fault, body)
		require.Equal(t, want.Kind, fault.Kind, body)
		require.Equal(t, want.Field, fault.Field, body)
	}
}

// explained signs a request wrongly and gives what the desk makes of it.
func explained(t *testing.T, document string, r *http.Request, body string, others ...dock.Party) dock.Explanation {
	t.Helper()
	desk, err := dock.NewDesk(manifest(t, document), nil, party())
	require.NoError(t, err)
	q, fault := desk.Read("Look", r, []byte(body))
	require.Nil(t, fault)
	require.Error(t, q.Verify())
	return q.Explain(others)
}

const sopLike = `{"schema":1,"platform":"echo","name":"x@1","headers":{"X-T":"{ts|ms}","X-N":"{nonce|uuid}","X-S":"{sign}"},
  "sign":{"suite":"hmac-sha256","key":"key","text":"{ts|ms}{cred.key}{nonce|uuid}{ts|ms}","out":"hex"},
  "reply":{"code":["c"],"ok":["1"]},"ops":{"Look":{"path":"/look"}}}`

func TestAWrongSignatureIsExplained(t *testing.T) {
	t.Parallel()
	const ts, nonce, key = "1700000000000", "11111111-2222-3333-4444-555555555555", "TESTING KEY"
	other := party()
	other.Creds["key"] = zwfw.NewSecret("ANOTHER KEY")
	mac := func(secret, text string) string {
		h := hmac.New(sha256.New, []byte(secret))
		h.Write([]byte(text))
		return hex.EncodeToString(h.Sum(nil))
	}
	right := ts + key + nonce + ts
	plain := sha256.Sum256([]byte(right))
	old := hmac.New(sha1.New, []byte(key))
	old.Write([]byte(right))
	for name, x := range map[string]struct{ signature, guess string }{
		"upper case hex":    {strings.ToUpper(mac(key, right)), "not written as hex"},
		"another's key":     {mac("ANOTHER KEY", right), "key of another caller"},
		"trailing line end": {mac(key+"\n", right), "line end behind it"},
		"lower-case key":    {mac("testing key", right), "key was in lower case"},
		"order":             {mac(key, ts+nonce+key+ts), "each other's place"},
		"missing last part": {mac(key, ts+key+nonce), "ts is missing"},
		"seconds":           {mac(key, ts[:10]+key+nonce+ts[:10]), "seconds, not milliseconds"},
		"nonce bare":        {mac(key, ts+key+strings.ReplaceAll(nonce, "-", "")+ts), "without hyphens"},
		"body appended":     {mac(key, right+`{"word":"a"}`), "body was appended"},
		"plain digest":      {hex.EncodeToString(plain[:]), "suite was sha256"},
		"other hash":        {hex.EncodeToString(old.Sum(nil)), "suite was hmac-sha1"},
		"something unknown": {mac(key, "whatever"), ""},
		"no hex at all":     {"zzzz", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/look", nil)
			r.Header.Set("X-T", ts)
			r.Header.Set("X-N", nonce)
			r.Header.Set("X-S", x.signature)
			e := explained(t, sopLike, r, `{"word":"a"}`, other)
			require.Equal(t, ts+"‹key›"+nonce+ts, e.Expected)
			require.NotContains(t, e.String(), key, "secrets are shown by name only")
			if x.guess == "" {
				require.Empty(t, e.Guess)
				require.Contains(t, e.String(), "no known mistake")
				return
			}
			require.Contains(t, e.Guess, x.guess)
			if e.Differs >= 0 {
				require.Contains(t, e.String(), "first difference at character "+fmt.Sprint(e.Differs+1))
			}
		})
	}
}

func TestAWrongSignatureOverPairsIsExplained(t *testing.T) {
	t.Parallel()
	const document = `{"schema":1,"platform":"echo","name":"x@1","type":"form",
	  "sign":{"suite":"hmac-sha256","key":"key","kv":{"sort":true,"skipEmpty":true},"out":"hex"},
	  "body":{"time":"{ts|s}","empty":"{ts|s}","...":"$in","sign":"{sign}"},"reply":{"code":["c"],"ok":["1"]},"ops":{"Look":{"path":"/look"}}}`
	mac := func(text []byte) string {
		h := hmac.New(sha256.New, []byte("TESTING KEY"))
		h.Write(text)
		return hex.EncodeToString(h.Sum(nil))
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte("empty=1700000000&time=1700000000&word=a+b中"))
	require.NoError(t, err)
	for name, x := range map[string]struct {
		signed []byte
		guess  string
	}{
		"plus lost":       {[]byte("empty=1700000000&time=1700000000&word=a b中"), "lost to a space"},
		"encoded values":  {[]byte(url.QueryEscape("empty=1700000000&time=1700000000&word=a+b中")), "URL-encoded"},
		"GBK":             {gbk, "GBK"},
		"not sorted":      {[]byte("time=1700000000&empty=1700000000&word=a+b中"), "not sorted"},
		"values only":     {[]byte("17000000001700000000a+b中"), "without names"},
		"member left out": {[]byte("time=1700000000&word=a+b中"), "left out: empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := "time=1700000000&empty=1700000000&word=" + url.QueryEscape("a+b中") + "&sign=" + mac(x.signed)
			e := explained(t, document, httptest.NewRequest(http.MethodPost, "/look", nil), body)
			require.Contains(t, e.Guess, x.guess)
		})
	}
}
