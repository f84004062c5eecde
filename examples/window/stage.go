package main

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/certificate"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

// desk is the window with everything on it.
type desk struct {
	*voice
	platform *sandbox.Platform
	citizens []sandbox.Citizen
	codes    *lutong.Client      // who is it?
	papers   *certificate.Client // what has he got?
	dir      string
	closers  []func()

	person *lutong.User            // whom the window serves
	row    certificate.Row         // the certificate that is needed
	info   certificate.Info        // what it says
	file   []byte                  // the saved file
	asked  certificate.FileAddress // the address that it came from
}

// scene is one part of the play.
type scene struct {
	title zwfw.Text
	play  func(context.Context) error
}

func (d *desk) scenes() []scene {
	return []scene{
		{textf("亮码：窗口验码，知道来的是谁", "The citizen shows a code, and the window learns who it is"), d.verifyCode},
		{textf("查证照：这位群众有哪些证照", "The window finds the citizen's certificates"), d.search},
		{textf("授权：群众在手机上点同意", "The citizen consents on the phone, and the window reads"), d.readWithConsent},
		{textf("下载：申请加注件，保存到本机", "The window applies for a copy and saves it"), d.saveFile},
		{textf("核验：文件和证照内容都对得上", "File and content are verified"), d.verify},
		{textf("出错了：下载地址用第二次", "Trouble: the download address is used again"), d.useAgain},
		{textf("出错了：群众不同意", "Trouble: the citizen says no"), d.refusedConsent},
		{textf("出错了：证照已注销", "Trouble: the certificate was revoked"), d.revoked},
		{textf("出错了：外省证照，国家平台不通", "Trouble: another province's certificate, and the national platform is down"), d.otherProvince},
		{textf("出错了：证照平台完全连不上", "Trouble: the certificate platform cannot be reached"), d.platformDown},
	}
}

// openWindow starts the platform and makes the window's two clients.
func openWindow(v *voice, dir string) (*desk, error) {
	d := &desk{voice: v, dir: dir}
	if err := d.setUp(); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *desk) setUp() error {
	d.platform = sandbox.New()
	stop, err := d.platform.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	d.closers = append(d.closers, stop)
	d.citizens = d.platform.Citizens()
	if d.dir == "" {
		if d.dir, err = os.MkdirTemp("", "window-"); err != nil {
			return err
		}
		d.closers = append(d.closers, func() { _ = os.RemoveAll(d.dir) })
	}
	clock := zwfw.WithClock(d.platform.Clock())
	if d.codes, err = lutong.New(d.platform.LutongConfig(), clock); err != nil {
		return err
	}
	d.closers = append(d.closers, func() { _ = d.codes.Close() })
	d.papers, err = certificate.New(d.platform.CertificateConfig(), clock, zwfw.WithRetry(zwfw.Retry{BaseDelay: 20 * time.Millisecond}))
	if err == nil {
		d.closers = append(d.closers, func() { _ = d.papers.Close() })
	}
	return err
}

// close ends what setUp began, the last first.
func (d *desk) close() {
	for _, c := range slices.Backward(d.closers) {
		c()
	}
}
