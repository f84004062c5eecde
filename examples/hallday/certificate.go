package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/lutong"
)

// certificateAtWindow (亮码办事，读取电子证照): the code says who it is, the citizen agrees
// on the phone, the window reads the certificate and saves its file.
func (p *play) certificateAtWindow(ctx context.Context) error {
	papers, err := certificate.New(p.platform.CertificateConfig(), zwfw.WithClock(hallClock{p.platform.Clock(), 0}))
	if err != nil {
		return err
	}
	p.closers = append(p.closers, func() { _ = papers.Close() })
	c := p.citizens[3]
	p.say(citizen, textf("办企业登记，没带证照原件，出示鲁通码。", "Comes to register a company without the paper certificate and shows the Lutong code."))
	user, err := verify(ctx, p.desk, p.platform.MintCode(c), lutong.SceneHandle, c)
	if err != nil {
		return err
	}
	about := certificate.CallContext{Organisation: p.hall.Name, Operator: "3号窗口", ItemName: p.hall.Items[0]}
	const cause, typeCode = certificate.CauseSharing, "11999999MB0000000X001"
	found, err := papers.Search(ctx, certificate.SearchRequest{
		Holder: certificate.Holder{Code: user.IDNumber, CodeType: certificate.HolderResident}, Cause: cause, Context: about,
	})
	if err != nil {
		return err
	}
	p.say(window, textf("查到 %d 本电子证照，需要群众同意才能读取。", "Finds %d electronic certificates; reading them takes the citizen's consent.", found.Total))
	asked, err := papers.StartConsent(ctx, certificate.StartConsentRequest{
		Code: p.platform.MintConsentCode(c), TypeCodes: []string{typeCode}, Cause: cause, Context: about,
	})
	if err != nil {
		return err
	}
	read, err := papers.ReadConsented(ctx, certificate.ReadConsentedRequest{
		Transaction: asked.Transaction, TypeCode: typeCode, Cause: cause, Context: about, Wait: 30 * time.Second, Every: time.Second,
	})
	if err != nil {
		return err
	}
	if len(read.Certificates) != 1 || !read.Certificates[0].HolderCode.Equal(c.IDNumber) {
		return unexpected("读到的不是这位群众的证照。", "the certificate is not this citizen's")
	}
	info := read.Certificates[0]
	p.say(citizen, textf("在手机上点了同意。", "Agrees on the phone."))
	p.say(window, textf("读到照面 %d 项，证照编号 %s。", "Reads a face of %d items; the certificate's number is %s.", len(info.Surface), info.Number))
	return p.saveCertificate(ctx, papers, info, about)
}

// saveCertificate (申请下载): the address serves once.
func (p *play) saveCertificate(ctx context.Context, papers *certificate.Client, info certificate.Info, about certificate.CallContext) error {
	files, err := papers.FileAddressByID(ctx, certificate.FileByIDRequest{ID: info.ID, Cause: certificate.CauseSharing, Context: about})
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "hallday-file-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "certificate.ofd")
	saved, err := papers.Save(ctx, files.Files[0], path)
	if err != nil {
		return err
	}
	p.say(window, textf("下载了加注用途的证照文件，%d 字节，类型核对无误。", "Saves the file with the cause marked on it, %d bytes, its type proven.", saved.Size))
	_, err = papers.Save(ctx, files.Files[0], path)
	p.say(window, textf("误点了第二次下载，地址只能用一次。", "Clicks download once more by mistake; the address serves once."))
	return p.goesWrong(err, zwfw.WrongState, zwfw.OutcomeRefused)
}
