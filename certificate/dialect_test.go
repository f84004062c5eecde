package certificate_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

func dialectFile(t *testing.T, name string) *zwfw.Dialect {
	t.Helper()
	document, err := os.ReadFile(filepath.Join("testdata", "dialects", name+".json"))
	require.NoError(t, err)
	d, err := zwfw.ParseDialect(document)
	require.NoError(t, err)
	return d
}

// Each file is a platform that differs in how a caller proves itself or what is sealed.
// Client and sandbox are the same programs as for the presets.
func TestAPlatformIsServedByADialectFileAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"session", "jwt", "signed-gateway", "sealed"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialectFile(t, name)})
			citizen := p.Citizens()[0]
			held := p.Certificates(citizen)[0]
			r := searchFor(citizen)
			r.Context = certificate.CallContext{Organisation: "测试市政务服务中心", Operator: "3号窗口", ItemName: "企业设立登记", Extra: map[string]string{"areaCode": "999999"}}
			found, err := client.Search(t.Context(), r)
			require.NoError(t, err)
			require.Len(t, found.Rows, 2)
			require.Empty(t, found.Warnings)
			files, err := client.FileAddressByID(t.Context(), fileOf(held))
			require.NoError(t, err)
			require.Len(t, files.Files, 1)
			verdict, err := client.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{
				Holder: holderOf(citizen), TypeCode: held.TypeCode, Number: held.Number, ValidUntil: certificate.LongTerm(), Cause: certificate.CauseSharing,
			})
			require.NoError(t, err)
			require.True(t, verdict.Valid())

			// A client that does not know the platform gets nowhere.
			config := p.CertificateConfig()
			config.AccessToken = zwfw.NewSecret("t")
			_, err = newClient(t, config).Search(t.Context(), r)
			require.Error(t, err)
		})
	}
}

func TestTheCallContextGoesUnderThePlatformsNames(t *testing.T) {
	t.Parallel()
	context := certificate.CallContext{Organisation: "机构", Operator: "经办人", ItemName: "事项", ItemCode: "01", BusinessCode: "2024", Extra: map[string]string{"areaCode": "999999"}}
	for dialect, names := range map[string][]string{
		"":        {"orgName", "username", "itemName", "itemCode", "businessCode", "areaCode"},
		"session": {"deptName", "operName", "taskName", "taskCode", "projectNo", "areaCode"},
	} {
		var setup sandbox.CertificateSetup
		if dialect != "" {
			setup.Dialect = dialectFile(t, dialect)
		}
		p, client := startWith(t, setup)
		r := searchFor(p.Citizens()[0])
		r.Context = context
		_, err := client.Search(t.Context(), r)
		require.NoError(t, err)
		log := p.Requests()
		for _, name := range names {
			require.Contains(t, log[len(log)-1].Body, `"`+name+`":"‹`)
		}
	}
}

func TestALoginThatWaitsForItsOwnTokenIsRefused(t *testing.T) {
	t.Parallel()
	d, err := zwfw.ParseDialect([]byte(`{"schema":1,"platform":"certificate","name":"loop@1","extends":"national@1","ops":{"Login":{"path":"/login","out":{"token":"data.token"}}}}`))
	require.NoError(t, err)
	_, err = certificate.New(certificate.Config{BaseURL: "http://platform.example", AccountID: "a"}, zwfw.WithDialect(d))
	require.ErrorContains(t, err, "ops.Login: {token} is used")
}
