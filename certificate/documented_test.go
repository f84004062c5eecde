package certificate_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The dialect that docs/dialects.md explains works on both sides and does what the page
// says of it.
func TestTheDocumentedDialectDoesWhatThePageSays(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../docs/examples/invented-certificates@1.json")
	require.NoError(t, err)
	d, err := zwfw.ParseDialect(document)
	require.NoError(t, err)
	p, client := startWith(t, sandbox.CertificateSetup{Dialect: d}, zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
	citizen := p.Citizens()[0]
	held := p.Certificates(citizen)[0]
	search := searchFor(citizen)
	search.Context = certificate.CallContext{Organisation: "测试市政务服务中心", ItemName: "企业设立登记", Extra: map[string]string{"areaCode": "999999"}}
	last := func() sandbox.Request { log := p.Requests(); return log[len(log)-1] }

	found, err := client.Search(t.Context(), search)
	require.NoError(t, err)
	require.Len(t, found.Rows, 2)
	require.Equal(t, held.ID.Reveal(), found.Rows[0].ID.Reveal())
	require.Equal(t, []string{"certificate.Login", "certificate.Search"}, []string{p.Requests()[0].Op, p.Requests()[1].Op})
	sent := last()
	require.Equal(t, "/cert/query", sent.Path)
	for _, name := range []string{"sessionId", "caller", "deptName", "taskName", "areaCode", "ownerNo", "UseFor"} {
		require.Contains(t, sent.Body, `"`+name+`":`)
	}
	require.NotContains(t, sent.Body, "accessToken")
	require.Contains(t, sent.Body, `"UseFor":"‹4›"`, "共享应用")

	rows := sandbox.Body(200, fmt.Sprintf(`{"head":{"status":60001},"data":{"rows":[{"zzbh":%q,"orgName":"测试机构"}]}}`, held.ID.Reveal()))
	p.Faults().Always("certificate.Search", rows)
	found, err = client.Search(t.Context(), search)
	require.NoError(t, err)
	require.Equal(t, held.ID.Reveal(), found.Rows[0].ID.Reveal())
	require.Equal(t, "测试机构", found.Rows[0].Issuer)
	p.Faults().Clear()

	for status, kind := range map[string]zwfw.Kind{"41": zwfw.CertificateUnavailable, "51": zwfw.NotFound, "22": zwfw.CertificateUnavailable, "24": zwfw.Unclassified} {
		p.Faults().Next("certificate.FileAddressByID", sandbox.Body(200, `{"head":{"status":`+status+`,"message":"说明"}}`))
		_, err = client.FileAddressByID(t.Context(), fileOf(held))
		require.ErrorIs(t, err, kind, status)
	}
	p.Faults().Next("certificate.InfoByID", sandbox.Body(200, `{"head":{"status":99999,"message":"访问过于频繁"}}`))
	_, err = client.InfoByID(t.Context(), infoOf(held))
	require.ErrorIs(t, err, zwfw.RateLimited)

	logins := func() (n int) {
		for _, r := range p.Requests() {
			if r.Op == "certificate.Login" {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, logins())
	p.Faults().Next("certificate.InfoByID", sandbox.Body(200, `{"head":{"status":31,"message":"会话失效"}}`))
	_, err = client.InfoByID(t.Context(), infoOf(held))
	require.NoError(t, err)
	require.Equal(t, 2, logins(), "a code of TokenInvalid logs in again")

	_, err = client.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{
		Holder: holderOf(citizen), TypeCode: held.TypeCode, Number: held.Number, IssueDate: certificate.NewDate(2024, time.January, 1), Cause: certificate.CauseSharing,
	})
	require.NoError(t, err)
}

// Both pages name every operation, field and slot of the certificate platform, and the
// documents that they show are good.
func TestTheDialectPagesNameEveryCallOfCertificates(t *testing.T) {
	t.Parallel()
	national, err := certificate.Dialect(certificate.DialectNational)
	require.NoError(t, err)
	for _, page := range []string{"../docs/dialects.md", "../docs/dialects.zh-CN.md"} {
		data, err := os.ReadFile(page)
		require.NoError(t, err)
		_, chapter, found := strings.Cut(string(data), "## `certificate`")
		require.True(t, found, page)
		chapter, _, _ = strings.Cut(chapter, "\n## ")
		blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(chapter, -1)
		require.Len(t, blocks, 2)
		for _, block := range blocks {
			d, err := zwfw.ParseDialect([]byte(block[1]))
			require.NoError(t, err)
			_, client := startWith(t, sandbox.CertificateSetup{Dialect: d})
			require.Equal(t, d.Name, client.Dialect().Name)
		}
		for op, spec := range national.Ops {
			require.Contains(t, chapter, "`"+op+"`", page)
			for name := range spec.In {
				require.Contains(t, chapter, "`"+name+"`", page)
			}
			for name := range spec.Out {
				require.Contains(t, chapter, "`"+name+"`", page)
			}
		}
		for _, word := range []string{
			"`Login`", "`token`", "`seconds`", "`context`", "`accountId`", "`password`", "`appKey`", "`appSecret`", "`client`", "`platform`",
			"`orgName`", "`username`", "`itemName`", "`itemCode`", "`businessCode`", "examples/invented-certificates@1.json",
			"`national@1`", "`gbt36906@1`", "`gateway@1`",
		} {
			require.Contains(t, chapter, word, page)
		}
	}
}
