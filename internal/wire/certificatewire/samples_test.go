package certificatewire_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/internal/dock"
	"github.com/zwfw-go/zwfw/internal/wire/certificatewire"
)

// input is the call that a sample shows. What the sample sends empty, and our client
// would leave out, stands in its context.
func input(t *testing.T, op, body string) any {
	t.Helper()
	var b map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &b))
	blank := make(map[string]string)
	for name, value := range b {
		if value == "" {
			blank[name] = ""
		}
	}
	text := func(name string) string { s, _ := b[name].(string); return s }
	switch op {
	case "FileAddressByID", "InfoByID":
		return &certificatewire.ByID{ID: zwfw.NewIDNumber(text("CertificateID")), Cause: text("UseFor"), Context: blank}
	case "FileAddressByEncryptedID", "QRCode":
		return &certificatewire.ByEncryptedID{EncryptedID: zwfw.NewSecret(text("EncryptedID")), Cause: text("UseFor"), Context: blank}
	case "VerifyFields":
		fields, _ := b["CertificateData"].(map[string]any)
		of := func(name string) string { s, _ := fields[name].(string); return s }
		day := func(name string) *time.Time {
			at, err := time.ParseInLocation("2006年01月02日", of(name), time.FixedZone("", 8*60*60))
			require.NoError(t, err)
			return &at
		}
		return &certificatewire.VerifyFields{
			Code: zwfw.NewIDNumber(text("CertificateHolderCode")), TypeCode: text("CertificateTypeCode"), Cause: text("UseFor"),
			Type: of("certificateType"), Name: of("certificateName"), Number: zwfw.NewIDNumber(of("certificateNumber")),
			Holder: zwfw.NewPersonName(of("certificateHolder")), Issuer: of("issueDept"), IssuerCode: of("issueDeptCode"),
			IssueDate: day("issueDate"), ValidFrom: day("certificateValidateStart"), ValidUntil: day("certificateValidateEnd"),
			Context: blank,
		}
	case "VerifyFile":
		return &certificatewire.VerifyFile{
			TypeCode: text("CertificateTypeCode"), ContentType: text("ContentType"), Content: zwfw.NewRaw([]byte(text("Content"))), Cause: text("UseFor"),
			Context: blank,
		}
	}
	return &certificatewire.Holder{
		Code: zwfw.NewIDNumber(text("CertificateHolderCode")), CodeType: text("CertificateHolderTypeCode"), Type: text("CertificateType"),
		Number: zwfw.NewIDNumber(text("CertificateNumber")), Cause: text("UseFor"), Context: blank,
	}
}

func tokenOf(t *testing.T, body string) string {
	t.Helper()
	var b struct{ AccessToken string }
	require.NoError(t, json.Unmarshal([]byte(body), &b))
	return b.AccessToken
}

var refusals = map[string]zwfw.Kind{"2": zwfw.NotSupported, "10": zwfw.NotFound, "11": zwfw.TokenInvalid, "12": zwfw.BadRequest, "21": zwfw.CertificateUnavailable}

const (
	id1 = "1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.202400000001.001.4"
	id2 = "1.2.156.3005.2.11999999MB0000000X002.11999999000000000Q.202400000002.001.9"
	enc = "f923b26007c095911881125424b045d4c558bb43d190ec361e71a1f60076e301c023ee70c3ff4638359630df753858e8bf10c4347567e7fd7398e403d0dfa558c22489ba5f0a4cb383718a6365439a301b4d41ed0f8beb17f69f6b0abfbd01da0975af762289c665f4e9c7f8ef8a85fc"
)

// read holds what the accepted samples say, field by field.
var read = map[string]func(t *testing.T, out any, reply json.RawMessage){
	"Search": func(t *testing.T, out any, _ json.RawMessage) {
		found := out.(*certificatewire.Found)
		require.Equal(t, 2, *found.Total)
		records := found.Records()
		require.Len(t, records, 2)
		require.Equal(t, [2]string{id1, id2}, [2]string{records[0].ID.Reveal(), records[1].ID.Reveal()})
		require.Equal(t, [2]string{"T-0001", "T-0002"}, [2]string{records[0].Number.Reveal(), records[1].Number.Reveal()})
		require.Equal(t, []string{"测试许可证", "测试许可证", "测试机构", "999999", "000"},
			[]string{records[1].Type, records[1].Name, records[1].Issuer, records[1].AreaCode, records[1].DataSource})
		requireDay(t, "2024-01-01", records[0].IssueDate)
	},
	"FileAddressByHolder":      file(id1, "测试证照", "T-0001", "ofd", "/download?id=6ea9325b404d07648272736946ca83db"),
	"FileAddressByID":          file(id2, "测试许可证", "T-0002", "pdf", "http://platform.example/cert/download?id=64d0ec9d58187161c6405cf26cd4f879"),
	"FileAddressByEncryptedID": file(id1, "测试证照", "T-0001", "ofd", "/download?id=3ef674b238f40876979fe5d8894e34ee"),
	"InfoByHolder":             info,
	"InfoByID":                 info,
	"EncryptedIDs": func(t *testing.T, out any, _ json.RawMessage) {
		ids := out.(*certificatewire.EncryptedIDs)
		require.Equal(t, 2, *ids.Total)
		require.Len(t, ids.Identifiers(), 2)
		require.Equal(t, enc, ids.List[0].EncryptedID.Reveal())
		require.Len(t, ids.List[1].EncryptedID.Reveal(), len(enc))
		require.Equal(t, [2]string{"测试许可证", "测试许可证"}, [2]string{ids.List[1].Type, ids.List[1].Name})
	},
	"QRCode": func(t *testing.T, out any, reply json.RawMessage) {
		var r struct{ Data struct{ QRCode string } }
		require.NoError(t, json.Unmarshal(reply, &r))
		q := out.(*certificatewire.QRCode)
		require.Equal(t, enc, q.EncryptedID.Reveal())
		require.Equal(t, r.Data.QRCode, q.Image.Reveal())
		require.EqualValues(t, 300, q.Seconds)
	},
	"VerifyFields": verdict("信息正确且有效"),
	"VerifyFile":   verdict("文件验证通过"),
}

func requireDay(t *testing.T, want string, d certificatewire.Date) {
	t.Helper()
	require.Equal(t, want, d.Day().Format("2006-01-02"))
}

func file(id, typ, number, format, url string) func(t *testing.T, out any, reply json.RawMessage) {
	return func(t *testing.T, out any, _ json.RawMessage) {
		files := out.(*certificatewire.Files)
		require.Equal(t, 1, *files.Total)
		require.Len(t, files.Addresses(), 1)
		f := files.List[0]
		require.Equal(t, []string{id, typ, number, "测试机构", format, url},
			[]string{f.ID.Reveal(), f.Type, f.Number.Reveal(), f.Issuer, f.Format, f.URL.Reveal()})
		requireDay(t, "2024-01-01", f.IssueDate)
	}
}

func info(t *testing.T, out any, _ json.RawMessage) {
	infos := out.(*certificatewire.Infos)
	require.Equal(t, 1, *infos.Total)
	require.Len(t, infos.Certificates(), 1)
	i := infos.List[0]
	require.Equal(t, []string{id1, "测试证照", "测试证照", "测试甲", "999999190001010015", "111", "T-0001", "测试机构", "11999999000000000Q", ""},
		[]string{i.ID.Reveal(), i.Type, i.Name, i.Holder.Reveal(), i.HolderCode.Reveal(), i.HolderType, i.Number.Reveal(), i.Issuer, i.IssuerCode, i.DigitalSign.Reveal()})
	requireDay(t, "2024-01-01", i.IssueDate)
	requireDay(t, "2024-01-01", i.ValidFrom)
	requireDay(t, "2099-01-01", i.ValidUntil)
	require.Len(t, i.Surface, 1)
	require.Equal(t, []string{"姓名", "测试甲", "string", "XM"}, []string{i.Surface[0].Name, i.Surface[0].Value.Reveal(), i.Surface[0].ValueType, i.Surface[0].Column})
}

func verdict(message string) func(t *testing.T, out any, reply json.RawMessage) {
	return func(t *testing.T, out any, _ json.RawMessage) {
		v := out.(*certificatewire.Verdict)
		require.Equal(t, [2]string{"0", message}, [2]string{v.Result, v.Message.Reveal()})
	}
}

func TestClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for name, wire := range operations {
		for which, x := range s.Exchanges[wire] {
			t.Run(name+" "+which, func(t *testing.T) {
				t.Parallel()
				l := &line{answer: x.Reply}
				out := newOf(op(t, name).Out)
				meta, err := engineOf(t, l, s.party(tokenOf(t, x.BodyBytes)), nil).Call(t.Context(), name, input(t, name, x.BodyBytes), out)

				require.Equal(t, x.Method, l.request.Method)
				require.Equal(t, x.Path, l.request.URL.Path)
				require.Empty(t, l.request.URL.RawQuery)
				require.Equal(t, "application/json;charset=utf-8", l.request.Header.Get("Content-Type"))
				require.JSONEq(t, x.BodyBytes, string(l.body))

				if which == "refused" {
					require.ErrorIs(t, err, refusals[x.Code])
					var e *zwfw.Error
					require.ErrorAs(t, err, &e)
					require.Equal(t, zwfw.OutcomeRefused, e.Outcome)
					require.Equal(t, x.Code, e.Code)
					require.NotEmpty(t, e.Text.Reveal())
					return
				}
				require.NoError(t, err)
				require.Empty(t, meta.Warnings)
				read[name](t, out, x.Reply)
			})
		}
	}
}

func TestPlatformReadsTheSamplesAndAnswersAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	desk, err := dock.NewDesk(certificatewire.Manifest(), nil, s.party(s.Config.AccessToken))
	require.NoError(t, err)
	for name, wire := range operations {
		for which, x := range s.Exchanges[wire] {
			t.Run(name+" "+which, func(t *testing.T) {
				t.Parallel()
				matched, ok := desk.Match("", strings.TrimPrefix(x.Path, "/cert"), []byte(x.BodyBytes))
				require.True(t, ok)
				require.Equal(t, name, matched)
				q, fault := desk.Read(name, httptest.NewRequest(x.Method, x.Path, strings.NewReader(x.BodyBytes)), []byte(x.BodyBytes))
				require.Nil(t, fault)
				require.NoError(t, q.Verify())
				require.Equal(t, s.Config.AccountID, q.Claims["accountId"])
				in := newOf(op(t, name).In)
				require.Nil(t, q.Decode(in))
				require.JSONEq(t, fields(t, typed(t, input(t, name, x.BodyBytes))), fields(t, typed(t, in)))

				var reply struct{ Head struct{ Message string } }
				require.NoError(t, json.Unmarshal(x.Reply, &reply))
				answer := dock.Answer{Failed: true, Code: x.Code, Text: reply.Head.Message}
				if which == "refused" {
					require.Equal(t, x.Code, desk.CodeOf(name, refusals[x.Code]))
				} else {
					out := newOf(op(t, name).Out)
					_, err := engineOf(t, &line{answer: x.Reply}, s.party("t"), nil).Call(t.Context(), name, newOf(op(t, name).In), out)
					require.NoError(t, err)
					answer = dock.Answer{Out: out, Text: reply.Head.Message}
				}
				body, contentType, err := desk.Write(name, answer)
				require.NoError(t, err)
				require.Equal(t, "application/json; charset=UTF-8", contentType)
				require.JSONEq(t, statusAsText(t, x.Reply), statusAsText(t, body))
			})
		}
	}
}

// fields leaves out what is no field of the call: on the platform's side the context
// holds account, token and the object around the compared fields too, on ours what the
// sample sends empty.
func fields(t *testing.T, text string) string {
	t.Helper()
	var f map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &f))
	for name, value := range f {
		if name == "accountId" || name == "accessToken" || name == "CertificateData" || value == "" {
			delete(f, name)
		}
	}
	out, err := json.Marshal(f)
	require.NoError(t, err)
	return string(out)
}

// statusAsText makes head.status a text: the engine's writer does not apply the num
// behind the code's path, and writes "0" where the samples have 0. A refusal's empty data
// says nothing.
func statusAsText(t *testing.T, reply []byte) string {
	t.Helper()
	var r map[string]any
	require.NoError(t, json.Unmarshal(reply, &r))
	head := r["head"].(map[string]any)
	if n, ok := head["status"].(float64); ok {
		text, err := json.Marshal(n)
		require.NoError(t, err)
		head["status"] = string(text)
	}
	if data, ok := r["data"].(map[string]any); ok && len(data) == 0 {
		delete(r, "data")
	}
	out, err := json.Marshal(r)
	require.NoError(t, err)
	return string(out)
}

func TestNoFieldPrintsWhatBelongsToACitizen(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	for name, wire := range operations {
		x := s.Exchanges[wire]["accepted"]
		in, out := input(t, name, x.BodyBytes), newOf(op(t, name).Out)
		_, err := engineOf(t, &line{answer: x.Reply}, s.party("t"), nil).Call(t.Context(), name, in, out)
		require.NoError(t, err)
		encoded, err := json.Marshal([]any{in, out})
		require.NoError(t, err)
		printed := fmt.Sprintf("%+v %#v %v %+v %#v %s", in, in, out, out, out, encoded)
		for _, marker := range []string{"999999190001010015", "测试甲", "T-0001", "T-0002", "f923b260", "download?id", "1.2.156.3005", "iVBORw0", "UEsDB"} {
			require.NotContains(t, printed, marker, name)
		}
	}
}
