package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// window is a browser with a profile of its own.
type window struct {
	t    *testing.T
	ctx  context.Context
	name string
	shot int

	mu       sync.Mutex
	way      []string // addresses that documents were asked from
	problems []string // what the console complained about
}

// patience is far above what a page takes.
const patience = 2 * time.Minute

func openWindow(t *testing.T, name string, flags ...chromedp.ExecAllocatorOption) *window {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, // the long suite runs as root
		chromedp.Flag("ignore-certificate-errors", true), chromedp.Flag("no-proxy-server", true), chromedp.WindowSize(1100, 900),
		chromedp.UserDataDir(newProfile(t)), chromedp.WSURLReadTimeout(patience),
	)
	allocated, closeAll := chromedp.NewExecAllocator(t.Context(), append(options, flags...)...)
	t.Cleanup(closeAll)
	ctx, closeTab := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {})) // it meets events that are younger than it
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 10*patience)
	t.Cleanup(cancel)
	w := &window{t: t, ctx: ctx, name: name}
	chromedp.ListenTarget(ctx, w.watch)
	require.NoError(t, chromedp.Run(ctx)) // the browser ends with the context that starts it
	w.do(network.Enable(), cdpruntime.Enable())
	return w
}

func newProfile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(profiles, "profile-")
	require.NoError(t, err)
	return dir
}

// withoutCookies is a profile whose owner allows none.
func withoutCookies(t *testing.T) chromedp.ExecAllocatorOption {
	t.Helper()
	dir := newProfile(t)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "Default"), 0o700))
	const preferences = `{"profile":{"default_content_setting_values":{"cookies":2}}}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Default", "Preferences"), []byte(preferences), 0o600))
	return chromedp.UserDataDir(dir)
}

// watch notes each request for a page, redirects one by one, and what went wrong in it.
func (w *window) watch(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Type == network.ResourceTypeDocument {
			w.way = append(w.way, e.Request.URL)
		}
	case *cdpruntime.EventExceptionThrown:
		w.problems = append(w.problems, e.ExceptionDetails.Error())
	}
}

func (w *window) do(actions ...chromedp.Action) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		var at, text string
		_ = chromedp.Run(w.ctx, chromedp.Location(&at), chromedp.Text("body", &text, chromedp.ByQuery))
		require.NoError(w.t, err, "at %s:\n%s", at, text)
	}
}

// open goes to an address as if it was typed.
func (w *window) open(address string) { w.t.Helper(); w.do(chromedp.Navigate(address)) }

// follow clicks what leads to another page and waits for it.
func (w *window) follow(selector string) {
	w.t.Helper()
	_, err := chromedp.RunResponse(w.ctx, chromedp.Click(selector, w.how(selector)))
	require.NoError(w.t, err, selector)
}

// how reads selectors that begin with a slash as XPath.
func (*window) how(selector string) chromedp.QueryOption {
	if strings.HasPrefix(selector, "/") {
		return chromedp.BySearch
	}
	return chromedp.ByQuery
}

func (w *window) text() (text string) {
	w.t.Helper()
	w.do(chromedp.Text("body", &text, chromedp.ByQuery))
	return text
}

func (w *window) at() (address string) {
	w.t.Helper()
	w.do(chromedp.Location(&address))
	return address
}

// cookies are those that the page's address would be sent, by name.
func (w *window) cookies() map[string]*network.Cookie {
	w.t.Helper()
	found := make(map[string]*network.Cookie)
	w.do(chromedp.ActionFunc(func(ctx context.Context) error {
		cookies, err := network.GetCookies().Do(ctx)
		for _, c := range cookies {
			found[c.Name] = c
		}
		return err
	}))
	return found
}

// turns counts how often the way led to an address that begins so.
func (w *window) turns(prefix string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, address := range w.way {
		if strings.HasPrefix(address, prefix) {
			n++
		}
	}
	return n
}

// last gives the last address of the way that begins so.
func (w *window) last(prefix string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.way) - 1; i >= 0; i-- {
		if strings.HasPrefix(w.way[i], prefix) {
			return w.way[i]
		}
	}
	return ""
}

// picture keeps the whole page where ZWFW_SCREENSHOTS says.
func (w *window) picture(page string) {
	w.t.Helper()
	dir := os.Getenv("ZWFW_SCREENSHOTS")
	if dir == "" {
		return
	}
	var data []byte
	w.do(chromedp.FullScreenshot(&data, 100))
	w.shot++
	require.NoError(w.t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%02d-%s.png", w.name, w.shot, page)), data, 0o600))
}

// calm requires that no page had an error in a script of its own: there are none.
func (w *window) calm() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(w.t, w.problems)
}
