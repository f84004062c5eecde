package certificate_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

func TestFieldsAreComparedAndANoIsAResult(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizen := p.Citizens()[0]
	held := p.Certificates(citizen)[0]
	all := certificate.VerifyFieldsRequest{
		Holder: holderOf(citizen), TypeCode: held.TypeCode, Cause: certificate.CauseSharing, TypeName: held.TypeName, Name: held.TypeName,
		Number: held.Number, HolderName: citizen.Name, Issuer: held.Issuer, IssuerCode: held.IssuerCode,
		IssueDate: certificate.NewDate(2024, time.January, 1), ValidFrom: certificate.NewDate(2024, 1, 1), ValidUntil: certificate.LongTerm(),
	}
	for _, x := range []struct {
		name     string
		change   func(*certificate.VerifyFieldsRequest)
		result   certificate.Result
		text     string
		mismatch bool
	}{
		{"all is right", func(*certificate.VerifyFieldsRequest) {}, certificate.ResultValid, "信息正确且有效", false},
		{"the name in place of the type's code", func(r *certificate.VerifyFieldsRequest) { r.TypeCode = held.TypeName }, certificate.ResultValid, "信息正确且有效", false},
		{"no type code", func(r *certificate.VerifyFieldsRequest) { r.TypeCode = "" }, certificate.ResultIncomplete, "信息不全，无法验证", false},
		{"unknown number", func(r *certificate.VerifyFieldsRequest) { r.Number = zwfw.NewIDNumber("T-9999") }, certificate.ResultNotFound, "查无此信息", false},
		{"another day", func(r *certificate.VerifyFieldsRequest) { r.IssueDate = certificate.NewDate(2024, 1, 2) }, "6", "信息错误，参数不一致", true},
		{"another end", func(r *certificate.VerifyFieldsRequest) { r.ValidUntil = certificate.NewDate(2029, 1, 1) }, "6", "信息错误，参数不一致", true},
		{"another holder's name", func(r *certificate.VerifyFieldsRequest) { r.HolderName = zwfw.NewPersonName("测试癸") }, "6", "信息错误，参数不一致", true},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			r := all
			x.change(&r)
			v, err := client.VerifyFields(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, x.result, v.Result)
			require.Equal(t, x.text, v.Text.Reveal())
			require.Equal(t, x.mismatch, v.Mismatch())
			require.Equal(t, x.result == certificate.ResultValid, v.Valid())
		})
	}
}

func TestAnUnknownResultIsNeitherRightNorWrong(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizen := p.Citizens()[0]
	for body, want := range map[string]struct {
		result   certificate.Result
		mismatch bool
	}{
		`{"head":{"status":0},"data":{"result":7,"message":"部分信息有误或不完整"}}`: {"7", true},
		`{"head":{"status":"0"},"data":{"result":"8","message":"?"}}`:      {"8", false},
	} {
		p.Faults().Next("certificate.VerifyFields", sandbox.Body(200, body))
		v, err := client.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{Holder: holderOf(citizen), Cause: certificate.CauseSharing})
		require.NoError(t, err)
		require.Equal(t, want.result, v.Result)
		require.Equal(t, want.mismatch, v.Mismatch())
		require.False(t, v.Valid())
		require.False(t, v.Correct())
	}
}

func TestFilesAreVerifiedAndANoIsAResult(t *testing.T) {
	t.Parallel()
	const unprovided = "11999999MB0000000X002"
	p, client := startWith(t, sandbox.CertificateSetup{FilesInside: true, NoVerifyFile: []string{unprovided}}, quick)
	held := p.Certificates(p.Citizens()[0])[0]
	files, err := client.FileAddressByID(t.Context(), fileOf(held))
	require.NoError(t, err)
	require.True(t, files.Files[0].URL().IsZero())
	file, err := base64.StdEncoding.DecodeString(files.Files[0].Content().Reveal())
	require.NoError(t, err)
	damaged := append([]byte(nil), file...)
	damaged[len(damaged)/2] ^= 1
	for want, content := range map[certificate.FileResult][]byte{
		certificate.FilePassed: file, certificate.FileSealWrong: damaged, certificate.FileWrong: []byte("文件"),
	} {
		v, err := client.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: held.TypeCode, Content: content, Cause: certificate.CauseSharing})
		require.NoError(t, err)
		require.Equal(t, want, v.Result)
		require.Equal(t, want == certificate.FilePassed, v.Passed())
		require.NotEmpty(t, v.Text.Reveal())
	}
	// Quirk 12.
	_, err = client.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: unprovided, Content: file, Cause: certificate.CauseSharing})
	require.ErrorIs(t, err, zwfw.NotSupported)
	require.Equal(t, certificate.StatusNotProvided, certificate.StatusOf(err))
}

// The same file comes by address and in the answer, as bytes and in JSON.
func TestTheSandboxGivesFilesInEveryWay(t *testing.T) {
	t.Parallel()
	for name, setup := range map[string]sandbox.CertificateSetup{
		"relative": {}, "in content": {AddressInside: true}, "JSON": {JSONDownload: true}, "intranet host": {FileHost: "http://10.0.0.1:8080"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, client := startWith(t, setup)
			files, err := client.FileAddressByID(t.Context(), fileOf(p.Certificates(p.Citizens()[0])[0]))
			require.NoError(t, err)
			address := files.Files[0].URL().Reveal()
			if setup.FileHost != "" {
				require.Regexp(t, `^http://10\.0\.0\.1:8080/cert/download\?id=`, address)
				return
			}
			r, err := http.Get(p.CertificateConfig().BaseURL + address)
			require.NoError(t, err)
			defer r.Body.Close()
			body, err := io.ReadAll(r.Body)
			require.NoError(t, err)
			if setup.JSONDownload {
				require.Contains(t, string(body), `{"contentType":"base64","content":"UEsD`)
			} else {
				require.Equal(t, "PK\x03\x04", string(body[:4]))
			}
		})
	}
}
