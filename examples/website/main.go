package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/zwfw-go/zwfw/portal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

const usage = `用法：website
没有 WEBSITE_BASE_URL 时，由内置的模拟平台扮演政务服务平台。设置用环境变量：

Usage: website
Without WEBSITE_BASE_URL a built-in sandbox plays the platform. Settings are
environment variables:

  WEBSITE_LISTEN        监听地址，默认 127.0.0.1:0（任一空闲端口）
                        where to listen, default 127.0.0.1:0, any free port
  WEBSITE_PUBLIC        访问者使用的网址，如 https://www.example.gov.cn；
                        登记的回调地址是它加 /sso/callback；连接真实平台
                        须用 https，本机除外
                        what visitors type; the registered return address is this
                        with /sso/callback behind it. https with a real platform, but on
                        this machine
  WEBSITE_BASE_URL      平台地址，到 /v1 之前 / the platform, up to /v1
  WEBSITE_APP_MARK      应用标识 / what the platform calls this website
  WEBSITE_APP_WORD      应用密钥 / the secret word
  WEBSITE_SERVICE_HOSTS 在线办理的主机，用逗号分隔
                        hosts of 在线办理, joined by commas
  WEBSITE_SERVICE_APP   在线办理应用的标识 / the mark of the application there
  WEBSITE_PREFIX        省级办件编号前缀，可不填 / prefix of project numbers, optional

按 Ctrl-C 停止。 Ctrl-C stops it.
退出码 / exit status: 0 正常 / well, 1 出错 / an error, 2 参数或设置有误 / a wrong
flag or setting
`

func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		if args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
			_, _ = io.WriteString(stdout, usage)
			return exitOK
		}
		_, _ = fmt.Fprintf(stderr, "website: unexpected argument %q\n参数有误，用 -h 查看用法。 A wrong argument; -h shows the usage.\n", args[0])
		return exitUsage
	}
	s, err := readSettings(env)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "website: %v\n设置有误，用 -h 查看用法。 A wrong setting; -h shows the usage.\n", err)
		return exitUsage
	}
	if err := serve(ctx, s, stdout, slog.New(slog.NewTextHandler(stderr, nil))); err != nil {
		_, _ = fmt.Fprintf(stderr, "website: %v\n", err)
		return exitError
	}
	return exitOK
}

// serve runs the website until the context ends.
func serve(ctx context.Context, s settings, stdout io.Writer, logger *slog.Logger) error {
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	if s.public == "" {
		s.public = "http://" + listener.Addr().String()
	}
	if s.rehearsal() {
		platform, err := newRehearsal(&s)
		if err != nil {
			return err
		}
		defer platform.stop()
		platform.announce(stdout)
	}
	client, err := portal.New(s.config(), s.options...)
	if err != nil {
		return err
	}
	defer client.Close()
	handler, err := newSite(client, s, logger)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "网站 website:    %s/\n", s.public)
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second) // for pages under way
	defer cancel()
	err = server.Shutdown(last)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
