package fetch_test

import (
	"archive/zip"
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// token stands in every address and must be found nowhere else.
const token = "0123456789abcdefSECRET"

func noise(size int) []byte {
	p := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(p)
	return p
}

// archive is a ZIP of the named entries with some bytes each.
func archive(t testing.TB, size int, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		require.NoError(t, err)
		_, err = w.Write(noise(size))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func pdf(size int) []byte {
	return append(append([]byte("%PDF-1.7\n"), noise(size)...), "\n%%EOF\n"...)
}

// samples are one file of each type.
func samples(t testing.TB) map[fetch.Format][]byte {
	return map[fetch.Format][]byte{
		fetch.OFD:  archive(t, 300<<10, "OFD.xml", "Doc_0/Document.xml"),
		fetch.PDF:  pdf(1000),
		fetch.PNG:  append(append([]byte("\x89PNG\r\n\x1a\n"), noise(100)...), "\x00\x00\x00\x00IEND\xaeB`\x82"...),
		fetch.GIF:  append(append([]byte("GIF89a"), noise(100)...), 0x3b),
		fetch.JPEG: append(append([]byte("\xff\xd8\xff\xe0"), noise(100)...), 0xff, 0xd9),
	}
}

// platform is a server that counts what it is asked.
type platform struct {
	*httptest.Server
	asked atomic.Int64
}

func serve(t testing.TB, handler http.HandlerFunc) *platform {
	t.Helper()
	p := new(platform)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		handler(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// sending answers with a body of known length.
func sending(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}

// served is a file that can be asked for in parts.
func served(body []byte, tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", tag)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

// cutting lets n bytes of the body through and breaks the line.
func cutting(h http.HandlerFunc, n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h(&cutWriter{w, n}, r) }
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		_ = http.NewResponseController(c.ResponseWriter).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

func gbk(text string) []byte {
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(text))
	if err != nil {
		panic(err)
	}
	return b
}

func toUTF8(body []byte, contentType string) []byte {
	if strings.Contains(contentType, "GBK") {
		body, _ = simplifiedchinese.GB18030.NewDecoder().Bytes(body)
	}
	return body
}

func config(base string) fetch.Config {
	return fetch.Config{
		Platform: "certificate", Base: base, ToUTF8: toUTF8,
		Codes: map[string]zwfw.Kind{"21": zwfw.CertificateUnavailable},
		Texts: []fetch.TextKind{{"文件不存在", zwfw.NotFound}, {"已下载", zwfw.WrongState}, {"过期", zwfw.CodeExpired}},
	}
}

// oneTry turns the second try off.
func oneTry() zwfw.Option { return zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}) }

func quickly() zwfw.Option {
	return zwfw.WithRetry(zwfw.Retry{BaseDelay: time.Microsecond, MaxDelay: time.Microsecond})
}

func fetcher(t testing.TB, c fetch.Config, options ...zwfw.Option) *fetch.Fetcher {
	t.Helper()
	s, err := zwfw.NewSettings(append([]zwfw.Option{quickly()}, options...)...)
	require.NoError(t, err)
	f, err := fetch.New(c, s)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func reusable(base string) fetch.Address {
	return fetch.Reusable(zwfw.NewSecret(base + "/download?id=" + token))
}

func singleUse(base string) fetch.Address {
	return fetch.SingleUse(zwfw.NewSecret(base + "/download?id=" + token))
}

// failure is an error of the module that tells nothing it should not.
func failure(t testing.TB, err error) *zwfw.Error {
	t.Helper()
	var e *zwfw.Error
	require.ErrorAs(t, err, &e)
	require.NotContains(t, err.Error(), token)
	if e.Err != nil {
		require.NotContains(t, e.Err.Error(), token)
	}
	return e
}

func fetched(t testing.TB, f *fetch.Fetcher, a fetch.Address) ([]byte, fetch.File, error) {
	t.Helper()
	var b bytes.Buffer
	file, err := f.Fetch(t.Context(), a, &b)
	return b.Bytes(), file, err
}

func hostOf(t testing.TB, base string) string {
	t.Helper()
	u, err := url.Parse(base)
	require.NoError(t, err)
	return u.Host
}
