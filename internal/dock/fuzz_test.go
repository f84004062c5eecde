package dock_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
)

// Whatever a platform answers, a call ends in a result or a *zwfw.Error, and a result
// has the value that the call is for.
func FuzzAnswer(f *testing.F) {
	f.Fuzz(func(t *testing.T, status uint16, contentType string, body []byte) {
		for _, document := range []string{plainDialect, shapes["head and data"], shapes["sealed envelope, inner values signed"]} {
			l := roundTripper(func(*http.Request) (*http.Response, error) {
				w := httptest.NewRecorder()
				if bytes.ContainsAny([]byte(contentType), "\r\n\x00") {
					contentType = ""
				}
				w.Header().Set("Content-Type", contentType)
				w.WriteHeader(100 + int(status)%900)
				_, _ = w.Write(body)
				return w.Result(), nil
			})
			s, err := zwfw.NewSettings(zwfw.WithHTTPClient(&http.Client{Transport: l}), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}), zwfw.WithWeakCrypto("fuzz"))
			if err != nil {
				t.Fatal(err)
			}
			m := manifestOf(document)
			e, err := dock.New(m, party(), s)
			if err != nil {
				t.Fatal(err)
			}
			var out echoOut
			_, err = e.Call(t.Context(), "Look", &echoIn{Word: "x"}, &out)
			switch {
			case err == nil && (out.Word == "" || 100+int(status)%900 >= 300 || 100+int(status)%900 < 200):
				t.Fatalf("success without its value or its status: %d", 100+int(status)%900)
			case err != nil && zwfw.KindOf(err) == "":
				t.Fatalf("a foreign error: %T", err)
			}
		}
	})
}

// Whatever arrives at the platform's side is read or refused, and never panics.
func FuzzRequest(f *testing.F) {
	f.Fuzz(func(t *testing.T, sign string, body []byte) {
		for _, document := range shapes {
			desk, err := dock.NewDesk(manifestOf(document), nil, party())
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodPost, "/look", nil)
			r.Header["X-Sign"], r.Header["X-S"] = []string{sign}, []string{sign}
			op, ok := desk.Match("", "/look", body)
			if !ok {
				continue
			}
			q, fault := desk.Read(op, r, body)
			if fault != nil {
				continue
			}
			if q.Verify() != nil {
				_ = q.Explain(nil).String()
			}
			_ = q.Decode(new(echoIn))
		}
	})
}
