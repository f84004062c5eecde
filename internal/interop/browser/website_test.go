package browser

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// website is the program as a user starts it.
type website struct {
	address  string // that visitors type, without a slash at the end
	platform string
	log      *written

	mu    sync.Mutex
	asked []string // method and path of each request, when a front passes them on
}

// written is what the program says on standard error.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// startWebsite runs it behind a front that terminates TLS if secure, as websites are run.
// The platform is at 127.0.0.1 and the website at localhost: different sites to a browser.
func startWebsite(t *testing.T, secure bool) *website {
	t.Helper()
	port := freePort(t)
	w := &website{log: new(written)}
	to := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // what a form's origin is compared with
			w.mu.Lock()
			w.asked = append(w.asked, r.In.Method+" "+r.In.URL.Path)
			w.mu.Unlock()
		},
	})
	scheme := "http"
	if secure {
		scheme = "https"
		front.StartTLS()
	} else {
		front.Start()
	}
	t.Cleanup(front.Close)
	_, frontPort, err := net.SplitHostPort(front.Listener.Addr().String())
	require.NoError(t, err)
	w.address = scheme + "://localhost:" + frontPort
	cmd := exec.Command(websiteProgram)
	cmd.Env = append(os.Environ(), "WEBSITE_LISTEN=127.0.0.1:"+port, "WEBSITE_PUBLIC="+w.address)
	cmd.Stderr = w.log
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the website ended with %v\n%s", err, w.log)
		}
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, ok := strings.Cut(lines.Text(), "platform:"); ok {
			w.platform = strings.TrimSuffix(strings.TrimSpace(address), "/")
		}
		if strings.Contains(lines.Text(), "website:") {
			break
		}
	}
	require.NotEmpty(t, w.platform, w.log.String())
	return w
}

// count tells how often a path was asked for so far.
func (w *website) count(request string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, asked := range w.asked {
		if asked == request {
			n++
		}
	}
	return n
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(l.Addr().String())
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return port
}

// service is the application behind 在线办理: it notes the tickets that arrive.
type service struct {
	*httptest.Server
	mu      sync.Mutex
	tickets []string
}

func startService(t *testing.T) *service {
	t.Helper()
	s := new(service)
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ticket := r.URL.Query().Get("ticket"); ticket != "" {
			s.mu.Lock()
			s.tickets = append(s.tickets, ticket)
			s.mu.Unlock()
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><title>service</title><h1>在线办理</h1>")
	}))
	t.Cleanup(s.Close)
	return s
}
