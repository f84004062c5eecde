package fetch_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

// answering is a transport that answers every request with the same body.
type answering struct{ body []byte }

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: make(http.Header), Request: r,
		ContentLength: -1, Body: io.NopCloser(bytes.NewReader(a.body)),
	}, nil
}

func fuzzed(t *testing.T, body []byte) ([]byte, fetch.File, error) {
	client := &http.Client{Transport: answering{body}}
	return fetched(t, fetcher(t, config("http://127.0.0.1"), zwfw.WithHTTPClient(client)), fetch.SingleUse(zwfw.NewSecret("/x")))
}

// What is taken for a file begins and ends as one of its type, and an OFD is a ZIP that
// holds OFD.xml for another reader too.
func FuzzSniff(f *testing.F) {
	small := samples(f)
	small[fetch.OFD] = archive(f, 10, "OFD.xml", "Doc_0/Document.xml")
	for _, body := range small {
		f.Add(body)
		f.Add(body[:len(body)-1])
	}
	for _, text := range []string{"", "文件不存在", "<html>", "{}", "[", "PK\x03\x04OFD.xml", "\xff\xd8\xff\xd9"} {
		f.Add([]byte(text))
	}
	f.Add(archive(f, 10, "a", "OFD.xml"))
	f.Add(archive(f, 10, "a/OFD.xml"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, file, err := fuzzed(t, body)
		if err != nil {
			failure(t, err)
			require.Equal(t, fetch.File{}, file)
			return
		}
		require.Equal(t, sha256.Sum256(got), file.SHA256)
		begin := map[fetch.Format]string{fetch.OFD: "PK\x03\x04", fetch.PDF: "%PDF-", fetch.PNG: "\x89PNG", fetch.GIF: "GIF8", fetch.JPEG: "\xff\xd8\xff"}[file.Format]
		require.NotEmpty(t, begin)
		require.True(t, bytes.HasPrefix(got, []byte(begin)))
		if z, err := zip.NewReader(bytes.NewReader(got), int64(len(got))); err == nil && len(z.File) == 1 {
			require.Equal(t, file.Format == fetch.OFD, slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == "OFD.xml" }))
		}
	})
}

// JSON that is a file gives that file, and nothing else gives one.
func FuzzEnvelope(f *testing.F) {
	content := base64.StdEncoding.EncodeToString([]byte("%PDF-1.7\n%%EOF\n"))
	for _, text := range []string{
		`{"content":"` + content + `"}`, `{"data":"{\"content\":\"` + content + `\"}"}`, `[{"content":["` + content + `"]}]`,
		`{"head":{"status":21,"message":"\u8bc1\u7167\ud83d\ude00"}}`, `{"content":"\`, `{"a":1e5,"b":null,"c":[[],{}]}`, `{"\u0043ontent":"` + content + `"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, file, err := fuzzed(t, body)
		if err != nil {
			failure(t, err)
			return
		}
		require.Equal(t, sha256.Sum256(got), file.SHA256)
		require.Equal(t, int64(len(got)), file.Size)
	})
}
