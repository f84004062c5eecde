package fetch_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/fetch"
)

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestFilesInJSONAreDecoded(t *testing.T) {
	t.Parallel()
	small, large := pdf(1000), samples(t)[fetch.OFD]
	std := base64.StdEncoding.EncodeToString
	lines := func(text, end string) string {
		var b strings.Builder
		for chunk := range bytes.SplitSeq([]byte(text), nil) {
			if b.WriteString(string(chunk)); b.Len()%78 == 0 {
				b.WriteString(end)
			}
		}
		return b.String()
	}
	inner := asJSON(t, map[string]any{"contentType": "base64", "content": std(large)})
	for name, c := range map[string]struct {
		body string
		want []byte
	}{
		"alone":                    {`{"contentType":"base64","content":"` + std(small) + `"}`, small},
		"the content first":        {`{"content":"` + std(small) + `","contentType":"base64"}`, small},
		"in head and data":         {`{"head":{"status":0,"message":"ok"},"data":{"contentType":"base64","content":"` + std(large) + `"}}`, large},
		"in a list":                {`{"head":{"status":"0"},"data":{"total":1,"dataList":[{"ContentType":"base64","Content":"` + std(large) + `"}]}}`, large},
		"data as a text":           {asJSON(t, map[string]any{"head": map[string]any{"status": 0}, "data": inner}), large},
		"data as a text of a text": {asJSON(t, map[string]any{"data": asJSON(t, map[string]any{"data": inner})}), large},
		"one page":                 {`{"content":["` + std(small) + `"]}`, small},
		"line breaks":              {`{"content":"` + lines(std(large), `\r\n`) + `"}`, large},
		"raw line breaks":          {`{"content":"` + lines(std(large), "\n") + `"}`, large},
		"slashes escaped":          {`{"content":"` + strings.ReplaceAll(std(large), "/", `\/`) + `"}`, large},
		"letters escaped":          {`{"content":"\u004a\u0056` + std(small)[2:] + `"}`, small},
		"the URL alphabet":         {`{"content":"` + base64.URLEncoding.EncodeToString(large) + `"}`, large},
		"no padding":               {`{"content":"` + base64.RawStdEncoding.EncodeToString(small) + `"}`, small},
		"a data URL":               {`{"content":"data:application/pdf;base64,` + std(small) + `"}`, small},
		"a byte order mark":        {"\xef\xbb\xbf" + `{"content":"` + std(small) + `"}`, small},
		"an empty one beside":      {`{"thumb":{"content":""},"data":{"content":"` + std(small) + `"}}`, small},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, sending([]byte(c.body)))
			got, file, err := fetched(t, fetcher(t, config(p.URL)), singleUse(p.URL))
			require.NoError(t, err)
			require.True(t, bytes.Equal(c.want, got))
			require.Equal(t, sha256.Sum256(c.want), file.SHA256)
		})
	}
}

func TestFilesInJSONThatAreWrong(t *testing.T) {
	t.Parallel()
	large := base64.StdEncoding.EncodeToString(pdf(200 << 10))
	small := base64.StdEncoding.EncodeToString(pdf(100))
	for name, c := range map[string]struct{ body, expected string }{
		"cut in the content":      {`{"content":"` + large[:100<<10], "not complete JSON"},
		"cut after the content":   {`{"content":"` + large + `"`, "not complete JSON"},
		"cut in a small one":      {`{"content":"` + small, "not complete JSON"},
		"more behind":             {`{"content":"` + small + `"}{}`, "not complete JSON"},
		"no Base64":               {`{"content":"JVBERi0!!!!"}`, "not Base64"},
		"an address":              {`{"contentType":"http","content":"http://10.0.0.1/x"}`, "not Base64"},
		"padding inside":          {`{"content":"` + small + small + `=="}`, "not Base64"},
		"one letter too many":     {`{"content":"` + base64.RawStdEncoding.EncodeToString(pdf(3 * 100)[:300]) + `A"}`, "not Base64"},
		"another type":            {`{"content":"aGVsbG8="}`, "no file of a known type"},
		"two files":               {`{"list":[{"content":"` + small + `"},{"content":"` + small + `"}]}`, "several files"},
		"two pages":               {`{"content":["` + small + `","` + small + `"]}`, "several files"},
		"the file without an end": {`{"content":"` + base64.StdEncoding.EncodeToString(pdf(300)[:200]) + `"}`, "end of the file is missing"},
		"very deep":               {strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), "not complete JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, sending([]byte(c.body)))
			_, _, err := fetched(t, fetcher(t, config(p.URL)), singleUse(p.URL))
			require.ErrorIs(t, err, zwfw.ProtocolMismatch)
			assert.Contains(t, failure(t, err).Expected, c.expected)
		})
	}
}

func TestFilesInJSONAreCapped(t *testing.T) {
	t.Parallel()
	chunk := bytes.Repeat([]byte("AAAA"), 16<<10)
	for name, begin := range map[string]string{
		"of endless content": `{"content":"JVBERi0x`,
		"of endless text":    `{"head":{"message":"`,
		"of endless space":   `{"head":`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, err := fmt.Fprint(w, begin)
				for err == nil {
					if strings.HasSuffix(name, "space") {
						_, err = w.Write(bytes.Repeat([]byte(" "), 64<<10))
					} else {
						_, err = w.Write(chunk)
					}
				}
			})
			c := config(p.URL)
			c.MaxSize = 1 << 20
			got, _, err := fetched(t, fetcher(t, c), singleUse(p.URL))
			require.ErrorIs(t, err, zwfw.TooLarge)
			require.LessOrEqual(t, len(got), 1<<20)
		})
	}
}

func TestABrokenLineInJSONIsTheLines(t *testing.T) {
	t.Parallel()
	body := `{"content":"` + base64.StdEncoding.EncodeToString(pdf(300<<10)) + `"}`
	for _, cut := range []int{5, 1000, 200 << 10} {
		p := serve(t, cutting(sending([]byte(body)), cut))
		_, _, err := fetched(t, fetcher(t, config(p.URL)), singleUse(p.URL))
		require.ErrorIs(t, err, zwfw.Upstream, "cut at %d", cut)
	}
}

func TestEnclosedFilesNeedNoLine(t *testing.T) {
	t.Parallel()
	body := samples(t)[fetch.OFD]
	f := fetcher(t, config("http://platform.example"))
	got, file, err := fetched(t, f, fetch.Enclosed(zwfw.NewRaw([]byte(base64.StdEncoding.EncodeToString(body)))))
	require.NoError(t, err)
	require.Equal(t, fetch.OFD, file.Format)
	require.True(t, bytes.Equal(body, got))

	_, _, err = fetched(t, f, fetch.Enclosed(zwfw.NewRaw([]byte("%%%"))))
	e := failure(t, err)
	require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
	require.False(t, e.Sent)
}
