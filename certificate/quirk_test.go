package certificate_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// The tests are named after the numbers of the contract's list of quirks. Those of the
// bytes of an answer (1 to 4, 13, 16, 17) are proved with the dialects; 5 to 9 belong to
// the fetching of files.

func TestQuirk1And3And16AnswersInEveryShapeAreReadAlike(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	citizen := p.Citizens()[0]
	held := p.Certificates(citizen)[0]
	for name, fault := range map[string]sandbox.Fault{
		"as it is": sandbox.Pass(), "numbers as text": sandbox.NumbersAsText(), "GBK": sandbox.GBK(),
		"other names": sandbox.Renamed(map[string]string{"certificateID": "cert_identifier", "certificateAreaCode": "CERTIFICATE_AREA_CODE"}),
		"outer data":  sandbox.Mangle("outer data", func(b []byte) []byte { return append(append([]byte(`{"data":`), b...), '}') }),
		"outer text": sandbox.Mangle("outer text", func(b []byte) []byte {
			text, _ := json.Marshal(string(b))
			return append(append([]byte(`{"data":`), text...), '}')
		}),
		"pinyin in small letters": sandbox.Mangle("small", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"columnName"`), []byte(`"columnname"`)) }),
	} {
		p.Faults().Next("certificate.InfoByID", fault)
		infos, err := client.InfoByID(t.Context(), infoOf(held))
		require.NoError(t, err, name)
		info := infos.Certificates[0]
		require.Equal(t, held.ID.Reveal(), info.ID.Reveal(), name)
		require.Equal(t, citizen.Name.Reveal(), info.Holder.Reveal(), name)
		require.Equal(t, "XM", info.Surface[0].Column, name)
		require.True(t, info.ValidUntil.IsLongTerm(), name)
	}
}

func TestMembersOfAFaceThatNoTextNamesAreKept(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("certificate.InfoByID", sandbox.Body(200,
		`{"head":{"status":0},"data":{"dataList":{"certificateName":"测试证照","surface":[{"XM":"测试人"},{"name":"表","value":{"a":1}}]}}}`))
	infos, err := client.InfoByID(t.Context(), infoOf(p.Certificates(p.Citizens()[0])[0]))
	require.NoError(t, err)
	face := infos.Certificates[0].Surface
	require.Equal(t, "测试人", face[0].Other["XM"].Reveal())
	require.JSONEq(t, `{"a":1}`, face[1].Value.Reveal())
	require.NotEmpty(t, infos.Warnings)
}

func TestQuirk6ContentTypeTellsAddressAndFileApart(t *testing.T) {
	t.Parallel()
	p, client := startWith(t, sandbox.CertificateSetup{AddressInside: true})
	apply := fileOf(p.Certificates(p.Citizens()[0])[0])
	files, err := client.FileAddressByID(t.Context(), apply)
	require.NoError(t, err)
	require.Regexp(t, `^/download`, files.Files[0].URL().Reveal())
	for body, address := range map[string]bool{
		`{"contentType":"http","content":"http://platform.example/f"}`: true, `{"content":"https://platform.example/f"}`: true,
		`{"contentType":"base64","content":"UEsDBA=="}`: false, `{"content":"UEsDBA=="}`: false,
	} {
		p.Faults().Next("certificate.FileAddressByID", sandbox.Body(200, `{"head":{"status":0},"data":`+body+`}`))
		files, err := client.FileAddressByID(t.Context(), apply)
		require.NoError(t, err)
		require.Equal(t, address, !files.Files[0].URL().IsZero())
		require.Equal(t, address, files.Files[0].Content().IsZero())
	}
}

func TestQuirk10OneIdentifierForAllFilesIsWarnedOf(t *testing.T) {
	t.Parallel()
	p, client := startWith(t, sandbox.CertificateSetup{SameIdentifier: true})
	citizen := p.Citizens()[0]
	p.IssueCertificate(citizen, sandbox.Certificate{Number: zwfw.NewIDNumber("T-SECOND")})
	files, err := client.FileAddressByHolder(t.Context(), certificate.FileByHolderRequest{Holder: holderOf(citizen), TypeName: "测试证照", Cause: certificate.CauseSharing})
	require.NoError(t, err)
	require.Len(t, files.Files, 2)
	require.Equal(t, "T-SECOND", files.Files[1].Number.Reveal())
	require.Len(t, files.Warnings, 1)
	require.Contains(t, files.Warnings[0].Problem, "by number")
}

func TestAnAnswerWithoutAddressIsNoSuccess(t *testing.T) {
	t.Parallel()
	p, client := start(t, quick)
	for body, outcome := range map[string]zwfw.Outcome{
		`{"head":{"status":0},"data":{"dataList":[{"certificateNumber":"T-0001"}]}}`: zwfw.OutcomeDone,
		`{"head":{"status":0},"data":{"dataList":[]}}`:                               zwfw.OutcomeUnknown,
		`{"head":{"status":0}}`: zwfw.OutcomeUnknown,
	} {
		p.Faults().Always("certificate.FileAddressByID", sandbox.Body(200, body))
		files, err := client.FileAddressByID(t.Context(), fileOf(p.Certificates(p.Citizens()[0])[0]))
		require.Nil(t, files)
		require.ErrorIs(t, err, zwfw.ProtocolMismatch)
		require.Equal(t, outcome, zwfw.OutcomeOf(err), body)
	}
}

func TestQuirk11AnUnknownCodeMayBeAnUnclearFailure(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	p.Faults().Next("certificate.StartConsent", sandbox.RefuseCode("99", "其他异常"))
	_, err := client.StartConsent(t.Context(), certificate.StartConsentRequest{Code: zwfw.NewCodeText("1234567890"), TypeCodes: []string{certificateType}, Cause: certificate.CauseSharing})
	require.ErrorIs(t, err, zwfw.Upstream)
	require.Equal(t, zwfw.OutcomeUnknown, zwfw.OutcomeOf(err))
}

func TestQuirk18CausesAreWrittenWellInEveryForm(t *testing.T) {
	t.Parallel()
	p, client := startWith(t, sandbox.CertificateSetup{FreeCause: true})
	r := searchFor(p.Citizens()[0])
	for _, cause := range []certificate.Cause{
		"办理企业设立登记", `引号"与\反斜杠`, certificate.CauseDetail{System: "测试系统", Item: `企业"设立"`, ItemCode: "01", Purpose: "办理"}.Cause(),
	} {
		r.Cause = cause
		_, err := client.Search(t.Context(), r)
		require.NoError(t, err, cause)
	}
	require.JSONEq(t, `{"certificateSystemName":"s","certificateCallCategory":"1","certificateMatterName":"i","certificateEventCode":"c","certificateCopyCause":"p"}`,
		string(certificate.CauseDetail{System: "s", NonItem: true, Item: "i", ItemCode: "c", Purpose: "p"}.Cause()))
}

// A wrong check character is warned of when it comes, and refused when it is sent under
// rules.
func TestIdentifiersAreCheckedAsFarAsAskedFor(t *testing.T) {
	t.Parallel()
	const wrong = "1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.202400000001.001.5"
	p, client := start(t)
	body := sandbox.Body(200, `{"head":{"status":0},"data":{"dataList":[{"certificateID":"`+wrong+`","fileUrl":"/f"},{"certificateID":"another form","fileUrl":"/g"}]}}`)
	p.Faults().Next("certificate.InfoByID", body)
	p.Faults().Next("certificate.FileAddressByID", body)
	infos, err := client.InfoByID(t.Context(), certificate.InfoByIDRequest{ID: zwfw.NewIDNumber(wrong), Cause: certificate.CauseSharing})
	require.NoError(t, err)
	require.Len(t, infos.Warnings, 1)
	files, err := client.FileAddressByID(t.Context(), certificate.FileByIDRequest{ID: zwfw.NewIDNumber("another form"), Cause: certificate.CauseSharing})
	require.NoError(t, err)
	require.Len(t, files.Warnings, 1)

	config := p.CertificateConfig()
	config.IdentifierRules = &certificate.IdentifierRules{Strict: true}
	strict := newClient(t, config)
	sent := len(p.Requests())
	for _, id := range []string{wrong, "another form"} {
		_, err = strict.InfoByID(t.Context(), certificate.InfoByIDRequest{ID: zwfw.NewIDNumber(id), Cause: certificate.CauseSharing})
		require.ErrorIs(t, err, zwfw.BadRequest)
		require.NotContains(t, err.Error(), "2024000")
	}
	require.Len(t, p.Requests(), sent)
	_, err = strict.InfoByID(t.Context(), infoOf(p.Certificates(p.Citizens()[0])[0]))
	require.NoError(t, err)
}

func TestADateThatIsNoneIsKeptAndWarnedOf(t *testing.T) {
	t.Parallel()
	p, client := start(t)
	for text, day := range map[string]string{
		`"2024年1月2日"`: "2024年01月02日", `"20240102"`: "2024年01月02日", `"2024-01-02"`: "2024年01月02日", `1704124800000`: "2024年01月02日", `"长期"`: "长期", `"见副本"`: "见副本",
	} {
		p.Faults().Next("certificate.InfoByID", sandbox.Body(200, `{"head":{"status":0},"data":{"dataList":[{"certificateName":"测试","certificateValidateEnd":`+text+`}]}}`))
		infos, err := client.InfoByID(t.Context(), infoOf(p.Certificates(p.Citizens()[0])[0]))
		require.NoError(t, err)
		require.Equal(t, day, infos.Certificates[0].ValidUntil.String())
		require.Equal(t, day == "见副本", len(infos.Warnings) > 0, text)
	}
}
