package certificate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// samples are exchanges made by an implementation of the contract that shares nothing
// with this one.
type samples struct {
	Config struct {
		AccountID, AccessToken string
		Certificates           []struct {
			CertificateID, TypeCode, State, Kind, CertificateType, CertificateNumber, CertificateHolder                  string
			IssueDept, IssueDeptCode, IssueDate, CertificateValidateStart, CertificateValidateEnd, CertificateHolderCode string
		}
	}
	Exchanges map[string]map[string]sample
}

type sample struct {
	Path      string
	BodyBytes string `json:"body_bytes"`
	Code      string
	Reply     json.RawMessage
}

func loadSamples(t *testing.T) samples {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var s samples
	require.NoError(t, json.Unmarshal(data, &s))
	require.Len(t, s.Exchanges, 11)
	delete(s.Exchanges, "certificate.download") // no call of a client: the GET of an address
	return s
}

// said is what a sample's body says.
type said struct {
	CertificateHolderCode, CertificateHolderTypeCode, CertificateType, CertificateNumber, CertificateID, EncryptedID, CertificateTypeCode, UseFor string
	Content                                                                                                                                       []byte
	CertificateData                                                                                                                               struct {
		CertificateType, CertificateName, CertificateNumber, CertificateHolder, IssueDept, IssueDeptCode string
		IssueDate, CertificateValidateStart, CertificateValidateEnd                                      certificate.Date
	}
}

// callLike makes the call that a sample shows.
func callLike(t *testing.T, c *certificate.Client, op, body string) (any, error) {
	t.Helper()
	var b said
	require.NoError(t, json.Unmarshal([]byte(body), &b))
	holder := certificate.Holder{Code: zwfw.NewIDNumber(b.CertificateHolderCode), CodeType: certificate.HolderType(b.CertificateHolderTypeCode)}
	cause, id := certificate.Cause(b.UseFor), zwfw.NewIDNumber(b.CertificateID)
	number := zwfw.NewIDNumber(b.CertificateNumber)
	switch strings.TrimPrefix(op, "certificate.") {
	case "Retrieval":
		return c.Search(t.Context(), certificate.SearchRequest{Holder: holder, TypeName: b.CertificateType, Cause: cause})
	case "GetCertificateFileByHolder":
		return c.FileAddressByHolder(t.Context(), certificate.FileByHolderRequest{Holder: holder, TypeName: b.CertificateType, Number: number, Cause: cause})
	case "GetCertificateFileByCertificateID":
		return c.FileAddressByID(t.Context(), certificate.FileByIDRequest{ID: id, Cause: cause})
	case "GetCertificateFileByEncryptedID":
		return c.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: zwfw.NewSecret(b.EncryptedID), Cause: cause})
	case "GetCertificateDataByHolder":
		return c.InfoByHolder(t.Context(), certificate.InfoByHolderRequest{Holder: holder, TypeName: b.CertificateType, Number: number, Cause: cause})
	case "GetCertificateDataByCertificateID":
		return c.InfoByID(t.Context(), certificate.InfoByIDRequest{ID: id, Cause: cause})
	case "GetEncryptedIDByHolder":
		return c.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holder})
	case "GetQRCodeByEncryptedID":
		return c.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: zwfw.NewSecret(b.EncryptedID)})
	case "VerifyCertificateFile":
		return c.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: b.CertificateTypeCode, Content: b.Content, Cause: cause})
	}
	d := b.CertificateData
	return c.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{
		Holder: holder, TypeCode: b.CertificateTypeCode, Cause: cause, TypeName: d.CertificateType, Name: d.CertificateName,
		Number: zwfw.NewIDNumber(d.CertificateNumber), HolderName: zwfw.NewPersonName(d.CertificateHolder), Issuer: d.IssueDept, IssuerCode: d.IssueDeptCode,
		IssueDate: d.IssueDate, ValidFrom: d.CertificateValidateStart, ValidUntil: d.CertificateValidateEnd,
	})
}

// stated drops the members that say nothing: the client does not send them.
func stated(t *testing.T, body string) map[string]any {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &members))
	for name, value := range members {
		if value == "" {
			delete(members, name)
		}
	}
	return members
}

func TestTheClientSendsWhatTheSamplesSentAndReadsWhatTheyGot(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	kinds := map[string]zwfw.Kind{"2": zwfw.NotSupported, "10": zwfw.NotFound, "11": zwfw.TokenInvalid, "12": zwfw.BadRequest, "21": zwfw.CertificateUnavailable}
	for op, exchanges := range s.Exchanges {
		for which, x := range exchanges {
			t.Run(op+" "+which, func(t *testing.T) {
				t.Parallel()
				var path, body string
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					data, _ := io.ReadAll(r.Body)
					path, body = r.URL.Path, string(data)
					_, _ = w.Write(x.Reply)
				}))
				defer server.Close()
				token, _ := stated(t, x.BodyBytes)["accessToken"].(string)
				client := newClient(t, certificate.Config{BaseURL: server.URL + "/cert", AccountID: s.Config.AccountID, AccessToken: zwfw.NewSecret(token)})
				got, err := callLike(t, client, op, x.BodyBytes)
				if path == "" { // the sample's caller sent what the client refuses to send
					require.Equal(t, zwfw.BadRequest, kinds[x.Code])
					require.ErrorIs(t, err, zwfw.BadRequest)
					return
				}
				require.Equal(t, x.Path, path)
				require.Equal(t, stated(t, x.BodyBytes), stated(t, body))
				if which == "refused" {
					require.ErrorIs(t, err, kinds[x.Code])
					require.Equal(t, x.Code, string(certificate.StatusOf(err)))
					return
				}
				require.NoError(t, err)
				requireRead(t, got)
			})
		}
	}
}

func requireRead(t *testing.T, got any) {
	t.Helper()
	switch got := got.(type) {
	case *certificate.Found:
		require.Len(t, got.Rows, 2)
		require.Equal(t, "999999", got.Rows[1].AreaCode)
	case *certificate.FileAddresses:
		require.Regexp(t, `/download\?id=[0-9a-f]{32}$`, got.Files[0].URL().Reveal())
		require.Equal(t, "2024年01月01日", got.Files[0].IssueDate.String())
	case *certificate.Infos:
		require.Equal(t, "测试甲", got.Certificates[0].Surface[0].Value.Reveal())
		require.Equal(t, 2099, got.Certificates[0].ValidUntil.Day().Year())
	case *certificate.EncryptedIDs:
		require.Len(t, got.List[1].EncryptedID.Reveal(), 224)
	case *certificate.QRCode:
		require.Equal(t, "image/png", got.ImageType)
	case *certificate.FieldsVerdict:
		require.True(t, got.Valid())
	case *certificate.FileVerdict:
		require.True(t, got.Passed())
	default:
		require.Fail(t, "nothing was read")
	}
}

// states are the samples' words for what became of a certificate.
var states = map[string]sandbox.CertificateState{
	"VALID": sandbox.CertificateValid, "REVOKED": sandbox.CertificateRevoked, "EXPIRED": sandbox.CertificateExpired,
	"SUSPENDED": sandbox.CertificateSuspended, "INACTIVE": sandbox.CertificateInactive, "NOFILE": sandbox.CertificateFileless,
}

func TestTheSandboxAnswersTheSamplesAsTheyWereAnswered(t *testing.T) {
	t.Parallel()
	s := loadSamples(t)
	p := sandbox.Start(t, sandbox.WithCertificates(sandbox.CertificateSetup{
		Accounts:     []sandbox.CertificateAccount{{ID: s.Config.AccountID, Token: zwfw.NewSecret(s.Config.AccessToken)}},
		NoVerifyFile: []string{"11999999MB0000000X002"},
	}))
	for _, k := range s.Config.Certificates {
		day := func(text string) certificate.Date {
			d, err := certificate.ParseDate(text)
			require.NoError(t, err)
			return d
		}
		state, known := states[k.State]
		require.True(t, known, k.State)
		p.PutCertificate(sandbox.Certificate{
			ID: zwfw.NewIDNumber(k.CertificateID), TypeName: k.CertificateType, TypeCode: k.TypeCode, Number: zwfw.NewIDNumber(k.CertificateNumber),
			Holder: zwfw.NewPersonName(k.CertificateHolder), HolderCode: zwfw.NewIDNumber(k.CertificateHolderCode), Issuer: k.IssueDept, IssuerCode: k.IssueDeptCode,
			IssueDate: day(k.IssueDate), ValidFrom: day(k.CertificateValidateStart), ValidUntil: day(k.CertificateValidateEnd), State: state,
		})
	}
	for op, exchanges := range s.Exchanges {
		for which, x := range exchanges {
			if which == "accepted" && strings.Contains(x.BodyBytes, `"EncryptedID"`) {
				continue // only the platform that gave an encrypted identifier can read it
			}
			r, err := http.Post(p.URL+x.Path, "application/json", strings.NewReader(x.BodyBytes))
			require.NoError(t, err)
			var reply struct {
				Head struct{ Status json.Number }
			}
			require.NoError(t, json.NewDecoder(r.Body).Decode(&reply))
			require.NoError(t, r.Body.Close())
			require.Equal(t, x.Code, reply.Head.Status.String(), "%s %s", op, which)
		}
	}
}
