package certificate_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/internal/marker"
	"github.com/zwfw-go/zwfw/sandbox"
)

// Every operation goes through success and every fault, at debug level, and nothing
// personal or secret is found in what was written.
func TestNoPersonalDatumAndNoSecretIsWrittenAnywhere(t *testing.T) {
	t.Parallel()
	p := sandbox.Start(t)
	n := new(marker.Notebook)
	config := p.CertificateConfig()
	config.AccountID = "cert-account-1"
	client := newClient(t, config, append(n.Options(), zwfw.WithTimeout(500*time.Millisecond), zwfw.WithMaxResponse(64<<10), zwfw.WithRetry(zwfw.Retry{MaxAttempts: 1}))...)
	citizen := p.Citizens()[0]
	held := p.IssueCertificate(citizen, sandbox.Certificate{Number: zwfw.NewIDNumber("PLANTEDNUMBER-77")})
	const planted, number = "PLANTEDTEXT", "13800009999"
	markers := []string{
		citizen.Name.Reveal(), citizen.IDNumber.Reveal(), held.ID.Reveal(), held.Number.Reveal(), config.AccessToken.Reveal(), config.AppSecret.Reveal(),
		config.Password.Reveal(), planted, number, "/download?id=", "PLANTEDITEM",
	}
	echo := fmt.Sprintf(`{"head":{"status":%q,"message":"%s %s"},"data":{"total":1,"dataList":[{"certificateID":%q,"certificateHolder":%q,"fileUrl":%q,"encryptedId":%q,"surface":[{"value":%q,%q:%q}]}],"qrCode":%q,"trxId":%q,"result":"0","message":%q}}`,
		number, planted, number, planted, planted, planted, planted, planted, "k", planted, planted, planted, planted)
	done := fmt.Sprintf(`{"head":{"status":0,"message":"%[1]s"},"data":{"total":1,"dataList":[{"certificateID":"%[1]s","certificateHolder":"%[1]s","certificateNumber":"%[1]s","fileUrl":"%[1]s","encryptedId":"%[1]s","surface":[{"value":"%[1]s","k":"%[1]s"}]}],"trxId":"%[1]s","result":"0","message":"%[1]s"}}`, planted)
	context := certificate.CallContext{ItemName: "PLANTEDITEM"}
	for _, fault := range []sandbox.Fault{
		sandbox.Pass(), sandbox.DropAfter(), sandbox.HalfBody(), sandbox.HTML(502), sandbox.EmptyAnswer(), sandbox.Body(200, echo), sandbox.Body(200, done),
		sandbox.Body(500, echo), sandbox.Body(200, planted), sandbox.Body(302, planted), sandbox.Refuse(zwfw.CertificateUnavailable), sandbox.RefuseCode("77", planted), sandbox.Drip(10),
	} {
		p.Faults().Clear()
		ids, err := client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holderOf(citizen)})
		encrypted := zwfw.NewSecret("encrypted-" + planted)
		if err == nil {
			encrypted = ids.List[0].EncryptedID
		}
		p.Faults().Always("*", fault)
		code := p.MintConsentCode(citizen)
		markers = append(markers, code.Reveal(), encrypted.Reveal())
		search := searchFor(citizen)
		search.Context = context
		n.Note(client.Search(t.Context(), search))
		n.Note(client.FileAddressByID(t.Context(), fileOf(held)))
		address := certificate.FileAddress{}
		p.Faults().Clear()
		if files, err := client.FileAddressByID(t.Context(), fileOf(held)); err == nil {
			address = files.Files[0]
			markers = append(markers, address.URL().Reveal())
			n.Note(files, nil)
		}
		p.Faults().Always("*", fault)
		n.Note(client.Save(t.Context(), address, filepath.Join(t.TempDir(), "certificate")))
		n.Note(client.FileAddressByHolder(t.Context(), certificate.FileByHolderRequest{Holder: holderOf(citizen), TypeName: "测试证照", Number: held.Number, Cause: certificate.CauseSharing}))
		n.Note(client.FileAddressByEncryptedID(t.Context(), certificate.FileByEncryptedIDRequest{EncryptedID: encrypted, Cause: certificate.CauseSharing}))
		n.Note(client.InfoByID(t.Context(), infoOf(held)))
		n.Note(client.InfoByHolder(t.Context(), certificate.InfoByHolderRequest{Holder: holderOf(citizen), Cause: certificate.CauseSharing}))
		n.Note(client.EncryptedIDs(t.Context(), certificate.EncryptedIDsRequest{Holder: holderOf(citizen)}))
		n.Note(client.QRCode(t.Context(), certificate.QRCodeRequest{EncryptedID: encrypted}))
		n.Note(client.VerifyFields(t.Context(), certificate.VerifyFieldsRequest{Holder: holderOf(citizen), TypeCode: held.TypeCode, Number: held.Number, HolderName: citizen.Name, Cause: certificate.CauseSharing}))
		n.Note(client.VerifyFile(t.Context(), certificate.VerifyFileRequest{TypeCode: held.TypeCode, Content: []byte(planted), Cause: certificate.CauseSharing}))
		n.Note(client.StartConsent(t.Context(), certificate.StartConsentRequest{Code: code, TypeCodes: []string{held.TypeCode}, Cause: certificate.CauseSharing}))
		n.Note(client.ReadConsented(t.Context(), certificate.ReadConsentedRequest{Transaction: zwfw.NewSecret("trx-" + planted), TypeCode: held.TypeCode, Cause: certificate.CauseSharing, Wait: 100 * time.Millisecond}))
	}
	p.Faults().Clear()
	for _, r := range p.Requests() {
		n.Note(r, nil)
		n.Note(r.Curl(p.URL), nil)
	}
	n.Note(config, nil)
	n.Check(t, markers...)
}
