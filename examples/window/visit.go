package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

const (
	cause    = certificate.CauseSharing
	typeCode = "11999999MB0000000X001" // 证照类型代码 of what the item needs
	typeName = "测试证照"                  // 证照类型名称 of the same
)

// item is what the visit is about (五要素): the platform audits by it.
var item = certificate.CallContext{Organisation: "测试市政务服务中心", Operator: "3号窗口", ItemName: "企业设立登记", ItemCode: "999999001", BusinessCode: "B20240001"}

func holder(number zwfw.IDNumber) certificate.Holder {
	return certificate.Holder{Code: number, CodeType: certificate.HolderResident}
}

// verifyCode (验码): the window never reads the code itself, the platform says who it is.
func (d *desk) verifyCode(ctx context.Context) error {
	c := d.citizens[0]
	d.say(citizen, textf("打开鲁通码，对着窗口的扫码器。", "Opens the Lutong code and holds it to the scanner."))
	person, err := d.codes.VerifyCode(ctx, lutong.VerifyRequest{Code: d.platform.MintCode(c), Scene: lutong.SceneHandle, Device: "DESK-03"})
	if err != nil {
		return err
	}
	if !person.IDNumber.Equal(c.IDNumber) {
		return unexpected("平台返回的是另一个人。", "the platform named somebody else")
	}
	d.person = person
	d.say(window, textf("来办事的是证件号 %s 的群众。", "The citizen with document %s has come.", person.IDNumber))
	return nil
}

// search (检索).
func (d *desk) search(ctx context.Context) error {
	found, err := d.papers.Search(ctx, certificate.SearchRequest{Holder: holder(d.person.IDNumber), Cause: cause, Context: item})
	if err != nil {
		return err
	}
	for _, row := range found.Rows {
		if row.TypeName == typeName {
			d.row = row
		}
	}
	if d.row.ID.IsZero() {
		return unexpected("没有查到需要的证照。", "the certificate that is needed was not found")
	}
	d.say(window, textf("查到 %d 本证照，要用的那本编号 %s。", "%d certificates; the one needed has number %s.", found.Total, d.row.Number))
	return nil
}

// readWithConsent (授权读取): the question goes to the citizen's phone.
func (d *desk) readWithConsent(ctx context.Context) error {
	consent, err := d.ask(ctx, d.citizens[0])
	if err != nil {
		return err
	}
	d.say(phone, textf("“测试市政务服务中心请求查看您的证照”", `"The service centre asks to see your certificate"`))
	infos, err := d.papers.ReadConsented(ctx, consent)
	if err != nil {
		return err
	}
	if len(infos.Certificates) != 1 || !infos.Certificates[0].HolderCode.Equal(d.person.IDNumber) {
		return unexpected("读到的不是这位群众的证照。", "the certificate is not this citizen's")
	}
	d.info = infos.Certificates[0]
	d.say(citizen, textf("点了同意。", "Taps agree."))
	d.say(window, textf("读到照面 %d 项。", "The face has %d items.", len(d.info.Surface)))
	d.say(window, validity(d.info.ValidUntil))
	return nil
}

func validity(until certificate.Date) zwfw.Text {
	if until.IsLongTerm() {
		return textf("长期有效。", "It is valid without end.")
	}
	return textf("有效期至%[1]s。", "It is valid until %[2]s.", until, until.Day().Format(time.DateOnly))
}

// ask puts the question to the citizen whose code is scanned.
func (d *desk) ask(ctx context.Context, c sandbox.Citizen) (r certificate.ReadConsentedRequest, err error) {
	d.say(citizen, textf("在手机上打开证照码。", "Opens the certificate code on the phone."))
	consent, err := d.papers.StartConsent(ctx, certificate.StartConsentRequest{
		Code: d.platform.MintConsentCode(c), TypeCodes: []string{typeCode}, Cause: cause, Context: item,
	})
	if err != nil {
		return r, err
	}
	return certificate.ReadConsentedRequest{
		Transaction: consent.Transaction, TypeCode: typeCode, Cause: cause, Context: item, Wait: 30 * time.Second, Every: time.Second,
	}, nil
}

// saveFile (申请下载 and 下载): two steps, an address that serves once and the file.
func (d *desk) saveFile(ctx context.Context) error {
	files, err := d.papers.FileAddressByID(ctx, certificate.FileByIDRequest{ID: d.row.ID, Cause: cause, Context: item})
	if err != nil {
		return err
	}
	d.asked = files.Files[0]
	d.say(window, textf("拿到下载地址，只能用一次：%s", "There is a download address, good once: %s", d.asked.URL()))
	path := filepath.Join(d.dir, "certificate.ofd")
	file, err := d.papers.Save(ctx, d.asked, path)
	if err != nil {
		return err
	}
	if d.file, err = os.ReadFile(path); err != nil {
		return err
	}
	if file.Format != certificate.FormatOFD || file.Size != int64(len(d.file)) {
		return unexpected("保存的文件不对。", "the saved file is not what was fetched")
	}
	d.say(window, textf("已保存，%s 格式，%d 字节，带有用途水印。", "Saved: %s, %d bytes, with the cause as watermark.", file.Format, file.Size))
	return nil
}

// verify (文件验证, 信息验证).
func (d *desk) verify(ctx context.Context) error {
	file, err := d.papers.VerifyFile(ctx, certificate.VerifyFileRequest{TypeCode: typeCode, Content: d.file, Cause: cause, Context: item})
	if err != nil {
		return err
	}
	fields, err := d.papers.VerifyFields(ctx, certificate.VerifyFieldsRequest{
		Holder: holder(d.person.IDNumber), TypeCode: typeCode, Cause: cause, Context: item,
		Number: d.info.Number, HolderName: d.info.Holder, IssueDate: d.info.IssueDate, ValidUntil: d.info.ValidUntil,
	})
	if err != nil {
		return err
	}
	if !file.Passed() || !fields.Valid() {
		return unexpected("核验没有通过。", "the verification says no")
	}
	d.say(window, textf("文件和内容核验通过，不用再交复印件。", "File and content are good; no photocopy is needed."))
	return nil
}
