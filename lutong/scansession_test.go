package lutong_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
)

func TestScanEntrySpendsNothingOnPreviewsAndForgetsAfterItsLife(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry, err := lutong.NewScanEntry(client, lutong.ScanEntryConfig{SessionLife: time.Nanosecond, Serve: func(http.ResponseWriter, *http.Request, *lutong.User) { t.Error("served") }})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	entry.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/scan?authCode=a", nil))
	require.Empty(t, w.Result().Cookies())
	w = httptest.NewRecorder()
	entry.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/scan?authCode=a", nil))
	r := httptest.NewRequest(http.MethodGet, "/scan", nil)
	r.AddCookie(w.Result().Cookies()[0])
	w = httptest.NewRecorder()
	entry.ServeHTTP(w, r)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "请重新扫描大厅二维码")
	require.Empty(t, p.Requests())
}

func TestScanEntryForgetsTheVisitorOnRequest(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	var entry *lutong.ScanEntry
	entry, err := lutong.NewScanEntry(client, lutong.ScanEntryConfig{PlainHTTP: true, Serve: func(w http.ResponseWriter, r *http.Request, _ *lutong.User) {
		entry.Forget(w, r)
	}})
	require.NoError(t, err)
	server := httptest.NewServer(entry)
	t.Cleanup(server.Close)
	b := browser(t)
	address := server.URL + "/?authCode=" + url.QueryEscape(p.MintAuthCode(p.Citizens()[0]).Reveal())
	status, _, final := open(t, b, address)
	require.Equal(t, http.StatusOK, status)
	status, _, _ = open(t, b, final.String())
	require.Equal(t, http.StatusBadRequest, status)
	status, _, _ = open(t, b, address)
	require.Equal(t, http.StatusGone, status, "the code stays used")
}

func TestScanEntryLetsAFloodOfJunkPushOutOnlyWhatNobodyFollowed(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	_, known := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[0])), "")
	visit(entry, "/scan", known)
	_, oldest := visit(entry, "/scan?authCode=oldest", "")
	for i := range 50_000 {
		visit(entry, fmt.Sprintf("/scan?authCode=junk%d", i), "")
	}
	_, late := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[1])), "")

	page, _ := visit(entry, "/scan", late)
	require.Equal(t, p.Citizens()[1].Name.Reveal(), page)
	page, _ = visit(entry, "/scan", known)
	require.Equal(t, p.Citizens()[0].Name.Reveal(), page)
	page, _ = visit(entry, "/scan", oldest)
	require.Equal(t, string(zwfw.TokenInvalid), page)
	require.Len(t, p.Requests(), 2)
}

// panicky breaks every call before it is sent.
type panicky struct{}

func (panicky) Start(context.Context, zwfw.Span) (context.Context, func(zwfw.Result)) {
	panic("the observer is broken")
}

// survive visits as net/http lets a handler panic: the connection ends, no more.
func survive(h http.Handler, address, cookie string) (page, held string, panicked any) {
	defer func() { panicked = recover() }()
	page, held = visit(h, address, cookie)
	return page, held, nil
}

func TestScanEntryIsBusyOnlyWhenEverySessionIsJudged(t *testing.T) {
	t.Parallel()
	_, client := start(t, zwfw.WithObserver(panicky{})) // the cheapest unknown outcome
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	for i := range 50_000 {
		_, cookie := visit(entry, fmt.Sprintf("/scan?authCode=junk%d", i), "")
		survive(entry, "/scan", cookie)
	}
	page, cookie := visit(entry, "/scan?authCode=late", "")
	require.Equal(t, string(zwfw.Busy), page)
	require.Empty(t, cookie)
}

func TestScanEntryDoesNotHangAfterAPanicInTheCall(t *testing.T) {
	t.Parallel()
	_, client := start(t, zwfw.WithObserver(panicky{}))
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	_, cookie := visit(entry, "/scan?authCode=a", "")
	_, _, panicked := survive(entry, "/scan", cookie)
	require.Equal(t, "the observer is broken", panicked, "net/http learns of it")

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/scan", nil)
	r.AddCookie(&http.Cookie{Name: "zwfw_scan", Value: cookie})
	w := httptest.NewRecorder()
	entry.ServeHTTP(w, r)
	require.Equal(t, string(zwfw.Upstream), w.Body.String(), "the code may be spent: nothing is asked again")
}

func TestScanEntryGivesEachVisitAUserOfItsOwn(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{Serve: func(w http.ResponseWriter, _ *http.Request, u *lutong.User) {
		_, _ = io.WriteString(w, u.Name.Reveal()+u.Extension.Reveal())
		u.Name = zwfw.PersonName{} // a page that clears what it has shown
	}})
	_, cookie := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[0])), "")
	first, _ := visit(entry, "/scan", cookie)
	require.Contains(t, first, p.Citizens()[0].Name.Reveal())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if page, _ := visit(entry, "/scan", cookie); page != first {
				t.Errorf("another visit left %q", page)
			}
		})
	}
	wg.Wait()
}

func TestScanEntryKeepsTheCitizenUntilANewCodeIsAccepted(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	a, b := p.Citizens()[0].Name.Reveal(), p.Citizens()[1].Name.Reveal()
	_, first := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[0])), "")
	page, _ := visit(entry, "/scan", first)
	require.Equal(t, a, page)

	_, junk := visit(entry, "/scan?authCode=junk0", first) // two links, opened one after the other
	_, junk = visit(entry, "/scan?authCode=junk1", junk)
	require.NotEqual(t, first, junk)
	page, back := visit(entry, "/scan", junk)
	require.Equal(t, string(zwfw.CodeNotFound), page, "the refusal is shown")
	require.Equal(t, first, back)
	page, _ = visit(entry, "/scan", back)
	require.Equal(t, a, page)

	_, second := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[1])), back)
	require.NotEqual(t, first, second)
	page, _ = visit(entry, "/scan", first)
	require.Equal(t, a, page, "nothing is proven yet")
	page, held := visit(entry, "/scan", second)
	require.Equal(t, b, page)
	require.Equal(t, second, held)
	page, _ = visit(entry, "/scan", first)
	require.Equal(t, string(zwfw.TokenInvalid), page, "the former session is over")
}

func TestScanEntryForgetsTheFormerSessionToo(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	_, first := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[0])), "")
	visit(entry, "/scan", first)
	_, second := visit(entry, "/scan?authCode=junk", first)
	r := httptest.NewRequest(http.MethodGet, "/scan", nil)
	r.AddCookie(&http.Cookie{Name: "zwfw_scan", Value: second})
	entry.Forget(httptest.NewRecorder(), r)
	for _, cookie := range []string{first, second} {
		page, _ := visit(entry, "/scan", cookie)
		require.Equal(t, string(zwfw.TokenInvalid), page)
	}
}

func TestScanEntryOutlivesAJumpOfThePlatformsTime(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	_, cookie := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[0])), "")
	visit(entry, "/scan", cookie)
	p.Clock().Set(time.Now().Add(14 * time.Minute))
	_, err := client.Ready(t.Context())
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(14*time.Minute), client.Now(), 5*time.Second, "the client's time has jumped")
	page, _ := visit(entry, "/scan", cookie)
	require.Equal(t, p.Citizens()[0].Name.Reveal(), page)
}

func TestScanEntryForgetsACodeNobodyFollowedWithinAMinute(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		visits []time.Duration // after the code came in
		last   zwfw.Kind
	}{
		"in time":                       {[]time.Duration{59 * time.Second}, zwfw.Closed},
		"late":                          {[]time.Duration{61 * time.Second}, zwfw.TokenInvalid},
		"asked in vain, and again":      {[]time.Duration{time.Second, 9 * time.Minute}, zwfw.Closed},
		"asked in vain, and much later": {[]time.Duration{time.Second, 12 * time.Minute}, zwfw.TokenInvalid},
		"asked in vain again and again": {[]time.Duration{time.Second, 9 * time.Minute, 18 * time.Minute}, zwfw.Closed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, client := start(t)
			require.NoError(t, client.Close()) // refuses without the line, so nothing is spent
			entry := kindEntry(t, client, lutong.ScanEntryConfig{})
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, cookie := visit(entry, "/scan?authCode=a", "")
				var page string
				for _, at := range x.visits {
					time.Sleep(time.Until(began.Add(at)))
					page, _ = visit(entry, "/scan", cookie)
				}
				require.Equal(t, string(x.last), page)
			})
		})
	}
}
