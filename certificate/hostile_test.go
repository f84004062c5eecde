package certificate_test

import (
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
)

// A server that only wastes time is cut off at wasteDeadline; the others end by themselves
// before harmDeadline. hostileSlack is for busy machines.
const (
	wasteDeadline = time.Second
	harmDeadline  = time.Minute
	hostileSlack  = 10 * time.Second
)

// A server that means harm ends in an error that says what was wrong, in time, and leaves
// nothing under the file's name.
func TestAHostileFileServerEndsInAClearErrorInTime(t *testing.T) {
	t.Parallel()
	page := []byte("%PDF-1.7\n" + string(make([]byte, 64<<10)))
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	for name, x := range map[string]struct {
		serve http.HandlerFunc
		kind  zwfw.Kind
		says  string
	}{
		"endless body": {func(w http.ResponseWriter, _ *http.Request) {
			for _, err := w.Write(page); err == nil; {
				_, err = w.Write(page)
			}
		}, zwfw.TooLarge, "limit of 1048576 bytes"},
		"longer than allowed by its own word": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99999999999") }, zwfw.TooLarge, "limit"},
		"shorter than said": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "200000")
			_, _ = w.Write(page)
		}, zwfw.Upstream, "line broke"},
		"gzip bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for _, err := z.Write(page); err == nil; {
				_, err = z.Write(page)
			}
		}, zwfw.ProtocolMismatch, "compressed"},
		"slow drip": {func(w http.ResponseWriter, r *http.Request) {
			for _, b := range page {
				_, _ = w.Write([]byte{b})
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
					return
				case <-time.After(10 * time.Millisecond):
				}
			}
		}, zwfw.Timeout, "within the time of the call"},
		"silence":                {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, zwfw.Timeout, "within the time of the call"},
		"redirect to loopback":   {redirect("http://127.0.0.1:9/x"), zwfw.ProtocolMismatch, "redirect"},
		"redirect to link-local": {redirect("http://169.254.169.254/latest/meta-data"), zwfw.ProtocolMismatch, "redirect"},
		"redirect to IPv6 local": {redirect("http://[fe80::1]/x"), zwfw.ProtocolMismatch, "redirect"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			deadline := harmDeadline
			if x.kind == zwfw.Timeout {
				deadline = wasteDeadline
			}
			var asked atomic.Int64
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				x.serve(w, r)
			}))
			t.Cleanup(s.Close)
			client := newClient(t, certificate.Config{
				BaseURL: s.URL, AccountID: "a", AccessToken: zwfw.NewSecret("t"), Files: certificate.FileHosts{MaxSize: 1 << 20},
			}, zwfw.WithTimeout(deadline))
			dir := t.TempDir()
			began := time.Now()
			_, err := client.Save(t.Context(), client.FileAt(zwfw.NewSecret("/file")), filepath.Join(dir, "certificate.pdf"))
			require.ErrorIs(t, err, x.kind)
			require.ErrorContains(t, err, x.says)
			require.ErrorContains(t, err, "apply for a new one")
			require.Less(t, time.Since(began), deadline+hostileSlack)
			require.EqualValues(t, 1, asked.Load())
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}
