package certificate_test

import (
	"bytes"
	"image/png"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/qr"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestAHoldersCertificatesAreFoundReadAndApplied(t *testing.T) {
	t.Parallel()
	for _, name := range []string{certificate.DialectNational, certificate.DialectGBT36906, certificate.DialectGateway} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dialect, err := certificate.Dialect(name)
			require.NoError(t, err)
			p, client := startWith(t, sandbox.CertificateSetup{Dialect: dialect})
			citizen := p.Citizens()[0]
			held := p.Certificates(citizen)[0]

			found, err := client.Search(t.Context(), searchFor(citizen))
			require.NoError(t, err)
			require.Equal(t, 2, found.Total)
			require.Empty(t, found.Warnings)
			row := found.Rows[0]
			require.Equal(t, held.ID.Reveal(), row.ID.Reveal())
			require.Equal(t, []string{"测试证照", "测试证照", "T-0001", "测试机构", "2024年01月01日", "999999", "000"},
				[]string{row.TypeName, row.Name, row.Number.Reveal(), row.Issuer, row.IssueDate.String(), row.AreaCode, row.DataSource})

			byHolder, err := client.InfoByHolder(t.Context(), certificate.InfoByHolderRequest{Holder: holderOf(citizen), Number: held.Number, Cause: certificate.CauseSharing})
			require.NoError(t, err)
			byID, err := client.InfoByID(t.Context(), infoOf(held))
			require.NoError(t, err)
			require.Equal(t, byHolder.Certificates, byID.Certificates)
			info := byID.Certificates[0]
			require.Equal(t, citizen.Name.Reveal(), info.Holder.Reveal())
			require.Equal(t, certificate.HolderResident, info.HolderType)
			require.True(t, info.ValidUntil.IsLongTerm())
			require.True(t, info.ValidUntil.Day().IsZero())
			require.Equal(t, []string{"姓名", "证照编号", "颁发机构"}, []string{info.Surface[0].Name, info.Surface[1].Name, info.Surface[2].Name})
			require.Equal(t, "T-0001", info.Surface[1].Value.Reveal())
			require.Equal(t, "许可范围", info.Detail[0].Name)
			require.Equal(t, 2, info.Detail[0].Items[1].Order)
			require.Contains(t, byID.Raw.Reveal(), `"columnName":"XM"`)

			for _, call := range []func() (*certificate.FileAddresses, error){
				func() (*certificate.FileAddresses, error) {
					return client.FileAddressByHolder(t.Context(), certificate.FileByHolderRequest{Holder: holderOf(citizen), TypeName: "测试证照", Cause: certificate.CauseShowing})
				},
				func() (*certificate.FileAddresses, error) { return client.FileAddressByID(t.Context(), fileOf(held)) },
			} {
				files, err := call()
				require.NoError(t, err)
				require.Len(t, files.Files, 1)
				require.Equal(t, "ofd", files.Files[0].Format)
				require.Regexp(t, `^/download\?id=[0-9a-f]{32}$`, files.Files[0].URL().Reveal())
				require.True(t, files.Files[0].Content().IsZero())
			}
		})
	}
}

func TestAShownCertificateIsAppliedByItsEncryptedIdentifier(t *testing.T) {
	t.Parallel()
	for name, setup := range map[string]sandbox.CertificateSetup{"Base64": {}, "a bare picture": {BareQRCode: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := startWith(t, setup)
			ids, err := client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holderOf(p.Citizens()[0])})
			require.NoError(t, err)
			require.Len(t, ids.List, 2)
			require.Equal(t, "测试许可证", ids.List[1].TypeName)
			shown := ids.List[1].EncryptedID
			apply := certificate.FileByEncryptedIDRequest{EncryptedID: shown, Cause: certificate.CauseShowing}
			files, err := client.FileAddressByEncryptedID(t.Context(), apply)
			require.NoError(t, err)
			require.Equal(t, "pdf", files.Files[0].Format)

			code, err := client.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: shown})
			require.NoError(t, err)
			require.Equal(t, "image/png", code.ImageType)
			_, err = png.Decode(bytes.NewReader(code.Image))
			require.NoError(t, err)
			if !setup.BareQRCode { // a picture alone says nothing of its end
				require.WithinDuration(t, time.Now().Add(5*time.Minute), code.Expires, time.Minute)
				require.True(t, code.EncryptedID.Equal(shown))
			}

			p.Clock().Advance(25 * time.Hour)
			_, err = client.FileAddressByEncryptedID(t.Context(), apply)
			require.ErrorIs(t, err, zwfw.NotFound)
			_, err = client.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: shown})
			require.ErrorIs(t, err, zwfw.NotFound)
			require.Equal(t, certificate.StatusNotFound, certificate.StatusOf(err))
		})
	}
}

func TestACertificatesCodeAsksItsHolder(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	ids, err := client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holderOf(p.Citizens()[0])})
	require.NoError(t, err)
	code, err := client.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: ids.List[0].EncryptedID})
	require.NoError(t, err)
	shown, err := qr.Decode(code.Image)
	require.NoError(t, err)
	begin := certificate.StartConsentRequest{Code: zwfw.NewCodeText(shown.Text), TypeCodes: []string{"11999999MB0000000X001"}, Cause: certificate.CauseSharing}
	_, err = client.StartConsent(t.Context(), begin)
	require.NoError(t, err)
	p.Clock().Advance(6 * time.Minute)
	_, err = client.StartConsent(t.Context(), begin)
	require.ErrorIs(t, err, zwfw.NotFound)
}

// A certificate that may not be used is read, and its file is refused with its own status.
func TestEachStateOfACertificateHasItsOwnAnswer(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name   string
		state  sandbox.CertificateState
		status certificate.Status
		result certificate.Result
	}{
		{"valid", sandbox.CertificateValid, "", certificate.ResultValid},
		{"inactive", sandbox.CertificateInactive, certificate.StatusUnavailable, certificate.ResultNotActive},
		{"suspended", sandbox.CertificateSuspended, certificate.StatusRestricted, certificate.ResultSuspended},
		{"revoked", sandbox.CertificateRevoked, certificate.StatusRevoked, certificate.ResultEnded},
		{"expired", sandbox.CertificateExpired, certificate.StatusExpired, certificate.ResultEnded},
		{"without a file", sandbox.CertificateFileless, certificate.StatusUnavailable, certificate.ResultValid},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			p, client := start(t)
			citizen := p.Citizens()[0]
			held := p.Certificates(citizen)[0]
			p.SetCertificateState(held.ID, x.state)
			info, err := client.InfoByID(t.Context(), infoOf(held))
			require.NoError(t, err)
			require.Len(t, info.Certificates, 1)

			verdict, err := client.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{
				Holder: holderOf(citizen), TypeCode: held.TypeCode, Number: held.Number, Cause: certificate.CauseSharing,
			})
			require.NoError(t, err)
			require.Equal(t, x.result, verdict.Result)
			require.True(t, verdict.Correct())
			require.Equal(t, x.result == certificate.ResultValid, verdict.Valid())

			byHolder, err := client.InfoByHolder(t.Context(), certificate.InfoByHolderRequest{Holder: holderOf(citizen), Number: held.Number, Cause: certificate.CauseSharing})
			require.NoError(t, err)
			require.Equal(t, info.Certificates, byHolder.Certificates)

			ids, err := client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holderOf(citizen)})
			require.NoError(t, err)
			for _, apply := range []func() (*certificate.FileAddresses, error){
				func() (*certificate.FileAddresses, error) { return client.FileAddressByID(t.Context(), fileOf(held)) },
				func() (*certificate.FileAddresses, error) {
					return client.FileAddressByHolder(t.Context(), certificate.FileByHolderRequest{Holder: holderOf(citizen), TypeName: held.TypeName, Cause: certificate.CauseSharing})
				},
				func() (*certificate.FileAddresses, error) {
					return client.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: ids.List[0].EncryptedID, Cause: certificate.CauseSharing})
				},
			} {
				files, err := apply()
				if x.status == "" {
					require.NoError(t, err)
					require.Len(t, files.Files, 1)
					continue
				}
				require.ErrorIs(t, err, zwfw.CertificateUnavailable)
				require.Equal(t, zwfw.OutcomeRefused, zwfw.OutcomeOf(err))
				require.Equal(t, x.status, certificate.StatusOf(err))
			}
		})
	}
}

func TestACertificateEndsWithItsValidity(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	today := p.Clock().Now().In(time.FixedZone("", 8*3600))
	y, m, d := today.Date()
	held := p.IssueCertificate(p.Citizens()[0], sandbox.Certificate{ValidUntil: certificate.NewDate(y, m, d)})
	_, err := client.FileAddressByID(t.Context(), fileOf(held))
	require.NoError(t, err, "the last day counts")
	p.Clock().Advance(24 * time.Hour)
	_, err = client.FileAddressByID(t.Context(), fileOf(held))
	require.Equal(t, certificate.StatusExpired, certificate.StatusOf(err))
}

// Quirk 20: the file may not exist right after issuing.
func TestAFileThatIsNotReadyYetIsThereLater(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	held := p.IssueCertificate(p.Citizens()[0], sandbox.Certificate{FileReady: p.Clock().Now().Add(30 * time.Second)})
	_, err := client.FileAddressByID(t.Context(), fileOf(held))
	require.Equal(t, certificate.StatusUnavailable, certificate.StatusOf(err))
	p.Clock().Advance(time.Minute)
	_, err = client.FileAddressByID(t.Context(), fileOf(held))
	require.NoError(t, err)
}

func TestCertificatesOfAnotherProvinceComeByForwarding(t *testing.T) {
	t.Parallel()
	p, client := start(t, quick)
	citizen := p.Citizens()[2]
	held := p.Certificates(citizen)[2]
	before := p.Clock().Now()
	found, err := client.Search(t.Context(), searchFor(citizen))
	require.NoError(t, err)
	require.Len(t, found.Rows, 3)
	require.Equal(t, []string{"999900", "001"}, []string{found.Rows[2].AreaCode, found.Rows[2].DataSource})
	require.GreaterOrEqual(t, p.Clock().Now().Sub(before), 5*time.Second)
	require.LessOrEqual(t, p.Clock().Now().Sub(before), 11*time.Second, "10 s, and the call itself")

	p.SetNationalPlatform(false)
	found, err = client.Search(t.Context(), searchFor(citizen))
	require.NoError(t, err)
	require.Len(t, found.Rows, 2, "the province's own rows")
	_, err = client.InfoByID(t.Context(), infoOf(held))
	require.ErrorIs(t, err, zwfw.Upstream)
	require.Equal(t, certificate.StatusOther, certificate.StatusOf(err))
	p.SetNationalPlatform(true)
	_, err = client.InfoByID(t.Context(), infoOf(held))
	require.NoError(t, err)
}

// The copy carries the cause, and its address serves once and for ten minutes.
func TestTheSandboxServesAnnotatedCopiesOnce(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	get := func(address string) string {
		r, err := http.Get(p.CertificateConfig().BaseURL + address)
		require.NoError(t, err)
		defer r.Body.Close()
		require.Equal(t, 200, r.StatusCode)
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		return string(body)
	}
	apply := func(i int) string {
		files, err := client.FileAddressByID(t.Context(), fileOf(p.Certificates(p.Citizens()[0])[i]))
		require.NoError(t, err)
		return files.Files[0].URL().Reveal()
	}
	pdf := apply(1)
	require.True(t, strings.HasPrefix(get(pdf), "%PDF-1.4"))
	require.Equal(t, "文件已被下载，下载地址失效", get(pdf))
	require.True(t, strings.HasPrefix(get(apply(0)), "PK\x03\x04"))
	old := apply(0)
	p.Clock().Advance(601 * time.Second)
	require.Equal(t, "下载地址已超过10分钟有效期", get(old))
	require.Equal(t, "下载编号不能为空", get("/download"))
	require.Equal(t, "下载编号长度不正确", get("/download?id=1"))
	require.Empty(t, get("/download?id="+strings.Repeat("0", 32)))
	require.Equal(t, 2, p.Effects("certificate.Download"))
}
