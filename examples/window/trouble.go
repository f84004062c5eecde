package main

import (
	"context"
	"io"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/sandbox"
)

// goesWrong checks that an error is of the expected kind and says what it means.
func (d *desk) goesWrong(err error, kind zwfw.Kind) error {
	if zwfw.KindOf(err) != kind {
		return unexpected("应为 %s，实为：%v", "expected %s, got: %v", kind, err)
	}
	d.advise(err)
	return nil
}

// useAgain: a second request is never sent, not even to be refused.
func (d *desk) useAgain(ctx context.Context) error {
	d.say(window, textf("想用同一个地址再下载一次。", "Tries to download from the same address once more."))
	_, err := d.papers.Fetch(ctx, d.asked, io.Discard)
	if n := d.platform.Effects("certificate.Download"); n != 1 {
		return unexpected("平台给出了 %d 次文件。", "the platform gave the file %d times", n)
	}
	return d.goesWrong(err, zwfw.WrongState)
}

func (d *desk) refusedConsent(ctx context.Context) error {
	d.platform.SetConsentHabit(d.citizens[1], sandbox.ConsentRefuses)
	question, err := d.ask(ctx, d.citizens[1])
	if err != nil {
		return err
	}
	d.say(citizen, textf("点了不同意。", "Taps no."))
	_, err = d.papers.ReadConsented(ctx, question)
	return d.goesWrong(err, zwfw.ConsentRequired)
}

// revoked: the certificate is still read, but there is no file of it any more.
func (d *desk) revoked(ctx context.Context) error {
	d.platform.SetCertificateState(d.row.ID, sandbox.CertificateRevoked)
	infos, err := d.papers.InfoByID(ctx, certificate.InfoByIDRequest{ID: d.row.ID, Cause: cause, Context: item})
	if err != nil {
		return err
	}
	d.say(window, textf("还能查到 %d 本，但不能再下载。", "%d is still found, but it cannot be downloaded.", len(infos.Certificates)))
	_, err = d.papers.FileAddressByID(ctx, certificate.FileByIDRequest{ID: d.row.ID, Cause: cause, Context: item})
	if status := certificate.StatusOf(err); status != certificate.StatusRevoked {
		return unexpected("状态码是 %s。", "the status is %s", status)
	}
	return d.goesWrong(err, zwfw.CertificateUnavailable)
}

func (d *desk) otherProvince(ctx context.Context) error {
	c := d.citizens[2]
	ask := certificate.SearchRequest{Holder: holder(c.IDNumber), Cause: cause, Context: item}
	all, err := d.papers.Search(ctx, ask)
	if err != nil {
		return err
	}
	d.platform.SetNationalPlatform(false)
	defer d.platform.SetNationalPlatform(true)
	local, err := d.papers.Search(ctx, ask)
	if err != nil {
		return err
	}
	if len(local.Rows) >= len(all.Rows) {
		return unexpected("外省证照没有消失。", "the other province's certificate is still there")
	}
	d.say(window, textf("平时查到 %d 本，现在只有本省的 %d 本。", "Usually %d certificates, now the province's own %d.", len(all.Rows), len(local.Rows)))
	far := all.Rows[len(all.Rows)-1]
	_, err = d.papers.InfoByID(ctx, certificate.InfoByIDRequest{ID: far.ID, Cause: cause, Context: item})
	return d.goesWrong(err, zwfw.Upstream)
}

func (d *desk) platformDown(ctx context.Context) error {
	d.platform.Faults().Always("certificate.Search", sandbox.HTML(503))
	defer d.platform.Faults().Clear()
	_, err := d.papers.Search(ctx, certificate.SearchRequest{Holder: holder(d.person.IDNumber), Cause: cause, Context: item})
	return d.goesWrong(err, zwfw.Upstream)
}
