package bench

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/portal"
	"github.com/zwfw-go/zwfw/sandbox"
)

// visits is the same page for a signed-in visitor, twice: behind the middleware, and behind
// a handler that looks its cookie up in a map. reading is the first with a page that asks who
// the visitor is: each time it gets a copy of its own.
type visits struct {
	reading http.Handler

	typed, byHand   http.Handler
	typedR, byHandR *http.Request
}

// handSession is what a handler by hand would keep.
type handSession struct {
	user    string
	expires time.Time
}

func newVisits(tb testing.TB) visits {
	tb.Helper()
	p := sandbox.New()
	stop, err := p.Listen("127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(stop)
	const home = "http://www.example.invalid"
	p.RegisterRedirect(home + "/sso/callback")
	client, err := portal.New(p.PortalConfig(), zwfw.WithClock(p.Clock()))
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	signOn, err := portal.NewSignOn(client, portal.SignOnConfig{Callback: home + "/sso/callback", PlainHTTP: true})
	require.NoError(tb, err)
	page := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	v := visits{typed: signOn.Handler(signOn.Require(portal.Need{Level: portal.LevelPrimary}, page))}

	v.reading = signOn.Handler(signOn.Require(portal.Need{Level: portal.LevelPrimary}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if portal.VisitorFrom(r.Context()) != nil {
			w.WriteHeader(http.StatusOK)
		}
	})))

	begun := httptest.NewRecorder()
	v.typed.ServeHTTP(begun, httptest.NewRequest(http.MethodGet, home+"/my", nil))
	login, err := url.Parse(begun.Result().Header.Get("Location"))
	require.NoError(tb, err)
	back := httptest.NewRequest(http.MethodGet, home+"/sso/callback?"+url.Values{
		"state": {login.Query().Get("state")}, "ticket": {p.MintLoginTicket(p.Citizens()[0], false).Reveal()},
	}.Encode(), nil)
	for _, c := range begun.Result().Cookies() {
		back.AddCookie(c)
	}
	ended := httptest.NewRecorder()
	v.typed.ServeHTTP(ended, back)
	v.typedR = httptest.NewRequest(http.MethodGet, home+"/my", nil)
	for _, c := range ended.Result().Cookies() {
		if c.Name == "zwfw_session" {
			v.typedR.AddCookie(c)
		}
	}
	require.Len(tb, v.typedR.Cookies(), 1)

	var mu sync.RWMutex
	sessions := map[string]*handSession{v.typedR.Cookies()[0].Value: {user: "u-1", expires: time.Now().Add(time.Hour)}}
	v.byHand = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("zwfw_session")
		if err != nil {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		mu.RLock()
		s := sessions[c.Value]
		mu.RUnlock()
		if s == nil || time.Now().After(s.expires) {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		page.ServeHTTP(w, r)
	})
	v.byHandR = v.typedR.Clone(tb.Context())
	return v
}

// quiet is an answer that goes nowhere.
type quiet struct {
	header http.Header
	status int
}

func (q *quiet) Header() http.Header         { return q.header }
func (q *quiet) Write(p []byte) (int, error) { return len(p), nil }
func (q *quiet) WriteHeader(status int)      { q.status = status }

func TestBothSidesKnowTheVisitor(t *testing.T) {
	t.Parallel()
	v := newVisits(t)
	for i, h := range []http.Handler{v.typed, v.byHand} {
		for want, r := range map[int]*http.Request{http.StatusOK: []*http.Request{v.typedR, v.byHandR}[i], http.StatusSeeOther: httptest.NewRequest(http.MethodGet, "/my", nil)} {
			w := &quiet{header: make(http.Header)}
			h.ServeHTTP(w, r)
			require.Equal(t, want, w.status)
		}
	}
}

// BenchmarkSignedInRequest measures the handlers alone, without a network. A round is shorter
// than the turn that a busy machine gives to a process.
func BenchmarkSignedInRequest(b *testing.B) {
	v := newVisits(b)
	const calls, rounds = 1000, 501
	serve := func(h http.Handler, r *http.Request) int64 {
		w := &quiet{header: make(http.Header)}
		began := time.Now()
		for range calls {
			h.ServeHTTP(w, r)
		}
		return int64(time.Since(began)) / calls
	}
	for b.Loop() {
		var times [3][]int64
		for turn := range rounds + 1 {
			for i := range 3 {
				side := (i + turn) % 3 // none is always first
				spent := serve([]http.Handler{v.typed, v.byHand, v.reading}[side], []*http.Request{v.typedR, v.byHandR, v.typedR}[side])
				if turn > 0 { // the first warms up
					times[side] = append(times[side], spent)
				}
			}
		}
		typed, byHand := median(times[0]), median(times[1])
		b.ReportMetric(float64(typed)/float64(byHand), "×time")
		b.ReportMetric(float64(typed), "ns/request")
		b.ReportMetric(float64(byHand), "ns/byhand")
		b.ReportMetric(float64(median(times[2])), "ns/reading")
	}
}
