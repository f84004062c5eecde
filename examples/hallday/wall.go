package main

import (
	"context"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw/lutong"
)

const wallPath = "/wall/social-security-card"

// openWallPage serves the page behind the code on the wall and gives its address,
// which is what the code says.
func (p *play) openWallPage() (address string, err error) {
	entry, err := lutong.NewScanEntry(p.desk.client, lutong.ScanEntryConfig{
		Serve: func(w http.ResponseWriter, _ *http.Request, user *lutong.User) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, "<!doctype html><meta charset=utf-8><title>社会保障卡申领</title><h1>您好，%s</h1>\n", html.EscapeString(user.Name.String()))
		},
		PlainHTTP: true, // the loopback line has no TLS; a hall's own page does
	})
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.Handle(wallPath, entry)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	p.closers = append(p.closers, func() { _ = server.Close(); <-done })
	return "http://" + listener.Addr().String() + wallPath, nil
}

// scanWall (扫码办事): the hall shows the code and the citizen scans it.
func (p *play) scanWall(ctx context.Context) error {
	address, err := p.openWallPage()
	if err != nil {
		return err
	}
	file, err := p.album.draw("wall", address)
	if err != nil {
		return err
	}
	p.say(narrates, textf("墙上贴着办事二维码，内容是大厅网页的地址。（图片 %s）", "On the wall hangs a code with the address of the hall's page. (picture %s)", file))
	wall, err := p.album.read(file)
	if err != nil {
		return err
	}
	c := p.citizens[3]
	own, other := newBrowser(), newBrowser()
	defer own.close()
	defer other.close()
	p.say(phone, textf("扫码，群众在应用里确认授权，应用带一次性授权码打开网页。",
		"Scans it; the citizen agrees in the app, which opens the page with a one-time code."))
	link := wall.Reveal() + "?" + query("authCode", p.platform.MintAuthCode(c).Reveal())
	first, err := own.open(ctx, link)
	if err != nil {
		return err
	}
	switch {
	case first.status != http.StatusOK || !strings.Contains(first.body, c.Name.String()):
		return unexpected("网页没有识别出群众（HTTP %d）。", "the page does not know the citizen (HTTP %d)", first.status)
	case strings.Contains(first.address, "authCode"):
		return unexpected("授权码还留在地址里。", "the one-time code still stands in the address")
	}
	p.say(website, textf("识别出访问者：%s。地址里已没有授权码。", "Knows the visitor: %s. The one-time code is gone from the address.", holder(c.Name, c.IDNumber)))
	return p.visitAgain(ctx, own, other, link, first)
}

// visitAgain: a refresh is harmless, and a copied address is worth nothing.
func (p *play) visitAgain(ctx context.Context, own, other *browser, link string, first page) error {
	asked := p.platform.Effects("lutong.UserInfo")
	again, err := own.open(ctx, first.address)
	if err != nil {
		return err
	}
	if again.body != first.body || p.platform.Effects("lutong.UserInfo") != asked || asked != 1 {
		return unexpected("刷新后页面变了，或又去问了平台。", "a refresh changed the page or asked the platform again")
	}
	p.say(citizen, textf("刷新网页：内容不变，平台没有收到新的调用。", "Refreshes the page: it is the same, and the platform is not asked again."))
	for _, address := range []string{link, first.address} {
		seen, err := other.open(ctx, address)
		if err != nil {
			return err
		}
		if seen.status == http.StatusOK || !strings.Contains(seen.body, "请重新扫") || strings.Contains(seen.body, p.citizens[3].Name.String()) {
			return unexpected("旁人看到的不是“请重新扫描大厅二维码”（HTTP %d）。", "a stranger sees something else than the request to scan again (HTTP %d)", seen.status)
		}
	}
	if p.platform.Effects("lutong.UserInfo") != asked {
		return unexpected("旁人的访问又去问了平台。", "the stranger's visit asked the platform")
	}
	p.say(stranger, textf("抄下地址，用自己的手机打开，无论是否带授权码，都只能看到“请重新扫描大厅二维码”。",
		"Opens the copied address on another phone, with the one-time code and without: the page only asks to scan again."))
	return nil
}
