// Doctor looks at a dialect before a city's line is there.
//
//	go run ./examples/doctor dialect FILE
//
// It checks the document, lets the sandbox play that city, calls every operation once
// with a synthetic citizen and shows the requests, masked. Exit status 0 when all is
// well, 1 when something is wrong, 2 for a wrong command line.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/zwfw-go/zwfw"
	"github.com/zwfw-go/zwfw/lutong"
	"github.com/zwfw-go/zwfw/sandbox"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

const usage = `用法 Usage: doctor dialect [-resolved] FILE

  检查方言文档，由模拟平台扮演该城市，把每个调用各试一次，并显示（已掩码的）请求。
  Checks a dialect, lets the sandbox play its city, tries every call once and shows
  the requests, masked.

  -resolved  显示并入预设之后的完整文档 print the document with its preset filled in
`

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] != "dialect" {
		fmt.Fprint(stderr, usage)
		return 2
	}
	flags := flag.NewFlagSet("doctor dialect", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	resolved := flags.Bool("resolved", false, "")
	if err := flags.Parse(args[1:]); err != nil {
		return 2
	}
	if flags.NArg() != 1 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	if err := examine(flags.Arg(0), *resolved, stdout); err != nil {
		fmt.Fprintf(stderr, "有误 Wrong: %v\n", err)
		return 1
	}
	return 0
}

// examine reads the document and lets the platform it is for try it.
func examine(file string, resolved bool, out io.Writer) error {
	document, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	d, err := zwfw.ParseDialect(document)
	if err != nil {
		return err
	}
	if d.Platform != "lutong" {
		return fmt.Errorf("platform: %q is not among those this version speaks to: lutong", d.Platform)
	}
	p, err := play(d)
	if err != nil {
		return err
	}
	stop, err := p.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer stop()
	client, err := lutong.New(p.LutongConfig(), zwfw.WithDialect(d), zwfw.WithTimeout(10*time.Second))
	if err != nil {
		return err
	}
	defer client.Close()
	if resolved {
		text, err := json.MarshalIndent(client.Dialect(), "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n\n", text)
	}
	fmt.Fprintf(out, "文档有效 The document is valid: %s\n", d.Name)
	return tryAll(client, p, out)
}

// play makes a sandbox that speaks the dialect. What it cannot play is an error, not a
// panic: the document is the user's.
func play(d *zwfw.Dialect) (p *sandbox.Platform, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return sandbox.New(sandbox.WithLutong(sandbox.LutongSetup{Dialect: d})), nil
}

// tryAll makes every call once. All are tried; the first failure decides.
func tryAll(client *lutong.Client, p *sandbox.Platform, out io.Writer) error {
	ctx := context.Background()
	citizen := p.Citizens()[0]
	calls := []struct {
		name, chinese string
		call          func() error
	}{
		{"VerifyCode", "验码", func() error {
			user, err := client.VerifyCode(ctx, lutong.VerifyRequest{Code: p.MintCode(citizen), Scene: lutong.SceneTakeNumber, Device: "KIOSK-01"})
			if err != nil {
				return err
			}
			return compare(user, citizen)
		}},
		{"ReportTicket", "取号结果上报", func() error {
			return client.ReportTicket(ctx, lutong.Ticket{
				Number: "20240102000001", Holder: citizen.IDNumber, HolderName: citizen.Name, Hall: "测试大厅", Unit: "测试局", Item: "测试事项", Area: "一楼",
				Windows: []string{"1"}, QueueNo: "A001", QueueTime: time.Now(),
			})
		}},
		{"UserInfo", "获取用户信息", func() error {
			user, err := client.UserInfo(ctx, lutong.UserInfoRequest{AuthCode: p.MintAuthCode(citizen)})
			if err != nil {
				return err
			}
			return compare(user, citizen)
		}},
	}
	var failed error
	for _, c := range calls {
		seen := len(p.Requests())
		err := c.call()
		fmt.Fprintf(out, "\n%s %s: %s\n", c.chinese, c.name, verdict(err))
		for _, r := range p.Requests()[seen:] {
			fmt.Fprintln(out, indent(r.Curl("https://…")))
			if r.Explanation != "" {
				fmt.Fprintln(out, indent(r.Explanation))
			}
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return failed
}

// compare makes sure that what was sealed and named arrives as it was.
func compare(user *lutong.User, citizen sandbox.Citizen) error {
	switch {
	case !user.IDNumber.Equal(citizen.IDNumber):
		return fmt.Errorf("idNumber: another value arrives than the platform sent; check its name and seal in out")
	case !user.Name.Equal(citizen.Name):
		return fmt.Errorf("name: another value arrives than the platform sent; check its name and seal in out")
	}
	for _, w := range user.Warnings {
		return fmt.Errorf("%s: %s", w.Field, w.Problem)
	}
	return nil
}

func verdict(err error) string {
	if err == nil {
		return "成功 done"
	}
	return "未成功 failed"
}

func indent(text string) string { return "    " + strings.ReplaceAll(text, "\n", "\n    ") }
