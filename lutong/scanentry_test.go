package lutong_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// hallPage serves a ScanEntry and gives its address.
func hallPage(t *testing.T, client *lutong.Client) string {
	t.Helper()
	entry, err := lutong.NewScanEntry(client, lutong.ScanEntryConfig{
		PlainHTTP: true,
		Serve: func(w http.ResponseWriter, r *http.Request, u *lutong.User) {
			_, _ = io.WriteString(w, "您好，"+u.Name.String()+" hall="+r.URL.Query().Get("hall"))
		},
	})
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/scan", entry)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/scan?hall=1"
}

func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport}
}

func open(t *testing.T, b *http.Client, address string) (status int, page string, final *url.URL) {
	t.Helper()
	resp, err := b.Get(address)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	require.Equal(t, "no-referrer", resp.Header.Get("Referrer-Policy"))
	return resp.StatusCode, string(body), resp.Request.URL
}

func withCode(page string, code zwfw.Secret) string {
	return page + "&authCode=" + url.QueryEscape(code.Reveal())
}

func TestScanEntryAsksOnceAndSurvivesRefreshes(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	page := hallPage(t, client)
	b := browser(t)
	address := withCode(page, p.MintAuthCode(p.Citizens()[0]))

	status, text, final := open(t, b, address)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "您好，"+p.Citizens()[0].Name.String()+" hall=1", text)
	require.NotContains(t, final.String(), "authCode", "the code leaves the address")
	for _, again := range []string{final.String(), address, final.String()} {
		status, text, _ = open(t, b, again)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, text, "您好")
	}
	require.Equal(t, 1, p.Effects("lutong.UserInfo"))
	require.Len(t, p.Requests(), 1)
}

func TestScanEntryGivesAnotherBrowserNothing(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	page := hallPage(t, client)
	address := withCode(page, p.MintAuthCode(p.Citizens()[0]))
	owner, stranger := browser(t), browser(t)
	_, _, final := open(t, owner, address)

	status, text, _ := open(t, stranger, address)
	require.Equal(t, http.StatusGone, status)
	require.Contains(t, text, "请重新扫描大厅二维码")
	require.NotContains(t, text, "您好")
	status, text, _ = open(t, stranger, final.String())
	require.Equal(t, http.StatusBadRequest, status)
	require.NotContains(t, text, "您好")
	require.Len(t, p.Requests(), 1)
}

func TestScanEntryCookieHoldsNothingAndCannotBeRead(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for _, plain := range []bool{true, false} {
		entry, err := lutong.NewScanEntry(client, lutong.ScanEntryConfig{PlainHTTP: plain, Serve: func(http.ResponseWriter, *http.Request, *lutong.User) {}})
		require.NoError(t, err)
		code := p.MintAuthCode(p.Citizens()[0])
		w := httptest.NewRecorder()
		entry.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/scan?authCode="+url.QueryEscape(code.Reveal()), nil))
		require.Equal(t, http.StatusSeeOther, w.Code)
		require.Equal(t, "/scan", w.Header().Get("Location"))
		cookies := w.Result().Cookies()
		require.Len(t, cookies, 1)
		require.True(t, cookies[0].HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, cookies[0].SameSite)
		require.Equal(t, !plain, cookies[0].Secure)
		require.NotContains(t, cookies[0].Value, code.Reveal()[:8])
	}
	require.Empty(t, p.Requests(), "the platform is asked when the page is shown")
}

func TestScanEntryAnswersConcurrentRefreshesFromOneCall(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("lutong.UserInfo", sandbox.Delay(200*time.Millisecond))
	page := hallPage(t, client)
	b := browser(t)
	b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, _, _ := open(t, b, withCode(page, p.MintAuthCode(p.Citizens()[0])))
	require.Equal(t, http.StatusSeeOther, status)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			resp, err := b.Get(page)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("status %v, error %v", resp, err)
				return
			}
			resp.Body.Close()
		})
	}
	wg.Wait()
	require.Len(t, p.Requests(), 1)
}

func TestScanEntryKeepsARefusalAndAsksNoSecondTime(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("lutong.UserInfo", sandbox.DropAfter())
	page := hallPage(t, client)
	b := browser(t)
	status, text, final := open(t, b, withCode(page, p.MintAuthCode(p.Citizens()[0])))
	require.Equal(t, http.StatusBadGateway, status)
	require.Contains(t, text, "请重新扫描大厅二维码")
	status, _, _ = open(t, b, final.String())
	require.Equal(t, http.StatusBadGateway, status)
	require.Len(t, p.Requests(), 1)

	status, text, _ = open(t, b, withCode(page, p.MintAuthCode(p.Citizens()[1])))
	require.Equal(t, http.StatusOK, status, "a new scan works in the same browser")
	require.Contains(t, text, "您好")
}

func TestScanEntryRebindsACodeWhoseFirstAnswerWasLost(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	page := hallPage(t, client)
	address := withCode(page, p.MintAuthCode(p.Citizens()[0]))
	lost := browser(t)
	lost.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	open(t, lost, address) // the redirect and its cookie never reach the citizen
	status, text, _ := open(t, browser(t), address)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "您好")
	status, _, _ = open(t, lost, page)
	require.Equal(t, http.StatusBadRequest, status, "the lost session is gone")
}

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

func TestScanEntryConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	_, err := lutong.NewScanEntry(nil, lutong.ScanEntryConfig{})
	require.ErrorContains(t, err, "client is nil")
	_, err = lutong.NewScanEntry(client, lutong.ScanEntryConfig{})
	require.ErrorContains(t, err, "Serve is required")
	_, err = lutong.NewScanEntry(client, lutong.ScanEntryConfig{Serve: func(http.ResponseWriter, *http.Request, *lutong.User) {}, SessionLife: 13 * time.Hour})
	require.ErrorContains(t, err, "SessionLife")
}

func TestScanEntryAsksAgainWhenTheFirstQuestionNeverLeft(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	stop, err := p.Listen("127.0.0.1:0")
	require.NoError(t, err)
	client := newClient(t, p.LutongConfig(), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	page := hallPage(t, client)
	b := browser(t)
	address := strings.TrimPrefix(p.URL, "http://")
	stop()

	status, _, final := open(t, b, withCode(page, p.MintAuthCode(p.Citizens()[0])))
	require.Equal(t, http.StatusBadGateway, status)
	stop, err = p.Listen(address)
	require.NoError(t, err)
	defer stop()
	status, text, _ := open(t, b, final.String())
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, "您好")
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
