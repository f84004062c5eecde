package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

func TestFilesOfEachTypeArriveWithTheirHash(t *testing.T) {
	t.Parallel()
	for format, body := range samples(t) {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			p := serve(t, sending(body))
			got, file, err := fetched(t, fetcher(t, config(p.URL)), singleUse(p.URL))
			require.NoError(t, err)
			require.Equal(t, fetch.File{Format: format, Size: int64(len(body)), SHA256: sha256.Sum256(body)}, file)
			require.True(t, bytes.Equal(body, got))
		})
	}
}

func TestOFDIsFoundWhereverItsEntryStands(t *testing.T) {
	t.Parallel()
	// Sizes around the block's let the directory cross its edge.
	for size := 65400; size < 65600; size += 3 {
		body := archive(t, size, "Doc_0/Document.xml", "OFD.xml")
		p := serve(t, sending(body))
		_, file, err := fetched(t, fetcher(t, config(p.URL)), reusable(p.URL))
		require.NoError(t, err)
		require.Equal(t, fetch.OFD, file.Format, "size %d", size)
	}
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	t.Parallel()
	ofd, all := samples(t)[fetch.OFD], samples(t)
	for name, c := range map[string]struct {
		contentType, body string
		kind              zwfw.Kind
		expected, text    string
	}{
		"empty":                     {"", "", zwfw.ProtocolMismatch, "empty", ""},
		"only spaces":               {"", " \r\n ", zwfw.ProtocolMismatch, "empty", ""},
		"a sentence":                {"text/plain", "文件不存在", zwfw.NotFound, "", "文件不存在"},
		"a sentence called OFD":     {"application/ofd", "文件不存在！", zwfw.NotFound, "", "文件不存在！"},
		"a sentence in GBK":         {"text/html;charset=GBK", string(gbk("该文件已下载")), zwfw.WrongState, "", "该文件已下载"},
		"an unknown sentence":       {"text/plain", "测试人的证照有误", zwfw.Unclassified, "text came in place", "测试人的证照有误"},
		"a web page":                {"text/html", "<html><body>502</body></html>", zwfw.ProtocolMismatch, "web page", "<html><body>502</body></html>"},
		"a web page that says why":  {"text/html", "<html>文件不存在</html>", zwfw.NotFound, "", "<html>文件不存在</html>"},
		"bytes of no type":          {"", "\x00\x01\x02\x03", zwfw.ProtocolMismatch, "no file of a known type", ""},
		"gzip without saying so":    {"", "\x1f\x8b\x08\x00\x00", zwfw.ProtocolMismatch, "no file of a known type", ""},
		"many bytes of no type":     {"", string(noise(1 << 20)), zwfw.ProtocolMismatch, "no file of a known type", ""},
		"a ZIP without OFD.xml":     {"", string(archive(t, 10, "a/OFD.xml", "OFD.xml.bak")), zwfw.ProtocolMismatch, "without OFD.xml", ""},
		"an OFD without its end":    {"", string(ofd[:len(ofd)-1]), zwfw.ProtocolMismatch, "end of the file is missing", ""},
		"an OFD without directory":  {"", string(ofd[:len(ofd)/2]), zwfw.ProtocolMismatch, "its end is missing", ""},
		"a PDF without its end":     {"", string(all[fetch.PDF][:900]), zwfw.ProtocolMismatch, "end of the file is missing", ""},
		"a PNG without its end":     {"", string(all[fetch.PNG][:90]), zwfw.ProtocolMismatch, "end of the file is missing", ""},
		"a JPEG without its end":    {"", string(all[fetch.JPEG][:90]), zwfw.ProtocolMismatch, "end of the file is missing", ""},
		"a GIF without its end":     {"", "GIF89a....", zwfw.ProtocolMismatch, "end of the file is missing", ""},
		"JSON that refuses":         {"", `{"head":{"status":21,"message":"证照已废止"},"data":{}}`, zwfw.CertificateUnavailable, "", "证照已废止"},
		"JSON that refuses by text": {"", `{"code":"x","msg":"文件不存在"}`, zwfw.NotFound, "", "文件不存在"},
		"JSON with GBK":             {"application/json;charset=GBK", string(gbk(`{"status":"9","message":"呯文件不存在"}`)), zwfw.NotFound, "", "呯文件不存在"},
		"JSON of nothing":           {"", `{"head":{"status":"0"},"data":{}}`, zwfw.ProtocolMismatch, "neither a file nor a refusal", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				sendingBody(w, c.body)
			})
			_, _, err := fetched(t, fetcher(t, config(p.URL)), singleUse(p.URL))
			e := failure(t, err)
			assert.Equal(t, c.kind, e.Kind)
			assert.Contains(t, e.Expected, c.expected)
			assert.Equal(t, c.text, e.Text.Reveal())
			assert.Equal(t, hostOf(t, p.URL), e.Where)
			if known := c.text != "" && c.kind != zwfw.Unclassified && c.kind != zwfw.ProtocolMismatch; known {
				assert.Equal(t, zwfw.OutcomeRefused, e.Outcome)
			} else {
				assert.Equal(t, zwfw.OutcomeUnknown, e.Outcome)
				assert.Contains(t, err.Error(), "apply for a new one")
			}
			assert.NotContains(t, err.Error(), "文件")
		})
	}
}

func sendingBody(w http.ResponseWriter, body string) { _, _ = w.Write([]byte(body)) }

func TestTypesAreAcceptedAsConfigured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		accept []fetch.Format
		body   []byte
		want   fetch.Format
	}{
		{[]fetch.Format{fetch.ZIP}, archive(t, 10, "a"), fetch.ZIP},
		{[]fetch.Format{fetch.OFD}, samples(t)[fetch.PDF], ""},
		{[]fetch.Format{fetch.PDF}, samples(t)[fetch.OFD], ""},
		{[]fetch.Format{fetch.PDF}, samples(t)[fetch.PDF], fetch.PDF},
	} {
		p := serve(t, sending(c.body))
		with := config(p.URL)
		with.Accept = c.accept
		_, file, err := fetched(t, fetcher(t, with), reusable(p.URL))
		assert.Equal(t, c.want, file.Format)
		assert.Equal(t, c.want == "", err != nil)
	}
}

func TestFetchGoesOnWhereTheLineBroke(t *testing.T) {
	t.Parallel()
	body := pdf(3 << 20)
	p := serve(t, nil)
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		cutting(served(body, `"v1"`), 700<<10)(w, r)
	})
	got, file, err := fetched(t, fetcher(t, config(p.URL)), reusable(p.URL))
	require.NoError(t, err)
	require.True(t, bytes.Equal(body, got))
	require.Equal(t, sha256.Sum256(body), file.SHA256)
	require.Equal(t, int64(5), p.asked.Load())
}

func TestFetchNeverWritesAByteTwice(t *testing.T) {
	t.Parallel()
	body := pdf(1 << 20)
	for name, h := range map[string]http.HandlerFunc{
		"the server names no version": sending(body),
		"the file changed": func(w http.ResponseWriter, r *http.Request) {
			tag := `"1"`
			if r.Header.Get("Range") != "" {
				tag = `"2"`
			}
			served(body, tag)(w, r)
		},
		"the server refuses parts": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Accept-Ranges", "none")
			w.Header().Set("Etag", `"1"`)
			sending(body)(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, cutting(h, 500<<10))
			got, _, err := fetched(t, fetcher(t, config(p.URL)), reusable(p.URL))
			require.Equal(t, zwfw.OutcomeUnknown, failure(t, err).Outcome)
			require.True(t, bytes.HasPrefix(body, got), "what is written is the beginning of the file, once")
		})
	}
}

func TestFetchTriesAReusableAddressAgain(t *testing.T) {
	t.Parallel()
	body := pdf(100)
	p := serve(t, nil)
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		sending(body)(w, r)
	})
	_, _, err := fetched(t, fetcher(t, config(p.URL)), reusable(p.URL))
	require.NoError(t, err)
	p.asked.Store(0)
	_, _, err = fetched(t, fetcher(t, config(p.URL), oneTry()), reusable(p.URL))
	require.ErrorIs(t, err, zwfw.Upstream)
	require.Equal(t, int64(1), p.asked.Load())
}

func TestStatusesHaveKinds(t *testing.T) {
	t.Parallel()
	for status, kind := range map[int]zwfw.Kind{
		204: zwfw.ProtocolMismatch, 206: zwfw.ProtocolMismatch, 304: zwfw.ProtocolMismatch, 400: zwfw.BadRequest, 401: zwfw.PermissionDenied, 403: zwfw.PermissionDenied,
		404: zwfw.NotFound, 410: zwfw.NotFound, 416: zwfw.BadRequest, 429: zwfw.RateLimited, 500: zwfw.Upstream, 504: zwfw.Timeout,
	} {
		p := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, _, err := fetched(t, fetcher(t, config(p.URL), oneTry()), reusable(p.URL))
		e := failure(t, err)
		assert.Equal(t, kind, e.Kind, "%d", status)
		assert.Equal(t, status, e.HTTPStatus)
	}
}

type brokenWriter struct{ after int }

var errFull = errors.New("no room")

func (b *brokenWriter) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAWriterThatFailsEndsTheDownload(t *testing.T) {
	t.Parallel()
	p := serve(t, served(pdf(8<<20), `"1"`))
	_, err := fetcher(t, config(p.URL)).Fetch(t.Context(), reusable(p.URL), &brokenWriter{after: 1 << 20})
	require.ErrorIs(t, err, errFull)
	require.Equal(t, "w", failure(t, err).Field)
	require.Equal(t, int64(1), p.asked.Load())
}

func TestCancellationReturnsAtOnce(t *testing.T) {
	t.Parallel()
	begun, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write(pdf(100))
		_ = http.NewResponseController(w).Flush()
		close(begun)
		select {
		case <-over:
		case <-r.Context().Done():
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	_, err := fetcher(t, config(p.URL)).Fetch(ctx, singleUse(p.URL), new(bytes.Buffer))
	require.ErrorIs(t, err, zwfw.Canceled)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, zwfw.OutcomeUnknown, failure(t, err).Outcome)
}

func TestACancelledCallSpendsNothing(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(10)))
	for _, client := range []*http.Client{nil, {}, {Transport: foreign{}}} {
		var options []zwfw.Option
		if client != nil {
			options = append(options, zwfw.WithHTTPClient(client))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		a := singleUse(p.URL)
		_, err := fetcher(t, config(p.URL), options...).Fetch(ctx, a, new(bytes.Buffer))
		require.ErrorIs(t, err, zwfw.Canceled)
		require.Equal(t, zwfw.OutcomeRefused, failure(t, err).Outcome)
		require.False(t, a.Spent())
	}
	require.Zero(t, p.asked.Load())
}

func TestCallsThatCannotWorkSendNothing(t *testing.T) {
	t.Parallel()
	p := serve(t, sending(pdf(10)))
	f := fetcher(t, config(p.URL))
	_, err := f.Fetch(t.Context(), fetch.Address{}, new(bytes.Buffer))
	require.Equal(t, "address", failure(t, err).Field)
	_, err = f.Fetch(t.Context(), reusable(p.URL), nil)
	require.Equal(t, "w", failure(t, err).Field)
	require.NoError(t, f.Close())
	_, err = f.Fetch(t.Context(), reusable(p.URL), new(bytes.Buffer))
	require.ErrorIs(t, err, zwfw.Closed)
	require.Zero(t, p.asked.Load())
}

func TestRequestsAskForTheFileAsItIs(t *testing.T) {
	t.Parallel()
	var head http.Header
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		head = r.Header.Clone()
		w.Header().Set("Content-Encoding", "UTF-8") // a common mistake
		sending(pdf(10))(w, r)
	})
	_, _, err := fetched(t, fetcher(t, config(p.URL)), singleUse(p.URL))
	require.NoError(t, err)
	require.Equal(t, []string{"identity"}, head["Accept-Encoding"])
	require.Empty(t, head.Get("Range"))
	require.False(t, strings.Contains(head.Get("User-Agent"), "Go-http-client"))
}
