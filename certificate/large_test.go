package certificate_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
)

// tenThousandRows is a list as a large organisation has it.
func tenThousandRows() []byte {
	var b bytes.Buffer
	b.WriteString(`{"head":{"status":0,"message":"接口调用成功"},"data":{"total":10000,"dataList":[`)
	for i := range 10_000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"certificateID":"1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.2024%08d.001.4","certificateType":"测试证照","certificateName":"测试证照",`+
			`"certificateNumber":"T-%06d","issueDept":"测试机构","issueDate":"2024年01月01日","certificateAreaCode":"999999","dataSource":"000"}`, i, i)
	}
	b.WriteString(`]}}`)
	return b.Bytes()
}

// given answers every request with one body.
type given []byte

func (g given) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: make(http.Header), Request: r, ContentLength: int64(len(g)), Body: io.NopCloser(bytes.NewReader(g))}, nil
}

func offline(tb testing.TB, body []byte) *certificate.Client {
	tb.Helper()
	client, err := certificate.New(certificate.Config{BaseURL: "http://platform.example", AccountID: "a", AccessToken: zwfw.NewSecret("t")},
		zwfw.WithHTTPClient(&http.Client{Transport: given(body)}))
	require.NoError(tb, err)
	return client
}

var largeSearch = certificate.SearchRequest{Holder: certificate.Holder{Code: zwfw.NewIDNumber("11999999000000000Q")}, Cause: certificate.CauseSharing}

// It is not parallel: it looks at the whole heap.
func TestTenThousandRowsAreReadInAtMostOneAndAHalfTimesTheirAnswer(t *testing.T) {
	body := tenThousandRows()
	client := offline(t, body)
	search := func() *certificate.Found {
		found, err := client.Search(t.Context(), largeSearch)
		require.NoError(t, err)
		return found
	}
	search() // what is made once is made now
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	found := search()
	runtime.ReadMemStats(&after)
	require.Len(t, found.Rows, 10_000)
	require.Equal(t, "T-009999", found.Rows[9_999].Number.Reveal())
	require.Equal(t, "测试机构", found.Rows[9_999].Issuer)
	size := uint64(len(body))
	spent := after.TotalAlloc - before.TotalAlloc - size // all that was allocated beside the answer itself, garbage too
	t.Logf("%d bytes, %.2f of them allocated beside", size, float64(spent)/float64(size))
	require.Less(t, spent, size*3/2)
}

func TestAnAnswerAboveTheCapIsRefusedAndOneBelowIsRead(t *testing.T) {
	t.Parallel()
	const limit = 32 << 20
	row := []byte(`{"head":{"status":0},"data":{"dataList":[{"certificateNumber":"1"}]}}`)
	_, err := offline(t, append(row, bytes.Repeat([]byte(" "), limit-len(row))...)).Search(t.Context(), largeSearch)
	require.NoError(t, err)
	_, err = offline(t, append(row, bytes.Repeat([]byte(" "), limit+1-len(row))...)).Search(t.Context(), largeSearch)
	require.ErrorIs(t, err, zwfw.TooLarge)
}

func BenchmarkSearchTenThousandRows(b *testing.B) {
	body := tenThousandRows()
	client := offline(b, body)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Search(b.Context(), largeSearch); err != nil {
			b.Fatal(err)
		}
	}
}
