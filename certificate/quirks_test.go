package certificate_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// against is a client in a dialect of testdata that is answered with one body.
func against(t *testing.T, dialect, body string) *certificate.Client {
	t.Helper()
	return newClient(t, certificate.Config{BaseURL: "http://platform.example", AccountID: "a", AccessToken: zwfw.NewSecret("t")},
		zwfw.WithDialect(dialectFile(t, dialect)), zwfw.WithHTTPClient(&http.Client{Transport: given(body)}), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))
}

func TestQuirk2TheSetOfGoodStatusesIsTheDialects(t *testing.T) {
	t.Parallel()
	const body = `{"head":{"status":60001,"message":"成功"},"data":{"dataList":[{"certificateNumber":"T-1"}]}}`
	for name, good := range map[string]bool{certificate.DialectNational: false, certificate.DialectGBT36906: true} {
		dialect, err := certificate.Dialect(name)
		require.NoError(t, err)
		p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialect})
		p.Faults().Always("certificate.Search", sandbox.Body(200, body))
		_, err = client.Search(t.Context(), searchFor(p.Citizens()[0]))
		require.Equal(t, good, err == nil, "%s: %v", name, err)
	}
}

func TestQuirk4DataSealedWithSM2IsOpenedWhereTheDialectHasIt(t *testing.T) {
	t.Parallel()
	p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialectFile(t, "sealed")})
	held := p.Certificates(p.Citizens()[0])[0]
	infos, err := client.InfoByID(t.Context(), infoOf(held))
	require.NoError(t, err)
	require.Equal(t, held.Number.Reveal(), infos.Certificates[0].Number.Reveal())
	p.Faults().Next("certificate.InfoByID", sandbox.Undecryptable())
	_, err = client.InfoByID(t.Context(), infoOf(held))
	require.ErrorIs(t, err, zwfw.DecryptFailed)
	require.NotEmpty(t, client.CryptoReport())
}

func TestQuirk9TheBytesSayWhatAFileIsAndNotItsName(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	path := filepath.Join(t.TempDir(), "certificate.pdf")
	file, err := client.Save(t.Context(), apply(t, p, client, 0), path)
	require.NoError(t, err)
	require.Equal(t, certificate.FormatOFD, file.Format)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, file.Size, info.Size())
}

func TestQuirk13And26FailuresInNumbersOfTheMessageHaveTheirKinds(t *testing.T) {
	t.Parallel()
	r := certificate.SearchRequest{Holder: certificate.Holder{Code: zwfw.NewIDNumber("999999190001010015")}, Cause: certificate.CauseSharing}
	for message, kind := range map[string]zwfw.Kind{"3": zwfw.NotFound, "4": zwfw.BadRequest, "16": zwfw.RateLimited, "1": zwfw.CallerDenied} {
		_, err := against(t, "numbers-in-message", `{"head":{"status":"1","message":"`+message+`"}}`).Search(t.Context(), r)
		require.ErrorIs(t, err, kind)
		require.Equal(t, certificate.Status(message), certificate.StatusOf(err))
	}
	found, err := against(t, "numbers-in-message", `{"head":{"status":"0","message":"操作成功"},"data":{"dataList":[{"zzbs":"x"}]}}`).Search(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "x", found.Rows[0].ID.Reveal())
}

// A site that wants an exchanged holder code gives a long ciphertext, which is sent as it is.
func TestQuirk14AnExchangedHolderCodeIsSentAsItIs(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	held := p.PutCertificate(sandbox.Certificate{Holder: p.Citizens()[0].Name, HolderCode: zwfw.NewIDNumber(strings.Repeat("A1/+=", 100))})
	found, err := client.Search(t.Context(), certificate.SearchRequest{Holder: certificate.Holder{Code: held.HolderCode}, Cause: certificate.CauseSharing})
	require.NoError(t, err)
	require.Equal(t, held.ID.Reveal(), found.Rows[0].ID.Reveal())
}

func TestQuirk21ANameInPlaceOfATypeCodeIsSentAsItIs(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	held := p.Certificates(p.Citizens()[0])[0]
	v, err := client.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{Holder: holderOf(p.Citizens()[0]), TypeCode: held.TypeName, Number: held.Number, Cause: certificate.CauseSharing})
	require.NoError(t, err)
	require.True(t, v.Valid())
}

// Quirk 23: what stands in an address is logged by every proxy on the way.
func TestQuirk23NoIdentifierStandsInAnAddress(t *testing.T) {
	t.Parallel()
	for _, name := range []string{certificate.DialectNational, certificate.DialectGBT36906, certificate.DialectGateway} {
		dialect, err := certificate.Dialect(name)
		require.NoError(t, err)
		p := sandbox.New(sandbox.WithCertificates(sandbox.CertificateSetup{Dialect: dialect}))
		p.URL = "http://sandbox.example"
		var asked []string
		seen := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.String())
			p.ServeHTTP(w, r)
		})
		client := newClient(t, p.CertificateConfig(), zwfw.WithDialect(dialect), zwfw.WithHTTPClient(through(seen)))
		citizen := p.Citizens()[0]
		held := p.Certificates(citizen)[0]
		_, err = client.Search(t.Context(), searchFor(citizen))
		require.NoError(t, err)
		_, err = client.InfoByID(t.Context(), infoOf(held))
		require.NoError(t, err)
		_, err = client.FileAddressByID(t.Context(), fileOf(held))
		require.NoError(t, err)
		ids, err := client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holderOf(citizen)})
		require.NoError(t, err)
		_, err = client.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: ids.List[0].EncryptedID, Cause: certificate.CauseShowing})
		require.NoError(t, err)
		require.Len(t, asked, 5)
		for _, address := range asked {
			require.NotContains(t, address, "?")
			for _, secret := range []string{citizen.IDNumber.Reveal(), held.ID.Reveal(), ids.List[0].EncryptedID.Reveal()} {
				require.NotContains(t, address, secret)
			}
		}
	}
}

func TestQuirk15HeadersAreCleanAndNamesArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	p := sandbox.New()
	const name = "测试 100%+证照&a=b"
	var heads http.Header
	seen := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heads = r.Header
		p.ServeHTTP(w, r)
	})
	p.URL = "http://sandbox.example"
	for _, preset := range []string{certificate.DialectNational, certificate.DialectGateway} {
		dialect, err := certificate.Dialect(preset)
		require.NoError(t, err)
		p = sandbox.New(sandbox.WithCertificates(sandbox.CertificateSetup{Dialect: dialect}))
		p.URL = "http://sandbox.example"
		held := p.IssueCertificate(p.Citizens()[0], sandbox.Certificate{})
		client := newClient(t, p.CertificateConfig(), zwfw.WithDialect(dialect), zwfw.WithHTTPClient(through(seen)))
		v, err := client.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{
			Holder: holderOf(p.Citizens()[0]), TypeCode: held.TypeCode, Number: held.Number, Issuer: held.Issuer, Cause: certificate.CauseSharing,
			Context: certificate.CallContext{ItemName: name},
		})
		require.NoError(t, err)
		require.True(t, v.Valid(), preset)
		require.Len(t, heads["Content-Type"], 1)
		require.Empty(t, heads["Content-Encoding"])
	}
}

func TestQuirk17SingleQuotesAreReadWhereTheDialectSaysSo(t *testing.T) {
	t.Parallel()
	infos, err := against(t, "numbers-in-message", `{"head":{"status":"0"},"data_fields":"[{'certificateName':'测试证照','surface':[{'name':'姓名','value':'测试'}]}]"}`).
		InfoByID(t.Context(), certificate.InfoByIDRequest{ID: zwfw.NewIDNumber("x"), Cause: certificate.CauseSharing})
	require.NoError(t, err)
	require.Equal(t, "测试", infos.Certificates[0].Surface[0].Value.Reveal())
}

func TestQuirk19ChecksOfTLSCannotBeTurnedOff(t *testing.T) {
	t.Parallel()
	_, err := certificate.New(certificate.Config{BaseURL: "https://platform.example", AccountID: "a", AccessToken: zwfw.NewSecret("t")},
		zwfw.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	require.ErrorContains(t, err, "InsecureSkipVerify is refused")
}

// watcher counts what an observer is told.
type watcher struct{ ops []string }

func (w *watcher) Start(ctx context.Context, s zwfw.Span) (context.Context, func(zwfw.Result)) {
	if s.Attempt == 0 {
		w.ops = append(w.ops, s.Op)
	}
	return ctx, nil
}

func TestQuirk24EveryCallIsReportedForCountingAndAuditing(t *testing.T) {
	t.Parallel()
	w := new(watcher)
	p, client := start(t, zwfw.WithObserver(w))
	_, err := client.Search(t.Context(), searchFor(p.Citizens()[0]))
	require.NoError(t, err)
	_, err = client.Fetch(t.Context(), apply(t, p, client, 0), io.Discard)
	require.NoError(t, err)
	require.Equal(t, []string{"Search", "FileAddressByID", "Fetch"}, w.ops)
}

func TestQuirk25AnEmptyBodyIsNoFile(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("certificate.Download", sandbox.Body(200, ""))
	_, err := client.Fetch(t.Context(), apply(t, p, client, 0), io.Discard)
	require.Error(t, err)
	_, err = client.FileAddressByID(t.Context(), certificate.FileByIDRequest{ID: p.Certificates(p.Citizens()[0])[0].ID})
	require.ErrorIs(t, err, zwfw.BadRequest, "a cause is always asked for")
}
