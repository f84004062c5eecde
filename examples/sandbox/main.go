package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

const usage = `用法 Usage: sandbox [-addr 127.0.0.1:8700] [-seed 1] [-dialect FILE]...

  五个平台的模拟，仅供本机测试，不是真实政务平台。启动后输入 help 查看命令。
  Stand-ins of five platforms, for tests on this machine. Type help for the commands.
`

// dialects are the files of -dialect.
type dialects []string

func (d *dialects) String() string        { return strings.Join(*d, ",") }
func (d *dialects) Set(file string) error { *d = append(*d, file); return nil }

func run(ctx context.Context, args []string, in io.Reader, out, logged io.Writer) int {
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(logged)
	flags.Usage = func() { fmt.Fprint(logged, usage) }
	address := flags.String("addr", "127.0.0.1:8700", "")
	seed := flags.Uint64("seed", 1, "")
	var files dialects
	flags.Var(&files, "dialect", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		flags.Usage()
		return 2
	}
	if err := serve(ctx, *address, *seed, files, in, out, logged); err != nil {
		fmt.Fprintf(logged, "有误 Wrong: %v\n", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, address string, seed uint64, files dialects, in io.Reader, out, logged io.Writer) error {
	if err := loopback(address); err != nil {
		return err
	}
	p, err := platform(seed, files, slog.New(slog.NewTextHandler(logged, nil)))
	if err != nil {
		return err
	}
	stop, err := p.Listen(address)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintln(out, "模拟平台，非真实政务平台。 A sandbox, no real platform:", p.URL)
	introduce(out, p)
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case line, open := <-lines:
			if !open { // started without a terminal: serve until interrupted
				<-ctx.Done()
				return nil
			}
			if err := obey(out, p, strings.Fields(line)); errors.Is(err, errQuit) {
				return nil
			} else if err != nil {
				fmt.Fprintln(out, "有误 Wrong:", err)
			}
		}
	}
}

// loopback refuses addresses that others can reach: keys and citizens are everybody's.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("-addr: a host and a port such as 127.0.0.1:8700 are needed: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("-addr: only an address of this machine itself, such as 127.0.0.1:8700")
	}
	return nil
}

// platform makes the sandbox. A dialect that it cannot play is an error, not a panic.
func platform(seed uint64, files dialects, logger *slog.Logger) (p *sandbox.Platform, err error) {
	options := []sandbox.Option{sandbox.WithSeed(seed), sandbox.WithLogger(logger)}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		d, err := zwfw.ParseDialect(document)
		if err != nil {
			return nil, err
		}
		switch d.Platform {
		case "lutong":
			options = append(options, sandbox.WithLutong(sandbox.LutongSetup{Dialect: d}))
		case "yimatong":
			options = append(options, sandbox.WithYimatong(sandbox.YimatongSetup{Dialect: d}))
		case "certificate":
			options = append(options, sandbox.WithCertificates(sandbox.CertificateSetup{Dialect: d}))
		case "hotline":
			options = append(options, sandbox.WithHotline(sandbox.HotlineSetup{Dialect: d}))
		case "portal":
			options = append(options, sandbox.WithPortal(sandbox.PortalSetup{Dialect: d}))
		default:
			return nil, fmt.Errorf("%s: platform: %q is none of lutong, yimatong, certificate, hotline, portal", file, d.Platform)
		}
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return sandbox.New(options...), nil
}
