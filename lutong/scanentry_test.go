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
		require.Equal(t, "?", w.Header().Get("Location"), "the same page without a query")
		cookies := w.Result().Cookies()
		require.Len(t, cookies, 1)
		require.True(t, cookies[0].HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, cookies[0].SameSite)
		require.Equal(t, !plain, cookies[0].Secure)
		require.Equal(t, "/", cookies[0].Path)
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

func TestScanEntryConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	_, err := lutong.NewScanEntry(nil, lutong.ScanEntryConfig{})
	require.ErrorContains(t, err, "client is nil")
	_, err = lutong.NewScanEntry(client, lutong.ScanEntryConfig{})
	require.ErrorContains(t, err, "Serve is required")
	_, err = lutong.NewScanEntry(client, lutong.ScanEntryConfig{Serve: func(http.ResponseWriter, *http.Request, *lutong.User) {}, SessionLife: 13 * time.Hour})
	require.ErrorContains(t, err, "SessionLife")
	for _, path := range []string{"scan", "/大厅", "/a;Domain=x", "/a b", "/a\r\n"} {
		_, err = lutong.NewScanEntry(client, lutong.ScanEntryConfig{Serve: func(http.ResponseWriter, *http.Request, *lutong.User) {}, CookiePath: path})
		require.ErrorContains(t, err, "CookiePath", path)
	}
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

// kindEntry answers with the citizen's name, or with the kind of the refusal.
func kindEntry(t *testing.T, client *lutong.Client, config lutong.ScanEntryConfig) *lutong.ScanEntry {
	t.Helper()
	config.PlainHTTP = true
	if config.Serve == nil {
		config.Serve = func(w http.ResponseWriter, _ *http.Request, u *lutong.User) {
			_, _ = io.WriteString(w, u.Name.Reveal())
		}
	}
	config.Fail = func(w http.ResponseWriter, _ *http.Request, err error) {
		_, _ = io.WriteString(w, string(zwfw.KindOf(err)))
	}
	entry, err := lutong.NewScanEntry(client, config)
	require.NoError(t, err)
	return entry
}

// visit opens an address with a cookie, "" for none, and gives the page and the cookie
// that the browser holds afterwards. It does not follow the redirect.
func visit(h http.Handler, address, cookie string) (page, held string) {
	r := httptest.NewRequest(http.MethodGet, address, nil)
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: "zwfw_scan", Value: cookie})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		cookie = c.Value
	}
	return w.Body.String(), cookie
}

func scanAddress(code zwfw.Secret) string { return "/scan?authCode=" + url.QueryEscape(code.Reveal()) }

func TestScanEntryStaysOnItsPageWhereverItIsMounted(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		path  string
		mount func(http.Handler) http.Handler
	}{
		"two slashes that look like a host": {"//evil.example/phish", nil},
		"slash and backslash":               {"/%5Cevil.example/phish", nil},
		"root":                              {"/", nil},
		"ends with a slash":                 {"/hall/scan/", nil},
		"Chinese":                           {"/%E5%A4%A7%E5%8E%85/%E6%89%AB%E7%A0%81", nil},
		"colon":                             {"/javascript:alert(1)", nil},
		"prefix stripped": {"/app/scan", func(h http.Handler) http.Handler {
			return http.StripPrefix("/app", h)
		}},
		"whole path stripped": {"/app/scan", func(h http.Handler) http.Handler {
			return http.StripPrefix("/app/scan", h)
		}},
	} {
		for _, rest := range []string{"", "hall=1"} {
			t.Run(name+" "+rest, func(t *testing.T) {
				t.Parallel()
				p, client := start(t)
				var entry http.Handler = kindEntry(t, client, lutong.ScanEntryConfig{})
				if x.mount != nil {
					entry = x.mount(entry)
				}
				server := httptest.NewServer(entry)
				t.Cleanup(server.Close)
				address := server.URL + x.path + "?" + rest + "&authCode=" + url.QueryEscape(p.MintAuthCode(p.Citizens()[0]).Reveal())
				b := browser(t)
				for range 2 { // opened again: the cookie came back
					status, text, final := open(t, b, address)
					require.Equal(t, http.StatusOK, status)
					require.Equal(t, p.Citizens()[0].Name.Reveal(), text)
					require.Equal(t, strings.TrimPrefix(server.URL, "http://"), final.Host)
					require.Equal(t, x.path, final.EscapedPath())
					require.Equal(t, rest, final.RawQuery)
				}
			})
		}
	}
}

func TestScanEntryShowsItsCookieWhereItIsTold(t *testing.T) {
	t.Parallel()
	_, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{CookiePath: "/app/scan"})
	w := httptest.NewRecorder()
	entry.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/scan?authCode=a", nil))
	require.Equal(t, "/app/scan", w.Result().Cookies()[0].Path)
	w = httptest.NewRecorder()
	entry.Forget(w, httptest.NewRequest(http.MethodGet, "/scan", nil))
	require.Equal(t, "/app/scan", w.Result().Cookies()[0].Path)
}

func TestScanEntryRefusesWhatIsNoCodeBeforeKeepingIt(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	for name, raw := range map[string]string{
		"900 kB":             strings.Repeat("A", 900<<10),
		"1,025 characters":   strings.Repeat("%E5%AD%97", 1025),
		"blank":              "%20%09",
		"control character":  "a%00b",
		"line break":         "a%0D%0Ab",
		"not UTF-8":          "a%FFb",
		"broken escape":      "a%zz",
		"half an escape":     "a%2",
		"escaped new escape": "a%7Fb",
	} {
		page, cookie := visit(entry, "/scan?authCode="+raw, "")
		require.Equal(t, string(zwfw.CodeMalformed), page, name)
		require.Empty(t, cookie, name)
	}
	page, cookie := visit(entry, "/scan?authCode="+strings.Repeat("%E5%AD%97", 1024), "")
	require.Empty(t, page)
	require.NotEmpty(t, cookie)
	require.Empty(t, p.Requests())
}

func TestScanEntryTakesAPlusInTheCodeForAPlus(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	entry := kindEntry(t, client, lutong.ScanEntryConfig{})
	for raw, code := range map[string]string{
		"raw+plus/and==":             "raw+plus/and==",
		"escaped%2Bplus%2Fand%3D%3D": "escaped+plus/and==",
		"a%20space":                  "a space",
		"semi;colon":                 "semi;colon",
	} {
		p.PutAuthCode(code, p.Citizens()[0])
		_, cookie := visit(entry, "/scan?hall=1&authCode="+raw, "")
		page, _ := visit(entry, "/scan?hall=1", cookie)
		require.Equal(t, p.Citizens()[0].Name.Reveal(), page, raw)
	}
}

func TestScanEntryAsksAgainAfterARefusalThatSpendsNothing(t *testing.T) {
	t.Parallel()
	for _, kind := range []zwfw.Kind{zwfw.Busy, zwfw.RateLimited, zwfw.ClockSkew} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p, client := start(t)
			entry := kindEntry(t, client, lutong.ScanEntryConfig{})
			_, cookie := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[0])), "")
			p.Faults().Always("lutong.UserInfo", sandbox.Refuse(kind))
			for range 2 {
				before := len(p.Requests())
				page, _ := visit(entry, "/scan", cookie)
				require.Equal(t, string(kind), page)
				require.Greater(t, len(p.Requests()), before)
			}
			p.Faults().Clear()
			page, _ := visit(entry, "/scan", cookie)
			require.Equal(t, p.Citizens()[0].Name.Reveal(), page)
		})
	}
	for _, kind := range []zwfw.Kind{zwfw.CodeExpired, zwfw.CodeUsed, zwfw.CodeNotFound, zwfw.Upstream} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			p, client := start(t)
			entry := kindEntry(t, client, lutong.ScanEntryConfig{})
			_, cookie := visit(entry, scanAddress(p.MintAuthCode(p.Citizens()[0])), "")
			p.Faults().Next("lutong.UserInfo", sandbox.Refuse(kind))
			for range 2 {
				page, _ := visit(entry, "/scan", cookie)
				require.Equal(t, string(kind), page)
			}
			require.Len(t, p.Requests(), 1)
		})
	}
}
