package certificatewire_test

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/crypto"
	"github.com/zwfw-go/zwfw/internal/dock"
	wire "github.com/zwfw-go/zwfw/internal/wire/certificatewire"
	"github.com/zwfw-go/zwfw/internal/wire/wireproof"
)

type config struct {
	BaseURL     string `json:"base_url"`
	AccountID   string `json:"accountId"`
	AccessToken string `json:"accessToken"`

	key *crypto.PrivateKey // of the caller, for what a site seals to it
}

// calls gives the samples' names for ours. certificate.download is none: it is the
// GET of an address and answers with a file.
var calls = map[string]string{
	"Search":                   "certificate.Retrieval",
	"FileAddressByHolder":      "certificate.GetCertificateFileByHolder",
	"FileAddressByID":          "certificate.GetCertificateFileByCertificateID",
	"FileAddressByEncryptedID": "certificate.GetCertificateFileByEncryptedID",
	"InfoByHolder":             "certificate.GetCertificateDataByHolder",
	"InfoByID":                 "certificate.GetCertificateDataByCertificateID",
	"EncryptedIDs":             "certificate.GetEncryptedIDByHolder",
	"QRCode":                   "certificate.GetQRCodeByEncryptedID",
	"VerifyFields":             "certificate.VerifyCertificateData",
	"VerifyFile":               "certificate.VerifyCertificateFile",
}

var refusals = map[string]zwfw.Kind{"2": zwfw.NotSupported, "10": zwfw.NotFound, "11": zwfw.TokenInvalid, "12": zwfw.BadRequest, "21": zwfw.CertificateUnavailable}

const (
	id1 = "1.2.156.3005.2.11999999MB0000000X001.11999999000000000Q.202400000001.001.4"
	id2 = "1.2.156.3005.2.11999999MB0000000X002.11999999000000000Q.202400000002.001.9"
	enc = "f923b26007c095911881125424b045d4c558bb43d190ec361e71a1f60076e301c023ee70c3ff4638359630df753858e8bf10c4347567e7fd7398e403d0dfa558c22489ba5f0a4cb383718a6365439a301b4d41ed0f8beb17f69f6b0abfbd01da0975af762289c665f4e9c7f8ef8a85fc"
)

func proof(t *testing.T) wireproof.Platform {
	t.Helper()
	key, err := crypto.GenerateKey(crypto.KeySM2, rand.Reader)
	require.NoError(t, err)
	c := config{key: key}
	exchanges := wireproof.Load(t, &c)
	for _, call := range exchanges {
		for which, x := range call {
			// The samples keep no headers.
			x.Headers = map[string]string{"Content-Type": "application/json;charset=utf-8"}
			call[which] = x
		}
	}
	return wireproof.Platform{
		Manifest: wire.Manifest(), Exchanges: exchanges, Calls: calls, Pages: []string{"certificate.download"},
		Party: c.party, Common: wireproof.Sample{BodyBytes: `{"AccessToken": "t"}`},
		Input: input, Beside: []string{"accountId", "accessToken", "CertificateData", "certData"},
		Refused: func(x wireproof.Exchange) (zwfw.Kind, bool) {
			return refusals[x.Code], !x.Accepted
		},
		Received: func(t *testing.T, _ wireproof.Exchange, q *dock.Received) {
			require.Equal(t, c.AccountID, q.Claims["accountId"])
		},
		Plain: plain, Tidy: tidy, Needed: needed, Seal: seal(c.key),
	}
}

// party is the samples' caller, with the token that a sample shows.
func (c config) party(t *testing.T, x wireproof.Sample) dock.Party {
	t.Helper()
	var b struct{ AccessToken string }
	require.NoError(t, json.Unmarshal([]byte(x.BodyBytes), &b))
	return dock.Party{
		Bases: map[string]string{"": c.BaseURL},
		Creds: map[string]zwfw.Secret{"accountId": zwfw.NewSecret(c.AccountID)},
		Token: dock.StaticToken{Secret: zwfw.NewSecret(b.AccessToken)},

		Private: map[string]*crypto.PrivateKey{"client": c.key},
	}
}

// seal seals as the sites of the GB/T 36906 family do.
func seal(key *crypto.PrivateKey) func(t *testing.T, text string) string {
	return func(t *testing.T, text string) string {
		t.Helper()
		cipher, err := crypto.NewCipher("sm2-c1c2c3", crypto.Material{Public: key.Public(), Random: rand.Reader}, crypto.CipherOptions{})
		require.NoError(t, err)
		sealed, err := cipher.Seal([]byte(text))
		require.NoError(t, err)
		return crypto.Encoding("hex").Encode(sealed)
	}
}

// input is the call that a sample shows. What the sample sends empty, and our client
// would leave out, stands in its context.
func input(t *testing.T, op string, x wireproof.Sample) any {
	t.Helper()
	var b map[string]any
	require.NoError(t, json.Unmarshal([]byte(x.BodyBytes), &b))
	blank := make(map[string]string)
	for name, value := range b {
		if value == "" {
			blank[name] = ""
		}
	}
	text := func(name string) string { s, _ := b[name].(string); return s }
	switch op {
	case "FileAddressByID", "InfoByID":
		return &wire.ByID{ID: zwfw.NewIDNumber(text("CertificateID")), Cause: text("UseFor"), Context: blank}
	case "FileAddressByEncryptedID", "QRCode":
		return &wire.ByEncryptedID{EncryptedID: zwfw.NewSecret(text("EncryptedID")), Cause: text("UseFor"), Context: blank}
	case "VerifyFields":
		fields, _ := b["CertificateData"].(map[string]any)
		of := func(name string) string { s, _ := fields[name].(string); return s }
		day := func(name string) (d wire.Date) {
			require.NoError(t, d.UnmarshalText([]byte(of(name))))
			return d
		}
		return &wire.VerifyFields{
			Code: zwfw.NewIDNumber(text("CertificateHolderCode")), TypeCode: text("CertificateTypeCode"), Cause: text("UseFor"),
			Type: of("certificateType"), Name: of("certificateName"), Number: zwfw.NewIDNumber(of("certificateNumber")),
			Holder: zwfw.NewPersonName(of("certificateHolder")), Issuer: of("issueDept"), IssuerCode: of("issueDeptCode"),
			IssueDate: day("issueDate"), ValidFrom: day("certificateValidateStart"), ValidUntil: day("certificateValidateEnd"),
			Context: blank,
		}
	case "VerifyFile":
		return &wire.VerifyFile{
			TypeCode: text("CertificateTypeCode"), ContentType: text("ContentType"), Content: zwfw.NewRaw([]byte(text("Content"))), Cause: text("UseFor"),
			Context: blank,
		}
	}
	return &wire.Holder{
		Code: zwfw.NewIDNumber(text("CertificateHolderCode")), CodeType: text("CertificateHolderTypeCode"), Type: text("CertificateType"),
		Number: zwfw.NewIDNumber(text("CertificateNumber")), Cause: text("UseFor"), Context: blank,
	}
}

// plain makes head.status a text: the engine's writer does not apply the num behind the
// code's path, and writes "0" where the samples have 0. A refusal's empty data says
// nothing.
func plain(_ *testing.T, _ wireproof.Exchange, reply map[string]any) {
	head := reply["head"].(map[string]any)
	if n, ok := head["status"].(json.Number); ok {
		head["status"] = n.String()
	}
	if data, ok := reply["data"].(map[string]any); ok && len(data) == 0 {
		delete(reply, "data")
	}
}

// needed is what a reply says success by and the one value without which it is useless.
func needed(op dock.Op, path string) bool {
	members := []string{"head", "head.status"}
	switch op.Name {
	case "FileAddressByHolder", "FileAddressByID", "FileAddressByEncryptedID":
		members = append(members, "data", "data.dataList", "data.dataList[]", "data.dataList[].fileUrl")
	case "QRCode":
		members = append(members, "data", "data.qrCode")
	case "VerifyFields", "VerifyFile":
		members = append(members, "data", "data.result")
	}
	return slices.Contains(members, path)
}

// tidy leaves out list elements that say nothing, as a client gives them.
func tidy(out any) {
	switch o := out.(type) {
	case *wire.Found:
		o.List = o.Records()
	case *wire.Files:
		o.List = o.Addresses()
	case *wire.Infos:
		o.List = o.Certificates()
	case *wire.EncryptedIDs:
		o.List = o.Identifiers()
	}
}
